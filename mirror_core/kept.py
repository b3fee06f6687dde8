"""Analyses of stored runs, each computed once: kept beside the runs, found by run, function, settings and code.

A page that shows hundreds of networks measures each of them once. After that its prose, its figures and its number of
networks change without measuring again. What an analysis computes with (its own module, `recording`, the whole of
`analysis`, modules named in the call, and the numerical packages) is in the name of the file, so that none outlives its code.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import os
import pickle
import uuid
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import joblib

from mirror_core.making import in_workers
from mirror_core.provenance import digest_of_code
from mirror_core.runs import RunStore, StoreError
from mirror_core.turns import turn

_PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "xarray")
_DIGEST = 64  # characters of a SHA-256, before the pickle in each file


class Named(Protocol):
    """What an analysis is kept for: a run, or anything else that its fingerprint describes, such as a simulation."""

    @property
    def fingerprint(self) -> str: ...


def analyse_runs(
    function: Callable[..., Any],
    runs: Sequence[Named],
    *,
    store: RunStore | None = None,
    modules: Sequence[str] = (),
    progress: bool = True,
    **settings: Any,
) -> list[Any]:
    """Return `function(run, **settings)` for each run, computing in worker processes what is not kept.

    Parameters
    ----------
    function
        A function of a module of `mirror_core`, deterministic in the run and the settings. Its result can be pickled.
    runs
        May repeat; each is analysed once.
    store
        In whose folder results are kept; `RunStore()` if not given.
    modules
        Further modules of `mirror_core` that decide the result, such as "measuring": file names without ".py".
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
    code = _code(function, tuple(modules))
    asked = json.dumps(settings, sort_keys=True)
    name = hashlib.sha256(f"{code} {asked}".encode()).hexdigest()[:12]
    paths = {
        run.fingerprint: store.root / "analyses" / run.fingerprint[:2] / f"{run.fingerprint}-{function.__name__}-{name}"
        for run in runs
    }
    found = {run: _load(path) for run, path in paths.items()}
    if None in found.values():
        with turn():
            # another process may have computed some while this one waited
            found |= {run: _load(paths[run]) for run, result in found.items() if result is None}
            missing = {run.fingerprint: run for run in runs if found[run.fingerprint] is None}
            tasks = [joblib.delayed(_keep)(function, run, paths[key], settings) for key, run in missing.items()]
            what = function.__name__.replace("_", " ")
            for key, result in zip(missing, in_workers(tasks, what, "network", progress), strict=True):
                found[key] = (result,)
    return [found[run.fingerprint][0] for run in runs]


@cache
def _code(function: Callable[..., Any], modules: tuple[str, ...]) -> str:
    """Name the code of an analysis, and the versions that it computes with."""
    root = Path(__file__).parent
    own = Path(inspect.getfile(inspect.unwrap(function))).relative_to(root).with_suffix("").as_posix()
    analysis = [path.relative_to(root).with_suffix("").as_posix() for path in sorted(root.glob("analysis/*.py"))]
    versions = " ".join(f"{package} {metadata.version(package)}" for package in _PACKAGES)
    return digest_of_code(f"{versions} {function.__name__}", sorted({own, "recording", *analysis, *modules}))


def _keep(function: Callable[..., Any], run: Named, path: Path, settings: dict[str, Any]) -> Any:
    result = function(run, **settings)
    content = pickle.dumps(result)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(hashlib.sha256(content).hexdigest().encode() + content)
            file.flush()
            os.fsync(file.fileno())  # on the disk before the rename says that it is there
        part.replace(path)
    except OSError as error:
        raise StoreError(f"cannot keep {path}: {error.strerror}.") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return result


def _load(path: Path) -> tuple[Any] | None:
    """Return what is kept, or None if it has to be computed. A damaged file is named, and never used."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        warnings.warn(f"kept analysis {path} cannot be read ({error.strerror}); it will be made again.", stacklevel=3)
        return None
    if hashlib.sha256(content[_DIGEST:]).hexdigest().encode() != content[:_DIGEST]:
        warnings.warn(f"kept analysis {path} is damaged; it will be made again.", stacklevel=3)
        return None
    return (pickle.loads(content[_DIGEST:]),)
