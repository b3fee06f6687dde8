"""Does watching an expert spare a spiking learner trial and error, and does it owe that to mirror units?

Gorgan Mohammadi and Ganjtabesh (2024, doi 10.1038/s41598-024-52299-7) let an agent of spiking cells watch an expert of
a video game; by the mechanisms of the mirror system it infers the expert's goal, imitates what the expert does, and so
learns to act. Here the world is a square of places with one goal, so that every part of that can be taken away.

First the agent *babbles*: it makes random moves and sees them. A link from what is seen to the cells that move learns
then, and only then. Next it *watches* places and moves of an expert. Goal cells come to fire where the expert stands
still, and stand for reward; the moves seen, through the link, stand for moves of its own. Then it acts, and is rewarded
at its goal. Time is in milliseconds, potentials in units of the threshold.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.analysis import unit_correlation
from mirror_core.checks import one_of, whole
from mirror_core.experiments.base import Experiment, Learner, register
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mirroring
from mirror_core.runs.compiling import keep_compiled
from mirror_core.seeding import stream
from mirror_core.studies.measures import Measure
from mirror_core.studies.measures import register as register_measure
from mirror_core.studies.measures.base import CORRELATION, COUNT, SHARE

# -- the world: a square of places, eight moves, one goal --
SIDE = 7
MOVES = np.array([[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]])
"""Rows down and columns to the right; at an edge the agent stays in that direction."""
N_PLACES, N_MOVES = SIDE * SIDE, len(MOVES)
_ROW_COLUMN = np.stack(np.divmod(np.arange(N_PLACES), SIDE), axis=1)
_AFTER = np.clip(_ROW_COLUMN[:, None] + MOVES, 0, SIDE - 1) @ (SIDE, 1)
DISTANCE = np.abs(_ROW_COLUMN[:, None] - _ROW_COLUMN).max(-1)
"""Moves that lead from one place to another, at least."""

# -- cells --
PER_PLACE, N_VISUAL, N_MOTOR, N_GOAL = 5, 60, 60, 20
"""Place cells a place; visual units; motor and goal cells."""
VISUAL_CODE, MOTOR_CODE = 15, 20
"""Visual units that a move seen excites, and motor cells that a move made excites (its efference copy)."""
HALF = 20
"""Milliseconds of each half of a decision: to choose a move, and to make it."""
LEAK, TRACE = 0.9, 0.95
"""What a millisecond leaves of a potential (10 ms membrane) and of a trace of spikes (20 ms)."""
FIRING = 0.1
"""Spikes a millisecond of a place cell at its place, and of a visual unit that is excited by 1."""
NOISE, INHIBITION, DRIVE = 0.08, 0.01, 0.2
"""A millisecond's noise of a potential, what each spike takes from all, and what a move made or standing still adds."""

# -- learning --
HEBB, KAPPA_MOTOR, KAPPA_GOAL = 0.02, 0.1, 0.2
"""At a spike the link from what is seen changes by HEBB (κ x − w), x being the trace of what is seen. κ is larger for
goal cells, where five place cells have to do what fifteen visual units do for motor cells."""
DEPRESSION = 0.3
"""Eligibility of place → motor: + the place's trace at a motor spike, − this × the motor trace at a place spike."""
STEP, W_MAX = 0.006, 0.4
"""Place → motor changes by STEP × the critic's error × eligibility, up to W_MAX."""
DISCOUNT, ELIGIBILITY, CRITIC = 0.95, 0.8, 0.2
"""γ and λ of the critic's temporal-difference error, and the critic's own step."""

# -- what is done --
N_BABBLED, N_WATCHED, PAUSE = 400, 40, 0.2
"""Moves babbled, paths watched, and how often an expert that pauses stands still before a step."""
EXPLORE, LONGEST, SLACK = 0.05, 50, 2
"""Share of random moves while learning; moves that end an episode; moves more than needed that are still good."""
MOST_EPISODES, WINDOW, GOOD = 400, 10, 9
"""Learning ends when GOOD of the last WINDOW episodes were good, or after MOST_EPISODES."""
N_SEQUENCES, LENGTH, LESIONED = 60, 12, 12
"""Sequences of the recordings, moves in each, and motor cells whose link is cut: a fifth."""


class Step(NamedTuple):
    """A step of a path: where, which move (None: it stood still), and where it led."""

    place: int
    move: int | None
    after: int


Path = list[Step]


def step(place: int, move: int) -> Step:
    """Return the step that a move makes.

    Raises
    ------
    OptionError
        For a place or a move that does not exist.
    """
    whole("place", place, 0, N_PLACES - 1)
    whole("move", move, 0, N_MOVES - 1)
    return Step(int(place), int(move), int(_AFTER[place, move]))


def expert_paths(goal: int, n: int, rng: np.random.Generator, *, pause: float = 0.0) -> list[Path]:
    """Return n shortest paths of an expert from random places to its goal, where it stops.

    With `pause` it also stands still on its way, so that standing still does not give the goal away.
    """
    paths: list[Path] = [[] for _ in range(n)]
    for path in paths:
        place = rng.choice(np.delete(np.arange(N_PLACES), goal))
        while place != goal:
            if pause and rng.random() < pause:
                path.append(Step(int(place), None, int(place)))
            path.append(step(place, rng.choice(np.flatnonzero(DISTANCE[_AFTER[place], goal] < DISTANCE[place, goal]))))
            place = path[-1].after
    return paths


def with_shuffled_moves(paths: list[Path], rng: np.random.Generator) -> list[Path]:
    """Return paths with the moves exchanged among all their steps; the places stay."""
    moves = iter(rng.permutation([one.move for path in paths for one in path]))
    return [[one._replace(move=int(next(moves))) for one in path] for path in paths]


class Cells(NamedTuple):
    """Leaky integrate-and-fire cells of one kind with their links, all changed in place."""

    potential: Float[np.ndarray, " cell"]
    spikes: Float[np.ndarray, " cell"]  # traces
    link: Float[np.ndarray, "seen cell"]  # weights from what is seen
    seen: Float[np.ndarray, " seen"]  # traces
    policy: Float[np.ndarray, "place_cell cell"]  # weights from place cells, learned by reward
    places: Float[np.ndarray, " place_cell"]  # traces
    eligibility: Float[np.ndarray, "place_cell cell"]

    def rest(self) -> None:
        """Forget all but the weights."""
        for state in (self.potential, self.spikes, self.seen, self.places, self.eligibility):
            state[:] = 0


def new_cells(link: np.ndarray, policy: np.ndarray) -> Cells:
    """Return cells at rest with these weights."""
    n = link.shape[1]
    return Cells(np.zeros(n), np.zeros(n), link, np.zeros(len(link)), policy, np.zeros(len(policy)), 0 * policy)


@keep_compiled
def present(rng, cells, place, shown, drive, kappa, hebb, tagging):
    """Let HALF milliseconds pass and return how often each cell fired.

    Parameters
    ----------
    rng : numpy.random.Generator
    cells : Cells
    place : int
        Whose place cells fire, on `policy`; −1: none.
    shown : float array (seen,)
        How strongly what is seen is excited.
    drive : float array (cell,)
        What every millisecond adds to each potential.
    kappa : float
        κ of the link.
    hebb, tagging : bool
        Whether the link learns, and whether eligibility is gathered.
    """
    counts = np.zeros(len(drive))
    for _ in range(HALF):
        for i in range(len(cells.places)):
            cells.places[i] *= TRACE
        for i in range(len(shown)):
            cells.seen[i] *= TRACE
        for j in range(len(drive)):
            cells.potential[j] = cells.potential[j] * LEAK + NOISE * rng.standard_normal() + drive[j]
            cells.spikes[j] *= TRACE
        for i in range(max(0, place * PER_PLACE), (place + 1) * PER_PLACE):
            if rng.random() < FIRING:
                cells.places[i] += 1
                for j in range(len(drive)):
                    cells.potential[j] += cells.policy[i, j]
                    if tagging:
                        cells.eligibility[i, j] -= DEPRESSION * cells.spikes[j]
        for i in range(len(shown)):
            if shown[i] > 0 and rng.random() < FIRING * shown[i]:
                cells.seen[i] += 1
                for j in range(len(drive)):
                    cells.potential[j] += cells.link[i, j]
        fired = 0
        for j in range(len(drive)):
            if cells.potential[j] > 1:
                cells.potential[j] = 0
                cells.spikes[j] += 1
                counts[j] += 1
                fired += 1
                if hebb:
                    for i in range(len(shown)):
                        cells.link[i, j] += HEBB * (kappa * cells.seen[i] - cells.link[i, j])
                if tagging:
                    for i in range(len(cells.places)):
                        if cells.places[i] > 0.01:  # traces that have all but gone take time and change nothing
                            cells.eligibility[i, j] += cells.places[i]
        for j in range(len(drive)):
            cells.potential[j] -= INHIBITION * fired
    return counts


_CELLS_OF_PLACE = np.repeat(np.eye(N_PLACES), PER_PLACE, axis=1)


def _codes(rng: np.random.Generator, n_cells: int, n_active: int) -> Float[np.ndarray, "move cell"]:
    """Return which cells each move excites, and how strongly: .7 to 1.3."""
    active = [np.isin(np.arange(n_cells), rng.choice(n_cells, n_active, replace=False)) for _ in MOVES]
    return np.stack(active) * rng.uniform(0.7, 1.3, (N_MOVES, n_cells))


class Agent:
    """A spiking learner: its codes, first weights and spikes follow from the seed; `rate` is the step of its policy."""

    def __init__(self, seed: int, rate: float = STEP) -> None:
        wiring = stream(seed, "imitation/wiring")
        self.noise, self.choices = stream(seed, "imitation/spikes"), stream(seed, "imitation/choices")
        self.made, self.shown = _codes(wiring, N_MOTOR, MOTOR_CODE), _codes(wiring, N_VISUAL, VISUAL_CODE)
        link, n_place = wiring.uniform(0, 0.04, (N_VISUAL, N_MOTOR)), N_PLACES * PER_PLACE
        self.motor = new_cells(link, wiring.uniform(0.05, 0.15, (n_place, N_MOTOR)))
        self.goal = new_cells(wiring.uniform(0, 0.04, (n_place, N_GOAL)), np.zeros((0, N_GOAL)))
        self.value, self.rate = np.zeros(N_PLACES), rate

    def rest(self) -> None:
        """Begin anew, with what was learned."""
        self.motor.rest()
        self.goal.rest()

    def live(self, place=-1, *, seen=None, made=None, hebb=False, tagging=False) -> Float[np.ndarray, " motor_cell"]:
        """Let half a decision pass at a place (−1: nowhere), while a move is seen or made; return motor spikes."""
        shown = np.zeros(N_VISUAL) if seen is None else self.shown[seen]
        drive = np.zeros(N_MOTOR) if made is None else DRIVE * self.made[made]
        return present(self.noise, self.motor, place, shown, drive, KAPPA_MOTOR, hebb, tagging)

    def expect(self, place: int, *, still: bool = False) -> float:
        """Return the share of goal cells that a place makes fire; they learn it if the other stands still there."""
        shown, drive = _CELLS_OF_PLACE[place], np.zeros(N_GOAL)
        fired = present(self.noise, self.goal, -1, shown, drive, KAPPA_GOAL, False, False) > 0
        for _ in range(2 if still else 0):
            present(self.noise, self.goal, -1, shown, drive + DRIVE, KAPPA_GOAL, True, False)
        return float(fired.mean())

    def babble(self, n: int, *, shuffled: bool = False) -> None:
        """Make n random moves and see each; if shuffled, see another one."""
        self.rest()
        for _ in range(n):
            made, other = self.choices.integers(N_MOVES, size=2)
            self.live(seen=other if shuffled else made, made=made, hebb=True)

    def learn(self, place: int, after: int, reward: float, end: bool) -> None:
        """Learn by the critic's error: its value of the place, and the policy as far as it is eligible."""
        error = reward + (0 if end else DISCOUNT * self.value[after]) - self.value[place]
        self.value[place] += CRITIC * error
        policy, eligibility = self.motor.policy, self.motor.eligibility
        policy += self.rate * error * eligibility
        np.clip(policy, 0, W_MAX, out=policy)
        eligibility *= DISCOUNT * ELIGIBILITY

    def watch(self, path: Path, *, moves: bool = True, goal: bool = True) -> list[np.ndarray]:
        """Watch a path, with or without its moves and with or without goal cells; return each step's motor spikes."""
        self.rest()
        spikes = []
        for n, (place, move, after) in enumerate(path):
            end, seen = n == len(path) - 1, move if moves else None
            spikes.append(self.live(place, seen=seen, tagging=True) + self.live(place, seen=seen, tagging=True))
            self.learn(place, after, self.expect(after, still=end or move is None) if goal else 0.0, end)
        return spikes

    def inferred_goal(self) -> int:
        """Return the place where goal cells fire most, or −1 if they fire nowhere."""
        firing = np.zeros(N_PLACES)
        for place in range(N_PLACES):
            self.goal.rest()
            firing[place] = sum(self.expect(place) for _ in range(5))
        return int(firing.argmax()) if firing.any() else -1

    def walk(self, start: int, goal: int, *, learning: bool = True) -> Path:
        """Act until the goal is reached or for LONGEST moves; if learning, with some random moves, and from reward."""
        self.rest()
        read = self.made / np.linalg.norm(self.made, axis=1, keepdims=True)
        path: Path = []
        while not path or (path[-1].after != goal and len(path) < LONGEST):
            place = path[-1].after if path else start
            match = read @ self.live(place) + 1e-6 * self.choices.random(N_MOVES)  # ties are broken at random
            explores = learning and self.choices.random() < EXPLORE
            path.append(step(place, self.choices.integers(N_MOVES) if explores else match.argmax()))
            self.live(place, made=path[-1].move, tagging=learning)
            if learning:
                end = path[-1].after == goal
                self.learn(place, path[-1].after, float(end), end)
        return path

    def recordings(self, n_sequences: int = N_SEQUENCES, length: int = LENGTH) -> tuple[np.ndarray, ...]:
        """Record motor cells nowhere, while random moves are made in the dark and while the same are only seen.

        Returns
        -------
        tuple
            Spikes a decision when made and when seen, (sequence, time, unit) each, and the moves, (sequence, time).
        """
        moves = self.choices.integers(N_MOVES, size=(n_sequences, length))
        found = {mode: np.zeros((n_sequences, length, N_MOTOR)) for mode in ("made", "seen")}
        for mode, spikes in found.items():
            for sequence, row in zip(spikes, moves, strict=True):
                self.rest()
                for t, move in enumerate(row):
                    sequence[t] = self.live(**{mode: move}) + self.live(**{mode: move})
        return found["made"], found["seen"], moves


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


register_measure(Measure("imitated", "starts with a good path before any reward", SHARE, "moves at random"))
register_measure(Measure("imitated_new", "the same, from where the expert never was", SHARE, "moves at random"))
register_measure(Measure("episodes_log2", "episodes to learn, log₂", COUNT, "learning alone", sign=-1))
register_measure(
    Measure(
        "lesion_cost", "starts lost without the link to the cells most alike, minus matched", CORRELATION, "matched"
    )
)
register_measure(Measure("goal_inferred", "goal cells fire most at the expert's goal", SHARE, "one place of all"))
MEASURED = ("imitated", "imitated_new", "episodes_log2", "goal_inferred", "lesion_cost", *MIRRORING)


def measure(
    condition: str, seed: int, n_babbled: int = N_BABBLED, most: int = MOST_EPISODES, n_draws: int = N_DRAWS
) -> dict[str, float | str]:
    """Return the condition and the measures of a learner, which gets its reward here."""
    recipe = RECIPES.get(condition)
    agent, goal, paths = prepare(condition, seed, n_babbled)
    row: dict[str, float | str] = {"condition": condition} | dict.fromkeys(MEASURED, np.nan)
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
    rows = []
    for condition in learner.conditions:
        begun = time.process_time()
        row = measure(condition, learner.seed)
        rows.append(row | {"seconds": time.process_time() - begun})
    return pd.DataFrame(rows)


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
