"""The page of the spiking learner that watches an expert: what it says, and a learner to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate, difference, estimate
from mirror_core.experiments import experiment_named
from mirror_core.experiments import imitation_agent as spiking
from mirror_core.experiments import imitation_world as world
from mirror_core.experiments.imitation import DOSES, STEPS, prepare, swept
from mirror_core.figures.imitation import picture
from mirror_core.figures.marks import BySeed, difference_by_seed
from mirror_core.pages.experiment import present, told, values
from mirror_core.pages.player import player
from mirror_core.pages.tables import cell, show, statement
from mirror_core.seeding import stream
from mirror_core.studies.data import find_data
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import decimal, listed, side, with_interval

EXPERIMENT = experiment_named("imitation")
SWEPT = [swept(n, step) for n in DOSES for step in STEPS]
MAIN = [name for name in EXPERIMENT.conditions if name not in SWEPT]
"""Conditions but those of the sweep."""


def saved(table: pd.DataFrame, condition: str, than: str = "alone") -> BySeed:
    """Return log₂ of the episodes of a condition to those of another, matched by seed."""
    return difference_by_seed(values(table, condition, "episodes_log2"), values(table, than, "episodes_log2"))


def against_alone(table: pd.DataFrame) -> tuple[dict[str, pd.Series], dict[str, Estimate]]:
    """Return what the figure of the conditions draws."""
    there = [one for one in present(EXPERIMENT, table) if one in MAIN]
    return (
        {one: values(table, one, "imitated") for one in there},
        {one: saved(table, one) for one in there if one != "alone"},
    )


def of_sweep(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return an estimate for each dose and step: of a measure, or of episodes against no path ("episodes_log2")."""
    rows = []
    for n in DOSES:
        for step in STEPS:
            if measure == "episodes_log2":
                found = saved(table, swept(n, step), swept(DOSES[0], step))
            else:
                found = estimate(values(table, swept(n, step), measure))
            rows.append({"n_watched": n, "step": step, "found": found})
    return pd.DataFrame(rows)


def finding(table: pd.DataFrame) -> HTML:
    """Say whether watching helps, and whether by imitation, then by how much.

    The rule: sooner, if the 95 % interval of the difference in episodes to the same learner alone lies below zero; by
    imitation, if before any reward it reaches more starts than with the link cut and than after shuffled moves.
    """
    change = saved(table, "imitation")
    when = _SOONER[side(change.values)]
    imitates = all(_compared(table, "imitated", "imitation", one) == "above" for one in ("link cut", "shuffled expert"))
    how = f"{'but' if when == 'sooner than' else 'and'} is not shown to imitate through cells linking seeing to doing"
    if imitates:
        joint = "because" if when == "sooner than" else "though"
        how = f"{joint} cells linking seeing to doing let it imitate"
    reached = {one: told(table, one, "imitated") for one in ("imitation", "alone", "link cut")}
    return statement(
        f"A spiking learner that watched an expert learns {when} one alone, {how}.",
        f"Before any reward it reaches its goal from {reached['imitation']} of all starts (alone {reached['alone']}, "
        f"with the link cut {reached['link cut']}); then it takes {_times(change)} the episodes that it takes alone "
        f"({change.n} learners).",
    )


_SOONER = {"below": "sooner than", "above": "later than", "around": "no sooner than"}
_SAVES = {"below": "saves episodes", "above": "costs episodes", "around": "saves nothing that can be told from luck"}
_MORE = {"above": "more than", "below": "less than", "around": "no more than"}


def _compared(table: pd.DataFrame, measure: str, condition: str, than: str) -> str:
    """Say on which side of zero the interval of a difference between two conditions lies, see `side`."""
    return side(difference(values(table, condition, measure), values(table, than, measure)).values)


def _times(found: Estimate) -> str:
    """Return a difference of logarithms as a ratio with its interval."""
    mean, low, high = (decimal(2.0**one) for one in (found.mean, found.low, found.high))
    return f"{mean} [{low}, {high}] times"


def said(table: pd.DataFrame) -> HTML:
    """Say what each control shows, in numbers."""

    def of(condition: str, measure: str = "imitated") -> str:
        return told(table, condition, measure)

    wrong = [one for one in MAIN[2:7] if _compared(table, "imitated", "imitation", one) != "above"]
    none = values(table, "imitation", "mirror_units").dropna() == 0
    cost, goal = values(table, "imitation", "lesion_cost"), saved(table, "only the goal")
    new = _MORE[_compared(table, "imitated_new", "imitation", "alone")]
    items = (
        "<strong>What is taken away.</strong> Imitation reaches more starts before any reward than every control of "
        f"moves, goal, babbling and link{f' but {listed(wrong)}' if wrong else ''}. After shuffled moves it is "
        f"{of('shuffled expert')}, and the learner takes {_times(saved(table, 'shuffled expert'))} the episodes of the "
        "same one alone: moves that are right in many places may still teach a direction.",
        "<strong>The expert's goal.</strong> After an expert with another goal it takes "
        f"{_times(saved(table, 'another goal'))} the episodes of the same learner alone.",
        f"<strong>Where the expert never was</strong>, {of('imitation', 'imitated_new')} of starts are reached, "
        f"{new} alone ({of('alone', 'imitated_new')}).",
        f"<strong>The goal alone</strong>, the moves being unseen, {_SAVES[side(goal.values)]}: it takes "
        f"{_times(goal)} the episodes of the same learner alone. Goal cells name the expert's goal in "
        f"{of('imitation', 'goal_inferred')} of learners, and in {of('pausing expert', 'goal_inferred')} where it "
        "stands still on its way, too.",
        f"<strong>Mirror cells.</strong> After babbling {of('imitation', 'mirror_share')} of motor cells have one "
        f"tuning for moves made and seen, before it {of('alone', 'mirror_share')}; in {none.sum()} of {len(none)} "
        "learners none passes. Cutting the link to the fifth of cells most alike costs "
        f"{_MORE[side(cost)]} cutting it to others that fire as much: a difference of {with_interval(cost)} of starts.",
    )
    return HTML(f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")


def sweep_said(table: pd.DataFrame) -> HTML:
    """Say how far dose and step decide: the least and the most that is reached, and the first dose that saves."""
    found = of_sweep(table, "imitated").query("n_watched > 0")
    means = found.found.map(lambda one: one.mean)
    least, most = found.loc[means.idxmin()], found.loc[means.idxmax()]
    first = {}
    for row in of_sweep(table, "episodes_log2").query("n_watched > 0").itertuples():
        if row.found.high < 0:
            first.setdefault(row.step, row.n_watched)
    saves = listed([f"{first[step]} at step {step:g}" for step in STEPS if step in first])
    return HTML(
        f"<p>From {decimal(least.found.mean)} of starts ({least.n_watched} paths, step {least['step']:g}) to "
        f"{decimal(most.found.mean)} ({most.n_watched} paths, step {most['step']:g}) are reached before any reward. "
        f"The fewest paths of the sweep that save episodes: {saves}. {most.found.n} learners a point, none of them in "
        "the figure above.</p>"
    )


def conditions(table: pd.DataFrame) -> HTML:
    """Show what is done in each condition, and what is found: means with 95 % intervals over learners."""
    rows = []
    for condition in present(EXPERIMENT, table):
        if condition not in MAIN:
            continue
        change = saved(table, condition)
        row = {
            "condition": f"<strong>{condition}</strong><br><small>{EXPERIMENT.conditions[condition]}</small>",
            "reached before any reward": _cell(table, condition, "imitated"),
            "from where the expert never was": _cell(table, condition, "imitated_new"),
            "episodes, against alone": "1"
            if condition == "alone"
            else "{}<br><small>{}</small>".format(*_times(change).removesuffix(" times").split(" ", 1)),
            "goal inferred": _cell(table, condition, "goal_inferred"),
            "mirror cells": _cell(table, condition, "mirror_share"),
            "code carries over": _cell(table, condition, "code_gain"),
        }
        rows.append(row)
    return show(pd.DataFrame(rows))


def _cell(table: pd.DataFrame, condition: str, measure: str) -> str:
    return cell(values(table, condition, measure), measure_named(measure).limits)


N_FILMED = 12
"""Moves of a walk that the film shows at most."""


class Filmed(spiking.Agent):
    """An agent that notes all that happens to it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.motor_spikes: list[np.ndarray] = []
        self.goal_firing: list[float] = []

    def live(self, *args, **options) -> np.ndarray:
        """See `Agent.live`."""
        self.motor_spikes.append(super().live(*args, **options))
        return self.motor_spikes[-1]

    def expect(self, *args, **options) -> float:
        """See `Agent.expect`."""
        self.goal_firing.append(super().expect(*args, **options))
        return self.goal_firing[-1]


@dataclass
class Story:
    """One learner, as the page shows it."""

    film: HTML
    tunings: dict[str, np.ndarray]
    """Kind of recording → mean spikes of every cell for every move."""


_NAMES = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


def story(seed: int, n_babbled: int, n_watched: int) -> Story:
    """Raise a learner as in the condition `imitation`, and film moments of it."""
    agent = Filmed(seed)
    before = _tuning(agent.recordings(), "seen")
    agent = Filmed(seed)  # the recordings took spikes and moves from its streams
    goal = int(stream(seed, "imitation/goal").integers(world.N_PLACES))
    paths = world.expert_paths(goal, n_watched, stream(seed, "imitation/expert"))
    order = np.lexsort((-agent.made.max(0), agent.made.argmax(0)))
    frames: list[tuple[str, str]] = []

    def film(
        caption: str,
        spikes: np.ndarray,
        mode: str,
        actor: str,
        path: Sequence[world.Step] = (),
        firing: float = 0.0,
        at=None,
    ):
        trail = [one.place for one in path]
        svg = picture(actor, at, trail, goal if path else None, spikes[order], mode, firing, most=6)
        frames.append((svg, caption))

    for when in ("Before babbling", "After babbling"):
        if when == "After babbling":
            agent.babble(n_babbled)
        for move in (2, 5):
            for mode, verb in (("made", "is made, in the dark"), ("seen", "is only seen")):
                agent.rest()
                spikes = sum(agent.live(**{mode: move}) for _ in range(2))
                film(
                    f"{when}: a move {_NAMES[move]} {verb}.",
                    spikes,
                    "perform" if mode == "made" else "observe",
                    "learner",
                )
    for n, path in enumerate(paths):
        agent.goal_firing.clear()
        spikes = agent.watch(path)
        if n in (0, len(paths) - 1):
            for k, (one, firing) in enumerate(zip(path, agent.goal_firing, strict=True)):
                text = f"Watching path {n + 1} of {len(paths)}: the expert moves {_NAMES[one.move]}"
                text += ", and stops at its goal." if one.after == goal else "."
                film(text, spikes[k], "observe", "expert", path[: k + 1], firing, one.after)
    visited = _visited(paths)
    for kind, places in (("was", visited - {goal}), ("never was", set(range(world.N_PLACES)) - visited - {goal})):
        if not places:
            continue
        agent.motor_spikes.clear()
        walked = agent.walk(max(sorted(places), key=lambda place: world.DISTANCE[place, goal]), goal, learning=False)
        decisions = [agent.motor_spikes[2 * k] + agent.motor_spikes[2 * k + 1] for k in range(len(walked))]
        for k, one in enumerate(walked[:N_FILMED]):
            text = (
                f"On its own, before any reward, from a place where the expert {kind}: move {k + 1}, {_NAMES[one.move]}"
            )
            if one.after == goal:
                text += ", to the goal."
            elif k + 1 == min(N_FILMED, len(walked)):
                reaches = walked[-1].after == goal
                text += f". The film leaves it here; it {'takes' if reaches else 'gives up after'} {len(walked)} moves."
            film(text + "." * (text[-1] != "."), decisions[k], "perform", "learner", walked[: k + 1],
                 agent.expect(one.after), one.after)  # fmt: skip
    pictures, captions = zip(*frames, strict=True)
    recordings = agent.recordings()
    return Story(
        player(pictures, captions, "A learner babbles, watches an expert, and acts", story, per_second=1.5),
        {"made": _tuning(recordings, "made"), "seen": _tuning(recordings, "seen"), "seen, before babbling": before},
    )


def _visited(paths: Sequence[world.Path]) -> set[int]:
    return {place for path in paths for one in path for place in (one.place, one.after)}


def _tuning(recordings: tuple[np.ndarray, ...], mode: str) -> np.ndarray:
    spikes, moves = recordings[mode != "made"], recordings[2]
    return np.stack([spikes[moves == move].mean(0) for move in range(world.N_MOVES)], axis=1)


def policies(seed: int, n_babbled: int, names: Sequence[str]) -> tuple[dict[str, list[int]], int, dict[str, list[int]]]:
    """Return the move made most often at each place before any reward, the goal, and where the expert was."""
    moves, visited, goal = {}, {}, 0
    for name in names:
        agent, goal, paths = prepare(name, seed, n_babbled)
        firsts = np.array(
            [[agent.walk(place, goal, learning=False)[0].move for _ in range(5)] for place in range(world.N_PLACES)]
        )
        moves[name] = [int(np.bincount(row, minlength=len(world.MOVES)).argmax()) for row in firsts]
        visited[name] = sorted(_visited(paths))
    return moves, goal, visited


def live_table(found: Mapping[str, Mapping[str, float]]) -> HTML:
    """Show measures of the page's own learner: condition → measures."""
    shown = [
        {
            "condition": condition,
            "reached before any reward": decimal(row["imitated"]),
            "episodes": round(2 ** row["episodes_log2"]),
            "mirror cells": "–" if np.isnan(row["mirror_units"]) else round(row["mirror_units"]),
            "code across modes, above chance": "–" if np.isnan(row["code_gain"]) else decimal(row["code_gain"]),
        }
        for condition, row in found.items()
    ]
    return show(pd.DataFrame(shown))


def cells() -> HTML:
    """Show which cells there are, what drives them, and what they learn."""
    rows = [
        (
            spiking.PER_PLACE * world.N_PLACES,
            "place cells",
            "where the learner, or the expert that it watches, is",
            "–",
        ),
        (spiking.N_VISUAL, "visual units", "a move that is seen", "–"),
        (
            spiking.N_MOTOR,
            "motor cells",
            "a move that is made (a copy of the command), visual units, place cells",
            "visual → motor while babbling, place → motor by reward",
        ),
        (spiking.N_GOAL, "goal cells", "place cells, the other's standing still", "place → goal while watching"),
    ]
    return show(pd.DataFrame(rows, columns=["", "cells", "driven by", "links that learn"]))


def river_raid() -> HTML:
    """Say why the source's own game is not built, with what was measured of it."""
    found = json.loads(find_data("measured", "river_raid.json", "river_raid*.json").read_text(encoding="utf-8"))
    scores = {one: f"{np.mean(found[one]):,.0f} ({len(found[one])} games)" for one in ("steered", "random")}
    return HTML(
        f"<p>ale-py ships the game: measured with ale-py {found['ale_py']}, one core makes "
        f"{found['decisions_per_second']:,} decisions of four frames a second. But reading the pixels and steering "
        f"for open water, always firing, scores {scores['steered']}; steering at random, always firing, "
        f"{scores['random']}. An expert worth imitating would have to be trained for long. And it would not tell "
        "anything about mirror units: who acts and who watches see the <em>same</em> screen, so that every unit that "
        f"sees does the same in both modes. (<code>{found['command']}</code> measures it again.)</p>"
    )
