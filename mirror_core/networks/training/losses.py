"""What a network is asked to do: the losses of each pass, by any means of differentiation."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mirror_core.config.passes import Pass, passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons

OBJECTIVES = ("predict", "infer")
"""The forward objective, actions → sensations, and the inverse one, sensations → actions."""

Losses = dict[tuple[str, str], float]
"""(name of a pass, objective) → mean loss."""


def objectives(todo: tuple[Pass, ...]) -> list[tuple[str, str]]:
    """Return the (name of a pass, objective) of every loss, in the order of the loss curves."""
    by_core = [p for core in dict.fromkeys(p.core for p in todo) for p in todo if p.core == core]
    return list(dict.fromkeys((p.name, objective) for p in by_core for objective in p.heads))


def losses(network: MirrorNetwork, todo: tuple[Pass, ...], lessons: Lessons) -> dict[tuple[str, str], Tensor]:
    """Return the mean loss of every (pass name, objective) on the lessons.

    See `errors`, of which these are the means.
    """
    return _asked(network, todo, lessons, "mean")


def errors(
    network: MirrorNetwork,
    todo: tuple[Pass, ...],
    lessons: Lessons,
    starts: Mapping[str, Float[Tensor, "episode unit"]] | None = None,
) -> dict[tuple[str, str], Float[Tensor, "episode time"]]:
    """Return the error of every (pass name, objective) in each episode at each timestep.

    Parameters
    ----------
    starts
        Name of a pass → the hidden states that its core begins from; by default all begin at rest.

    Returns
    -------
    dict
        Of predictions, squared errors, averaged over the features of a sensation; of inferences, cross-entropies in
        nats. Where two separate cores both run a joint pass for one objective, their sum.
    """
    return _asked(network, todo, lessons, "none", starts)


def _asked(
    network: MirrorNetwork,
    todo: tuple[Pass, ...],
    lessons: Lessons,
    reduction: str,
    starts: Mapping[str, Tensor] | None = None,
) -> dict[tuple[str, str], Tensor]:
    """Run all passes of one core as one batch, since one pass over more rows is faster than several over fewer."""
    found: dict[tuple[str, str], Tensor] = {}
    for core in dict.fromkeys(p.core for p in todo):
        mine = [p for p in todo if p.core == core]
        drives = [
            network.drive(
                lessons.actions if p.sees_actions else None,
                lessons.observed if p.sees_sensations else None,
            )
            for p in mine
        ]
        start = None
        if starts is not None:
            rest = drives[0].new_zeros(len(lessons), network.cores[core].hidden_size)
            start = torch.cat([starts.get(p.name, rest) for p in mine])
        hidden = network.hidden(core, torch.cat(drives), start).split(len(lessons))
        for p, states in zip(mine, hidden, strict=True):
            for objective, key in p.heads.items():
                output = network.heads[objective][key](states)
                if objective == "predict":
                    loss = functional.mse_loss(output, lessons.sensations, reduction=reduction)
                else:
                    labels = lessons.labels.flatten()
                    loss = functional.cross_entropy(output.flatten(0, 1), labels, reduction=reduction)
                if reduction == "none":
                    loss = loss.mean(-1) if objective == "predict" else loss.view_as(lessons.labels)
                # two separate cores may both run a joint pass for one objective: their losses add up
                found[p.name, objective] = found.get((p.name, objective), 0.0) + loss
    return found


def learning_names(network: MirrorNetwork, config: Config) -> set[str]:
    """Return the names of the parameters that learn: those that some pass uses and the configuration does not hold.

    A parameter that no loss depends on is left alone altogether, also by weight decay.
    """
    todo = passes(config)
    used = {f"cores.{p.core}." for p in todo if config.training.trained == "all"}
    used |= {f"heads.{objective}.{key}." for p in todo for objective, key in p.heads.items()}
    used |= {"embedding." for p in todo if p.sees_actions}
    used |= {"projection." for p in todo if p.sees_sensations and config.training.trained != "motor-and-heads"}
    return {name for name, _ in network.named_parameters() if name.startswith(tuple(used))}
