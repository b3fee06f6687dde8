"""The machine that something is measured on: what it is, and whether it was left alone meanwhile."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import psutil

from mirror_core.runs.provenance import processor

_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux's prctl."""
PACKAGES = ("torch", "numba", "numpy", "scipy", "joblib", "distributed", "jax")


def describe(store: str) -> dict[str, Any]:
    """Return processor, memory, system and versions; `store` is a folder on the disk that is measured."""
    return {
        "processor": processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "disk": _file_system(store),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES if importlib.util.find_spec(name)},
    }


def _file_system(folder: str) -> str:
    """Return the kind of file system that a folder is on, such as "ext4"."""
    path = os.path.realpath(folder)
    inside = [p for p in psutil.disk_partitions(all=True) if os.path.commonpath([path, p.mountpoint]) == p.mountpoint]
    return max(inside, key=lambda p: len(p.mountpoint)).fstype if inside else "unknown"


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process to one core where the system allows to choose: JAX has no other way to be kept to one."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def adopt() -> None:
    """Make processes whose parents end this process's own, as only Linux can: else nobody counts what they do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_all() -> None:
    """Wait until all processes that are this one's own have ended."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


class Watch:
    """What the machine does from now on: our own share of it and that of everybody else."""

    def __init__(self) -> None:
        self.load = os.getloadavg()[0]
        self.start, self.busy, self.own = time.perf_counter(), _busy(), _own()

    def report(self) -> dict[str, float]:
        """Return the load average (1 minute) at the start, seconds since, and cores that others kept busy on average.

        Worker processes count as our own once they have ended and been waited for, so ask after that.
        """
        seconds = time.perf_counter() - self.start
        others = _busy() - self.busy - (_own() - self.own)
        return {
            "load": round(self.load, 2),
            "seconds": round(seconds, 1),
            "others": round(max(others, 0.0) / max(seconds, 1e-9), 3),
        }


def _own() -> float:
    """Return the processor time of this process and of the ended processes that it started, in seconds."""
    return sum(os.times()[:4])


def _busy() -> float:
    """Return the seconds that all cores together have worked, or were taken away by the host, since the start."""
    times = psutil.cpu_times()._asdict()
    idle = times["idle"] + times.get("iowait", 0.0)
    # what guests use is in user's time already
    return sum(times.values()) - idle - times.get("guest", 0.0) - times.get("guest_nice", 0.0)
