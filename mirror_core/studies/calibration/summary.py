"""From p-values to the share of units called, false discoveries and power. One network or population, one value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy import special

from mirror_core.analysis import Interval
from mirror_core.analysis.significance import TIE
from mirror_core.checks import whole
from mirror_core.studies.measures.significance import ALPHA


def called(p: xr.DataArray) -> xr.DataArray:
    """Return the share of tested units with p ≤ .05; a unit that could not be tested does not count."""
    return (p <= ALPHA).where(p.notnull()).mean("unit")


def calls_table(situations: Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """Return what each null calls in each network of each situation.

    Parameters
    ----------
    situations
        Name → p with dimensions (network, null, alternative, correction, unit) and perhaps centring ("raw" if not).

    Returns
    -------
    pandas.DataFrame
        Columns `situation`, `network`, `centring`, `null`, `alternative`, `correction`, `called` (share of units with
        p ≤ .05) and `any` (whether there is one).
    """
    parts = []
    for name, p in situations.items():
        p = p if "centring" in p.dims else p.expand_dims(centring=["raw"])
        found = xr.Dataset({"called": called(p), "any": (p <= ALPHA).any("unit")})
        parts.append(found.to_dataframe().reset_index().assign(situation=name))
    return pd.concat(parts, ignore_index=True)


def share_interval(n_true: int, n: int) -> Interval:
    """Return a share of `n` networks with its exact 95 % interval (Clopper & Pearson).

    For yes or no of each network, such as whether any unit was called, where a t interval may have no width.

    Raises
    ------
    OptionError
        If `n` is below 1 or `n_true` is not from 0 to `n`.
    """
    whole("n", n, 1)
    whole("n_true", n_true, 0, n)
    from scipy import stats

    interval = stats.binomtest(n_true, n).proportion_ci(0.95, "exact")
    return Interval(n_true / n, float(interval.low), float(interval.high))


def distribution_of_p(p: xr.DataArray, n_points: int = 40) -> xr.DataArray:
    """Return the share of tested units with p at most each of `n_points` + 1 values from 0 to 1, one curve a network.

    Parameters
    ----------
    p
        Any dimensions, `unit` among them; units without p do not count.

    Returns
    -------
    xarray.DataArray
        `at`, from 0 to 1, in place of `unit`.
    """
    at = xr.DataArray(np.linspace(0, 1, n_points + 1), dims="at")
    at = at.assign_coords(at=at)
    return (p <= at + TIE).where(p.notnull()).mean("unit")


def band(curves: xr.DataArray) -> xr.DataArray:
    """Return the mean over networks and the limits of its 95 % t interval at every point.

    The same as `mirror_core.analysis.mean_interval` point by point; of a single network, the curve itself.

    Parameters
    ----------
    curves
        Any dimensions, `network` among them.

    Returns
    -------
    xarray.DataArray
        `limit` (mean, low, high) in place of `network`.
    """
    n, mean = curves.sizes["network"], curves.mean("network")
    half = 0.0
    if n > 1:
        half = special.stdtrit(n - 1, 0.975) * curves.std("network", ddof=1) / np.sqrt(n)
    limits = [mean, mean - half, mean + half]
    return xr.concat(limits, "limit").assign_coords(limit=["mean", "low", "high"])


def power_table(batches: Mapping[tuple[int, float], xr.Dataset], null: str) -> pd.DataFrame:
    """Return what a null finds in planted populations.

    Parameters
    ----------
    batches
        (K, similarity) → what `calibrate_batch` returns.

    Returns
    -------
    pandas.DataFrame
        Columns `n_actions`, `similarity`, `network`, `alternative`, `correction`; `power` (share of planted units with
        p ≤ .05), `called` (share of unplanted ones) and `false` (share of unrelated units among all called; 0 where
        none is called, as in the definition of the false discovery rate). At similarity 0 all units are unrelated.
    """
    parts = []
    for (n_actions, similarity), batch in batches.items():
        found = batch.p.sel(null=null, drop=True) <= ALPHA
        right, wrong = found.isel(unit=batch.planted.values), found.isel(unit=~batch.planted.values)
        n_called = found.sum("unit")
        table = xr.Dataset(
            {
                "power": right.mean("unit"),
                "called": wrong.mean("unit"),
                "false": (wrong if similarity else found).sum("unit") / n_called.where(n_called > 0, 1),
            }
        )
        parts.append(table.to_dataframe().reset_index().assign(n_actions=n_actions, similarity=similarity))
    return pd.concat(parts, ignore_index=True)


def overlap_table(batches: Mapping[int, xr.Dataset]) -> pd.DataFrame:
    """Return how often an unrelated unit looks like a planted one.

    Parameters
    ----------
    batches
        K → what `calibrate_batch` returns.

    Returns
    -------
    pandas.DataFrame
        Columns `n_actions`, `network`, `typical` (median r of the planted units) and `beyond` (share of unplanted units
        with at least that r).
    """
    parts = []
    for n_actions, batch in batches.items():
        planted = batch.planted.values
        r = batch.observed.sel(null="unit-mismatch", drop=True)
        typical = r.isel(unit=planted).median("unit")
        beyond = (r.isel(unit=~planted) >= typical).mean("unit")
        table = xr.Dataset({"typical": typical, "beyond": beyond}).to_dataframe().reset_index()
        parts.append(table.assign(n_actions=n_actions))
    return pd.concat(parts, ignore_index=True)
