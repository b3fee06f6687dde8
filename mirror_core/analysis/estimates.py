"""An estimate over networks with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.analysis import hierarchical_bootstrap, mean_interval, paired_difference

Values = Sequence[float] | np.ndarray | pd.Series

N_DRAWS = 1000
"""Draws of the hierarchical bootstrap."""


@dataclass(frozen=True)
class Estimate:
    """A quantity over networks: its mean with a 95 % interval, or a difference between conditions with its test."""

    values: Float[np.ndarray, " network"]
    """One finite value a network, or one difference a seed."""
    mean: float
    low: float
    high: float
    effect_size: float = np.nan
    """Of a difference: its mean in standard deviations over seeds (Cohen's d_z)."""
    p: float = np.nan
    """Of a difference: two-sided p of the paired t test."""

    @property
    def n(self) -> int:
        """Number of networks, or of pairs of networks."""
        return len(self.values)


def estimate(values: Values) -> Estimate:
    """Return the mean over networks and its Student-t interval; values that are not finite are left out."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        mean = float(values[0]) if len(values) else np.nan
        return Estimate(values, mean, mean, mean)
    return Estimate(values, *mean_interval(values))


def estimate_from_units(values: Values, units: Sequence[np.ndarray], rng: np.random.Generator) -> Estimate:
    """Return the mean over networks with the interval of a hierarchical bootstrap of units in networks.

    Parameters
    ----------
    values
        One value a network, the mean of its units' values.
    units
        One array a network; units without a finite value are left out, and networks without such units.
    rng
        Source of the draws.
    """
    over_networks = estimate(values)
    finite = [of_network[np.isfinite(of_network)] for of_network in units]
    finite = [of_network for of_network in finite if len(of_network)]
    if over_networks.n < 2 or len(finite) < 2:
        return over_networks
    _, low, high = hierarchical_bootstrap(finite, rng, n_draws=N_DRAWS)
    return replace(over_networks, low=low, high=high)


def difference(first: pd.Series, second: pd.Series) -> Estimate:
    """Return how two conditions differ, matched by seed; seeds without a finite value in both are left out.

    Parameters
    ----------
    first, second
        One value a network, indexed by seed.
    """
    pairs = pd.concat([first, second], axis=1, join="inner", keys=["first", "second"]).dropna()
    differences = (pairs["first"] - pairs["second"]).to_numpy()
    if len(pairs) < 2:
        return estimate(differences)
    found = paired_difference(pairs["first"], pairs["second"])
    return Estimate(differences, found.mean, found.low, found.high, found.effect_size, found.p)
