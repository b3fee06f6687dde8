"""Activity around events: spikes counted, and signals averaged, in time bins of each trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import OptionError, unknown
from mirror_core.recordings.containers import in_seconds, seconds
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session, bin_edges, bin_means, check_size
from mirror_core.recordings.trials import as_text


def around_events(
    rows: Mapping[str, np.ndarray],
    layout: Layout,
    *,
    units: dict[str, np.ndarray],
    names: Sequence[str],
    trains: Sequence[np.ndarray] | None = None,
    observed: Sequence[np.ndarray] = (),
    signal: tuple[np.ndarray, np.ndarray] | None = None,
    notes: tuple[str, ...] = (),
) -> Session:
    """Return the trials of a table, with the activity around the event of each.

    Parameters
    ----------
    rows
        The table of trials: name of a column → its values (trial,).
    layout
        `event`, `window` and `bin`.
    trains
        Spike times of each unit, in seconds: the result is spikes per second. Spikes count from the beginning of a bin
        up to but not at its end.
    observed
        Of each unit, the intervals (interval, 2) in which it was recorded, none for always: other bins are missing.
    signal
        Times (sample,) and values (sample, unit) instead of spikes: the result is their mean in each bin.
    """
    if layout.event is None or layout.event not in rows:
        raise unknown("column for event (--event)", layout.event, rows)
    try:
        column = np.asarray(rows[layout.event])
        events = (
            np.where(column == "", "nan", column).astype(float)
            if column.dtype.kind in "OUT"
            else seconds(layout.event, column)
        )
    except ValueError:
        raise OptionError(f"event = {layout.event!r} is not allowed: the column must hold times in seconds.") from None
    events, converted = in_seconds(layout.event, events)
    notes = (*notes, *converted)
    edges = bin_edges(layout)
    there = np.isfinite(events)
    if not there.any():
        raise RecordingError(f"{layout.event} has no time in any of {len(events)} trial(s): one must have.")
    if not there.all():
        notes = (*notes, f"{(~there).sum()} of {len(there)} trials left out, without {layout.event}.")
    check_size("activity around the events", 8.0 * there.sum() * (len(edges) - 1) * len(names))
    at = events[there, None] + edges
    if not (np.diff(at) > 0).all():
        raise RecordingError(
            f"{layout.event} is {np.abs(events[there]).max():.3g} s in a trial, where bins of {layout.bin:g} s cannot "
            "be told apart."
        )
    if trains is not None:
        counts = [np.diff(np.searchsorted(np.sort(train), at)) for train in trains]
        data = np.stack(counts, axis=2) / layout.bin
        for unit, intervals in enumerate(observed):
            if len(intervals):
                inside = ((at[:, :-1, None] >= intervals[:, 0]) & (at[:, 1:, None] <= intervals[:, 1])).any(axis=2)
                data[~inside, unit] = np.nan
    else:
        if len(signal[0]) != len(signal[1]) or signal[1].dtype.kind not in "fiub":
            raise RecordingError(
                f"the signal has {len(signal[1])} samples of {signal[1].dtype} at {len(signal[0])} times: it must have "
                "a real number at each time."
            )
        order = np.argsort(signal[0], kind="stable")
        times, values = (part[order] for part in signal)
        data = np.stack([bin_means(times, values, bins) for bins in at])
    lost = np.isnan(data).any(axis=(1, 2)).sum()
    if lost:
        notes = (*notes, f"In {lost} of {len(data)} trials a unit has bins without a value: these are missing.")
    columns = {name: as_text(values)[there] for name, values in rows.items()}
    return Session(data, columns, units, tuple(names), (edges[:-1] + edges[1:]) / 2, notes)
