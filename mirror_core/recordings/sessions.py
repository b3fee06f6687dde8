"""Trials as files have them, with columns that describe each trial and each unit; made into `Trials` by a layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from mirror_core.analysis.validation import RecordingError
from mirror_core.arrays import MODES
from mirror_core.checks import OptionError, unknown
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.trials import Continuous, Trials
from mirror_core.seeding import stream

LIMIT = 8 * 2**30
"""Bytes that a file may declare, or that activity may take as 64-bit numbers: more is refused before it is read."""


@dataclass(frozen=True)
class Session:
    """All trials of one file."""

    data: np.ndarray
    """Activity (trial, time, unit), floats, NaN where there is none."""
    trials: dict[str, np.ndarray]
    """Name of a column → its text for each trial (trial,)."""
    units: dict[str, np.ndarray] = field(default_factory=dict)
    """Name of a column → its text for each unit (unit,)."""
    names: tuple[str, ...] = ()
    """Name of each unit; numbers from 0 if there are none."""
    times: np.ndarray | None = None
    """Time of each sample, in seconds from the event (time,)."""
    notes: tuple[str, ...] = ()
    numbers: np.ndarray | None = None
    """Number of each trial (trial,) that a continuous condition had before it was cut into bins; NaN where none is."""

    def __post_init__(self) -> None:
        if not self.names:
            object.__setattr__(self, "names", tuple(map(str, range(self.data.shape[2]))))


def check_size(what: str, n_bytes: float) -> None:
    """Refuse what would take more than `LIMIT` bytes."""
    if n_bytes > LIMIT:
        raise RecordingError(f"{what} declares {n_bytes / 2**30:.1f} GiB: at most {LIMIT / 2**30:g} GiB are read.")


def bin_edges(layout: Layout) -> np.ndarray:
    """Return the edges of the time bins that a layout asks for, in seconds from the event.

    Raises
    ------
    OptionError
        If `window` or `bin` is missing, or the window is not a whole number of bins.
    """
    for name in ("window", "bin"):
        if not getattr(layout, name):
            raise OptionError(
                f"{name} is missing: window (--window FROM TO) and bin (--bin SECONDS) must both be given."
            )
    start, stop = layout.window
    check_size("the window", 8.0 * (stop - start) / layout.bin)
    n = round((stop - start) / layout.bin)
    if n < 1 or abs(n * layout.bin - (stop - start)) > 1e-6 * layout.bin:
        raise OptionError(
            f"window = {start:g} to {stop:g} is not allowed with bin = {layout.bin:g}: it must be a whole number of "
            "bins."
        )
    return start + np.arange(n + 1) * layout.bin


def binned(session: Session, layout: Layout) -> Session:
    """Return a session with its samples averaged in the time bins [from, to) of the layout, if that asks for any."""
    if not layout.window and not layout.bin:
        return session
    edges = bin_edges(layout)
    if session.times is None:
        raise OptionError(
            "window and bin need the time of each sample: name its array (--times), or --step and --first."
        )
    order = np.argsort(session.times)
    # a sample that a rounding error puts just before an edge belongs after it
    times = session.times[order] + 1e-6 * layout.bin
    data = np.stack([bin_means(times, trial, edges) for trial in session.data[:, order]])
    return replace(session, data=data, times=(edges[:-1] + edges[1:]) / 2)


def bin_means(times: np.ndarray, values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the mean of the finite values (sample, unit) in each time bin (bin, unit); `times` must rise."""
    means = np.full((len(edges) - 1, values.shape[1]), np.nan)
    for i, (start, stop) in enumerate(pairwise(np.searchsorted(times, edges))):
        there = np.isfinite(values[start:stop])
        np.divide(
            np.where(there, values[start:stop], 0).sum(axis=0), there.sum(axis=0), out=means[i], where=there.any(axis=0)
        )
    return means


def joined(sessions: Sequence[tuple[str, Session]], layout: Layout) -> Session:
    """Return several files as one: units of the same trials, or sessions whose trials share only mode and condition.

    Trials of different sessions are put side by side in the order in which they came, those with the same mode and
    condition; where one session has fewer, its units are missing (NaN).

    Parameters
    ----------
    sessions
        Name and content of each file.
    layout
        `files` says which of the two they are; without it, they are units of the same trials if all their columns of
        mode and condition are the same.
    """
    stems, parts = zip(*sessions, strict=True)
    keys = [[tuple(key) for key in np.stack(_columns(one, layout), axis=1).tolist()] for one in parts]
    first = parts[0]
    for stem, one in sessions:
        if one.data.shape[1] != first.data.shape[1] or not _same_times(one.times, first.times):
            raise RecordingError(
                f"{stem} has {one.data.shape[1]} time bins and {stems[0]} {first.data.shape[1]}, or at other times: "
                "all files must have the same; window and bin cut them."
            )
    same = all(key == keys[0] for key in keys)
    if first.numbers is not None:
        same = same and all(np.array_equal(one.numbers, first.numbers, equal_nan=True) for one in parts)
    numbers = first.numbers
    if layout.files == "units" and not same:
        raise RecordingError(
            f"{stems[[key == keys[0] for key in keys].index(False)]} has other trials than {stems[0]}: units of the "
            "same trials must have the same conditions in the same order; files = 'sessions' puts trials of different "
            "sessions together."
        )
    notes = list(dict.fromkeys(note for one in parts for note in one.notes))
    names = [stem if len(one.names) == 1 else f"{stem} {name}" for stem, one in sessions for name in one.names]
    units = {
        column: np.concatenate([one.units.get(column, np.full(len(one.names), "")) for one in parts])
        for column in dict.fromkeys(column for one in parts for column in one.units)
    }
    if same and layout.files != "sessions":
        data, trials = np.concatenate([one.data for one in parts], axis=2), first.trials
        notes.append(
            f"{len(parts)} files taken as units of the same trials: their conditions are the same in the same order."
        )
    else:
        shared = [key for key in dict.fromkeys(keys[0]) if all(key in other for other in keys)]
        if not shared:
            raise RecordingError(
                f"no condition is in all of {len(parts)} files: trials of sessions need one in common."
            )
        slots = [key for key in shared for _ in range(max(other.count(key) for other in keys))]
        check_size("these files together", 8.0 * len(slots) * first.data.shape[1] * len(names))
        data = np.full((len(slots), first.data.shape[1], len(names)), np.nan)
        start = 0
        for key, one in zip(keys, parts, strict=True):
            for wanted in shared:
                own = [i for i, label in enumerate(key) if label == wanted]
                at = slots.index(wanted)
                data[at : at + len(own), :, start : start + len(one.names)] = one.data[own]
            start += len(one.names)
        columns = dict.fromkeys((*filter(None, [layout.mode]), *layout.condition))
        trials = {name: np.array([slot[i] for slot in slots]) for i, name in enumerate(columns)}
        if layout.continuous:
            numbers = _bin_means(parts, trials[layout.condition[0]], layout.condition[0])
            notes.append(
                f"The number of a trial is the mean {layout.condition[0]} of its bin: sessions share no other."
            )
        units["session"] = np.repeat(_names_of(parts, stems), [len(one.names) for one in parts])
        left = sum(label not in shared for key in keys for label in key)
        notes.append(
            f"{len(parts)} sessions put together by condition: units of different sessions were not recorded at the "
            "same time, and a session with fewer trials of a condition than another is missing in the rest."
            + (f" {left} trials left out: not all sessions have their condition." if left else "")
        )
    return Session(data, trials, units, tuple(names), first.times, tuple(notes), numbers)


def _names_of(sessions: Sequence[Session], stems: Sequence[str]) -> Sequence[str]:
    """Return what files call their sessions, if each has a name of its own, else the names of the files."""
    said = [np.unique(one.units.get("session", "")).tolist() for one in sessions]
    names = [of_file[0] for of_file in said if len(of_file) == 1 and of_file[0]]
    return names if len(set(names)) == len(sessions) else stems


def _bin_means(sessions: Sequence[Session], labels: np.ndarray, name: str) -> np.ndarray:
    """Return for each label, a bin of a continuous condition, the mean number of the trials in that bin."""
    bins = np.concatenate([one.trials[name] for one in sessions])
    numbers = np.concatenate([one.numbers for one in sessions])
    mean = {label: np.nan if label == "" else numbers[bins == label].mean() for label in np.unique(labels)}
    return np.array([mean[label] for label in labels])


def to_trials(session: Session, layout: Layout, seed: int) -> Trials:
    """Return the trials of both modes, by the columns that the layout names.

    Parameters
    ----------
    seed
        Decides the halves, where the layout asks for them (stream "halves of trials").

    Raises
    ------
    OptionError
        If the layout names a column or a value that is not there, or too little.
    RecordingError
        If no condition is in both modes.
    """
    notes = list(session.notes)
    labels = _columns(session, layout)
    conditions = labels[-len(layout.condition) :]
    condition = np.array(["/".join(parts) for parts in zip(*conditions, strict=True)], dtype=np.str_)
    missing = np.any([column == "" for column in labels], axis=0)
    if missing.any():
        notes.append(f"{missing.sum()} of {len(missing)} trials left out, without a condition or a mode.")
    if layout.halves:
        chosen = _halves(np.where(missing, "", condition), seed)
        notes.append(
            "One mode only: perform and observe are two random halves of the trials of each condition, a control."
        )
    else:
        values = [getattr(layout, name) for name in MODES]
        mode = labels[0]
        for name, value in zip(MODES, values, strict=True):
            if value is None or value not in mode:
                raise unknown(f"value of {layout.mode!r} for {name} (--{name})", value, _counted(mode))
        if values[0] == values[1]:
            raise OptionError(
                f"perform and observe are both {values[0]!r}: they must be different values of {layout.mode}."
            )
        other = ~np.isin(mode, values) & ~missing
        if other.any():
            notes.append(f"{other.sum()} of {len(other)} trials left out: {layout.mode} is neither of the two.")
        chosen = [np.flatnonzero((mode == value) & ~missing) for value in values]
        for name, value, own in zip(MODES, values, chosen, strict=True):
            if not len(own):
                raise RecordingError(f"no trial of {name} ({layout.mode} = {value}) has a condition: one must have.")
    found = Trials(
        *(session.data[own] for own in chosen),
        *(condition[own] for own in chosen),
        units=session.names,
        times=session.times,
        groups=session.units,
        notes=tuple(notes),
        continuous=_continuous(session, layout, chosen),
    )
    there = [np.isfinite(trial).any(axis=1) for mode in MODES for trial in getattr(found, mode)]
    ends = [len(one) - int(one[::-1].argmax()) for one in there]
    if min(ends) == max(ends):
        return found
    note = f"Trials have {min(ends)} to {max(ends)} time bins: after its end a trial is missing."
    return replace(found, notes=(*found.notes, note))


def _continuous(session: Session, layout: Layout, chosen: Sequence[np.ndarray]) -> Continuous | None:
    """Return the continuous condition of the chosen trials of each mode."""
    if not layout.continuous:
        return None
    return Continuous(layout.condition[0], tuple(session.numbers[own] for own in chosen), layout.circular)


def completed(session: Session, layout: Layout) -> Layout:
    """Return the layout with the columns of a session that was read from one array for each mode."""
    if session.trials.keys() != {"mode", "condition"} or layout.condition:
        return layout
    return layout.change(mode="mode", condition=("condition",), perform="perform", observe="observe")


def selected(session: Session, layout: Layout) -> Session:
    """Return the trials and units that the layout's `only` keeps."""
    for text, (name, value) in zip(layout.only, layout.only_of.items(), strict=True):
        if name not in session.trials and name not in session.units:
            raise unknown("column in only", name, [*session.trials, *session.units])
        of_trials = name in session.trials
        column = session.trials[name] if of_trials else session.units[name]
        kept = column == value
        if not kept.any():
            raise unknown(f"value of {name!r} in only", value, _counted(column))
        note = f"{kept.sum()} of {len(kept)} {'trials' if of_trials else 'units'} kept: {text}."
        if of_trials:
            trials = {key: values[kept] for key, values in session.trials.items()}
            session = replace(session, data=session.data[kept], trials=trials)
        else:
            units = {key: values[kept] for key, values in session.units.items()}
            names = tuple(np.array(session.names)[kept].tolist())
            session = replace(session, data=session.data[:, :, kept], units=units, names=names)
        session = replace(session, notes=(*session.notes, note))
    return session


def _columns(session: Session, layout: Layout) -> list[np.ndarray]:
    """Return the columns of mode (unless halves are made) and condition."""
    if not layout.condition:
        raise OptionError(
            f"condition is missing (--condition): it must name one of {', '.join(session.trials) or 'none'}."
        )
    if not layout.mode and not layout.halves:
        raise OptionError(
            f"mode is missing (--mode): it must name one of {', '.join(session.trials)}; or --halves, where there is "
            "one mode."
        )
    wanted = [*filter(None, [layout.mode]), *layout.condition]
    for name in wanted:
        if name not in session.trials:
            raise unknown("column of the trials", name, session.trials)
    return [session.trials[name] for name in wanted]


def _halves(condition: np.ndarray, seed: int) -> list[np.ndarray]:
    """Split the trials of each condition at random; of an odd number, performing has one more."""
    generator = stream(seed, "halves of trials")
    parts = [[], []]
    for label in np.unique(condition[condition != ""]):
        order = generator.permutation(np.flatnonzero(condition == label))
        for part, half in zip(parts, (order[::2], order[1::2]), strict=True):
            part.extend(half.tolist())
    return [np.sort(np.array(part, int)) for part in parts]


def _same_times(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    return one is other or (one is not None and other is not None and np.allclose(one, other, atol=1e-9))


def _counted(labels: np.ndarray) -> list[str]:
    """Return the different labels, at most twenty."""
    return np.unique(labels[labels != ""]).tolist()[:20]
