"""Development: does seeing oneself act help to imitate, do mirror units carry it, do chosen lessons teach faster?

The paper ends with what remains to be done, among it that mirror-like units emerge as a body learns, and support
imitation and teaching. Here a network with the paper's core babbles in the paper's world: random acts, every batch new.
What it has of its own acts is what differs (`CONDITIONS`). Then another acts, in the same body or in another one, whose
effects are turned or scaled. The learner infers the other's actions from what it sees and performs them: *match* is the
share of actions that are the other's. Lesions say which units this rests on. At equal steps and at equal accuracy,
when match first reaches `LEVEL`, may be different questions: both are asked.

Teaching: a learner that never babbled with the actions `NEW` is shown a few labelled demonstrations a round, one
gradient step on all of them. The teacher sees the learner. It shows demonstrations at random; those with the largest
error; those on which the error falls most along the step that an exam asks for, which to first order is what learning
from each does for the exam; or these one by one, each for what those chosen before it leave of the exam's slope.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from mirror_core.analysis import split_half, top_units, unit_correlation
from mirror_core.arrays import MODES
from mirror_core.checks import one_of, whole
from mirror_core.config.conditions import configure
from mirror_core.config.passes import Pass
from mirror_core.config.settings import Config
from mirror_core.experiments.base import Experiment, Learner, measure_each, register
from mirror_core.experiments.development_teaching import TEACHERS, Course, Rows, named, teaching
from mirror_core.experiments.lesions import held_at, matched_sets
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mean_r, mirroring
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.silencing import silenced_states
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.life import Life, Step, lessons_of, live
from mirror_core.recordings.of_networks import N_TEST, named_actions, record
from mirror_core.runs.workers import one_thread
from mirror_core.seeding import stream
from mirror_core.studies.measures import Measure
from mirror_core.studies.measures import register as register_measure
from mirror_core.studies.measures.base import CORRELATION as DIFFERENCE
from mirror_core.studies.measures.base import COUNT, SHARE
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.linear import LinearWorld, make_world

TIMES = (20, 80, 640)
"""Gradient steps of babbling after which a learner imitates."""
EVERY = 10
"""Steps between looks at how well it does."""
LEVEL = 0.9
"""Share of actions from which learners are compared at equal accuracy."""
BODIES = {"turned_30": (30, 1.0), "turned_60": (60, 1.0), "halved": (0, 0.5), "doubled": (0, 2.0)}
"""Another's body: by how many degrees its effects are turned, each in a direction of its own, and how much they are
scaled."""
SILENCED = 3
"""One unit in so many is silenced: 32 of 96."""
N_LESIONS = 40
"""Sets of matched units."""
NEW = (4, 5)
"""Actions that a learner never babbled with when it comes to be taught."""
N_BABBLED = 160
"""Steps of babbling before it is taught."""
LOOKED_AT = (5, 10, 20, 60)
"""Rounds of teaching after which the new actions are tested."""

CONDITIONS = {
    "untrained": "the network as drawn",
    "acts": "babbles, and predicts what its acts will do; it never infers an action",
    "watches": "also infers its acts from what it saw, as from a recording (as written)",
    "senses": "predicts, and feels act and effect together, both heads reading; no recording",
    "both": "all three (self-observation)",
    "taught at random": "babbles as both, without two actions; is shown demonstrations drawn at random",
    "taught hardest": "is shown those on which its error is largest",
    "taught at once": "is shown those that help an exam most, all chosen at once",
    "taught one by one": "is shown those that help most, each chosen given those before it",
    "watched, taught at random": "babbles as watches, without two actions; demonstrations drawn at random",
}

TAUGHT = {
    "taught at random": "random",
    "taught hardest": "hardest",
    "taught at once": "at once",
    "taught one by one": "one by one",
    "watched, taught at random": "random",
}
"""Condition → its teacher."""

AGES = {"80": "after 80 steps", "equal": f"when match reaches {LEVEL:g}", "640": "after 640 steps"}
"""When a learner is looked at closely."""
LESIONS = {
    "top": "match lost without the units of largest r",
    "least": "match lost without those of smallest |r|",
    "matched": "match lost without matched units",
    "excess": "match lost, units of largest r minus matched ones",
}
_CHANCE, _UNTRAINED, _RANDOM = "one action in six", "the untrained network", "demonstrations drawn at random"

OWN: dict[str, Measure] = {}
"""Measures beside those that all experiments share."""


def _own(name: str, *about: object, **options: int) -> None:
    OWN[name] = register_measure(Measure(name, *about, **options))


for _n in TIMES:
    _own(f"match_{_n}", f"match after {_n} steps", SHARE, _CHANCE)
_own(
    "steps_to_90", f"steps until match is {LEVEL:g} ({TIMES[-1]}: later or never)", COUNT, _UNTRAINED, digits=0, sign=-1
)
for _body, (_angle, _scale) in BODIES.items():
    _said = f"turned by {_angle}°" if _angle else _body
    _own(_body, f"match with a body whose effects are {_said}", SHARE, _CHANCE)
_own("turned_60_equal", f"match with effects turned by 60°, {AGES['equal']}", SHARE, _CHANCE)
for _age in ("80", "equal"):
    _own(f"mean_r_{_age}", f"mean r of the units, without timestep means, {AGES[_age]}", DIFFERENCE, _UNTRAINED)
for _age, _when in AGES.items():
    for _group, _said in LESIONS.items():
        _own(f"{_group}_{_age}", f"{_said}, {_when}", DIFFERENCE, "matched units")
for _n in LOOKED_AT:
    _own(f"new_{_n}", f"accuracy of the new actions after {_n} rounds", SHARE, _RANDOM)
_own("old_20", "accuracy of the old actions after 20 rounds", SHARE, _RANDOM)
_said = f"rounds until half of the new actions are right ({LOOKED_AT[-1]}: later or never)"
_own("rounds_to_half", _said, COUNT, _RANDOM, digits=1, sign=-1)
_own("old_at_half", "accuracy of the old actions at that round", SHARE, _RANDOM)
_own("new_shown", "share of new actions in what is shown, first ten rounds", SHARE, _RANDOM)
_own("one_sided", "how one-sided the new actions shown in a round are, first ten rounds", SHARE, _RANDOM)


@dataclass(frozen=True)
class Lasting:
    """How long everything lasts, and how much is shown: less makes a trial of the page."""

    n_steps: int = TIMES[-1]
    n_babbled: int = N_BABBLED
    course: Course = Course()
    n_test: int = N_TEST
    n_draws: int = N_DRAWS
    n_lesions: int = N_LESIONS


# -- another, in its body --


def another_body(
    effects: Float[np.ndarray, "action feature"], angle: float, scale: float, rng: np.random.Generator
) -> Float[np.ndarray, "action feature"]:
    """Return the effects of another's actions: each turned by an angle towards a random direction, and scaled.

    Parameters
    ----------
    angle
        Degrees between an effect and the other's, in the plane of the effect and a random direction of its own.

    Raises
    ------
    OptionError
        Where sensations have a single feature, among which nothing can be turned.
    """
    whole("features of a sensation that an effect is turned in", effects.shape[1], 2)
    aside = rng.standard_normal(effects.shape)
    aside -= effects * (aside * effects).sum(1, keepdims=True) / (effects**2).sum(1, keepdims=True)
    aside *= np.linalg.norm(effects, axis=1, keepdims=True) / np.linalg.norm(aside, axis=1, keepdims=True)
    return scale * (np.cos(np.radians(angle)) * effects + np.sin(np.radians(angle)) * aside)


def others(base: Config, n: int) -> dict[str, Episodes]:
    """Return what another does, in the learner's own body ("same") and in each of `BODIES`: always the same actions."""
    effects = make_world(base.world, base.seed).effects
    found = {}
    for body, (angle, scale) in {"same": (0, 1.0), **BODIES}.items():
        theirs = another_body(effects, angle, scale, stream(base.seed, "development/body"))
        world = LinearWorld(base.world, theirs)
        found[body] = world.episodes(n, base.training.sequence_length, stream(base.seed, "development/another"))
    return found


def match(network: MirrorNetwork, seen: Episodes) -> float:
    """Return the share of another's actions that the learner performs when it has seen them: it does what it infers."""
    return float(np.mean(named_actions(network, seen.sensations) == seen.actions))


# -- babbling --


def config_of(condition: str, base: Config) -> Config:
    """Return the configuration that a condition learns with.

    Raises
    ------
    OptionError
        For an unknown condition, or where teaching lacks actions that are new.
    """
    one_of("condition of development", condition, CONDITIONS)
    if condition in TAUGHT:
        whole(f"n_actions of a learner that is {condition}", base.world.n_actions, max(NEW) + 1)
    if condition == "acts":
        return configure(base, condition="forward-only")
    written = condition in ("untrained", "watches", "watched, taught at random")
    return configure(base, "as-written" if written else "self-observation")


def babbled(base: Config, n_steps: int, known: int | None = None) -> Lessons:
    """Draw the acts of babbling and what follows from them, a batch for each step.

    Parameters
    ----------
    known
        Only so many actions are done, the first ones; by default all.
    """
    n = base.world.n_actions if known is None else known
    world = LinearWorld(base.change(n_actions=n).world, make_world(base.world, base.seed).effects[:n])
    rng = stream(base.seed, "development/babbling")
    return lessons_of(world.episodes(n_steps * base.training.batch_size, base.training.sequence_length, rng))


def babbling(
    life: Life,
    n_steps: int,
    only: tuple[Pass, ...] | None = None,
    look: Callable[[int, MirrorNetwork], None] | None = None,
) -> Iterator[Step]:
    """Babble, every batch new; a curriculum.

    Parameters
    ----------
    only
        Passes of a step; by default those of the configuration.
    look
        Called with the number of steps done and the network, each `EVERY` steps.
    """
    size = life.config.training.batch_size
    for done in range(1, n_steps + 1):
        yield Step(np.arange((done - 1) * size, done * size), passes=only)
        if look is not None and done % EVERY == 0:
            look(done, life.settle())


def grow(
    condition: str, base: Config, n_steps: int, look: Callable[[int, MirrorNetwork], None] | None = None,
    known: int | None = None,
) -> MirrorNetwork:  # fmt: skip
    """Let a learner babble under a condition, and return its network; see `babbling` and `babbled`."""
    config = config_of(condition, base)
    only = named(config, "perform", "joint") if condition == "senses" else None
    life = Life(MirrorNetwork(config), config, babbled(base, n_steps, known), learner="autograd" if only else None)
    return live(life, partial(babbling, n_steps=n_steps, only=only, look=look))


# -- what is measured as it grows --


def lesions(
    network: MirrorNetwork, seen: Episodes, rng: np.random.Generator, n_lesions: int = N_LESIONS
) -> dict[str, float]:
    """Return how much of match is lost without some units, held at their mean when observing after every timestep.

    Units are chosen on one half of the episodes, match is that of the other half. r is the paper's, over all episodes
    and timesteps.

    Returns
    -------
    dict
        A key of `LESIONS` → loss of match; `matched` is the mean over sets with the variances of the top units.
    """
    choosing, testing = (Episodes(seen.actions[half], seen.sensations[half]) for half in split_half(len(seen), rng))
    perform, observe = (record(network, choosing).sel(mode=mode).values for mode in MODES)
    r = unit_correlation(perform, observe)
    n = max(1, len(r) // SILENCED)
    top, least = top_units(r, n), np.argsort(np.abs(r), kind="stable")[:n]
    variance = np.stack([states.var(axis=(0, 1), dtype=float) for states in (perform, observe)])
    sets = [np.zeros(0, int), top, least, *matched_sets(top, variance, rng, n_lesions)]
    keep, level = held_at(observe.mean(axis=(0, 1)), sets)
    drive, actions = network.drive(None, torch.from_numpy(testing.sensations)), torch.from_numpy(testing.actions)
    with torch.no_grad():
        right = torch.cat(
            [
                (network.heads["infer"]["shared"](states).argmax(-1) == actions).float().mean((1, 2))
                for states in (silenced_states(network.cores["shared"], drive, *some)
                               for some in zip(keep.split(8), level.split(8), strict=True))
            ]
        ).double().numpy()  # fmt: skip
    lost = right[0] - right
    found = {"top": lost[1], "least": lost[2], "matched": lost[3:].mean()}
    return {name: float(value) for name, value in (found | {"excess": found["top"] - found["matched"]}).items()}


def infancy(condition: str, base: Config, seen: dict[str, Episodes], lasting: Lasting) -> dict[str, float]:
    """Let a learner babble, and return what is measured on the way; see `others` for what it sees."""
    found: dict[str, float] = {}
    carries = condition not in ("untrained", "acts")  # others never learnt to infer: nothing could be lost

    def closely(age: str, network: MirrorNetwork) -> None:
        if carries:
            lost = lesions(network, seen["same"], stream(base.seed, f"development/lesions/{age}"), lasting.n_lesions)
            found.update({f"{group}_{age}": value for group, value in lost.items()})
        if age != "640":
            found[f"mean_r_{age}"] = mean_r(*record(network, seen["same"]).values)

    def look(done: int, network: MirrorNetwork) -> None:
        reached = match(network, seen["same"])
        if done in TIMES:
            found[f"match_{done}"] = reached
        if str(done) in AGES:
            closely(str(done), network)
        if reached >= LEVEL and "steps_to_90" not in found:
            found["steps_to_90"] = float(done)
            found["turned_60_equal"] = match(network, seen["turned_60"])
            closely("equal", network)
        if done == TIMES[-1]:
            found.update({body: match(network, seen[body]) for body in BODIES})
            found.setdefault("steps_to_90", float(done))
            found.update(_mirrored(network, seen["same"], condition, base, lasting))

    if condition == "untrained":  # always the same, whenever it is looked at
        network = MirrorNetwork(config_of(condition, base))
        for done in TIMES:
            look(done, network)
        del found["steps_to_90"]
    else:
        grow(condition, base, lasting.n_steps, look)
    return found


def _mirrored(
    network: MirrorNetwork, seen: Episodes, condition: str, base: Config, lasting: Lasting
) -> dict[str, float]:
    perform, observe = record(network, seen).values
    return mirroring(perform, observe, seen.actions, base.seed, f"development/{condition}", n_draws=lasting.n_draws)


# -- teaching --


def school(condition: str, base: Config, start: MirrorNetwork, seen: Episodes, lasting: Lasting) -> dict[str, float]:
    """Teach a learner, which stays as it was, and return what is measured on the way.

    Parameters
    ----------
    start
        A learner that has babbled without the actions `NEW`.
    seen
        Episodes of all actions to test it on.
    """
    world = make_world(base.world, base.seed)
    rng = stream(base.seed, "development/demonstrations")
    lessons = lessons_of(world.episodes(lasting.course.n_episodes, base.training.sequence_length, rng))
    life = Life(copy.deepcopy(start), config_of(condition, base), lessons, learner="autograd")
    found, new, shown_new, sided = {"rounds_to_half": float(LOOKED_AT[-1])}, np.isin(seen.actions, NEW), [], []

    def look(done: int, network: MirrorNetwork, shown: Rows) -> None:
        right = named_actions(network, seen.sensations) == seen.actions
        if done in LOOKED_AT:
            found[f"new_{done}"] = float(right[new].mean())
        if done == 20:
            found["old_20"] = float(right[~new].mean())
        if right[new].mean() >= 0.5 and "old_at_half" not in found:
            found.update(rounds_to_half=float(done), old_at_half=float(right[~new].mean()))
        if done <= 10:
            counts = np.array([(lessons.actions[torch.from_numpy(shown)] == one).sum().item() for one in NEW])
            shown_new.append(counts.sum() / (len(shown) * base.training.sequence_length))
            sided.append(abs(counts[0] - counts[1]) / max(counts.sum(), 1))

    rng = stream(base.seed, "development/chosen")
    live(life, partial(teaching, choose=TEACHERS[TAUGHT[condition]], course=lasting.course, rng=rng, look=look))
    return found | {"new_shown": float(np.mean(shown_new)), "one_sided": float(np.mean(sided))}


def learn(learner: Learner) -> pd.DataFrame:
    """Let the learners of a seed grow and be taught, and measure them; see `Experiment.learn`."""
    return rows(learner.conditions, Config().change(seed=learner.seed))


def rows(conditions: tuple[str, ...], base: Config, lasting: Lasting | None = None) -> pd.DataFrame:
    """Make one learner under each condition, and measure it; what is not reached in the time is NaN."""
    lasting = Lasting() if lasting is None else lasting
    babblers: dict[Config, MirrorNetwork] = {}

    def measured(condition: str) -> dict[str, float]:
        if condition not in TAUGHT:
            return infancy(condition, base, seen, lasting)
        config = config_of(condition, base)
        if config not in babblers:  # all teachers of a kind begin with the same learner
            babblers[config] = grow(condition, base, lasting.n_babbled, known=min(NEW))
        return school(condition, base, babblers[config], seen["same"], lasting)

    with one_thread():
        seen = others(base, lasting.n_test)
        return measure_each(conditions, measured).reindex(columns=["condition", *MIRRORING, *OWN, "seconds"])


register(
    Experiment(
        "development",
        "Development: babbling, imitation, teaching",
        "paper2025",
        "",
        "Mirror-like units emerge as a body learns, and support imitation and teaching.",
        "learners",
        CONDITIONS,
        (*MIRRORING, *OWN),
        learn,
        "both",
        "untrained",
        n_actions=6,
        lesion="excess_640",
        seconds=40.0,
        group="future work",
    )
)
