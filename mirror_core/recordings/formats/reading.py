"""Reads recordings of any format: a file, a folder or a .zip file of them, with one clear error for what cannot be."""

from __future__ import annotations

import errno
import re
import struct
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import OptionError
from mirror_core.config.declared import SPECIAL, is_special
from mirror_core.recordings.continuous import check_names, cut
from mirror_core.recordings.formats.base import COMMON, FORMATS, Arrays, Contents, Format
from mirror_core.recordings.formats.describing import continuous
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session, check_size, completed, joined, selected, to_trials
from mirror_core.recordings.trials import Trials

FAULTS = (
    OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, MemoryError, OverflowError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What libraries raise when a file is damaged."""

LOCKED = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What HDF5 says of a file that another program has opened for writing."""

FOREIGN = {
    b"\x93NUMPY": "one array (.npy)",
    b"# Created by Octave": "a text file of Octave (save it with: save -v7 FILE)",
}
"""How some other files begin, and what to say of them."""

FREE = "close it there, or read a copy"
"""What to do about a locked file."""


def read_file(path: str | Path) -> Arrays:
    """Read perform, observe and, where there are any, actions, of a file that needs no layout.

    Parameters
    ----------
    path
        NPZ with arrays `perform`, `observe` (sequence, time, unit) and perhaps `actions` (sequence, time); or NetCDF 3
        or 4 with the same names, dimensions in any order, or with one array that has a dimension `mode` (see
        `mirror_core.recordings.cleaned.from_labelled`).

    Raises
    ------
    RecordingError
        If the file is missing, damaged, of another kind, or lacks an array; names file, thing and what is allowed. Also
        if its modes have trials of their own: `read_recording` reads those.
    """
    found = read_recording(path)
    if isinstance(found, Trials):
        raise RecordingError(f"{path} has trials of its own in each mode: it must have the same sequences in both.")
    return found


def read_recording(path: str | Path, layout: Layout | None = None, *, seed: int = 42) -> Arrays | Trials:
    """Read recordings of any of the formats.

    Parameters
    ----------
    path
        A file in one of `FORMATS`; or a folder, or a .zip file, of such files, each of which holds other units of the
        same trials, or another session (see `mirror_core.recordings.sessions.joined`).
    layout
        What in the file is what.
    seed
        Decides the halves, where the layout asks for them.

    Returns
    -------
    Arrays or Trials
        perform, observe and actions (or None) where both modes have the same trials, else `Trials`.

    Raises
    ------
    RecordingError
        If the file is missing, damaged, of another kind, too large, or lacks something; names file and thing.
    OptionError
        If the layout does not fit the file.
    """
    path, layout = Path(path), layout or Layout()
    with _parts(path) as (parts, notes):
        found = [(part.stem, _read(part, layout)) for part in parts]
    try:
        if len(found) == 1 and not isinstance(found[0][1], Session):
            if layout.continuous:
                raise OptionError(
                    "continuous is for files in which each trial has a condition (--condition): the actions of "
                    "sequences that both modes share must be whole numbers."
                )
            return found[0][1]
        if not all(isinstance(one, Session) for _, one in found):
            raise RecordingError("several files must have trials of their own in each mode.")
        layout = completed(found[0][1], layout)
        stems, sessions = zip(*found, strict=True)
        if layout.continuous and layout.condition:
            sessions = cut(sessions, layout)
        else:
            for one in sessions:
                check_names(one, layout)
        session = sessions[0] if len(found) == 1 else joined(list(zip(stems, sessions, strict=True)), layout)
        return to_trials(replace(session, notes=(*session.notes, *notes)), layout, seed)
    except (RecordingError, OptionError) as error:
        raise type(error)(f"{path}: {error}") from error


def contents(path: str | Path) -> Contents:
    """List what is in a file (of several, in the first), and propose the options that may fit.

    Raises
    ------
    RecordingError
        As `read_recording`.
    """
    path = Path(path)
    with _parts(path) as (parts, notes):
        found = _format_of(parts[0])
        with _clear_errors(parts[0], found):
            listed = found.contents(parts[0])
        if len(parts) > 1:
            notes = (f"{len(parts)} files, {parts[0].name} to {parts[-1].name}; listed is the first.", *notes)
        if listed.subject:
            listed, said = _of_subjects(parts, listed)
            notes += said
        notes = (found.name, *notes, *listed.notes)
        numbers = continuous(listed.fields, listed.proposal.event)
        if numbers and not listed.proposal.continuous:
            notes += (
                f"with many different numbers, a continuous condition perhaps (--condition {numbers[0]} --continuous): "
                f"{', '.join(numbers)}",
            )
        return Contents(listed.fields, listed.proposal, notes)


def _of_subjects(parts: list[Path], first: Contents) -> tuple[Contents, tuple[str, ...]]:
    """Return contents whose proposal groups units by subject, where files are of several, and what is said of it."""
    subjects = [first.subject]
    for part in parts[1:]:
        found = _format_of(part)
        with _clear_errors(part, found):
            subjects.append(found.contents(part).subject)
    counts = Counter(filter(None, subjects))
    if len(counts) < 2:
        return first, ()
    words = [one.name for one in first.fields if one.of == "unit" and one.kind == "text" and one.name != "session"]
    groups = tuple(dict.fromkeys([*words, "subject"]))
    each = ", ".join(f"{name} ({n})" for name, n in sorted(counts.items()))
    note = (
        f"the files are of {len(counts)} subjects, {each}: units are exchanged within a subject, which is the sampling "
        "unit, unless groups (--groups) leaves it out"
    )
    return replace(first, proposal=first.proposal.change(groups=groups, files="sessions")), (note,)


@contextmanager
def _parts(path: Path) -> Iterator[tuple[list[Path], tuple[str, ...]]]:
    """Give the files to be read: one, those of a folder or those of a .zip file that is no NPZ; and a note."""
    if is_special(path):
        raise RecordingError(f"{path} {SPECIAL}: {_allowed()}.")
    with tempfile.TemporaryDirectory() as folder:
        if zipfile.is_zipfile(path) and (unpacked := _unpacked(path, Path(folder))):
            there = unpacked
        elif path.is_dir():
            there = [one for one in path.iterdir() if one.is_file() and one.name[0] != "."]
        else:
            yield [path], ()
            return
        try:
            files = [one for one in there if _kind_of(one)]
            if not files:
                raise RecordingError(f"{path} holds no file that can be read: {_allowed()}.")
            others = ", ".join(sorted(one.name for one in there if one not in files))
            files.sort(key=lambda one: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", one.name)])
            yield files, ((f"Left out, since they are no recordings: {others}.",) if others else ())
        except (RecordingError, OptionError) as error:
            raise type(error)(str(error).replace(folder, str(path))) from error


def _unpacked(path: Path, folder: Path) -> list[Path]:
    """Unpack a .zip file of files, not of arrays, into one folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX")
            ]
            if any(one.filename.endswith(".npy") for one in members):
                return []
            check_size(str(path), sum(one.file_size for one in members))
            # only the last part of a name, which cannot lead out of the folder
            files = {folder / PurePosixPath(one.filename).name: one for one in members}
            if len(files) < len(members):
                raise RecordingError(f"{path} has two files of the same name: each must have a name of its own.")
            for target, one in files.items():
                target.write_bytes(archive.read(one))
            return list(files)
    except (OSError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise RecordingError(f"{path} cannot be unpacked ({error}): it must be a whole .zip file.") from error


def _read(path: Path, layout: Layout) -> Arrays | Session:
    """Read one file, and keep what `only` asks for."""
    found = _format_of(path)
    with _clear_errors(path, found):
        for name in layout.given:
            if name not in (allowed := (*COMMON, *found.options)):
                raise OptionError(f"{name} is not used in {found.name}: allowed are {', '.join(allowed)}.")
        one = found.read(path, layout)
        return selected(one, layout) if isinstance(one, Session) else one


@contextmanager
def _clear_errors(path: Path, found: Format) -> Iterator[None]:
    """Turn what libraries raise into one sentence that begins with the file."""
    try:
        yield
    except (RecordingError, OptionError) as error:
        raise type(error)(f"{path}: {error}") from error
    except FAULTS as error:
        if is_locked(error):
            raise RecordingError(f"{path} is locked by another program, which may be writing it: {FREE}.") from error
        reason = " ".join(str(error).split()) or type(error).__name__
        if found.is_one:  # it has been opened, and is what it says
            raise RecordingError(f"{path} is {found.name} with a part that is not understood ({reason}).") from error
        raise RecordingError(f"{path} is damaged or no file of recordings ({reason}): {_allowed()}.") from error


def is_locked(error: BaseException) -> bool:
    """Return whether a file could not be opened since another program has it."""
    return isinstance(error, OSError) and error.errno in LOCKED and "lock" in str(error)


def _allowed() -> str:
    return f"it must be {' or '.join(one.name for one in FORMATS)}, with perform and observe, perhaps actions"


def _find(path: Path) -> Format | None:
    """Return what a file is, by its first bytes, or None."""
    with path.open("rb") as file:
        start = file.read(8)
    like = [one for one in FORMATS if start.startswith(one.marks) or path.suffix.lower().encode() in one.marks]
    like.sort(key=lambda one: one.is_one is None)
    return next((one for one in like if not one.is_one or one.is_one(path)), None)


def _kind_of(path: Path) -> Format | None:
    """Return what a file is, or None; say why where it cannot be read."""
    try:
        return _find(path)
    except FileNotFoundError:
        raise RecordingError(f"{path} does not exist: {_allowed()}.") from None
    except BlockingIOError as error:
        raise RecordingError(f"{path} is locked by another program, which may be writing it: {FREE}.") from error
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}): {_allowed()}.") from error


def _format_of(path: Path) -> Format:
    """Return what a file is, or say what it is not."""
    if (found := _kind_of(path)) is None or not path.stat().st_size:
        with path.open("rb") as file:
            start = file.read(32)
        told = "of another kind" if start else "empty"
        what = next((what for mark, what in FOREIGN.items() if start.startswith(mark)), told)
        raise RecordingError(f"{path} is {what}: {_allowed()}.")
    return found
