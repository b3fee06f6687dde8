"""The page of contrastive alignment: does pulling together what is done and what is seen make mirror units?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate, difference
from mirror_core.experiments import experiment_named
from mirror_core.experiments.judging import judge_study
from mirror_core.pages import experiment
from mirror_core.pages.experiment import apart, labelled, lesion_costs, panels_of, told
from mirror_core.pages.tables import show, statement
from mirror_core.recordings.of_networks import N_TEST
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import decimal, listed, side

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

AT_LEVEL = {
    "mean_r": "mean r,\nall steps",
    "named_r": "mean r, when\n8 of 10 named",
    "acting_error": "squared error,\nall steps",
    "named_error": "squared error,\n8 of 10 named",
}
"""Measure at equal steps or at equal accuracy → its panel of the figure that sets them beside each other."""
LEVEL_ENDS = {AT_LEVEL[measure]: (-0.2, 1.0) for measure in ("mean_r", "named_r")}
"""Panel → ends of its scale."""

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


def level_panels(table: pd.DataFrame) -> dict[str, dict[str, list[Estimate]]]:
    """Return what the figure of equal accuracy draws: panel → world → what was found where something is learned."""
    return _panels(table, AT_LEVEL, trained(table), WORLDS)


def lesion_panels(table: pd.DataFrame) -> dict[str, dict[str, list[Estimate]]]:
    """Return what the figure of lesions draws: panel → world → what was found in each condition."""
    return _panels(table, OF_LESIONS, conditions(table), WORLDS)


def _panels(
    table: pd.DataFrame, shown: Mapping[str, str], names: list[str], worlds: Mapping[str, str]
) -> dict[str, dict[str, list[Estimate]]]:
    of = {world: panels_of(table, [f"{prefix}{one}" for one in names], shown) for world, prefix in worlds.items()}
    return {words: {world: panels[words] for world, panels in of.items()} for words in shown.values()}


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
    recalled = {one: told(table, one, "recall_seen") for one in ("pairs", "separate", "untrained")}
    r = {one: told(table, one, "mean_r") for one in ("pairs", "separate", "units", "self-observation")}
    return statement(
        f"Contrasting what is done with what is seen {aligns} the two, {joint} makes {units} and {tasks}.",
        f"Of {N_TEST} episodes, the one done is found among those seen with a recall of {recalled['pairs']}, by a "
        f"probe on cores that were not aligned with {recalled['separate']}, and on untrained ones with "
        f"{recalled['untrained']}; where two of its four actions were never paired, with "
        f"{told(table, 'pairs', 'recall_mixed')}. The mean r of units is {r['pairs']}, against {r['separate']} without "
        f"alignment, {r['units']} where the units themselves are contrasted, and {r['self-observation']} in one core "
        "that sees itself act.",
    )


def probes_said(table: pd.DataFrame) -> HTML:
    """Say what recall is worth: what a probe reaches where nothing was learned, and with few actions."""
    untrained = table[table.condition == "untrained"].recall_seen
    evidence = ": recall as such is no evidence of anything learned" if side(untrained, 1 / N_TEST) == "above" else ""
    return HTML(
        f"<p>A probe on cores that never learned anything recalls {told(table, 'untrained', 'recall_seen')} of the "
        f"episodes, where chance is one in {N_TEST}{evidence}. After alignment, episodes of four actions, two of them "
        f"new, are recalled by {told(table, 'pairs', 'recall_lost')} less than those of the four that were paired. "
        f"Episodes of the two new actions alone are recalled with {told(table, 'pairs', 'recall_held')}, of two paired "
        f"ones with {told(table, 'pairs', 'recall_two')}; a probe that learns from the new ones, on cores without "
        f"alignment, reaches {told(table, 'separate', 'recall_possible')}.</p>"
    )


def tasks_said(table: pd.DataFrame) -> HTML:
    """Say what the tasks are like in the hard world, at equal steps and at equal accuracy."""
    rows = {"with alignment": "hard pairs", "without it": "hard separate", "with shuffled pairs": "hard shuffled"}
    found = {
        measure: listed([f"{told(table, one, measure)} {said}" for said, one in rows.items()])
        for measure in ("named", "acting_error", "named_steps", "named_error")
    }
    return HTML(
        f"<p>In the hard world, after equally many steps, seen actions are named with accuracy {found['named']}; "
        f"sensations are predicted with a squared error of {found['acting_error']}. To name eight of ten actions "
        f"takes, in steps, {found['named_steps']}; the squared error is then {found['named_error']}.</p>"
    )


_CHANGES = {"above": "more", "below": "less", "around": "no change is seen"}


def level_said(table: pd.DataFrame) -> HTML:
    """Say what alignment changes after equal steps and at equal accuracy; the words follow the intervals."""
    said = []
    for world, prefix in WORLDS.items():
        with_it, without = (
            table[table.condition == f"{prefix}{one}"].set_index("seed") for one in ("pairs", "separate")
        )
        changed = {}
        for measure in (*AT_LEVEL, "named_steps"):
            found = difference(with_it[measure], without[measure])
            digits = measure_named(measure).digits
            changed[measure] = f"{_CHANGES[side(found.values)]} ({apart(found, digits)})" if found.n else "not reached"
        said.append(
            f"<strong>{world.capitalize()}.</strong> {with_it.named_steps.notna().sum()} of {len(with_it)} networks "
            f"get there with alignment, {without.named_steps.notna().sum()} of {len(without)} without; steps: "
            f"{changed['named_steps']}. Mean r: {changed['mean_r']} after all steps, {changed['named_r']} at equal "
            f"accuracy. Squared error when acting: {changed['acting_error']} after all steps, "
            f"{changed['named_error']} at equal accuracy."
        )
    r = {one: told(table, one, "named_r") for one in ("pairs", "separate", "units")}
    return HTML(
        "<p>At equal accuracy, the step from which on eight of ten actions are named, the mean r in the easy world is "
        f"{r['pairs']} with alignment, {r['separate']} without it and {r['units']} where the units themselves are "
        "contrasted. With alignment minus without it, matched by seed:</p>"
        f"<ul>{''.join(f'<li>{one}</li>' for one in said)}</ul>"
        "<p>Whoever takes more steps to that accuracy has also had more of them to learn to predict.</p>"
    )


def lesions_said(table: pd.DataFrame) -> HTML:
    """Say what silencing units costs, beside matched ones."""
    tasks = {"accuracy": "named", "squared error when acting": "error", "recall": "recall"}
    costs = {said: (f"top_{what}", f"matched_{what}", f"excess_{what}") for said, what in tasks.items()}
    asked = ("pairs", "hard pairs", "units", "separate")
    return lesion_costs(table, "Silencing the units of largest <em>r</em> costs:", asked, costs)


def seconds_said(table: pd.DataFrame) -> HTML:
    """Say what a network takes."""
    return experiment.seconds_said(table, "A network is trained and measured")


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
    return show(pd.DataFrame([{"two cores": name} | labelled(one, measures) for name, one in found.items()]))


def possible_said(aligned: float, probed: float) -> HTML:
    """Say what is recalled of episodes half of whose actions are new, through the alignment and by a probe of them."""
    return HTML(
        f"<p>Through the alignment {decimal(aligned)} of them are recalled, through the probe {decimal(probed)}.</p>"
    )
