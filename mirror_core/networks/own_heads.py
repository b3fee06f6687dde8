"""The head by which a mode does its own task."""

from __future__ import annotations

from torch import nn

from mirror_core.checks import one_of
from mirror_core.networks.network import MirrorNetwork

OWN_OBJECTIVE = {"perform": "predict", "observe": "infer"}
"""Mode → its own task: predicting the sensations of what is done, inferring the actions behind what is sensed."""


def own_head(network: MirrorNetwork, mode: str) -> nn.Module:
    """Return the head that answers a mode's own task, whether or not other modes share it.

    Raises
    ------
    OptionError
        For an unknown mode, with the nearest.
    """
    one_of("mode", mode, OWN_OBJECTIVE)
    heads = network.heads[OWN_OBJECTIVE[mode]]
    return heads["shared" if "shared" in heads else mode]
