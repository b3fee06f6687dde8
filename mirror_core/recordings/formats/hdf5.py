"""What the formats that are HDF5 inside share: only what is in the file itself is read, and not too much of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from mirror_core.analysis.validation import RecordingError
from mirror_core.recordings.sessions import check_size


def root_has(path: Path, attribute: str, *, of_items: bool = False) -> bool:
    """Return whether the root, or an item in it, has an attribute; False if the file cannot be opened.

    Raises
    ------
    BlockingIOError
        If another program has locked it.
    """
    try:
        with h5py.File(path) as file:
            return attribute in file.attrs or (of_items and any(attribute in item(file, name).attrs for name in file))
    except BlockingIOError:
        raise
    except (OSError, RuntimeError, LookupError, TypeError, ValueError):
        return False


def item(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """Return what is at a path in a group, unless a link leads into another file."""
    for part in name.strip("/").split("/"):
        if isinstance(group.get(part, getlink=True), h5py.ExternalLink):
            raise RecordingError(f"{part} is a link to another file, which is not followed: it must be in this one.")
        group = group[part]
    return group


def named(codes: np.ndarray, names: Mapping[int, str]) -> np.ndarray:
    """Return what categorical codes stand for; "" for a code without a name."""
    flat = [names.get(code, "") for code in codes.ravel().tolist()]
    return np.array(flat, np.str_).reshape(codes.shape)


def values(dataset: h5py.Dataset) -> np.ndarray:
    """Return a dataset as it is stored, text as text."""
    if dataset.external or dataset.is_virtual:
        raise RecordingError(f"{dataset.name} is kept in another file, which is not read: it must be in this one.")
    check_size(dataset.name, float(dataset.size or 0) * dataset.dtype.itemsize)
    if dataset.shape is None:
        return np.empty(0)
    if h5py.check_string_dtype(dataset.dtype):
        return np.asarray(dataset.asstr(errors="replace")[()], np.str_)
    if codes := h5py.check_enum_dtype(dataset.dtype):
        return named(np.asarray(dataset[()]), {code: name for name, code in codes.items()})
    return np.asarray(dataset[()])
