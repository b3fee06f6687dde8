"""The memory of the experiment on replay: what surprises, what is tagged and kept, and how a moment is replayed."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int

from mirror_core.checks import one_of
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.life import Life, Step

CAPACITY, TAGGED = 256, 6
"""Episodes that the memory holds, the oldest of which go first, and those that each batch puts into it."""
SNIPPET = 4
"""Timesteps that are replayed from a stored state."""


class Memory(deque):
    """What came into the memory, the oldest of which goes when it is full."""

    def __init__(self) -> None:
        super().__init__(maxlen=CAPACITY)

    def draw(self, n: int, rng: np.random.Generator) -> list:
        """Return n of what it holds, each at random."""
        return [self[i] for i in rng.integers(len(self), size=n)]


def surprise(
    life: Life, rows: Int[np.ndarray, " row"], *, by: tuple[str, ...] = ("perform", "observe")
) -> Float[np.ndarray, "row time"]:
    """Return how surprising each timestep of some episodes is: its errors, each over its mean in these episodes.

    Parameters
    ----------
    by
        Whose: of predictions when performing, of inferences when observing.

    Raises
    ------
    OptionError
        For a pass that the life does not have, with the nearest ones.
    """
    for name in by:
        one_of("pass", name, [one.name for one in life.passes])
    errors = life.errors(rows, tuple(one for one in life.passes if one.name in by))
    return sum(error / error.mean() for error in errors.values())


def tagged(how: str, life: Life, rows: np.ndarray, rarity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the episodes of a batch that come into the memory; ties are broken at random.

    Parameters
    ----------
    rarity
        At how many timesteps of each episode something rare happens.
    """
    shuffled = rng.permutation(len(rows))
    if how == "surprise":
        score = surprise(life, rows).max(axis=1)
    elif how == "prediction":
        score = surprise(life, rows, by=("perform",)).max(axis=1)
    else:
        score = rarity if how == "rarity" else np.zeros(len(rows))
    return rows[shuffled[np.argsort(-score[shuffled], kind="stable")[:TAGGED]]]


class Moment(NamedTuple):
    """A surprising moment: its episode, its timestep, and what each pass of the core was in just before."""

    row: int
    t: int
    states: dict[str, Float[np.ndarray, " unit"]]


def moments(life: Life, rows: np.ndarray) -> list[Moment]:
    """Return the most surprising moments of a batch, of those with a timestep before and `SNIPPET` from there on."""
    length = life.lessons.actions.shape[1]
    possible = surprise(life, rows)[:, 1 : length - SNIPPET + 1]
    chosen = np.argsort(-possible, axis=None, kind="stable")[:TAGGED]
    which, before = np.unravel_index(chosen, possible.shape)
    states = states_of(life, rows[which])
    return [
        Moment(int(row), int(t) + 1, {name: found[i, t] for name, found in states.items()})
        for i, (row, t) in enumerate(zip(rows[which], before, strict=True))
    ]


def states_of(life: Life, rows: np.ndarray) -> dict[str, Float[np.ndarray, "row time unit"]]:
    """Return the hidden states of each pass on some episodes of a life, as things stand."""
    network, lessons = life.settle(), life.lessons.rows(torch.from_numpy(rows))
    with torch.no_grad():
        return {
            one.name: network.hidden(
                one.core,
                network.drive(
                    lessons.actions if one.sees_actions else None, lessons.observed if one.sees_sensations else None
                ),
            ).numpy()
            for one in life.passes
        }


def snippets(life: Life, chosen: list[Moment]) -> Step:
    """Return the step that replays moments from their stored states."""
    rows = torch.tensor([one.row for one in chosen])[:, None]
    times = torch.tensor([one.t for one in chosen])[:, None] + torch.arange(SNIPPET)
    past = life.lessons
    lessons = Lessons(*(x[rows, times] for x in (past.actions, past.sensations, past.observed, past.labels)))
    starts = {one.name: np.stack([moment.states[one.name] for moment in chosen]) for one in life.passes}
    return Step(np.arange(len(chosen)), lessons=lessons, starts=starts)
