"""How a network, its passes and its lessons lie in memory for `mirror_core.networks.training.compiled.gru`.

Units, inputs and outputs are filled up to multiples of eight, so that products have no remainders. What is filled up
is zero and stays zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch import Tensor

from mirror_core.config.passes import Pass
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.compiled.gru import LANES, ROWS
from mirror_core.networks.training.losses import OBJECTIVES


class Weights(NamedTuple):
    """All weights of a network (or their gradients), views of one flat array; matrices are (from, to)."""

    inputs: np.ndarray  # (input, u): E, of the projection, its bias and the action embedding
    drive: np.ndarray  # (core, input, 3 unit): W, blocks n, r, z
    drive_bias: np.ndarray  # (core, 3 unit)
    recurrent: np.ndarray  # (core, unit, 3 unit): U, blocks r, z, m
    recurrent_bias: np.ndarray  # (core, 3 unit)
    readers: np.ndarray  # (unit, output): every head, one after another
    reader_bias: np.ndarray  # (output,)


class Plan(NamedTuple):
    """What a training step does; the objectives are predict and infer."""

    core: np.ndarray  # (pass,): which core runs
    sees_actions: np.ndarray  # (pass,)
    sees_sensations: np.ndarray  # (pass,)
    reads: np.ndarray  # (pass, objective): where the outputs of the head begin that is asked for it, or -1
    sizes: np.ndarray  # (objective,): outputs of such a head: D, K
    widths: np.ndarray  # (objective,): the same, filled up
    importance: np.ndarray  # (objective,): the weight of its loss
    n_seen: int  # the sensation's part of u, D + 1, filled up
    core_learns: bool


def _filled(size: int, step: int = LANES) -> int:
    return -(-size // step) * step


def _heads(network: MirrorNetwork) -> dict[tuple[str, str], int]:
    """Return where the outputs of each head (objective, key) begin."""
    heads = [(objective, key) for objective in OBJECTIVES for key in network.heads[objective]]
    widths = [_filled(network.heads[objective][key].out_features) for objective, key in heads]
    return dict(zip(heads, np.cumsum([0, *widths]).tolist(), strict=False))


def plan_of(network: MirrorNetwork, config: Config, todo: tuple[Pass, ...]) -> Plan:
    """Write the passes of a training step as tables."""
    heads, cores, sizes = _heads(network), list(network.cores), [config.world.sensory_dim, config.world.n_actions]
    return Plan(
        core=np.array([cores.index(p.core) for p in todo]),
        sees_actions=np.array([p.sees_actions for p in todo]),
        sees_sensations=np.array([p.sees_sensations for p in todo]),
        reads=np.array([[heads.get((o, p.heads.get(o)), -1) for o in OBJECTIVES] for p in todo]),
        sizes=np.array(sizes),
        widths=np.array(list(map(_filled, sizes))),
        importance=np.array([config.objective.predict_weight, config.objective.infer_weight], float),
        n_seen=_filled(config.world.sensory_dim + 1, ROWS),
        core_learns=config.training.trained == "all",
    )


def empty_weights(network: MirrorNetwork, plan: Plan) -> tuple[np.ndarray, Weights]:
    """Return a flat array of zeros, and its parts as weights."""
    core = next(iter(network.cores.values()))
    n_cores, n_units, n_inputs = len(network.cores), _filled(core.hidden_size), _filled(core.input_size)
    n_keys = len(network.heads["infer"])
    n_outputs, n_u = n_keys * plan.widths.sum(), _filled(plan.n_seen + plan.sizes[1] + 1)
    gates = (n_cores, 3 * n_units)
    shapes = Weights(
        (n_inputs, n_u), (n_cores, n_inputs, 3 * n_units), gates, (n_cores, n_units, 3 * n_units), gates,
        (n_units, n_outputs), (n_outputs,),
    )  # fmt: skip
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    flat = np.zeros(ends[-1], np.float32)
    return flat, Weights(*(part.reshape(s) for part, s in zip(np.split(flat, ends[:-1]), shapes, strict=True)))


def places(network: MirrorNetwork, plan: Plan, views: Weights) -> Iterator[tuple[str, Tensor, np.ndarray]]:
    """Yield each parameter's name and part with its place in the compiled code's arrays."""
    found = {name: p.detach() for name, p in network.named_parameters()}
    (n_features, n_actions), inputs = plan.sizes, views.inputs[: network.projection.out_features]
    yield "projection.weight", found["projection.weight"], inputs[:, :n_features]
    yield "projection.bias", found["projection.bias"], inputs[:, n_features]
    yield "embedding.weight", found["embedding.weight"], inputs[:, plan.n_seen : plan.n_seen + n_actions].T
    for (objective, key), first in _heads(network).items():
        name = f"heads.{objective}.{key}"
        n_outputs, n_units = found[f"{name}.weight"].shape
        yield f"{name}.weight", found[f"{name}.weight"], views.readers[:n_units, first : first + n_outputs].T
        yield f"{name}.bias", found[f"{name}.bias"], views.reader_bias[first : first + n_outputs]
    # PyTorch's blocks are r, z, n; ours n, r, z for the input, r, z, n (our m) for the last hidden state
    for i, (key, core) in enumerate(network.cores.items()):
        for kind, weight, bias, blocks in (
            ("ih_l0", views.drive[i, : core.input_size], views.drive_bias[i], (1, 2, 0)),
            ("hh_l0", views.recurrent[i, : core.hidden_size], views.recurrent_bias[i], (0, 1, 2)),
        ):
            for theirs, ours in enumerate(blocks):
                rows = slice(theirs * core.hidden_size, (theirs + 1) * core.hidden_size)
                columns = slice(ours * len(bias) // 3, ours * len(bias) // 3 + core.hidden_size)
                yield f"cores.{key}.weight_{kind}", found[f"cores.{key}.weight_{kind}"][rows], weight[:, columns].T
                yield f"cores.{key}.bias_{kind}", found[f"cores.{key}.bias_{kind}"][rows], bias[columns]
