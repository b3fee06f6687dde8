"""What the pages of experiments share: the conditions with their numbers, the verdicts, and how to run it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
from IPython.display import HTML

from mirror_core.experiments import Experiment
from mirror_core.experiments.judging import StudyEvidence, judge_study
from mirror_core.pages.tables import cell, digits_of, show
from mirror_core.pages.verdict_table import how_each_follows, verdict_table
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import side, with_interval

COSTS = {"above": "more than", "below": "less than", "around": "as far as can be told like"}
"""Where the interval of a cost minus that of matched units lies → how the two compare."""


def values(table: pd.DataFrame, condition: str, measure: str) -> pd.Series:
    """Return one value a learner, by its seed."""
    return table[table.condition == condition].set_index("seed")[measure]


def conditions_table(experiment: Experiment, table: pd.DataFrame, measures: Sequence[str] = ()) -> HTML:
    """Show one row for each condition: what is done in it, how many learners, and measures as mean and 95 % interval.

    Parameters
    ----------
    table
        See `mirror_core.experiments.study.study`.
    measures
        Which, by default all of the experiment.
    """
    rows = []
    for condition, said in experiment.conditions.items():
        of = table[table.condition == condition]
        if len(of):
            about = f'<strong>{escape(condition)}</strong><br><small class="wrap">{escape(said)}</small>'
            row = {"condition": about, "n": len(of)}
            for name in measures or experiment.measures:
                known = measure_named(name)
                values = of[name].dropna()
                row[escape(known.label)] = cell(values, known.limits, digits_of(name)) if len(values) else "–"
            rows.append(row)
    return show(pd.DataFrame(rows), of="Conditions")


def verdicts(experiment: Experiment, table: pd.DataFrame) -> HTML:
    """Show the verdict on every claim of the source, and below each the parts that it follows from."""
    found = judge_study(experiment, table)
    evidence = StudyEvidence({experiment.name: table})
    return HTML(
        verdict_table(found, experiment.whose, [f"here, {experiment.sampled}"]).data
        + how_each_follows(found, evidence).data
    )


def excess_costs(table: pd.DataFrame, lead: str, conditions: Mapping[str, str], measure: str) -> HTML:
    """Say what silencing units costs beyond matched ones, and whether that can be told from nothing.

    Parameters
    ----------
    table
        See `mirror_core.experiments.study.study`.
    lead
        What the list begins with.
    conditions
        Which are told, of those in the table → what they are called.
    measure
        What is lost without the units minus what is lost without matched ones.
    """
    known, said = measure_named(measure), []
    for name, words in conditions.items():
        if len(beyond := values(table, name, measure).dropna()):
            told = with_interval(beyond, known.limits, known.digits)
            said.append(f"<li>{escape(words)}: {told} ({COSTS[side(beyond)]} matched ones)</li>")
    return HTML(f"<p>{lead}</p><ul>{''.join(said)}</ul>")


def lesion_costs(
    table: pd.DataFrame, lead: str, conditions: Sequence[str], costs: Mapping[str, tuple[str, str, str]]
) -> HTML:
    """Say what silencing units costs, and whether matched ones cost as much; the words follow the intervals.

    Parameters
    ----------
    table
        See `mirror_core.experiments.study.study`.
    lead
        What the list begins with.
    conditions
        Which are told, of those in the table.
    costs
        Of what → the measures of its cost without the units, without matched ones, and of the first minus the second.
    """

    def told(condition: str, measure: str) -> str:
        known = measure_named(measure)
        return with_interval(values(table, condition, measure), known.limits, known.digits)

    said = []
    for name in conditions:
        parts = [
            f"{told(name, top)} of {what}, {COSTS[side(beyond)]} matched ones, {told(name, matched)}"
            for what, (top, matched, excess) in costs.items()
            if len(beyond := values(table, name, excess).dropna())
        ]
        said += [f"<li><em>{escape(name)}</em>: {'; '.join(parts)}</li>"] if parts else []
    return HTML(f"<p>{lead}</p><ul>{''.join(said)}</ul>")
