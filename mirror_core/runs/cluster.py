"""The workers of a Dask cluster, as a pool that is asked first and looked after while it works."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from mirror_core.checks import OptionError
from mirror_core.runs.workers import WorkerDied

_ANSWER_SECONDS = 10
"""How long a Dask scheduler may take to answer."""
_FIRST_SECONDS = 30
"""How long its first worker may take to come, and each worker to answer."""
_IMPORT_SECONDS = 300
"""How long workers that answer may take to load the package, which a shared disk may make slow."""
_TELL_SECONDS = 10
"""After which it is said what is waited for."""
_NOBODY_SECONDS = 600
"""How long a cluster that grows and shrinks may be without any worker while there is work."""


class DaskPool:
    """The workers of a Dask cluster, which should have one thread each, at the address of its scheduler.

    Raises
    ------
    OptionError
        If no scheduler answers, or no worker comes.
    """

    window = 2000  # enough for a cluster that grows with its queue, and no burden for the scheduler

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client, KilledWorker, Security
            from distributed.comm import connect
        except ImportError as error:
            raise OptionError(
                f"a Dask cluster needs the package distributed ({error}): pip install distributed."
            ) from error
        self.address, self.death = address, (KilledWorker,)

        async def greet() -> None:
            greeting = connect(address, **Security().get_connection_args("client"))
            (await asyncio.wait_for(greeting, _ANSWER_SECONDS)).abort()

        try:
            # first, since a client waits without end for one that takes the call and is silent; a kernel has a loop
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, greet()).result()
            self.client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise OptionError(f"no Dask scheduler answers at {address!r}.") from error
        try:
            self.client.wait_for_workers(1, timeout=_FIRST_SECONDS)
        except TimeoutError as error:
            self.client.close()
            raise OptionError(
                f"the Dask scheduler at {address!r} has no worker, and none came within {_FIRST_SECONDS:g} s: start "
                "workers, or wait for the first one, before the work is handed out."
            ) from error
        self.size = max(1, sum(self.client.nthreads().values()))
        self._somebody = time.monotonic()

    def ask(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Return what a function returns, or raises, for the scheduler and for each worker, by their names.

        They answer at once, whatever else they do. Both unpack what is sent to the workers, and need its package.

        Raises
        ------
        OptionError
            If one of them does not answer.
        """
        try:
            workers = list(self.client.nthreads())
            self._answers(["", *workers], os.getpid, (), _FIRST_SECONDS)
            found = self._answers([""], function, arguments, _IMPORT_SECONDS)  # a scheduler without it fails for all
            if not any(isinstance(one, BaseException) for one in found.values()):
                found |= self._answers(workers, function, arguments, _IMPORT_SECONDS)
            return found
        except (TimeoutError, OSError) as error:
            raise OptionError(f"not every worker of the Dask scheduler at {self.address!r} answers.") from error

    def _answers(
        self, members: Sequence[str], function: Callable[..., Any], arguments: tuple, seconds: float
    ) -> dict[str, Any]:
        """Return the answers of workers by their addresses, and of the scheduler, which has none, in `seconds`.

        Once one has raised something, slower ones are not waited for. Who is waited for is said from time to time.
        """
        client = self.client

        async def ask_one(member: str) -> Any:
            try:
                if not member:
                    return await client._run_on_scheduler(function, *arguments)
                return (await client._run(function, *arguments, workers=[member], on_error="return"))[member]
            except Exception as error:  # whatever it is, it is the answer
                return error

        async def all_of_them() -> dict[str, Any]:
            asked = {asyncio.ensure_future(ask_one(member)): member for member in members}
            left, end = set(asked), time.monotonic() + seconds
            tell = time.monotonic() + _TELL_SECONDS
            while left and not any(isinstance(one.result(), BaseException) for one in asked if one.done()):
                now = time.monotonic()
                waiting = _named([_title(asked[one]) for one in asked if one in left])
                if now >= end:
                    raise OptionError(
                        f"the Dask scheduler at {self.address!r} had no answer within {seconds:g} s from {waiting}."
                    )
                if now >= tell:
                    tell = now + _TELL_SECONDS
                    said = f"Waiting for {waiting} to load what is needed, {end - now:.0f} s more at most."
                    print(said, file=sys.stderr, flush=True)
                left = (await asyncio.wait(left, timeout=min(end, tell) - now, return_when="FIRST_COMPLETED"))[1]
            for one in left:
                one.cancel()
            return {_title(member): one.result() for one, member in asked.items() if one not in left}

        return client.sync(all_of_them)

    @contextmanager
    def executor(self, size: int) -> Iterator[Executor]:
        # Dask replaces dead workers itself, and repeats their tasks before it gives one up
        executor = self.client.get_executor(pure=False)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)

    def look(self) -> None:
        """Ask whether there are workers.

        Raises
        ------
        WorkerDied
            If there have been none for long, or the scheduler does not answer.
        """
        try:
            there = self.client.nthreads()
        except (OSError, TimeoutError, RuntimeError) as error:
            raise WorkerDied("the connection to the workers is lost.") from error
        if there:
            self._somebody = time.monotonic()
        elif time.monotonic() - self._somebody > _NOBODY_SECONDS:
            raise WorkerDied(
                f"the Dask scheduler at {self.address!r} has had no worker for {_NOBODY_SECONDS:g} s. What is finished "
                "is kept; start workers and run the same command again."
            )

    def close(self) -> None:
        self.client.close()


def _title(member: str) -> str:
    return f"the worker {member}" if member else "the scheduler"


def _named(members: Sequence[str]) -> str:
    """Name the first members of a cluster, and say how many more there are."""
    return ", ".join(members[:3]) + (f" and {len(members) - 3} more" if len(members) > 3 else "")
