"""NetCDF 3 and 4."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from mirror_core.recordings.cleaned import from_labelled
from mirror_core.recordings.formats.base import Arrays, Format, register

HDF = b"\x89HDF\r\n\x1a\n"
"""How NetCDF 4 begins; NetCDF 3 begins with its own name."""


def read(path: Path) -> Arrays:
    """Read labelled arrays, see `mirror_core.recordings.cleaned.from_labelled`."""
    with path.open("rb") as file:
        engine = "h5netcdf" if file.read(len(HDF)) == HDF else "scipy"
    # numbers as they are: a time axis in seconds must not become dates
    with xr.open_dataset(path, engine=engine, decode_times=False) as dataset:
        return from_labelled(dataset)


register(Format("a NetCDF file (.nc)", (b"CDF\x01", b"CDF\x02", HDF), read))
