"""What a file format of recordings is, and the list of all that can be read.

A format is one file beside this one: a function from a path to perform, observe and actions, registered with how such
files begin. What a file is, its content decides, not its name. Nothing in a file is ever executed.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import OptionError

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""perform, observe (sequence, time, unit), and actions (sequence, time) or None."""


@dataclass(frozen=True)
class Format:
    """A kind of file that recordings come in."""

    name: str
    """What such a file is called in an error, with its usual ending."""
    marks: tuple[bytes, ...]
    """How such files begin, at most eight bytes each."""
    read: Callable[[Path], Arrays]
    """Reads one; may raise `RecordingError`, and whatever a damaged file makes its library raise."""


FORMATS: list[Format] = []
"""All formats; each registers itself when the package is imported."""


def register(one: Format) -> None:
    """Add a format.

    Raises
    ------
    OptionError
        If a part is missing, or another format has its name or one of its marks.
    """
    for part in fields(Format):
        if not getattr(one, part.name):
            raise OptionError(f"file format {one.name!r} lacks its {part.name}.")
    for other in FORMATS:
        if taken := {one.name, *one.marks} & {other.name, *other.marks}:
            raise OptionError(f"file format {one.name!r}: {taken.pop()!r} is taken by {other.name!r}.")
    FORMATS.append(one)


def read_file(path: str | Path) -> Arrays:
    """Read perform, observe and, where there are any, actions.

    Parameters
    ----------
    path
        A file in one of `FORMATS`: NPZ with arrays `perform`, `observe` (sequence, time, unit) and perhaps `actions`
        (sequence, time); or NetCDF 3 or 4 with the same names, dimensions in any order, or with one array that has a
        dimension `mode` (see `mirror_core.recordings.cleaned.from_labelled`).

    Raises
    ------
    RecordingError
        If the file is missing, damaged, of another kind, or lacks an array; names file, thing and what is allowed.
    """
    path = Path(path)
    found = _format_of(path)
    try:
        return found.read(path)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    except (OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RecordingError(f"{path} is damaged or no file of recordings ({reason}): {_allowed()}.") from error


def _allowed() -> str:
    return f"it must be {' or '.join(one.name for one in FORMATS)}, with perform and observe, perhaps actions"


def _format_of(path: Path) -> Format:
    """Return what a file is, by its first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except FileNotFoundError:
        raise RecordingError(f"{path} does not exist: {_allowed()}.") from None
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}): {_allowed()}.") from error
    for one in FORMATS:
        if start.startswith(one.marks):
            return one
    what = "empty" if not start else "one array (.npy)" if start.startswith(b"\x93NUMPY") else "of another kind"
    raise RecordingError(f"{path} is {what}: {_allowed()}.")
