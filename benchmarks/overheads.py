"""What a network costs beside its training: keeping it, finding it again, and handing the work to worker processes."""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from mirror_core.config.settings import Config
from mirror_core.runs.cluster import DaskPool
from mirror_core.runs.making import make
from mirror_core.runs.pools import LocalPool, Pool, each_result
from mirror_core.runs.store import Run, RunStore, run_fingerprint
from mirror_core.studies.sweeps.kept_rows import Row, RowStore, measured
from mirror_core.studies.sweeps.plan import Sweep
from mirror_core.studies.sweeps.running import survey

Record = dict[str, Any]


def seconds(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    clock = time.perf_counter()
    action()
    return time.perf_counter() - clock


def example(n_epochs: int) -> tuple[Run, Row]:
    """Return a network of the paper's size with its loss curves, and its row."""
    run = make(Config().change(n_epochs=n_epochs), None)
    return run, measured(run)


def with_seed(run: Run, seed: int) -> Run:
    """Return the same network under another name."""
    return replace(run, config=run.config.change(seed=seed))


# -- keeping one run --


def keeping(run: Run, row: Row, turns: int, folder: str) -> Iterator[Record]:
    """Yield the seconds of saving and loading a run and its row, each turn under a new name."""
    store = RunStore(Path(folder) / "keeping")
    rows = RowStore(store)
    for turn in range(turns):
        one = with_seed(run, turn)
        its_row = replace(row, run=one.fingerprint, config=one.config.to_dict())
        actions = {
            "save run": lambda one=one: store.save(one),
            "load run": lambda one=one: store.load(one.config),
            "save row": lambda its_row=its_row: rows.save(its_row),
            "load row": lambda one=one: rows.load(one.config),
        }
        for name, action in actions.items():
            yield {"action": name, "turn": turn, "seconds": seconds(action)}


def sizes(run: Run, row: Row, folder: str) -> list[Record]:
    """Return bytes of every file that is kept of a run: of its content, and of the blocks that it fills on the disk."""
    store = RunStore(Path(folder) / "sizes")
    store.save(run)
    RowStore(store).save(row)
    files = {
        "weights": store.folder(run.config) / "weights.safetensors",
        "about": store.folder(run.config) / "run.json",
        "row": RowStore(store).path(run.fingerprint),
    }
    found = [{"what": name, "bytes": path.stat().st_size, "on_disk": _on_disk(path)} for name, path in files.items()]
    return [*found, {"what": "folder", "bytes": 0, "on_disk": _on_disk(store.folder(run.config))}]


def _on_disk(path: Path) -> int:
    return 512 * path.stat().st_blocks  # as POSIX counts blocks


# -- a store of many --


def listing(run: Run, row: Row, runs: Sequence[int], rows: Sequence[int], turns: int, folder: str) -> Iterator[Record]:
    """Yield the seconds of reading all of a store, of finding one name in it, and of saving one more, as it grows.

    The entries are copies of one under made-up names. What is read was written just before: it comes from memory.

    Parameters
    ----------
    runs, rows
        Numbers of entries, ascending: folders of runs (without their weights, which a list does not read) and rows.
    """
    top = Path(folder) / "listing"
    store = RunStore(top)
    store.save(run)
    RowStore(store).save(row)
    about = (store.folder(run.config) / "run.json").read_bytes()
    names = (hashlib.sha256(str(i).encode()).hexdigest()[:20] for i in range(max(*runs, *rows) * 2))
    found = {"runs": lambda: sum(1 for _ in store.entries()), "rows": lambda: sum(1 for _ in RowStore(store).rows())}
    for kind, counts, content, put in (
        ("runs", runs, about, _put_run),
        ("rows", rows, RowStore(store).path(row.run).read_bytes(), _put_row),
    ):
        there = 1
        for count in counts:
            for name in islice(names, count - there):
                put(top, name, content)
            there = count
            for turn in range(turns if count <= 10_000 else 1):
                yield {"kind": kind, "entries": count, "action": "list", "turn": turn, "seconds": seconds(found[kind])}
                if kind == "runs":
                    yield from _one_more(store, with_seed(run, count * 10 + turn), count, turn)
    _remove(top)


def _one_more(store: RunStore, run: Run, count: int, turn: int) -> Iterator[Record]:
    about = {"kind": "runs", "entries": count, "turn": turn}
    yield about | {"action": "save", "seconds": seconds(lambda: store.save(run))}
    yield about | {"action": "find", "seconds": seconds(lambda: store.folder(run.config).is_dir())}


def _put_run(top: Path, name: str, content: bytes) -> None:
    os.mkdir(top / name)
    (top / name / "run.json").write_bytes(content)


def _put_row(top: Path, name: str, content: bytes) -> None:
    path = top / "measures" / name[:2]
    path.mkdir(exist_ok=True)
    (path / f"{name}-{'0' * 12}.json").write_bytes(content)


def _remove(top: Path) -> None:
    """Remove a store; some disks make a process wait for every folder, so several wait at a time."""

    def remove(folder: Path) -> None:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(remove, [*(top / "measures").iterdir(), *top.glob("[0-9a-f]*")]))
    (top / "measures").rmdir()
    top.rmdir()


# -- handing out work --


def handing_out(n_tasks: int, turns: int, *, dask: bool) -> Iterator[Record]:
    """Yield the seconds in which a worker gets configurations and gives them back, for all tasks together.

    The first task is not counted: it waits until the worker has started.
    """
    for turn in range(turns):
        yield _one_turn("loky", LocalPool(1), n_tasks, turn)
        if dask and importlib.util.find_spec("distributed"):
            yield _with_dask(n_tasks, turn)


def _with_dask(n_tasks: int, turn: int) -> Record:
    from distributed import LocalCluster

    options = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": 50}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=1, threads_per_worker=1, local_directory=folder, **options) as cluster,
    ):
        pool = DaskPool(cluster.scheduler_address)
        try:
            return _one_turn("dask", pool, n_tasks, turn)
        finally:
            pool.close()


def _one_turn(name: str, pool: Pool, n_tasks: int, turn: int) -> Record:
    configs = [Config().change(seed=seed) for seed in range(n_tasks + 1)]
    came = [time.perf_counter() for _ in each_result(pool, copy.copy, [(run_fingerprint(c), c) for c in configs])]
    return {"scheduler": name, "tasks": n_tasks, "turn": turn, "seconds": came[-1] - came[0]}


def declaring(n_runs: int, turns: int) -> Iterator[Record]:
    """Yield the seconds in which a sweep is spelt out and looked up in an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(turns):
            sweep = Sweep(seeds=list(range(n_runs)))
            yield {"runs": n_runs, "turn": turn, "seconds": seconds(lambda s=sweep: survey(s, RunStore(folder)))}
