"""How fast networks are trained: ours, the plain PyTorch loop and the least it could take; what the cost grows with.

Run `python -m benchmarks.training` (about half an hour on one core; `--quick` for two minutes, `--whole` for the first
table alone). Every way of training takes its turn, again and again, so that a busy moment of the machine hits all of
them alike; a ratio is formed within each turn, and its median, lowest and highest are printed. One process, one thread,
on one core where the system allows to choose.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from importlib import metadata

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
for _name in THREADS:  # before the libraries that read them are imported
    os.environ[_name] = "1"

import pandas as pd  # noqa: E402
import torch  # noqa: E402

from mirror_core.config.conditions import READINGS, configure  # noqa: E402
from mirror_core.config.passes import passes  # noqa: E402
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
SIZES = [16, 32, 96, 128]
"""Numbers of units of which whole trainings are timed."""
N_STACKED = [1, 4, 16]
"""Numbers of networks trained together, at H = 16."""


def ways() -> dict[str, Callable[[Config], object]]:
    """Return the ways of training one network that can be compared here, the plain one first."""
    found = {"plain torch.nn.GRU": plain.train, "ours": train}
    if importlib.util.find_spec("jax"):
        from benchmarks.with_jax import jax_train

        found["JAX, unrolled scan"] = jax_train
    return found


Clock = Callable[[], float]


def seconds(train_one: Callable[[Config], object], config: Config, clock: Clock = time.perf_counter) -> float:
    """Return how long one training takes."""
    start = clock()
    train_one(config)
    return clock() - start


def in_turn(
    config: Config, turns: int, found: dict[str, Callable[[Config], object]], clock: Clock = time.perf_counter
) -> pd.DataFrame:
    """Train one network in every way given, `turns` times in turn.

    Returns
    -------
    DataFrame
        Seconds; a row for each turn, a column for each way.
    """
    for train_one in found.values():  # compile, and wake the libraries up
        train_one(config.change(n_epochs=1))
    return pd.DataFrame([{name: seconds(way, config, clock) for name, way in found.items()} for _ in range(turns)])


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


def best_rate(n_units: int = 96, seconds_at_least: float = 1.0) -> float:
    """Return the most floating-point operations a second that products of these sizes reach, by whatever does them."""
    a, b = torch.randn(256, n_units), torch.randn(n_units, 3 * n_units)
    c = torch.zeros(256, 3 * n_units)
    ways_to = [lambda: torch.mm(a, b, out=c)]
    if importlib.util.find_spec("numba"):
        from mirror_core.networks.training.compiled.gru import add_product

        ways_to.append(partial(add_product, *(x.numpy() for x in (a, b, c))))
    for product in ways_to:  # compile, and wake the libraries up
        product()
    best, until = float("inf"), time.perf_counter() + seconds_at_least
    while time.perf_counter() < until:
        for product in ways_to:
            start = time.perf_counter()
            product()
            best = min(best, time.perf_counter() - start)
    return 2 * 256 * b.numel() / best


def products(config: Config) -> float:
    """Return the floating-point operations of a training's products, without held-out losses.

    Counted are those that its numbers need: the input's weights are multiplied out once a step, an action is looked up,
    heads read what they are asked, and states that are shown the same actions alone are computed once.
    """
    world, net, plan = config.world, config.network, config.training
    n_units, n_batch, learns = net.hidden_size, plan.batch_size, plan.trained == "all"
    outputs = {"predict": world.sensory_dim, "infer": world.n_actions}
    todo, total = passes(config), 0
    for one in todo:
        alone = not one.sees_sensations
        states = [min(n_batch, world.n_actions**t) if alone else n_batch for t in range(plan.sequence_length + 1)]
        forward = sum(states[1:-1]) * n_units * 3 * n_units  # from one timestep to the next
        total += forward * (3 if learns else 2)
        total += 3 * sum(states[1:]) * n_units * sum(outputs[objective] for objective in one.heads)
        total += 2 * sum(states[1:]) * one.sees_sensations * world.sensory_dim * 3 * n_units
    shown = world.sensory_dim + 1 + world.n_actions
    total += len({one.core for one in todo}) * (3 if learns else 2) * shown * net.input_size * 3 * n_units
    return 2 * total * plan.n_sequences / n_batch * plan.n_epochs


def whole(turns: int, base: Config, reading: str, clock: Clock) -> pd.DataFrame:
    """Return what whole trainings take: every size under one reading, and the paper's under all."""
    found = ways() | {"ours, last held-out losses alone": partial(train, curves=False)}
    rate, parts = best_rate(), {}
    for name, size in [(reading, n) for n in SIZES] + [(other, 96) for other in READINGS if other != reading]:
        config = configure(base.change(hidden_size=size, input_size=size), name)
        times = in_turn(config, turns, found, clock)
        parts[name, size] = summary(times.assign(**{f"products at {rate / 1e9:.0f} GFLOP/s": products(config) / rate}))
    return pd.concat(parts, names=["reading", "H"])


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
    parser.add_argument(
        "--reading", default="as-written", choices=READINGS, help="reading of the small and large networks"
    )
    parser.add_argument("--whole", action="store_true", help="only the first table")
    parser.add_argument("--shared", action="store_true", help="first table in processor time: for a machine others use")
    chosen = parser.parse_args()
    turns = chosen.turns or (3 if chosen.quick else 7)
    n_epochs = 2 if chosen.quick else 20
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):  # JAX has no other way to be kept to one core
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"{machine()}\n{turns} turns of {n_epochs} epochs; ratios: median, lowest and highest over the turns\n")
    print("Whole trainings; the last way of each is the least that its products could take")
    clock = time.process_time if chosen.shared else time.perf_counter
    print(whole(turns, Config().change(n_epochs=n_epochs), chosen.reading, clock).to_string(), "\n", flush=True)
    if chosen.whole:
        return
    print("What the cost grows with, the other settings being the paper's")
    print(growth(min(turns, 3), 1 if chosen.quick else 2).to_string(), "\n", flush=True)
    print(f"Networks trained together, H = 16, {n_epochs} epochs, {chosen.device}")
    print(stacking(min(turns, 3), n_epochs, chosen.device).to_string())


if __name__ == "__main__":
    main()
