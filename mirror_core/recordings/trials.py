"""Recordings whose two modes have trials of their own: what they have in common is the condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from mirror_core.analysis.validation import RecordingError
from mirror_core.arrays import MODES
from mirror_core.recordings.containers import LONGEST, aligned, in_range, labels_of, plain, same_measure, seconds


@dataclass(frozen=True)
class Continuous:
    """A condition that is a number a trial, beside the bins that are its labels."""

    name: str
    numbers: tuple[np.ndarray, np.ndarray]
    """Of each trial of performing and of observing (trial,), finite."""
    period: float | None = None
    """After how much it begins again, of an angle."""

    def kept(self, mode: int, which: np.ndarray) -> Continuous:
        """Return it without some trials of a mode."""
        return replace(self, numbers=tuple(own[which] if i == mode else own for i, own in enumerate(self.numbers)))


@dataclass(frozen=True)
class Trials:
    """Two recordings of the same units whose trials have only the condition in common.

    Making one checks it. Conditions that only one mode has, trials without any value, and units without a value in a
    mode are left out, with a note each.

    Raises
    ------
    RecordingError
        If the arrays do not fit each other, hold infinite values, or have no condition in common.
    """

    perform: np.ndarray
    """Activity (trial, time, unit) while performing, any unit of measurement; NaN where a trial has ended or a unit is
    missing."""
    observe: np.ndarray
    """The same while observing: its own number of trials, the same time bins and units."""
    perform_conditions: np.ndarray
    """Label of each trial's condition (trial,), text without spaces around it, never empty."""
    observe_conditions: np.ndarray
    """The same of the trials while observing."""
    units: tuple[str, ...]
    """Name of each unit."""
    times: np.ndarray | None = None
    """Centre of each time bin in seconds from the event (time,); None if it is not known."""
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    """What is known of the units, for example {"area": (unit,) text}."""
    notes: tuple[str, ...] = ()
    """What was left out and why, a sentence each."""
    continuous: Continuous | None = None
    """Where the labels are bins of a number: its name, and the numbers."""

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in MODES}
        same_measure(given)
        given = aligned(given | dict(self.groups), ("time", "unit"))
        modes = [_activity(name, given[name]) for name in MODES]
        if modes[0].shape[1:] != modes[1].shape[1:]:
            raise RecordingError(
                f"perform has shape {modes[0].shape} and observe {modes[1].shape}: both must have the same number of "
                "time bins and of units (dimensions trial, time, unit)."
            )
        n_times, n_units = modes[0].shape[1:]
        labels = [
            _labels(f"{name}_conditions", getattr(self, f"{name}_conditions"), given[name], len(mode))
            for name, mode in zip(MODES, modes, strict=True)
        ]
        units = np.array([str(unit) for unit in self.units])
        for name in MODES:
            own = labels_of(name, given[name], "unit")
            if own is not None and as_text(own).tolist() != units.tolist():
                raise RecordingError(
                    f"{name} has units {_some(as_text(own))}, and units says {_some(units)}: the same."
                )
        if len(units) != n_units or len(set(units.tolist())) != n_units:
            raise RecordingError(
                f"units has {len(units)} name(s), {len(set(units.tolist()))} different, and perform {n_units} unit(s): "
                "each unit must have a name of its own."
            )
        times = None if self.times is None else seconds("times", self.times)
        if times is not None and (
            times.shape != (n_times,) or not (np.diff(times) > 0).all() or not (np.abs(times) < LONGEST).all()
        ):
            raise RecordingError(
                f"times has shape {times.shape} and perform {n_times} time bin(s): it must have the centre of each bin "
                f"in seconds, increasing, below {LONGEST:g}."
            )
        groups = {name: as_text(plain(f"group {name!r}", given[name], ("unit",))) for name in self.groups}
        for name, values in groups.items():
            if values.shape != (n_units,):
                raise RecordingError(f"group {name!r} has shape {values.shape}: it must have one label a unit.")
        modes, scaled = map(list, zip(*map(in_range, MODES, modes), strict=True))
        notes = [*self.notes, *sum(scaled, [])]
        continuous = self.continuous
        if continuous is not None:
            for name, own, mode in zip(MODES, continuous.numbers, modes, strict=True):
                if np.shape(own) != (len(mode),) or not np.isfinite(own).all():
                    raise RecordingError(
                        f"{continuous.name} has shape {np.shape(own)} for {len(mode)} trial(s) of {name}: each must "
                        "have one finite number."
                    )
        shared = np.intersect1d(*labels)
        if not len(shared):
            has = (f"{name} has {_some(own)}" for name, own in zip(MODES, labels, strict=True))
            raise RecordingError(f"no condition is in both modes ({'; '.join(has)}): at least one must be.")
        for i, name in enumerate(MODES):
            kept = np.isin(labels[i], shared)
            if not kept.all():
                notes.append(
                    f"{(~kept).sum()} of {len(kept)} trials of {name} left out: only {name} has their condition "
                    f"({_some(labels[i][~kept])})."
                )
            modes[i], labels[i] = modes[i][kept], labels[i][kept]
            continuous = continuous and continuous.kept(i, kept)
        heard = np.logical_and(*(np.isfinite(mode).any(axis=(0, 1)) for mode in modes))
        if not heard.any():
            raise RecordingError(f"none of {n_units} unit(s) has values in both modes: at least one must have.")
        if not heard.all():
            notes.append(f"{(~heard).sum()} of {n_units} units left out: no value in a mode ({_some(units[~heard])}).")
        for i, name in enumerate(MODES):
            modes[i] = modes[i][:, :, heard]
            full = np.isfinite(modes[i]).any(axis=(1, 2))
            if not full.all():
                notes.append(f"{(~full).sum()} of {len(full)} trials of {name} left out, without any value.")
            modes[i], labels[i] = modes[i][full], labels[i][full]
            continuous = continuous and continuous.kept(i, full)
            if len(lost := np.setdiff1d(shared, labels[i])):
                raise RecordingError(f"no trial of {name} with condition {lost[0]!r} has a value: at least one must.")
        made = dict(zip(MODES, modes, strict=True))
        made |= {f"{name}_conditions": own for name, own in zip(MODES, labels, strict=True)}
        made |= {"units": tuple(units[heard].tolist()), "times": times, "notes": tuple(notes), "continuous": continuous}
        made["groups"] = {name: values[heard] for name, values in groups.items()}
        for name, value in made.items():
            object.__setattr__(self, name, value)


def as_text(values: object) -> np.ndarray:
    """Return labels as text without spaces around them: whole numbers without a point, what is missing as ""."""
    if isinstance(values, np.ma.MaskedArray):
        values = values.astype(object).filled(None)
    return np.array([_word(value) for value in np.asarray(values).ravel()], dtype=np.str_)


def _word(value: object) -> str:
    while isinstance(value, np.ndarray) and value.size == 1:  # a cell of MATLAB's holds arrays
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, (float, np.floating)):
        if np.isnan(value):
            return ""
        whole = value == np.round(value) and abs(value) < 2**53  # a number of a trial that has become a float
        return f"{value:.0f}" if whole else f"{value:.12g}"
    missing = value is None or value is pd.NA or value is pd.NaT or (isinstance(value, np.ndarray) and not value.size)
    return "" if missing else str(value).strip().strip("\0")


def _activity(name: str, activity: np.ndarray) -> np.ndarray:
    activity = plain(name, activity, ("trial", "time", "unit"))
    if activity.dtype.kind not in "fiub" or activity.ndim != 3 or not activity.size:
        raise RecordingError(
            f"{name} has shape {activity.shape} and dtype {activity.dtype}: it must hold real numbers with dimensions "
            "(trial, time, unit), at least one of each."
        )
    with np.errstate(over="ignore"):  # a long double that is too large is infinite, and refused as such
        activity = activity if activity.dtype in (np.float32, np.float64) else activity.astype(float)
    if np.isinf(activity).any():
        raise RecordingError(f"{name} has {np.isinf(activity).sum()} infinite values: numbers, or NaN where none is.")
    return activity


def _labels(name: str, labels: object, activity: object, n: int) -> np.ndarray:
    labels = as_text(plain(name, aligned({"activity": activity, name: labels}, ("trial",))[name], ("trial",)))
    if labels.shape != (n,) or (labels == "").any():
        raise RecordingError(
            f"{name} has {len(labels)} label(s), {np.sum(labels == '')} of them empty, for {n} trial(s): each trial "
            "must have a label."
        )
    return labels


def _some(labels: np.ndarray) -> str:
    """Name the first few of several labels."""
    names = np.unique(labels).tolist()
    return ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
