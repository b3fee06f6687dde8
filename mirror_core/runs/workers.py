"""What worker processes are: how many, of one thread each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from mirror_core.checks import whole

WORKERS_VARIABLE = "MIRROR_CORE_WORKERS"
"""Environment variable with the number of worker processes; all usable processors if not set."""

MOST_WORKERS = 1024
"""The most that may be asked for on one machine: each is a process that imports PyTorch."""

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables that limit linear algebra to one thread a process: the processes already fill the processors."""


class WorkerDied(RuntimeError):
    """A worker process ended before its work was done."""


class Pool(Protocol):
    """Where tasks run."""

    size: int
    """Tasks that run at a time, as far as is known."""
    window: int
    """Tasks that are handed over at a time."""
    death: tuple[type[Exception], ...]
    """What a task raises when its worker dies."""

    def executor(self, size: int) -> Any:
        """Return a context manager of a working executor for at most `size` tasks at a time."""

    def look(self) -> None:
        """Raise `WorkerDied` if nobody is left to do the work; asked where no result has come for a while."""

    def close(self) -> None:
        """Leave the workers; a cluster stays."""


def n_workers() -> int:
    """Return the number of worker processes: `$MIRROR_CORE_WORKERS`, else one for each usable processor."""
    chosen = os.environ.get(WORKERS_VARIABLE)
    if not chosen:
        import joblib  # here, since the commands that only read need no workers

        return joblib.cpu_count()
    value = int(chosen) if chosen.isdecimal() else chosen
    whole(WORKERS_VARIABLE, value, 1, MOST_WORKERS)
    return value


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch use one thread: faster for networks of this size, and the same numbers everywhere."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
