"""What may enter a network."""

from __future__ import annotations

import numpy as np
from jaxtyping import Shaped
from torch import Tensor

from mirror_core.checks import OptionError
from mirror_core.networks.network import MirrorNetwork


def check_sensations(network: MirrorNetwork, sensations: Shaped[np.ndarray | Tensor, "..."]) -> None:
    """Refuse sensations that are no vectors of as many features as a network takes.

    Raises
    ------
    OptionError
        With their shape, and that which is allowed.
    """
    n_features, shape = network.projection.in_features, tuple(sensations.shape)
    if shape[2:] != (n_features,):
        raise OptionError(
            f"sensations of shape {shape} are not allowed: they must be (sequence, time, {n_features}); frames need an "
            "encoder, as in mirror_core.experiments.vision."
        )
