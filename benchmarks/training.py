"""How fast networks are trained: ours beside the plain PyTorch loop, and what the cost grows with.

Run `python -m benchmarks.training` (about ten minutes on one core; `--quick` for one). Every way of training takes
its turn, again and again, so that a busy moment of the machine hits all of them alike; a ratio is formed within each
turn, and its median, lowest and highest are printed. One process, one thread, on one core where the system allows
to choose.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import time
from collections.abc import Callable
from importlib import metadata

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
for _name in THREADS:  # before the libraries that read them are imported
    os.environ[_name] = "1"

import pandas as pd  # noqa: E402
import torch  # noqa: E402

from mirror_core.config.conditions import READINGS, configure  # noqa: E402
from mirror_core.config.settings import Config  # noqa: E402
from mirror_core.networks.training import plain  # noqa: E402
from mirror_core.networks.training.loop import train, train_many  # noqa: E402
from mirror_core.runs.provenance import processor  # noqa: E402

GROWTH = {
    "hidden_size": [16, 32, 64, 96, 128, 192],
    "sequence_length": [6, 12, 24, 48],
    "batch_size": [16, 32, 64, 128, 256],
}
"""The settings over which cost is shown, and their values; the others are the paper's."""
N_STACKED = [1, 4, 16]
"""Numbers of networks trained together, at H = 16."""


def ways() -> dict[str, Callable[[Config], object]]:
    """Return the ways of training one network that can be compared here, the plain one first."""
    found = {"plain torch.nn.GRU": plain.train, "ours": train}
    if importlib.util.find_spec("jax"):
        from benchmarks.with_jax import jax_train

        found["JAX, unrolled scan"] = jax_train
    return found


def seconds(train_one: Callable[[Config], object], config: Config) -> float:
    """Return how long one training takes."""
    start = time.perf_counter()
    train_one(config)
    return time.perf_counter() - start


def in_turn(config: Config, turns: int, found: dict[str, Callable[[Config], object]]) -> pd.DataFrame:
    """Train one network in every way given, `turns` times in turn.

    Returns
    -------
    DataFrame
        Seconds; a row for each turn, a column for each way.
    """
    for train_one in found.values():  # compile, and wake the libraries up
        train_one(config.change(n_epochs=1))
    return pd.DataFrame([{name: seconds(way, config) for name, way in found.items()} for _ in range(turns)])


def summary(times: pd.DataFrame) -> pd.DataFrame:
    """Return median seconds of each way and how many times faster than the plain loop it is, with the spread."""
    ratios = times.rdiv(times.iloc[:, 0], axis=0)
    return pd.DataFrame(
        {
            "seconds": times.median().map("{:.2f}".format),
            "times plain": ratios.median().map("{:.2f}".format),
            "lowest": ratios.min().map("{:.2f}".format),
            "highest": ratios.max().map("{:.2f}".format),
        }
    ).rename_axis("way")


def growth(turns: int, n_epochs: int) -> pd.DataFrame:
    """Return how the cost of an epoch grows with one setting at a time, as in `summary`."""
    rows, two = [], {"plain": plain.train, "ours": train}
    for setting, values in GROWTH.items():
        for value in values:
            times = in_turn(Config().change(**{setting: value}, n_epochs=n_epochs), turns, two)
            ratios = times["plain"] / times["ours"]
            rows.append(
                {
                    "setting": setting,
                    "value": value,
                    "ours, s an epoch": f"{times['ours'].median() / n_epochs:.4f}",
                    "plain, s an epoch": f"{times['plain'].median() / n_epochs:.4f}",
                    "times plain": f"{ratios.median():.2f} ({ratios.min():.2f}–{ratios.max():.2f})",
                }
            )
    return pd.DataFrame(rows).set_index(["setting", "value"])


def stacking(turns: int, n_epochs: int, device: str) -> pd.DataFrame:
    """Return seconds a network when several are trained together, on a processor or another device."""
    base = Config().change(hidden_size=16, input_size=16, n_epochs=n_epochs)
    stacks = {n: [base.change(seed=seed) for seed in range(n)] for n in N_STACKED}
    train_many(stacks[N_STACKED[0]], device=device)
    times = pd.DataFrame(
        [{n: seconds(lambda c: train_many(c, device=device), c) / n for n, c in stacks.items()} for _ in range(turns)]
    )
    found = pd.DataFrame({"s a network": times.median(), "lowest": times.min(), "highest": times.max()})
    return found.map("{:.4f}".format).rename_axis("networks together")


def machine() -> str:
    """Return what the numbers were measured with, in one line."""
    found = [name for name in ("torch", "numba", "numpy", "scipy", "jax") if importlib.util.find_spec(name)]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in found)
    return f"{processor()}, one thread; Python {platform.python_version()}, {versions}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few turns of short trainings: a rough idea in a minute")
    parser.add_argument("--turns", type=int, help="how often each way takes its turn (default 7; quick: 3)")
    parser.add_argument("--device", default="cpu", help="where the networks of the last table are trained")
    parser.add_argument("--reading", default="as-written", choices=READINGS, help="reading of the first two tables")
    chosen = parser.parse_args()
    turns = chosen.turns or (3 if chosen.quick else 7)
    n_epochs = 2 if chosen.quick else 20
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):  # JAX has no other way to be kept to one core
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"{machine()}\n{turns} turns of {n_epochs} epochs; ratios: median, lowest and highest over the turns\n")
    base = configure(Config().change(n_epochs=n_epochs), chosen.reading)
    for title, config in {
        f"The paper's size (H = 96), {chosen.reading}": base,
        f"Small networks (H = 16), {chosen.reading}": base.change(hidden_size=16, input_size=16),
    }.items():
        print(f"{title}\n{summary(in_turn(config, turns, ways())).to_string()}\n", flush=True)
    print("What the cost grows with, the other settings being the paper's")
    print(growth(min(turns, 3), 1 if chosen.quick else 2).to_string(), "\n", flush=True)
    print(f"Networks trained together, H = 16, {n_epochs} epochs, {chosen.device}")
    print(stacking(min(turns, 3), n_epochs, chosen.device).to_string())


if __name__ == "__main__":
    main()
