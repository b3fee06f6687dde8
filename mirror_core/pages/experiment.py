"""What the pages of experiments share: the conditions with their numbers, the verdicts, and how to run it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate
from mirror_core.experiments import Experiment
from mirror_core.experiments.judging import StudyEvidence, judge_study
from mirror_core.figures.marks import BySeed, by_seed
from mirror_core.pages.tables import cell, digits_of, show
from mirror_core.pages.verdict_table import how_each_follows, verdict_table
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import decimal, listed, side, with_interval

THAN = {"above": "more than", "below": "less than", "around": "not clearly more or less than"}
"""Where the interval of a difference lies → how the first of the two compares with the second."""


def values(table: pd.DataFrame, condition: str, measure: str) -> pd.Series:
    """Return one value a learner, by its seed."""
    return table[table.condition == condition].set_index("seed")[measure]


def told(table: pd.DataFrame, condition: str, measure: str, digits: int | None = None) -> str:
    """Return the mean over learners with its 95 % interval, by default with as many decimals as the measure has."""
    known = measure_named(measure)
    return with_interval(values(table, condition, measure), known.limits, known.digits if digits is None else digits)


def apart(found: Estimate, digits: int = 2) -> str:
    """Return a difference matched by seed with its 95 % interval; that of one learner alone, a dash where none is."""
    if found.n < 2:
        return decimal(found.mean, digits) if found.n else "–"
    return f"{decimal(found.mean, digits)} [{decimal(found.low, digits)}, {decimal(found.high, digits)}]"


def present(experiment: Experiment, table: pd.DataFrame) -> list[str]:
    """Return the conditions that a table has, in the experiment's order."""
    return [one for one in experiment.conditions if (table.condition == one).any()]


def panels_of(table: pd.DataFrame, conditions: Sequence[str], shown: Mapping[str, str]) -> dict[str, list[BySeed]]:
    """Return what a figure draws: title of a panel → what was found in each condition; `shown` is measure → title."""
    return {title: [by_seed(values(table, one, measure)) for one in conditions] for measure, title in shown.items()}


def labelled(found: Mapping[str, float], measures: Sequence[str]) -> dict[str, str]:
    """Return measures of one learner as the cells of a row: label → number, a dash where there is none."""
    return {
        escape(measure_named(one).label): decimal(found[one], digits_of(one)) if np.isfinite(found[one]) else "–"
        for one in measures
    }


def seconds_said(table: pd.DataFrame, does: str, more: str = "") -> HTML:
    """Say what a learner takes: the least and the most of the conditions' medians.

    Parameters
    ----------
    does
        How the sentence begins, such as "A network is trained and measured".
    more
        What stands behind it.
    """
    of = table.groupby("condition").seconds.median()
    least, most = (decimal(one, 1) for one in (of.min(), of.max()))
    return HTML(f"<p>{does} in {least} to {most} s of one core, by its condition{more} (medians).</p>")


def conditions_table(
    experiment: Experiment, table: pd.DataFrame, measures: Sequence[str] = (), of: str = "Conditions"
) -> HTML:
    """Show one row for each condition: what is done in it, how many learners, and measures as mean and 95 % interval.

    Parameters
    ----------
    measures
        Which, by default all of the experiment.
    of
        What its rows are, where the table is long and folded.
    """
    rows = []
    for condition in present(experiment, table):
        said = escape(experiment.conditions[condition])
        about = f'<strong>{escape(condition)}</strong><br><small class="wrap">{said}</small>'
        row = {"condition": about, "n": int((table.condition == condition).sum())}
        for name in measures or experiment.measures:
            known = measure_named(name)
            row[escape(known.label)] = cell(values(table, condition, name), known.limits, digits_of(name))
        rows.append(row)
    return show(pd.DataFrame(rows), of=of)


def verdicts(experiment: Experiment, table: pd.DataFrame) -> HTML:
    """Show the verdict on every claim of the source, and below each the parts that it follows from."""
    found = judge_study(experiment, table)
    evidence = StudyEvidence({experiment.name: table})
    return HTML(
        verdict_table(found, experiment.whose, [f"here, {experiment.sampled}"], experiment.name).data
        + how_each_follows(found, evidence).data
    )


def lesion_costs(
    table: pd.DataFrame, lead: str, conditions: Sequence[str], costs: Mapping[str, tuple[str, str, str]]
) -> HTML:
    """Say what silencing units costs, and whether matched ones cost as much; the words follow the intervals.

    Parameters
    ----------
    lead
        What the list begins with.
    conditions
        Which are told, of those in the table.
    costs
        Of what → the measures of its cost without the units, without matched ones, and of the first minus the second.
    """
    said = []
    for name in conditions:
        parts = [
            f"{told(table, name, top)} of {what}, {THAN[side(beyond)]} matched ones, {told(table, name, matched)}"
            for what, (top, matched, excess) in costs.items()
            if len(beyond := values(table, name, excess).dropna())
        ]
        said += [f"<li><em>{escape(name)}</em>: {'; '.join(parts)}</li>"] if parts else []
    return HTML(f"<p>{lead}</p><ul>{''.join(said)}</ul>")


def beyond_matched(table: pd.DataFrame, lead: str, conditions: Sequence[str], excess: str, lost: str) -> HTML:
    """Say whether silencing units costs more than silencing matched ones; the words follow the intervals.

    Parameters
    ----------
    lead
        Which units: how the sentence begins.
    excess
        The measure of the first cost minus the second.
    """
    where: dict[str, list[str]] = {"above": [], "below": [], "around": []}
    for name in conditions:
        if len(found := values(table, name, excess).dropna()):
            where[side(found)].append(f"<em>{escape(name)}</em> ({told(table, name, excess)})")
    than = {"above": "more than", "below": "less than", "around": "no more and no less, as far as can be told, than"}
    parts = [f"{than[one]} silencing matched ones in {listed(names)}" for one, names in where.items() if names]
    said = "; ".join(parts) or "what no condition of the table says"
    return HTML(f"<p>{lead} costs {said}. In brackets: {lost} lost beyond matched ones.</p>")
