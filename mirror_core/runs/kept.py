"""Results, each computed once: analyses of stored runs, and the rows of sweeps, kept beside the runs.

A page that shows hundreds of networks measures each of them once. After that its prose, its figures and its number of
networks change without measuring again. The code that an analysis computes with and its numerical packages are in the
name of the file, so that none outlives its code. A file is a line with checksum, form and its own name, then the
result: labelled arrays as NetCDF, a table as Parquet, anything else as JSON. One under another's name is damaged.
Nothing in it is ever executed.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import xarray as xr

from mirror_core.runs.code import digest_of_code
from mirror_core.runs.files import read_json, whole_file
from mirror_core.runs.netcdf import read_netcdf
from mirror_core.runs.pools import in_workers
from mirror_core.runs.store import RunStore, StoreError
from mirror_core.runs.turns import turn
from mirror_core.runs.used import note_analysis

_PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "xarray")


class Named(Protocol):
    """What an analysis is kept for: a run, or anything else that its fingerprint describes, such as a simulation."""

    @property
    def fingerprint(self) -> str: ...


def analyse_runs(
    function: Callable[..., Any],
    runs: Sequence[Named],
    *,
    store: RunStore | None = None,
    progress: bool = True,
    **settings: Any,
) -> list[Any]:
    """Return `function(run, **settings)` for each run, computing in worker processes what is not kept.

    Parameters
    ----------
    function
        A function of a module of `mirror_core`, deterministic in the run and the settings. It returns an
        `xarray.Dataset`, a `pandas.DataFrame`, or numbers, strings, lists and dictionaries of these.
    runs
        May repeat; each is analysed once.
    store
        In whose folder results are kept; `RunStore()` if not given.
    settings
        Passed to the function; numbers, strings, and lists of these.

    Raises
    ------
    WorkerDied
        If a worker process ends early. What is finished is kept.
    StoreError
        If a result cannot be kept.
    """
    store = RunStore() if store is None else store
    asked = json.dumps(settings, sort_keys=True)
    name = hashlib.sha256(f"{code_of(function)} {asked}".encode()).hexdigest()[:12]
    paths = {
        run.fingerprint: store.root / "analyses" / run.fingerprint[:2] / f"{run.fingerprint}-{function.__name__}-{name}"
        for run in runs
    }
    note_analysis(function, len(paths))
    found = {run: load_result(path) for run, path in paths.items()}
    if None in found.values():
        with turn():
            # another process may have computed some while this one waited
            found |= {run: load_result(paths[run]) for run, result in found.items() if result is None}
            missing = {run.fingerprint: run for run in runs if found[run.fingerprint] is None}
            tasks = [(function, run, paths[key], settings) for key, run in missing.items()]
            what, keys = function.__name__.replace("_", " "), list(missing)
            for i, result in in_workers(_keep, tasks, what, "network", progress):
                found[keys[i]] = (result,)
    return [found[run.fingerprint][0] for run in runs]


@cache
def code_of(function: Callable[..., Any]) -> str:
    """Name the code of an analysis, and the versions that it computes with."""
    versions = " ".join(f"{package} {metadata.version(package)}" for package in _PACKAGES)
    return digest_of_code(function.__module__, f"{versions} {function.__name__}")


def _keep(function: Callable[..., Any], run: Named, path: Path, settings: dict[str, Any]) -> Any:
    result = function(run, **settings)
    save_result(path, result)
    return result


_WRITE = {
    "netcdf": lambda result: bytes(result.to_netcdf(engine="h5netcdf")),
    "parquet": lambda result: result.to_parquet(),
    "json": lambda result: json.dumps(result).encode(),
}
_READ = {
    "netcdf": read_netcdf,
    "parquet": lambda content: pd.read_parquet(io.BytesIO(content)),
    "json": read_json,
}


def save_result(path: Path, result: Any) -> None:
    """Keep a result, whole or not at all.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    form = {xr.Dataset: "netcdf", pd.DataFrame: "parquet"}.get(type(result), "json")
    content = _WRITE[form](result)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as part:
            part.write_bytes(f"{hashlib.sha256(content).hexdigest()} {form} {path.name}\n".encode() + content)
    except OSError as error:
        raise StoreError(f"cannot keep {path}: {error.strerror}.") from error


def load_result(path: Path) -> tuple[Any] | None:
    """Return what is kept, or None if it has to be computed. A damaged file is named, and never used."""
    try:
        head, _, content = path.read_bytes().partition(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        warnings.warn(f"kept result {path} cannot be read ({error.strerror}); it will be made again.", stacklevel=3)
        return None
    digest, _, form = head.decode("ascii", "replace").partition(" ")
    form, _, name = form.partition(" ")
    try:
        if hashlib.sha256(content).hexdigest() == digest and name in ("", path.name):
            return (_READ[form](content),)
    except (KeyError, ValueError, TypeError, OSError, NotImplementedError):
        pass  # an unknown form, or one that the packages of today do not read
    warnings.warn(f"kept result {path} is damaged; it will be made again.", stacklevel=3)
    return None
