"""NumPy's archive of arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from mirror_core.analysis.validation import RecordingError
from mirror_core.recordings.formats.base import Arrays, Contents, Format, register
from mirror_core.recordings.formats.fields import OPTIONS, arrays_or_session, contents_of
from mirror_core.recordings.layout import AXES, Layout
from mirror_core.recordings.sessions import Session, check_size


class Archive(Mapping):
    """The arrays of an open NPZ file; those of Python objects are never loaded."""

    def __init__(self, file: np.lib.npyio.NpzFile) -> None:
        self.file = file
        for one in file.zip.infolist():
            check_size(one.filename, one.file_size)

    def __iter__(self) -> Iterator[str]:
        return iter(self.file.files)

    def __len__(self) -> int:
        return len(self.file.files)

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self.file[name]
        except ValueError as error:
            if "allow_pickle" not in str(error):
                raise
            raise RecordingError(f"{name} holds Python objects, which are not loaded: it must hold numbers.") from error


def read(path: Path, layout: Layout) -> Arrays | Session:
    """Read arrays by their names: `perform`, `observe` and perhaps `actions`, or what the layout says."""
    with np.load(path, allow_pickle=False) as file:  # a pickle could run anything
        return arrays_or_session(Archive(file), layout, AXES)


def contents(path: Path) -> Contents:
    """Return all arrays."""
    with np.load(path, allow_pickle=False) as file:
        archive, fields, left = Archive(file), {}, []
        for name in archive:
            try:
                fields[name] = archive[name]
            except RecordingError as error:
                left.append(str(error))
    listed = contents_of(fields)
    return Contents(listed.fields, listed.proposal, tuple(left))


register(Format("a .npz file (numpy.savez)", (b"PK",), read, contents, options=OPTIONS))
