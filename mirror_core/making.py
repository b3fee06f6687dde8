"""From configurations to trained networks: what the store has is taken from there, the rest is trained and kept."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

import joblib
import torch
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from mirror_core.checks import whole
from mirror_core.config import Config
from mirror_core.progress import progress_bar
from mirror_core.provenance import provenance
from mirror_core.runs import Run, RunStore, StoreError, run_fingerprint
from mirror_core.training import train
from mirror_core.turns import turn

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


def make(config: Config, store: RunStore | None, on_epoch: Callable[[int], None] = lambda epoch: None) -> Run:
    """Train one network and keep it; without a store it is only returned."""
    started, clock = time.time(), time.perf_counter()
    with one_thread():
        trained = train(config, on_epoch)
        record = provenance(started, time.perf_counter() - clock)
    run = Run(config, trained.network, trained.history, record)
    if store is not None:
        store.save(run)
    return run


def _make_and_drop(config: Config, store: RunStore) -> None:
    make(config, store)


def obtain(configs: Sequence[Config], store: RunStore | None = None, *, progress: bool = True) -> list[Run]:
    """Return the runs of the configurations, training those that the store lacks in parallel.

    Each finished run is kept at once, so an interrupted call loses only what was under way.

    Parameters
    ----------
    configs
        May repeat; a configuration is trained once.
    store
        `RunStore()` if not given.
    progress
        Whether to show a bar over the networks still to train.

    Raises
    ------
    WorkerDied
        If a worker process is killed or runs out of memory; says how many runs were finished.
    StoreError
        If a run cannot be kept.
    """
    store = RunStore() if store is None else store
    runs = {run_fingerprint(c): store.load(c) for c in configs}
    missing = {run_fingerprint(c): c for c in configs if runs[run_fingerprint(c)] is None}
    with turn() if missing else nullcontext():
        # another process may have trained some while this one waited
        todo = [config for config in missing.values() if store.load(config) is None]
        tasks = [joblib.delayed(_make_and_drop)(config, store) for config in todo]
        for _ in in_workers(tasks, "training", "network", progress):
            pass
    for name, config in missing.items():
        runs[name] = store.load(config)
        if runs[name] is None:
            raise StoreError(f"run {name} was trained but is gone from {store.root}: is something else cleaning it?")
    return [runs[run_fingerprint(c)] for c in configs]


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
