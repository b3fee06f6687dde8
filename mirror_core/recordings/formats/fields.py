"""Named arrays, as MATLAB, NumPy and NetCDF keep them: which is the activity, and which axis is which."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import numpy as np

from mirror_core.analysis.validation import RecordingError
from mirror_core.arrays import MODES
from mirror_core.checks import OptionError
from mirror_core.recordings.cleaned import require
from mirror_core.recordings.containers import in_seconds, seconds
from mirror_core.recordings.formats.base import Arrays, Contents
from mirror_core.recordings.formats.describing import described, proposed
from mirror_core.recordings.layout import AXES, Layout
from mirror_core.recordings.sessions import Session, binned, check_size
from mirror_core.recordings.trials import as_text

Fields = Mapping[str, np.ndarray]
"""Name → numbers, text, or an array of objects: one array (or word) for each trial."""

OPTIONS = (
    "perform_conditions", "observe_conditions", "data", "axes", "times", "step", "first", "window", "bin", "unit",
    "groups",
)  # fmt: skip
"""What of a layout says which array is what."""


def arrays_or_session(fields: Fields, layout: Layout, axes: tuple[str, ...] = ()) -> Arrays | Session:
    """Return perform, observe and actions where no array says what each trial of a mode is, else the trials."""
    names = [getattr(layout, mode) or mode for mode in MODES]
    own = [getattr(layout, f"{mode}_conditions") or f"{mode}_conditions" for mode in MODES]
    if layout.data is not None or any(name in fields for name in own) or layout.given.keys() & {*own}:
        return session_of(fields, layout, axes)
    if layout.condition or layout.mode or layout.halves:
        raise OptionError(
            "data is missing (--data): it must name the array of activity whose trials mode and condition describe."
        )
    axes = layout.axes or axes
    arrays = [fields[require(name, list(fields))] for name in names]
    actions = fields.get("actions")
    if axes == AXES:
        return *arrays, actions
    if actions is not None and [axis for axis in axes if axis != "unit"] == ["time", "trial"]:
        actions = actions.T
    return *(oriented(name, array, {}, axes) for name, array in zip(names, arrays, strict=True)), actions


def session_of(fields: Fields, layout: Layout, axes: tuple[str, ...] = ()) -> Session:
    """Return the trials of named arrays.

    Parameters
    ----------
    fields
        All arrays of a file by name.
    layout
        `data` names the activity of all trials (one array, or an array of objects, one for each trial), `mode` and
        `condition` what each trial is; or `perform` and `observe` name the activity of each mode, `perform_conditions`
        and `observe_conditions` what each trial is.
    axes
        Order of the axes in files of this format, where that is agreed.

    Raises
    ------
    OptionError
        If the layout does not say which axis is which, and the numbers of trials, samples and units do not either.
    RecordingError
        If an array is missing or does not fit.
    """
    names = list(fields)
    axes = layout.axes or axes
    units = {name: _of_units(name, fields[require(name, names)]) for name in layout.groups}
    labels = None if layout.unit is None else _column(layout.unit, fields[require(layout.unit, names)])
    n_units = {len(column) for column in units.values()} | ({len(labels)} if labels is not None else set())
    if len(n_units) > 1:
        raise RecordingError(f"{', '.join(units)} have {sorted(n_units)} values: each must have one a unit.")
    times = None if layout.times is None else _times(layout.times, fields[require(layout.times, names)])
    known = {"unit": n_units.pop() if n_units else None, "time": None if times is None else len(times)}
    if layout.data is not None:
        if not layout.condition:
            raise OptionError(f"condition is missing (--condition): it must name one of {', '.join(names)}.")
        given = fields[require(layout.data, names)]
        like = np.shape(given) if given.dtype == object else ()  # a cell of trials, and one of what each is
        trials = {
            name: _column(name, fields[require(name, names)], like)
            for name in dict.fromkeys((*filter(None, [layout.mode]), *layout.condition, *layout.only_of))
            if name not in units
        }
        data = activity(layout.data, given, known, axes, trials)
    else:
        parts, conditions = [], []
        for mode in MODES:
            own = require(getattr(layout, f"{mode}_conditions") or f"{mode}_conditions", names)
            conditions.append(_column(own, fields[own]))
            name = require(getattr(layout, mode) or mode, names)
            parts.append(activity(name, fields[name], known, axes, {own: conditions[-1]}))
        if parts[0].shape[2] != parts[1].shape[2]:
            raise RecordingError(
                f"perform has {parts[0].shape[2]} units and observe {parts[1].shape[2]}: they must be the same."
            )
        data = _padded([trial for part in parts for trial in part])
        trials = {"mode": np.repeat(MODES, [len(part) for part in parts]), "condition": np.concatenate(conditions)}
    if times is None and layout.step is not None:
        times = (layout.first or 0.0) + layout.step * np.arange(data.shape[1])
    session = Session(data, trials, units, () if labels is None else tuple(labels.tolist()), times)
    return binned(session, layout)


def activity(
    name: str, array: np.ndarray, known: dict[str, int | None], axes: tuple[str, ...], trials: dict[str, np.ndarray]
) -> np.ndarray:
    """Return activity as floats (trial, time, unit), from one array, or from one array a trial."""
    for column, labels in trials.items():
        n = len(labels)
        if known.setdefault("trial", n) != n:
            raise RecordingError(f"{column} has {n} values and others {known['trial']}: there must be one a trial.")
    n_trials = known.pop("trial")
    if array.dtype != object:
        return oriented(name, array, known | {"trial": n_trials}, axes)
    if array.size != n_trials:
        raise RecordingError(
            f"{name} has {array.size} arrays (shape {array.shape}) and there are {n_trials} trials: one each."
        )
    of_trial = tuple(axis for axis in axes if axis != "trial")
    # the longest is as long as the times; shorter ones have ended
    shapes = [np.shape(trial) for trial in array.ravel()]
    longest = max(shapes, key=lambda shape: np.prod(shape, dtype=float))
    order = of_trial or order_of(name, longest, known, ("time", "unit"))
    known = {"unit": known["unit"], "time": None}
    return _padded([oriented(name, np.asarray(trial), known, order)[0] for trial in array.ravel()])


def oriented(name: str, array: np.ndarray, known: dict[str, int | None], axes: tuple[str, ...] = ()) -> np.ndarray:
    """Return an array as floats (trial, time, unit); an axis that it lacks has length one.

    Parameters
    ----------
    known
        Axis → its length, or None where that is not known.
    axes
        The order of its axes; found by their lengths if empty.
    """
    if array.dtype.kind not in "fiub":
        raise RecordingError(f"{name} has dtype {array.dtype}: it must hold real numbers.")
    check_size(name, 8.0 * array.size)
    axes = axes or order_of(name, array.shape, known, AXES)
    shape = array.shape + (1,) * (len(axes) - array.ndim)  # MATLAB drops a last axis of length one
    while len(shape) > len(axes) and 1 in shape:  # and has no array of fewer than two axes
        shape = tuple(np.delete(shape, shape.index(1)))
    if len(shape) != len(axes):
        raise OptionError(f"{name} has shape {array.shape}: axes = {','.join(axes)} must name each of its axes.")
    for axis, size in zip(axes, shape, strict=True):
        if known.get(axis) not in (None, size):
            raise OptionError(
                f"{name} has shape {array.shape}, {size} along {axis} by axes = {','.join(axes)}, but there are "
                f"{known[axis]} {axis}s: axes (--axes) must name them in the order of the array."
            )
    array = array.reshape(shape).astype(float, copy=False)
    array = array.reshape(shape + (1,) * (3 - len(axes)))
    order = (*axes, *(axis for axis in AXES if axis not in axes))
    return array.transpose([order.index(axis) for axis in AXES])


def order_of(name: str, shape: tuple[int, ...], known: dict[str, int | None], axes: tuple[str, ...]) -> tuple[str, ...]:
    """Return which axis is which, by the lengths that are known.

    Raises
    ------
    OptionError
        If more than one order, or none, fits.
    """
    fits = [
        order
        for order in permutations(axes, min(len(shape), len(axes)))
        if all(known.get(axis) in (None, size) for axis, size in zip(order, shape, strict=False))
        and all(known.get(axis) in (None, 1) for axis in axes if axis not in order)
    ]
    if len(fits) != 1 or len(shape) > len(axes):
        counts = ", ".join(f"{n} {axis}s" for axis, n in known.items() if n is not None) or "no number of them"
        how = "several orders fit" if fits else "no order fits"
        raise OptionError(
            f"{name} has shape {shape}, and {counts} known: {how}; axes (--axes) must say which axis is which, for "
            f"example {','.join(axes)}, or times (--times), unit (--unit) or groups (--groups) tell by their number."
        )
    return fits[0]


def _padded(trials: list[np.ndarray]) -> np.ndarray:
    """Return trials (time, unit) of different lengths as one array, NaN where one has ended."""
    n_units = {trial.shape[1] for trial in trials}
    if len(n_units) > 1:
        raise RecordingError(f"trials have {min(n_units)} to {max(n_units)} units: all must have the same.")
    longest = max(map(len, trials))
    check_size("the activity", 8.0 * len(trials) * longest * max(n_units))
    data = np.full((len(trials), longest, n_units.pop()), np.nan)
    for row, trial in zip(data, trials, strict=True):
        row[: len(trial)] = trial
    return data


def _times(name: str, array: np.ndarray) -> np.ndarray:
    """Return the times of samples; of one array a trial the longest, which the others must begin like."""
    parts = [
        in_seconds(name, seconds(name, np.asarray(part)).ravel())[0]
        for part in (array.ravel() if array.dtype == object else [array])
    ]
    longest = max(parts, key=len)
    if np.isnan(longest).any():
        raise RecordingError(f"{name} has {np.isnan(longest).sum()} values that are missing: each sample has a time.")
    if not all(np.allclose(part, longest[: len(part)], atol=1e-6) for part in parts):
        raise RecordingError(f"{name} differs between trials: all must have the same times from the event.")
    return longest


def _column(name: str, array: np.ndarray, like: tuple[int, ...] = ()) -> np.ndarray:
    """Return a column as text; one with several values a row is never taken apart."""
    shape = np.shape(array)
    if np.size(array) > max(shape, default=1) and shape != like:
        raise RecordingError(f"{name} has shape {shape}: it must have one value for each trial or unit.")
    return as_text(array)


def _of_units(name: str, array: np.ndarray) -> np.ndarray:
    """Return what a column says of each unit; one array a trial must say the same in all."""
    if array.dtype == object and array.size and np.size(array.flat[0]) > 1:
        first = array.flat[0]
        if not all(np.array_equal(first, other) for other in array.flat):
            raise RecordingError(f"{name} differs between trials: a group must say the same of a unit in all.")
        array = first
    return _column(name, array)


def contents_of(fields: Fields) -> Contents:
    """List fields; propose the largest as the activity, and tell by their lengths what others have one value of."""
    if all(mode in fields for mode in MODES):
        return Contents(tuple(described(name, one) for name, one in fields.items()), Layout())
    data = max(fields, key=lambda name: _numbers_in(fields[name]), default=None)
    if data is None or not _numbers_in(fields[data]):
        return Contents(tuple(described(name, one) for name, one in fields.items()), Layout())
    shape, n_trials = fields[data].shape, fields[data].size
    if fields[data].dtype == object:
        shape = np.shape(fields[data].flat[0])
    else:
        words = [one.size for one in fields.values() if one.dtype.kind in "UO" and one.size in shape]
        n_trials = max(words, key=words.count, default=None)

    def of(name: str, field: np.ndarray) -> str:
        separate = field.dtype == object and field.size and np.size(field.flat[0]) > 1
        one = np.asarray(field.flat[0]) if separate else field
        if not separate and name != data and field.size == n_trials:
            return "trial"
        if name == data or one.size < 2 or max(one.shape) < one.size or one.size not in shape:
            return ""
        return "time" if _rising(one) else "unit"

    listed = [described(name, one, of(name, one)) for name, one in fields.items()]
    times = next((one.name for one in listed if one.of == "time"), None)
    groups = tuple(one.name for one in listed if one.of == "unit")
    axes = ()
    if times is None and not groups and fields[data].dtype != object and len(shape) == 2 and n_trials:
        axes = ("trial", "time") if shape[0] == n_trials else ("time", "trial")
    return Contents(tuple(listed), proposed(listed, data=data, times=times, groups=groups, axes=axes))


def _rising(one: np.ndarray) -> bool:
    return one.dtype.kind in "fiu" and bool((np.diff(one.ravel().astype(float)) > 0).all())


def _numbers_in(one: np.ndarray) -> int:
    """Return how many numbers a field has; 0 for what is no activity."""
    if one.dtype == object:
        parts = [part for part in one.flat if isinstance(part, np.ndarray) and part.dtype.kind in "fiub"]
        sizes = [part.size for part in parts]
        return sum(sizes) if len(parts) == one.size and max(sizes, default=0) > 1 else 0
    return one.size if one.dtype.kind in "fiub" and max(one.shape, default=0) < one.size else 0
