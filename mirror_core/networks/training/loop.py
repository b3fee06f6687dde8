"""Training: the loop over stages and epochs, and the loss curves, for one network or many."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mirror_core.checks import OptionError
from mirror_core.config.curricula import stages
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.autograd import AutogradLearner
from mirror_core.networks.training.lessons import Lessons, make_lessons
from mirror_core.networks.training.losses import Losses
from mirror_core.seeding import stream

if TYPE_CHECKING:
    from mirror_core.networks.training.compiled.learner import CompiledLearner

__all__ = ["Lessons", "Trained", "make_lessons", "train", "train_many"]


@dataclass(frozen=True)
class Trained:
    """A trained network with its loss curves."""

    network: MirrorNetwork
    history: pd.DataFrame
    """Columns `epoch` (0 is before training; a further stage of a curriculum counts on), `split` (train; held-out, see
    `train`), `mode` (perform, observe, joint, watch), `objective` (predict: mean squared error; infer: cross-entropy in
    nats) and `loss`."""


def train(
    config: Config,
    on_epoch: Callable[[int], None] = lambda epoch: None,
    *,
    device: str = "cpu",
    curves: bool = True,
    start: MirrorNetwork | None = None,
) -> Trained:
    """Train one network as its configuration says.

    Parameters
    ----------
    config
        The complete configuration; nothing else influences the result.
    on_epoch
        Called with the number of finished epochs after each, for progress bars.
    device
        Where to compute, as PyTorch names it; "cpu" or, for instance, "cuda".
    curves
        Whether held-out losses are computed before the first and after every epoch of a stage, or only after its last,
        which takes less time. Nothing else depends on it.
    start
        The network that learns, and is changed; drawn from the configuration if not given. So two agents can live in
        one world.

    Raises
    ------
    FloatingPointError
        If a loss stops being finite, naming the epoch and the loss.
    """
    alone = None if start is None else [start]
    return train_many([config], on_epoch, device=device, curves=curves, start=alone)[0]


def train_many(
    configs: Sequence[Config],
    on_epoch: Callable[[int], None] = lambda epoch: None,
    *,
    device: str = "cpu",
    curves: bool = True,
    start: Sequence[MirrorNetwork] | None = None,
) -> list[Trained]:
    """Train networks of equal shapes together.

    They may differ in the seed and in everything else that leaves shapes, passes and the numbers of episodes and
    epochs equal: the world's numbers, loss weights, learning rate, weight decay. On a processor nothing changes
    for a network, to the last bit, by being trained together with others; on a GPU, rounding may differ.

    Parameters
    ----------
    configs, on_epoch, device, curves, start
        See `train`.

    Raises
    ------
    OptionError
        If two configurations cannot be trained together, naming what differs.
    FloatingPointError
        If a loss stops being finite, naming the epoch, the loss and the seed.
    """
    if not configs:
        return []
    _check_stackable(configs)
    plan = configs[0].training
    networks = [MirrorNetwork(c) for c in configs] if start is None else list(start)
    histories: list[list[dict]] = [[] for _ in configs]

    def note(epoch: int, split: str, found: list[Losses]) -> None:
        for config, rows, losses in zip(configs, histories, found, strict=True):
            for (mode, objective), loss in losses.items():
                if not np.isfinite(loss):
                    raise FloatingPointError(
                        f"the {split} {objective} loss of the {mode} pass is {loss} after epoch {epoch} (seed "
                        f"{config.seed}): lower learning_rate = {config.training.learning_rate:g}."
                    )
                rows.append(dict(epoch=epoch, split=split, mode=mode, objective=objective, loss=loss))

    orders = [stream(c.seed, "order") for c in configs]
    n_epochs = 0 if plan.trained == "nothing" else plan.n_epochs
    for number, stage in enumerate(zip(*map(stages, configs), strict=True)):
        lessons = [make_lessons(c, "train", plan.n_sequences) for c in stage]
        heldout = [make_lessons(c, "held-out", plan.n_heldout) for c in stage]
        learner = _learner(networks, stage, lessons, heldout, device)
        for epoch in range(n_epochs + 1):
            done = number * n_epochs + epoch
            if epoch > 0:
                note(done, "train", learner.epoch([order.permutation(plan.n_sequences) for order in orders]))
            if curves or epoch == n_epochs:
                note(done, "held-out", learner.heldout_losses())
            if epoch > 0:
                on_epoch(done)
        learner.write_back()
    for network in networks:
        network.requires_grad_(False).eval()
    return [Trained(network, pd.DataFrame(rows)) for network, rows in zip(networks, histories, strict=True)]


def _learner(
    networks: list[MirrorNetwork],
    configs: Sequence[Config],
    lessons: list[Lessons],
    heldout: list[Lessons],
    device: str,
) -> CompiledLearner | AutogradLearner:
    """Return the fastest learner there is for these networks."""
    if device == "cpu" and compilable(configs):
        from mirror_core.networks.training.compiled.learner import CompiledLearner  # here, since Numba may be missing

        return CompiledLearner(networks, configs, lessons, heldout)
    return AutogradLearner(networks, configs, lessons, heldout, device)


def compilable(configs: Sequence[Config]) -> bool:
    """Return whether compiled code can train these networks: all GRU, and Numba is installed."""
    return all(c.network.core == "gru" for c in configs) and importlib.util.find_spec("numba") is not None


def _shape(config: Config) -> dict[str, object]:
    """Return what must be equal in networks that are trained together."""
    world, plan = config.world, config.training
    return {
        "n_actions": world.n_actions,
        "sensory_dim": world.sensory_dim,
        "network": config.network,
        "passes": passes(config),
        **{k: v for k, v in vars(plan).items() if k not in ("learning_rate", "weight_decay")},
    }


def _check_stackable(configs: Sequence[Config]) -> None:
    """Raise `OptionError` where configurations cannot be trained together."""
    first = _shape(configs[0])
    for config in configs[1:]:
        for name, value in _shape(config).items():
            if value != first[name]:
                raise OptionError(
                    f"networks trained together must agree in {name}: {first[name]!r} (seed {configs[0].seed}) "
                    f"is not {value!r} (seed {config.seed})."
                )
