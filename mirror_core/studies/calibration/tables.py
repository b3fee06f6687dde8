"""The calibration's tables for figures and sentences: one row a network, or a mean over networks with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from mirror_core.analysis import Interval
from mirror_core.analysis.estimates import estimate
from mirror_core.studies.calibration.design import CURVES, EARLIER, STATED, TRUSTED, Calibration
from mirror_core.studies.calibration.recorded import CENTRED_ANYHOW
from mirror_core.studies.calibration.summary import (
    band,
    calls_table,
    distribution_of_p,
    overlap_table,
    power_table,
    share_interval,
)
from mirror_core.studies.wording import decimal


def interval(values: pd.Series | np.ndarray) -> Interval:
    """Return mean and 95 % interval over networks in which there is a value; of a single one, the value alone."""
    found = estimate(values)
    return Interval(found.mean, found.low, found.high)


def means(table: pd.DataFrame, by: list[str], quantity: str) -> pd.DataFrame:
    """Return mean, 95 % interval and number of networks of a quantity, for each combination of `by`."""
    rows = [(*key, *interval(one[quantity]), len(one)) for key, one in table.groupby(by, sort=False)]
    return pd.DataFrame(rows, columns=[*by, "mean", "low", "high", "n"])


def families(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the share of networks with any unit called, with its exact 95 % interval, for each combination of `by`."""
    rows = [(*key, *share_interval(int(one["any"].sum()), len(one))) for key, one in table.groupby(by, sort=False)]
    return pd.DataFrame(rows, columns=[*by, "mean", "low", "high"])


def all_calls(found: Calibration) -> pd.DataFrame:
    """Return what each null calls in every situation, and of the planted populations' planted units."""
    situations = {name: one.p for name, one in found.without_code.items()}
    planted = found.planted.p.isel(unit=found.planted.planted.values)
    calls = calls_table(situations | {"planted mirror units": planted})
    return calls[(calls.centring == "raw") | ~calls.null.isin(CENTRED_ANYHOW)]


def unrelated_calls(found: Calibration) -> pd.DataFrame:
    """Return what the tests of one code call among independent tunings; `n_actions` in place of `situation`."""
    return calls_table({k: one.p for k, one in found.unrelated.items()}).rename(columns={"situation": "n_actions"})


def p_curves(found: Calibration) -> tuple[dict[str, xr.DataArray], dict[str, xr.DataArray]]:
    """Return the distribution of raw two-sided p in each situation, of each network and over networks."""
    curves = {}
    for name, one in found.without_code.items():
        p = one.p.sel(alternative="two-sided", correction="none", drop=True)
        curves[name] = distribution_of_p(p.sel(centring="raw", drop=True) if "centring" in p.dims else p)
    return curves, {name: band(curve) for name, curve in curves.items()}


def powers(found: Calibration) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return power and false discoveries of the trusted test under BH: for the curves, and for every K at .95."""
    both = _powers(power_table(found.sweep, TRUSTED))
    return both[both.n_actions.isin(CURVES)], both[both.similarity == STATED]


def earlier_powers(found: Calibration) -> pd.DataFrame:
    """Return the same of the test that was trusted before, for every K at .95."""
    return _powers(power_table({(k, STATED): one for k, one in found.stated.items()}, EARLIER))


def _powers(table: pd.DataFrame) -> pd.DataFrame:
    table = table[table.correction == "bh"]
    by = ["n_actions", "similarity", "alternative"]
    return pd.concat([means(table, by, q).assign(quantity=q) for q in ("power", "false")], ignore_index=True)


def overlap(found: Calibration) -> tuple[dict, dict[int, str]]:
    """Return r of unrelated and planted units for some K, and how often the former look like the latter."""
    chosen = {k: found.stated[k] for k in (3, *CURVES)}
    table = overlap_table(chosen)
    r, said = {}, {}
    for k, one in chosen.items():
        values = one.observed.sel(null=EARLIER).transpose("unit", "network").values
        planted = one.planted.values
        r[k] = values[~planted].ravel(), values[planted].ravel()
        said[k] = f"{decimal(100 * table[table.n_actions == k].beyond.mean(), 1)} % beyond"
    return r, said
