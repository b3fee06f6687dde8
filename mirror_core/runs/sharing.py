"""One pool of worker processes for all processes of a build: a kernel hands its tasks over, and gets the results.

The workers then import their libraries, and Numba loads what it has compiled, once a build instead of once a notebook.
"""

from __future__ import annotations

import itertools
import pickle
import secrets
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

from mirror_core.runs.workers import Pool

SHARED_VARIABLE = "MIRROR_CORE_POOL"
"""Environment variable with the port of a build's workers on this machine, and the key that opens it."""

_HERE = "127.0.0.1"


class WorkerLost(RuntimeError):
    """The worker process of a task died."""


@contextmanager
def shared(pool: Pool, first: Callable[[], None]) -> Iterator[dict[str, str]]:
    """Let other processes use a pool; yield the environment variable that tells them where it is.

    They are served one after another, each until it says that it has all its results.

    Parameters
    ----------
    first
        What one worker does before the first task, such as to compile what the others then load.
    """
    key = secrets.token_hex()
    stopped = threading.Event()
    with Listener((_HERE, 0), backlog=16, authkey=key.encode()) as listener:
        threading.Thread(target=_serve, args=(listener, pool, first, stopped), daemon=True).start()
        port = listener.address[1]
        try:
            yield {SHARED_VARIABLE: f"{port} {key}"}
        finally:
            stopped.set()
            pool.close()
            with suppress(OSError, EOFError, AuthenticationError), Client((_HERE, port)):
                pass  # a listener that waits does not notice that it is closed


def _serve(listener: Listener, pool: Pool, first: Callable[[], None], stopped: threading.Event) -> None:
    used = False
    while not stopped.is_set():
        # a process that ends while it connects takes no one along
        with suppress(OSError, EOFError, AuthenticationError), listener.accept() as connection:
            if not used:
                used = True
                # what goes wrong in `first` goes wrong again where it is needed, and is said there
                with suppress(Exception), pool.executor(1) as executor:
                    executor.submit(first).result()
            try:
                _serve_one(connection, pool)
            except RuntimeError:
                if not stopped.is_set():  # else the build ends, and its workers have ended
                    raise


def _serve_one(connection: Connection, pool: Pool) -> None:
    """Run the tasks that come through a connection, and send each result back as it comes."""
    one_at_a_time = threading.Lock()
    asked: list[Future] = []

    def answer(number: int, future: Future | None) -> None:
        result = None
        with suppress(Exception):  # no task raises, see `_call`: its worker died, or the build ends
            result = future.result() if future else None
        with one_at_a_time, suppress(OSError):
            connection.send((number, result))

    with pool.executor(pool.size) as executor:
        try:
            while (message := connection.recv()) is not None:
                number, task = message
                try:
                    asked.append(executor.submit(_call, task))
                except RuntimeError:  # a worker has just died, or the build ends
                    answer(number, None)
                else:
                    asked[-1].add_done_callback(partial(answer, number))
        except (EOFError, OSError):
            pass  # the other process was killed
        for future in asked:
            future.cancel()


def _call(task: bytes) -> bytes:
    """Run a task and return its result, or what it raised; they are unpacked in the process that asked."""
    try:
        function, argument = pickle.loads(task)
        return pickle.dumps((function(argument), None))
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))  # where it was raised is lost on the way
        try:
            packed = pickle.dumps((None, error))
            pickle.loads(packed)
        except Exception:  # some errors cannot be sent
            packed = pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
        return packed


class _Executor:
    """What hands tasks to the other end of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = itertools.count()
        self._waiting: dict[int, Future] = {}

    def submit(self, function: Callable[[Any], Any], argument: Any) -> Future:
        number, future = next(self._numbers), Future()
        self._waiting[number] = future
        try:
            self._connection.send((number, pickle.dumps((function, argument))))
        except OSError:
            self._lose(number)
        return future

    def listen(self) -> None:
        """Take in results until the other end closes the connection."""
        with suppress(EOFError, OSError):
            while True:
                number, result = self._connection.recv()
                future = self._waiting.pop(number)
                if result is None:
                    future.set_exception(WorkerLost())
                    continue
                value, error = pickle.loads(result)
                future.set_result(value) if error is None else future.set_exception(error)
        for number in list(self._waiting):
            self._lose(number)

    def _lose(self, number: int) -> None:
        if (future := self._waiting.pop(number, None)) is not None and future.cancel():
            future.set_running_or_notify_cancel()


@contextmanager
def connected(at: str) -> Iterator[_Executor]:
    """Give an executor of a build's workers; waits until no other process uses them."""
    port, key = at.split()
    with Client((_HERE, int(port)), authkey=key.encode()) as connection:
        executor = _Executor(connection)
        listener = threading.Thread(target=executor.listen, daemon=True)
        listener.start()
        try:
            yield executor
        finally:
            with suppress(OSError):
                connection.send(None)
            listener.join()
