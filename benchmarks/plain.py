"""The plain way of training the same network, to compare with: `torch.nn.GRU`, one call a pass, `torch.optim.Adam`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.loop import Lessons, make_lessons
from mirror_core.seeding import stream

Losses = dict[tuple[str, str], torch.Tensor]


def plain_losses(network: MirrorNetwork, config: Config, lessons: Lessons) -> Losses:
    """Return the mean loss of every (pass name, objective), each pass on its own."""
    found: Losses = {}
    for p in passes(config):
        drive = network.drive(
            lessons.actions if p.sees_actions else None,
            lessons.observed if p.sees_sensations else None,
        )
        states, _ = network.cores[p.core](drive)
        for objective, key in p.heads.items():
            output = network.heads[objective][key](states)
            if objective == "predict":
                loss = functional.mse_loss(output, lessons.sensations)
            else:
                loss = functional.cross_entropy(output.flatten(0, 1), lessons.labels.flatten())
            found[p.name, objective] = found.get((p.name, objective), 0.0) + loss
    return found


def plain_total(network: MirrorNetwork, config: Config, lessons: Lessons) -> tuple[torch.Tensor, Losses]:
    """Return the weighted sum of the losses, and the losses."""
    goal = config.objective
    weight = {"predict": goal.predict_weight, "infer": goal.infer_weight}
    found = plain_losses(network, config, lessons)
    return sum(weight[objective] * loss for (_, objective), loss in found.items()), found


def plain_train(
    config: Config, on_epoch: Callable[[int], None] = lambda epoch: None
) -> tuple[MirrorNetwork, list[dict]]:
    """Train one network; return it and its loss curves (epoch, split, mode, objective, loss)."""
    network, plan = MirrorNetwork(config), config.training
    lessons = make_lessons(config, "train", plan.n_sequences)
    heldout = make_lessons(config, "held-out", plan.n_heldout)
    rows: list[dict] = []

    def note(epoch: int, split: str, found: dict[tuple[str, str], float]) -> None:
        rows.extend(
            dict(epoch=epoch, split=split, mode=mode, objective=objective, loss=loss)
            for (mode, objective), loss in found.items()
        )

    def note_heldout(epoch: int) -> None:
        with torch.no_grad():
            note(epoch, "held-out", {k: v.item() for k, v in plain_losses(network, config, heldout).items()})

    note_heldout(0)
    if plan.trained == "nothing":
        return network, rows
    if plan.trained == "all-but-core":
        network.cores.requires_grad_(False)
    optimiser = torch.optim.Adam(
        [p for p in network.parameters() if p.requires_grad], lr=plan.learning_rate, weight_decay=plan.weight_decay
    )
    order = stream(config.seed, "order")
    for epoch in range(1, plan.n_epochs + 1):
        totals: dict[tuple[str, str], float] = {}
        for index in torch.from_numpy(order.permutation(len(lessons))).split(plan.batch_size):
            optimiser.zero_grad()
            total, found = plain_total(network, config, lessons.rows(index))
            total.backward()
            optimiser.step()
            for key, loss in found.items():
                totals[key] = totals.get(key, 0.0) + loss.item() * len(index)
        note(epoch, "train", {k: v / len(lessons) for k, v in totals.items()})
        note_heldout(epoch)
        on_epoch(epoch)
    return network.requires_grad_(False), rows
