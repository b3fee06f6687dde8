"""How long the site's analyses of one network take: run `python -m benchmarks.analyses`.

One network of the paper's size, trained shortly, is measured in turn by every analysis, on one core with one thread.
The median, lowest and highest seconds of processor time are printed. To compare two versions of the code, run each in
turn.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before the libraries that read them are imported

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from benchmarks.machine import one_core  # noqa: E402
from mirror_core.analysis import hierarchical_bootstrap  # noqa: E402
from mirror_core.config.conditions import configure  # noqa: E402
from mirror_core.config.settings import Config  # noqa: E402
from mirror_core.runs.making import make  # noqa: E402
from mirror_core.runs.store import Run, RunStore  # noqa: E402
from mirror_core.runs.workers import one_thread  # noqa: E402
from mirror_core.studies.measures.basic import measure_run  # noqa: E402
from mirror_core.studies.measures.beyond_r import beyond_r  # noqa: E402
from mirror_core.studies.measures.lesions import lesion_effects  # noqa: E402
from mirror_core.studies.theory.predictions import predict_run  # noqa: E402


def analyses(run: Run, store: RunStore) -> dict[str, Callable[[], object]]:
    """Return what is timed, with the settings of the site."""
    units = np.random.default_rng(0).uniform(-1, 1, (30, 96))
    return {
        "one-step models": lambda: predict_run(run, penalty=0.003, n_steps=2000, n_test=300),
        "lesions": lambda: lesion_effects(run),
        "beyond r": lambda: beyond_r(run),
        "measuring": lambda: measure_run(run, 300),
        "hierarchical bootstrap": lambda: hierarchical_bootstrap(units, np.random.default_rng(0), n_draws=1000),
        "loading": lambda: store.load(run.config),
    }


def main() -> None:
    """Print a table of seconds of processor time."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--turns", type=int, default=5, help="how often each takes its turn")
    turns = parser.parse_args().turns
    seconds: list[dict[str, float]] = []
    with one_core(), one_thread(), tempfile.TemporaryDirectory() as folder:
        store = RunStore(folder)
        run = make(configure(Config().change(n_epochs=2), "self-observation"), store)
        timed = analyses(run, store)
        for turn in range(turns + 1):
            taken = {}
            for name, analysis in timed.items():
                clock = time.process_time()
                analysis()
                taken[name] = time.process_time() - clock
            if turn > 0:  # the first compiles, and wakes the libraries up
                seconds.append(taken)
    print(pd.DataFrame(seconds).agg(["median", "min", "max"]).T.round(4).to_string())


if __name__ == "__main__":
    main()
