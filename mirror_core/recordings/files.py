"""A file of recordings, NPZ or NetCDF: its content decides how it is read, and nothing in it is ever executed."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
import xarray as xr

from mirror_core.analysis.validation import RecordingError
from mirror_core.recordings.cleaned import MODES, from_labelled, require

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""perform, observe, and actions or None."""

KINDS = {b"PK": "npz", b"CDF\x01": "scipy", b"CDF\x02": "scipy", b"\x89HDF\r\n\x1a\n": "h5netcdf"}
"""How a file begins, and what it is: NPZ, or the engine of xarray that reads it (NetCDF 3, NetCDF 4)."""

ALLOWED = "it must be a .npz file (numpy.savez) or a NetCDF file (.nc), with perform and observe, perhaps actions"


def read_file(path: str | Path) -> Arrays:
    """Read perform, observe and, where there are any, actions.

    Parameters
    ----------
    path
        NPZ with arrays `perform`, `observe` (sequence, time, unit) and perhaps `actions` (sequence, time); or NetCDF 3
        or 4 with the same names, dimensions in any order, or with one array that has a dimension `mode` (see
        `mirror_core.recordings.cleaned.from_labelled`).

    Raises
    ------
    RecordingError
        If the file is missing, damaged, of another kind, or lacks an array; names file, thing and what is allowed.
    """
    path = Path(path)
    kind = _kind(path)
    try:
        return _npz(path) if kind == "npz" else _netcdf(path, kind)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    except (OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RecordingError(f"{path} is damaged or no file of recordings ({reason}): {ALLOWED}.") from error


def _kind(path: Path) -> str:
    """Return what a file is, by its first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except FileNotFoundError:
        raise RecordingError(f"{path} does not exist: {ALLOWED}.") from None
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}): {ALLOWED}.") from error
    for mark, kind in KINDS.items():
        if start.startswith(mark):
            return kind
    what = "empty" if not start else "one array (.npy)" if start.startswith(b"\x93NUMPY") else "of another kind"
    raise RecordingError(f"{path} is {what}: {ALLOWED}.")


def _npz(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:  # a pickle could run anything

        def array(name: str) -> np.ndarray:
            try:
                return file[require(name, file.files)]
            except ValueError as error:
                if "allow_pickle" not in str(error):
                    raise
                raise RecordingError(f"{name} holds Python objects, which are not loaded: it must hold numbers.") from error

        perform, observe = map(array, MODES)
        return perform, observe, array("actions") if "actions" in file.files else None


def _netcdf(path: Path, engine: str) -> Arrays:
    # numbers as they are: a time axis in seconds must not become dates
    with xr.open_dataset(path, engine=engine, decode_times=False) as dataset:
        return from_labelled(dataset)
