"""Does replay of surprising episodes help to infer what another does, and does it make mirror units, or need them?

The paper leaves to others a memory like that of the hippocampus, which tags what was surprising and replays it. Here a
network lives through batches of new episodes. After each it learns once more, from episodes of its memory, and what
comes into the memory is what conditions differ in. In one world two actions are rare, in the other a regime in which
actions have other effects; another agent, which the network watches in the end, does often what is rare here.

Every condition of a world and seed has the same episodes, in the same order, and the same weights at its start. All but
those without replay take equally many steps; how soon another's actions are named at a given accuracy, and the mirror
units of that moment, compare networks that have learned equally well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int

from mirror_core.analysis import null_test, top_units, unit_correlation
from mirror_core.checks import OptionError, one_of, whole
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.experiments.base import Experiment, Learner, measure_each, register, register_measures
from mirror_core.experiments.lesions import LESIONED, held_at, matched_sets
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mean_r, mirroring
from mirror_core.experiments.replay_memory import CAPACITY, SNIPPET, TAGGED, Memory, moments, snippets, tagged
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head
from mirror_core.networks.silencing import silenced_states
from mirror_core.networks.training.life import Curriculum, Life, Step, lessons_of, live
from mirror_core.recordings.of_networks import N_TEST, named_actions, record
from mirror_core.runs.workers import one_thread
from mirror_core.seeding import stream
from mirror_core.studies.measures.base import ANY, CORRELATION, COUNT, SHARE
from mirror_core.studies.measures.shares import measured_on_r
from mirror_core.studies.measures.significance import passing
from mirror_core.studies.own_tasks import own_tasks_of
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.surprising import SurprisingWorld, make_surprising

BATCHES = 200
"""Batches of new episodes in a life, each of the configuration's batch size."""
LEVEL, EVERY, N_ASKED = 0.75, 5, 100
"""Accuracy, of another's actions, at which networks are compared; every how many batches, and on how many episodes at
most, it is looked at."""

WORLDS = {"rare": "rare-actions", "regime": "rare-regime"}
"""Name in conditions → in `mirror_core.worlds.surprising`."""

REPLAYS = {
    "none": "no replay: half of the others' steps",
    "whole past": "any episodes of the life so far",
    "random": "the memory, into which episodes come at random",
    "surprise": "the memory, into which those come that were most surprising at some timestep, done or seen",
    "prediction": "the same, when done only: what is predicted, not what is inferred",
    "rarity": "the memory, into which the truly rarest come, surprising or not",
    "states": "the hidden states before the most surprising timesteps; from there the next timesteps are replayed",
}
"""What is replayed, or from where."""


class Plan(NamedTuple):
    """What is done in a condition."""

    world: str
    replay: str
    reading: str = "self-observation"


PLANS = {f"{world}, {replay}": Plan(world, replay) for world in WORLDS for replay in ("untrained", *REPLAYS)}
PLANS |= {f"rare, {replay}, as written": Plan("rare", replay, "as-written") for replay in ("random", "surprise")}

_WHERE = {"rare": "two actions are rare", "regime": "a regime is rare"}
CONDITIONS = {
    name: f"{_WHERE[plan.world]}; {REPLAYS.get(plan.replay, 'the network as drawn')}"
    + ("; it never sees itself act" if plan.reading == "as-written" else "")
    for name, plan in PLANS.items()
}

OWN = (
    "other_named", "other_rare", "explained", "in_memory", "strong", "passing_positive", "lesion_other",
    "level_steps", "level_passing", "level_r",
)  # fmt: skip
"""Measures beside those that all experiments share."""

_FREQUENT, _OTHERS = "always the most frequent action", "units paired with others"
register_measures(
    {
        "other_named": ("share of another's actions that are named", SHARE, _FREQUENT),
        "other_rare": ("the same of those actions that are rare here", SHARE, _FREQUENT),
        "in_memory": ("share of the memory in which something rare happens", SHARE, "tagged at random"),
        "lesion_other": (
            "accuracy of another's actions that silencing the top units costs beyond matched ones", ANY,
            "as many units, as variable",
        ),
        "level_steps": (f"steps until {LEVEL:g} of another's actions are named", COUNT, "no replay", 0, -1),
        "level_passing": ("share of units with r > 0 that then pass unit mismatch", SHARE, _OTHERS),
        "level_r": ("mean r of the units then, without timestep means", CORRELATION, _OTHERS),
    }
)  # fmt: skip


def plan_of(condition: str) -> Plan:
    """Return what is done in a condition.

    Raises
    ------
    OptionError
        For an unknown one, with the nearest.
    """
    one_of("condition of replay", condition, PLANS)
    return PLANS[condition]


def config_of(condition: str, base: Config) -> Config:
    """Return the configuration of a condition's network."""
    return configure(base, plan_of(condition).reading)


# -- a life --


@dataclass
class Lived:
    """A network that has lived, and what became of it on the way."""

    network: MirrorNetwork
    config: Config
    world: SurprisingWorld
    rarity: Int[np.ndarray, " episode"]
    """At how many timesteps of each episode something rare happened."""
    tags: list[Int[np.ndarray, " tagged"]] = field(default_factory=list)
    """The episodes that each batch put into the memory."""
    curve: list[dict[str, float]] = field(default_factory=list)
    """At a few moments: `batch`, `steps`, and how much of another's actions was named (`other_named`, `other_rare`)."""
    at_level: dict[str, float] = field(default_factory=dict)
    """What is measured where `LEVEL` is first reached."""

    @property
    def in_memory(self) -> float:
        """Share of the memory in which something rare happens, in the end; NaN without a memory."""
        held = np.concatenate([np.zeros(0, int), *self.tags])[-CAPACITY:]
        return float((self.rarity[held] > 0).mean()) if len(held) else np.nan


def live_through(
    condition: str, base: Config, *, n_batches: int = BATCHES, n_test: int = N_TEST, n_draws: int = N_DRAWS
) -> Lived:
    """Let a network live under a condition.

    Parameters
    ----------
    base
        World, network, batch size, learning rate and the seed.
    n_test
        Episodes that its units are tested on at `LEVEL`, and, up to `N_ASKED`, of another that it is asked about.
    """
    plan, config = plan_of(condition), config_of(condition, base)
    whole("n_batches", n_batches, 1)
    size, length = base.training.batch_size, base.training.sequence_length
    if size < TAGGED:
        raise OptionError(f"batch_size = {size} is not allowed: {TAGGED} episodes of each come into the memory.")
    if length <= SNIPPET:
        raise OptionError(
            f"sequence_length = {length} is not allowed: {SNIPPET} timesteps are replayed from a state before them."
        )
    world = make_surprising(WORLDS[plan.world], base.world, base.seed)
    past = world.episodes(n_batches * size, length, stream(base.seed, f"replay/{plan.world}/life"))
    lived = Lived(MirrorNetwork(config), config, world, world.rarity(past))
    if plan.replay == "untrained":
        lived.network.requires_grad_(False)
        return lived
    life = Life(lived.network, config, lessons_of(past), learner="autograd" if plan.replay == "states" else None)
    n_asked = min(N_ASKED, n_test)
    asked = world.of_another().episodes(n_asked, length, stream(base.seed, f"replay/{plan.world}/asked"))

    def look(batch: int, steps: int) -> None:
        found = named(life.settle(), asked, world)
        lived.curve.append({"batch": batch, "steps": steps} | found)
        if not lived.at_level and found["other_named"] >= LEVEL:
            lived.at_level = {"level_steps": steps} | level_measures(condition, lived, n_test, n_draws)

    live(life, curriculum(plan.replay, lived, stream(base.seed, f"replay/{plan.world}/memory"), look))
    lived.network.requires_grad_(False)
    return lived


def curriculum(
    how: str, lived: Lived, rng: np.random.Generator, look: Callable[[int, int], None] = lambda batch, steps: None
) -> Curriculum:
    """Return what a life learns from: each batch of new episodes, and after it as many of those to be replayed.

    Parameters
    ----------
    rng
        Decides what is drawn from the memory.
    look
        Called every `EVERY` batches with the number of batches and of steps so far.

    Raises
    ------
    OptionError
        For an unknown replay, with the nearest ones.
    """
    one_of("replay", how, REPLAYS)

    def days(life: Life) -> Iterator[Step]:
        size, memory = life.config.training.batch_size, Memory()
        for batch, new in enumerate(np.arange(len(life.lessons)).reshape(-1, size), start=1):
            if how == "states":
                found = moments(life, new)
                lived.tags.append(np.array([one.row for one in found]))
            elif how not in ("none", "whole past"):
                found = tagged(how, life, new, lived.rarity[new], rng)
                lived.tags.append(found)
            else:
                found = []
            memory.extend(found)
            yield Step(new)
            if how == "states":
                yield snippets(life, memory.draw(size, rng))
            elif how == "whole past":
                yield Step(rng.integers(batch * size, size=size))
            elif how != "none":
                yield Step(np.array(memory.draw(size, rng)))
            if batch % EVERY == 0:
                look(batch, batch if how == "none" else 2 * batch)

    return days


# -- what is measured --


def named(network: MirrorNetwork, episodes: Episodes, world: SurprisingWorld) -> dict[str, float]:
    """Return how much of another's actions is named, and of those that are rare in a world (NaN if none is)."""
    right = named_actions(network, episodes.sensations) == episodes.actions
    rare = np.isin(episodes.actions, world.rare)
    return {"other_named": float(right.mean()), "other_rare": float(right[rare].mean()) if rare.any() else np.nan}


def shown_and_done(lived: Lived, n_test: int) -> tuple[np.ndarray, np.ndarray, Int[np.ndarray, "sequence time"]]:
    """Return recordings of the same usual episodes, once done and once shown, and their actions."""
    length = lived.config.training.sequence_length
    usual = lived.world.usual().episodes(n_test, length, stream(lived.config.seed, "replay/usual"))
    perform, observe = record(lived.network, usual).values
    return perform, observe, usual.actions


def unlike_others(perform: np.ndarray, observe: np.ndarray, name: str, seed: int, n_draws: int) -> float:
    """Return the share of units that are more like themselves in the other mode than like other units."""
    found = null_test(
        perform, observe, "unit-mismatch", n_draws, stream(seed, f"replay/{name}/mismatch"), alternative="greater"
    )
    return float(passing(found).mean())


def level_measures(condition: str, lived: Lived, n_test: int, n_draws: int) -> dict[str, float]:
    """Return the measures of units at the moment when another's actions are first named at `LEVEL`."""
    perform, observe, _ = shown_and_done(lived, n_test)
    return {
        "level_passing": unlike_others(perform, observe, f"{condition}/level", lived.config.seed, n_draws),
        "level_r": mean_r(perform, observe),
    }


def measure(condition: str, lived: Lived, *, n_test: int = N_TEST, n_draws: int = N_DRAWS) -> dict[str, float]:
    """Measure a network that has lived: its units, on usual episodes; what it names, on another's; its own world."""
    seed, length, world = lived.config.seed, lived.config.training.sequence_length, lived.world
    where = plan_of(condition).world
    perform, observe, actions = shown_and_done(lived, n_test)
    r = unit_correlation(perform, observe)
    other = world.of_another().episodes(n_test, length, stream(seed, f"replay/{where}/another"))
    own = world.episodes(n_test, length, stream(seed, f"replay/{where}/own"))
    found = mirroring(perform, observe, actions, seed, f"replay/{condition}", n_draws=n_draws)
    found |= named(lived.network, other, world)
    found["explained"] = own_tasks_of(lived.network, record(lived.network, own), own).explained
    found["in_memory"] = lived.in_memory
    found["strong"] = measured_on_r(r)["strong"]
    found["passing_positive"] = unlike_others(perform, observe, condition, seed, n_draws)
    found["lesion_other"] = lesion(
        lived.network, perform, observe, r, other, stream(seed, f"replay/{condition}/lesion")
    )
    return found | lived.at_level


def lesion(
    network: MirrorNetwork,
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    r: Float[np.ndarray, " unit"],
    other: Episodes,
    rng: np.random.Generator,
) -> float:
    """Return how much less of another's actions is named without the units of largest r than without matched ones.

    Units are held at their mean when observing; matched sets have as many units of each level of variance.
    """
    top = top_units(r, max(1, round(LESIONED * len(r))))
    sets = [top, *matched_sets(top, np.stack([states.var(axis=(0, 1)) for states in (perform, observe)]), rng)]
    keep, level = held_at(observe.mean(axis=(0, 1)), sets)
    core, head, right = network.cores[network.core_of("observe")], own_head(network, "observe"), []
    with torch.no_grad():
        drive = network.drive(None, torch.from_numpy(other.sensations))
        for one in zip(keep.split(1), level.split(1), strict=True):
            states = silenced_states(core, drive, *one)
            right.append((head(states[0]).argmax(-1).numpy() == other.actions).mean())
    return float(np.mean(right[1:]) - right[0])


def learn(learner: Learner) -> pd.DataFrame:
    """Let the networks of a seed live in the paper's size, and measure them; see `Experiment.learn`."""
    return rows(learner.conditions, Config().change(seed=learner.seed))


def rows(
    conditions: tuple[str, ...], base: Config, *, n_batches: int = BATCHES, n_test: int = N_TEST, n_draws: int = N_DRAWS
) -> pd.DataFrame:
    """Let a network live under each condition, and measure it; see `live_through`."""

    def measured(condition: str) -> dict[str, float]:
        lived = live_through(condition, base, n_batches=n_batches, n_test=n_test, n_draws=n_draws)
        return measure(condition, lived, n_test=n_test, n_draws=n_draws)

    with one_thread():
        return measure_each(conditions, measured).reindex(columns=["condition", *MIRRORING, *OWN, "seconds"])


register(
    Experiment(
        "replay",
        "Replay of what was surprising",
        "paper2025",
        "",
        "A memory that tags surprising events and replays them may amplify social learning.",
        "networks",
        CONDITIONS,
        (*MIRRORING, *OWN),
        learn,
        "rare, surprise",
        "rare, untrained",
        group="future work",
        n_actions=6,
        lesion="lesion_other",
        seconds=55.0,
    )
)
