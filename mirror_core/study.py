"""A study: networks for every reading × condition × seed, and what is measured on each, as one labelled dataset."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from mirror_core.checks import one_of, whole
from mirror_core.conditions import configure
from mirror_core.config import Config
from mirror_core.kept import analyse_runs
from mirror_core.making import obtain
from mirror_core.measuring import measure_run
from mirror_core.recording import N_TEST, heldout_episodes, record
from mirror_core.runs import Run, RunStore

Grid = dict[tuple[str, str, int], Run]
"""Runs by (reading, condition, seed)."""


def names(kind: str, text: str, allowed: Sequence[str]) -> list[str]:
    """Split a notebook parameter such as "as-written, self-observation" into allowed names.

    Raises
    ------
    ConfigError
        For an unknown name (with the nearest ones), or none at all.
    """
    found = list(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in found:
        one_of(kind, name, allowed)
    return found


def seeds_from(seed: int, n_seeds: int) -> list[int]:
    """Return the seeds of a study: `seed` and those that follow."""
    whole("seed", seed, 0)
    whole("n_seeds", n_seeds, 1)
    return list(range(seed, seed + n_seeds))


def obtain_grid(
    base: Config,
    readings: Sequence[str],
    conditions: Sequence[str],
    seeds: Sequence[int],
    *,
    store: RunStore | None = None,
    progress: bool = True,
) -> Grid:
    """Return the runs of every combination, training what the store lacks (see `mirror_core.making.obtain`)."""
    grid = {
        (reading, condition, seed): configure(base.change(seed=seed), reading, condition)
        for reading in readings
        for condition in conditions
        for seed in seeds
    }
    return dict(zip(grid, obtain(list(grid.values()), store, progress=progress), strict=True))


def recordings(grid: Grid, n_test: int = N_TEST) -> dict[tuple[str, str, int], xr.DataArray]:
    """Record every network of a grid on its held-out episodes (see `mirror_core.recording.record`).

    Raises
    ------
    ConfigError
        If there are fewer than four episodes: two halves of at least two are the least that can be split and tested.
    """
    whole("n_test", n_test, 4)
    return {key: record(run.network, heldout_episodes(run.config, n_test)) for key, run in grid.items()}


def measure(
    grid: Grid, n_test: int = N_TEST, *, store: RunStore | None = None, progress: bool = True
) -> xr.Dataset:
    """Measure every network of a grid on held-out episodes; what the store has kept is taken from there.

    Returns
    -------
    xarray.Dataset
        `r` (reading, condition, seed, centring, unit): Pearson r of each unit, `raw` and `timestep-centred`;
        `accuracy` (reading, condition, seed, decoder, train_mode, test_mode): accuracy of a linear decoder of the
        action on held-out episodes; `same_code_p` (same dimensions): its p among relabellings of the actions, see
        `mirror_core.analysis.Transfer.relabelled_p`; `chance` (reading, condition, seed): accuracy of always naming the most frequent
        one; `run` (reading, condition, seed): fingerprint of the run.
    """
    whole("n_test", n_test, 4)
    found = analyse_runs(measure_run, list(grid.values()), store=store, progress=progress, n_test=n_test)
    parts = []
    for (key, run), part in zip(grid.items(), found, strict=True):
        labels = {name: [value] for name, value in zip(("reading", "condition", "seed"), key, strict=True)}
        parts.append(part.assign(run=run.fingerprint).expand_dims(labels))
    order = {name: list(dict.fromkeys(key[i] for key in grid)) for i, name in enumerate(("reading", "condition"))}
    return xr.combine_by_coords(parts).reindex(order)
