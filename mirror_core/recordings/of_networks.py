"""A trained network on held-out episodes, in both modes, as a labelled array."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int

from mirror_core.arrays import MODES
from mirror_core.checks import OptionError, whole
from mirror_core.config.settings import Config
from mirror_core.networks.entries import check_sensations
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head
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

    Raises
    ------
    OptionError
        For sensations that are no vectors of as many features as the network takes.
    """
    check_sensations(network, episodes.sensations)
    drives = {
        "perform": network.drive(torch.from_numpy(episodes.actions), None),
        "observe": network.drive(None, torch.from_numpy(episodes.sensations)),
    }
    with torch.no_grad():
        states = {mode: network.hidden(network.core_of(mode), drives[mode]).numpy() for mode in MODES}
    return recording(states, episodes)


def named_actions(network: MirrorNetwork, sensations: np.ndarray) -> Int[np.ndarray, "sequence time"]:
    """Return the action that a network infers at each timestep of what it is shown.

    Raises
    ------
    OptionError
        For sensations that are no vectors of as many features as the network takes.
    """
    check_sensations(network, sensations)
    with torch.no_grad():
        states = network.hidden(network.core_of("observe"), network.drive(None, torch.from_numpy(sensations)))
        return own_head(network, "observe")(states).argmax(-1).numpy()


def recording(states: Mapping[str, Float[np.ndarray, "sequence time unit"]], episodes: Episodes) -> xr.DataArray:
    """Put together what units did in each mode, with what is known of the episodes.

    Parameters
    ----------
    states
        Mode, of any name, → activations while the episodes went by in it.

    Returns
    -------
    xarray.DataArray
        Dimensions (mode, sequence, time, unit); coordinate `action` (sequence, time), the action taken, and where
        actions are continuous one for each of their dimensions, `action_0`, `action_1`, …; `time` counts from 1; what
        the episodes have as context are further coordinates (sequence) or (sequence, time), named likewise.

    Raises
    ------
    OptionError
        If the activations of a mode are not of these episodes, or of other units than those of the first mode.
    """
    shape = episodes.actions.shape[:2]
    n_units = next(iter(states.values())).shape[-1]
    for mode, values in states.items():
        if values.shape != (*shape, n_units):
            raise OptionError(
                f"states of mode {mode!r} of shape {values.shape} are not allowed: it must be {(*shape, n_units)}."
            )
    coords = {"mode": list(states), "sequence": range(shape[0]), "time": range(1, shape[1] + 1), "unit": range(n_units)}
    known = {"action": episodes.actions, **(episodes.context or {})}
    for name, values in known.items():
        along = ("sequence", "time") if values.shape[:2] == shape else ("sequence",)
        axes = values.reshape(*values.shape[: len(along)], -1)
        # a labelled array has no coordinates of further dimensions
        for i in range(axes.shape[-1]):
            coords[f"{name}_{i}" if values.ndim > len(along) else name] = (along, axes[..., i])
    return xr.DataArray(
        np.stack(list(states.values())),
        dims=("mode", "sequence", "time", "unit"),
        coords=coords,
        name="activation",
        attrs={"long_name": "hidden state", "units": "1"},
    )
