"""The world in which two agents are paid for poking within a time window: its rules, compiled, for many worlds at once.

Each agent lives in its own half, 8 rows by 4 columns, which the other cannot enter. Near the front (rows 0–2) is a
cell in which it pokes, at the back (rows 4–7) one in which it drinks. Entering the poke cell is a poke. Two pokes, one
of each agent, at most two timesteps apart are a cooperation: water waits for both from then on, and both are paid,
unless it had waited for one of them already. A poke that the other leaves unanswered is a miss, and costs both. Who
reaches its water while it waits drinks, is paid, stands still for up to three timesteps, and finds both cells
elsewhere. *Alone*, a poke needs no answer. An episode has 200 timesteps.

An agent sees six numbers, each one-hot: rows and columns from itself to its poke cell, to its water, and from the
other to the other's poke cell. It sees neither whether water waits nor the other's pokes: those it has to remember or
infer.

`mirror_core.experiments.cooperation_env` has the same rules in plain Python, as a world of PettingZoo: step by step
the same numbers, since each world draws its random numbers from a generator of its own, which both have.
"""

from __future__ import annotations

import numpy as np

from mirror_core.analysis.compiled import keep_compiled
from mirror_core.checks import OptionError

ROWS, COLUMNS = 8, 4
EPISODE = 200
"""Timesteps of an episode."""
WINDOW = 2
"""Timesteps that may lie between two pokes of a cooperation."""
STILL = 3
"""Most timesteps that an agent stands still after drinking."""
POKE_ROWS, WATER_ROWS = (0, 3), (4, ROWS)
"""First row, and the one after the last, in which a poke cell and a water can be."""
PAID, MISSED, MOVED = 2.0, -0.5, -0.1
"""For a cooperation (alone: a poke) and for a drink; for a miss, to both; for any timestep in which neither was."""

MOVES = np.array([[-1, 0], [0, 1], [1, 0], [0, -1], [0, 0]])
"""Rows and columns that an action moves by."""
ACTIONS = ("up", "right", "down", "left", "stay")

SEEN = ("rows to own poke cell", "columns to own poke cell", "rows to own water", "columns to own water",
        "rows from partner to its poke cell", "columns from partner to its poke cell")  # fmt: skip
"""The six numbers that an agent sees."""
SIZES = np.array([2 * ROWS - 1, 2 * COLUMNS - 1] * 3)
"""How many values each has."""
OFFSETS = np.concatenate([[0], np.cumsum(SIZES)[:-1]])
"""Input that stands for the least value of each."""
ZEROS = OFFSETS + np.array([ROWS - 1, COLUMNS - 1] * 3)
"""Input that stands for 0."""
ABSENT = int(SIZES.sum())
"""The two inputs from here on stand for rows and columns of a partner that is not seen."""
N_INPUTS = ABSENT + 2

ROW, COLUMN, POKE_ROW, POKE_COLUMN, WATER_ROW, WATER_COLUMN, WAITS, INSIDE, FROZEN, AGE = range(10)
"""What is known of an agent: places; whether water waits, whether it was in its poke cell, for how long it stands
still, and since when its poke is unanswered (1 in the timestep of the poke, 0 if none is)."""
POKE, DRINK = 1, 2
"""What an agent did in a timestep; both, their sum."""
COOPERATION, MISS = 1, 2
"""What both did."""

_WEYL, _MIX1, _MIX2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB  # of SplitMix64 (Steele et al. 2014)
_W, _M1, _M2 = np.uint64(_WEYL), np.uint64(_MIX1), np.uint64(_MIX2)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


def drawn(state: int) -> tuple[int, int]:
    """Return the next state of a world's generator of random numbers (SplitMix64), and 64 random bits."""
    mask = (1 << 64) - 1
    state = z = (state + _WEYL) & mask
    z = ((z ^ (z >> 30)) * _MIX1) & mask
    z = ((z ^ (z >> 27)) * _MIX2) & mask
    return state, z ^ (z >> 31)


@keep_compiled
def _below(limit, random, n):
    """Return a whole number below a limit, from the generator of world n; the same as `drawn` modulo the limit."""
    random[n] += _W
    z = random[n]
    z = (z ^ (z >> _30)) * _M1
    z = (z ^ (z >> _27)) * _M2
    return np.int64((z ^ (z >> _31)) % np.uint64(limit))


@keep_compiled
def _place_cells(s, random, n):
    s[POKE_ROW] = POKE_ROWS[0] + _below(POKE_ROWS[1] - POKE_ROWS[0], random, n)
    s[POKE_COLUMN] = _below(COLUMNS, random, n)
    s[WATER_ROW] = WATER_ROWS[0] + _below(WATER_ROWS[1] - WATER_ROWS[0], random, n)
    s[WATER_COLUMN] = _below(COLUMNS, random, n)


@keep_compiled
def _begin(states, random, n):
    """Begin an episode of world n."""
    for k in range(2):
        s = states[n, k]
        s[:] = 0
        s[ROW], s[COLUMN] = _below(ROWS, random, n), _below(COLUMNS, random, n)
        _place_cells(s, random, n)


@keep_compiled
def _begin_all(states, random):
    for n in range(len(states)):
        _begin(states, random, n)


@keep_compiled
def _see(states, seen, sees_partner):
    for n in range(len(states)):
        for k in range(2):
            me, other = states[n, k], states[n, 1 - k]
            seen[k, n, 0] = ZEROS[0] + me[POKE_ROW] - me[ROW]
            seen[k, n, 1] = ZEROS[1] + me[POKE_COLUMN] - me[COLUMN]
            seen[k, n, 2] = ZEROS[2] + me[WATER_ROW] - me[ROW]
            seen[k, n, 3] = ZEROS[3] + me[WATER_COLUMN] - me[COLUMN]
            seen[k, n, 4] = ZEROS[4] + other[POKE_ROW] - other[ROW] if sees_partner else ABSENT
            seen[k, n, 5] = ZEROS[5] + other[POKE_COLUMN] - other[COLUMN] if sees_partner else ABSENT + 1


@keep_compiled
def _advance(states, random, clock, actions, alone, rewards, did, together, paid, over):
    """Let a timestep pass in every world; one whose episode is over begins the next."""
    for n in range(len(states)):
        together[n], paid[n] = 0, False
        for k in range(2):
            s = states[n, k]
            rewards[k, n], did[k, n] = 0.0, 0
            if s[AGE] > 0:
                s[AGE] += 1
            if s[FROZEN] > 0:
                s[FROZEN] -= 1
                continue
            rewards[k, n] = MOVED
            s[ROW] = min(max(s[ROW] + MOVES[actions[k, n], 0], 0), ROWS - 1)
            s[COLUMN] = min(max(s[COLUMN] + MOVES[actions[k, n], 1], 0), COLUMNS - 1)
            inside = s[ROW] == s[POKE_ROW] and s[COLUMN] == s[POKE_COLUMN]
            if inside and not s[INSIDE]:
                did[k, n] += POKE
                if not alone:
                    s[AGE] = max(s[AGE], 1)
                elif not s[WAITS]:
                    rewards[k, n], s[WAITS] = PAID, 1
            s[INSIDE] = inside
            if s[WAITS] and s[ROW] == s[WATER_ROW] and s[COLUMN] == s[WATER_COLUMN]:
                did[k, n] += DRINK
                rewards[k, n], s[WAITS], s[INSIDE] = PAID, 0, 0
                _place_cells(s, random, n)
                s[FROZEN] = _below(STILL + 1, random, n)
        if not alone:
            a, b = states[n, 0], states[n, 1]
            if a[AGE] > 0 and b[AGE] > 0:
                together[n], paid[n] = COOPERATION, not (a[WAITS] or b[WAITS])
                if paid[n]:
                    rewards[0, n], rewards[1, n] = PAID, PAID
                a[WAITS], b[WAITS], a[AGE], b[AGE] = 1, 1, 0, 0
            elif max(a[AGE], b[AGE]) > WINDOW:
                together[n] = MISS
                rewards[0, n] += MISSED
                rewards[1, n] += MISSED
                a[AGE], b[AGE] = 0, 0
        clock[n] += 1
        over[n] = clock[n] >= EPISODE
        if over[n]:
            clock[n] = 0
            _begin(states, random, n)


class Worlds:
    """Many worlds, in step.

    Parameters
    ----------
    seeds
        Of the random numbers of each world, whole numbers from 0 to 2⁶⁴ − 1.
    alone
        Whether a poke needs no answer.
    clocks
        How much of its first episode each world is through, in timesteps; by default nothing.

    Attributes
    ----------
    seen : (agent, world, 6)
        The inputs that are 1: one for each of `SEEN`.
    states : (agent of world, 10)
        See `ROW` and what follows.
    rewards, did : (agent, world)
        Of the last timestep; `did` is the sum of `POKE` and `DRINK`, 0 for neither.
    together, paid, over : (world,)
        0, `COOPERATION` or `MISS`; whether both were paid for it; whether the episode ended.

    Raises
    ------
    OptionError
        If there is no world.
    """

    def __init__(self, seeds, *, alone: bool = False, sees_partner: bool = True, clocks=None) -> None:
        self.random = np.array(seeds, dtype=np.uint64)
        n = self.random.size
        if self.random.ndim != 1 or n == 0:
            raise OptionError(
                f"seeds of shape {self.random.shape} are not allowed: one for each of at least one world."
            )
        self.alone, self.sees_partner = alone, sees_partner
        self.clock = np.zeros(n, np.int64) if clocks is None else np.array(clocks, dtype=np.int64)
        self.states = np.zeros((n, 2, 10), np.int64)
        self.seen = np.zeros((2, n, len(SEEN)), np.int64)
        self.rewards, self.did = np.zeros((2, n)), np.zeros((2, n), np.int64)
        self.together, self.paid, self.over = np.zeros(n, np.int64), np.zeros(n, bool), np.zeros(n, bool)
        _begin_all(self.states, self.random)
        _see(self.states, self.seen, sees_partner)

    def step(self, actions) -> None:
        """Let a timestep pass: actions (agent, world), each the place of a move in `ACTIONS`.

        Raises
        ------
        OptionError
            For another shape, or a number that is no action. Nothing has happened then.
        """
        actions = np.asarray(actions)
        if actions.shape != self.rewards.shape or actions.dtype.kind not in "iu":
            raise OptionError(
                f"actions of shape {actions.shape} and type {actions.dtype} are not allowed: they must be whole "
                f"numbers of shape (agent, world) = {self.rewards.shape}."
            )
        if actions.min() < 0 or actions.max() >= len(MOVES):
            wrong = actions[(actions < 0) | (actions >= len(MOVES))][0]
            raise OptionError(f"action = {wrong} is not allowed: it must be a whole number from 0 to {len(MOVES) - 1}.")
        _advance(
            self.states, self.random, self.clock, actions, self.alone, self.rewards, self.did, self.together,
            self.paid, self.over,
        )  # fmt: skip
        _see(self.states, self.seen, self.sees_partner)


def inputs(seen) -> np.ndarray:
    """Return the inputs (…, `N_INPUTS`), 0 or 1, of which those `seen` (…, 6) are 1."""
    found = np.zeros((*seen.shape[:-1], N_INPUTS), np.int8)
    np.put_along_axis(found, np.asarray(seen), 1, axis=-1)
    return found


def numbers_seen(observed) -> np.ndarray:
    """Return the places (…, 6) of the ones among inputs (…, `N_INPUTS`), the reverse of `inputs`.

    Raises
    ------
    OptionError
        If the inputs are not those of this world.
    """
    observed = np.asarray(observed)
    if observed.shape[-1:] != (N_INPUTS,) or not (observed.astype(bool).sum(axis=-1) == len(SEEN)).all():
        raise OptionError(
            f"observations of shape {observed.shape} are not allowed: they must have {N_INPUTS} inputs, of which "
            f"{len(SEEN)} are 1."
        )
    return np.nonzero(observed)[-1].reshape(*observed.shape[:-1], len(SEEN))
