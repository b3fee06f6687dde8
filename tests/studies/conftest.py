"""What the tests of studies share."""

from concurrent.futures import Future
from contextlib import nullcontext

import pytest

from mirror_core.runs.pools import LocalPool
from mirror_core.studies.report.analysing import ANALYSES


class AtOnce:
    @staticmethod
    def submit(function, task):
        future = Future()
        try:
            future.set_result(function(task))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture
def in_this_process():
    """Return a pool that runs tasks at once, here, where a test can see and change what they do, and no process
    starts."""

    class InThisProcess(LocalPool):
        @staticmethod
        def executor(size):
            return nullcontext(AtOnce())

    return InThisProcess


@pytest.fixture
def quick(monkeypatch):
    """Leave out the analysis that trains hundreds of decoders, where it is not what is tested."""
    monkeypatch.delitem(ANALYSES, "generalisation")
