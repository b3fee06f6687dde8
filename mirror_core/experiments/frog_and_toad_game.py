"""The game of Frog and Toad: its boards, its rule, how a board is written as inputs, and games of two players."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from mirror_core.checks import OptionError, one_of

COLUMNS = 32
"""Columns of the board that are seen."""
ROUGH = 0.3
"""Share of rough ground."""
ENERGIES = (1, 2, 4, 6, 8, 10, 12, 14, 16, 18)
"""Energies of random boards, each as often; as many boards again have none."""
MOST_ENERGY = 20
ACTIONS = ("hop", "jump", "leap", "help")
HOP, JUMP, LEAP, HELP = range(4)
LEAPS = 5
"""Columns of a leap."""
NEAR_END = 26
"""Column from which a player waits for the other, and helps."""

SYMBOLS = {
    "integers": (4, 9, 5, 9),
    "opposed integers": (4, 8, 9, 5),
    "one-hot": (4, 9, 5, 9),
    "own symbols": (4, 9, 5, 10),
}
"""Coding → how the line of players writes oneself, oneself in distress, the partner, the partner in distress. The last
two give each symbol an input of its own at each column; `one-hot` keeps one symbol for distress, whoever is in it."""
HOT = (4, 5, 9, 10)
"""Symbols that have inputs of their own in the codings that are not integers."""
N_INPUTS = {coding: 100 if "integers" in coding else COLUMNS * (2 + len(HOT)) + 1 for coding in SYMBOLS}
SHARES = (0.4, 0.4, 0.1, 0.1)
"""Share of labelled boards that ask for each action."""


class Board(NamedTuple):
    """What a player sees, on n boards."""

    rough: Bool[np.ndarray, "n column"]
    me: Int[np.ndarray, " n"]
    partner: Int[np.ndarray, " n"]
    energy: Int[np.ndarray, " n"]
    flies: Bool[np.ndarray, "n column"]
    distress: Bool[np.ndarray, " n"]
    partner_distress: Bool[np.ndarray, " n"]

    def of(self, rows: np.ndarray) -> Board:
        """Return some of the boards."""
        return Board(*(part[rows] for part in self))


def random_boards(n: int, rng: np.random.Generator) -> Board:
    """Draw boards: players at different columns, each in distress if its ground is rough."""
    rough = rng.random((n, COLUMNS), dtype=np.float32) < ROUGH
    me = rng.integers(0, COLUMNS, n)
    partner = (me + rng.integers(1, COLUMNS, n)) % COLUMNS
    energy = np.where(rng.random(n) < 0.5, 0, rng.choice(ENERGIES, n))
    flies = rng.random((n, COLUMNS), dtype=np.float32) < 0.1
    rows = np.arange(n)
    return Board(rough, me, partner, energy, flies, rough[rows, me], rough[rows, partner])


def rule(board: Board, *, helping: bool = True) -> Int[np.ndarray, " n"]:
    """Return the action that the source's rule takes on each board, with or without help for a partner in distress."""
    ahead = np.minimum(board.me + 1, COLUMNS - 1)
    solid = ~board.rough[np.arange(len(board.me)), ahead]
    action = np.where(~solid & (ahead + LEAPS - 1 < COLUMNS - 1), LEAP, HOP)
    if helping:
        action[(board.me >= NEAR_END) & ~board.distress & board.partner_distress] = HELP
    action[board.me == COLUMNS - 1] = HELP
    action[board.energy <= 0] = JUMP
    return action


def labelled_boards(n: int, rng: np.random.Generator, *, helping: bool = True) -> tuple[Board, Int[np.ndarray, " n"]]:
    """Draw boards, actions in the proportions of `SHARES`, with the rule's action for each."""
    board = random_boards(8 * n, rng)
    action = rule(board, helping=helping)
    rows = [rng.choice(np.flatnonzero(action == kind), round(n * share)) for kind, share in enumerate(SHARES)]
    rows = rng.permutation(np.concatenate(rows))
    return board.of(rows), action[rows]


def encode(board: Board, coding: str) -> Float[np.ndarray, "n input"]:
    """Write boards as inputs.

    Raises
    ------
    OptionError
        For an unknown coding.
    """
    one_of("coding", coding, SYMBOLS)
    n = len(board.me)
    own, own_distress, other, other_distress = SYMBOLS[coding]
    line = np.zeros((n, COLUMNS), np.int8)
    line[np.arange(n), board.me] = np.where(board.distress, own_distress, own)
    line[np.arange(n), board.partner] = np.where(board.partner_distress, other_distress, other)
    x = np.zeros((n, N_INPUTS[coding]), np.float32)
    if "integers" in coding:
        x[:, :32], x[:, 32:64], x[:, 64:96], x[:, 97] = 1 + board.rough, line, 3 * board.flies, board.energy
        return x
    x[:, :COLUMNS], x[:, COLUMNS : 2 * COLUMNS] = board.rough, board.flies
    x[:, 2 * COLUMNS : -1] = (line[:, :, None] == np.array(HOT)).reshape(n, -1)
    x[:, -1] = board.energy / MOST_ENERGY
    return x


class Game:
    """Games of two players, of whom the first moves first in each step."""

    def __init__(self, n: int, rng: np.random.Generator) -> None:
        self.rng, self.n = rng, n
        self.rough = rng.random((n, COLUMNS)) < ROUGH
        self.column = rng.permuted(np.tile([0, 3], (n, 1)), axis=1)
        self.energy = np.full((n, 2), 8)
        self.flies = rng.random((n, COLUMNS)) < 0.3

    def seen_by(self, k: int) -> Board:
        """Return the boards as player k sees them."""
        me, partner, rows = self.column[:, k], self.column[:, 1 - k], np.arange(self.n)
        distress = self.rough[rows, me], self.rough[rows, partner]
        return Board(self.rough, me.copy(), partner.copy(), self.energy[:, k].copy(), self.flies, *distress)

    def step(self, actions: np.ndarray) -> Int[np.ndarray, " n"]:
        """Let both players act, (game, player), and return by how many columns each game scrolls.

        To act, but for jumping, takes an energy of at least one; a leap and help cost one, a step onto rough ground
        too. Jumping under flies gives four; help gives the other two, and one time in four throws it forward.

        Raises
        ------
        OptionError
            For actions of another shape or out of range.
        """
        actions = np.asarray(actions)
        if actions.shape != (self.n, 2) or not np.isin(actions, range(len(ACTIONS))).all():
            raise OptionError(
                f"actions of shape {actions.shape} with values {np.unique(actions)[:6].tolist()} are not allowed: they "
                f"must be of shape {(self.n, 2)}, whole numbers from 0 to {len(ACTIONS) - 1} ({', '.join(ACTIONS)})."
            )
        rows = np.arange(self.n)
        for k in range(2):
            action, able = actions[:, k], self.energy[:, k] >= 1
            help_ = able & (action == HELP)
            self.energy[:, k] -= able & ((action == LEAP) | (action == HELP))
            self.energy[:, k] += 4 * ((action == JUMP) & self.flies[rows, self.column[:, k]])
            self.energy[:, 1 - k] += 2 * help_
            thrown = help_ & (self.rng.random(self.n) < 0.25)
            self._move(k, np.where(able & (action == HOP), 1, np.where(able & (action == LEAP), LEAPS, 0)))
            self._move(1 - k, np.where(thrown, LEAPS, 0))
        np.clip(self.energy, 0, MOST_ENERGY, out=self.energy)
        scrolled = self.column.min(1)
        self.column -= scrolled[:, None]
        source = np.arange(COLUMNS) + scrolled[:, None]
        fresh = self.rng.random((self.n, COLUMNS)) < ROUGH
        old = np.take_along_axis(self.rough, np.minimum(source, COLUMNS - 1), 1)
        self.rough = np.where(source < COLUMNS, old, fresh)
        self.flies = self.rng.random((self.n, COLUMNS)) < 0.3
        return scrolled

    def _move(self, k: int, by: Int[np.ndarray, " n"]) -> None:
        new = np.minimum(self.column[:, k] + by, COLUMNS - 1)
        self.energy[:, k] -= (new > self.column[:, k]) & self.rough[np.arange(self.n), new]
        self.column[:, k] = new
