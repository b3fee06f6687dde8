"""The family of nulls: what each states is true, and a new one, one file, is shown wherever they are listed."""

from dataclasses import replace

import numpy as np
import pytest

from mirror_core.analysis import NULLS, OptionError, null_test, nulls_table
from mirror_core.analysis.nulls import SAME_EVENTS, Null, register
from mirror_core.analysis.nulls.base import Draws, Size
from mirror_core.recordings.simulated import simulate_population
from mirror_core.report import analyse

BEFORE = tuple(NULLS)


@pytest.fixture
def family():
    """Leave the family as it was."""
    yield
    for name in set(NULLS) - set(BEFORE):
        del NULLS[name]


@pytest.fixture(scope="module")
def population():
    return simulate_population(4, np.random.default_rng(1), n_units=12, n_sequences=20, n_timesteps=5)


def needed(null, population, n):
    rng = np.random.default_rng(2)
    given = {"actions": population.actions, "pseudo": (rng.standard_normal(population.observe.shape) for _ in range(n))}
    return {name: given[name] for name in NULLS[null].needs}


@pytest.mark.parametrize("null", NULLS)
def test_p_is_never_below_what_the_null_says_and_draws_have_its_shape(null, population):
    n = 30
    needs = needed(null, population, n)
    test = null_test(population.perform, population.observe, null, n, np.random.default_rng(3), **needs)
    size = Size(*population.perform.shape, 4)
    assert test.null.shape[1] == 12 and len(test.null) <= n
    assert test.p.min() >= NULLS[null].smallest_p(size, n) - 1e-12


@pytest.mark.parametrize("null", [name for name, null in NULLS.items() if null.needs])
def test_what_a_null_needs_is_asked_for(null, population):
    with pytest.raises(OptionError, match=f"the {null} null needs {NULLS[null].needs[0]}"):
        null_test(population.perform, population.observe, null, 10, np.random.default_rng(3))


def reversal(asked):
    """Pair performing with observing played backwards, in a random half of the draws."""
    signs = asked.rng.integers(2, size=asked.n_draws)
    backwards = np.einsum("ntu,ntu->u", asked.x, asked.y[:, ::-1])
    return Draws(asked.r, np.stack([backwards if sign else asked.r for sign in signs]))


REVERSAL = Null(
    "reversal",
    SAME_EVENTS,
    keeps="the values",
    breaks="the order of timesteps",
    draw=reversal,
    arrangements=lambda size: 2,
    of=lambda size: "two directions of time",
)


def test_a_sixth_null_is_shown_wherever_nulls_are_listed(family, population):
    register(REVERSAL)
    assert nulls_table().null.tolist() == [*BEFORE, "reversal"]
    test = null_test(population.perform, population.observe, "reversal", 20, np.random.default_rng(3))
    assert test.p.min() >= 1 / 21
    report = analyse(population.perform, population.observe, population.actions, n_permutations=50, alpha=0.04)
    assert "reversal was skipped: with two directions of time and 50 draws p cannot fall below 0.5" in str(report)
    many = replace(REVERSAL, name="many", arrangements=lambda size: 10**6)
    register(many)
    report = analyse(population.perform, population.observe, population.actions, n_permutations=50)
    assert "many" in set(report.tables["nulls"]["null"])


@pytest.mark.parametrize(
    ("null", "problem"),
    [
        (NULLS["row"], "'row' is registered already"),
        (replace(REVERSAL, keeps="", breaks=""), "'reversal' lacks keeps, breaks"),
        (replace(REVERSAL, question="Why?"), "unknown question"),
    ],
)
def test_a_null_twice_or_with_a_part_missing_is_refused(family, null, problem):
    with pytest.raises(OptionError, match=problem):
        register(null)
