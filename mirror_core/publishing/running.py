"""Run several notebooks, some of them at the same time: while one computes, the others start or draw.

Only one of them uses worker processes at a time (see `mirror_core.turns`), so nothing is computed twice and no
processor has more to do than it can.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import joblib

from mirror_core.publishing.execute import ONE_THREAD, execute_notebook
from mirror_core.turns import TURNS_VARIABLE


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
        See `execute_notebook`. Those that run beside the failing one are stopped; what is finished is kept.
    """
    lanes = max(1, min(at_once, len(stale)))
    given = os.environ.get(ONE_THREAD[0], "")
    threads = int(given) if given.isdecimal() else 1
    with (
        tempfile.TemporaryDirectory(prefix="mirror-") as folder,
        joblib.parallel_config(backend="loky", n_jobs=lanes, inner_max_num_threads=threads),
    ):
        tasks = [joblib.delayed(_run)(one, timeout, os.path.join(folder, "turn"), alone=lanes == 1) for one in stale]
        seconds = joblib.Parallel(return_as="generator", batch_size=1, pre_dispatch="n_jobs")(tasks) if tasks else ()
        yield from zip(stale, seconds, strict=True)


def _run(one: Stale, timeout: float, lock: str, *, alone: bool) -> float:
    start = time.perf_counter()
    print(f"notebook {one.source.stem}: running …", flush=True)
    os.environ[TURNS_VARIABLE] = lock  # for the kernel
    try:
        execute_notebook(one.source, one.output, one.parameters, timeout=timeout, show_cells=alone)
    finally:
        del os.environ[TURNS_VARIABLE]
    return time.perf_counter() - start
