"""Recordings as they come, checked and cleaned: what is wrong is an error, what is left out is said."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from mirror_core.analysis.correlation import unit_length
from mirror_core.analysis.validation import RecordingError, checked_actions, checked_pair, checked_recording
from mirror_core.arrays import DIMENSIONS, MODES
from mirror_core.checks import one_of
from mirror_core.recordings.containers import aligned, in_order, in_range, labels_of, plain, same_measure
from mirror_core.recordings.trials import Trials, as_text

DROPS = {"sequences": 0, "units": 2}
"""What can be left out where values are not finite, and its axis."""

LEAST_SEQUENCES = 4
"""Sequences in which an action must occur: two in each half that decoders are trained and tested on."""

NAMED = 12
"""How many units or sequences a note names one by one."""


@dataclass(frozen=True, eq=False)  # two are the same only if they are one: arrays have no other hash
class Recordings:
    """Two recordings that every analysis can use, and how they came to be so."""

    perform: np.ndarray
    """Activations (sequence, time, unit) while performing."""
    observe: np.ndarray
    """The same while observing."""
    actions: np.ndarray | None
    """Action of each timestep (sequence, time), whole numbers; None where there are none."""
    units: np.ndarray
    """Number of each unit in the arrays as they came, from 0, or its name: constant ones are missing here."""
    notes: tuple[str, ...] = field(default=())
    """What was left out and why, a sentence each."""
    trials: Trials | None = None
    """Where the modes have trials of their own: these; a sequence is then the mean over a condition's trials."""
    n_recorded: int = 0
    """Number of units, those among them that are constant in a mode and were left out."""
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    """What is known of the units, for example {"animal": (unit,) text}."""

    @property
    def n_actions(self) -> int:
        """Number of different actions; 0 where there are none."""
        return 0 if self.actions is None else len(np.unique(self.actions))

    @property
    def of_row(self) -> str:
        """What a row of `perform` is of: a "sequence", or a "condition", over whose trials it is the mean."""
        return "sequence" if self.trials is None else "condition"


def prepare(
    perform: ArrayLike, observe: ArrayLike, actions: ArrayLike | None = None, *, drop_nan: str | None = None
) -> Recordings:
    """Check recordings, and leave out units that are constant in a mode: nothing can be correlated with them.

    Parameters
    ----------
    perform, observe
        Activations (sequence, time, unit), any unit of measurement; row i of both is the same episode. Of xarray's
        arrays dimensions are found by name, rows by their labels, and the labels of units are their names; further
        coordinates of units, such as `animal`, are groups of them; what is masked is missing.
    actions
        Action of each timestep (sequence, time), whole numbers of any integer or floating type.
    drop_nan
        What to leave out where a value is not finite: "sequences", "units", or None for an error instead.

    Raises
    ------
    RecordingError
        If the arrays cannot be analysed; names the array, what it has and what it must have.
    OptionError
        If `drop_nan` is none of these.
    """
    if drop_nan is not None:
        one_of("drop_nan", drop_nan, DROPS)
    given = dict(zip(MODES, (perform, observe), strict=True))
    same_measure(given)
    given = aligned(given | {"actions": actions}, DIMENSIONS)
    modes = [_numeric(name, given[name]) for name in MODES]
    checked_pair(*map(_finite, modes))
    labels = [found for name in MODES if (found := labels_of(name, given[name], "unit")) is not None]
    if actions is not None:
        actions = plain("actions", given["actions"], DIMENSIONS[:2])
        if actions.shape != modes[0].shape[:2]:
            checked_actions(np.zeros(actions.shape, int), modes[0].shape)  # says what the shape must be
    groups = _groups(given)
    units = labels[0] if labels else np.arange(modes[0].shape[2])
    units = as_text(units) if units.dtype.kind not in "iu" else units
    all_units = units
    modes, actions, units, dropped = _without_gaps(modes, actions, units, drop_nan)
    if actions is not None:
        actions = _whole(actions)
        checked_actions(actions, modes[0].shape)
        _refuse_rare(actions)
    n_recorded = len(units)
    modes, scaled = zip(*map(in_range, MODES, modes), strict=True)
    modes, units, constant = _without_constants(modes, units)
    notes = (*dropped, *sum(scaled, []), *constant)
    groups = {name: of_all[np.isin(all_units, units)] for name, of_all in groups.items()}
    return Recordings(*modes, actions, units, notes, n_recorded=n_recorded, groups=groups)


def of_trials(trials: Trials) -> Recordings:
    """Return the mean response to every condition as if it were a sequence, with the trials behind it.

    Time bins at which a condition has no value in a mode are left out, and so are units that are constant in a mode.

    Raises
    ------
    RecordingError
        If there are fewer than two conditions or nothing is left.
    """
    names = np.unique(trials.perform_conditions)
    if len(names) < 2:
        raise RecordingError(f"there is one condition, {str(names[0])!r}: at least two are needed.")
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a mean of nothing is NaN, and dealt with
        modes = [
            np.stack([np.nanmean(activity[labels == name], axis=0) for name in names])
            for activity, labels in (
                (trials.perform, trials.perform_conditions),
                (trials.observe, trials.observe_conditions),
            )
        ]
    full = np.logical_and(*(np.isfinite(mode).all(axis=(0, 2)) for mode in modes))
    if not full.any():
        raise RecordingError("there is no time bin at which every condition has a value of every unit in both modes.")
    notes = [*trials.notes]
    if not full.all():
        notes.append(f"{_which('time bins', np.flatnonzero(~full), len(full))} left out: not every condition has them.")
    modes, units, constant = _without_constants([mode[:, full] for mode in modes], np.array(trials.units))
    actions = np.repeat(np.arange(len(names))[:, None], full.sum(), axis=1)
    kept = np.isin(trials.units, units)
    of_units = replace(
        trials,
        perform=trials.perform[..., kept],
        observe=trials.observe[..., kept],
        units=tuple(units.tolist()),
        groups={name: labels[kept] for name, labels in trials.groups.items()},
    )
    return Recordings(*modes, actions, units, (*notes, *constant), of_units, len(trials.units), of_units.groups)


def from_labelled(
    recording: xr.DataArray | xr.Dataset, modes: tuple[str, str] = MODES
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray | None]:
    """Return perform, observe and actions of labelled arrays, in memory, their dimensions in order.

    Parameters
    ----------
    recording
        A dataset with `perform` and `observe` (sequence, time, unit) and perhaps `actions` (sequence, time); or an
        array, alone or in a dataset, with a dimension `mode` that has "perform" and "observe", and perhaps a
        coordinate `action` (sequence, time), as `mirror_core.recordings.of_networks.record` returns. Arrays along
        `unit`, such as `animal`, are groups of units.
    modes
        The arrays, or values of the dimension `mode`, that are taken for performing and observing, such as "perform"
        and "observe/mirrored".

    Raises
    ------
    RecordingError
        If an array or a dimension is missing; names what there is.
    """
    dataset = recording if isinstance(recording, xr.Dataset) else recording.to_dataset(name=recording.name or "array")
    dataset = dataset.set_coords([name for name in dataset.data_vars if dataset[name].dims == ("unit",)])
    names = [str(name) for name in dataset.variables]
    both = [str(name) for name, array in dataset.data_vars.items() if "mode" in array.dims]
    if both and not set(modes) <= set(names):
        if len(both) > 1:
            raise RecordingError(f"the arrays {', '.join(both)} all have a dimension mode: there must be one of them.")
        array = dataset[both[0]]
        labels = [str(label) for label in array["mode"].values]
        if not set(modes) <= set(labels):
            raise RecordingError(
                f"{both[0]} has modes {', '.join(labels)}: it must have {' and '.join(modes)} (coordinate mode)."
            )
        array = array.assign_coords(mode=labels)
        found = [array.sel(mode=mode, drop=True) for mode in modes]
    else:
        found = [dataset[require(mode, names)] for mode in modes]
    perform, observe = (in_order(mode, one, DIMENSIONS).load() for mode, one in zip(modes, found, strict=True))
    named = next((name for name in ("actions", "action") if name in names), None)
    return perform, observe, None if named is None else in_order(named, dataset[named], DIMENSIONS[:2]).load()


def require(name: str, names: list[str]) -> str:
    """Return a name if there is an array of it.

    Raises
    ------
    RecordingError
        If not; offers the nearest names and lists all.
    """
    import difflib

    if name not in names:
        near = difflib.get_close_matches(name, names, n=2, cutoff=0.4)
        hint = f" Did you name it {' or '.join(map(repr, near))}?" if near else ""
        raise RecordingError(f"there is no array {name!r}.{hint} There: {', '.join(names) or 'none'}.")
    return name


def _numeric(name: str, activity: ArrayLike) -> np.ndarray:
    """Return one recording as floats, finite or not."""
    activity = plain(name, activity, DIMENSIONS)
    checked_recording(name, _finite(activity))
    with np.errstate(over="ignore"):  # a long double that is too large is infinite, and refused as such
        return activity if activity.dtype in (np.float32, np.float64) else activity.astype(float)


def _groups(arrays: Mapping[str, object]) -> dict[str, np.ndarray]:
    """Return what labelled arrays say of each unit beside its name, as text; both modes must say the same."""
    found: dict[str, np.ndarray] = {}
    for array in arrays.values():
        coords = array.coords.items() if isinstance(array, xr.DataArray) else ()
        for name, coord in coords:
            if name == "unit" or coord.dims != ("unit",):
                continue
            words = as_text(coord.values)
            if not np.array_equal(found.setdefault(str(name), words), words):
                raise RecordingError(f"perform and observe have other {name} of units: it must be the same of a unit.")
    return found


def _finite(activity: np.ndarray) -> np.ndarray:
    """Return an array with zeros for what is not finite, to check all else about it."""
    return np.where(np.isfinite(activity), activity, 0) if activity.dtype.kind == "f" else activity


def _without_gaps(
    modes: list[np.ndarray], actions: np.ndarray | None, units: np.ndarray, drop: str | None
) -> tuple[list[np.ndarray], np.ndarray | None, np.ndarray, list[str]]:
    """Leave out what has values that are not finite, or say where they are."""
    gaps = ~np.isfinite(modes[0]) | ~np.isfinite(modes[1])
    lost = np.zeros(len(gaps), bool)
    if actions is not None and actions.dtype.kind == "f":
        lost = ~np.isfinite(actions).all(axis=1)
        if lost.any() and drop != "sequences":
            raise RecordingError(
                f"actions have values that are not finite in {lost.sum()} sequence(s), the first in sequence "
                f"{lost.argmax()}: all must be whole numbers; drop_nan = 'sequences' leaves such sequences out."
            )
    if not gaps.any() and not lost.any():
        return modes, actions, units, []
    if drop is None:
        sequences, in_units = gaps.any(axis=(1, 2)), gaps.any(axis=(0, 1))
        counts = ", ".join(f"{name} {np.sum(~np.isfinite(m))}" for name, m in zip(MODES, modes, strict=True))
        raise RecordingError(
            f"values that are not finite (NaN or infinite): {counts}, in {sequences.sum()} sequence(s), the first "
            f"{sequences.argmax()}, and {in_units.sum()} unit(s), the first {in_units.argmax()}: all must be finite, "
            "or drop_nan (--drop-nan) must be 'sequences' or 'units', to leave such sequences or units out."
        )
    axis = DROPS[drop]
    bad = gaps.any(axis=(1, 2)) | lost if axis == 0 else gaps.any(axis=(0, 1))
    kept = np.flatnonzero(~bad)
    if len(kept) < (2 if axis == 0 else 1):
        raise RecordingError(f"{len(kept)} of {len(bad)} {drop} are without values that are not finite: too few.")
    note = f"{_which(drop, np.flatnonzero(bad), len(bad))} left out, for values that are not finite."
    modes = [mode.take(kept, axis=axis) for mode in modes]
    if axis == 0:
        return modes, None if actions is None else actions[kept], units, [note]
    return modes, actions, units[kept], [note]


def _without_constants(modes: list[np.ndarray], units: np.ndarray) -> tuple[list[np.ndarray], np.ndarray, list[str]]:
    """Leave out the units that are constant in a mode, and say which."""
    constant = [np.isnan(unit_length(mode)).all(axis=(0, 1)) for mode in modes]
    kept = ~(constant[0] | constant[1])
    if not kept.any():
        raise RecordingError(
            f"all {len(units)} units are constant in perform or observe: there is nothing to correlate."
        )
    notes = [
        f"{_which('units', units[flat], len(units))} left out: constant in {name}."
        for name, flat in zip(MODES, constant, strict=True)
        if flat.any()
    ]
    if kept.all():
        return modes, units, notes
    # a mask would leave each unit's values apart in memory, and whatever goes through rows would be slow
    return [np.ascontiguousarray(mode[:, :, kept]) for mode in modes], units[kept], notes


def _which(kind: str, indices: np.ndarray, total: int) -> str:
    """Name some of many: "3 of 96 units (4, 17, 60)"."""
    named = ", ".join(map(str, indices[:NAMED].tolist())) + (", …" if len(indices) > NAMED else "")
    return f"{len(indices)} of {total} {kind} ({named})"


def _whole(actions: np.ndarray) -> np.ndarray:
    """Return actions as integers; floats are fine as long as they are whole."""
    if actions.dtype.kind != "f":
        return actions
    broken = np.argwhere((actions != np.round(actions)) | (np.abs(actions) > 2**53))
    if len(broken):
        sequence, time = broken[0].tolist()
        raise RecordingError(
            f"actions have {len(broken)} values that are not whole numbers, the first ({actions[sequence, time]:g}) at "
            f"sequence {sequence}, time {time}: each must be the number of an action, of at most 2^53."
        )
    return actions.astype(np.int64)


def _refuse_rare(actions: np.ndarray) -> None:
    """Refuse an action that occurs in too few sequences to be trained and tested on."""
    names: list[Hashable] = np.unique(actions).tolist()
    occurs = [int((actions == name).any(axis=1).sum()) for name in names]
    rare = [(name, n) for name, n in zip(names, occurs, strict=True) if n < LEAST_SEQUENCES]
    if rare:
        name, n = rare[0]
        more = f" (and {len(rare) - 1} more like it)" if len(rare) > 1 else ""
        raise RecordingError(
            f"actions: action {name} occurs in {n} sequence(s){more}, at least {LEAST_SEQUENCES} are needed: record "
            f"more, "
            "join rare actions into one number, or leave the actions out (--no-actions)."
        )
