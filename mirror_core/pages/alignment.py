"""The page of contrastive alignment: does pulling together what is done and what is seen make mirror units?"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate
from mirror_core.experiments import experiment_named
from mirror_core.experiments.judging import judge_study
from mirror_core.figures.marks import by_seed
from mirror_core.pages.experiment import lesion_costs, values
from mirror_core.pages.tables import digits_of, show, statement
from mirror_core.recordings.of_networks import N_TEST
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import decimal, listed, side, with_interval

EXPERIMENT = experiment_named("alignment")

WORLDS = {"the easy world": "", "the hard world": "hard "}
"""World → how the names of its conditions begin."""

SHOWN = {
    "recall_seen": "recall of\nepisodes",
    "recall_mixed": "the same,\nhalf new",
    "mean_r": "mean r of\nunits",
    "code_gain": "code across\nmodes",
}
"""Measure → its panel of the figure that answers."""

OF_TASKS = {
    "named": "names the\naction",
    "acting_error": "squared error,\nacting",
    "named_steps": "steps to name\n8 of 10",
}
"""Measure → its panel of the figure of the tasks."""

IN_TABLE = (
    "recall_seen", "recall_mixed", "recall_held", "recall_two", "recall_possible", "mirror_units", "mean_r",
    "code_gain", "code_p", "named", "acting_error", "named_steps", "named_r", "named_error",
)  # fmt: skip
"""Measures of the table of conditions."""

OF_LESIONS = {
    "excess_named": "accuracy lost",
    "excess_error": "squared error\nadded",
    "excess_recall": "recall lost",
}
"""What silencing the units of largest r costs beyond matched ones → its panel of the figure of lesions."""

ZERO = dict.fromkeys(OF_LESIONS.values(), (0.0, ""))
"""No cost, in each of these panels."""

ENDS = {SHOWN[measure]: (-0.06, 1.06) for measure in ("recall_seen", "recall_mixed")}
"""Panel → ends of its scale: both kinds of recall are to be compared."""

LEVELS = {SHOWN["mean_r"]: (0.0, "none"), SHOWN["code_gain"]: (0.0, "chance")}


def conditions(table: pd.DataFrame) -> list[str]:
    """Return the conditions of a table, in the experiment's order, as they are called in the easy world."""
    plain = [one for one in EXPERIMENT.conditions if not one.startswith("hard ")]
    return [one for one in plain if table.condition.isin([one, f"hard {one}"]).any()]


def panels(table: pd.DataFrame) -> dict[str, dict[str, list[Estimate]]]:
    """Return what the figure that answers draws: panel → world → what was found in each condition."""
    return _panels(table, SHOWN, conditions(table), WORLDS)


def trained(table: pd.DataFrame) -> list[str]:
    """Return the conditions in which something is learned, as they are called in the easy world."""
    return [one for one in conditions(table) if one != EXPERIMENT.control]


def task_panels(table: pd.DataFrame) -> dict[str, dict[str, list[Estimate]]]:
    """Return what the figure of the tasks draws: panel → the hard world → what was found where something is learned."""
    return _panels(table, OF_TASKS, trained(table), {"the hard world": WORLDS["the hard world"]})


def lesion_panels(table: pd.DataFrame) -> dict[str, dict[str, list[Estimate]]]:
    """Return what the figure of lesions draws: panel → world → what was found in each condition."""
    return _panels(table, OF_LESIONS, conditions(table), WORLDS)


def _panels(
    table: pd.DataFrame, shown: Mapping[str, str], names: list[str], worlds: Mapping[str, str]
) -> dict[str, dict[str, list[Estimate]]]:
    def found(measure: str, condition: str) -> Estimate:
        return by_seed(values(table, condition, measure))

    return {
        words: {world: [found(measure, f"{prefix}{one}") for one in names] for world, prefix in worlds.items()}
        for measure, words in shown.items()
    }


def finding(table: pd.DataFrame) -> HTML:
    """Say in one sentence what contrast does, and in others by how much; the words follow the verdicts and parts."""
    claims = {one.claim.id.removeprefix("alignment-"): one for one in judge_study(EXPERIMENT, table)}
    aligned, mirrored = (claims[name].verdict == "reproduced" for name in ("aligned", "mirror-units"))
    held = [part.outcome == "holds" for part in claims["tasks"].parts]
    helped = all(held[:2]) + all(held[2:4])  # each against no alignment and against shuffled pairs
    aligns = "aligns" if aligned else "does not align"
    joint = "but" if aligned and not (mirrored and helped) else "and"
    units = "mirror units" if mirrored else "no mirror units"
    tasks = ("helps neither task", "helps one of the tasks", "helps both tasks")[helped]
    recalled = {one: _of(table, "recall_seen", one) for one in ("pairs", "separate", "untrained")}
    r = {one: _of(table, "mean_r", one) for one in ("pairs", "separate", "units", "self-observation")}
    return statement(
        f"Contrasting what is done with what is seen {aligns} the two, {joint} makes {units} and {tasks}.",
        f"Of {N_TEST} episodes, the one done is found among those seen with a recall of {recalled['pairs']}, by a "
        f"probe on cores that were not aligned with {recalled['separate']}, and on untrained ones with "
        f"{recalled['untrained']}; where two of its four actions were never paired, with "
        f"{_of(table, 'recall_mixed', 'pairs')}. The mean r of units is {r['pairs']}, against {r['separate']} without "
        f"alignment, {r['units']} where the units themselves are contrasted, and {r['self-observation']} in one core "
        "that sees itself act.",
    )


def _of(table: pd.DataFrame, measure: str, condition: str) -> str:
    known = measure_named(measure)
    return with_interval(values(table, condition, measure), known.limits, known.digits)


def probes_said(table: pd.DataFrame) -> HTML:
    """Say what recall is worth: what a probe reaches where nothing was learned, and with few actions."""
    untrained = table[table.condition == "untrained"].recall_seen
    evidence = ": recall as such is no evidence of anything learned" if side(untrained, 1 / N_TEST) == "above" else ""
    return HTML(
        f"<p>A probe on cores that never learned anything recalls {_of(table, 'recall_seen', 'untrained')} of the "
        f"episodes, where chance is one in {N_TEST}{evidence}. After alignment, episodes of four actions, two of them "
        f"new, are recalled by {_of(table, 'recall_lost', 'pairs')} less than those of the four that were paired. "
        f"Episodes of the two new actions alone are recalled with {_of(table, 'recall_held', 'pairs')}, of two paired "
        f"ones with {_of(table, 'recall_two', 'pairs')}; a probe that learns from the new ones, on cores without "
        f"alignment, reaches {_of(table, 'recall_possible', 'separate')}.</p>"
    )


def tasks_said(table: pd.DataFrame) -> HTML:
    """Say what the tasks are like in the hard world, at equal steps and at equal accuracy."""
    rows = {"with alignment": "hard pairs", "without it": "hard separate", "with shuffled pairs": "hard shuffled"}
    found = {
        measure: listed([f"{_of(table, measure, one)} {said}" for said, one in rows.items()])
        for measure in ("named", "acting_error", "named_steps", "named_error")
    }
    return HTML(
        f"<p>In the hard world, after equally many steps, seen actions are named with accuracy {found['named']}; "
        f"sensations are predicted with a squared error of {found['acting_error']}. To name eight of ten actions "
        f"takes, in steps, {found['named_steps']}; the squared error is then {found['named_error']}.</p>"
    )


def level_said(table: pd.DataFrame) -> HTML:
    """Say how alike units are where networks name as many actions, which is earlier than at equal steps."""
    r = {one: _of(table, "named_r", one) for one in ("pairs", "separate", "units")}
    return HTML(
        "<p>At equal accuracy, the step from which on eight of ten actions are named in the easy world, the mean r is "
        f"{r['pairs']} with alignment, {r['separate']} without it and {r['units']} where the units themselves are "
        "contrasted.</p>"
    )


def lesions_said(table: pd.DataFrame) -> HTML:
    """Say what silencing units costs, beside matched ones."""
    tasks = {"accuracy": "named", "squared error when acting": "error", "recall": "recall"}
    costs = {said: (f"top_{what}", f"matched_{what}", f"excess_{what}") for said, what in tasks.items()}
    told = ("pairs", "hard pairs", "units", "separate")
    return lesion_costs(table, "Silencing the units of largest <em>r</em> costs:", told, costs)


def seconds_said(table: pd.DataFrame) -> HTML:
    """Say what a network takes."""
    of = table.groupby("condition").seconds.median()
    return HTML(
        f"<p>A network is trained and measured in {decimal(of.min(), 1)} to {decimal(of.max(), 1)} s of one core, by "
        "its condition (medians).</p>"
    )


# -- live --


def pairs_said(before: np.ndarray, after: np.ndarray, n_paired: int) -> HTML:
    """Say how many episodes done have their own as the nearest among all those that are shown, before and after."""

    def found(matrix: np.ndarray) -> tuple[int, int]:
        own = matrix.argmax(axis=1) == np.arange(len(matrix))
        return int(own[:n_paired].sum()), int(own[n_paired:].sum())

    (paired, held), (paired_before, held_before) = found(after), found(before)
    n_held = len(after) - n_paired
    return HTML(
        f"<p>Of {n_paired} episodes of the paired actions, {paired} are nearest to their own among all those seen "
        f"(before learning {paired_before}); of {n_held} of the actions never paired, {held} ({held_before}).</p>"
    )


def networks_table(found: Mapping[str, Mapping[str, float]]) -> HTML:
    """Show the measures of the network trained here, before and after."""
    measures = ("recall_seen", "recall_mixed", "recall_held", "mirror_units", "mean_r", "code_gain", "code_p", "named",
                "acting_error")  # fmt: skip
    rows = [
        {"two cores": name}
        | {
            escape(measure_named(one).label): decimal(values[one], digits_of(one)) if np.isfinite(values[one]) else "–"
            for one in measures
        }
        for name, values in found.items()
    ]
    return show(pd.DataFrame(rows))


def possible_said(aligned: float, probed: float) -> HTML:
    """Say what is recalled of episodes half of whose actions are new, through the alignment and by a probe of them."""
    return HTML(
        f"<p>Through the alignment {decimal(aligned)} of them are recalled, through the probe {decimal(probed)}.</p>"
    )
