"""What pynapple saves as NPZ: spikes (TsGroup) or signals (Tsd, TsdFrame), with the trials in a table beside it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from mirror_core.checks import OptionError
from mirror_core.recordings.formats.base import Contents, Format, register
from mirror_core.recordings.formats.describing import described, proposed
from mirror_core.recordings.formats.events import around_events
from mirror_core.recordings.formats.npz import Archive
from mirror_core.recordings.formats.tables import read_table
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session
from mirror_core.recordings.trials import as_text

NEEDED = (
    "trials (--trials) must name a table of trials beside the file: CSV or Parquet, or .npz with plain arrays; of an "
    'IntervalSet with labels: intervals.as_dataframe().to_csv("trials.csv", index=False), since the labels in its .npz '
    "are Python objects, which are not loaded."
)


def read(path: Path, layout: Layout) -> Session:
    """Read spikes or signals around the event of each trial; outside of the time support they are missing."""
    if layout.trials is None:
        raise OptionError(NEEDED)
    rows = _rows(path.parent / layout.trials)
    notes = ()
    with np.load(path, allow_pickle=False) as file:
        archive = Archive(file)
        kind = str(archive["type"][0])
        if kind not in ("TsGroup", "Tsd", "TsdFrame"):
            raise OptionError(f"the file holds a {kind}: it must hold a TsGroup, Tsd or TsdFrame. {NEEDED}")
        if "_metadata" in file.files:
            notes = ("What pynapple kept of the units is not read: it is stored as Python objects.",)
        times = archive["t"]
        if kind != "TsGroup":
            values = archive["d"].reshape(len(times), -1)
            names = as_text(archive["columns"]).tolist() if "columns" in file.files else []
            names = names if len(names) == values.shape[1] else [str(i) for i in range(values.shape[1])]
            return around_events(rows, layout, units={}, names=names, signal=(times, values), notes=notes)
        support = np.column_stack([archive["start"], archive["end"]])
        keys, index = archive["keys"], archive["index"]
    return around_events(
        rows,
        layout,
        units={},
        names=[str(key) for key in keys],
        trains=[times[index == key] for key in keys],
        observed=[support] * len(keys),
        notes=notes,
    )


def contents(path: Path) -> Contents:
    """Return the arrays, and the columns of the table beside the file if there is only one."""
    with np.load(path, allow_pickle=False) as file:
        archive = Archive(file)
        fields = [described(name, archive[name]) for name in ("type", "t", "d", "keys", "start", "end") if name in file]
    tables = sorted(path.parent.glob("*.csv"))
    if len(tables) != 1:
        return Contents(tuple(fields), Layout(window=(-0.5, 1.0), bin=0.05), (NEEDED,))
    fields += [described(name, _as_numbers(column), "trial") for name, column in _rows(tables[0]).items()]
    options = {"trials": tables[0].name, "window": (-0.5, 1.0), "bin": 0.05}
    return Contents(tuple(fields), proposed(fields, event=True, **options))


def _rows(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a table of trials."""
    if not path.is_file():
        raise OptionError(f"trials = {str(path)!r} does not exist: {NEEDED}")
    if zipfile.is_zipfile(path):
        with np.load(path, allow_pickle=False) as file:
            columns = {name: Archive(file)[name] for name in file.files if name not in ("_metadata", "type")}
    else:
        columns = {str(name): column.to_numpy() for name, column in read_table(path).items()}
    if len({len(column) for column in columns.values()}) != 1:
        raise OptionError(f"trials = {str(path)!r} is not allowed: its columns have different lengths. {NEEDED}")
    return columns


def _as_numbers(column: np.ndarray) -> np.ndarray:
    """Return a column of text as numbers, if all of it is."""
    try:
        return np.where(column == "", "nan", column).astype(float) if column.dtype.kind in "OUT" else column
    except (ValueError, TypeError):
        return column


def is_pynapple(path: Path) -> bool:
    """Return whether a .zip file has the arrays that pynapple writes."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {"type.npy", "start.npy", "end.npy"} <= {*archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False


register(
    Format(
        "a pynapple file (.npz)",
        (b"PK",),
        read,
        contents,
        is_one=is_pynapple,
        options=("trials", "event", "window", "bin"),
    )
)
