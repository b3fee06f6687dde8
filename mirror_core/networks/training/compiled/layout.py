"""How a network, its passes and its lessons lie in memory for `mirror_core.networks.training.compiled.gru`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch import Tensor

from mirror_core.config.passes import Pass
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.losses import OBJECTIVES


class Weights(NamedTuple):
    """All weights of a network (or their gradients), views of one flat array; blocks as in
    `mirror_core.networks.training.compiled.gru`."""

    inputs: np.ndarray
    """(K + 1 + D, input): the action embedding, the projection's bias and its weights, transposed: E there."""
    heads: np.ndarray
    """(output, unit): every head's rows, one head after another."""
    head_bias: np.ndarray
    """(output,)"""
    drive: np.ndarray
    """(core, 3 unit, input): W, blocks n, r, z."""
    drive_bias: np.ndarray
    """(core, 3 unit)"""
    recurrent: np.ndarray
    """(core, 3 unit, unit): U, blocks r, z, m."""
    recurrent_bias: np.ndarray
    """(core, 3 unit)"""


class Plan(NamedTuple):
    """What a training step does; passes of one core lie side by side in the rows of one batch."""

    slots: np.ndarray
    """(core, slot): which pass is there, or -1."""
    sees_actions: np.ndarray
    """(pass,)"""
    sees_sensations: np.ndarray
    """(pass,)"""
    reads: np.ndarray
    """(pass, head): whether the head's loss on this pass counts."""
    head_rows: np.ndarray
    """(head + 1,): where each head's outputs begin."""
    predicts: np.ndarray
    """(head,): whether it predicts sensations; the others infer actions."""
    weight: np.ndarray
    """(head,): weight of its objective."""


class Data(NamedTuple):
    """Episodes along the last axis; for gathering a batch from contiguous rows; see
    `mirror_core.networks.training.lessons.Lessons`."""

    actions: np.ndarray
    """(time, episode)"""
    sensations: np.ndarray
    """(time, feature, episode)"""
    observed: np.ndarray
    """(time, feature, episode)"""
    labels: np.ndarray
    """(time, episode)"""


class Adam(NamedTuple):
    """The optimiser's state, each an array as long as the flat weights."""

    weights: np.ndarray
    gradients: np.ndarray
    first: np.ndarray
    """Running mean of the gradients."""
    second: np.ndarray
    """Running mean of their squares."""
    rate: np.ndarray
    """Learning rate; 0 where a weight does not learn."""
    decay: np.ndarray
    """(1,): L2 penalty."""
    steps: np.ndarray
    """(1,): steps taken."""


def data_of(lessons: Lessons) -> Data:
    """Put episodes last, so that those of a batch are gathered from one row."""
    return Data(
        np.ascontiguousarray(lessons.actions.numpy().T),
        np.ascontiguousarray(lessons.sensations.numpy().transpose(1, 2, 0)),
        np.ascontiguousarray(lessons.observed.numpy().transpose(1, 2, 0)),
        np.ascontiguousarray(lessons.labels.numpy().T),
    )


def _heads(network: MirrorNetwork) -> list[tuple[str, str]]:
    """Return (objective, key) of each head, in the order of their rows."""
    return [(objective, key) for objective in OBJECTIVES for key in network.heads[objective]]


def plan_of(network: MirrorNetwork, config: Config, todo: tuple[Pass, ...]) -> Plan:
    """Write the passes of a training step as tables."""
    heads = _heads(network)
    of_core = [[i for i, p in enumerate(todo) if p.core == core] for core in network.cores]
    width = max(map(len, of_core))
    sizes = [network.heads[objective][key].out_features for objective, key in heads]
    weight = {"predict": config.objective.predict_weight, "infer": config.objective.infer_weight}
    return Plan(
        slots=np.array([found + [-1] * (width - len(found)) for found in of_core]),
        sees_actions=np.array([p.sees_actions for p in todo]),
        sees_sensations=np.array([p.sees_sensations for p in todo]),
        reads=np.array([[p.heads.get(objective) == key for objective, key in heads] for p in todo]),
        head_rows=np.cumsum([0, *sizes]),
        predicts=np.array([objective == "predict" for objective, _ in heads]),
        weight=np.array([weight[objective] for objective, _ in heads], float),
    )


def weights_in(flat: np.ndarray, network: MirrorNetwork) -> Weights:
    """Return the parts of a flat array as the weights they are."""
    n_outputs = sum(network.heads[objective][key].out_features for objective, key in _heads(network))
    core = next(iter(network.cores.values()))
    n_cores, n_gates, n_units, n_inputs = len(network.cores), 3 * core.hidden_size, core.hidden_size, core.input_size
    n_shown = network.embedding.num_embeddings + 1 + network.projection.in_features
    shapes = Weights(
        (n_shown, n_inputs), (n_outputs, n_units), (n_outputs,),
        (n_cores, n_gates, n_inputs), (n_cores, n_gates), (n_cores, n_gates, n_units), (n_cores, n_gates),
    )  # fmt: skip
    ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
    return Weights(*(part.reshape(shape) for part, shape in zip(np.split(flat, ends), shapes, strict=True)))


def places(network: MirrorNetwork, views: Weights) -> Iterator[tuple[str, Tensor, np.ndarray]]:
    """Yield each parameter's name and part with its place in the compiled code's arrays."""
    found = {name: p.detach() for name, p in network.named_parameters()}
    n_actions = network.embedding.num_embeddings
    yield "embedding.weight", found["embedding.weight"], views.inputs[:n_actions]
    yield "projection.bias", found["projection.bias"], views.inputs[n_actions]
    yield "projection.weight", found["projection.weight"], views.inputs[n_actions + 1 :].T
    first = 0
    for objective, key in _heads(network):
        name = f"heads.{objective}.{key}"
        last = first + len(found[f"{name}.bias"])
        yield f"{name}.weight", found[f"{name}.weight"], views.heads[first:last]
        yield f"{name}.bias", found[f"{name}.bias"], views.head_bias[first:last]
        first = last
    for i, key in enumerate(network.cores):
        for kind, of_input, of_state in (
            ("weight", views.drive[i], views.recurrent[i]),
            ("bias", views.drive_bias[i], views.recurrent_bias[i]),
        ):
            # PyTorch's blocks are r, z, n; ours n, r, z for the input, r, z, n (our m) for the last hidden state
            name, n_units = f"cores.{key}.{kind}_ih_l0", network.cores[key].hidden_size
            yield name, found[name][: 2 * n_units], of_input[n_units:]
            yield name, found[name][2 * n_units :], of_input[:n_units]
            name = f"cores.{key}.{kind}_hh_l0"
            yield name, found[name], of_state
