"""What was measured once and comes with the checkout: where it is, and how a table of it is found, written and read."""

import filecmp
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from mirror_core import __version__
from mirror_core.checks import OptionError
from mirror_core.config.declared import SPECIAL, is_special
from mirror_core.runs.files import whole_file
from mirror_core.runs.provenance import processor
from mirror_core.runs.used import note_table

DATA = Path(__file__).resolve().parents[2] / "book" / "data"
"""Folder of the data that come with the checkout."""

WITH_A_CHECKOUT = "The tables of book/data come with a checkout of the repository, not with an installed package."
"""What to say where there is no such folder."""


def text(name: str, value: object) -> None:
    """Raise `OptionError` unless `value` is text: a list or a number in its place is never taken apart."""
    if not isinstance(value, str):
        raise OptionError(f"{name} = {value!r} is not allowed: it must be text, several names separated by commas.")


def find_data(field: str, name: str, pattern: str, hint: str = "") -> Path:
    """Return the path of a file: a path as it is, else a file of the checkout's data folder.

    Parameters
    ----------
    field
        What the name was given for, in the error.
    pattern
        Which files of the data folder the error lists, such as "*.json".
    hint
        What the error says at its end.

    Raises
    ------
    OptionError
        If there is neither, or if both are there and are not the same.
    """
    text(field, name)
    own, measured = Path(name).expanduser(), DATA / name
    bare = os.path.basename(name) == name
    if bare and own.is_file() and measured.is_file() and not filecmp.cmp(own, measured, shallow=False):
        raise OptionError(
            f"{field} = {name!r} is not allowed: it may be {measured} or, in the folder where this runs, "
            f"{own.absolute()}, which is not the same; name the one that you mean with its folder."
        )
    for path in (own, measured):
        if path.is_file():
            if path.parent == DATA:
                note_table(path)
            return path
        if is_special(path):
            raise OptionError(f"{field} = {name!r} is not allowed: it {SPECIAL}.")
    if not DATA.is_dir():
        raise OptionError(f"{field} = {name!r} is not allowed: there is no such file. {WITH_A_CHECKOUT}{hint}")
    there = ", ".join(sorted(path.name for path in DATA.glob(pattern)))
    raise OptionError(
        f"{field} = {name!r} is not allowed: there is no such file, and {DATA} has: {there or 'none'}.{hint}"
    )


def made_by(code: str, seconds: float, **more: object) -> dict[str, object]:
    """Return where a table that is measured now comes from, for its `attrs`."""
    return more | {
        "mirror_core": __version__,
        "code": code,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "seconds": round(seconds, 1),
    }


def write_data(table: pd.DataFrame, path: Path) -> None:
    """Write a table in Parquet, with its provenance (`attrs`), whole or not at all.

    Raises
    ------
    OptionError
        If the path does not end in .parquet.
    """
    if path.suffix.lower() != ".parquet":
        raise OptionError(f"cannot write a table to {path}: its name must end in .parquet.")
    with whole_file(path) as part:
        table.to_parquet(part, compression="zstd", index=False)


def read_data(path: Path, columns: Sequence[str], hint: str) -> pd.DataFrame:
    """Read a table that `write_data` wrote.

    Parameters
    ----------
    hint
        What makes such a table, at the end of an error.

    Raises
    ------
    OptionError
        If it cannot be read, or lacks a column.
    """
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise OptionError(f"{path} cannot be read ({' '.join(str(error).split())}): {hint}") from error
    if missing := [name for name in columns if name not in table]:
        raise OptionError(f"{path} lacks the column(s) {', '.join(missing)}: {hint}")
    return table
