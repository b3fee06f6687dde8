"""What a sweep costs beside the training itself: throughput by workers, and the overhead of sweep and store.

Run `python -m benchmarks.sweeps` (some minutes; `--epochs 2 --networks 6 --turns 1` for a quick look). Networks of the
paper's size are trained and measured by one worker process and by several, in turn, each time with an empty store. The
start of the worker processes, which a sweep pays once, is timed apart: throughput counts from the first row to the
last. Overhead is what a worker does beside training and measuring: looking up, keeping weights and row, handing over.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before the libraries that read them are imported

import pandas as pd  # noqa: E402

from mirror_core.runs.pools import LocalPool, each_result  # noqa: E402
from mirror_core.runs.provenance import processor  # noqa: E402
from mirror_core.runs.store import RunStore  # noqa: E402
from mirror_core.studies.sweeps.plan import Sweep  # noqa: E402
from mirror_core.studies.sweeps.running import obtain_in_worker, survey  # noqa: E402


def timed(sweep: Sweep, workers: int) -> dict[str, float]:
    """Run a sweep with an empty store and return its times, in seconds, by what they were spent on."""
    with tempfile.TemporaryDirectory() as folder:
        tasks = list(survey(sweep, RunStore(folder)).missing.items())
        task = obtain_in_worker(RunStore(folder))
        clock, rows, came = time.perf_counter(), [], []
        for _, row in each_result(LocalPool(workers), task, tasks):
            rows.append(row)
            came.append(time.perf_counter() - clock)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    # what comes after each worker's first row: by then, its libraries are loaded
    later, span = rows[workers:], came[-1] - came[workers - 1]
    training = sum(row.seconds_training for row in later)
    measuring = sum(row.seconds_measuring for row in later)
    return {
        "workers": workers,
        "networks a minute": 60 * len(later) / span,
        "training, s": training / len(later),
        "measuring, s": measuring / len(later),
        "overhead, s": (workers * span - training - measuring) / len(later),
        "first row after, s": came[0],
        "kept, kB": size / len(rows) / 1e3,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=20, help="the paper's 20, or fewer for a quick look")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    sweep = Sweep(base={"n_epochs": asked.epochs}, seeds=list(range(asked.networks)))
    rows = [timed(sweep, workers) for _ in range(asked.turns) for workers in (1, asked.workers)]
    table = pd.DataFrame(rows).astype({"workers": int})
    print(f"{processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(table.round(3).to_string(index=False))
    one, many = (table[table.workers == n].reset_index() for n in (1, asked.workers))
    ratio = many["networks a minute"] / one["networks a minute"]
    print(f"{asked.workers} workers against one: {ratio.median():.2f} times ({ratio.min():.2f} to {ratio.max():.2f})")
    share = 100 * one["overhead, s"] / one["training, s"]
    print(
        f"overhead of sweep and store, one worker: {share.median():.1f} % of training ({share.min():.1f} to "
        f"{share.max():.1f})"
    )


if __name__ == "__main__":
    main()
