"""The imitator: spiking place, visual, motor and goal cells, and how their links learn.

Time is in milliseconds, potentials in units of the threshold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from mirror_core.analysis.compiled import keep_compiled
from mirror_core.experiments.imitation_world import MOVES, N_MOVES, N_PLACES, Path, step
from mirror_core.seeding import stream

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
EXPLORE, LONGEST = 0.05, 50
"""Share of random moves while learning; moves that end an episode."""
N_SEQUENCES, LENGTH = 60, 12
"""Sequences of the recordings, moves in each."""


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
