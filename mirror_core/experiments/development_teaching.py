"""How a teacher of `mirror_core.experiments.development` chooses what to show to a learner that it sees."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mirror_core.checks import one_of, whole
from mirror_core.config.passes import Pass, passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.life import Life, Step
from mirror_core.networks.training.losses import errors

SMALL = 0.01
"""Length of the step by which a teacher tries what helps."""

Rows = Int[np.ndarray, " _"]
"""Numbers of episodes of a life."""


@dataclass(frozen=True)
class Course:
    """How much is taught."""

    n_rounds: int = 60
    n_shown: int = 16
    """Demonstrations in a round, all in one gradient step."""
    n_offered: int = 200
    """Of which they are chosen: new ones in every round."""
    n_exam: int = 200
    """Episodes that say what has to be learnt; no pupil ever learns from them."""

    def __post_init__(self) -> None:
        for name, least in (("n_rounds", 1), ("n_shown", 1), ("n_exam", 1), ("n_offered", self.n_shown)):
            whole(name, getattr(self, name), least)

    @property
    def n_episodes(self) -> int:
        """Episodes that it takes: the exam, then what is offered in each round."""
        return self.n_exam + self.n_rounds * self.n_offered


def named(config: Config, *names: str) -> tuple[Pass, ...]:
    """Return the passes of a configuration that have these names.

    Raises
    ------
    OptionError
        For a name that no pass has, with the nearest ones.
    """
    there = passes(config)
    for name in names:
        one_of("pass", name, [one.name for one in there])
    return tuple(one for one in there if one.name in names)


@dataclass(frozen=True)
class Pupil:
    """How a teacher sees the learner: what it gets wrong, and along which slope it would learn."""

    life: Life

    def wrong(self, rows: Rows) -> Float[np.ndarray, " _"]:
        """Return the error of inference in each episode, in nats."""
        return self.life.errors(rows, named(self.life.config, "observe"))["observe", "infer"].mean(axis=1)

    def tried(self, network: MirrorNetwork, rows: Rows) -> Float[Tensor, " _"]:
        """Return the same for another network's weights, for gradients to pass."""
        lessons = self.life.lessons.rows(torch.from_numpy(rows))
        return errors(network, named(self.life.config, "observe"), lessons)["observe", "infer"].mean(dim=1)


def _learnt(network: MirrorNetwork) -> list[nn.Parameter]:
    """Return what observing learns."""
    parts = network.projection, network.cores["shared"], network.heads["infer"]["shared"]
    return [parameter for part in parts for parameter in part.parameters()]


def at_random(pupil: Pupil, offered: Rows, exam: Rows, n: int, rng: np.random.Generator) -> Rows:
    """Choose any demonstrations."""
    return rng.choice(offered, n, replace=False)


def hardest(pupil: Pupil, offered: Rows, exam: Rows, n: int, rng: np.random.Generator) -> Rows:
    """Choose those with the largest error."""
    return offered[np.argsort(-pupil.wrong(offered), kind="stable")[:n]]


def helpful(pupil: Pupil, offered: Rows, exam: Rows, n: int, rng: np.random.Generator, *, at_once: bool) -> Rows:
    """Choose those that help the exam most, all at once or each given those before it."""
    network = copy.deepcopy(pupil.life.network).requires_grad_(True)
    learnt = _learnt(network)

    def slope(rows: Rows) -> Tensor:
        parts = torch.autograd.grad(pupil.tried(network, rows).mean(), learnt)
        return torch.cat([part.flatten() for part in parts])

    before = pupil.wrong(offered)
    weights = nn.utils.parameters_to_vector(learnt).detach()

    def helps(direction: Tensor) -> np.ndarray:
        with torch.no_grad():
            nn.utils.vector_to_parameters(weights - SMALL * direction / direction.norm(), learnt)
            fallen = before - pupil.tried(network, offered).numpy()
            nn.utils.vector_to_parameters(weights, learnt)
        return fallen

    if at_once:
        return offered[np.argsort(-helps(slope(exam)), kind="stable")[:n]]
    return offered[one_by_one(helps, lambda i: slope(offered[[i]]), slope(exam), n)]


def one_by_one(
    helps: Callable[[Tensor], np.ndarray], slope: Callable[[int], Tensor], goal: Tensor, n: int
) -> list[int]:
    """Choose demonstrations so that the sum of their slopes comes to point where the exam's slope does.

    Each is the one that helps most along what is left of the exam's slope, once the sum of the slopes chosen before it
    is fitted to it by least squares (as in matching pursuit, Mallat & Zhang 1993).

    Parameters
    ----------
    helps
        Direction → how much a step along it lowers the error of each demonstration.
    slope
        Slope of the error of a demonstration, by its index.
    """
    chosen: list[int] = []
    total, left = torch.zeros_like(goal), goal
    for _ in range(n):
        scores = helps(left)
        scores[chosen] = -np.inf
        chosen.append(int(np.argmax(scores)))
        total = total + slope(chosen[-1])
        left = goal - torch.clamp(goal @ total / (total @ total), min=0) * total
    return chosen


TEACHERS: dict[str, Callable[..., Rows]] = {
    "random": at_random,
    "hardest": hardest,
    "at once": partial(helpful, at_once=True),
    "one by one": partial(helpful, at_once=False),
}
"""How to choose: a function of the pupil, what is offered, the exam, how many to choose, and a source of draws."""


def teaching(
    life: Life, choose: Callable[..., Rows], course: Course, rng: np.random.Generator,
    look: Callable[[int, MirrorNetwork, Rows], None],
) -> Iterator[Step]:  # fmt: skip
    """Show demonstrations, a few in every round; a curriculum that sees the learner.

    Parameters
    ----------
    life
        Its lessons begin with the exam, then come the demonstrations of each round.
    look
        Called after each round with how many were done, the network and what it was shown.
    """
    exam = np.arange(course.n_exam)
    for done in range(1, course.n_rounds + 1):
        offered = course.n_exam + (done - 1) * course.n_offered + np.arange(course.n_offered)
        shown = choose(Pupil(life), offered, exam, course.n_shown, rng)
        yield Step(shown, passes=named(life.config, "observe"))
        look(done, life.settle(), shown)
