"""Vision and continuous movement: do mirror units survive pictures, continuous commands and another viewpoint?

The paper leaves to others to put pictures and an encoder in the place of sensory vectors, and continuous movement in
the place of actions. Here one core moves an arm of two joints and watches it (`mirror_core.worlds.arm`): its commands
are torques or six actions, what it sees are frames, by a convolutional encoder, or angles, and the arm has inertia or
not. Both objectives are learned in one pass. All of this is crossed, with what would change along with it held alike:
the size and persistence of torques, and the size of what drives the core.

Commands that are continuous have no classes. Units are then tested by r and unit mismatch, codes by ridge regression
across modes (`mirror_core.analysis.ridge_transfer`); six actions also go through the tests that all experiments share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from mirror_core.analysis import null_test, ridge_transfer, shares, split_half, top_units, unit_correlation
from mirror_core.checks import one_of, whole
from mirror_core.experiments.base import Experiment, Learner, measure_each, register, register_measures
from mirror_core.experiments.lesions import held_at, matched_sets
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mean_r, mirroring
from mirror_core.experiments.sceptic import explained
from mirror_core.experiments.vision_network import ArmNetwork
from mirror_core.networks.silencing import silenced_states
from mirror_core.runs.workers import one_thread
from mirror_core.seeding import stream
from mirror_core.studies.measures.base import ANY, CORRELATION, SHARE
from mirror_core.studies.measures.significance import ALPHA
from mirror_core.worlds.arm import ArmWorld
from mirror_core.worlds.base import Discrete
from mirror_core.worlds.episodes import Episodes

LENGTH = 12
"""Timesteps of an episode."""
LEARNING_RATE = 2e-3
SILENCED = 1 / 6
"""Share of the units that are silenced together."""


@dataclass(frozen=True)
class Size:
    """How much is learned and measured.

    Raises
    ------
    OptionError
        If a number is not whole, or too small to learn or test anything.
    """

    hidden_size: int = 96
    n_episodes: int = 2000
    n_steps: int = 500
    batch: int = 32
    n_test: int = 300
    n_draws: int = N_DRAWS

    def __post_init__(self) -> None:
        least = {"hidden_size": 2, "n_test": 4}
        for name, value in vars(self).items():
            whole(name, value, least.get(name, 1))


@dataclass(frozen=True)
class Kind:
    """What is learned in a condition."""

    world: ArmWorld
    joint: bool = True
    """Whether the core also sees itself move, command and sensation together: self-observation."""
    separate: bool = False
    """Whether each mode has a core of its own."""
    paired: bool = True
    """Whether both objectives are asked about the same episodes."""
    mirrored: bool = False
    """Whether half of what it watches of others is mirrored."""
    trained: bool = True


_MAIN = Kind(ArmWorld())
_CORNERS = {
    f"{motor} {sensation}": Kind(ArmWorld(motor, sensation))
    for motor in ("continuous", "discrete")
    for sensation in ("frames", "angles")
}
MAIN = "continuous frames"
KINDS = {
    **_CORNERS,
    **{f"{name} without inertia": replace(one, world=ArmWorld(*name.split(), False)) for name, one in _CORNERS.items()},
    **{f"{name} in separate cores": replace(one, separate=True) for name, one in _CORNERS.items()},
    "untrained": replace(_MAIN, trained=False),
    "mispaired": replace(_MAIN, paired=False),
    "as-written": replace(_MAIN, joint=False),
    "mirrored experience": replace(_MAIN, mirrored=True),
}
"""Condition → what is learned."""

_SEEN = {"frames": "pictures", "angles": "sines and cosines of the links' directions"}
_DONE = {"continuous": "any two torques", "discrete": "one of six pairs of torques"}
CONDITIONS = {
    name: f"{_SEEN[one.world.sensation]}; {_DONE[one.world.motor]}"
    + ("; a core for each mode" if one.separate else "" if one.world.inertia else "; torques are the speed")
    for name, one in KINDS.items()
} | {
    "untrained": "pictures, any two torques: the network as drawn",
    "mispaired": "each objective has episodes of its own, so that what it sees itself do is not what it does",
    "as-written": "it never sees itself move",
    "mirrored experience": "half of what it watches of others is seen in a mirror, with the true torques to infer",
}

OWN = (
    "explained", "command_r2", "strong", "mismatch_share", "transfer_c", "transfer_r2", "transfer_p", "c_to_perform",
    "c_to_observe", "mirror_view_r", "mirror_view_share", "mirror_view_c", "command_lesion",
)  # fmt: skip
"""Measures beside those that all experiments share."""

_OTHER_UNIT, _TURNED, _MEAN = "units paired with any other unit", "torques in turned axes", "their mean"
register_measures(
    {
        "command_r2": ("R² of the torques that it infers from what it sees", (ANY[0], 1.0), _MEAN),
        "mismatch_share": ("share of units beyond unit mismatch", SHARE, _OTHER_UNIT),
        "transfer_c": ("ridge regression of torques across modes, the worse way: c", CORRELATION, _TURNED),
        "transfer_r2": ("R² of ridge regression across modes, the worse way", (ANY[0], 1.0), _MEAN),
        "c_to_perform": ("c from observing to performing", CORRELATION, _TURNED),
        "c_to_observe": ("c from performing to observing", CORRELATION, _TURNED),
        "mirror_view_r": ("mean r of performing with a mirrored view", CORRELATION, _OTHER_UNIT),
        "mirror_view_share": ("share of units beyond unit mismatch, mirrored view", SHARE, _OTHER_UNIT),
        "mirror_view_c": (
            "correlation of torques inferred from a mirrored view with the true ones", CORRELATION, "none"
        ),
        "command_lesion": (
            "R² of inferred torques lost with the units of the largest r, minus with matched ones", ANY,
            "units as variable",
        ),
        "transfer_p": ("p of ridge regression across modes among turned axes, the larger way", SHARE, _TURNED, 2, -1),
    }
)  # fmt: skip


def lessons_of(kind: Kind, seed: int, n_episodes: int, of: str = "lessons") -> Episodes:
    """Draw the episodes of a world: the same in all conditions that live there."""
    return kind.world.drawn(seed).episodes(n_episodes, LENGTH, stream(seed, f"vision/{of}"))


def train(kind: Kind, seed: int, size: Size, lessons: Episodes) -> ArmNetwork:
    """Return a network that learned both objectives in one pass, or is as it was drawn; its weights no longer learn."""
    network = ArmNetwork(kind.world, seed, size.hidden_size, separate=kind.separate)
    actions, felt = torch.from_numpy(lessons.actions), torch.from_numpy(lessons.sensations)
    network.level(actions[:100], felt[:100])
    watched = lessons if kind.paired else lessons_of(kind, seed, size.n_episodes, "other lessons")
    shown, seen = torch.from_numpy(watched.actions), torch.from_numpy(watched.sensations)
    spread = float(lessons.sensations.var(axis=(0, 1)).mean())
    optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    rng = stream(seed, "vision/batches")
    for _ in range(size.n_steps if kind.trained else 0):
        rows = torch.from_numpy(rng.integers(len(lessons), size=size.batch))
        move, look = network.move(actions[rows]), network.see(seen[rows])
        drives = {"perform": [move], "observe": [look]}
        if kind.mirrored:
            half = size.batch // 2
            other_view = torch.from_numpy(kind.world.mirrored(watched.sensations[rows[half:].numpy()]))
            drives["observe"] = [torch.cat([look[:half], network.see(other_view)])]
        if kind.joint:
            drives = {mode: [*drive, move + look] for mode, drive in drives.items()}
        states = _both(network, drives)
        passes = len(drives["perform"])  # each counts as one
        target, commands = (
            felt[rows].flatten(2).repeat(passes, 1, 1),
            shown[rows].repeat(passes, *[1] * (shown.ndim - 1)),
        )
        loss = (network.predict(states["perform"]) - target).square().mean() / spread
        loss = passes * (loss + network.command_loss(states["observe"], commands))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.requires_grad_(False)


def _both(network: ArmNetwork, drives: dict[str, list[Tensor]]) -> dict[str, Float[Tensor, "episode time unit"]]:
    """Return the states of all passes of each mode; a core that both share runs what it has in common once."""
    if "shared" not in network.cores:
        return {mode: network.states(mode, torch.cat(drive)) for mode, drive in drives.items()}
    own = [drives["perform"][0], drives["observe"][0], *drives["perform"][1:]]
    perform, observe, *joint = network.states("perform", torch.cat(own)).split(len(own[0]))
    return {"perform": torch.cat([perform, *joint]), "observe": torch.cat([observe, *joint])}


@dataclass(frozen=True)
class Recorded:
    """A network on episodes that it did not learn from, each once done and once shown."""

    perform: Float[np.ndarray, "sequence time unit"]
    observe: Float[np.ndarray, "sequence time unit"]
    predicted: Float[np.ndarray, "sequence time ..."]
    """The sensations that it predicts of what it does."""
    inferred: Float[np.ndarray, "sequence time joint"]
    """The torques that it infers from what it is shown."""


def record(network: ArmNetwork, actions: Shaped[np.ndarray, "sequence time ..."], sensations: np.ndarray) -> Recorded:
    """Have a network do some episodes, and watch them as these sensations show them."""
    with torch.no_grad():
        perform = network.states("perform", network.move(torch.from_numpy(actions)))
        observe = network.states("observe", network.see(torch.from_numpy(sensations)))
        predicted = network.predict(perform).unflatten(2, network.world.sensation_shape)
        inferred = network.torques(observe)
    return Recorded(*(one.numpy() for one in (perform, observe, predicted, inferred)))


def measure(network: ArmNetwork, test: Episodes, seed: int, name: str, n_draws: int) -> dict[str, float]:
    """Measure a network on episodes that it did not learn from; see `OWN` and `MIRRORING`."""
    world = network.world
    torques = world.torques(test.actions)
    own = record(network, test.actions, test.sensations)
    found = {"mean_r": mean_r(own.perform, own.observe)}
    if isinstance(world.actions, Discrete):
        found |= mirroring(own.perform, own.observe, test.actions, seed, f"vision/{name}", n_draws=n_draws)
    shown = test.sensations.reshape(*test.sensations.shape[:2], -1)
    found["explained"] = explained(own.predicted.reshape(shown.shape), shown)
    found["command_r2"] = explained(own.inferred, torques)
    found["strong"] = shares(unit_correlation(own.perform, own.observe)).strong
    found["mismatch_share"] = _beyond_mismatch(own, seed, f"vision/{name}/mismatch", n_draws)
    across = ridge_transfer(own.perform, own.observe, torques, stream(seed, f"vision/{name}/transfer"), n_draws)
    for measured, values, worse in (("c", across.c, min), ("r2", across.r2, min), ("p", across.p, max)):
        found[f"transfer_{measured}"] = float(worse(values[0, 1], values[1, 0]))
    found |= {"c_to_perform": float(across.c[1, 0]), "c_to_observe": float(across.c[0, 1])}
    mirrored = record(network, test.actions, world.mirrored(test.sensations))
    found["mirror_view_r"] = mean_r(mirrored.perform, mirrored.observe)
    found["mirror_view_share"] = _beyond_mismatch(mirrored, seed, f"vision/{name}/mirrored", n_draws)
    by_joint = [np.corrcoef(mirrored.inferred[..., k].ravel(), torques[..., k].ravel())[0, 1] for k in (0, 1)]
    found["mirror_view_c"] = float(np.mean(by_joint))
    found["command_lesion"] = lesion_cost(network, own, test, stream(seed, f"vision/{name}/lesion"))
    return found


def lesion_cost(network: ArmNetwork, own: Recorded, test: Episodes, rng: np.random.Generator) -> float:
    """Return what watching loses without the units that are most alike in both modes, more than without matched ones.

    The units with the largest r on one half of the episodes are held at their mean while the other half is watched; so
    are sets of units of as much variance in both modes. The loss is that of R² of the inferred torques.
    """
    chosen, judged = split_half(len(test), rng)
    r = unit_correlation(own.perform[chosen], own.observe[chosen], centre_timesteps=True)
    top = top_units(r, max(1, round(SILENCED * len(r))))
    variance = np.stack([one[chosen].var(axis=(0, 1)) for one in (own.perform, own.observe)])
    sets = [top, *matched_sets(top, variance, rng)]
    with torch.no_grad():
        drive = network.see(torch.from_numpy(test.sensations[judged]))
        lesions = held_at(own.observe[chosen].mean(axis=(0, 1)), sets)
        states = silenced_states(network.core_of("observe"), drive, *lesions)
        inferred = [network.torques(one).numpy() for one in states]
    torques = network.world.torques(test.actions[judged])
    of_top, *of_matched = (explained(one, torques) for one in inferred)
    return float(np.mean(of_matched) - of_top)


def _beyond_mismatch(recorded: Recorded, seed: int, name: str, n_draws: int) -> float:
    test = null_test(
        recorded.perform, recorded.observe, "unit-mismatch", n_draws, stream(seed, name),
        alternative="greater", centre_timesteps=True,
    )  # fmt: skip
    return float(test.significant(ALPHA, "bh").mean())


def rows(conditions: tuple[str, ...], seed: int, size: Size) -> pd.DataFrame:
    """Train a network under each condition and measure it; see `Experiment.learn`.

    Raises
    ------
    OptionError
        For an unknown condition.
    """
    lessons, tests = {}, {}

    def measured(condition: str) -> dict[str, float]:
        one_of("condition of vision", condition, KINDS)
        kind = KINDS[condition]
        if kind.world not in lessons:
            lessons[kind.world] = lessons_of(kind, seed, size.n_episodes)
            tests[kind.world] = lessons_of(kind, seed, size.n_test, "test")
        network = train(kind, seed, size, lessons[kind.world])
        return measure(network, tests[kind.world], seed, condition, size.n_draws)

    with one_thread():
        return measure_each(conditions, measured).reindex(columns=["condition", *MIRRORING, *OWN, "seconds"])


def learn(learner: Learner) -> pd.DataFrame:
    """Train the networks of a seed in full size, and measure them; see `Experiment.learn`."""
    return rows(learner.conditions, learner.seed, Size())


register(
    Experiment(
        "vision",
        "Pictures, continuous movement, another viewpoint",
        "paper2025",
        "",
        "Mirror units are to emerge as well with pictures and an encoder, and with continuous movement.",
        "networks",
        CONDITIONS,
        (*MIRRORING, *OWN),
        learn,
        MAIN,
        "untrained",
        group="future work",
        n_actions=0,
        seconds=120.0,
    )
)
