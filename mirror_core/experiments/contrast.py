"""How two representations are aligned by contrast: the loss, a rule of learning that adds it to the tasks, and a probe.

What comes of an episode done and of the same episode seen is made alike, and unlike what comes of others, at each
timestep (InfoNCE, van den Oord et al. 2018, arXiv:1807.03748), in both directions. `alignment` is the experiment.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mirror_core.arrays import MODES
from mirror_core.checks import OptionError, whole
from mirror_core.config.passes import Pass
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.rules import Rule, Starts, Weights, register
from mirror_core.seeding import stream
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.linear import LinearWorld, make_world

TEMPERATURE, WEIGHT, N_DIMS = 0.1, 0.5, 32
"""Of the contrast: its temperature, how much it counts beside the tasks, and the dimensions of a projection."""

PAIRED = (0, 1, 2, 3)
"""Actions of the episodes that the contrast sees: four of six, so that the others can tell how far it carries."""

PROBE_RATE = 1e-2
"""Adam's learning rate of a probe."""


def episodes_of(config: Config, chosen: Sequence[int], n: int, name: str) -> Episodes:
    """Draw episodes of some of the world's actions only.

    Raises
    ------
    OptionError
        If an action is not one of the world's.
    """
    for action in chosen:
        whole("action", action, 0, config.world.n_actions - 1)
    whole_world, chosen = make_world(config.world, config.seed), np.array(chosen)
    part = LinearWorld(config.change(n_actions=len(chosen)).world, whole_world.effects[chosen])
    drawn = part.episodes(n, config.training.sequence_length, stream(config.seed, f"alignment/{name}"))
    return Episodes(chosen[drawn.actions], drawn.sensations)


def tensors(episodes: Episodes) -> tuple[Tensor, Tensor]:
    """Return the actions and the sensations of episodes as tensors."""
    return torch.from_numpy(episodes.actions), torch.from_numpy(episodes.sensations)


def info_nce(performed: Float[Tensor, "episode time dim"], observed: Tensor) -> Float[Tensor, ""]:
    """Return how hard each episode done is to find among those seen, and each one seen among those done.

    The cross-entropy, in nats, of choosing by cosine at the same timestep, divided by the temperature (van den Oord et
    al. 2018), mean over timesteps, episodes and both directions.

    Raises
    ------
    OptionError
        If the two do not have the same shape, or there is nothing to tell an episode from.
    """
    if performed.shape != observed.shape or len(performed) < 2:
        raise OptionError(
            f"performed of shape {tuple(performed.shape)} and observed of shape {tuple(observed.shape)} cannot be "
            "contrasted: they must have the same shape, with at least two episodes."
        )
    match = cosines(performed, observed) / TEMPERATURE
    right = torch.arange(len(performed)).expand(len(match), -1)
    to_observed = functional.cross_entropy(match.transpose(1, 2), right)  # the choices stand second
    return (to_observed + functional.cross_entropy(match, right)) / 2


def cosines(
    performed: Float[Tensor, "episode time dim"], observed: Float[Tensor, "episode time dim"]
) -> Float[Tensor, "time performed observed"]:
    """Return the cosine of every episode done with every one seen, at each timestep."""
    done, seen = (functional.normalize(one, dim=-1).transpose(0, 1) for one in (performed, observed))
    return done @ seen.transpose(1, 2)


def recall(performed: Float[Tensor, "episode time dim"], observed: Float[Tensor, "episode time dim"]) -> float:
    """Return how often the nearest at the last timestep is the same episode, mean of both directions (recall@1)."""
    match = cosines(performed[:, -1:], observed[:, -1:])[0]
    right = torch.arange(len(match))
    return float(((match.argmax(1) == right).double().mean() + (match.argmax(0) == right).double().mean()) / 2)


def projections(n_units: int, seed: int, name: str) -> nn.ModuleList:
    """Draw a linear projection for each mode, with PyTorch's default distribution, from the seed's stream `name`."""
    rng, made = stream(seed, name), nn.ModuleList(nn.Linear(n_units, N_DIMS) for _ in MODES)
    with torch.no_grad():
        for parameter in made.parameters():
            values = rng.uniform(-(n_units**-0.5), n_units**-0.5, tuple(parameter.shape))
            parameter.copy_(torch.from_numpy(values.astype(np.float32)))
    return made


def projected(through: nn.ModuleList, states: Sequence[Tensor]) -> list[Tensor]:
    """Return what each mode's projection makes of its states."""
    return [one(values) for one, values in zip(through, states, strict=True)]


def states_of(network: MirrorNetwork, actions: Tensor, sensations: Tensor) -> list[Tensor]:
    """Return the states (episode, time, unit) while episodes are done, and while they are seen."""
    drives = network.drive(actions, None), network.drive(None, sensations)
    return [network.hidden(network.core_of(mode), drive) for mode, drive in zip(MODES, drives, strict=True)]


def batch(rng: np.random.Generator, n: int, size: int) -> np.ndarray:
    """Draw a batch of different episodes: two of the same could not be told apart."""
    return rng.permutation(n)[:size]


class Alignment(Rule):
    """Learns by the tasks' gradient and that of the contrast, on pairs of its own; see `info_nce`.

    Parameters
    ----------
    network, config
        See `Rule`; the pairs are drawn from the world and the seed of the configuration.
    through_projections
        Whether the states are contrasted through linear projections, which learn too, or as they are.
    shuffled
        Whether what is done is paired with what is seen of another episode.
    """

    def __init__(
        self, network: MirrorNetwork, config: Config, through_projections: bool = True, shuffled: bool = False
    ) -> None:
        super().__init__(network, config)
        self.shuffled = shuffled
        self.pairs = tensors(episodes_of(config, PAIRED, config.training.n_sequences, "pairs"))
        n_units, seed = config.network.hidden_size, config.seed
        unchanged = nn.ModuleList(nn.Identity() for _ in MODES)
        self.projections = projections(n_units, seed, "alignment/projections") if through_projections else unchanged
        self.rng = stream(seed, "alignment/batches")

    def parameters(self) -> Sequence[Tensor]:
        """Return the weights of the projections."""
        return list(self.projections.parameters())

    def surrogate(
        self, network: MirrorNetwork, todo: tuple[Pass, ...], lessons: Lessons, weights: Weights, starts: Starts | None
    ) -> Tensor:
        """Return the tasks' loss and, weighed, the contrast of as many pairs."""
        actions, sensations = self.pairs
        rows = torch.from_numpy(batch(self.rng, len(actions), len(lessons)))
        done, seen = states_of(network, actions[rows], sensations[rows])
        if self.shuffled:
            seen = seen.roll(1, dims=0)  # the batch is in random order
        contrast = info_nce(*projected(self.projections, (done, seen)))
        return super().surrogate(network, todo, lessons, weights, starts) + WEIGHT * contrast


register("alignment", Alignment)
register("alignment of shuffled pairs", partial(Alignment, shuffled=True))
register("alignment of units", partial(Alignment, through_projections=False))


def probe(
    states: Sequence[Float[Tensor, "episode time unit"]], config: Config, n_steps: int, name: str
) -> nn.ModuleList:
    """Train projections on the states of frozen cores, by the contrast alone.

    Parameters
    ----------
    states
        While episodes are done, and while they are seen.
    name
        Of the probe; with the configuration's seed, decides every draw.
    """
    made = projections(states[0].shape[-1], config.seed, f"alignment/{name}")
    rng = stream(config.seed, f"alignment/{name}/batches")
    adam = torch.optim.Adam(made.parameters(), lr=PROBE_RATE)
    for _ in range(n_steps):
        rows = torch.from_numpy(batch(rng, len(states[0]), config.training.batch_size))
        adam.zero_grad(set_to_none=True)
        info_nce(*projected(made, [values[rows] for values in states])).backward()
        adam.step()
    return made
