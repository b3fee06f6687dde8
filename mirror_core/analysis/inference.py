"""Statements about networks: the trained network is the sampling unit, not the hidden unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy import special

from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import number, whole

Values = Sequence[float] | Float[np.ndarray, " network"]
Statistic = Callable[[np.ndarray], float]

_AT_ONCE = 500_000  # units of the bootstrap in memory together


class Interval(NamedTuple):
    """An estimate over networks with the limits of its interval."""

    mean: float
    low: float
    high: float


class Difference(NamedTuple):
    """How two conditions differ, network by network."""

    mean: float
    """Mean over networks of first minus second."""
    low: float
    high: float
    p: float
    """Two-sided p of the paired t test; 1 where all differences are zero."""
    effect_size: float
    """Mean difference in standard deviations of the differences (Cohen's d_z); NaN where they are all equal."""
    n: int
    """Number of pairs."""


def mean_interval(values: Values, confidence: float = 0.95) -> Interval:
    """Return the mean over networks and its Student-t interval.

    Raises
    ------
    RecordingError
        With fewer than two values, or any that is not finite.
    OptionError
        If `confidence` is outside [0, 1].

    Examples
    --------
    >>> mean, low, high = mean_interval([0.2, 0.3, 0.4])
    >>> f"{mean:.2f} [{low:.2f}, {high:.2f}]"
    '0.30 [0.05, 0.55]'
    """
    number("confidence", confidence, 0, 1)
    values = _finite("values", values)
    mean = float(values.mean())
    half = float(special.stdtrit(len(values) - 1, (1 + confidence) / 2) * _standard_error(values))
    return Interval(mean, mean - half, mean + half)


def hierarchical_bootstrap(
    values: Sequence[np.ndarray] | Float[np.ndarray, "network unit"],
    rng: np.random.Generator,
    *,
    statistic: Statistic = np.mean,
    confidence: float = 0.95,
    n_draws: int = 5000,
) -> Interval:
    """Return a statistic of units pooled over networks, with an interval that knows units come in networks.

    Each draw takes networks with replacement, then units of each with replacement (Saravanan et al. 2020), so that
    many units of few networks do not pass for many observations. With one value a network it is the percentile
    bootstrap, for statistics without a t interval; too narrow with fewer than about ten networks.

    Parameters
    ----------
    values
        One array a network, its units' values; networks may differ in their number of units.
    rng
        Source of the draws.
    statistic
        From all drawn units' values to a number, such as the share above a threshold.
    confidence
        Of the percentile interval, in [0, 1].
    n_draws
        Number of draws.

    Raises
    ------
    RecordingError
        With fewer than two networks, a network without units, or any value that is not finite.
    OptionError
        If an option is outside its range.
    """
    number("confidence", confidence, 0, 1)
    whole("n_draws", n_draws, 1)
    networks = [np.asarray(units, dtype=float) for units in values]
    if len(networks) < 2 or not all(len(units) and np.isfinite(units).all() for units in networks):
        raise RecordingError(f"values of {len(networks)} networks: there must be at least two, all finite, none empty.")
    pooled, sizes = np.concatenate(networks), np.array([len(units) for units in networks])
    starts, draws = np.cumsum(sizes) - sizes, []
    chosen = rng.integers(len(networks), size=(n_draws, len(networks)))
    step = max(1, _AT_ONCE // len(pooled))
    for some in np.split(chosen, range(step, n_draws, step)):
        drawn = some.ravel()
        of_unit = np.repeat(drawn, sizes[drawn])
        units = pooled[starts[of_unit] + rng.integers(sizes[of_unit])]
        draws += [statistic(one) for one in np.split(units, np.cumsum(sizes[some].sum(axis=1))[:-1])]
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(statistic(pooled)), float(low), float(high))


def paired_difference(first: Values | pd.Series, second: Values | pd.Series, confidence: float = 0.95) -> Difference:
    """Return how two conditions differ, matched by network, with a t interval, the paired t test and an effect size.

    Parameters
    ----------
    first, second
        One value a network. Series are matched by their index, such as the seed; other sequences by their order.
    confidence
        Of the interval, in [0, 1].

    Raises
    ------
    RecordingError
        If the networks differ, are fewer than two, or have values that are not finite.
    OptionError
        If `confidence` is outside [0, 1].

    Examples
    --------
    >>> found = paired_difference([0.5, 0.7, 0.9], [0.4, 0.5, 0.6])
    >>> round(found.mean, 2), found.n
    (0.2, 3)
    """
    first, second = pd.Series(first), pd.Series(second)
    if set(first.index) != set(second.index) or not (first.index.is_unique and second.index.is_unique):
        raise RecordingError(
            f"first has networks {list(first.index)} and second {list(second.index)}: each must have a value in both."
        )
    differences = _finite("differences", (first - second).to_numpy())
    mean, low, high = mean_interval(differences, confidence)
    spread = float(differences.std(ddof=1))
    if spread == 0:
        return Difference(mean, low, high, 1.0 if mean == 0 else 0.0, np.nan, len(differences))
    p = float(2 * special.stdtr(len(differences) - 1, -abs(mean) / _standard_error(differences)))
    return Difference(mean, low, high, p, mean / spread, len(differences))


def _standard_error(values: Float[np.ndarray, " network"]) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _finite(name: str, values: Values) -> Float[np.ndarray, " network"]:
    """Return one finite value a network as an array of at least two."""
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise RecordingError(f"{name} are {values.tolist()}: there must be at least two finite values, one a network.")
    return values
