"""What a page was made from, in one number: when it changes, the notebook has to run again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import mirror_core

PACKAGES = ("torch", "numba", "numpy", "scipy", "scikit-learn", "xarray", "pandas", "matplotlib")
"""Packages whose version can change a number or a figure."""


def library_digest(library: Path | None = None) -> str:
    """Return the SHA-256 of all files of the library, names and bytes.

    Parameters
    ----------
    library
        The package's folder; that of `mirror_core` if not given.
    """
    library = library if library is not None else Path(mirror_core.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(library.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(library).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def data_digests(source: str, parameters: Mapping[str, Any], data: Path | None) -> dict[str, str]:
    """Return the SHA-256 of each file of the data folder whose name a notebook or its parameters mention."""
    text = source + json.dumps(dict(parameters), sort_keys=True)
    files = sorted(path for path in data.rglob("*") if path.is_file()) if data is not None else []
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.name in text}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a result."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES}


def page_fingerprint(
    source: str, parameters: Mapping[str, Any], library: Path | None = None, data: Path | None = None
) -> str:
    """Return the fingerprint of an executed notebook.

    Parameters
    ----------
    source
        Text of the notebook's source.
    parameters
        What papermill passes to it.
    library
        See `library_digest`.
    data
        Folder of measured tables; those that the source or the parameters name count, see `data_digests`.
    """
    parts = [source, dict(parameters), library_digest(library), versions(), data_digests(source, parameters, data)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
