"""What r cannot say, measured on one network: tuning, geometry, generalisation and lags, each beside its null."""

from __future__ import annotations

import numpy as np
import xarray as xr

from mirror_core.analysis import (
    CLASSES,
    alignment_index,
    ccgp,
    cka_test,
    congruence,
    lag_test,
    peak_lag,
)
from mirror_core.checks import whole
from mirror_core.recordings.chosen import both_modes, choose_units
from mirror_core.recordings.of_networks import N_TEST, heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.seeding import stream

MAX_LAG = 5
"""Largest lag, in timesteps."""
NEAR = 1
"""Largest lag that counts as small, in timesteps."""

INDEX_BINS = np.linspace(-1, 1, 21)
"""Edges in which congruence indices are counted."""


def beyond_r(
    run: Run,
    n_test: int = N_TEST,
    n_permutations: int = 200,
    n_repairings: int = 20,
    n_refits: int = 3,
    n_dims: int = 5,
    n_top: int = 10,
    n_fitted: int = 100,
) -> xr.Dataset:
    """Measure what the two modes of a network have in common beyond the correlation of units.

    CKA, subspaces and lags are measured without the mean of each timestep, so that the start-up that all episodes share
    does not count.

    Parameters
    ----------
    n_permutations
        Draws of each null that is cheap: relabellings, subspaces, re-pairings behind the lags.
    n_repairings
        Draws of the null of CKA.
    n_refits
        Draws of the null of CCGP under each decoder; each trains all decoders again.
    n_dims
        Dimensions of the subspaces behind alignment index and principal angles.
    n_top
        Units whose lags are measured: the largest r on one half of the episodes, measured on the other.
    n_fitted
        Episodes for CCGP, at most `n_test`; its decoders take most of the time.

    Returns
    -------
    xarray.Dataset
        `value` (quantity) and `null` (quantity, draw; NaN beyond a null's own number of draws), by the names of
        measures; `index` (unit), the congruence index, and `null_index` (bin), the share of it in each of
        `INDEX_BINS` when actions are relabelled; `class_share` and `class_chance` (class); `angle` and `null_angle`
        (dim), principal angles in degrees, the smallest first, and their mean over random subspaces; `peak_share` and
        `null_peak_share` (lag), shares of top units whose |r| is largest there.

    Raises
    ------
    OptionError
        For fewer than four episodes.
    """
    whole("n_test", n_test, 4)
    recording = record(run.network, heldout_episodes(run.config, n_test))
    perform, observe = recording.values
    actions, seed = recording.action.values, run.config.seed
    modes = (perform, observe)

    tuned = congruence(*modes, actions, n_permutations, stream(seed, "beyond/congruence"))
    classes = tuned.shares()
    n_units = len(tuned.kind)
    found = {
        "congruence": (np.nanmean(tuned.test.observed), np.nanmean(tuned.test.null, axis=1)),
        "congruent": (classes.share[:2].sum(), tuned.null_counts[:, :2].sum(axis=1) / n_units),
        "strict": (classes.share[0], tuned.null_counts[:, 0] / n_units),
    }
    few = slice(0, n_fitted)
    for name, decoder in (("ccgp", "logistic"), ("ccgp-ridge", "ridge")):
        rng = stream(seed, f"beyond/{name}")
        general = ccgp(perform[few], observe[few], actions[few], n_refits, rng, decoder=decoder).action
        found[name] = (general.value, general.null)
    cka = cka_test(*modes, n_repairings, stream(seed, "beyond/cka"), centre_timesteps=True)
    dims = min(n_dims, n_units)
    aligned = alignment_index(*modes, dims, n_permutations, stream(seed, "beyond/alignment"), centre_timesteps=True)
    both = (aligned.perform_in_observe, aligned.observe_in_perform)
    angles, null_angles = np.degrees(aligned.angles), np.degrees(aligned.null_angles)
    peaks, null_peaks = _peak_lags(recording, n_top, n_permutations, seed)
    found |= {
        "cka": (cka.value, cka.null),
        "alignment": (np.mean([one.value for one in both]), np.mean([one.null for one in both], axis=0)),
        "angle": (angles.mean(), null_angles.mean(axis=1)),
        "lag": (np.mean(np.abs(peaks) <= NEAR), np.mean(np.abs(null_peaks) <= NEAR, axis=1)),
    }
    n_draws = max(len(null) for _, null in found.values())
    lags = np.arange(-MAX_LAG, MAX_LAG + 1)
    return xr.Dataset(
        {
            "value": ("quantity", [value for value, _ in found.values()]),
            "null": (
                ("quantity", "draw"),
                [np.pad(null, (0, n_draws - len(null)), constant_values=np.nan) for _, null in found.values()],
            ),
            "index": ("unit", tuned.test.observed),
            "null_index": ("bin", np.histogram(tuned.test.null, INDEX_BINS)[0] / np.isfinite(tuned.test.null).sum()),
            "class_share": ("class", classes.share),
            "class_chance": ("class", classes.by_chance),
            "angle": ("dim", angles),
            "null_angle": ("dim", null_angles.mean(axis=0)),
            "peak_share": ("lag", [np.mean(peaks == lag) for lag in lags]),
            "null_peak_share": ("lag", [np.mean(null_peaks == lag) for lag in lags]),
        },
        coords={
            "quantity": list(found),
            "unit": np.arange(n_units),
            "class": list(CLASSES),
            "dim": np.arange(1, dims + 1),
            "lag": lags,
        },
    )


def _peak_lags(recording: xr.DataArray, n_top: int, n_permutations: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lag at which each top unit's |r| is largest, and the same under re-paired episodes (draw, unit)."""
    top = choose_units(recording, n_top, seed).of_units
    max_lag = min(MAX_LAG, recording.sizes["time"] - 2)
    test = lag_test(*both_modes(top), max_lag, n_permutations, stream(seed, "beyond/lags"))
    return peak_lag(test.r).values, peak_lag(test.null).values
