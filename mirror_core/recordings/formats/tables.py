"""CSV and Parquet tables with one value a row: of a unit, in a trial, at a time."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import xarray as xr

from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import OptionError, unknown
from mirror_core.recordings.containers import LONGEST, in_seconds, seconds
from mirror_core.recordings.formats.base import Contents, Format, register
from mirror_core.recordings.formats.describing import described, proposed
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session, binned, check_size
from mirror_core.recordings.trials import as_text

COLUMNS = {
    "unit": ("unit", "neuron", "cell", "cluster"),
    "trial": ("trial",),
    "time": ("time", "t", "bin"),
    "value": ("value", "rate", "firing_rate", "activity", "count", "spikes"),
}
"""What a table must have, and what such columns are often called; the first of them is what is looked for."""


def read_table(path: Path) -> pd.DataFrame:
    """Return a table; of CSV every column is text as it stands, so that no label becomes a number or is missing.

    `attrs["units"]` has the unit of measurement of each column whose field of Parquet says it.
    """
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            stored = pq.ParquetFile(path)
            check_size(path.name, 8.0 * stored.metadata.num_rows * stored.metadata.num_columns)
            table = stored.read().to_pandas()
            if not all(name is None for name in table.index.names):  # an index is a column as any other
                table = table.reset_index()
            if len(twice := table.columns[table.columns.duplicated()]):
                raise RecordingError(f"the column {twice[0]!r} is there twice: each must have a name of its own.")
            said = {field.name: field.metadata or {} for field in stored.schema_arrow}
            units = {name: one.get(b"units", one.get(b"unit", b"")).decode() for name, one in said.items()}
            table.attrs["units"] = {name: unit for name, unit in units.items() if unit}
            return table
        file.seek(0)
        encoding = "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"  # as spreadsheets save it
    check_size(path.name, 8.0 * path.stat().st_size)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # values for which there is no name would be lost
        try:
            with path.open(encoding=encoding) as file:
                line = file.readline()
            separator = max(",;\t", key=line.count)
            table = pd.read_csv(
                path, sep=separator, dtype=str, keep_default_na=False, encoding=encoding, index_col=False
            )
        except UnicodeError as error:
            raise RecordingError(
                f"its text is in another encoding ({error}): it must be in UTF-8, which spreadsheets call CSV UTF-8."
            ) from error
        except (pd.errors.ParserWarning, pd.errors.ParserError) as error:
            raise RecordingError("a row has more values than the first line has names: one each is needed.") from error
    named = Counter(name.strip() for name in next(csv.reader([line], delimiter=separator)))  # pandas renames the second
    if twice := [name for name, number in named.items() if number > 1]:
        raise RecordingError(f"the column {twice[0]!r} is there twice: each must have a name of its own.")
    table.columns = table.columns.str.strip()
    if separator == ";":  # where a comma is often the decimal point
        for name, column in table.items():
            points = column.str.replace(",", ".")
            if pd.to_numeric(points, errors="coerce").notna().equals(column != ""):
                table[name] = points
    return table


def read(path: Path, layout: Layout) -> Session:
    """Read one value a row; trials with the same number in another mode or condition are others."""
    table = read_table(path)
    if table.empty:
        raise RecordingError("there is no row below the names of the columns.")
    names = {what: getattr(layout, what) or what for what in COLUMNS}
    numbers = layout.condition if layout.continuous else ()  # which tell trials apart no more than their noise does
    keys = [*filter(None, [layout.mode]), *(() if layout.continuous else layout.condition)]
    if not layout.condition:
        raise OptionError(f"condition is missing (--condition): it must name one of {', '.join(map(str, table))}.")
    others = [name for name in dict.fromkeys((*numbers, *layout.only_of)) if name not in keys]
    for name in (*names.values(), *keys, *layout.groups, *others):
        if name not in table:
            raise unknown("column of the table", name, table)
    values, times = (_numbers(table, names[what]) for what in ("value", "time"))
    if (unit := table.attrs.get("units", {}).get(names["time"])) and table[names["time"]].dtype.kind not in "mM":
        times, notes = seconds(names["time"], xr.DataArray(times, attrs={"units": unit})), ()
    else:
        times, notes = in_seconds(names["time"], times)
    if not (np.abs(times) < LONGEST).all():
        row = int((~(np.abs(times) < LONGEST)).argmax())
        raise RecordingError(f"{names['time']} has no time in row {row + 2}: each value must have one, in seconds.")
    unit, units = _labels(table[names["unit"]])
    bins, time = np.unique(np.round(times, 9), return_inverse=True)
    codes, labels = zip(*(_labels(table[name]) for name in (*keys, names["trial"])), strict=True)
    trial, rows = pd.factorize(np.ravel_multi_index(codes, [len(one) for one in labels]))
    rows = [one[at] for one, at in zip(labels, np.unravel_index(rows, [len(one) for one in labels]), strict=True)]
    shape = (len(rows[0]), len(bins), len(units))
    check_size(f"{shape[0]} trials, {len(bins)} times and {len(units)} units", 8.0 * np.prod(shape, dtype=float))
    at = np.ravel_multi_index((trial, time, unit), shape)
    order = np.argsort(at, kind="stable")
    if len(twice := order[1:][at[order][1:] == at[order][:-1]]):
        row = twice[0]
        raise RecordingError(
            f"row {row + 2} is the second of unit {units[unit[row]]}, trial {rows[-1][trial[row]]} and time "
            f"{times[row]:g}: there must be one value for each."
        )
    data = np.full(shape, np.nan)
    data.flat[at] = values
    trials, of_units = dict(zip(keys, rows, strict=False)), {}
    first_of_unit, first_of_trial = (np.unique(index, return_index=True)[1] for index in (unit, trial))
    for name in (*layout.groups, *others):
        code, different = _labels(table[name])
        if name in numbers and (differs := code[first_of_trial][trial] != code).any():
            raise OptionError(
                f"condition = {name!r} is not allowed with continuous: it differs within trial "
                f"{rows[-1][trial[differs.argmax()]]}, and must have one number a trial."
            )
        if name not in numbers and (code[first_of_unit][unit] == code).all():
            of_units[name] = different[code[first_of_unit]]
        elif name in layout.groups:
            raise RecordingError(f"{name} differs within a unit: a group must say the same of a unit in all rows.")
        else:
            trials[name] = different[code[first_of_trial]]
    return binned(Session(data, trials, of_units, tuple(units.tolist()), bins, notes), layout)


def contents(path: Path) -> Contents:
    """Return the columns, and the options that their names suggest."""
    table = read_table(path)
    near = {what: next((name for name in table if str(name).lower() in words), None) for what, words in COLUMNS.items()}
    fields = [
        described(str(name), table[name].to_numpy(), "trial" if name not in near.values() else "") for name in table
    ]
    options = {what: name for what, name in near.items() if name not in (None, what)}
    return Contents(tuple(fields), proposed(fields, **options))


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    """Return a column as floats, NaN where it is empty."""
    column = table[name]
    if column.dtype.kind in "mM":
        return seconds(str(name), column)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = (numbers.isna() & column.notna() & ~column.isin(["", "NaN", "nan", "NA"])).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise RecordingError(f"{name} has {column.iloc[row]!r} in row {row + 2}: it must hold numbers.")
    return numbers.to_numpy(float, na_value=np.nan)


def _labels(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each row's label, by first appearance, and the different labels."""
    codes, different = pd.factorize(column, use_na_sentinel=False)
    words = [None if missing else one for one, missing in zip(different, pd.isna(different), strict=True)]
    same, labels = pd.factorize(as_text(np.array(words, object)))  # "a" and "a " are one
    return same[codes], labels


OPTIONS = (*COLUMNS, "groups", "window", "bin")
register(Format("a Parquet table (.parquet)", (b"PAR1",), read, contents, options=OPTIONS))
register(Format("a CSV table (.csv, .tsv)", (b".csv", b".tsv"), read, contents, options=OPTIONS))
