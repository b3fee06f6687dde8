"""Learning in compiled code: GRU networks on the processor, one after another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.compiled.gru import go_through
from mirror_core.networks.training.compiled.layout import Data, data_of, empty_memory, empty_weights, places, plan_of
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

    def epoch(self, orders: Sequence[np.ndarray]) -> list[Losses]:
        """Let each network learn from its lessons in its order; return the mean losses on the way."""
        return [one.go_through(one.lessons, order) for one, order in zip(self.learners, orders, strict=True)]

    def heldout_losses(self) -> list[Losses]:
        """Return each network's mean losses on its held-out lessons."""
        return [one.go_through(one.heldout, np.arange(len(one.heldout[0])), learn=False) for one in self.learners]

    def write_back(self) -> None:
        """Put the learnt weights into the networks."""
        for one in self.learners:
            for _, tensor, array in places(one.network, one.plan, one.weights):
                tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))


class _One:
    """One network, its flat weights and the state of its optimiser."""

    def __init__(self, network: MirrorNetwork, config: Config, lessons: Lessons, heldout: Lessons) -> None:
        todo = passes(config)
        self.network, self.training, self.n_steps = network, config.training, 0
        self.plan, self.keys = plan_of(network, config, todo), objectives(todo)
        self.names = np.array([p.name for p in todo])
        self.lessons, self.heldout = data_of(lessons, self.plan), data_of(heldout, self.plan)
        flat, views = zip(*(empty_weights(network, self.plan) for _ in range(5)), strict=True)
        self.adam, (self.weights, self.gradients, _, _, rates) = flat, views
        for _, tensor, array in places(network, self.plan, self.weights):
            array[...] = tensor.numpy()
        learning = learning_names(network, config)
        for name, _, array in places(network, self.plan, rates):
            array[...] = self.training.learning_rate * (name in learning)

    def go_through(self, data: Data, order: np.ndarray, *, learn: bool = True) -> Losses:
        batch_size, n_times = min(self.training.batch_size, len(order)), data.actions.shape[1]
        sums = go_through(
            order, batch_size, self.n_steps, np.float32(self.training.weight_decay), self.weights, self.gradients,
            self.adam, data, self.plan, empty_memory(self.weights, self.plan, n_times, batch_size), learn,
        )  # fmt: skip
        self.n_steps += learn * -(-len(order) // batch_size)
        means = sums / (len(order) * n_times)
        # two separate cores may both run a joint pass for one objective: their losses add up
        return {
            (name, objective): float(means[self.names == name, OBJECTIVES.index(objective)].sum())
            for name, objective in self.keys
        }
