"""Files that are whole or not there, are the same if their content is, and are written by one process at a time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, whose file takes the place of `path` when the block ends well.

    An interruption, a full disk or a killed process leaves the old file, or none; of killed processes, files whose
    names begin with a dot may be left.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "table.csv"
    >>> with whole_file(path) as part:
    ...     _ = part.write_text("r")
    >>> path.read_text()
    'r'
    """
    part = path.with_name(f".{path.name[:40]}.{uuid.uuid4().hex[:8]}.part")  # a longer name may be as long as any
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())  # on the disk before the rename says that it is there
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step; bytes of a file's name that are no letters are written as their numbers."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def read_json(text: str | bytes) -> Any:
    """Return what JSON says.

    Raises
    ------
    ValueError
        If it is no JSON, or nested so deeply that nobody can have meant it.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_of_files(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of names and contents of files, in whatever order they come; folders are passed over."""
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(f"{path} {digest_of_file(path)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def alone(folder: Path, say: Callable[[], None] = lambda: None) -> IO[str] | None:
    """Wait until no other process works on a folder, and return what keeps others waiting until it is closed.

    A process that ends, or is killed, closes it.

    Parameters
    ----------
    folder
        Is made if missing. It will hold an empty file `.lock`.
    say
        Called if there is another process to wait for.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / ".lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say()
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:  # a disk without locks
        pass
    return file
