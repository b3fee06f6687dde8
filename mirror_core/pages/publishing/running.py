"""Run several notebooks, some of them at the same time: while one computes, the others start or draw.

All hand their work to the same worker processes, and only one of them does at a time (see `mirror_core.runs.turns`), so
that nothing is trained twice.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from mirror_core.pages.publishing.execute import NotebookFailure, environment, execute_notebook
from mirror_core.pages.publishing.kernel_environment import own_home, thread_numbers
from mirror_core.pages.publishing.kernels import FORKED_VARIABLE
from mirror_core.pages.publishing.progress import Board, Costs
from mirror_core.runs.compiling import compile_training, keep_machine_code
from mirror_core.runs.interrupts import terminated_as_interrupted
from mirror_core.runs.pools import KeptPool
from mirror_core.runs.progress import EVENTS_VARIABLE
from mirror_core.runs.sharing import shared
from mirror_core.runs.turns import TURNS_VARIABLE


class Stale(NamedTuple):
    """A notebook to run: source, where the executed one goes, and its parameters."""

    source: Path
    output: Path
    parameters: Mapping[str, Any]


def run_notebooks(
    stale: Sequence[Stale], *, timeout: float, at_once: int, costs: Costs | None = None
) -> Iterator[tuple[Stale, Board]]:
    """Run notebooks, started in the order given; yield each as soon as it is done, and the build's progress.

    Parameters
    ----------
    costs
        What pages took in a measured build, for the time that is shown.

    Raises
    ------
    NotebookFailure, NotebookFileError
        See `execute_notebook`, and where a process that runs one is killed. Those that run beside the failing one are
        stopped; what is finished is kept.
    """
    if not stale:
        return
    lanes = max(1, min(at_once, len(stale)))
    keep_machine_code()  # for the kernels too
    try:
        with (
            tempfile.TemporaryDirectory(prefix="mirror-", ignore_cleanup_errors=True) as folder,
            shared(KeptPool(), compile_training) as workers,
            Board([one.source.stem for one in stale], costs or {}, Path(folder)) as board,
            joblib.parallel_config(backend="loky", n_jobs=lanes),
            terminated_as_interrupted(),  # joblib then stops the processes and what they have started
        ):
            # joblib sets the numbers of threads for its processes; kernels get those that are set here
            variables = thread_numbers() | workers | {TURNS_VARIABLE: os.path.join(folder, "turn")}
            variables |= own_home(Path(folder, "home"))
            # each process that runs notebooks has its own to fork from, which takes as long to start as two kernels
            variables |= {FORKED_VARIABLE: os.environ.get(FORKED_VARIABLE, "1" if len(stale) > 2 * lanes else "0")}
            tasks = [
                joblib.delayed(_run)(i, one, timeout, variables, board.events(one.source.stem))
                for i, one in enumerate(stale)
            ]
            options = {"return_as": "generator_unordered", "batch_size": 1, "pre_dispatch": "n_jobs"}
            for i, seconds in joblib.Parallel(**options)(tasks):
                one = stale[i]
                board.done(one.source.stem, seconds)
                yield one, board
    except TerminatedWorkerError as error:
        names = ", ".join(one.source.stem for one in stale)
        raise NotebookFailure(
            f"a process that ran one of the notebooks {names} was killed (out of memory?)."
        ) from error


def _run(i: int, one: Stale, timeout: float, variables: Mapping[str, str], events: Path) -> tuple[int, float]:
    start = time.perf_counter()
    events.touch()
    with environment({**variables, EVENTS_VARIABLE: str(events)}):
        execute_notebook(one.source, one.output, one.parameters, timeout=timeout)
    return i, time.perf_counter() - start
