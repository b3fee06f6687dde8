"""MATLAB's own files, versions 5 and 7.3, and Octave's HDF5: arrays, cells and structs as fields with names."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from scipy.sparse import issparse

from mirror_core.recordings.formats.base import Arrays, Format, register
from mirror_core.recordings.formats.fields import OPTIONS, Fields, arrays_or_session, contents_of
from mirror_core.recordings.formats.hdf5 import item, root_has, values
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session, check_size


def fields_v5(path: Path) -> Fields:
    """Return the variables of a version 5 file, and the fields of its structs as NAME.FIELD."""
    _check_unpacked(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # variables of classes that only MATLAB knows; they are left out below
        try:
            content = loadmat(path, squeeze_me=False, struct_as_record=True)
        except MatReadError as error:
            raise ValueError(str(error)) from error
    return dict(_flat({name: one for name, one in content.items() if not name.startswith("__")}))


def fields_hdf5(path: Path) -> Fields:
    """Return the same of a version 7.3 file, or of one by Octave."""
    with h5py.File(path) as file:
        names = [name for name in file if name not in ("#refs#", "#subsystem#")]
        return dict(_flat({name: _matlab(file, item(file, name), {}) for name in names}))


def _read_v5(path: Path, layout: Layout) -> Arrays | Session:
    return arrays_or_session(fields_v5(path), layout)


def _read_hdf5(path: Path, layout: Layout) -> Arrays | Session:
    return arrays_or_session(fields_hdf5(path), layout)


def _check_unpacked(path: Path) -> None:
    """Refuse a file whose compressed variables unpack to too much, without keeping what they unpack to."""
    content = path.read_bytes()
    order = "little" if content[126:128] == b"IM" else "big"
    at, total = 128, len(content)
    while at + 8 <= len(content):
        kind, n = (int.from_bytes(content[at + i : at + i + 4], order) for i in (0, 4))
        if kind == 15:  # miCOMPRESSED
            unpacker, rest = zlib.decompressobj(), content[at + 8 : at + 8 + n]
            while rest and not unpacker.eof:
                total += len(unpacker.decompress(rest, 2**24))
                rest = unpacker.unconsumed_tail
                check_size("the file", total)
        at += 8 + n


def _flat(variables: dict[str, object]) -> Iterator[tuple[str, np.ndarray]]:
    """Give every array by its name; of structs, each field: its value, or one of each element."""
    for name, one in variables.items():
        if issparse(one):
            check_size(name, 8.0 * one.shape[0] * one.shape[1])
            one = one.toarray()
        if not isinstance(one, np.ndarray) or type(one).__name__.startswith("Matlab"):
            continue
        if one.dtype.names is None:
            yield name, one
        else:
            fields = {key: one[key][0, 0] if one.size == 1 else one[key] for key in one.dtype.names}
            yield from _flat({f"{name}.{key}": value for key, value in fields.items()})


def _matlab(file: h5py.File, one: h5py.Group | h5py.Dataset, seen: dict[bytes, object]) -> object:
    """Return a variable of an HDF5 file as `loadmat` returns one: axes in MATLAB's order, structs as records.

    What has been `seen`, by its path, is not read again: cells of cells that all refer to a few would never end.
    """
    if "OCTAVE_NEW_FORMAT" in one.attrs or (isinstance(one, h5py.Group) and {"type", "value"} == set(one)):
        return _octave(one)
    kind = one.attrs.get("MATLAB_class", b"")
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if isinstance(one, h5py.Group):
        if "MATLAB_sparse" in one.attrs or kind not in ("struct", ""):
            return None
        parts = {key: item(one, key) for key in one}
        elements = {
            key: part
            for key, part in parts.items()
            if h5py.check_ref_dtype(getattr(part, "dtype", None)) and "MATLAB_class" not in part.attrs
        }
        if elements:
            return _record({key: _cell(file, part, seen) for key, part in elements.items()})
        return _record({key: _boxed(_matlab(file, part, seen)) for key, part in parts.items()})
    if one.attrs.get("MATLAB_empty", 0):
        return np.empty([0, 0])
    if kind == "cell":
        return _cell(file, one, seen)
    array = values(one).T
    if kind == "char":
        return np.array(["".join(map(chr, row)) for row in array])
    return array.astype(bool) if kind == "logical" else array


def _octave(one: h5py.Group) -> object:
    """Return a variable of Octave's: a type and a value."""
    kind, value = np.asarray(item(one, "type")[()]).item().rstrip(b"\0").decode(), item(one, "value")
    if kind == "cell":
        cells = [_octave(item(value, name)) for name in sorted(value) if name.startswith("_")]
        boxed = np.empty(len(cells), object)
        boxed[:] = cells
        dims = values(value["dims"]).ravel().astype(int) if "dims" in value else (-1, 1)
        return boxed.reshape(dims, order="F")
    if kind in ("scalar struct", "struct"):
        fields = {name: _octave(item(value, name)) for name in value if isinstance(item(value, name), h5py.Group)}
        return _record(fields if kind == "struct" else {name: _boxed(field) for name, field in fields.items()})
    if "OCTAVE_EMPTY_MATRIX" in value.attrs or not isinstance(value, h5py.Dataset) or value.dtype.names:
        return np.empty([0, 0]) if isinstance(value, h5py.Dataset) else None
    array = values(value)
    array = array.reshape((1, 1)) if not array.ndim else array.T
    if "string" in kind:
        return np.array([row.astype(np.uint8).tobytes().decode("utf-8", "replace") for row in array])
    return array.astype(bool) if kind.startswith("bool") else array


def _cell(file: h5py.File, dataset: h5py.Dataset, seen: dict[bytes, object]) -> np.ndarray:
    """Return what a dataset of references refers to, in MATLAB's order of axes."""
    references = values(dataset).T
    boxed = np.empty(references.shape, object)
    for at, reference in np.ndenumerate(references):
        path = h5py.h5r.get_name(reference, file.id)
        if path not in seen:
            seen[path] = _matlab(file, file[reference], seen)
        boxed[at] = seen[path]
    return boxed


def _boxed(value: object) -> np.ndarray:
    """Return a value as the one element of a struct."""
    box = np.empty((1, 1), object)
    box[0, 0] = value
    return box


def _record(fields: dict[str, np.ndarray]) -> np.ndarray | None:
    """Return a struct array, as `loadmat` does."""
    if not fields:
        return None
    record = np.empty(next(iter(fields.values())).shape, [(name, object) for name in fields])
    for name, elements in fields.items():
        record[name] = elements
    return record


register(
    Format("a MATLAB file (.mat)", (b"MATLAB 5",), _read_v5, lambda path: contents_of(fields_v5(path)), options=OPTIONS)
)
register(
    Format(
        "a MATLAB 7.3 file", (b"MATLAB 7",), _read_hdf5, lambda path: contents_of(fields_hdf5(path)), options=OPTIONS
    )
)
register(
    Format(
        "an HDF5 file of Octave or MATLAB",
        (b"\x89HDF\r\n\x1a\n",),
        _read_hdf5,
        lambda path: contents_of(fields_hdf5(path)),
        is_one=lambda path: any(root_has(path, name, of_items=True) for name in ("OCTAVE_NEW_FORMAT", "MATLAB_class")),
        options=OPTIONS,
    )
)
