"""NetCDF 3 and 4."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from mirror_core.analysis.validation import RecordingError
from mirror_core.arrays import MODES
from mirror_core.recordings.cleaned import from_labelled, require
from mirror_core.recordings.containers import SECONDS, same_measure
from mirror_core.recordings.formats.base import Arrays, Contents, Format, register
from mirror_core.recordings.formats.describing import described
from mirror_core.recordings.formats.fields import session_of
from mirror_core.recordings.formats.hdf5 import named
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session, check_size

HDF = b"\x89HDF\r\n\x1a\n"
"""How NetCDF 4 begins; NetCDF 3 begins with its own name."""

FILL = {
    "f4": 9.969209968386869e36, "f8": 9.969209968386869e36, "i2": -(2**15) + 1, "i4": -(2**31) + 1, "i8": -(2**63) + 2,
}  # fmt: skip
"""NetCDF's fill values where none is declared, of the types that have one that no data have."""


def read(path: Path, layout: Layout) -> Arrays | Session:
    """Read labelled arrays, see `mirror_core.recordings.cleaned.from_labelled`.

    With arrays of the conditions of each mode's trials, `perform` and `observe` have the dimensions time, unit and a
    third, that of their trials. The coordinates time and unit, and arrays along unit, describe bins and units.
    """
    with _opened(path) as dataset:
        if "mode" in dataset.coords:
            dataset = dataset.assign_coords(mode=_labels(dataset["mode"]))
        groups = [name for name in dataset.variables if name != "unit" and dataset[name].dims == ("unit",)]
        dataset = dataset.assign_coords({name: ("unit", _labels(dataset[name])) for name in groups})
        own = [getattr(layout, f"{mode}_conditions") or f"{mode}_conditions" for mode in MODES]
        one_for_both = any("mode" in array.dims for array in dataset.data_vars.values())
        if {*layout.given} <= ({*MODES} if one_for_both else set()) and not all(name in dataset for name in own):
            return from_labelled(dataset, tuple(getattr(layout, mode) or mode for mode in MODES))
        names = [str(name) for name in dataset.variables]
        fields = {}
        for mode in MODES:
            name = require(getattr(layout, mode) or mode, names)
            dims = [*(str(dim) for dim in dataset[name].dims if dim not in ("time", "unit")), "time", "unit"]
            if set(dims) != set(dataset[name].dims) or len(dims) != 3:
                raise RecordingError(
                    f"{name} has dimensions ({', '.join(map(str, dataset[name].dims))}): two must be named time and "
                    "unit, and the third is that of its trials."
                )
            fields[name] = dataset[name].transpose(*dims).values
        same_measure({name: dataset[name] for name in list(fields)})
        fields |= {name: _labels(dataset[require(name, names)]) for name in own}
        fields |= {str(name): _labels(dataset[name]) for name in (*groups, *({"unit"} & {*dataset.coords}))}
        layout = layout.change(groups=tuple(map(str, groups)), unit="unit" if "unit" in dataset.coords else None)
        notes = ()
        if "time" in dataset.coords:
            unit = str(dataset["time"].attrs.get("units", ""))
            if scale := SECONDS.get(unit.lower()):
                fields["time"] = dataset["time"].values * scale
                layout = layout.change(times="time")
            elif unit:
                notes = (f"The times of the bins are not used: they are in {unit!r}, which is no unit of time.",)
        session = session_of(fields, layout, ("trial", "time", "unit"))
        return replace(session, notes=(*session.notes, *notes))


def contents(path: Path) -> Contents:
    """Return all arrays."""
    with _opened(path) as dataset:
        fields = tuple(described(str(name), array.values) for name, array in dataset.variables.items())
    return Contents(fields, Layout())


@contextmanager
def _opened(path: Path) -> Iterator[xr.Dataset]:
    with path.open("rb") as file:
        hdf = file.read(len(HDF)) == HDF
    how = {"engine": "h5netcdf", "phony_dims": "sort"} if hdf else {"engine": "scipy"}
    # numbers as they are: a time axis in seconds must not become dates
    with xr.open_dataset(path, decode_times=False, **how) as dataset:
        for name, array in dataset.variables.items():
            check_size(str(name), float(np.prod(array.shape, dtype=float)) * array.dtype.itemsize)
        if hdf and not dataset.variables and (inside := _in_groups(path)):
            raise RecordingError(
                f"its arrays are in groups ({', '.join(inside[:6])}{', …' * (len(inside) > 6)}): arrays must be at the "
                "top of an HDF5 file."
            )
        yield dataset.map(_valid, keep_attrs=True)


def _in_groups(path: Path) -> list[str]:
    """Return the names of the arrays in the groups of an HDF5 file, with those of the groups."""
    found: list[str] = []
    with h5py.File(path) as file:
        file.visititems(lambda name, one: found.append(name) if isinstance(one, h5py.Dataset) else None)
    return found


def _valid(array: xr.DataArray) -> xr.DataArray:
    """Return an array that is NaN where NetCDF says that there is no value, beside the fill value that xarray knows.

    Those are values outside of `valid_range`, `valid_min` and `valid_max`, and, where an array declares no fill value,
    the one that its type has by default: so begins what is never written.
    """
    attrs, stored = array.attrs, array.encoding
    if array.dtype.kind not in "fiu":
        return array
    low, high = attrs.get("valid_range", (attrs.get("valid_min"), attrs.get("valid_max")))
    scale, offset = stored.get("scale_factor", 1), stored.get("add_offset", 0)  # limits are those of what is stored
    low, high = (low, high) if scale > 0 else (high, low)
    for limit, beyond in ((low, np.less), (high, np.greater)):
        if limit is not None:
            array = array.where(~beyond(array, limit * scale + offset))
    fill = FILL.get(np.dtype(stored.get("dtype", array.dtype)).str[1:])
    if fill is not None and not {"_FillValue", "missing_value"} & {*attrs, *stored}:
        missing = array == np.dtype(array.dtype).type(fill)
        if missing.any():
            array = array.where(~missing)
    array.attrs = attrs
    return array


def _labels(array: xr.DataArray) -> np.ndarray:
    """Return labels; of codes whose meanings the file gives (`flag_values` and `flag_meanings`, or their type), these.

    Raises
    ------
    RecordingError
        If there is not a meaning for each code.
    """
    if {"flag_values", "flag_meanings"} <= {*array.attrs}:
        codes = np.atleast_1d(array.attrs["flag_values"]).tolist()
        meanings = str(array.attrs["flag_meanings"]).split()
        if len(codes) != len(meanings):
            raise RecordingError(
                f"{array.name} has {len(codes)} flag_values and {len(meanings)} flag_meanings: one each is needed."
            )
        return named(array.values, dict(zip(codes, meanings, strict=True)))
    of_type = getattr(array.encoding.get("dtype"), "metadata", None) or {}
    if "enum" in of_type:  # xarray leaves the names of NetCDF's enumerations there
        return named(array.values, {code: name for name, code in of_type["enum"].items()})
    return array.values


register(
    Format(
        "a NetCDF file (.nc)",
        (b"CDF\x01", b"CDF\x02", HDF),
        read,
        contents,
        options=("perform_conditions", "observe_conditions", "window", "bin"),
    )
)
