"""A study: networks for every reading × condition × seed, and what is measured on each, as one labelled dataset."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from mirror_core.analysis import shares_over_thresholds
from mirror_core.analysis.estimates import estimate
from mirror_core.checks import MOST, one_of, whole
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.recordings.of_networks import N_TEST, heldout_episodes, record
from mirror_core.runs.kept import analyse_runs
from mirror_core.runs.making import obtain
from mirror_core.runs.store import Run
from mirror_core.studies import data
from mirror_core.studies.measures.basic import measure_run
from mirror_core.studies.measures.shares import HEADLINE, N_EXCLUDED, measured_on_r

Grid = dict[tuple[str, str, int], Run]
"""Runs by (reading, condition, seed)."""


def names(kind: str, text: str, allowed: Sequence[str]) -> list[str]:
    """Split a notebook parameter such as "as-written, self-observation" into allowed names.

    Where names have commas themselves, the longest that is allowed is meant: of "a", "b" and "a, b", the text "a, b"
    is one.

    Raises
    ------
    OptionError
        For an unknown name (with the nearest ones), or none at all.
    """
    data.text(kind, text)
    parts, found = [part.strip() for part in text.split(",")], []
    while parts:
        joined = {n: ", ".join(parts[:n]) for n in range(len(parts), 0, -1)}
        n = next((n for n, name in joined.items() if name in allowed), 1)
        one_of(kind, joined[n], allowed)
        found.append(joined[n])
        parts = parts[n:]
    return list(dict.fromkeys(found))


def seeds_from(seed: int, n_seeds: int) -> list[int]:
    """Return the seeds of a study: `seed` and those that follow."""
    whole("seed", seed, 0)
    whole("n_seeds", n_seeds, 1, MOST)
    return list(range(seed, seed + n_seeds))


def obtain_grid(
    base: Config,
    readings: Sequence[str],
    conditions: Sequence[str],
    seeds: Sequence[int],
    *,
    progress: bool = True,
    curves: bool = False,
) -> Grid:
    """Return the runs of every combination, training what the store lacks (see `mirror_core.runs.making.obtain`)."""
    grid = {
        (reading, condition, seed): configure(base.change(seed=seed), reading, condition)
        for reading, condition, seed in product(readings, conditions, seeds)
    }
    return dict(zip(grid, obtain(list(grid.values()), progress=progress, curves=curves), strict=True))


def recordings(grid: Grid, n_test: int = N_TEST) -> dict[tuple[str, str, int], xr.DataArray]:
    """Record every network of a grid on its held-out episodes (see `mirror_core.recordings.of_networks.record`).

    Raises
    ------
    OptionError
        If there are fewer than four episodes: two halves of at least two are the least that can be split and tested.
    """
    whole("n_test", n_test, 4)
    return {key: record(run.network, heldout_episodes(run.config, n_test)) for key, run in grid.items()}


def measure(grid: Grid, n_test: int = N_TEST, *, progress: bool = True) -> xr.Dataset:
    """Measure every network of a grid on held-out episodes; what the store has kept is taken from there.

    Returns
    -------
    xarray.Dataset
        `r` (reading, condition, seed, centring, unit): Pearson r of each unit, `raw` and `timestep-centred`; `accuracy`
        (reading, condition, seed, decoder, train_mode, test_mode): accuracy of a linear decoder of the action on
        held-out episodes; `same_code_p` (same dimensions): its p among relabellings of the actions, see
        `mirror_core.analysis.decoding.Transfer.relabelled_p`; `chance` (reading, condition, seed): accuracy of always
        naming the most frequent one; `run` (reading, condition, seed): fingerprint of the run.
    """
    whole("n_test", n_test, 4)
    found = analyse_runs(measure_run, list(grid.values()), progress=progress, n_test=n_test)
    return combined(grid, [one.assign(run=run.fingerprint) for run, one in zip(grid.values(), found, strict=True)])


def intervals(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return mean and 95 % interval over networks of a quantity, for each reading and condition."""
    rows = []
    for (reading, condition), one in table.groupby(["reading", "condition"], sort=False):
        found = estimate(one[quantity])
        about = {"reading": reading, "condition": condition}
        rows.append(about | {"mean": found.mean, "low": found.low, "high": found.high})
    return pd.DataFrame(rows)


def differences(table: pd.DataFrame, quantity: str) -> dict[tuple[str, str], np.ndarray]:
    """Return the shared core's quantity minus each control's, matched by seed, by (reading, condition)."""
    wide = table.pivot(index=["reading", "seed"], columns="condition", values=quantity)
    return {
        (reading, condition): (one["shared"] - one[condition]).values
        for reading, one in wide.groupby("reading", sort=False)
        for condition in wide.columns
        if condition != "shared"
    }


def shares_table(r: xr.DataArray) -> pd.DataFrame:
    """Return the paper's four headline numbers for every network.

    Parameters
    ----------
    r
        Correlations whose last dimension is `unit`.

    Returns
    -------
    pandas.DataFrame
        One row for each combination of the other dimensions, with columns `strong`, `moderate`, `largest`,
        `smallest` and `n_excluded` (units that were constant in one mode). Combinations that were not run are left out.
    """
    stacked = r.stack(network=[d for d in r.dims if d != "unit"]).transpose("network", "unit")
    rows = []
    for labels, values in zip(stacked.network.values, stacked.values, strict=True):
        if np.isfinite(values).any():
            measured = measured_on_r(values, (*HEADLINE, N_EXCLUDED))
            rows.append(dict(zip(stacked.indexes["network"].names, labels, strict=True)) | measured)
    return pd.DataFrame(rows)


def shares_by_threshold(shared: xr.Dataset) -> pd.DataFrame:
    """Return the share of units beyond every threshold from 0 to 1, for each reading and seed."""
    thresholds, r = np.linspace(0, 1, 101), shared.r.sel(centring="raw")
    parts = [
        shares_over_thresholds(r.sel(reading=reading, seed=seed).values, thresholds).assign(reading=reading, seed=seed)
        for reading, seed in product(r.reading.values, r.seed.values)
    ]
    return pd.concat(parts, ignore_index=True)


def combined(grid: Grid, found: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the results of a grid's runs as one, with dimensions (reading, condition, seed) in front."""
    names = ("reading", "condition", "seed")
    labels = [{name: [value] for name, value in zip(names, key, strict=True)} for key in grid]
    parts = [one.expand_dims(at) for at, one in zip(labels, found, strict=True)]
    order = {name: list(dict.fromkeys(key[i] for key in grid)) for i, name in enumerate(names[:2])}
    return xr.combine_by_coords(parts).reindex(order)
