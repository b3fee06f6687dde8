"""Which code made a run, and where: the part of a run's name and record that is not its configuration."""

from __future__ import annotations

import ast
import hashlib
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mirror_core import __version__

_DECIDES_WEIGHTS = (
    "checks", "config", "seeding", "world", "cores", "network", "conditions", "lessons", "learners", "layout", "gru",
    "compiled", "training",
)  # fmt: skip
"""The modules through which a configuration becomes trained weights."""


@cache
def code_fingerprint() -> str:
    """Return 64 hexadecimal digits for the code that decides weights: those modules, and the versions of what they compute with.

    Comments and docstrings do not count, so that better prose does not train every network again.
    """
    versions = f"torch {torch.__version__.partition('+')[0]} numpy {np.__version__} numba {_numba_version()}"
    return digest_of_code(versions, _DECIDES_WEIGHTS)


def digest_of_code(versions: str, modules: Sequence[str]) -> str:
    """Return 64 hexadecimal digits for versions of other packages and for modules of this one, without their prose."""
    digest = hashlib.sha256(versions.encode())
    for name in modules:
        source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
        digest.update(ast.unparse(_without_prose(ast.parse(source))).encode())
    return digest.hexdigest()


def _without_prose(tree: ast.Module) -> ast.Module:
    """Remove strings that stand alone (docstrings, notes under fields); comments are not in the tree at all."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return tree


def provenance(started: float, seconds: float) -> dict[str, Any]:
    """Describe how a run came about.

    Parameters
    ----------
    started
        When training began, in seconds since the epoch.
    seconds
        How long it took.
    """
    return {
        "mirror_core": __version__,
        "code": code_fingerprint()[:20],
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "numba": _numba_version(),
        "platform": platform.platform(),
        "processor": processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
    }


def _numba_version() -> str | None:
    """Return the version of Numba, without which networks learn by automatic differentiation."""
    try:
        return metadata.version("numba")
    except metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """Return the processor's name where the system tells it."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
