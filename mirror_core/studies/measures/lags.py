"""At which lag the modes of a network agree, over the networks of a grid."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from mirror_core.analysis import lag_test
from mirror_core.checks import whole
from mirror_core.recordings.chosen import both_modes, choose_units
from mirror_core.seeding import stream

Key = tuple[str, str, int]
"""(reading, condition, seed) of a network."""


@dataclass(frozen=True)
class LagStudy:
    """At which lags the top mirror units of each network agree, on episodes that did not choose them."""

    r: xr.DataArray
    """Timestep-centred r with dimensions (reading, seed, lag, unit); `unit` counts the top units."""
    null_band: xr.DataArray
    """Central 95 % of r under re-paired episodes, dimensions (reading, lag, edge)."""
    peak_share: xr.DataArray
    """Share of top units whose r is largest at a lag, dimensions (reading, seed, lag)."""


def lag_study(recorded: dict[Key, xr.DataArray], n_top: int, max_lag: int, n_permutations: int) -> LagStudy:
    """Correlate performing with observing at every lag, for the top mirror units of each network.

    Parameters
    ----------
    n_top
        Units of each network, those with the largest r on one half of the episodes.
    n_permutations
        Re-pairings of the other half's episodes behind the null band, for each network.
    """
    whole("n_top", n_top, 1)
    lags = np.arange(-max_lag, max_lag + 1)
    profiles, nulls = {}, {}
    for (reading, _, seed), recording in recorded.items():
        top = choose_units(recording, n_top, seed).of_units
        test = lag_test(*both_modes(top), max_lag, n_permutations, stream(seed, "lag null"))
        # a network with fewer units of a defined r than asked for is filled up with none
        missing = (0, n_top - top.sizes["unit"])
        profiles[reading, seed] = np.pad(test.r.values, ((0, 0), missing), constant_values=np.nan)
        nulls.setdefault(reading, []).append(
            np.pad(test.null.values, ((0, 0), (0, 0), missing), constant_values=np.nan)
        )
    readings, seeds = (list(dict.fromkeys(key[i] for key in profiles)) for i in (0, 1))
    r = xr.DataArray(
        [[profiles[reading, seed] for seed in seeds] for reading in readings],
        {"reading": readings, "seed": seeds, "lag": lags},
        ["reading", "seed", "lag", "unit"],
    )
    bands = [np.nanquantile(np.concatenate(nulls[reading]), [0.025, 0.975], axis=(0, 2)) for reading in readings]
    band = xr.DataArray(bands, {"reading": readings, "edge": ["low", "high"], "lag": lags}, ["reading", "edge", "lag"])
    peaks = r.fillna(-np.inf).argmax("lag")
    there = r.notnull().any("lag")
    share = xr.concat([(peaks == i).where(there).mean("unit") for i in range(len(lags))], "lag").assign_coords(lag=lags)
    return LagStudy(r, band, share.transpose("reading", "seed", "lag"))
