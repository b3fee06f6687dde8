"""Made-up populations whose truth is known: what a test should find, and what it should not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from mirror_core.checks import number, one_of, whole

TUNINGS = ("normal", "circle", "line", "bump")
"""How units are tuned: independent normal numbers; a cosine around a preferred action, actions lying in a circle; a
slope over actions that lie in a line; a bump there."""
UNIT_NOISES = ("equal", "log-normal", "Poisson")
"""The noise of units: the same for all; scaled by a log-normal number for each (σ = 1); counts of spikes, whose rates
differ ten-fold between units."""
RATES = (0.1, 1.0)
"""Least and largest rate of a unit that counts spikes, per timestep."""


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
    tuned_share: float = 1.0,
    tuning: str = "normal",
    unit_noise: str = "equal",
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
        Share of the tuned units that have related tunings in the two modes, the first of the population.
    similarity
        Correlation of the normal distributions that a planted unit's two tunings are drawn from; negative for
        anti-mirror units. With few actions the correlation over actions varies around it.
    noise
        Standard deviation of the noise, that of a tuning being 1; not that of spikes.
    tuned_share
        Share of units that respond to the actions at all; planted ones are among them.
    tuning
        A name in `TUNINGS`. But for "normal", planted units have the same tuning in both modes.
    unit_noise
        A name in `UNIT_NOISES`, the same in both modes: a unit that is noisy in one is so in the other.

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

    number("tuned_share", tuned_share, 0, 1)
    one_of("tuning", tuning, TUNINGS)
    one_of("unit_noise", unit_noise, UNIT_NOISES)

    n_tuned = round(tuned_share * n_units)
    planted = np.arange(n_units) < round(planted_share * n_tuned)
    actions = rng.integers(n_actions, size=(n_sequences, n_timesteps))
    performed, observed = _tunings(tuning, n_actions, n_units, rng)
    mixture = similarity * performed + np.sqrt(1 - similarity**2) * observed if tuning == "normal" else performed
    observed = np.where(planted, mixture, observed)
    both = np.where(np.arange(n_units) < n_tuned, [performed, observed], 0)
    size = (n_sequences, n_timesteps, n_units)
    if unit_noise == "Poisson":
        rates = np.exp(rng.uniform(*np.log(RATES), n_units))
        modes = [rng.poisson(rates * np.exp(responses / 2)[actions]).astype(float) for responses in both]
    else:
        spread = np.exp(rng.standard_normal(n_units)) if unit_noise == "log-normal" else 1.0
        modes = [responses[actions] + noise * spread * rng.standard_normal(size) for responses in both]
    return Population(*modes, actions, planted)


def _tunings(
    kind: str, n_actions: int, n_units: int, rng: np.random.Generator
) -> Float[np.ndarray, "mode action unit"]:
    """Return independent tunings for the two modes, of about unit variance over actions."""
    places = np.arange(n_actions)[:, None]
    if kind == "circle":
        return np.sqrt(2) * np.cos(2 * np.pi * (places / n_actions - rng.uniform(size=(2, 1, n_units))))
    if kind == "line":
        standardised = (places - places.mean()) / places.std()
        return rng.standard_normal((2, 1, n_units)) * standardised
    if kind == "bump":
        centres = rng.uniform(0, n_actions - 1, size=(2, 1, n_units))
        return 2 * np.exp(-(((places - centres) / (n_actions / 6)) ** 2) / 2)
    return rng.standard_normal((2, n_actions, n_units))
