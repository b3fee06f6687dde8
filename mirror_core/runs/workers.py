"""One-thread worker processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import joblib
import torch
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from mirror_core.checks import whole
from mirror_core.runs.progress import progress_bar

WORKERS_VARIABLE = "MIRROR_CORE_WORKERS"
"""Environment variable with the number of worker processes; all usable processors if not set."""


class WorkerDied(RuntimeError):
    """A worker process ended before its work was done."""


def n_workers() -> int:
    """Return the number of worker processes: `$MIRROR_CORE_WORKERS`, else one for each usable processor."""
    chosen = os.environ.get(WORKERS_VARIABLE)
    if not chosen:
        return joblib.cpu_count()
    value = int(chosen) if chosen.isdecimal() else chosen
    whole(WORKERS_VARIABLE, value, 1)
    return value


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch use one thread: faster for networks of this size, and the same numbers everywhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def in_workers(tasks: list, what: str, unit: str, progress: bool = True) -> Iterator:
    """Run joblib tasks in one-thread worker processes, with a bar, and yield their results in order.

    Raises
    ------
    WorkerDied
        If a worker process ends early; says how many tasks were done.
    """
    done = 0
    workers = min(n_workers(), len(tasks))
    # A single worker is this very process, which joblib does not hold to one thread.
    alone = threadpool_limits(1) if workers == 1 else nullcontext()
    with alone, progress_bar(len(tasks), what, unit, show=progress and bool(tasks)) as bar:
        try:
            with joblib.parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
                for result in joblib.Parallel(return_as="generator", batch_size=1)(tasks) if tasks else ():
                    done += 1
                    bar.update()
                    yield result
        except TerminatedWorkerError as error:
            raise WorkerDied(
                f"a worker process died while {what} (killed, or out of memory): {done} of {len(tasks)} done. "
                "What is finished is kept; run again to do the rest."
            ) from error
