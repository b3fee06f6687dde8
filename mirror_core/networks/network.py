"""The network: one recurrent core (or two), an action embedding, a sensory projection and two linear heads."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mirror_core.arrays import MODES
from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.networks.cores import CORES
from mirror_core.seeding import stream


class MirrorNetwork(nn.Module):
    """A core that acts and observes (paper, *Architecture*).

    In perform mode the embedded action drives the core, in observe mode the projected sensation; where both
    drive it at once, the two inputs add up. `heads["predict"]` maps hidden states to sensations,
    `heads["infer"]` to action logits. A network that shares its core has one under the key `shared`, one with
    separate cores has one for each mode; heads likewise.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        world, net = config.world, config.network
        self.embedding = nn.Embedding(world.n_actions, net.input_size)
        self.projection = nn.Linear(world.sensory_dim, net.input_size)
        core_keys = ("shared",) if net.shared_core else MODES
        head_keys = ("shared",) if net.shared_heads else MODES
        self.cores = nn.ModuleDict({k: CORES[net.core](net.input_size, net.hidden_size) for k in core_keys})
        self.heads = nn.ModuleDict(
            {
                "predict": nn.ModuleDict({k: nn.Linear(net.hidden_size, world.sensory_dim) for k in head_keys}),
                "infer": nn.ModuleDict({k: nn.Linear(net.hidden_size, world.n_actions) for k in head_keys}),
            }
        )
        self._draw_weights(config.seed)

    def _draw_weights(self, seed: int) -> None:
        """Draw each weight from its own named stream, with PyTorch's default distributions."""
        for name, parameter in self.named_parameters():
            owner, own_name = self.get_submodule(name.rpartition(".")[0]), name.rpartition(".")[2]
            values = _initial(owner, own_name, parameter.shape, stream(seed, f"weights/{name}"))
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(np.asarray(values, dtype=np.float32)))

    def core_of(self, mode: str) -> str:
        """Return the key of the core that runs `mode`."""
        return "shared" if "shared" in self.cores else mode

    def drive(
        self,
        actions: Int[Tensor, "batch time"] | None,
        sensations: Float[Tensor, "batch time feature"] | None,
    ) -> Float[Tensor, "batch time input"]:
        """Return the core's input for actions, sensations, or both together (their sum)."""
        parts = []
        if actions is not None:
            parts.append(self.embedding(actions))
        if sensations is not None:
            parts.append(self.projection(sensations))
        return sum(parts[1:], start=parts[0])

    def hidden(
        self,
        core: str,
        drive: Float[Tensor, "batch time input"],
        start: Float[Tensor, "batch unit"] | None = None,
    ) -> Float[Tensor, "batch time unit"]:
        """Return the core's hidden states from a zero start, or from other states.

        Raises
        ------
        OptionError
            For a start where the core carries more, or less, from a timestep to the next than its hidden state.
        """
        if start is None:
            return self.cores[core](drive)[0]
        if getattr(self.cores[core], "n_carried", 0) != 1:
            able = ", ".join(name for name, made in CORES.items() if getattr(made, "n_carried", 0) == 1)
            raise OptionError(f"hidden states to start from need a core that carries nothing else: {able}.")
        return self.cores[core](drive, start)[0]


def _initial(owner: nn.Module, name: str, shape: torch.Size, rng: np.random.Generator) -> np.ndarray:
    """Return the initial values of a parameter of `owner`."""
    if isinstance(owner, nn.Embedding):
        return rng.standard_normal(shape)
    if isinstance(owner, nn.LayerNorm):
        return np.full(shape, name == "weight")
    if hasattr(owner, "draw") and (values := owner.draw(name, rng)) is not None:
        return values
    # uniform within 1/√(fan-in); PyTorch's GRU takes the hidden size for all of its weights, other cores likewise
    bound = (owner.in_features if isinstance(owner, nn.Linear) else owner.hidden_size) ** -0.5
    return rng.uniform(-bound, bound, shape)
