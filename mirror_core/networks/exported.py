"""A network of GRU cores as a few arrays, for a program without PyTorch: what drives a core is folded into tables."""

from __future__ import annotations

import numpy as np

from mirror_core.arrays import MODES
from mirror_core.checks import OptionError
from mirror_core.networks.cores import GRU
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head


def folded(network: MirrorNetwork) -> dict[str, np.ndarray]:
    """Return what each mode needs to do its own task, in double precision.

    An action can only be one of K, and a projection followed by the core's input weights is one matrix: so what drives
    the gates of H units is looked up, or is one product with a sensation of D features. A mode then advances by

        g = recurrent h;  r, z = σ(drive + g);  n = tanh(drive + r (g + candidate_bias));  h = n + z (h − n)

    with the rows of `recurrent` and of the drives in the order r, z, n.

    Returns
    -------
    dict of str to numpy.ndarray
        For each mode `core_MODE/recurrent` (3 H, H) and `core_MODE/candidate_bias` (H,), or `core_shared/…` once;
        `perform/drive` (K, 3 H), a row an action; `observe/drive` (3 H, D) and `observe/drive_bias` (3 H,);
        `perform/head` (D, H), `observe/head` (K, H) and their `…/head_bias`.

    Raises
    ------
    OptionError
        If a core is no GRU.

    Examples
    --------
    >>> from mirror_core.config.settings import Config
    >>> folded(MirrorNetwork(Config().change(hidden_size=4)))["perform/drive"].shape
    (6, 12)
    """
    arrays: dict[str, np.ndarray] = {}
    weights = {name: values.detach().double().numpy() for name, values in network.named_parameters()}
    for mode in MODES:
        key = network.core_of(mode)
        if not isinstance(network.cores[key], GRU):
            raise OptionError(
                f"core = {type(network.cores[key]).__name__} is not allowed: only GRU cores are exported."
            )
        enter, recurrent, bias, own_bias = (
            weights[f"cores.{key}.{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        n_units = recurrent.shape[1]
        # the candidate's own bias stands inside its product with the reset gate; those of the gates just add up
        always = bias + np.where(np.arange(3 * n_units) < 2 * n_units, own_bias, 0)
        arrays[f"core_{key}/recurrent"] = recurrent
        arrays[f"core_{key}/candidate_bias"] = own_bias[2 * n_units :]
        if mode == "perform":
            arrays["perform/drive"] = weights["embedding.weight"] @ enter.T + always
        else:
            arrays["observe/drive"] = enter @ weights["projection.weight"]
            arrays["observe/drive_bias"] = enter @ weights["projection.bias"] + always
        head = own_head(network, mode)
        arrays[f"{mode}/head"] = head.weight.detach().double().numpy()
        arrays[f"{mode}/head_bias"] = head.bias.detach().double().numpy()
    return arrays
