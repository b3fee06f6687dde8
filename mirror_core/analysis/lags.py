"""Correlation of performing with observing a few timesteps earlier or later (the paper, *Temporal alignment*)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float

from mirror_core.analysis.correlation import unit_correlation, unit_length
from mirror_core.analysis.permutations import random_permutations, repaired_products
from mirror_core.analysis.significance import TIE, standardised
from mirror_core.analysis.validation import Recording, checked_pair
from mirror_core.checks import whole


def lagged_correlation(
    perform: Recording, observe: Recording, max_lag: int, *, centre_timesteps: bool = True
) -> xr.DataArray:
    """Return r between performing at time t and observing at time t + lag, for each lag and unit.

    Each r is over all sequences and the timesteps of which both ends exist.

    Parameters
    ----------
    perform, observe
        Activations in the two modes.
    max_lag
        Largest lag in timesteps, in both directions. At a positive lag observing follows performing.
    centre_timesteps
        See `unit_correlation`; on by default, since a time course common to all sequences correlates at every lag.

    Returns
    -------
    xarray.DataArray
        Dimensions (lag, unit); NaN for a unit that is constant in a mode.

    Raises
    ------
    RecordingError
        See `mirror_core.analysis.validation.checked_pair`.
    OptionError
        If `max_lag` leaves no timestep.

    Examples
    --------
    >>> import numpy as np
    >>> observe = np.random.default_rng(0).standard_normal((40, 8, 1))
    >>> by_lag = lagged_correlation(np.roll(observe, -1, axis=1), observe, max_lag=2)
    >>> peak_lag(by_lag).values.tolist()
    [1.0]
    """
    perform, observe = checked_pair(perform, observe)
    whole("max_lag", max_lag, 0, perform.shape[1] - 1)
    lags = range(-max_lag, max_lag + 1)
    r = [unit_correlation(*_overlap(perform, observe, lag), centre_timesteps=centre_timesteps) for lag in lags]
    return xr.DataArray(np.stack(r), {"lag": list(lags)}, ["lag", "unit"], name="r")


def peak_lag(by_lag: xr.DataArray) -> xr.DataArray:
    """Return the lag of each unit's largest |r|, of equal ones the nearest to zero; NaN for a unit without r.

    Examples
    --------
    >>> by_lag = xr.DataArray([[0.1], [0.2], [-0.9]], {"lag": [-1, 0, 1]}, ["lag", "unit"])
    >>> peak_lag(by_lag).values.tolist()
    [1.0]
    """
    nearest_first = by_lag.sortby(np.abs(by_lag.lag))
    return np.abs(nearest_first).idxmax("lag").rename("peak_lag")


@dataclass(frozen=True)
class LagTest:
    """Lagged correlations beside those of re-paired sequences."""

    r: xr.DataArray
    """Observed r, dimensions (lag, unit)."""
    null: xr.DataArray
    """r of re-paired sequences, dimensions (draw, lag, unit), the same permutation for all lags and units of a draw."""

    @property
    def peak_p(self) -> Float[np.ndarray, " unit"]:
        """p of each unit's largest deviation over lags, against the largest over lags of each draw.

        A deviation is from the mean over draws at that lag, in their standard deviations: r over fewer timesteps
        varies more.
        """
        n_draws, n_lags, n_units = self.null.shape
        observed, null = standardised(self.r.values.ravel(), self.null.values.reshape(n_draws, -1))
        peak = np.abs(observed).reshape(n_lags, n_units).max(axis=0)
        peaks = np.abs(null).reshape(n_draws, n_lags, n_units).max(axis=1)
        return np.where(np.isfinite(peak), (1 + np.sum(peaks >= peak - TIE, axis=0)) / (1 + n_draws), np.nan)


def lag_test(
    perform: Recording,
    observe: Recording,
    max_lag: int,
    n_permutations: int,
    rng: np.random.Generator,
    *,
    centre_timesteps: bool = True,
) -> LagTest:
    """Test lagged correlations by re-pairing whole sequences, which keeps the time courses of both modes.

    Parameters
    ----------
    perform, observe, max_lag, centre_timesteps
        See `lagged_correlation`.
    n_permutations
        Number of draws.
    rng
        Source of the permutations.

    Raises
    ------
    RecordingError, OptionError
        See `lagged_correlation`; also for fewer than one permutation.
    """
    whole("n_permutations", n_permutations, 1)
    observed = lagged_correlation(perform, observe, max_lag, centre_timesteps=centre_timesteps)
    perform, observe = checked_pair(perform, observe)
    repairings = random_permutations(len(perform), n_permutations, rng)
    draws = []
    for lag in observed.lag.values.tolist():
        x, y = (unit_length(part, centre_timesteps) for part in _overlap(perform, observe, lag))
        draws.append(repaired_products(x, y, repairings))
    null = xr.DataArray(np.stack(draws, axis=1), {"lag": observed.lag}, ["draw", "lag", "unit"], name="r")
    return LagTest(observed, null)


Overlap = Float[np.ndarray, "sequence overlap unit"]


def _overlap(perform: Recording, observe: Recording, lag: int) -> tuple[Overlap, Overlap]:
    """Return performing at t and observing at t + lag, for every t that has both."""
    length = perform.shape[1]
    performed = perform[:, max(0, -lag) : length - max(0, lag)]
    observed = observe[:, max(0, lag) : length - max(0, -lag)]
    return performed, observed
