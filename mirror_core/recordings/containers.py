"""What other libraries' arrays say beside their numbers: masks, names of dimensions, labels, units of measurement.

All of it is honoured or refused: what is left is a plain array that can be read by position.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from mirror_core.analysis.validation import RecordingError

SECONDS = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0,
    "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microsecond": 1e-6, "microseconds": 1e-6,
    "min": 60.0, "minute": 60.0, "minutes": 60.0,
}  # fmt: skip
"""Units of time, in seconds."""

LONGEST = 1e9
"""Seconds that a time may have at most."""

LARGE = 1e100
"""Values from its inverse up to this have squares that can be added up in double precision."""


def plain(name: str, values: object, dimensions: tuple[str, ...]) -> np.ndarray:
    """Return the values of any array as NumPy's: dimensions in order, NaN (of what is no number, None) where masked.

    Parameters
    ----------
    values
        An array of xarray, its dimensions found by their names; one of pandas, whose labels must not contradict the
        order of its rows; a masked array; or whatever NumPy makes an array of.
    dimensions
        Their names, in the order that is wanted.

    Raises
    ------
    RecordingError
        If dimensions have other names, labels say another order, or it is no array.
    """
    if isinstance(values, xr.DataArray):
        values = in_order(name, values, dimensions).values
    elif isinstance(values, pd.Series | pd.DataFrame):
        values = _of_pandas(name, values)
    elif isinstance(values, list | tuple):
        if any(isinstance(one, xr.DataArray | pd.Series | pd.DataFrame) for one in values):
            raise RecordingError(f"{name} is a list of labelled arrays: it must be one array.")
        if any(isinstance(one, np.ma.MaskedArray) for one in values):
            values = np.ma.array(values)
    if isinstance(values, np.ma.MaskedArray):
        return _filled(values)
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists, tensors with a gradient
        raise RecordingError(f"{name} is no array of numbers ({' '.join(str(error).split())}).") from error


def in_order(name: str, array: xr.DataArray, dimensions: tuple[str, ...]) -> xr.DataArray:
    """Return an array with its dimensions in order, found by their names.

    Raises
    ------
    RecordingError
        If they have other names.
    """
    if set(array.dims) != set(dimensions):
        raise RecordingError(
            f"{name} has dimensions ({', '.join(map(str, array.dims))}): they must be named {', '.join(dimensions)}, "
            "in any order."
        )
    return array.transpose(*dimensions)


def aligned(arrays: Mapping[str, object], dimensions: Collection[str]) -> dict[str, object]:
    """Return arrays whose labels along each dimension are in the order of the first that has any.

    Parameters
    ----------
    arrays
        By name; those that are not xarray's have no labels, and stay as they are.
    dimensions
        Along which they must have the same.

    Raises
    ------
    RecordingError
        If one has labels that another lacks.
    """
    first: dict[str, tuple[str, pd.Index]] = {}
    found = dict(arrays)
    for name, array in arrays.items():
        for dimension in dimensions:
            if not isinstance(array, xr.DataArray) or dimension not in array.indexes:
                continue
            index = array.indexes[dimension]
            other, wanted = first.setdefault(dimension, (name, index))
            if index.equals(wanted) or _close(index, wanted):
                continue
            if not (index.is_unique and wanted.is_unique and set(index) == set(wanted)):
                raise RecordingError(f"{name} and {other} have other labels of {dimension}: they must be the same.")
            array = array.sel({dimension: wanted})
        found[name] = array
    return found


def labels_of(name: str, values: object, dimension: str) -> np.ndarray | None:
    """Return the labels of an array along a dimension; None where they are missing, or count from 0.

    Raises
    ------
    RecordingError
        If two are the same.
    """
    if not isinstance(values, xr.DataArray) or dimension not in values.indexes:
        return None
    index = values.indexes[dimension]
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise RecordingError(f"{name} has {dimension} {twice!r} twice: each must have a label of its own.")
    labels = index.to_numpy()
    return None if np.array_equal(labels, np.arange(len(labels))) else labels


def same_measure(arrays: Mapping[str, object]) -> None:
    """Refuse arrays that say that they are in different units of measurement."""
    known = {name: unit for name, array in arrays.items() if (unit := measure(array))}
    if len(set(known.values())) > 1:
        said = " and ".join(f"{name} is in {unit!r}" for name, unit in known.items())
        raise RecordingError(f"{said}: they must be in the same unit of measurement.")


def measure(values: object) -> str:
    """Return the unit of measurement that an array says it is in; "" where it says nothing."""
    if isinstance(values, xr.DataArray):
        return str(values.attrs.get("units", "")).strip() or measure(values.variable._data)
    if isinstance(values, pd.Series | pd.DataFrame):
        return ""
    unit = getattr(values, "units", None) or getattr(values, "unit", None)  # those of Pint, Quantities, Astropy
    return "" if unit is None or callable(unit) else str(unit).removeprefix("1.0 ").strip()


def seconds(name: str, values: object) -> np.ndarray:
    """Return times in seconds; those in another unit of time, where the array says so, are converted.

    Raises
    ------
    RecordingError
        If they are dates, no numbers, or in a unit that is not one of time.
    """
    unit = measure(values)
    array = plain(name, values, tuple(map(str, values.dims)) if isinstance(values, xr.DataArray) else ())
    if array.dtype.kind == "m":
        return array / np.timedelta64(1, "ns") / 1e9
    if array.dtype.kind in "Mc":
        what = {"M": "dates", "c": "complex numbers"}[array.dtype.kind]
        raise RecordingError(f"{name} are {what}: they must be numbers of seconds.")
    if unit and unit not in SECONDS:
        raise RecordingError(f"{name} are in {unit!r}: they must be in seconds, or one of {', '.join(SECONDS)}.")
    try:
        return array.astype(float) * SECONDS[unit or "s"]
    except (TypeError, ValueError) as error:
        raise RecordingError(f"{name} are no numbers ({error}): they must be in seconds.") from error


def in_seconds(name: str, times: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return times in seconds, and a note where the name of their column says another unit: "time_ms", "t (ms)"."""
    ending = re.search(r"(?:[\s_.]|[\s_.]?[(\[])([a-zµμ]+)[)\]]?$", name.lower())
    scale = SECONDS.get(ending.group(1), 1.0) if ending else 1.0
    if scale == 1.0:
        return times, ()
    return times * scale, (f"{name} is taken to be in {ending.group(1)}, by its name: it was made seconds.",)


def in_range(name: str, activity: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return activity (…, unit) whose squares floats can hold, multiplied by a power of two if need be, and a note.

    Raises
    ------
    RecordingError
        If units differ so much in size that no power of two does.
    """
    with np.errstate(over="ignore"):
        high, low = (fold(activity, axis=(0, 1), where=np.isfinite(activity), initial=initial)
                     for fold, initial in ((np.max, -np.inf), (np.min, np.inf)))  # fmt: skip
        most = np.maximum(np.abs(high), np.abs(low))
        spread = high - low  # infinite where it is larger than any number
    most, spread = most[np.isfinite(most) & (most > 0)], spread[spread > 0]
    if not len(most) or not len(spread):
        return activity, []
    largest, smallest = float(most.max()), float(spread.min())
    if smallest > 1 / LARGE and largest < LARGE:
        return activity, []
    if smallest < largest / LARGE:
        raise RecordingError(
            f"{name} has units that vary by {smallest:.0e} beside values of {largest:.0e}: they may be a factor of "
            f"{LARGE:.0e} apart."
        )
    power = -int(np.frexp(largest)[1])
    return np.ldexp(activity.astype(float), power), [f"{name} was multiplied by 2^{power}: it has {largest:.0e}."]


def _of_pandas(name: str, values: pd.Series | pd.DataFrame) -> np.ndarray:
    for axis, labels in zip(("rows", "columns"), values.axes, strict=False):
        counted = np.arange(len(labels))
        if labels.dtype.kind in "iu" and not np.array_equal(labels, counted) and set(labels) == set(counted):
            raise RecordingError(
                f"{name} has {axis} labelled 0 to {len(labels) - 1} in another order: sort them, or pass .to_numpy()."
            )
    array = values.to_numpy()
    missing = values.isna().to_numpy()
    if not missing.any() or array.dtype.kind == "f":
        return array
    kinds = values.dtypes if isinstance(values, pd.DataFrame) else [values.dtype]
    return _filled(np.ma.masked_array(array, missing), numbers=all(map(pd.api.types.is_numeric_dtype, kinds)))


def _filled(values: np.ma.MaskedArray, *, numbers: bool | None = None) -> np.ndarray:
    missing = np.ma.getmaskarray(values)
    if not missing.any():
        return np.asarray(values)
    if values.dtype.kind == "f":
        return np.where(missing, values.dtype.type(np.nan), values.data)
    if numbers or (numbers is None and values.dtype.kind in "iub"):
        return np.where(missing, np.nan, np.where(missing, 0, values.data).astype(float))
    return np.where(missing, None, values.data.astype(object))


def _close(one: pd.Index, other: pd.Index) -> bool:
    """Return whether labels are numbers that differ by their rounding only."""
    numbers = all(index.dtype.kind in "fiu" for index in (one, other)) and "f" in one.dtype.kind + other.dtype.kind
    return numbers and len(one) == len(other) and np.allclose(one, other, rtol=1e-9, atol=1e-9)
