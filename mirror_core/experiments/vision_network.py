"""The network of the arm: what commands and sensations go through before the core, and what is said of its states."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from mirror_core.arrays import MODES
from mirror_core.checks import OptionError, one_of
from mirror_core.networks.cores import GRU
from mirror_core.seeding import stream
from mirror_core.worlds.arm import TORQUES, ArmWorld
from mirror_core.worlds.base import Discrete

CHANNELS = (8, 16)
"""Of the encoder's two convolutions, each with a stride of 2."""
EYES = {"linear": 1, "convolution": 2}
"""How sensations enter a network → the number of dimensions that they must have."""


class ArmNetwork(nn.Module):
    """A core, or one for each mode, with what commands and sensations go through before it, and heads for both.

    Raises
    ------
    OptionError
        For an unknown eye, or one that does not fit the sensations.
    """

    def __init__(self, world: ArmWorld, seed: int, hidden_size: int, *, separate: bool = False, eye: str = "") -> None:
        super().__init__()
        shape = world.sensation_shape
        fitting = [name for name, n_dims in EYES.items() if n_dims == len(shape)]
        eye = eye or fitting[0]
        one_of("eye", eye, EYES)
        if eye not in fitting:
            raise OptionError(
                f"eye = {eye!r} is not allowed for sensations of shape {shape}: it must be {fitting[0]!r}."
            )
        self.world = world
        discrete = isinstance(world.actions, Discrete)
        n_commands = world.actions.n if discrete else world.actions.n_dims
        self.motor = nn.Embedding(n_commands, hidden_size) if discrete else nn.Linear(n_commands, hidden_size, False)
        first, second = CHANNELS
        self.eye = nn.Sequential(nn.Linear(shape[0], hidden_size)) if eye == "linear" else nn.Sequential(
            nn.Conv2d(1, first, 3, 2, 1), nn.ReLU(), nn.Conv2d(first, second, 3, 2, 1), nn.ReLU(), nn.Flatten(),
            nn.Linear(second * (shape[0] // 4) * (shape[1] // 4), hidden_size),
        )  # fmt: skip
        cores = MODES if separate else ("shared",)
        self.cores = nn.ModuleDict({name: GRU(hidden_size, hidden_size) for name in cores})
        self.predict = nn.Linear(hidden_size, int(np.prod(shape)))
        self.infer = nn.Linear(hidden_size, n_commands)
        self._draw_weights(seed)

    def _draw_weights(self, seed: int) -> None:
        """Draw each weight from a stream of its own, with PyTorch's default distributions."""
        for name, parameter in self.named_parameters():
            owner, rng = self.get_submodule(name.rpartition(".")[0]), stream(seed, f"vision/weights/{name}")
            if isinstance(owner, nn.Embedding):
                values = rng.standard_normal(parameter.shape)
            else:
                fan_in = owner.hidden_size if isinstance(owner, GRU) else owner.weight[0].numel()
                values = rng.uniform(-(fan_in**-0.5), fan_in**-0.5, parameter.shape)
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(values))

    def level(self, actions: Tensor, sensations: Tensor) -> None:
        """Scale what drives the core to a mean square of 1, for commands and for sensations, over these episodes."""
        with torch.no_grad():
            for last, drive in ((self.motor, self.move(actions)), (self.eye[-1], self.see(sensations))):
                for parameter in last.parameters():
                    parameter /= drive.square().mean().sqrt()

    def move(self, actions: Tensor) -> Float[Tensor, "episode time unit"]:
        """Return how commands drive the core."""
        return self.motor(actions)

    def see(self, sensations: Tensor) -> Float[Tensor, "episode time unit"]:
        """Return how sensations drive the core."""
        n_dims = len(self.world.sensation_shape)
        flat = sensations.flatten(0, 1)
        return self.eye(flat[:, None] if n_dims == 2 else flat).unflatten(0, sensations.shape[:2])

    def states(self, mode: str, drive: Float[Tensor, "episode time unit"]) -> Float[Tensor, "episode time unit"]:
        """Return the states of the core that runs a mode, from rest."""
        return self.core_of(mode)(drive)[0]

    def core_of(self, mode: str) -> GRU:
        """Return the core that runs a mode.

        Raises
        ------
        OptionError
            For an unknown mode, with the nearest.
        """
        one_of("mode", mode, MODES)
        return self.cores["shared" if "shared" in self.cores else mode]

    def torques(self, states: Float[Tensor, "episode time unit"]) -> Float[Tensor, "episode time joint"]:
        """Return the torques that states are taken for: the mean ones where commands are classes."""
        said = self.infer(states)
        return said.softmax(-1) @ torch.from_numpy(TORQUES).float() if self.infer.out_features == len(TORQUES) else said

    def command_loss(self, states: Float[Tensor, "episode time unit"], actions: Tensor) -> Tensor:
        """Return the mean squared error of torques, whose mean square is 1, or the cross-entropy of classes in nats."""
        said = self.infer(states)
        if isinstance(self.world.actions, Discrete):
            return nn.functional.cross_entropy(said.flatten(0, 1), actions.flatten())
        return (said - actions).square().mean()
