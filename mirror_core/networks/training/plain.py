"""The whole experiment in one file, without the machinery: train a network, record it in both modes, correlate.

    python -m mirror_core.networks.training.plain --reading self-observation

It calls `torch.nn.GRU` and `torch.optim.Adam` as anybody would. What the library adds is speed, a store, tests and
studies; the trainers of this folder must give the numbers of this file, which their tests compare.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional
from tqdm import trange

from mirror_core.analysis import shares, unit_correlation
from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.curricula import stages
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons, make_lessons
from mirror_core.seeding import stream
from mirror_core.worlds.linear import make_world

Found = dict[tuple[str, str], torch.Tensor]
"""(pass, objective) → loss."""


def losses(network: MirrorNetwork, config: Config, lessons: Lessons) -> Found:
    """Return the mean loss of every pass and objective: actions → sensations (`predict`), sensations → actions
    (`infer`)."""
    found: Found = {}
    # perform: driven by actions; observe: by sensations; joint: by both at once; watch: by sensations, for the next one
    for p in passes(config):
        drive = network.drive(
            lessons.actions if p.sees_actions else None, lessons.observed if p.sees_sensations else None
        )
        states, _ = network.cores[p.core](drive)
        for objective, head in p.heads.items():
            answer = network.heads[objective][head](states)
            if objective == "predict":
                loss = functional.mse_loss(answer, lessons.sensations)
            else:
                loss = functional.cross_entropy(answer.flatten(0, 1), lessons.labels.flatten())
            found[p.name, objective] = found.get((p.name, objective), 0.0) + loss
    return found


def total(found: Found, config: Config) -> torch.Tensor:
    """Return the weighted sum of the losses, which a gradient step makes smaller."""
    weight = {"predict": config.objective.predict_weight, "infer": config.objective.infer_weight}
    return sum(weight[objective] * loss for (_, objective), loss in found.items())


def train(config: Config, on_epoch: Callable[[int], None] = lambda epoch: None) -> tuple[MirrorNetwork, list[dict]]:
    """Train one network; return it and its loss curves (epoch, split, mode, objective, loss)."""
    network, plan, rows = MirrorNetwork(config), config.training, []

    def note(epoch: int, split: str, found: dict[tuple[str, str], float]) -> None:
        rows.extend(
            dict(epoch=epoch, split=split, mode=mode, objective=objective, loss=float(loss))
            for (mode, objective), loss in found.items()
        )

    order = stream(config.seed, "order")
    for number, stage in enumerate(stages(config)):  # one, unless there is a curriculum
        begun, what_learns = number * plan.n_epochs, stage.training.trained
        lessons = make_lessons(stage, "train", plan.n_sequences)
        heldout = make_lessons(stage, "held-out", plan.n_heldout)
        with torch.no_grad():
            note(begun, "held-out", losses(network, stage, heldout))
        if what_learns == "nothing":
            return network, rows
        network.cores.requires_grad_(what_learns == "all")
        network.projection.requires_grad_(what_learns != "motor-and-heads")
        learning = [p for p in network.parameters() if p.requires_grad]
        adam = torch.optim.Adam(learning, lr=plan.learning_rate, weight_decay=plan.weight_decay)
        for epoch in range(begun + 1, begun + plan.n_epochs + 1):
            sums: dict[tuple[str, str], float] = {}
            for batch in torch.from_numpy(order.permutation(len(lessons))).split(plan.batch_size):
                adam.zero_grad()
                found = losses(network, stage, lessons.rows(batch))
                total(found, stage).backward()
                adam.step()
                for key, loss in found.items():
                    sums[key] = sums.get(key, 0.0) + loss.item() * len(batch)
            note(epoch, "train", {key: loss / len(lessons) for key, loss in sums.items()})
            with torch.no_grad():
                note(epoch, "held-out", losses(network, stage, heldout))
            on_epoch(epoch)
    return network.requires_grad_(False), rows


def record(network: MirrorNetwork, config: Config, n_sequences: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return hidden states (sequence, time, unit) of the same held-out episodes, performed and observed."""
    world = make_world(config.change(informative=True).world, config.seed)
    episodes = world.episodes(n_sequences, config.training.sequence_length, stream(config.seed, "episodes/test"))
    actions, sensations = torch.from_numpy(episodes.actions), torch.from_numpy(episodes.sensations)
    with torch.no_grad():
        perform = network.hidden(network.core_of("perform"), network.drive(actions, None))
        observe = network.hidden(network.core_of("observe"), network.drive(None, sensations))
    return perform.numpy(), observe.numpy()


def main() -> None:
    """Run the experiment once and print the paper's headline numbers."""
    options = argparse.ArgumentParser(description="Train one network in the plain way and correlate its two modes.")
    options.add_argument("--reading", choices=READINGS, default="as-written", help="of the paper's protocol")
    options.add_argument("--condition", choices=CONDITIONS, default="shared", help="the experiment, or a control")
    options.add_argument("--seed", type=int, default=42, help="decides every random draw")
    options.add_argument("--epochs", type=int, default=20, help="passes over the training episodes")
    chosen = options.parse_args()
    torch.set_num_threads(1)  # faster for networks of this size, and the same numbers everywhere
    config = configure(Config().change(seed=chosen.seed, n_epochs=chosen.epochs), chosen.reading, chosen.condition)
    with trange(chosen.epochs, desc="training", unit="epoch", leave=False) as bar:
        network, _ = train(config, lambda epoch: bar.update())
    found = shares(unit_correlation(*record(network, config)))
    print(
        f"r > .75: {found.strong:.3f} of units; |r| > .6: {found.moderate:.3f}; r from {found.smallest:.2f} to "
        f"{found.largest:.2f}"
    )


if __name__ == "__main__":
    main()
