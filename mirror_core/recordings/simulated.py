"""Made-up populations whose truth is known: what a test should find, and what it should not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from mirror_core.checks import number, whole


@dataclass(frozen=True)
class Population:
    """Recordings of units that are tuned to the actions of random episodes in both modes."""

    perform: Float[np.ndarray, "sequence time unit"]
    observe: Float[np.ndarray, "sequence time unit"]
    actions: Int[np.ndarray, "sequence time"]
    planted: Bool[np.ndarray, " unit"]
    """Units with related tunings in the two modes; those of all others are independent."""


def simulate_population(
    n_actions: int,
    rng: np.random.Generator,
    *,
    planted_share: float = 0.0,
    similarity: float = 0.95,
    noise: float = 0.3,
    n_units: int = 96,
    n_sequences: int = 300,
    n_timesteps: int = 12,
) -> Population:
    """Return a population of the paper's size in which some units are mirror units and the others are unrelated.

    A unit's response is its tuning to the action of the timestep, K standard normal numbers in each mode, plus
    independent normal noise.

    Parameters
    ----------
    n_actions
        K.
    rng
        Source of the episodes, tunings and noise.
    planted_share
        Share of units with related tunings, the first of the population.
    similarity
        Correlation of the normal distributions that a planted unit's two tunings are drawn from; negative for
        anti-mirror units. With few actions the correlation over actions varies around it.
    noise
        Standard deviation of the noise, that of a tuning being 1.

    Raises
    ------
    OptionError
        For an impossible value.

    Examples
    --------
    >>> made = simulate_population(6, np.random.default_rng(0), planted_share=0.25, n_units=8)
    >>> made.perform.shape, int(made.planted.sum())
    ((300, 12, 8), 2)
    """
    number("planted_share", planted_share, 0, 1)
    number("similarity", similarity, -1, 1)
    number("noise", noise, 0)
    whole("n_actions", n_actions, 2)
    for name, value in (("n_units", n_units), ("n_sequences", n_sequences), ("n_timesteps", n_timesteps)):
        whole(name, value, 1)

    planted = np.arange(n_units) < round(planted_share * n_units)
    actions = rng.integers(n_actions, size=(n_sequences, n_timesteps))
    performed, observed = rng.standard_normal((2, n_actions, n_units))
    mixture = similarity * performed + np.sqrt(1 - similarity**2) * observed
    observed = np.where(planted, mixture, observed)
    perform, observe = (
        tuning[actions] + noise * rng.standard_normal((n_sequences, n_timesteps, n_units))
        for tuning in (performed, observed)
    )
    return Population(perform, observe, actions, planted)
