"""What a network does on held-out episodes: r of each unit, and how well each mode does its own task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch.nn import functional

from mirror_core.analysis import unit_correlation
from mirror_core.arrays import MODES
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.worlds.episodes import Episodes


@dataclass(frozen=True)
class OwnTasks:
    """One network on its held-out episodes."""

    r: Float[np.ndarray, " unit"]
    """Pearson r of each unit between performing and observing."""
    mean: Float[np.ndarray, "mode unit"]
    """Mean activity over all episodes and timesteps."""
    spread: Float[np.ndarray, "mode unit"]
    """Its standard deviation."""
    error: float
    """Mean squared error of the sensations that performing predicts."""
    explained: float
    """Share of the sensations' variance that it predicts."""
    cross_entropy: float
    """Mean cross-entropy of the actions that observing infers, in nats."""
    named: float
    """Share of timesteps at which observing names the action."""


def own_tasks(run: Run, n_test: int) -> OwnTasks:
    """Measure a run's network on `n_test` held-out episodes."""
    episodes = heldout_episodes(run.config, n_test)
    return own_tasks_of(run.network, record(run.network, episodes), episodes)


def own_tasks_of(network: MirrorNetwork, recording: xr.DataArray, episodes: Episodes) -> OwnTasks:
    """Measure a network on episodes of which there is a recording."""
    with torch.no_grad():
        predicted, logits = (
            own_head(network, mode)(torch.from_numpy(recording.sel(mode=mode).values)).double() for mode in MODES
        )
    felt, actions = torch.from_numpy(episodes.sensations).double(), torch.from_numpy(episodes.actions)
    error = float((predicted - felt).square().mean())
    return OwnTasks(
        r=unit_correlation(*recording.values),
        mean=recording.values.mean((1, 2), dtype=float),
        spread=recording.values.std((1, 2), dtype=float),
        error=error,
        explained=1 - error / float((felt - felt.mean((0, 1))).square().mean()),
        cross_entropy=float(functional.cross_entropy(logits.flatten(0, 1), actions.flatten())),
        named=float((logits.argmax(-1) == actions).double().mean()),
    )
