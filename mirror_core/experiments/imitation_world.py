"""The place in which the imitator and its expert move: a square, eight moves, one goal; and the expert's paths."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mirror_core.checks import whole

SIDE = 7
MOVES = np.array([[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]])
"""Rows down and columns to the right; at an edge the agent stays in that direction."""
N_PLACES, N_MOVES = SIDE * SIDE, len(MOVES)
_ROW_COLUMN = np.stack(np.divmod(np.arange(N_PLACES), SIDE), axis=1)
_AFTER = np.clip(_ROW_COLUMN[:, None] + MOVES, 0, SIDE - 1) @ (SIDE, 1)
DISTANCE = np.abs(_ROW_COLUMN[:, None] - _ROW_COLUMN).max(-1)
"""Moves that lead from one place to another, at least."""


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
