"""Tasks in worker processes that may die: on this machine, those of a build, or (`cluster`) of a Dask cluster."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
import warnings
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from mirror_core.checks import whole
from mirror_core.runs.compiling import keep_machine_code
from mirror_core.runs.progress import progress_bar
from mirror_core.runs.sharing import SHARED_VARIABLE, WorkerLost, connected
from mirror_core.runs.size import too_large_is_said
from mirror_core.runs.workers import MOST_WORKERS, ONE_THREAD, Pool, WorkerDied, n_workers

TRIES_TOGETHER = 2
"""Deaths after which a task waits for the others to finish, and then runs alone: it may not be the one to blame."""
TRIES_ALONE = 3
"""Deaths of a lone task after which it is given up."""
_BARREN_ROUNDS = 20
"""Fresh pools in a row that die without one result, after which the fault is not in single tasks."""
_IDLE_SECONDS = 30
"""When a worker without work ends; also what ends the workers of a sweep that was killed."""
_LOOK_SECONDS = 20
"""How long to wait for a result before a look at whether anybody is left to give one."""


class Died:
    """Stands for the result of a task whose worker process died each time."""


def _kill(executor: ProcessPoolExecutor) -> None:
    """End an executor's workers at once.

    What its own threads then say of pipes that close under them, once in some hundred times, is no news to anybody.
    """
    threading.excepthook = _said_in_threads
    executor.shutdown(kill_workers=True)


_say = threading.excepthook


def _said_in_threads(said: threading.ExceptHookArgs) -> None:
    if said.thread is None or not said.thread.name.startswith(("ExecutorManagerThread", "QueueFeederThread")):
        _say(said)


class LocalPool:
    """One-thread worker processes on this machine.

    Parameters
    ----------
    workers
        How many; `mirror_core.runs.workers.n_workers()` if not given.
    """

    death = (BrokenProcessPool,)
    idle_seconds = _IDLE_SECONDS

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None:
            whole("workers", workers, 1, MOST_WORKERS)
        self.size = workers or n_workers()
        self.window = 2 * self.size  # so that no worker waits for the next task

    @contextmanager
    def executor(self, size: int) -> Iterator[Executor]:
        executor = self._fresh(size)
        try:
            yield executor
        finally:
            _kill(executor)

    def close(self) -> None:
        """Nothing is left to end: the workers went with their executor."""

    def look(self) -> None:
        """Nothing has to be asked: that a worker died is noticed."""

    def _fresh(self, size: int) -> ProcessPoolExecutor:
        env = dict.fromkeys(ONE_THREAD, "1")
        return ProcessPoolExecutor(size, timeout=self.idle_seconds, env=env, initializer=self._begin)

    @staticmethod
    def _begin() -> None:
        """Prepare a worker process."""
        # Ctrl-C reaches every process of a terminal: workers leave it to the one that started them, which ends them
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # tqdm's own lock is a semaphore between processes: a worker that is ended leaves one, of which Python warns
        tqdm.set_lock(threading.RLock())
        keep_machine_code()


class KeptPool(LocalPool):
    """The same, but the workers stay from one call to the next: each takes seconds to import what it computes with."""

    idle_seconds = 300  # work comes and goes meanwhile

    def __init__(self, workers: int | None = None) -> None:
        super().__init__(workers)
        self._kept: ProcessPoolExecutor | None = None
        self._n_kept = 0

    @contextmanager
    def executor(self, size: int) -> Iterator[Executor]:
        # one that is asked for alone goes when more are: what it did may have taken much memory, such as to compile
        wanted = 1 if size == 1 else self.size
        if self._kept is not None and (self._n_kept < wanted or not self._works()):
            self.close()
        if self._kept is None:
            # loky replaces a worker that has grown or was idle, loses nothing by it, and warns as of a fault; one that
            # died is an error of its own
            warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
            self._kept, self._n_kept = self._fresh(wanted), wanted
        try:
            yield self._kept
        except BaseException:  # also where the results are no longer wanted
            self.close()
            raise

    @staticmethod
    def _begin() -> None:
        LocalPool._begin()
        # what most tasks load, at once: loky replaces a worker that has grown by 300 MB since its first one
        importlib.import_module("torch")
        if importlib.util.find_spec("numba"):  # without it all is computed by torch
            importlib.import_module("mirror_core.networks.training.compiled.learner")

    def _works(self) -> bool:
        try:
            return self._kept.submit(int).result() == 0
        except self.death:
            return False

    def close(self) -> None:
        """End the workers."""
        if self._kept is not None:
            _kill(self._kept)
            self._kept = None


class BuildPool:
    """The workers of the build that this process is a part of (see `mirror_core.runs.sharing`)."""

    death = (WorkerLost,)

    def __init__(self, at: str) -> None:
        self.at = at
        self.size = n_workers()
        self.window = 2 * self.size

    @contextmanager
    def executor(self, size: int) -> Iterator[Any]:
        with connected(self.at) as executor:
            yield executor

    def close(self) -> None:
        """The workers are the build's."""

    def look(self) -> None:
        """Nothing has to be asked: that the build ended is noticed."""


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
            done = wait(running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED).done
            if not done:
                pool.look()
            for future in done:
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


def in_workers(
    function: Callable[..., Any],
    tasks: Sequence[tuple],
    what: str,
    unit: str,
    progress: bool = True,
    first: Callable[[], None] | None = None,
) -> Iterator[tuple[int, Any]]:
    """Call a function in one-thread worker processes, with a bar, and yield (index of the task, result) as they come.

    Parameters
    ----------
    what, unit, progress
        What the bar says, what it counts, and whether there is one.
    first
        What this process does before several workers start, such as to compile what they then load. The workers of a
        build have done it.

    Raises
    ------
    WorkerDied
        If a task ends its worker process each time; says how many tasks were done.
    """
    shared = os.environ.get(SHARED_VARIABLE)
    # A single worker is this very process.
    alone = not shared and min(n_workers(), len(tasks)) == 1
    if first and tasks and not shared and not alone:
        first()
    done = 0
    with progress_bar(len(tasks), what, unit, show=progress and bool(tasks)) as bar:
        pool = BuildPool(shared) if shared else _kept_pool(n_workers())
        each = _here(function, tasks) if alone else each_result(pool, partial(_apply, function), tasks)
        for i, result in each:
            if isinstance(result, Died):
                raise WorkerDied(
                    f"a worker process died while {what} (killed, or out of memory): {done} of {len(tasks)} done. "
                    "What is finished is kept; run again to do the rest."
                )
            done += 1
            bar.update()
            yield i, result


@cache
def _kept_pool(workers: int) -> KeptPool:
    return KeptPool(workers)


def _apply(function: Callable[..., Any], task: tuple) -> Any:
    with too_large_is_said():
        return function(*task)


def _here(function: Callable[..., Any], tasks: Sequence[tuple]) -> Iterator[tuple[int, Any]]:
    keep_machine_code()
    with threadpool_limits(1):
        yield from enumerate(_apply(function, task) for task in tasks)
