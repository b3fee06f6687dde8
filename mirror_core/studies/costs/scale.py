"""From what one network costs to what very many would: arithmetic, and where something else becomes the limit."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirror_core.checks import OptionError, one_of
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.studies.costs.measured import Measured
from mirror_core.studies.select import where

METADATA_OPERATIONS = {"mkdir": 1, "create": 3, "fsync": 3, "rename": 2}
"""What keeping one run with its weights asks of the disk: see `mirror_core.runs.store` and
`mirror_core.studies.sweeps.kept_rows`."""

INODES = {"with weights": 4, "without": 1}
"""Entries of the file system for each run: a folder, its two files and the row; or the row alone."""


@dataclass(frozen=True)
class RunCost:
    """What one network of a sweep costs on one core; medians over turns, in seconds and bytes."""

    training: float
    measuring: float
    """Recording it on held-out episodes and computing its row."""
    overhead: float
    """What a worker spends beside training and measuring: looking up, keeping, getting the next."""
    efficiency: float
    """Throughput of several worker processes over that of as many lone ones; 1 if it was not measured."""
    workers: int
    """How many these were; 1 if efficiency was not measured."""
    hand_over: dict[str, float]
    """Seconds of the one process that hands out the work, for each task, by scheduler."""
    declaring: float
    """The same, before the first task: spelling out a configuration and looking it up."""
    with_weights: int
    """Bytes on the disk, the blocks that are filled, of weights, `run.json`, their folder, and the row."""
    without_weights: int
    """The same of the row alone."""

    @property
    def total(self) -> float:
        """Seconds of one core for one network, everything included."""
        return self.training + self.measuring + self.overhead


def run_cost(measured: Measured, reading: str) -> RunCost:
    """Return what one network of the paper's size costs under a reading.

    Raises
    ------
    OptionError
        If the reading was not measured, or no sweep with a single worker.
    """
    parts = measured.parts
    whole = where(parts["training"], way="ours", hidden_size=Config().network.hidden_size)
    one_of("reading", reading, list(dict.fromkeys(whole.reading)))
    alone = parts["workers"][parts["workers"].workers == 1]
    if alone.empty:
        raise OptionError("the measurement lacks sweeps with one worker: workers = 1 must be among them.")
    workers = int(parts["workers"].workers.max())
    sizes = parts["sizes"].set_index("what").on_disk
    for name in ("weights", "about", "folder", "row"):
        if name not in sizes:
            raise OptionError(f"the measurement lacks the size of {name!r}.")
    handed = parts["handing_out"].assign(each=lambda t: t.seconds / t.tasks).groupby("scheduler", sort=False).each
    return RunCost(
        training=float(whole[whole.reading == reading].seconds.median()),
        measuring=float(alone.measuring.median()),
        # what is left of the whole after its parts: of very short runs, noise can make it negative
        overhead=max(0.0, float(alone.overhead.median())),
        efficiency=float(np.median(throughput_ratios(parts["workers"], workers))) / workers,
        workers=workers,
        hand_over={str(name): float(value) for name, value in handed.median().items()},
        declaring=float((parts["declaring"].seconds / parts["declaring"].runs).median()),
        with_weights=int(sizes[["weights", "about", "folder", "row"]].sum()),
        without_weights=int(sizes["row"]),
    )


def throughput_ratios(workers: pd.DataFrame, many: int) -> np.ndarray:
    """Return, for each turn, how many times the throughput of one worker several have."""
    wide = workers.pivot(index="turn", columns="workers", values="networks_per_minute")
    return (wide[many] / wide[1]).to_numpy()


def sweep_seconds(cost: RunCost, runs: int, cores: int) -> float:
    """Return how long a sweep takes on cores with a worker process each, by what one network costs.

    On more cores than were measured, efficiency stays as it was, and Dask hands out the work if it was measured. It
    takes no less than the one process that hands it out.
    """
    name = "dask" if cores > cost.workers and "dask" in cost.hand_over else next(iter(cost.hand_over))
    working = runs * cost.total / (cores * (cost.efficiency if cores > 1 else 1.0))
    return max(working, runs * cost.hand_over[name])


def slope(low: float, high: float, seconds_low: float, seconds_high: float) -> float:
    """Return the exponent with which time grows between two values: 1 is in proportion, 2 with the square."""
    return float(np.log(seconds_high / seconds_low) / np.log(high / low))


def matrix_flop(config: Config) -> float:
    """Return the floating-point operations of the recurrent matrix products of training one GRU network.

    What hardly any way of training can avoid: for every pass, episode and timestep a product with 3 × H × H weights,
    and two more of that size to differentiate it; two operations for each weight. Heads and inputs come on top.
    """
    plan = config.training
    steps = len(passes(config)) * plan.n_epochs * plan.n_sequences * plan.sequence_length
    return steps * 3 * 2 * 3 * config.network.hidden_size**2
