"""Learning by automatic differentiation: what the objectives are, for any core and on any device."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from mirror_core.config.passes import Pass, passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.losses import Losses, learning_names, losses, objectives


class AutogradLearner:
    """Networks of equal shapes that learn together, each from its own lessons.

    Several networks are one with a leading dimension in every weight (`torch.func.vmap`), so that a GPU has
    enough to do at a time; a network alone runs as it is, which is faster on a processor.

    Parameters
    ----------
    networks, configs, lessons, heldout
        One of each for every network.
    device
        Where to compute, as PyTorch names it.
    """

    def __init__(
        self,
        networks: Sequence[MirrorNetwork],
        configs: Sequence[Config],
        lessons: Sequence[Lessons],
        heldout: Sequence[Lessons],
        device: str = "cpu",
    ) -> None:
        self.networks, self.device = networks, device
        self.batch_size = configs[0].training.batch_size
        todo = passes(configs[0])
        self.keys = objectives(todo)
        unrolled = len(networks) > 1 or device != "cpu"
        self.objective = _Objective(networks[0], todo, unrolled=unrolled).to(device)
        state, _ = stack_module_state(list(networks))
        self.weights = {k: v.detach().to(device) for k, v in state.items()}
        learning = learning_names(networks[0], configs[0])
        self.learnt = {k: v.requires_grad_() for k, v in self.weights.items() if k in learning}
        goals, plans = [c.objective for c in configs], [c.training for c in configs]
        self.importance = torch.tensor(
            [[{"predict": g.predict_weight, "infer": g.infer_weight}[o] for _, o in self.keys] for g in goals]
        ).to(device)
        self.optimiser = _Adam(
            self.learnt,
            torch.tensor([p.learning_rate for p in plans], device=device),
            torch.tensor([p.weight_decay for p in plans], device=device),
        )
        self.lessons, self.heldout = self._stacked(lessons), self._stacked(heldout)

    def epoch(self, orders: Sequence[np.ndarray]) -> list[Losses]:
        """Let each network learn from its lessons in its order; return the mean losses on the way."""
        order = torch.from_numpy(np.stack(orders)).to(self.device)
        total = torch.zeros_like(self.importance)
        for index in order.split(self.batch_size, dim=1):
            found = self._losses(self.lessons, index)
            (found * self.importance).sum().backward()
            self.optimiser.step()
            total += found.detach() * index.shape[1]
        return self._named(total / order.shape[1])

    def heldout_losses(self) -> list[Losses]:
        """Return each network's mean losses on its held-out lessons."""
        everything = torch.arange(self.heldout[0].shape[1], device=self.device).expand(len(self.networks), -1)
        with torch.no_grad():
            return self._named(self._losses(self.heldout, everything))

    def write_back(self) -> None:
        """Put the learnt weights into the networks."""
        for i, network in enumerate(self.networks):
            network.load_state_dict({name: values[i].detach().cpu() for name, values in self.weights.items()})

    def _losses(self, lessons: tuple[Tensor, ...], index: Tensor) -> Tensor:
        """Return losses (network, objective) on the episodes at `index` (network, episode)."""
        if len(index) == 1:
            weights = {name: values[0] for name, values in self.weights.items()}
            return functional_call(self.objective, _prefixed(weights), ([x[0] for x in lessons], index[0]))[None]
        return vmap(lambda w, x, i: functional_call(self.objective, _prefixed(w), (x, i)))(self.weights, lessons, index)

    def _stacked(self, lessons: Sequence[Lessons]) -> tuple[Tensor, ...]:
        names = ("actions", "sensations", "observed", "labels")
        return tuple(torch.stack([getattr(x, name) for x in lessons]).to(self.device) for name in names)

    def _named(self, values: Tensor) -> list[Losses]:
        return [dict(zip(self.keys, row, strict=True)) for row in values.tolist()]


class _Objective(nn.Module):
    """The losses of a network as a module, so that they can be computed with other weights than its own."""

    def __init__(self, network: MirrorNetwork, todo: tuple[Pass, ...], *, unrolled: bool) -> None:
        super().__init__()
        self.network, self.todo = deepcopy(network), todo
        for core in self.network.cores.values():
            core.unrolled = unrolled

    def forward(self, lessons: Sequence[Tensor], index: Tensor) -> Tensor:
        found = losses(self.network, self.todo, Lessons(*lessons).rows(index))
        return torch.stack([found[key] for key in objectives(self.todo)])


def _prefixed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"network.{name}": value for name, value in weights.items()}


class _Adam:
    """Adam (Kingma & Ba 2015) as `torch.optim.Adam`, with a learning rate and an L2 penalty for each network."""

    def __init__(self, weights: dict[str, Tensor], rate: Tensor, decay: Tensor) -> None:
        self.weights, self.rate, self.decay, self.steps = list(weights.values()), rate, decay, 0
        self.first = [torch.zeros_like(w) for w in self.weights]
        self.second = [torch.zeros_like(w) for w in self.weights]

    @torch.no_grad()
    def step(self) -> None:
        """Move the weights along their gradients, and forget these."""
        self.steps += 1
        scale1, scale2 = 1 / (1 - 0.9**self.steps), (1 - 0.999**self.steps) ** -0.5
        for w, m, v in zip(self.weights, self.first, self.second, strict=True):
            rate, decay = (x.view(-1, *[1] * (w.dim() - 1)) for x in (self.rate, self.decay))
            slope = w.grad + decay * w
            m.lerp_(slope, 0.1)
            v.mul_(0.999).addcmul_(slope, slope, value=0.001)
            w -= rate * scale1 * m / (v.sqrt() * scale2 + 1e-8)
            w.grad = None
