"""Which code made a run, and where: the part of a run's name and record that is not its configuration."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mirror_core import __version__
from mirror_core.runs.code import digest_of_code


@cache
def code_fingerprint() -> str:
    """Return 64 hexadecimal digits for the code that decides weights (see `mirror_core.runs.code`), and the versions
    of what it computes with."""
    versions = f"torch {torch.__version__.partition('+')[0]} numpy {np.__version__} numba {_numba_version()}"
    return digest_of_code("mirror_core.networks.training.loop", versions)


def provenance(started: float, seconds: float) -> dict[str, Any]:
    """Describe how a run came about.

    Parameters
    ----------
    started
        When training began, in seconds since the epoch.
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
