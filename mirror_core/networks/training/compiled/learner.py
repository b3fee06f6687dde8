"""Learning in compiled code: GRU networks on the processor, one after another, see
`mirror_core.networks.training.compiled.gru`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from threadpoolctl import ThreadpoolController

from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.compiled import gru
from mirror_core.networks.training.compiled.layout import Adam, Data, data_of, places, plan_of, weights_in
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.losses import OBJECTIVES, Losses, learning_names, objectives


class CompiledLearner:
    """Networks that learn by `mirror_core.networks.training.compiled.gru`, with the interface and the numbers of
    `AutogradLearner`.

    Each network is computed on its own, so its numbers do not depend, to the last bit, on its company.
    """

    def __init__(
        self,
        networks: Sequence[MirrorNetwork],
        configs: Sequence[Config],
        lessons: Sequence[Lessons],
        heldout: Sequence[Lessons],
    ) -> None:
        self.learners = [_One(*each) for each in zip(networks, configs, lessons, heldout, strict=True)]
        self.libraries = ThreadpoolController()  # looked up once: that takes as long as an epoch of a small network

    def epoch(self, orders: Sequence[np.ndarray]) -> list[Losses]:
        """Let each network learn from its lessons in its order; return the mean losses on the way."""
        with self.libraries.limit(limits=1, user_api="blas"):
            return [one.learn(order) for one, order in zip(self.learners, orders, strict=True)]

    def heldout_losses(self) -> list[Losses]:
        """Return each network's mean losses on its held-out lessons."""
        with self.libraries.limit(limits=1, user_api="blas"):
            return [one.heldout_losses() for one in self.learners]

    def write_back(self) -> None:
        """Put the learnt weights into the networks."""
        for one in self.learners:
            one.write_back()


class _One:
    """One network, its flat weights and the state of its optimiser."""

    def __init__(self, network: MirrorNetwork, config: Config, lessons: Lessons, heldout: Lessons) -> None:
        training, todo = config.training, passes(config)
        self.network, self.batch_size = network, training.batch_size
        self.lessons, self.heldout = data_of(lessons), data_of(heldout)
        self.plan = plan_of(network, config, todo)
        self.keys = objectives(todo)
        self.rows = [[i for i, p in enumerate(todo) if p.name == name] for name, _ in self.keys]
        size = sum(p.numel() for p in network.parameters())
        flat = [np.zeros(size, np.float32) for _ in range(5)]
        decay = np.array([training.weight_decay], np.float32)
        self.adam = Adam(*flat, decay, np.zeros(1, np.int64))
        self.weights, self.gradients = weights_in(self.adam.weights, network), weights_in(self.adam.gradients, network)
        for _, tensor, array in places(network, self.weights):
            array[...] = tensor.numpy()
        learning = learning_names(network, config)
        for name, _, array in places(network, weights_in(self.adam.rate, network)):
            array[...] = training.learning_rate * (name in learning)

    def learn(self, order: np.ndarray) -> Losses:
        return self._go_through(self.lessons, order, learn=True)

    def heldout_losses(self) -> Losses:
        return self._go_through(self.heldout, np.arange(self.heldout.actions.shape[1]), learn=False)

    def _go_through(self, data: Data, order: np.ndarray, *, learn: bool) -> Losses:
        means = gru.go_through(
            order, self.batch_size, self.weights, self.gradients, self.adam, data, self.plan, learn
        )  # fmt: skip
        # two separate cores may both run a joint pass for one objective: their losses add up
        return {
            (name, objective): float(means[rows, OBJECTIVES.index(objective)].sum())
            for (name, objective), rows in zip(self.keys, self.rows, strict=True)
        }

    def write_back(self) -> None:
        for _, tensor, array in places(self.network, self.weights):
            tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))
