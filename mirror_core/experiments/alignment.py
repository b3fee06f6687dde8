"""Contrastive alignment: does pulling together what is done and what is seen make one code, mirror units, better tasks?

Zhu et al. (*Embodied representation alignment with mirror neurons*, ICCV 2025, arXiv:2509.21136) put a linear layer on
each of two networks, one that observes and one that acts, and contrast: what comes of an action done and of the same
action seen is made alike, and unlike what comes of others. Their networks watch videos and move robots; here the world,
the cores and the tests are the paper's, and only the contrast is theirs: the symmetric InfoNCE of both cores' states at
the same timestep of the same episode, among the other episodes of a batch.

The contrast sees episodes of four of the six actions. The tasks see all, so that what it does for the other two is
generalisation of the alignment alone. Recall asks for it: of 300 episodes seen, is the nearest one to an episode done
the same? Where nothing was aligned, a probe is asked: two projections, trained on the frozen cores. In the easy world
both tasks are all but solved; in the hard one, with much noise and few episodes, they can gain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from mirror_core.arrays import MODES
from mirror_core.checks import one_of, whole
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.experiments.base import Experiment, Learner, measure_each, register
from mirror_core.experiments.contrast import (
    PAIRED,
    batch,
    cosines,
    episodes_of,
    probe,
    projected,
    recall,
    states_of,
    tensors,
)  # fmt: skip
from mirror_core.experiments.lesions import cost, lesion_sets, lesioned, task_costs
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mean_r, mirroring
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head
from mirror_core.networks.training.lessons import make_lessons
from mirror_core.networks.training.life import Life, Step, live
from mirror_core.recordings.of_networks import N_TEST, heldout_episodes
from mirror_core.runs.workers import one_thread
from mirror_core.seeding import stream
from mirror_core.studies.measures import Measure
from mirror_core.studies.measures import register as register_measure
from mirror_core.studies.measures.base import ANY, CORRELATION, COUNT, SHARE
from mirror_core.worlds.episodes import Episodes

HELD = (4, 5)
"""Actions that the contrast never sees."""
TWO, MIXED = (0, 1), (0, 1, 4, 5)
"""To compare with: as many of the paired actions as there are others; and as many as are paired, half of them new. The
fewer actions there are, the more alike are their episodes, paired or not."""

N_UNITS, N_STEPS = 48, 320
"""Units of a core, and size of its input; gradient steps, and those of a probe."""

HARD = {"noise_std": 1.0, "n_sequences": 300}
"""The hard world, as changes to the paper's."""

LEVEL, EVERY, N_WATCHED = 0.8, 20, 100
"""Share of actions named at which networks are compared; steps between two looks at them, and episodes of a look."""

_CORES: dict[str, tuple[str, str, str]] = {
    "untrained": ("separate-cores", "", "two cores as drawn"),
    "separate": ("separate-cores", "gradient", "one core acts and one observes, each with its task; no alignment"),
    "pairs": ("separate-cores", "alignment", "those, aligned through linear projections, as in the source"),
    "shuffled": ("separate-cores", "alignment of shuffled pairs", "the same, but what is seen belongs to other acts"),
    "units": ("separate-cores", "alignment of units", "those, aligned as they are, without projections"),
    "self-observation": ("shared", "gradient", "one core, which also sees itself act; no alignment"),
    "self-observation pairs": ("shared", "alignment", "that, aligned through linear projections"),
}
"""Condition → cores, rule of learning (none: nothing is learned), and what it is."""

CONDITIONS = {name: said for name, (_, _, said) in _CORES.items()} | {
    f"hard {name}": f"{name}, in the hard world" for name in _CORES
}

LESIONS = {
    "named": ("share of actions named", CORRELATION),
    "error": ("squared error when acting", ANY),
    "recall": ("recall of episodes of the paired actions", CORRELATION),
}
"""What lesions cost → its label and limits."""
LESION_MEASURES = tuple(f"{group}_{what}" for what in LESIONS for group in ("top", "matched", "excess"))

OWN = (
    "named", "acting_error", "recall_seen", "recall_mixed", "recall_held", "recall_two", "recall_lost",
    "recall_possible", "named_steps", "named_r", "named_error",
    *LESION_MEASURES,
)  # fmt: skip
"""Measures beside those that all experiments share."""

_ANY_EPISODE, _NO_ALIGNMENT = "any of the episodes", "the network without alignment"
for _measure in (
    Measure("acting_error", "squared error of the sensations predicted when acting", COUNT, _NO_ALIGNMENT, sign=-1),
    Measure("recall_seen", "recall of held-out episodes of the paired actions", SHARE, _ANY_EPISODE),
    Measure("recall_mixed", "recall of episodes of four actions, two of them never paired", SHARE, _ANY_EPISODE),
    Measure("recall_held", "recall of episodes of the two actions never paired", SHARE, _ANY_EPISODE, digits=3),
    Measure("recall_two", "recall of episodes of two of the paired actions", SHARE, _ANY_EPISODE, digits=3),
    Measure("recall_lost", "recall lost where two of four actions are new", CORRELATION, "no loss", sign=-1),
    Measure("recall_possible", "recall of the two actions, of a probe that learned from them", SHARE, _ANY_EPISODE),
    Measure("named_steps", "steps until eight of ten actions are named", COUNT, _NO_ALIGNMENT, digits=0, sign=-1),
    Measure("named_r", "mean r of the units at that step", CORRELATION, _NO_ALIGNMENT),
    Measure("named_error", "squared error when acting at that step", COUNT, _NO_ALIGNMENT, sign=-1),
):
    register_measure(_measure)
for _what, (_label, _limits) in LESIONS.items():
    _does = "added" if _what == "error" else "lost"
    for _group, _units in (
        ("top", "without the units of largest r"), ("matched", "without matched units"),
        ("excess", "without the units of largest r, beyond matched ones"),
    ):  # fmt: skip
        register_measure(Measure(f"{_group}_{_what}", f"{_label}, {_does} {_units}", _limits, "matched units"))


# -- a network --


def base_of(seed: int) -> Config:
    """Return the configuration of a seed that all conditions start from."""
    return Config().change(seed=seed, hidden_size=N_UNITS, input_size=N_UNITS)


def config_of(condition: str, base: Config) -> Config:
    """Return the configuration of a condition.

    Raises
    ------
    OptionError
        For an unknown one, with the nearest names.
    """
    one_of("condition", condition, CONDITIONS)
    name = condition.removeprefix("hard ")
    base = base.change(**HARD) if name != condition else base
    cores = _CORES[name][0]
    return configure(base, "self-observation" if cores == "shared" else "as-written", cores)


@dataclass(frozen=True)
class Lived:
    """A network that has learned, or not, as a condition says."""

    config: Config
    network: MirrorNetwork
    projections: nn.ModuleList | None
    """Of its alignment, for each mode; None where nothing was aligned."""
    curve: pd.DataFrame
    """How it learned: `step` (0 is before the first), `named`, `acting_error`, and the mean `r` of its units."""


def train(condition: str, base: Config, n_steps: int = N_STEPS) -> Lived:
    """Let a network learn as a condition says."""
    whole("n_steps", n_steps, 0)
    config, rule = config_of(condition, base), _CORES[condition.removeprefix("hard ")][1]
    shown, looks = heldout_episodes(config, N_WATCHED, "alignment/watched"), []
    lessons = make_lessons(config, "train", config.training.n_sequences)
    life = Life(MirrorNetwork(config), config, lessons, rule or "gradient")

    def look(step: int) -> None:
        looks.append({"step": step} | looked(life.settle(), shown))

    def batches(life: Life) -> Iterator[Step]:
        rng = stream(config.seed, "alignment/order")
        for step in range(n_steps if rule else 0):
            if step % EVERY == 0:
                look(step)
            yield Step(batch(rng, len(lessons), config.training.batch_size))

    with one_thread():
        network = live(life, batches)
        look(n_steps if rule else 0)
    return Lived(config, network, getattr(life.rule, "projections", None), pd.DataFrame(looks))


def looked(network: MirrorNetwork, episodes: Episodes) -> dict[str, float]:
    """Return how well a network does its tasks on some episodes, and how alike its units are in both modes."""
    actions, sensations = tensors(episodes)
    with torch.no_grad():
        done, seen = states_of(network, actions, sensations)
        named = (own_head(network, "observe")(seen).argmax(-1) == actions).double().mean()
        error = functional.mse_loss(own_head(network, "perform")(done), sensations)
    return {"named": float(named), "acting_error": float(error), "r": mean_r(done.numpy(), seen.numpy())}


def at_level(curve: pd.DataFrame, level: float = LEVEL) -> dict[str, float]:
    """Return when a network first names a share of actions, and how it then is, between two looks by a straight line.

    NaN where it never does.
    """
    reached = np.flatnonzero(curve.named.to_numpy() >= level)
    if not len(reached):
        return dict.fromkeys(("named_steps", "named_r", "named_error"), np.nan)
    after = reached[0]
    pair = curve.iloc[max(after - 1, 0) : after + 1]
    values = {name: float(np.interp(level, pair.named, pair[name])) for name in ("step", "r", "acting_error")}
    return {"named_steps": values["step"], "named_r": values["r"], "named_error": values["acting_error"]}


# -- the study --


def learn(learner: Learner) -> pd.DataFrame:
    """Train and measure the networks of a seed; see `Experiment.learn`."""
    return rows(learner.conditions, base_of(learner.seed))


def rows(
    conditions: Sequence[str], base: Config, *, n_steps: int = N_STEPS, n_test: int = N_TEST, n_draws: int = N_DRAWS
) -> pd.DataFrame:
    """Train a network under each condition, and a probe for as many steps; measure on `n_test` episodes a choice."""

    def measured(condition: str) -> dict[str, float]:
        return measure(condition, train(condition, base, n_steps), n_steps, n_test, n_draws)

    with one_thread():
        return measure_each(conditions, measured).reindex(columns=["condition", *MIRRORING, *OWN, "seconds"])


def measure(condition: str, lived: Lived, n_steps: int, n_test: int, n_draws: int) -> dict[str, float]:
    """Measure a network on held-out episodes, each once done and once shown."""
    config, network = lived.config, lived.network
    test = heldout_episodes(config, n_test)
    with torch.no_grad():
        perform, observe = (one.numpy() for one in states_of(network, *tensors(test)))
    found = mirroring(perform, observe, test.actions, config.seed, f"alignment/{condition}", n_draws=n_draws)
    tasks = looked(network, test)
    found |= {"named": tasks["named"], "acting_error": tasks["acting_error"]} | at_level(lived.curve)
    through = lived.projections
    if through is None:
        through = probe(_learned_from(config, network, PAIRED, "pairs"), config, n_steps, "probe")
        possible = probe(
            _learned_from(config, network, HELD, "other pairs"), config, n_steps, "probe of held-out actions"
        )
        found["recall_possible"] = recalled(network, possible, config, HELD, n_test)
    for name, chosen in (("seen", PAIRED), ("mixed", MIXED), ("held", HELD), ("two", TWO)):
        found[f"recall_{name}"] = recalled(network, through, config, chosen, n_test)
    found["recall_lost"] = found["recall_seen"] - found["recall_mixed"]
    lost = task_costs(network, perform, observe, test, config.seed, f"alignment/{condition}")
    rng = stream(config.seed, f"alignment/{condition}/lesions of recall")
    lost["recall"] = recall_cost(network, through, perform, observe, _held(config, PAIRED, n_test), rng)
    return found | {f"{group}_{what}": value for what, costs in lost.items() for group, value in costs.items()}


def recall_cost(
    network: MirrorNetwork,
    through: nn.ModuleList,
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    held: Episodes,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Return what lesions in both modes at once cost recall; see `mirror_core.experiments.lesions.cost`.

    Parameters
    ----------
    through
        Projections of both modes: those of the alignment, or of a probe.
    perform, observe
        States in other episodes than those to be recalled, on which units are chosen.
    """
    sets = lesion_sets(perform, observe, rng)
    actions, sensations = tensors(held)
    drives, states = (network.drive(actions, None), network.drive(None, sensations)), (perform, observe)
    both = [
        lesioned(network, mode, drive, sets, one.mean(axis=(0, 1)))
        for mode, drive, one in zip(MODES, drives, states, strict=True)
    ]
    with torch.no_grad():
        found = [recall(*projected(through, pair)) for pair in zip(*both, strict=True)]
    return cost(-np.array(found))


def _learned_from(config: Config, network: MirrorNetwork, chosen: Sequence[int], name: str) -> list[Tensor]:
    """Return the states of a frozen network in the episodes that a probe learns from."""
    with torch.no_grad():
        return states_of(network, *tensors(episodes_of(config, chosen, config.training.n_sequences, name)))


def recalled(
    network: MirrorNetwork, through: nn.ModuleList, config: Config, chosen: Sequence[int], n_test: int
) -> float:
    """Return the recall of held-out episodes of some actions."""
    with torch.no_grad():
        return recall(*projected(through, states_of(network, *tensors(_held(config, chosen, n_test)))))


def _held(config: Config, chosen: Sequence[int], n_test: int) -> Episodes:
    """Draw the held-out episodes of some actions that are to be recalled."""
    return episodes_of(config, chosen, n_test, f"test/{','.join(map(str, chosen))}")


def similarities(lived: Lived, n_each: int) -> Float[np.ndarray, "performed observed"]:
    """Return the cosines, at the last timestep, of episodes done with episodes seen: first some of the paired actions,
    then as many of those never paired; through its projections, if it has any."""
    parts = [tensors(episodes_of(lived.config, chosen, n_each, f"shown/{len(chosen)}")) for chosen in (PAIRED, HELD)]
    actions, sensations = (torch.cat(of) for of in zip(*parts, strict=True))
    with torch.no_grad():
        states = states_of(lived.network, actions, sensations)
        return cosines(*(projected(lived.projections, states) if lived.projections is not None else states))[-1].numpy()


register(
    Experiment(
        "alignment",
        "Contrastive alignment of acting and observing",
        "zhu2025",
        "10.48550/arXiv.2509.21136",
        "Contrasting what is done with what is seen aligns the two, and helps both tasks, as mirror neurons would.",
        "networks",
        CONDITIONS,
        (*MIRRORING, *OWN),
        learn,
        "pairs",
        "untrained",
        n_actions=6,
        lesion="excess_named",
        seconds=55.0,
        group="future work",
    )
)
