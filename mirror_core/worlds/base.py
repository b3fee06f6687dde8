"""What a world is: actions, the sensations that follow from them, and a name by which it is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mirror_core.checks import OptionError, one_of
from mirror_core.worlds.episodes import Episodes


@dataclass(frozen=True)
class Discrete:
    """One of `n` actions at each timestep, by its index."""

    n: int


@dataclass(frozen=True)
class Continuous:
    """An action of `n_dims` real numbers at each timestep."""

    n_dims: int


class World(Protocol):
    """The contract of every world; a class has it by having these three parts."""

    @property
    def actions(self) -> Discrete | Continuous:
        """What can be done at each timestep."""

    @property
    def sensation_shape(self) -> tuple[int, ...]:
        """Shape of one sensation."""

    def episodes(self, n_sequences: int, length: int, rng: np.random.Generator) -> Episodes:
        """Draw episodes: actions, and the sensations that follow from them.

        Parameters
        ----------
        n_sequences, length
            Number of episodes, and timesteps of each.
        rng
            Source of every draw: the same generator gives the same episodes.

        Returns
        -------
        Episodes
            `actions` are integers (sequence, time), or float32 (sequence, time, dim) where they are continuous;
            `sensations` are float32 (sequence, time, *sensation_shape).
        """


WORLDS: dict[str, Callable[[int], World]] = {}
"""Every world by its name: a function of the seed that returns it, with what defines it drawn."""


def register(name: str, make: Callable[[int], World]) -> None:
    """List a world.

    Parameters
    ----------
    make
        Returns the world of a seed.

    Raises
    ------
    OptionError
        If the name is taken, or the world lacks a part of the contract.
    """
    if name in WORLDS:
        raise OptionError(
            f"world = {name!r} is not allowed: it must be a name not yet taken ({', '.join(WORLDS)} are)."
        )
    world = make(0)
    parts = [part for part in vars(World) if not part.startswith("_")]
    if missing := [part for part in parts if not hasattr(world, part)]:
        raise OptionError(f"world {name!r} lacks {', '.join(missing)}: it must have {', '.join(parts)}.")
    WORLDS[name] = make


def make(name: str, seed: int) -> World:
    """Return the world `name` of a seed.

    Raises
    ------
    OptionError
        For an unknown name, with the nearest ones.
    """
    one_of("world", name, WORLDS)
    return WORLDS[name](seed)
