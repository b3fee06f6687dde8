"""MATLAB's own files, versions 5 and 7.3, and Octave's HDF5: arrays, cells and structs as fields with names."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from mirror_core.recordings import sessions
from mirror_core.recordings.formats.base import Arrays, Format, register
from mirror_core.recordings.formats.fields import OPTIONS, Fields, arrays_or_session, contents_of
from mirror_core.recordings.formats.hdf5 import item, root_has, values
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session, check_size

NUMBERS = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
    16: "u1", 17: "u2", 18: "u4",
}  # fmt: skip
"""Kind of an element of a version 5 file → how its numbers are stored."""

CLASSES = dict(zip(range(6, 16), ("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"), strict=True))
"""Class of a matrix of numbers → their dtype; smaller numbers may be stored in fewer bytes."""

PLAIN = ("", "cell", "char", "logical", "single", "double", *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)))
"""Classes of MATLAB's that a 7.3 file keeps as what they are; of tables, strings and categories it keeps numbers that
only MATLAB knows the meaning of."""

COMPRESSED, CELL, STRUCT, CHAR, SPARSE = 15, 1, 2, 4, 5


def fields_v5(path: Path) -> Fields:
    """Return the variables of a version 5 file, and the fields of its structs as NAME.FIELD.

    SciPy's `loadmat` is not used: one wrong byte in a file ends the process with it (1.17.1).
    """
    content = path.read_bytes()
    order = "<" if content[126:128] == b"IM" else ">"
    if len(content) < 128:
        raise ValueError("the header ends early")
    variables, total = {}, len(content)
    for kind, raw in _elements(content[128:], order):
        if kind == COMPRESSED:
            unpacker = zlib.decompressobj()
            raw = unpacker.decompress(raw, sessions.LIMIT + 1)
            check_size("the file", total := total + len(raw))
            if not unpacker.eof:
                raise ValueError("a variable ends early")
            _, raw = next(_elements(raw, order))
        name, one = _matrix(raw, order)
        variables[name] = one
    return dict(_flat({name: one for name, one in variables.items() if name}))


def _elements(content: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Give the kind and the bytes of each element of a version 5 file."""
    view, at = memoryview(content), 0
    while at + 8 <= len(view):
        kind, n = struct.unpack_from(order + "II", view, at)
        start = at + 8
        if kind >> 16:  # a small one: its length and its bytes are in the eight bytes
            kind, n, start = kind & 0xFFFF, kind >> 16, at + 4
        end = start + n
        if end > (at + 8 if start == at + 4 else len(view)):
            raise ValueError("a variable ends early")
        yield kind, view[start:end]
        at = end if kind == COMPRESSED else end + -end % 8
    if at < len(view):
        raise ValueError("a variable ends early")


def _matrix(raw: bytes, order: str) -> tuple[str, object]:
    """Return name and value of a matrix as `loadmat` does, logical ones as such; None for what only MATLAB knows."""
    if not len(raw):
        return "", np.empty((0, 0))
    parts = _elements(raw, order)

    def numbers() -> np.ndarray:
        kind, raw = next(parts, (None, b""))
        if kind not in NUMBERS:
            raise ValueError(f"a variable has an element of kind {kind}")
        return np.frombuffer(raw, order + NUMBERS[kind])

    flags = int(numbers()[0])
    kind, is_complex, is_logical = flags & 0xFF, flags & 0x800, flags & 0x200
    if kind not in (CELL, STRUCT, CHAR, SPARSE, *CLASSES):
        return "", None
    shape = tuple(numbers().tolist())
    name, size = numbers().tobytes().decode("utf-8", "replace"), math.prod(shape)
    if len(shape) < 2 or min(shape) < 0:
        raise ValueError(f"{name} has shape {shape}")
    if kind in (CELL, STRUCT):
        keys = [""]
        if kind == STRUCT:
            width = int(numbers()[0])
            keys = [key.rstrip(b"\0").decode("latin-1") for key in numbers().view(f"S{width}").tolist()]
        inner = [_matrix(part, order)[1] for _, part in parts]
        if len(inner) != size * len(keys):
            raise ValueError(f"{name} has {len(inner)} values, not {size * len(keys)}")
        boxes = {key: _box(inner[i :: len(keys)], shape) for i, key in enumerate(keys)}
        return name, boxes[""] if kind == CELL else _record(boxes)
    if kind == SPARSE:
        rows, ends = numbers(), numbers()
        data = np.ones(ends[-1]) if is_logical else numbers()
        data = data + 1j * numbers() if is_complex else data
        check_size(name, 8.0 * size)
        dense = np.zeros(shape, data.dtype.newbyteorder("="))
        dense[rows[: ends[-1]], np.repeat(np.arange(shape[1]), np.diff(ends))] = data[: ends[-1]]
        return name, dense
    data = numbers()
    if kind == CHAR and not (size and len(data)):
        return name, np.array([""])
    if size > len(data) or (kind != CHAR and size != len(data)):
        raise ValueError(f"{name} has {len(data)} values, not {size}")
    if kind == CHAR:
        encoding = {1: "utf-8", 2: "utf-16", 4: "utf-32"}[data.itemsize]
        ends = {"<": "-le", ">": "-be"}[order] if data.itemsize > 1 else ""
        letters = data.tobytes().decode(encoding + ends, "replace").ljust(size)[:size]
        rows = np.array(list(letters), np.str_).reshape(shape, order="F").reshape(shape[0], -1)
        return name, np.array(["".join(row) for row in rows])
    data = data.astype(bool if is_logical else CLASSES[kind])
    return name, (data + 1j * numbers() if is_complex else data).reshape(shape, order="F")


def fields_hdf5(path: Path) -> Fields:
    """Return the same of a version 7.3 file, or of one by Octave."""
    with h5py.File(path) as file:
        names = [name for name in file if name not in ("#refs#", "#subsystem#")]
        return dict(_flat({name: _matlab(file, item(file, name), {}) for name in names}))


def _read_v5(path: Path, layout: Layout) -> Arrays | Session:
    return arrays_or_session(fields_v5(path), layout)


def _read_hdf5(path: Path, layout: Layout) -> Arrays | Session:
    return arrays_or_session(fields_hdf5(path), layout)


def _flat(variables: dict[str, object]) -> Iterator[tuple[str, np.ndarray]]:
    """Give every array by its name; of structs, each field: its value, or one of each element."""
    for name, one in variables.items():
        if one is None:
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
        return _record({key: _box([_matlab(file, part, seen)]) for key, part in parts.items()})
    if kind not in PLAIN:
        return None
    if one.attrs.get("MATLAB_empty", 0):
        return np.empty([0, 0])
    if kind == "cell":
        return _cell(file, one, seen)
    array = values(one).T
    if kind == "char":
        return np.array([row.astype(np.uint16).tobytes().decode("utf-16", "replace") for row in array])
    return array.astype(bool) if kind == "logical" else array


def _octave(one: h5py.Group) -> object:
    """Return a variable of Octave's: a type and a value."""
    kind, value = np.asarray(item(one, "type")[()]).item().rstrip(b"\0").decode(), item(one, "value")
    if kind == "cell":
        cells = [_octave(item(value, name)) for name in sorted(value) if name.startswith("_")]
        return _box(cells, tuple(values(value["dims"]).ravel().astype(int)) if "dims" in value else (-1, 1))
    if kind in ("scalar struct", "struct"):
        fields = {name: _octave(item(value, name)) for name in value if isinstance(item(value, name), h5py.Group)}
        return _record(fields if kind == "struct" else {name: _box([field]) for name, field in fields.items()})
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


def _box(values: list, shape: tuple[int, ...] = (1, 1)) -> np.ndarray:
    """Return values, arrays among them, as the elements of an array of objects."""
    box = np.empty(len(values), object)
    for i, value in enumerate(values):
        box[i] = value
    return box.reshape(shape, order="F")


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
