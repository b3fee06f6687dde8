"""How each null of `mirror_core.analysis.nulls` is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from mirror_core.analysis.correlation import unit_length
from mirror_core.analysis.permutations import (
    all_or_random_permutations,
    random_derangements,
    random_permutations,
    repaired_products,
    repaired_sums,
)
from mirror_core.analysis.tuning import action_means, tuning_length
from mirror_core.analysis.validation import RecordingError, checked_pair
from mirror_core.checks import OptionError

Recording = Float[np.ndarray, "sequence time unit"]


@dataclass(frozen=True)
class Request:
    """What a null is given."""

    perform: Recording
    observe: Recording
    n_draws: int
    rng: np.random.Generator
    actions: Int[np.ndarray, "sequence time"] | None
    pseudo: Iterable[Recording] | None
    centre_timesteps: bool
    progress: bool

    @cached_property
    def x(self) -> Recording:
        """Performing, the squares of each unit summing to one."""
        return unit_length(self.perform, self.centre_timesteps)

    @cached_property
    def y(self) -> Recording:
        """Observing, the squares of each unit summing to one."""
        return unit_length(self.observe, self.centre_timesteps)

    @cached_property
    def r(self) -> Float[np.ndarray, " unit"]:
        """The observed r."""
        return np.einsum("ntu,ntu->u", self.x, self.y)

    def bar(self, steps: Iterable, name: str) -> Iterable:
        """Return the same steps, with a progress bar where one is wanted."""
        return tqdm(steps, name, total=self.n_draws, unit="draw", leave=False, disable=not self.progress)


@dataclass(frozen=True)
class Draws:
    """What a null makes of a request."""

    observed: Float[np.ndarray, " unit"]
    null: Float[np.ndarray, "draw unit"]
    pool: Float[np.ndarray, " value"] | None = None
    """Values that every unit is compared with; where there are none, each unit is compared with its own draws."""


def row(asked: Request) -> Draws:
    """Pair every row of one mode with a random row of the other."""
    x, y = (a.reshape(-1, a.shape[-1]) for a in (asked.x, asked.y))
    orders = (asked.rng.permutation(len(y)) for _ in range(asked.n_draws))
    return Draws(asked.r, np.stack([np.einsum("ru,ru->u", x, y[order]) for order in asked.bar(orders, "row null")]))


def sequence(asked: Request) -> Draws:
    """Pair every sequence of one mode with a random sequence of the other."""
    repairings = random_permutations(len(asked.x), asked.n_draws, asked.rng)
    return Draws(asked.r, repaired_products(asked.x, asked.y, repairings))


def pseudosession(asked: Request) -> Draws:
    """Pair performing with observing freshly generated episodes."""
    if asked.pseudo is None:
        raise OptionError("the pseudosession null needs pseudo: recordings of observing freshly generated episodes.")
    null = []
    for recording in asked.bar(islice(asked.pseudo, asked.n_draws), "pseudosessions"):
        _, fresh = checked_pair(asked.perform, recording)
        null.append(np.einsum("ntu,ntu->u", asked.x, unit_length(fresh, asked.centre_timesteps)))
    if len(null) < asked.n_draws:
        raise OptionError(f"n_permutations = {asked.n_draws} is not allowed with {len(null)} pseudo recordings.")
    return Draws(asked.r, np.stack(null))


def unit_mismatch(asked: Request) -> Draws:
    """Pair every unit of one mode with a random other unit of the other mode.

    Each unit is compared with all pairs of different units: those that it is part of are too few for a p that
    passes a correction.
    """
    n_units = asked.x.shape[2]
    if n_units < 2:
        raise RecordingError(f"perform and observe have {n_units} unit: unit mismatch needs at least 2.")
    r = np.einsum("ntu,ntv->uv", asked.x, asked.y, optimize=True)
    partners = random_derangements(n_units, asked.n_draws, asked.rng)
    pairs = r[~np.eye(n_units, dtype=bool)]
    return Draws(np.diag(r).copy(), r[np.arange(n_units), partners], pairs[np.isfinite(pairs)])


def action_relabelling(asked: Request) -> Draws:
    """Pair the mean response to every action of one mode with that to a random action of the other.

    The value is the correlation of a unit's mean responses over actions.
    """
    if asked.actions is None:
        raise OptionError("the action-relabelling null needs actions.")
    tunings = (
        tuning_length(action_means(activity, asked.actions, centre_timesteps=asked.centre_timesteps))
        for activity in (asked.perform, asked.observe)
    )
    table = np.einsum("au,bu->abu", *tunings)
    relabellings = all_or_random_permutations(len(table), asked.n_draws, asked.rng)
    return Draws(np.einsum("aau->u", table), repaired_sums(table, relabellings))
