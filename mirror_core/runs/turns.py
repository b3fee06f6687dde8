"""Processes that share a machine take turns in using all of its processors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

TURNS_VARIABLE = "MIRROR_CORE_TURNS"
"""Environment variable with the lock file of processes that take turns; if not set, none waits for another."""


@contextmanager
def turn() -> Iterator[None]:
    """Wait until no other process with the same lock file has its turn; a process that dies gives it up."""
    path = os.environ.get(TURNS_VARIABLE)
    if not path:
        yield
        return
    import fcntl  # not on Windows, where nobody sets the variable

    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # those who wait stand in a queue; closing the file lets the next one in
        yield
