"""Made-up populations, whose truth is known, under the nulls."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace

import numpy as np
import xarray as xr
from jaxtyping import Float

from mirror_core.analysis.tuning import action_means
from mirror_core.checks import whole
from mirror_core.recordings.simulated import Population, simulate_population
from mirror_core.seeding import stream
from mirror_core.studies.calibration.recorded import ask_nulls


@dataclass(frozen=True)
class Batch:
    """Populations of one kind, see `mirror_core.recordings.simulated.simulate_population`.

    The random numbers of a population depend on seed, K and its place in the batch alone. So batches that differ in
    similarity hold the same episodes, noise and unplanted units, and a curve over similarity has no jitter of its own
    where all have as many populations.
    """

    seed: int
    n_actions: int
    similarity: float
    n_populations: int
    planted_share: float = 0.3
    noise: float = 0.3
    n_units: int = 96
    n_sequences: int = 300
    n_timesteps: int = 12
    first: int = 0
    """Place of the first population: several batches that go on where another ends are one, in parallel."""

    def __post_init__(self) -> None:
        whole("n_populations", self.n_populations, 1)
        whole("first", self.first, 0)

    @property
    def fingerprint(self) -> str:
        """Name under which the analysis of this batch is kept: 20 hexadecimal digits."""
        return hashlib.sha256(f"{type(self).__name__} {astuple(self)}".encode()).hexdigest()[:20]

    def population(self, index: int) -> Population:
        """Return a population of the batch."""
        return simulate_population(
            self.n_actions, self.stream("made", index), planted_share=self.planted_share, similarity=self.similarity,
            noise=self.noise, n_units=self.n_units, n_sequences=self.n_sequences, n_timesteps=self.n_timesteps,
        )  # fmt: skip

    def stream(self, purpose: str, index: int) -> np.random.Generator:
        """Return the generator of a purpose for a population."""
        return stream(self.seed, f"calibration/{purpose}/K = {self.n_actions}/{index}")

    def fresh(self, index: int) -> Iterator[Float[np.ndarray, "sequence time unit"]]:
        """Yield recordings of a population observing fresh episodes: its own tunings, other actions, other noise."""
        # without noise, what a unit does for an action is its tuning; the stream is the same, so the tunings are
        silent = replace(self, noise=0.0).population(index)
        tuning = action_means(silent.observe, silent.actions)
        rng = self.stream("fresh", index)
        while True:
            actions = rng.integers(len(tuning), size=silent.actions.shape)
            yield tuning[actions] + self.noise * rng.standard_normal(silent.observe.shape)


def calibrate_batch(batch: Batch, nulls: list[str], n_permutations: int, n_redraws: int) -> xr.Dataset:
    """Test every unit of each population.

    Returns
    -------
    xarray.Dataset
        `p` (network, null, alternative, correction, unit) and `observed` (network, null, unit), see
        `ask_nulls`; `planted` (unit). A population stands in for a network, and is called so.
    """
    found = []
    places = range(batch.first, batch.first + batch.n_populations)
    for index in places:
        made = batch.population(index)
        found.append(
            ask_nulls(
                made.perform, made.observe, made.actions, batch.stream("nulls", index), nulls=nulls,
                n_permutations=n_permutations, n_redraws=n_redraws, fresh=batch.fresh(index),
            )
        )  # fmt: skip
    return xr.concat(found, "network").assign(planted=("unit", made.planted)).assign_coords(network=places)
