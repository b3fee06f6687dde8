"""Does watching an expert spare a spiking learner trial and error, and does it owe that to mirror units?

Gorgan Mohammadi and Ganjtabesh (2024, doi 10.1038/s41598-024-52299-7) let an agent of spiking cells watch an expert of
a video game; by the mechanisms of the mirror system it infers the expert's goal, imitates what the expert does, and so
learns to act. Here the world is a square of places with one goal, so that every part of that can be taken away.

First the agent *babbles*: it makes random moves and sees them. A link from what is seen to the cells that move learns
then, and only then. Next it *watches* places and moves of an expert. Goal cells come to fire where the expert stands
still, and stand for reward; the moves seen, through the link, stand for moves of its own. Then it acts, and is rewarded
at its goal. The places are `imitation_world`, its cells `imitation_agent`; this module has the conditions and what is
measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirror_core.analysis import unit_correlation
from mirror_core.checks import one_of
from mirror_core.experiments.base import Experiment, Learner, measure_each, register, register_measures
from mirror_core.experiments.imitation_agent import STEP, Agent
from mirror_core.experiments.imitation_world import (
    DISTANCE,
    N_MOVES,
    N_PLACES,
    Path,
    expert_paths,
    with_shuffled_moves,
)
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mirroring
from mirror_core.seeding import stream
from mirror_core.studies.measures.base import CORRELATION, COUNT, SHARE

N_BABBLED, N_WATCHED, PAUSE = 400, 40, 0.2
"""Moves babbled, paths watched, and how often an expert that pauses stands still before a step."""
SLACK = 2
"""Moves more than needed that are still good."""
MOST_EPISODES, WINDOW, GOOD = 400, 10, 9
"""Learning ends when GOOD of the last WINDOW episodes were good, or after MOST_EPISODES."""
LESIONED = 12
"""Motor cells whose link is cut: a fifth."""


@dataclass(frozen=True)
class Recipe:
    """What is done in a condition."""

    says: str
    babbling: str = "own"  # or "none", or "shuffled"
    expert: str = "same goal"  # or "other goal", "shuffled" moves, or "pausing"
    link: bool = True
    moves: bool = True
    goal_cells: bool = True
    n_watched: int = N_WATCHED
    step: float = STEP
    apart: int = 0  # added to the seed, so that the sweep has learners of its own
    recorded: bool = False  # the motor cells of the others are those of a recorded condition


DOSES, STEPS, SWEPT_APART = (0, 10, 20, 40, 80), (0.003, 0.006, 0.012), 1000
"""Paths watched and steps of the policy in the sweep, and what is added to its seeds."""


def swept(n_watched: int, step: float) -> str:
    """Return the sweep's condition with this many paths and this step."""
    return f"{n_watched} paths at step {step:g}"  # no comma: the command lists conditions with commas


RECIPES = {
    "alone": Recipe("acts from reward alone", "none", n_watched=0, recorded=True),
    "imitation": Recipe("babbles, watches an expert, then acts", recorded=True),
    "shuffled expert": Recipe("sees the expert's moves exchanged among all steps", expert="shuffled"),
    "another goal": Recipe("watches an expert whose goal is at least three moves away", expert="other goal"),
    "no babbling": Recipe("has not seen own moves before it watches", "none"),
    "shuffled babbling": Recipe("saw other moves than those it made", "shuffled", recorded=True),
    "link cut": Recipe("after babbling, the link from moves seen is cut", link=False, recorded=True),
    "only the goal": Recipe("sees the expert's places, not its moves", moves=False),
    "only the moves": Recipe("goal cells are silenced", goal_cells=False),
    "pausing expert": Recipe("the expert stands still on its way, too", expert="pausing"),
} | {
    swept(n, size): Recipe("of the sweep, with seeds of its own", n_watched=n, step=size, apart=SWEPT_APART)
    for n in DOSES
    for size in STEPS
}


def prepare(
    condition: str, seed: int, n_babbled: int = N_BABBLED, cut: Sequence[int] = ()
) -> tuple[Agent, int, list[Path]]:
    """Return an agent that has babbled and watched and got no reward yet, its goal, and what it watched.

    Codes, first weights, goal and expert of a seed are the same in all conditions but the sweep's. After babbling the
    link from moves seen is cut to the motor cells `cut`.

    Raises
    ------
    OptionError
        For an unknown condition.
    """
    one_of("condition of imitation", condition, RECIPES)
    recipe = RECIPES[condition]
    own = seed + recipe.apart
    agent, world, shown = Agent(own, recipe.step), stream(own, "imitation/goal"), stream(own, "imitation/expert")
    goal = int(world.integers(N_PLACES))
    other = int(world.choice(np.flatnonzero(DISTANCE[goal] >= 3)))
    if recipe.babbling != "none":
        agent.babble(n_babbled, shuffled=recipe.babbling == "shuffled")
    agent.motor.link[:, list(cut) if recipe.link else slice(None)] = 0
    pause = PAUSE if recipe.expert == "pausing" else 0.0
    paths = expert_paths(other if recipe.expert == "other goal" else goal, recipe.n_watched, shown, pause=pause)
    if recipe.expert == "shuffled":
        paths = with_shuffled_moves(paths, shown)
    for path in paths:
        agent.watch(path, moves=recipe.moves, goal=recipe.goal_cells)
    return agent, goal, paths


def good(path: Path, goal: int) -> bool:
    """Return whether a path reaches the goal with at most SLACK moves more than needed."""
    return path[-1].after == goal and len(path) <= DISTANCE[path[0].place, goal] + SLACK


def imitates(agent: Agent, goal: int) -> np.ndarray:
    """Return for each start (all places but the goal) whether the path is good, without any learning."""
    return np.array([good(agent.walk(n, goal, learning=False), goal) for n in range(N_PLACES) if n != goal])


def most_alike(made: np.ndarray, seen: np.ndarray) -> tuple[list[int], list[int]]:
    """Return the LESIONED cells with the largest r of moves made and seen, and others that fire as much when seen."""
    r = np.nan_to_num(unit_correlation(made, seen, centre_timesteps=True), nan=-1)
    alike, firing, matched = np.argsort(-r)[:LESIONED], seen.mean((0, 1)), []
    for cell in alike:
        others = np.setdiff1d(np.arange(len(r)), [*alike, *matched])
        matched.append(int(others[np.abs(firing[others] - firing[cell]).argmin()]))
    return alike.tolist(), matched


MEASURES = {
    "imitated": ("starts with a good path before any reward", SHARE, "moves at random"),
    "imitated_new": ("the same, from where the expert never was", SHARE, "moves at random"),
    "episodes_log2": ("episodes to learn, log₂", COUNT, "learning alone", 2, -1),
    "goal_inferred": ("goal cells fire most at the expert's goal", SHARE, "one place of all"),
    "lesion_cost": ("starts lost without the link to the cells most alike, minus matched", CORRELATION, "matched"),
}
"""Measure → label, limits, null; decimals and sign where they are not as usual."""
MEASURED = (*register_measures(MEASURES), *MIRRORING)


def measure(
    condition: str, seed: int, n_babbled: int = N_BABBLED, most: int = MOST_EPISODES, n_draws: int = N_DRAWS
) -> dict[str, float]:
    """Return the measures of a learner, which gets its reward here."""
    recipe = RECIPES.get(condition)
    agent, goal, paths = prepare(condition, seed, n_babbled)
    row = dict.fromkeys(MEASURED, np.nan)
    if recipe.recorded:
        made, seen, moves = agent.recordings()
        row |= mirroring(made, seen, moves, seed, f"imitation/{condition}", n_draws=n_draws)
        if condition == "imitation":
            lesioned = (prepare(condition, seed, n_babbled, cut) for cut in most_alike(made, seen))
            alike, matched = (imitates(other, goal).mean() for other, *_ in lesioned)
            row["lesion_cost"] = float(matched - alike)
    if paths and recipe.goal_cells:
        row["goal_inferred"] = float(agent.inferred_goal() == paths[-1][-1].after)
    starts = np.delete(np.arange(N_PLACES), goal)
    imitated = imitates(agent, goal)
    # a learner alone is asked about the places where the expert of its seed would not have been
    watched = paths or expert_paths(goal, N_WATCHED, stream(seed + recipe.apart, "imitation/expert"))
    new = ~np.isin(starts, [place for path in watched for one in path for place in (one.place, one.after)])
    row["imitated"] = float(imitated.mean())
    row["imitated_new"] = float(imitated[new].mean()) if new.any() else np.nan
    begins, were_good = stream(seed + recipe.apart, "imitation/starts"), []
    while len(were_good) < most and sum(were_good[-WINDOW:]) < GOOD:
        were_good.append(good(agent.walk(int(begins.choice(starts)), goal), goal))
    row["episodes_log2"] = float(np.log2(len(were_good)))
    return row


def learn(learner: Learner) -> pd.DataFrame:
    """Return a row for each condition of a learner, with its measures and seconds of one core."""
    return measure_each(learner.conditions, lambda condition: measure(condition, learner.seed))


register(
    Experiment(
        "imitation",
        "Imitation by a spiking learner",
        "gorganmohammadi2024",
        "10.1038/s41598-024-52299-7",
        "By mechanisms of a mirror system a spiking agent infers the goal of an expert, imitates it and so learns.",
        "learners",
        {name: recipe.says for name, recipe in RECIPES.items()},
        MEASURED,
        learn,
        main="imitation",
        control="shuffled babbling",
        n_actions=N_MOVES,
        lesion="lesion_cost",
        seconds=5.0,
    )
)
