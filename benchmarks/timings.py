"""What is timed of training: whole networks, how an epoch grows, kinds of cores, and worker processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks import sweeps
from benchmarks.training import seconds, ways
from mirror_core.config.conditions import READINGS, configure
from mirror_core.config.settings import Config
from mirror_core.networks.cores import CORES
from mirror_core.networks.training import plain
from mirror_core.networks.training.loop import train, train_many
from mirror_core.studies.sweeps.plan import Sweep

Record = dict[str, Any]
TWO_WAYS = {"plain": plain.train, "ours": train}


@dataclass(frozen=True)
class Settings:
    """How much is measured."""

    turns: int = 3
    """How often each takes its turn."""
    headline_turns: int = 5
    """The same, for ours against plain at the paper's size and at H = 16."""
    n_epochs: int = 20
    """Epochs of a whole network (paper: 20)."""
    n_sequences: int = 2000
    """Training episodes (paper: 2000)."""
    growth_epochs: int = 2
    """Epochs timed where seconds an epoch are; one more comes before them, with compiling and waking up."""
    hidden_size: tuple[int, ...] = (16, 32, 64, 96, 128, 192)
    sequence_length: tuple[int, ...] = (6, 12, 24, 48)
    batch_size: tuple[int, ...] = (16, 32, 64, 128, 256)
    networks: tuple[int, ...] = (1, 2, 4, 8)
    """Networks trained by one call in one process."""
    workers: tuple[int, ...] = (1, 2)
    sweep_networks: int = 10
    """Networks of the sweeps that worker processes are compared by."""
    sweep_epochs: int = 10
    runs: tuple[int, ...] = (100, 1_000, 10_000)
    """Runs in the stores that are listed."""
    rows: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    """Rows in them."""
    tasks: int = 1_000
    """Tasks handed to a worker, and runs of a declared sweep."""
    dask: bool = True
    """Whether Dask hands them over too, where it is installed."""


TINY = Settings(
    turns=1, headline_turns=2, n_epochs=2, n_sequences=128, growth_epochs=1, hidden_size=(16, 96),
    sequence_length=(6, 12), batch_size=(32, 64), networks=(1, 2), workers=(1,),
    sweep_networks=2, sweep_epochs=1, runs=(10, 20), rows=(10, 20),
    tasks=20, dask=False,
)  # fmt: skip
"""Checks in seconds that everything runs."""


def an_epoch(way: Callable[..., object], config: Any, growth_epochs: int) -> float:
    """Return the seconds of an epoch, its held-out losses included, without what comes before the second epoch."""
    ticks: list[float] = []
    way(config, lambda epoch: ticks.append(time.perf_counter()))
    assert len(ticks) == growth_epochs + 1
    return (ticks[-1] - ticks[0]) / growth_epochs


def training(s: Settings) -> Iterator[Record]:
    """Yield seconds of whole networks: every way of training as-written, small ones too, and the other readings."""
    base = Config().change(n_epochs=s.n_epochs, n_sequences=s.n_sequences)
    sizes = {96: base, 16: base.change(hidden_size=16, input_size=16)}
    found = ways()
    for config in sizes.values():  # compile, and wake the libraries up
        for way in found.values():
            way(config.change(n_epochs=1))
    for turn in range(s.headline_turns):
        for size, config in sizes.items():
            for name, way in found.items():
                yield _whole("as-written", size, name, turn, seconds(way, config))
    for turn in range(s.turns):
        for reading in READINGS:
            if reading != "as-written":
                yield _whole(reading, 96, "ours", turn, seconds(train, configure(base, reading)))


def _whole(reading: str, size: int, way: str, turn: int, taken: float) -> Record:
    short = {"plain torch.nn.GRU": "plain", "JAX, unrolled scan": "jax"}
    return {"reading": reading, "hidden_size": size, "way": short.get(way, way), "turn": turn, "seconds": taken}


def growth(s: Settings) -> Iterator[Record]:
    """Yield seconds an epoch while one setting grows, the others being the paper's."""
    base = Config().change(n_epochs=s.growth_epochs + 1, n_sequences=s.n_sequences)
    for setting in ("hidden_size", "sequence_length", "batch_size"):
        for turn in range(s.turns):
            for value in getattr(s, setting):
                for name, way in TWO_WAYS.items():
                    taken = an_epoch(way, base.change(**{setting: value}), s.growth_epochs)
                    yield {"setting": setting, "value": value, "way": name, "turn": turn, "seconds": taken}


def networks(s: Settings, device: str = "cpu") -> Iterator[Record]:
    """Yield seconds an epoch of several networks of the paper's size that one process trains."""
    base = Config().change(n_epochs=s.growth_epochs + 1, n_sequences=s.n_sequences)
    for turn in range(s.turns):
        for n in s.networks:
            configs = [base.change(seed=seed) for seed in range(n)]
            taken = an_epoch(lambda c, on_epoch: train_many(c, on_epoch, device=device), configs, s.growth_epochs)
            yield {"networks": n, "turn": turn, "seconds": taken}


def cores(s: Settings) -> Iterator[Record]:
    """Yield seconds an epoch of every kind of core at the paper's size."""
    base = Config().change(n_epochs=s.growth_epochs + 1, n_sequences=s.n_sequences)
    for turn in range(s.turns):
        for core in CORES:
            for name, way in TWO_WAYS.items():
                taken = an_epoch(way, base.change(core=core), s.growth_epochs)
                yield {"core": core, "way": name, "turn": turn, "seconds": taken}


def workers(s: Settings) -> Iterator[Record]:
    """Yield what sweeps of one worker process and of more give, with an empty store each."""
    base = {"n_epochs": s.sweep_epochs, "n_sequences": s.n_sequences}
    for turn in range(s.turns):
        for n in s.workers:
            found = sweeps.timed(Sweep(base=base, seeds=list(range(s.sweep_networks))), n)
            yield {
                "workers": n,
                "turn": turn,
                "networks_per_minute": found["networks a minute"],
                "training": found["training, s"],
                "measuring": found["measuring, s"],
                "overhead": found["overhead, s"],
            }
