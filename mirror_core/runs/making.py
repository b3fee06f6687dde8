"""From configurations to trained networks: what the store has is taken from there, the rest is trained and kept."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from mirror_core.config.settings import Config
from mirror_core.networks.training.loop import train
from mirror_core.runs.compiling import compile_training, keep_machine_code, refuse_other_machine_code
from mirror_core.runs.pools import in_workers
from mirror_core.runs.provenance import provenance
from mirror_core.runs.size import refuse_too_large
from mirror_core.runs.store import Run, RunStore, StoreError, run_fingerprint
from mirror_core.runs.turns import turn
from mirror_core.runs.used import note_runs
from mirror_core.runs.workers import one_thread


def make(
    config: Config,
    store: RunStore | None,
    on_epoch: Callable[[int], None] = lambda epoch: None,
    *,
    curves: bool = False,
) -> Run:
    """Train one network and keep it; without a store it is only returned.

    Of held-out losses it has the last, or all if `curves` (see `mirror_core.networks.training.loop.train`).

    Raises
    ------
    OptionError
        If the network is too large, or Numba is told to compile otherwise than for the runs that are kept.
    """
    refuse_too_large(config)
    keep_machine_code()
    if importlib.util.find_spec("numba"):
        refuse_other_machine_code()
    started, clock = time.time(), time.perf_counter()
    with one_thread():
        trained = train(config, on_epoch, curves=curves)
        record = provenance(started, time.perf_counter() - clock)
    run = Run(config, trained.network, trained.history, record)
    if store is not None:
        store.save(run)
    return run


def _make_and_drop(config: Config, store: RunStore, curves: bool) -> None:
    make(config, store, curves=curves)


def obtain(
    configs: Sequence[Config], store: RunStore | None = None, *, progress: bool = True, curves: bool = False
) -> list[Run]:
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
    curves
        Whether those have all held-out losses, or only the last; what is kept stays as it is.

    Raises
    ------
    OptionError
        If a network is too large; before any is trained.
    WorkerDied
        If a worker process is killed or runs out of memory; says how many runs were finished.
    StoreError
        If a run cannot be kept.
    """
    store = RunStore() if store is None else store
    for config in configs:
        refuse_too_large(config)
    note_runs({run_fingerprint(c): c for c in configs})
    runs = {run_fingerprint(c): store.load(c) for c in configs}
    missing = {run_fingerprint(c): c for c in configs if runs[run_fingerprint(c)] is None}
    with turn() if missing else nullcontext():
        # another process may have trained some while this one waited
        todo = [config for config in missing.values() if store.load(config) is None]
        tasks = [(config, store, curves) for config in todo]
        for _ in in_workers(_make_and_drop, tasks, "training", "network", progress, compile_training):
            pass
    for name, config in missing.items():
        runs[name] = store.load(config)
        if runs[name] is None:
            raise StoreError(f"run {name} was trained but is gone from {store.root}: is something else cleaning it?")
    return [runs[run_fingerprint(c)] for c in configs]
