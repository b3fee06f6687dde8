"""The contract of an experiment: a system of somebody else, small, learned from many seeds, measured by our tests.

An experiment is one file of this folder. It says what its source claims, in which conditions learners are made, and
what is measured of each; `learn` does all of it for one seed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import pandas as pd

from mirror_core.checks import OptionError, one_of, whole
from mirror_core.studies.measures import Measure, measure_named
from mirror_core.studies.measures import register as register_measure

Group = Literal["related systems", "future work"]

FIRST_SEED, N_SEEDS = 100, 10
"""Seeds of a full study: none of them was used while the experiments were built and their rules written."""


@dataclass(frozen=True)
class Learner:
    """What is learned from one seed, under some conditions of an experiment."""

    experiment: str
    seed: int
    conditions: tuple[str, ...]
    """Names in the experiment's `conditions`."""

    @property
    def fingerprint(self) -> str:
        """Name under which its rows are kept: 20 hexadecimal digits."""
        said = f"{self.experiment} {self.seed} {','.join(self.conditions)}"
        return hashlib.sha256(said.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Experiment:
    """A system under our tests."""

    name: str
    """Of its module, its notebook, its claims and its table."""
    title: str
    source: str
    """Key of its source in `book/references.bib`."""
    doi: str
    """Of the source; empty where it has none."""
    claims: str
    """What its source claims about mirror units or their like, in one sentence of ours."""
    sampled: str
    """What a row is of, in the plural: networks, pairs, learners."""
    conditions: dict[str, str]
    """Condition → what is done in it, in a few words."""
    measures: tuple[str, ...]
    """Names of the measures that `learn` returns, registered in `mirror_core.studies.measures`."""
    learn: Callable[[Learner], pd.DataFrame]
    """Makes the learners of a seed, and returns one row for each of its conditions: `condition`, the measures (NaN
    where a condition has none) and `seconds`, its processor time. The same seed gives the same rows, whichever
    conditions are asked for with it."""
    main: str
    """The condition of which the source claims it."""
    control: str
    """The condition that the main one has to differ from, if learning is what makes mirror units."""
    group: Group = field(default="related systems", kw_only=True)
    """Where it belongs: what claims the same as the paper by other means, or what the paper leaves to others."""
    n_actions: int = field(default=0, kw_only=True)
    """Different actions in the recordings whose units are tested; 0 where there are none. With few, no test of single
    units has power."""
    lesion: str = field(default="", kw_only=True)
    """The measure that says what silencing the units in question costs, more than matched ones; empty if none does."""
    seconds: float = field(default=10.0, kw_only=True)
    """About how long one seed with all conditions takes on one core."""

    @property
    def whose(self) -> str:
        """Who makes its claims, as the head of a column: the source that it is built from, or the paper itself."""
        return "the source" if self.doi else "the paper"

    def learner(self, seed: int, conditions: tuple[str, ...] | None = None) -> Learner:
        """Return what is to be learned from a seed, by default under all conditions.

        Raises
        ------
        OptionError
            For an unknown condition, or a seed that is no whole number.
        """
        whole("seed", seed, 0, 2**32 - 1)
        asked = tuple(self.conditions) if conditions is None else tuple(conditions)
        for condition in asked:
            one_of(f"condition of {self.name}", condition, self.conditions)
        return Learner(self.name, seed, asked)


def register_measures(measures: Mapping[str, tuple]) -> tuple[str, ...]:
    """Register measures, name → what `Measure` takes after the name, and return their names."""
    for name, about in measures.items():
        register_measure(Measure(name, *about))
    return tuple(measures)


def measure_each(conditions: Iterable[str], measured: Callable[[str], Mapping[str, object]]) -> pd.DataFrame:
    """Return one row for each condition: `condition`, what is measured, and `seconds`, the processor time it took.

    Examples
    --------
    >>> measure_each(["alone", "together"], lambda condition: {"letters": len(condition)}).letters.tolist()
    [5, 8]
    """
    rows = []
    for condition in conditions:
        began = time.process_time()
        row = {"condition": condition, **measured(condition)}
        rows.append(row | {"seconds": time.process_time() - began})
    return pd.DataFrame(rows)


EXPERIMENTS: dict[str, Experiment] = {}
"""Every experiment by its name, in the order in which they were registered."""


def register(experiment: Experiment) -> Experiment:
    """Add an experiment to `EXPERIMENTS`, and return it.

    Raises
    ------
    OptionError
        If its name is taken, or a part is missing or impossible.
    """
    kind = f"experiment {experiment.name!r}"
    if experiment.name in EXPERIMENTS:
        raise OptionError(f"{kind} is registered already.")
    for part in ("name", "title", "source", "claims", "sampled", "conditions", "measures"):
        if not getattr(experiment, part):
            raise OptionError(f"{kind} has no {part}.")
    one_of(f"group of {kind}", experiment.group, get_args(Group))
    for part in ("main", "control"):
        one_of(f"{part} of {kind}", getattr(experiment, part), experiment.conditions)
    for name in experiment.measures:
        measure_named(name)
    if experiment.lesion:
        one_of(f"lesion of {kind}", experiment.lesion, experiment.measures)
    EXPERIMENTS[experiment.name] = experiment
    return experiment


def of_group(group: Group) -> dict[str, Experiment]:
    """Return the experiments of a group by their names, in the order in which they were registered."""
    return {name: one for name, one in EXPERIMENTS.items() if one.group == group}


def experiment_named(name: str) -> Experiment:
    """Return an experiment by its name.

    Raises
    ------
    OptionError
        For an unknown name, with the nearest ones.
    """
    one_of("experiment", name, EXPERIMENTS)
    return EXPERIMENTS[name]
