"""Rules of learning: what a step changes, given what it learns from. A new one is a class, registered by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from jaxtyping import Float
from torch import Tensor

from mirror_core.checks import OptionError, one_of
from mirror_core.config.passes import Pass
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.losses import errors

Weights = Mapping[str, Float[Tensor, "episode time"]]
"""Objective → how much each error counts; 1 where it is not named."""
Starts = Mapping[str, Float[Tensor, "episode unit"]]
"""Name of a pass → hidden states that it begins from; at rest where it is not named."""


class Rule:
    """How a network learns from a step: by the gradient of its losses, unless a subclass says otherwise.

    Parameters
    ----------
    network
        Which learns.
    config
        Its configuration.
    """

    def __init__(self, network: MirrorNetwork, config: Config) -> None:
        self.importance = {"predict": config.objective.predict_weight, "infer": config.objective.infer_weight}

    def parameters(self) -> Sequence[Tensor]:
        """Return what learns beside the network: a critic, projections."""
        return ()

    def surrogate(
        self, network: MirrorNetwork, todo: tuple[Pass, ...], lessons: Lessons, weights: Weights, starts: Starts | None
    ) -> Tensor:
        """Return the scalar whose gradient the step follows: the weighted sum of the mean errors."""
        total = 0.0
        for (_, objective), error in errors(network, todo, lessons, starts).items():
            total = total + self.importance[objective] * (error * weights.get(objective, 1.0)).mean()
        return total

    def backward(
        self, network: MirrorNetwork, todo: tuple[Pass, ...], lessons: Lessons, weights: Weights, starts: Starts | None
    ) -> float:
        """Leave a gradient in every parameter that learns, and return a loss, which has to stay finite."""
        loss = self.surrogate(network, todo, lessons, weights, starts)
        loss.backward()
        return float(loss.detach())


RULES: dict[str, Callable[[MirrorNetwork, Config], Rule]] = {"gradient": Rule}
"""Every rule by its name."""


def register(name: str, make: Callable[[MirrorNetwork, Config], Rule]) -> None:
    """List a rule of learning.

    Raises
    ------
    OptionError
        If the name is taken.
    """
    if name in RULES:
        raise OptionError(f"rule {name!r} is registered already.")
    RULES[name] = make


def make_rule(name: str, network: MirrorNetwork, config: Config) -> Rule:
    """Return the rule `name` for a network.

    Raises
    ------
    OptionError
        For an unknown name, with the nearest ones.
    """
    one_of("rule", name, RULES)
    return RULES[name](network, config)
