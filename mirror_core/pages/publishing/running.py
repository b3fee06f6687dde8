"""Run several notebooks, some of them at the same time: while one computes, the others start or draw.

Only one of them uses worker processes at a time (see `mirror_core.runs.turns`), so nothing is trained twice and
one notebook's workers do not compete with another's.
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

from mirror_core.pages.publishing.execute import NotebookFailure, environment, execute_notebook, thread_numbers
from mirror_core.runs.interrupts import terminated_as_interrupted
from mirror_core.runs.turns import TURNS_VARIABLE


class Stale(NamedTuple):
    """A notebook to run: source, where the executed one goes, and its parameters."""

    source: Path
    output: Path
    parameters: Mapping[str, Any]


def run_notebooks(stale: Sequence[Stale], *, timeout: float, at_once: int) -> Iterator[tuple[Stale, float]]:
    """Run notebooks, started in the order given; yield each and the seconds it took, in that order.

    Parameters
    ----------
    stale
        What to run.
    timeout
        Seconds that one cell may take.
    at_once
        How many may run at the same time.

    Raises
    ------
    NotebookFailure, NotebookFileError
        See `execute_notebook`, and where a process that runs one is killed. Those that run beside the failing one are
        stopped; what is finished is kept.
    """
    lanes = max(1, min(at_once, len(stale)))
    try:
        with (
            tempfile.TemporaryDirectory(prefix="mirror-", ignore_cleanup_errors=True) as folder,
            joblib.parallel_config(backend="loky", n_jobs=lanes),
            terminated_as_interrupted(),  # joblib then stops the processes and what they have started
        ):
            # joblib sets the numbers of threads for its processes; kernels get those that are set here
            variables = thread_numbers() | {TURNS_VARIABLE: os.path.join(folder, "turn")}
            tasks = [joblib.delayed(_run)(one, timeout, variables, alone=lanes == 1) for one in stale]
            done = joblib.Parallel(return_as="generator", batch_size=1, pre_dispatch="n_jobs")(tasks) if tasks else ()
            yield from zip(stale, done, strict=True)
    except TerminatedWorkerError as error:
        names = ", ".join(one.source.stem for one in stale)
        raise NotebookFailure(
            f"a process that ran one of the notebooks {names} was killed (out of memory?)."
        ) from error


def _run(one: Stale, timeout: float, variables: Mapping[str, str], *, alone: bool) -> float:
    start = time.perf_counter()
    print(f"notebook {one.source.stem}: running …", flush=True)
    with environment(variables):
        execute_notebook(one.source, one.output, one.parameters, timeout=timeout, show_cells=alone)
    return time.perf_counter() - start
