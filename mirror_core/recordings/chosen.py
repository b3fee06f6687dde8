"""Units to show: chosen on one half of the episodes, shown and tested on the other."""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr

from mirror_core.analysis import split_half, top_units, unit_correlation
from mirror_core.arrays import MODES
from mirror_core.seeding import stream


@dataclass(frozen=True)
class Chosen:
    """A few units of one network on episodes that did not choose them."""

    recording: xr.DataArray
    """The network's recording on the other half of the episodes, all units."""
    units: list[int]
    """The chosen units, the most extreme first."""

    @property
    def r(self) -> xr.DataArray:
        """r of each chosen unit on the other half, dimension (unit)."""
        perform, observe = both_modes(self.of_units)
        return xr.DataArray(unit_correlation(perform, observe), {"unit": self.units}, ["unit"])

    @property
    def of_units(self) -> xr.DataArray:
        """The recording of the chosen units alone."""
        return self.recording.sel(unit=self.units)

    def shown(self, n_sequences: int) -> xr.DataArray:
        """Return the first episodes of the chosen units, to be drawn."""
        return self.of_units.isel(sequence=slice(n_sequences))


def both_modes(recording: xr.DataArray) -> tuple:
    """Return the arrays (sequence, time, unit) of performing and observing."""
    return tuple(recording.sel(mode=mode).values for mode in MODES)


def choose_units(recording: xr.DataArray, n: int, seed: int, sign: int = 1) -> Chosen:
    """Choose the units with the largest r (`sign` 1) or the smallest (−1) on a random half of the episodes.

    Parameters
    ----------
    recording
        A network's recording, see `mirror_core.recordings.of_networks.record`.
    n
        How many units; fewer if the network has fewer.
    seed
        Decides the halves (stream "halves").
    """
    choosing, testing = split_half(recording.sizes["sequence"], stream(seed, "halves"))
    r = unit_correlation(*both_modes(recording.isel(sequence=choosing)))
    units = recording.unit.values[top_units(r, min(n, len(r)), sign)]
    return Chosen(recording.isel(sequence=testing), units.tolist())
