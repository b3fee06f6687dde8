"""Curricula: in which stages a network learns. A stage is a configuration of its own, which goes on with the weights of
the one before; it has its own objectives, its own learning weights, all epochs, and an optimiser without memory."""

from __future__ import annotations

from mirror_core.config.conditions import Variant
from mirror_core.config.settings import Config

CURRICULA: dict[str, tuple[Variant, ...]] = {
    "at-once": (Variant({}, "Everything at once."),),
    "vision-first": (
        Variant({"watching": True}, "The core learns to predict the next sensation from those so far."),
        Variant(
            {"trained": "motor-and-heads"},
            "What it sees, and the core, stay; the embedding of actions and the heads learn the objectives.",
        ),
    ),
}
"""The values of `TrainingConfig.curriculum`: the stages, each a change to the configuration."""


def stages(config: Config) -> tuple[Config, ...]:
    """Return the configurations of the stages, in which there are no further stages.

    Examples
    --------
    >>> [one.objective.watching for one in stages(Config().change(curriculum="vision-first"))]
    [True, False]
    """
    found = CURRICULA[config.training.curriculum]
    return tuple(config.change(**{"curriculum": "at-once"} | dict(one.changes)) for one in found)
