"""What a file format of recordings is, and the list of all that can be read.

A format is one file beside this one: functions from a path to what it holds, registered with how such files begin.
What a file is, its content decides, not its name (but for text, which begins like any other). Nothing in a file is
ever executed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mirror_core.checks import OptionError
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""perform, observe (sequence, time, unit), and actions (sequence, time) or None."""

COMMON = (
    "mode", "condition", "continuous", "bins", "circular", "perform", "observe", "only", "halves", "files",
)  # fmt: skip
"""Options that say which trials are which, in every format that has them."""


@dataclass(frozen=True)
class Field:
    """A thing in a file that an option can name."""

    name: str
    shape: tuple[int, ...]
    kind: str
    """What it holds: a dtype, or in words."""
    of: str
    """What it has one value of: "trial", "unit", a table's name, or nothing."""
    values: dict[str, int] | None = None
    """Each different value and how often it occurs; None where there are many."""
    span: tuple[float, float] | None = None
    """Where a column has many different values, and all are numbers: the smallest and the largest."""
    rising: bool = False
    """Whether these rise from row to row, as times do."""


@dataclass(frozen=True)
class Contents:
    """What is in a file, and options that may fit: names tell, so they are to be looked at."""

    fields: tuple[Field, ...]
    proposal: Layout
    notes: tuple[str, ...] = ()
    subject: str = ""
    """Whose recordings these are, where the file says so."""


@dataclass(frozen=True)
class Format:
    """A kind of file that recordings come in."""

    name: str
    """What such a file is called in an error, with its usual ending."""
    marks: tuple[bytes, ...]
    """How such files begin, at most eight bytes each; for text, which has none, the endings of its name."""
    read: Callable[[Path, Layout], Arrays | Session]
    """Reads one; may raise `RecordingError`, `OptionError`, and whatever a damaged file makes its library raise."""
    contents: Callable[[Path], Contents] | None = None
    """Lists what is in one."""
    is_one: Callable[[Path], bool] | None = None
    """Whether a file is one, where others begin alike; they are asked first."""
    options: tuple[str, ...] = ()
    """What of a layout it uses, beside `COMMON`."""


FORMATS: list[Format] = []
"""All formats; each registers itself when the package is imported."""


def register(one: Format) -> None:
    """Add a format.

    Raises
    ------
    OptionError
        If a part is missing, or another format has its name, or one of its marks where neither tells them apart.
    """
    for part in ("name", "marks", "read", "contents"):
        if not getattr(one, part):
            raise OptionError(f"file format {one.name!r} lacks its {part}.")
    for other in FORMATS:
        marks = set() if one.is_one or other.is_one else {*one.marks} & {*other.marks}
        if taken := marks | ({one.name} & {other.name}):
            raise OptionError(f"file format {one.name!r}: {taken.pop()!r} is taken by {other.name!r}.")
    FORMATS.append(one)
