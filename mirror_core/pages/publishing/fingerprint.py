"""What a page was made from, in one number: when it changes, the notebook has to run again."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import mirror_core
from mirror_core.pages.publishing.kernel_environment import deciding_variables
from mirror_core.runs.code import closure, source_of
from mirror_core.runs.files import digest_of_file

PACKAGES = ("torch", "numba", "numpy", "scipy", "scikit-learn", "xarray", "pandas", "matplotlib")
"""Packages whose version can change a number or a figure."""

MODULES = (*(name for name in PACKAGES if name != "scikit-learn"), "sklearn")
"""What is imported of them."""


def library_digest(source: str, library: Path | None = None) -> str:
    """Return the SHA-256 of all of the library that a notebook uses: names and bytes, comments and docstrings too.

    That is every module whose name stands in the notebook, with all that these import, and whatever in the package's
    folder is no Python. The table of settings shows docstrings, so here they count.

    Parameters
    ----------
    library
        The package's folder; that of `mirror_core` if not given.
    """
    library = library if library is not None else Path(mirror_core.__file__).parent
    digest = hashlib.sha256()
    named = re.findall(r"\bmirror_core(?:\.\w+)+", source) + _imported_parts(source)
    for module in sorted(closure(*named, root=library, without=frozenset())):
        digest.update(f"{module} {hashlib.sha256(source_of(module, library)).hexdigest()}\n".encode())
    for path in sorted(library.rglob("*")):
        # __pycache__ holds machine code as well, which a build adds to
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts:
            content = digest_of_file(path)
            digest.update(f"{path.relative_to(library).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _imported_parts(source: str) -> list[str]:
    """Return `package.name` for every name that a notebook imports from a package of the library."""
    lines = re.findall(r"^from (mirror_core[\w.]*) import (.+)$", source, re.MULTILINE)
    return [f"{package}.{name.split()[0]}" for package, names in lines for name in names.split(",")]


def data_digests(source: str, parameters: Mapping[str, Any], data: Path | None) -> dict[str, str]:
    """Return the SHA-256 of each file of the data folder whose name a notebook or its parameters mention, and of each
    file anywhere else that a parameter names, seen from where the notebooks run."""
    if data is None:
        return {}
    text = source + json.dumps(dict(parameters), sort_keys=True)
    files = sorted(path for path in data.rglob("*") if path.is_file())
    found = {path.name: path for path in files if path.name in text}
    for value in parameters.values():
        if isinstance(value, str) and value and _is_file(path := data.parents[1] / "notebooks" / _expanded(value)):
            found[value] = path
    return {name: digest_of_file(path) for name, path in found.items()}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # text that cannot be a path: too long, or with a zero in it
        return False


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # of a user that there is not
        return Path(text)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that can change a result."""
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES}


def page_fingerprint(source: str, parameters: Mapping[str, Any], data: Path | None = None) -> str:
    """Return the fingerprint of an executed notebook.

    Parameters
    ----------
    data
        Folder of measured tables; those that the source or the parameters name count, see `data_digests`.
    """
    parts = [
        source,
        dict(parameters),
        library_digest(source),
        versions(),
        data_digests(source, parameters, data),
        deciding_variables(),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
