"""A sweep's table: how it came about, several in one, and its file."""

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mirror_core.checks import OptionError
from mirror_core.config.settings import DEFAULTS
from mirror_core.runs.files import whole_file
from mirror_core.studies.sweeps.kept_rows import Row

_CODE = ("mirror_core", "code", "analysis")

CSV_DIGITS = 6
"""Significant digits of a table in CSV; Parquet keeps all."""


def made(rows: Iterable[Row]) -> dict[str, Any]:
    """Return when and on which processors rows were made, and the seconds that each took on its processor, added up."""
    rows = list(rows)
    started = [row.provenance["started"] for row in rows]
    seconds = (row.seconds_training + row.seconds_measuring for row in rows)
    return _made(started, {row.provenance["processor"] for row in rows}, seconds)


def _made(dates: Iterable[str], processors: Iterable[str], seconds: Iterable[float]) -> dict[str, Any]:
    dates = list(dates)
    return {
        "first": min(dates, default=None), "last": max(dates, default=None),
        "processors": sorted(processors), "seconds": round(sum(seconds), 1),
    }  # fmt: skip


def joined(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of several sweeps as one, whose first column `sweep` has the key of each.

    Raises
    ------
    OptionError
        If they come from different versions of the code.
    """
    codes = {tuple(table.attrs[name] for name in _CODE) for table in tables.values()}
    if len(codes) > 1:
        raise OptionError(f"the tables come from {len(codes)} versions of the code: make them again with one.")
    one = pd.concat(list(tables.values()), keys=list(tables), names=["sweep"]).reset_index("sweep")
    one = one.reset_index(drop=True).astype({"sweep": "str"})
    for name, default in DEFAULTS.items():  # a later setting may be written in some of the tables only
        if name in one and one[name].isna().any():
            one[name] = one[name].astype(object).where(one[name].notna(), default).astype(type(default))
    parts = [table.attrs["made"] for table in tables.values()]
    dates = [part[end] for part in parts for end in ("first", "last") if part[end]]
    processors = {name for part in parts for name in part["processors"]}
    one.attrs = {
        "sweeps": {name: table.attrs["sweep"] for name, table in tables.items()},
        **dict(zip(_CODE, codes.pop(), strict=True)),
        "made": _made(dates, processors, (part["seconds"] for part in parts)),
    }
    return one


def as_csv(table: pd.DataFrame, separator: str = ",") -> str:
    """Return a table as CSV text, numbers with `CSV_DIGITS` significant digits."""
    return table.to_csv(index=False, sep=separator, float_format=f"%.{CSV_DIGITS}g", lineterminator="\n")


WRITERS = {
    ".parquet": lambda table, path: table.to_parquet(path, index=False),
    ".csv": lambda table, path: path.write_bytes(as_csv(table).encode()),
    ".csv.gz": lambda table, path: path.write_bytes(gzip.compress(as_csv(table).encode(), mtime=0)),
    ".tsv": lambda table, path: path.write_bytes(as_csv(table, "\t").encode()),
}
"""Ending of a file → what writes a table into it."""


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all, in the form that the ending of the path says, one of `WRITERS`.

    In Parquet its `attrs` say which sweep and which code it comes from; text has `CSV_DIGITS` digits and no `attrs`.

    Raises
    ------
    OptionError
        For another ending.
    """
    write = next((write for ending, write in WRITERS.items() if path.name.lower().endswith(ending)), None)
    if write is None:
        raise OptionError(f"cannot write a table to {path}: its name must end in {', '.join(WRITERS)}.")
    with whole_file(path) as part:
        write(table, part)
