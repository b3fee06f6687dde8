"""What the tests of experiments share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mirror_core.experiments import experiment_named
from mirror_core.experiments.study import read_study

Values = Iterator[tuple[str, float, float]]


@pytest.fixture
def made_again() -> Callable[..., Values]:
    """Return a function that learns rows of an experiment's table again: each measure, now and as it is kept."""

    def values(name: str, seed: int, conditions: tuple[str, ...]) -> Values:
        experiment = experiment_named(name)
        kept = read_study(experiment)
        for condition, row in experiment.learn(experiment.learner(seed, conditions)).set_index("condition").iterrows():
            same = kept[(kept.seed == seed) & (kept.condition == condition)].iloc[0]
            for measure in experiment.measures:
                yield measure, row[measure], same[measure]

    return values
