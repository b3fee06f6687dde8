"""What a network learns from: the episodes of a split as the objectives see them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mirror_core.config.settings import Config
from mirror_core.seeding import stream
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.linear import make_world


@dataclass(frozen=True)
class Lessons:
    """What the network learns from, as tensors: what each mode is shown and asked for, row by row.

    `actions` drive the perform mode and `sensations` are its targets; `observed` drive the observe mode and
    `labels` are its targets. Paired episodes have `observed` = `sensations` and `labels` = `actions`; for watching,
    `sensations` are those that follow `observed`, and there is a timestep less.
    """

    actions: Tensor
    sensations: Tensor
    observed: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.actions)

    def rows(self, index: Tensor) -> Lessons:
        """Return the episodes at `index`."""
        return Lessons(self.actions[index], self.sensations[index], self.observed[index], self.labels[index])


def make_lessons(config: Config, split: str, n_sequences: int) -> Lessons:
    """Draw the episodes of a split ("train" or "held-out") as the objectives see them.

    Mispaired: the observe mode gets episodes of its own. Shuffled labels: the labels of the inverse objective
    are permuted over all sequences and timesteps, once, so that they say nothing about the sensations. Watching:
    each sensation has the next one as its target.
    """
    world = make_world(config.world, config.seed)

    def draw(name: str) -> Episodes:
        rng = stream(config.seed, f"episodes/{split}/{name}")
        return world.episodes(n_sequences, config.training.sequence_length, rng)

    performed = draw("perform")
    observed = performed if config.objective.paired else draw("observe")
    labels = observed.actions
    if config.objective.shuffled_labels:
        labels = stream(config.seed, f"labels/{split}").permutation(labels.ravel()).reshape(labels.shape)
    arrays = performed.actions, performed.sensations, observed.sensations, labels
    actions, sensations, seen, labels = map(torch.from_numpy, arrays)
    if config.objective.watching:
        return Lessons(actions[:, :-1], seen[:, 1:], seen[:, :-1], labels[:, :-1])
    return Lessons(actions, sensations, seen, labels)
