"""A trained network on held-out episodes, in both modes, as a labelled array."""

from __future__ import annotations

import torch
import xarray as xr

from mirror_core.arrays import MODES
from mirror_core.checks import whole
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.seeding import stream
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.linear import make_world

N_TEST = 300
"""Held-out episodes of the evaluation (paper)."""


def heldout_episodes(config: Config, n_sequences: int = N_TEST, name: str = "test") -> Episodes:
    """Draw held-out episodes from the network's world, always with informative sensations.

    Every condition is tested on the episodes that the main experiment with the same seed is tested on: also
    one that was trained on uninformative sensations, where r would otherwise be near zero by construction.

    Parameters
    ----------
    name
        Another name draws other episodes, for a null that needs fresh ones.
    """
    whole("n_sequences of the held-out episodes", n_sequences, 2)
    world = make_world(config.change(informative=True).world, config.seed)
    return world.episodes(n_sequences, config.training.sequence_length, stream(config.seed, f"episodes/{name}"))


def record(network: MirrorNetwork, episodes: Episodes) -> xr.DataArray:
    """Run a network through the same episodes in both modes.

    Returns
    -------
    xarray.DataArray
        Hidden states with dimensions (mode, sequence, time, unit); coordinate `action` (sequence, time) is the
        action taken, `time` counts from 1.
    """
    drives = {
        "perform": network.drive(torch.from_numpy(episodes.actions), None),
        "observe": network.drive(None, torch.from_numpy(episodes.sensations)),
    }
    with torch.no_grad():
        states = torch.stack([network.hidden(network.core_of(mode), drives[mode]) for mode in MODES])
    _, n_sequences, length, n_units = states.shape
    return xr.DataArray(
        states.numpy(),
        dims=("mode", "sequence", "time", "unit"),
        coords={
            "mode": list(MODES),
            "sequence": range(n_sequences),
            "time": range(1, length + 1),
            "unit": range(n_units),
            "action": (("sequence", "time"), episodes.actions),
        },
        name="activation",
        attrs={"long_name": "hidden state", "units": "1"},
    )
