"""A life: a network that learns step by step, from whatever a curriculum that sees it chooses next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from mirror_core.checks import OptionError, one_of
from mirror_core.config.passes import Pass, passes
from mirror_core.config.settings import Config
from mirror_core.networks.entries import check_sensations
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons
from mirror_core.networks.training.loop import compilable
from mirror_core.networks.training.losses import OBJECTIVES, errors, learning_names
from mirror_core.networks.training.rules import make_rule
from mirror_core.worlds.episodes import Episodes

LEARNERS = ("compiled", "autograd")
"""How steps are computed: by compiled code, which is some four times as fast, or by automatic differentiation, which
takes any step and rule."""


def lessons_of(episodes: Episodes) -> Lessons:
    """Return episodes as lessons for both modes, with their own actions as labels."""
    actions, sensations = torch.from_numpy(episodes.actions), torch.from_numpy(episodes.sensations)
    return Lessons(actions, sensations, sensations, actions)


@dataclass(frozen=True)
class Step:
    """What one step learns from."""

    rows: Int[np.ndarray, " row"]
    """Which episodes of the life, or of `lessons`; one may come twice."""
    weights: Mapping[str, Float[np.ndarray, "row time"]] | None = None
    """Objective (predict, infer) → how much each error counts; 1 where it is not named."""
    lessons: Lessons | None = None
    """Other episodes than those of the life."""
    passes: tuple[Pass, ...] | None = None
    """Which of the configuration's; by default all."""
    starts: Mapping[str, Float[np.ndarray, "row unit"]] | None = None
    """Name of a pass → hidden states that it begins from; at rest where it is not named."""


class Life:
    """A network and the episodes that it may learn from.

    Parameters
    ----------
    network
        Learns, and is changed.
    config
        Its passes, and what of it learns how fast.
    lessons
        All episodes of the life.
    rule
        How it learns, a name in `mirror_core.networks.training.rules.RULES`.
    learner
        How steps are computed, one of `LEARNERS`; by default the fastest that knows the rule. "compiled" knows only
        "gradient", GRU cores, and steps that consist of rows.

    Raises
    ------
    OptionError
        For an unknown rule or learner, a compiled one that cannot be, or episodes that the network has no entry for.
    """

    def __init__(
        self, network: MirrorNetwork, config: Config, lessons: Lessons, rule: str = "gradient",
        learner: str | None = None,
    ) -> None:  # fmt: skip
        able = rule == "gradient" and compilable([config])
        learner = learner or LEARNERS[not able]
        one_of("learner", learner, LEARNERS)
        if learner == "compiled" and not able:
            raise OptionError(
                f"learner = 'compiled' is not allowed with rule = {rule!r} and core = {config.network.core!r}: it must "
                "be 'autograd', unless rule = 'gradient', core = 'gru' and the package numba is installed."
            )
        _enter(network, lessons)
        self.network, self.config, self.lessons, self.passes = network, config, lessons, passes(config)
        self.rule = make_rule(rule, network, config)
        self._compiled, self._unsettled = None, False
        if learner == "compiled":
            from mirror_core.networks.training.compiled.learner import (
                CompiledLearner,
            )  # here, since Numba may be missing

            network.requires_grad_(False)
            self._compiled = CompiledLearner([network], [config], [lessons], [lessons.rows(torch.arange(1))])
        else:
            learning = learning_names(network, config)
            for name, parameter in network.named_parameters():
                parameter.requires_grad_(name in learning)
            mine = [p for p in network.parameters() if p.requires_grad]
            plan = config.training
            self._adam = torch.optim.Adam(
                [*mine, *self.rule.parameters()], lr=plan.learning_rate, weight_decay=plan.weight_decay
            )

    def learn(self, step: Step) -> None:
        """Learn from a step: one change of the weights.

        Raises
        ------
        OptionError
            If the life's learner cannot take it, it has no rows, or more than compiled code takes at once, or it names
            an objective or a pass that does not exist.
        FloatingPointError
            If the loss is not finite.
        """
        if not len(step.rows):
            raise OptionError("rows = [] are not allowed: a step must have at least one.")
        loss = self._by_compiled_code(step) if self._compiled else self._by_autograd(step)
        if not np.isfinite(loss):
            rate = self.config.training.learning_rate
            raise FloatingPointError(f"the loss of a step is {loss}: lower learning_rate = {rate:g}.")

    def _by_compiled_code(self, step: Step) -> float:
        further = [name for name in ("weights", "lessons", "passes", "starts") if getattr(step, name) is not None]
        if further:
            raise OptionError(f"{further[0]} of a step are not allowed with learner = 'compiled': use 'autograd'.")
        at_most = self.config.training.batch_size
        if len(step.rows) > at_most:
            raise OptionError(
                f"{len(step.rows)} rows are not allowed: a step must have at most batch_size = {at_most}."
            )
        self._unsettled = True
        return sum(self._compiled.epoch([np.asarray(step.rows)])[0].values())

    def _by_autograd(self, step: Step) -> float:
        for name in step.weights or ():
            one_of("objective of weights", name, OBJECTIVES)
        for name in step.starts or ():
            one_of("pass of starts", name, [one.name for one in self.passes])
        lessons = (step.lessons or self.lessons).rows(torch.as_tensor(np.asarray(step.rows)))
        weights = {name: torch.as_tensor(values) for name, values in (step.weights or {}).items()}
        starts = step.starts and {name: torch.as_tensor(values) for name, values in step.starts.items()}
        self._adam.zero_grad(set_to_none=True)
        loss = self.rule.backward(self.network, step.passes or self.passes, lessons, weights, starts)
        self._adam.step()
        return loss

    def settle(self) -> MirrorNetwork:
        """Return the network, with its weights as they are now."""
        if self._unsettled:
            self._compiled.write_back()
            self._unsettled = False
        return self.network

    def errors(
        self, rows: Int[np.ndarray, " row"], todo: tuple[Pass, ...] | None = None, lessons: Lessons | None = None
    ) -> dict[tuple[str, str], Float[np.ndarray, "row time"]]:
        """Return the error of every (pass name, objective) at each timestep of some episodes, as things stand now.

        Parameters
        ----------
        rows
            Which episodes of the life, or of `lessons`.
        todo
            Which passes, by default all.
        """
        asked = (lessons or self.lessons).rows(torch.as_tensor(np.asarray(rows)))
        with torch.no_grad():
            found = errors(self.settle(), todo or self.passes, asked)
        return {key: values.numpy() for key, values in found.items()}


def _enter(network: MirrorNetwork, lessons: Lessons) -> None:
    """Refuse episodes whose actions are no classes, or whose sensations no vectors of as many features as it takes."""
    check_sensations(network, lessons.sensations)
    if lessons.actions.ndim != 2 or lessons.actions.is_floating_point():
        raise OptionError(
            f"actions of shape {tuple(lessons.actions.shape)} and {lessons.actions.dtype} are not allowed: they must "
            "be integers (sequence, time), a class each; continuous ones enter as in mirror_core.experiments.vision."
        )


Curriculum = Callable[[Life], Iterator[Step]]
"""Sees the life as it is, and yields what comes next: a generator function is the usual one."""


def live(life: Life, curriculum: Curriculum, on_step: Callable[[int], None] = lambda n: None) -> MirrorNetwork:
    """Let a network learn from one step after another until its curriculum ends; return it.

    Parameters
    ----------
    on_step
        Called with the number of finished steps after each, for progress bars.

    Examples
    --------
    Random batches, and every second one those of the last that were hardest:

    >>> def hardest_again(life):
    ...     for rows in np.arange(len(life.lessons)).reshape(-1, 8):
    ...         yield Step(rows)
    ...         error = life.errors(rows)["observe", "infer"].mean(axis=1)
    ...         yield Step(rows[np.argsort(-error)[:4]])
    >>> from mirror_core.networks.training.lessons import make_lessons
    >>> config = Config().change(hidden_size=8, input_size=8)
    >>> network = live(Life(MirrorNetwork(config), config, make_lessons(config, "train", 16)), hardest_again)
    """
    for done, step in enumerate(curriculum(life), start=1):
        life.learn(step)
        on_step(done)
    return life.settle()
