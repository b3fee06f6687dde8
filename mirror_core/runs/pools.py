"""Tasks in worker processes that may die: on this machine, or on a Dask cluster."""

from __future__ import annotations

import signal
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Protocol

from joblib.externals.loky import ProcessPoolExecutor

from mirror_core.checks import OptionError, whole
from mirror_core.runs.workers import WorkerDied, n_workers

TRIES_TOGETHER = 2
"""Deaths after which a task waits for the others to finish, and then runs alone: it may not be the one to blame."""
TRIES_ALONE = 3
"""Deaths of a lone task after which it is given up."""
_BARREN_ROUNDS = 20
"""Fresh pools in a row that die without one result, after which the fault is not in single tasks."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_IDLE_SECONDS = 30
"""When a worker without work ends; also what ends the workers of a sweep that was killed."""

_ANSWER_SECONDS = 10
"""How long a Dask scheduler may take to answer."""


class Died:
    """Stands for the result of a task whose worker process died each time."""


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

    def close(self) -> None:
        """Leave the workers; a cluster stays."""


class LocalPool:
    """One-thread worker processes on this machine.

    Parameters
    ----------
    workers
        How many; `mirror_core.runs.workers.n_workers()` if not given.
    """

    death = (BrokenProcessPool,)

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None:
            whole("workers", workers, 1)
        self.size = workers or n_workers()
        self.window = 2 * self.size  # so that no worker waits for the next task

    @contextmanager
    def executor(self, size: int) -> Iterator[Executor]:
        # Ctrl-C reaches every process of a terminal: workers leave it to this one, which ends them
        ignore = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_IGN)}
        executor = ProcessPoolExecutor(size, timeout=_IDLE_SECONDS, env=_ONE_THREAD, **ignore)
        try:
            yield executor
        finally:
            executor.shutdown(kill_workers=True)

    def close(self) -> None:
        """Nothing is left to end: the workers went with their executor."""


class DaskPool:
    """The workers of a Dask cluster, which should have one thread each, at the address of its scheduler."""

    window = 2000  # enough for a cluster that grows with its queue, and no burden for the scheduler

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, KilledWorker
        except ImportError as error:
            raise OptionError("a Dask cluster needs the package distributed: pip install distributed.") from error
        self.death = (KilledWorker,)
        try:
            self.client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise OptionError(f"no Dask scheduler answers at {address!r}.") from error
        self.size = max(1, sum(self.client.nthreads().values()))

    @contextmanager
    def executor(self, size: int) -> Iterator[Executor]:
        # Dask replaces dead workers itself, and repeats their tasks before it gives one up
        executor = self.client.get_executor(pure=False)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)

    def close(self) -> None:
        self.client.close()


def each_result(pool: Pool, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Run a function on every task and yield (index of the task, result) as results come.

    A dead worker process takes the others of its pool along; a fresh pool goes on with what is unfinished. Tasks that
    were under way at several deaths run alone at the end; one that dies there too has the result `Died`.

    Raises
    ------
    WorkerDied
        If pool after pool dies without a result.
    Exception
        What the function raises: nothing more is started then.
    """
    waiting, alone, deaths = deque(range(len(tasks))), deque(), Counter()
    barren = 0
    while waiting:
        lost, got = yield from _round(pool, pool.size, function, tasks, waiting)
        barren = 0 if got or not lost else barren + 1
        if barren == _BARREN_ROUNDS:
            raise WorkerDied(f"{barren} times in a row, all workers died before one of them had finished a run.")
        # tasks start in order: those under way were the first ones, the others only waited in the pool
        deaths.update(lost[: pool.size])
        alone.extend(i for i in lost if deaths[i] >= TRIES_TOGETHER)
        waiting.extendleft(i for i in reversed(lost) if deaths[i] < TRIES_TOGETHER)
    for i in alone:
        for _ in range(TRIES_ALONE):
            lost, _ = yield from _round(pool, 1, function, tasks, deque([i]))
            if not lost:
                break
        else:
            yield i, Died()


def _round(
    pool: Pool, size: int, function: Callable[[Any], Any], tasks: Sequence[Any], waiting: deque[int]
) -> Generator[tuple[int, Any], None, tuple[list[int], int]]:
    """Yield results until all is done or a worker dies; return the tasks lost by that, in order, and how many came."""
    running: dict[Future, int] = {}
    lost: list[int] = []
    got = 0
    with pool.executor(min(size, len(waiting))) as executor:
        while running or (waiting and not lost):
            while waiting and not lost and len(running) < pool.window:
                i = waiting.popleft()
                try:
                    running[executor.submit(function, tasks[i])] = i
                except pool.death:
                    lost.append(i)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                i = running.pop(future)
                try:
                    result = future.result()
                except pool.death:
                    lost.append(i)
                except CancelledError as error:
                    raise WorkerDied("the connection to the workers is lost.") from error
                else:
                    got += 1
                    yield i, result
    return sorted(lost), got
