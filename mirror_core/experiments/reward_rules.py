"""Three rules that learn to infer actions from a scalar reward; what is to be predicted goes on having an error.

Of the inverse objective a rule is told only how much a guess was paid: the weight of `infer` where the guess is right
(1 if a step gives no weights), else nothing.

- **reward**: the guess is drawn from the softmax. How much likelier it becomes is set by the reward prediction error,
  R − V, which stands for dopamine; V is a linear critic of the hidden state. Credit goes back through time and from
  unit to unit (REINFORCE, Williams 1992, doi 10.1007/BF00992696).
- **eligibility**: the same three factors where they can be: a weight remembers how it moved its own unit, as long as
  that unit's gate keeps what it was; nothing is passed from unit to unit. Both objectives learn so (as e-prop, Bellec
  et al. 2020, doi 10.1038/s41467-020-17236-y).
- **perturbation**: every unit and output is jostled; what was jostled when the pay rose is kept, over a few timesteps.
  No gradient of the inverse objective is needed (node perturbation, as Fiete & Seung 2006,
  doi 10.1103/PhysRevLett.97.048104). Predictions learn by gradient, through time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from mirror_core.checks import OptionError
from mirror_core.config.passes import Pass
from mirror_core.config.settings import Config
from mirror_core.networks.cores import GRU
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.rules import Rule, Starts, Weights, register
from mirror_core.seeding import stream

NOISE = 0.1
"""Standard deviation of the noise of node perturbation, of units and of outputs."""
TRACE = 3
"""Timesteps for which a unit's noise is held to account for rewards, its own among them."""

States = Float[Tensor, "row time unit"]
Drive = Float[Tensor, "row time input"]


class Reward(Rule):
    """A guess is drawn, paid or not, and made likelier by R − V; credit goes back through time."""

    name = "reward"
    gated = False
    """Whether it is worked out for the gates of a GRU only."""

    def __init__(self, network: MirrorNetwork, config: Config) -> None:
        super().__init__(network, config)
        if self.gated and config.network.core != "gru":
            raise OptionError(
                f"core = {config.network.core!r} is not allowed with rule = {self.name!r}: it must be 'gru'."
            )
        self.rng = stream(config.seed, f"reward/{self.name}")
        self.critic = nn.Linear(config.network.hidden_size, 1)
        nn.init.zeros_(self.critic.weight)
        nn.init.zeros_(self.critic.bias)

    def parameters(self) -> Sequence[Tensor]:
        """Return the critic's weights."""
        return tuple(self.critic.parameters())

    def surrogate(
        self, network: MirrorNetwork, todo: tuple[Pass, ...], lessons: Lessons, weights: Weights,
        starts: Starts | None = None,
    ) -> Tensor:  # fmt: skip
        """Return the scalar whose gradient the step follows, see `Rule`.

        Raises
        ------
        OptionError
            For states to start from: rewards are learned from rest.
        """
        if starts:
            raise OptionError(f"starts of a step are not allowed with rule = {self.name!r}: use 'gradient'.")
        pay = weights.get("infer", torch.ones(lessons.labels.shape))
        total = torch.zeros(())
        for core in dict.fromkeys(p.core for p in todo):
            mine = [p for p in todo if p.core == core]
            drives = [
                network.drive(
                    lessons.actions if p.sees_actions else None, lessons.observed if p.sees_sensations else None
                )
                for p in mine
            ]
            states = self.hidden(network.cores[core], torch.cat(drives)).split(len(lessons))
            for p, drive, h in zip(mine, drives, states, strict=True):
                for objective, key in p.heads.items():
                    head = network.heads[objective][key]
                    if objective == "predict":
                        error = functional.mse_loss(head(h), lessons.sensations, reduction="none").mean(-1)
                        loss = error * weights.get("predict", 1.0)
                    else:
                        loss = self.inferring(network.cores[core], drive, h, head, lessons.labels, pay)
                    total = total + self.importance[objective] * loss.mean()
        return total

    def hidden(self, core: nn.Module, drive: Drive) -> States:
        """Return hidden states, through which errors find the weights."""
        return core(drive)[0]

    def inferring(
        self, core: nn.Module, drive: Drive, states: States, head: nn.Module, labels: Int[Tensor, "row time"],
        pay: Float[Tensor, "row time"],
    ) -> Float[Tensor, "row time"]:  # fmt: skip
        """Return what is to become less so that the pay becomes more, and the error of the critic."""
        logits = head(states)
        guesses = drawn(logits.detach(), self.rng)
        rewards = pay * (guesses == labels)
        values = self.critic(states.detach())[..., 0]
        unlikely = functional.cross_entropy(logits.transpose(1, 2), guesses, reduction="none")
        return (rewards - values).detach() * unlikely + 0.5 * (values - rewards) ** 2


class Eligibility(Reward):
    """The same reward, and the errors of predictions, by traces that stay within a unit."""

    name = "eligibility"
    gated = True

    def hidden(self, core: GRU, drive: Drive) -> States:
        """Return hidden states, from which only a unit's own leak leads back in time."""
        before = _before(core, drive)
        update, states = _one_step(core, drive, before)
        return _Leak.apply(states, update.detach())


class Perturbation(Reward):
    """Units and outputs are jostled, and what was jostled when a guess was paid more than without is kept."""

    name = "perturbation"
    gated = True

    def parameters(self) -> Sequence[Tensor]:
        """Return nothing: the guess without noise takes the critic's place."""
        return ()

    def inferring(
        self, core: GRU, drive: Drive, states: States, head: nn.Module, labels: Int[Tensor, "row time"],
        pay: Float[Tensor, "row time"],
    ) -> Float[Tensor, "row time"]:  # fmt: skip
        """Return a scalar whose gradient is, up to its sign, change of the pay × noise × what weights do to a unit.

        Its expectation is the gradient of the mean pay of a noisy network, times the noise's standard deviation, as far
        as rewards come within `TRACE` timesteps.
        """
        states, logits = states.detach(), head(states.detach())
        of_units, of_outputs = self._normal(states.shape), self._normal(logits.shape)
        with torch.no_grad():
            noisy = head(jostled(core, drive, NOISE * of_units)) + NOISE * of_outputs
            more = pay * (_right(noisy, labels).float() - _right(logits, labels).float())
        _, at_once = _one_step(core, drive, functional.pad(states, (0, 0, 1, 0))[:, :-1])
        by_units = still_to_come(more) * (of_units * at_once).sum(-1)
        return -(by_units + more * (of_outputs * logits).sum(-1))

    def _normal(self, shape: torch.Size) -> Tensor:
        return torch.from_numpy(self.rng.standard_normal(tuple(shape), dtype=np.float32))


for _rule in (Reward, Eligibility, Perturbation):
    register(_rule.name, _rule)


def drawn(logits: Float[Tensor, "row time action"], rng: np.random.Generator) -> Int[Tensor, "row time"]:
    """Draw an action for each row and timestep from the softmax."""
    below = logits.softmax(-1).cumsum(-1)
    chance = torch.from_numpy(rng.random(logits.shape[:2], dtype=np.float32))
    return (below[..., :-1] < chance[..., None]).sum(-1)


def jostled(core: GRU, drive: Drive, noise: States) -> States:
    """Return the hidden states of a GRU to whose units noise is added at every timestep, and stays."""
    driven = functional.linear(drive, core.weight_ih_l0, core.bias_ih_l0)
    state, states = noise.new_zeros(noise[:, 0].shape), []
    for t in range(drive.shape[1]):
        state = core.step(driven[:, t], state)[0] + noise[:, t]
        states.append(state)
    return torch.stack(states, dim=1)


def still_to_come(pay: Float[Tensor, "row time"]) -> Float[Tensor, "row time"]:
    """Return the pay of each timestep and of those after it for which it is held to account, `TRACE` in all."""
    later = functional.pad(pay, (0, TRACE - 1))
    return sum(later[:, k : k + pay.shape[1]] for k in range(TRACE))


def _right(logits: Float[Tensor, "row time action"], labels: Int[Tensor, "row time"]) -> Bool[Tensor, "row time"]:
    return logits.argmax(-1) == labels


@torch.no_grad()
def _before(core: GRU, drive: Drive) -> States:
    """Return the hidden states before each timestep, from which nothing is to be learned."""
    return functional.pad(core(drive)[0], (0, 0, 1, 0))[:, :-1]


def _one_step(core: GRU, drive: Drive, before: States) -> tuple[States, States]:
    """Return update gates and hidden states of a GRU, every timestep by itself: weights are reached from their own
    timestep only."""
    in_r, in_z, in_n = functional.linear(drive, core.weight_ih_l0, core.bias_ih_l0).chunk(3, dim=-1)
    by_r, by_z, by_n = core.recurrent(before).chunk(3, dim=-1)
    update = torch.sigmoid(in_z + by_z)
    candidate = torch.tanh(in_n + torch.sigmoid(in_r + by_r) * by_n)
    return update, candidate + update * (before - candidate)


class _Leak(torch.autograd.Function):
    """Lets an error reach earlier timesteps of the same unit, as much as its gates since then have kept.

    Summed from the last timestep to the first, which gives what traces that run forwards give.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, states: States, update: States) -> States:
        ctx.save_for_backward(update)
        return states.clone()

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, error: States) -> tuple[States, None]:
        (update,) = ctx.saved_tensors
        reached = error.clone()
        for t in range(error.shape[1] - 2, -1, -1):
            reached[:, t] += update[:, t + 1] * reached[:, t + 1]
        return reached, None
