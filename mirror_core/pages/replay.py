"""The page of replay at surprise: does it help to infer what another does, and what have mirror units to do with it?"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate, difference
from mirror_core.experiments import experiment_named
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.replay import LEVEL, PLANS, WORLDS, Lived
from mirror_core.figures.marks import by_seed
from mirror_core.pages import experiment
from mirror_core.pages.experiment import apart, beyond_matched, labelled, panels_of, told, values
from mirror_core.pages.tables import show, statement
from mirror_core.studies.wording import decimal, side

EXPERIMENT = experiment_named("replay")

STEPS = f"steps until {LEVEL:g}".replace("0.", ".")
SHOWN = {
    "other_named": "another's actions\nnamed",
    "level_steps": STEPS,
    "passing_positive": "units that pass\nunit mismatch",
}
"""Measure → its panel of the figure."""

IN_TABLE = (
    "other_named", "other_rare", "explained", "in_memory", "level_steps", "passing_positive", "level_passing",
    "mirror_units", "mean_r", "code_gain", "lesion_other",
)  # fmt: skip
"""Measures of the table of conditions."""

IN_WORDS = {"rare": "rare actions", "regime": "rare regime"}
"""World → how a figure calls it."""


def replays(table: pd.DataFrame, world: str) -> dict[str, str]:
    """Return the conditions of a world that are in the table: name of the replay → condition."""
    there = set(table.condition)
    return {
        name.removeprefix(f"{world}, "): name for name, plan in PLANS.items() if plan.world == world and name in there
    }


def panels(table: pd.DataFrame) -> tuple[dict[str, dict[str, list[Estimate]]], dict[str, list[str]]]:
    """Return what the figure draws, and the names of its rows, for each world."""
    found, names = {}, {}
    for world, said in IN_WORDS.items():
        rows = replays(table, world)
        names[said] = list(rows)
        found[said] = panels_of(table, list(rows.values()), SHOWN)
    return found, names


LESION = "accuracy lost beyond\nmatched units"
NO_COST = {LESION: (0.0, "")}
"""The panel of the figure of lesions, and where nothing is lost."""


def lesion_panels(table: pd.DataFrame) -> tuple[list[str], dict[str, dict[str, list[Estimate]]]]:
    """Return what the figure of lesions draws: names of its rows, and its panel → world → what was found in each."""
    names = list(dict.fromkeys(name for world in WORLDS for name in replays(table, world)))
    found = {
        said: [by_seed(values(table, f"{world}, {name}", "lesion_other")) for name in names]
        for world, said in IN_WORDS.items()
    }
    return names, {LESION: found}


def finding(table: pd.DataFrame) -> HTML:
    """Say whether replay of surprises helps, makes mirror units and needs them; the words follow parts of the claims.

    It helps in a world where surprise names more than random replay; it makes mirror units where more units pass; it
    needs none if it helps as written, too, where there are hardly any.
    """
    claims = {one.claim.id.removeprefix("replay-"): one for one in judge_study(EXPERIMENT, table)}

    def holding(claim: str) -> int:
        return sum(part.outcome == "holds" for part in claims[claim].parts[: len(WORLDS)])

    helps, makes = holding("amplifies"), holding("makes-units")
    where = {0: "", 1: " in one of two worlds", 2: ""}
    says = f"helps a network to name another's actions{where[helps]}"
    if not helps:
        says = "helps a network no more than random ones to name another's actions"
    few = "in one" if helps == 1 else "in only one of two worlds"
    made = {0: "makes no more mirror units", 1: f"makes more mirror units {few}", 2: "makes more mirror units"}[makes]
    joint = "but " if helps and not makes else ""
    if helps and claims["needs-units"].parts[0].outcome == "fails":
        says += f", {joint}{made}, and needs none"
    else:
        says += f", {joint or 'and '}{made}"
    return statement(
        f"Replaying surprising episodes {says}.",
        " ".join(_world_said(table, world, said) for world, said in IN_WORDS.items()),
    )


def _world_said(table: pd.DataFrame, world: str, said: str) -> str:
    named = {how: told(table, f"{world}, {how}", "other_named") for how in ("surprise", "random", "rarity")}
    units = {how: told(table, f"{world}, {how}", "passing_positive") for how in ("surprise", "random")}
    return (
        f"With {said if world == 'rare' else f'a {said}'}, {named['surprise']} of another's actions are named after "
        f"replay at surprise, {named['random']} after random replay and {named['rarity']} where the truly rarest "
        f"episodes are replayed; {units['surprise']} of the units pass unit mismatch, against {units['random']}."
    )


def level_said(table: pd.DataFrame) -> HTML:
    """Say what is seen at equal accuracy: how many networks reach it, in how many steps, and with which units."""
    said = []
    for world, words in IN_WORDS.items():
        found = {how: table[table.condition == f"{world}, {how}"].set_index("seed") for how in ("surprise", "random")}
        reached = {how: f"{one.level_steps.notna().sum()} of {len(one)}" for how, one in found.items()}
        fewer = difference(found["random"].level_steps, found["surprise"].level_steps)
        more = difference(found["surprise"].level_passing, found["random"].level_passing)
        said.append(
            f"<strong>{words.capitalize()}.</strong> {reached['surprise']} networks get there with replay at surprise, "
            f"{reached['random']} with random replay. In steps, random minus surprise: {apart(fewer, 0)}. In the "
            f"share of units that then pass unit mismatch, surprise minus random: {apart(more)}."
        )
    first = f"At equal accuracy, where {decimal(LEVEL)} of another's actions are first named:"
    return HTML(f"<p>{first}</p><ul>{''.join(f'<li>{one}</li>' for one in said)}</ul>")


def rarity_said(table: pd.DataFrame) -> HTML:
    """Say what tells surprise from oversampling: how much of the memory is rare, and what that is worth."""
    said = []
    for world, words in IN_WORDS.items():
        held = {how: told(table, f"{world}, {how}", "in_memory") for how in ("surprise", "random", "rarity")}
        said.append(
            f"with {words if world == 'rare' else f'a {words}'} {held['surprise']} of the memory has something rare in "
            f"it (random {held['random']}, true rarity {held['rarity']})"
        )
    minus = []
    for world, words in IN_WORDS.items():
        one, other = (
            table[table.condition == f"{world}, {how}"].set_index("seed").other_named for how in ("surprise", "rarity")
        )
        found = difference(one, other)
        a_world = words if world == "rare" else f"a {words}"
        minus.append(f"{_THAN[side(found.values)]} with {a_world} ({apart(found, 3)})")
    return HTML(
        f"<p>Surprise finds what is rare: {'; '.join(said)}. Tagged by true rarity, which no agent can know, another's "
        f"actions are named {' and '.join(minus)}; in brackets: accuracy at surprise minus that at true rarity.</p>"
    )


_THAN = {"below": "more often", "above": "less often", "around": "as often, as far as can be told,"}


def lesions_said(table: pd.DataFrame) -> HTML:
    """Say what silencing units costs beyond matched ones."""
    names = [f"{world}, {how}" for world in WORLDS for how in ("surprise", "random")] + ["rare, surprise, as written"]
    lead = "Silencing the third of the units of largest <em>r</em>"
    return beyond_matched(table, lead, names, "lesion_other", "share of another's actions named that is")


def seconds_said(table: pd.DataFrame) -> HTML:
    """Say what a network takes."""
    return experiment.seconds_said(table[~table.condition.str.contains("untrained")], "A network lives and is measured")


# -- live --

_WINDOW = 10
"""Batches over which the share of what is tagged is taken together."""


def of_lives(lives: Mapping[str, Lived]) -> tuple[dict, dict, float]:
    """Return what the figure of lives draws: what was tagged, what was named, and how often something rare happened."""
    tagged, curves = {}, {}
    for name, lived in lives.items():
        rare = np.array([(lived.rarity[rows] > 0).mean() for rows in lived.tags])
        ends = np.arange(min(_WINDOW, len(rare)), len(rare) + 1, _WINDOW) if len(rare) else np.zeros(0, int)
        shares = [rare[max(end - _WINDOW, 0) : end].mean() for end in ends]
        tagged[name] = pd.DataFrame({"batch": ends, "share": shares})
        columns = ["batch", "steps", "other_named", "other_rare"]
        curves[name] = pd.DataFrame(lived.curve, columns=columns, dtype=float)
    first = next(iter(lives.values()))
    return tagged, curves, float((first.rarity > 0).mean())


def networks_table(found: Mapping[str, Mapping[str, float]]) -> HTML:
    """Show the measures of the networks that lived here."""
    shown = ("other_named", "other_rare", "explained", "in_memory", "passing_positive", "mirror_units", "mean_r")
    return show(pd.DataFrame([{"replay": escape(name)} | labelled(one, shown) for name, one in found.items()]))
