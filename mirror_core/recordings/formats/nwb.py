"""Neurodata Without Borders 2: spikes or signals around an event of each trial."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import OptionError, unknown
from mirror_core.recordings.containers import SECONDS, in_seconds
from mirror_core.recordings.formats.base import Contents, Field, Format, register
from mirror_core.recordings.formats.describing import described, proposed
from mirror_core.recordings.formats.events import around_events
from mirror_core.recordings.formats.hdf5 import item, named, root_has, values
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session
from mirror_core.recordings.trials import as_text

TRIALS = "intervals/trials"
"""Where NWB has its table of trials."""
OF_ALL = {"subject": "general/subject/subject_id", "session": "general/session_id"}
"""What a file says of all its units: name of a column of them → where NWB has it."""


def read(path: Path, layout: Layout) -> Session:
    """Read spike times of `units`, or a TimeSeries that `data` names, around the event of each trial."""
    with h5py.File(path) as file:
        table = _table(file, layout.trials or TRIALS)
        rows = columns(table)
        if layout.event in rows and not in_seconds(layout.event, np.empty(0))[1]:
            _check_unit(item(table, layout.event))
        if layout.data is None:
            return _spikes(file, rows, layout)
        series = _series(file, layout.data)
        data = values(item(series, "data"))
        attributes = item(series, "data").attrs
        data = data.reshape(len(data), -1)
        if "channel_conversion" in series:
            data = data * values(item(series, "channel_conversion"))
        data = data * attributes.get("conversion", 1.0) + attributes.get("offset", 0.0)
        _check_unit(item(series, "timestamps" if "timestamps" in series else "starting_time"))
        if "timestamps" in series:
            times = values(item(series, "timestamps"))
        else:
            start = item(series, "starting_time")
            times = float(start[()]) + np.arange(len(data)) / float(start.attrs["rate"])
        names = _channels(file, series, data.shape[1])
        units = _groups(_of_all(file, len(names)), layout)
        return around_events(rows, layout, units=units, names=names, signal=(times, data))


def contents(path: Path) -> Contents:
    """Return the tables of trials and units, the signals, and the options that fit."""
    with h5py.File(path) as file:
        fields = []
        tables = [name for name in _intervals(file) if "id" in item(file, name)]
        trials = TRIALS if TRIALS in tables else tables[0] if tables else None
        for name in tables:
            of = "trial" if name == trials else name
            fields += [described(column, array, of) for column, array in columns(item(file, name)).items()]
        if "units" in file:
            of_units = _of_units(file, item(file, "units"))
            fields += [described(column, array, "unit") for column, array in of_units.items()]
            if "spike_times" in file["units"]:
                fields.append(Field("units/spike_times", item(file, "units/spike_times").shape, "spike times", ""))
        fields += [
            Field(name, item(series, "data").shape, "TimeSeries", "") for name, series in _all_series(file).items()
        ]
        subject = str(_of_all(file, 1).get("subject", [""])[0])
    options = {"window": (-0.5, 1.0), "bin": 0.05} | ({"trials": trials} if trials not in (TRIALS, None) else {})
    if not any(one.kind == "spike times" for one in fields):
        options |= {"data": next((one.name for one in fields if one.kind == "TimeSeries"), None)}
    return Contents(tuple(fields), proposed(fields, event=True, **options), subject=subject)


def columns(table: h5py.Group) -> dict[str, np.ndarray]:
    """Return the columns with one number or word a row; others, such as lists of electrodes, are left out."""
    n = len(table["id"]) if "id" in table else -1
    found = {}
    for name in table:
        one = item(table, name)
        plain = isinstance(one, h5py.Dataset) and one.shape == (n,) and f"{name}_index" not in table
        if plain and not name.endswith("_index") and (one.dtype.kind in "fiubSU" or h5py.check_string_dtype(one.dtype)):
            found[name] = values(one)
            if "elements" in one.attrs and found[name].dtype.kind in "iu":  # NWB's enumerations: codes, and their names
                elements = as_text(values(table.file[one.attrs["elements"]]))
                found[name] = named(found[name], dict(enumerate(elements.tolist())))
            if "table" in one.attrs:
                found[name] = _ids(one)
    return found


def _ids(rows: h5py.Dataset) -> np.ndarray:
    """Return the ids of the rows of another table that are meant: their place in it may differ from file to file."""
    ids, places = as_text(values(item(rows.file[rows.attrs["table"]], "id"))), values(rows).astype(np.int64)
    if len(places) and not 0 <= places.min() <= places.max() < len(ids):
        name = rows.name.rpartition("/")[2]
        raise RecordingError(f"{name} names rows that its table, of {len(ids)}, does not have.")
    return ids[places]


def _channels(file: h5py.File, series: h5py.Group, n: int) -> list[str]:
    """Return the names of a signal's channels: the ids of the electrodes or regions that it refers to, else numbers."""
    for name in ("electrodes", "rois"):
        if name in series and "table" in item(series, name).attrs:
            ids = _ids(item(series, name)).tolist()
            if len(ids) == n == len(set(ids)):
                return ids
    return [str(i) for i in range(n)]


def _table(file: h5py.File, name: str) -> h5py.Group:
    if name not in (there := _intervals(file)):
        raise OptionError(
            f"there is no table of trials {name!r}: trials (--trials) must be one of "
            f"{', '.join(there) or 'none: the file has no intervals'}."
        )
    return item(file, name)


def _intervals(file: h5py.File) -> list[str]:
    """Return the paths of all tables of intervals."""
    return [f"intervals/{name}" for name in item(file, "intervals")] if "intervals" in file else []


def _spikes(file: h5py.File, rows: dict[str, np.ndarray], layout: Layout) -> Session:
    """Return the rates of the units' spikes."""
    units = item(file, "units") if "units" in file else {}
    if "spike_times" not in units or "spike_times_index" not in units:
        there = ", ".join(_all_series(file)) or "none"
        raise OptionError(
            f"the file has no units with spike times: data (--data) must name a TimeSeries; there: {there}."
        )
    described_by = _of_units(file, units)
    if layout.unit is not None and layout.unit not in described_by:
        raise unknown("column of the units (--unit)", layout.unit, described_by)
    names = as_text(described_by[layout.unit or "id"])
    groups = _groups(described_by, layout)
    _check_unit(item(units, "spike_times"))
    trains = _rows(units, "spike_times")
    observed = _rows(units, "obs_intervals") if "obs_intervals_index" in units else []
    return around_events(rows, layout, units=groups, names=names.tolist(), trains=trains, observed=observed)


def _of_units(file: h5py.File, units: h5py.Group) -> dict[str, np.ndarray]:
    """Return what is known of each unit: columns of the table, where its electrode is, what the file says of all."""
    found = columns(units)
    return _of_all(file, len(units["id"]) if "id" in units else 0) | _location(file, units) | found


def _of_all(file: h5py.File, n_units: int) -> dict[str, np.ndarray]:
    """Return what a file says of all its units: whose they are, and from which session."""
    said = {name: str(as_text(item(file, path)[()])[0]) for name, path in OF_ALL.items() if path in file}
    return {name: np.full(n_units, value) for name, value in said.items() if value}


def _groups(described_by: dict[str, np.ndarray], layout: Layout) -> dict[str, np.ndarray]:
    """Return the columns of the units that a layout asks for; all that are no numbers, where it asks for none."""
    for name in layout.groups:
        if name not in described_by:
            raise unknown("column of the units (--groups)", name, described_by)
    kept = layout.groups or [name for name, column in described_by.items() if column.dtype.kind not in "fiu"]
    return {name: as_text(described_by[name]) for name in kept if name != layout.unit}


def _rows(table: h5py.Group, name: str) -> list[np.ndarray]:
    """Return a column with a list of values a row, which its index says the ends of."""
    ends = values(item(table, f"{name}_index")).astype(np.int64)  # stored in as few bits as hold the last of them
    data = values(item(table, name))
    if len(ends) and (np.diff(ends) < 0).any() or (ends > len(data)).any():
        raise RecordingError(f"{name}_index of the units does not fit {name}: it must rise to at most {len(data)}.")
    return np.split(data, ends[:-1]) if len(ends) else []


def _check_unit(times: h5py.Dataset) -> None:
    """Refuse times that say that they are in another unit than seconds, which NWB has them in."""
    unit = str(as_text(times.attrs.get("unit", ""))[0])
    if unit and SECONDS.get(unit.lower()) != 1.0:
        raise RecordingError(f"{times.name} is in {unit!r}: NWB has times in seconds.")


def _location(file: h5py.File, units: h5py.Group) -> dict[str, np.ndarray]:
    """Return where each unit's first electrode is."""
    path = "general/extracellular_ephys/electrodes/location"
    if path not in file or "electrodes_index" not in units:
        return {}
    place = as_text(values(item(file, path)))
    return {"location": np.array([place[rows[0]] if len(rows) else "" for rows in _rows(units, "electrodes")])}


def _all_series(file: h5py.File) -> dict[str, h5py.Group]:
    """Return every group with data and their times, by its path."""
    found = {}

    def visit(name: str, one: object) -> None:
        if isinstance(one, h5py.Group) and "data" in one and ("timestamps" in one or "starting_time" in one):
            found[name] = one

    file.visititems(visit)
    return found


def _series(file: h5py.File, name: str) -> h5py.Group:
    if name.strip("/") not in (there := _all_series(file)):
        raise unknown("TimeSeries (--data)", name, there)
    return there[name.strip("/")]


register(
    Format(
        "an NWB file (.nwb)",
        (b"\x89HDF\r\n\x1a\n",),
        read,
        contents,
        is_one=lambda path: root_has(path, "nwb_version"),
        options=("data", "event", "window", "bin", "trials", "unit", "groups"),
    )
)
