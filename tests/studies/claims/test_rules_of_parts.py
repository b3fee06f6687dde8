"""Every rule against outcomes worked out by hand, with one network, ties and missing values."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mirror_core.analysis.estimates import difference, estimate, estimate_from_units
from mirror_core.checks import OptionError
from mirror_core.studies.claims.rules_of_parts import UNTESTED, judge, share_of_networks

# mean .3; t(2, .975) = 4.303, standard error .1 / √3 = .0577: the interval is .3 ± .2484
THREE = [0.2, 0.3, 0.4]


def test_an_estimate_is_the_mean_with_a_t_interval():
    found = estimate([*THREE, np.nan])
    assert found.n == 3
    np.testing.assert_allclose([found.mean, found.low, found.high], [0.3, 0.3 - 0.2484, 0.3 + 0.2484], atol=1e-4)


def test_one_network_stands_for_its_own_limits_and_none_is_not_tested():
    assert (estimate([0.3]).low, estimate([0.3]).high) == (0.3, 0.3)
    assert judge("above", estimate([0.3]), {"limit": 0.2}) == "holds"
    for rule, limits in (("above", {"limit": 0.0}), ("in-most", {"low": 0.0}), ("more-than", {})):
        assert judge(rule, estimate([np.nan]), limits) == judge(rule, estimate([]), limits) == UNTESTED


@pytest.mark.parametrize(
    ("rule", "limits", "values", "outcome"),
    [
        ("within", {"low": 0.25, "high": 0.3}, THREE, "holds"),  # a mean on the edge is inside
        ("within", {"low": 0.5, "high": 0.6}, THREE, "in part"),  # .548 reaches .5
        ("within", {"low": 0.55, "high": 0.6}, THREE, "fails"),
        ("within", {"low": 0.0, "high": 0.06}, THREE, "in part"),  # .052 reaches .06
        ("within", {"low": 0.25, "high": 0.3}, [0.31], "fails"),  # one network has no interval
        ("above", {"limit": 0.05}, THREE, "holds"),
        ("above", {"limit": 0.06}, THREE, "fails"),
        ("above", {"limit": 0.0}, [0.0, 0.0, 0.0], "fails"),  # a tie is not above
        ("below", {"limit": 0.55}, THREE, "holds"),
        ("below", {"limit": 0.54}, THREE, "fails"),
        ("below", {"limit": 1.0}, [1.0, 1.0], "fails"),
        ("not-above", {"limit": 0.06}, THREE, "holds"),
        ("not-above", {"limit": 0.05}, THREE, "fails"),
        ("not-above", {"limit": 0.0}, [0.0, 0.0], "holds"),
        ("in-most", {"low": 0.3}, [0.3] * 9 + [0.0], "holds"),  # exactly nine tenths, and a tie counts
        ("in-most", {"low": 0.3}, [0.3] * 8 + [0.0] * 2, "in part"),
        ("in-most", {"low": 0.3}, [0.3, 0.0], "in part"),
        ("in-most", {"low": 0.3}, [0.3, 0.0, 0.0], "fails"),
        ("in-most", {"high": -0.75}, [-0.8, -0.75], "holds"),
        ("more-than", {}, THREE, "holds"),
        ("more-than", {}, [-0.1, 0.4], "fails"),
        ("more-than", {}, [0.0, 0.0], "fails"),
        ("not-more-than", {}, [-0.1, 0.4], "holds"),
        ("not-more-than", {}, THREE, "fails"),
        ("hardly-more-than", {"margin": 0.55}, THREE, "holds"),
        ("hardly-more-than", {"margin": 0.54}, THREE, "fails"),
        ("hardly-more-than", {"margin": 0.02}, [0.01, 0.01], "holds"),
    ],
)
def test_outcomes(rule, limits, values, outcome):
    assert judge(rule, estimate(values), limits) == outcome


def test_in_most_needs_one_limit():
    for limits in ({}, {"low": 0.0, "high": 1.0}):
        with pytest.raises(OptionError, match="needs one of them"):
            judge("in-most", estimate(THREE), limits)


def test_share_of_networks():
    found = estimate([0.1, 0.2, 0.3, 0.4])
    assert share_of_networks(found, low=0.3) == 0.5 and share_of_networks(found, high=0.1) == 0.25


def test_a_difference_is_matched_by_seed():
    first = pd.Series({42: 0.5, 43: 0.9, 44: 0.7, 45: np.nan, 50: 9.0})
    second = pd.Series({44: 0.4, 43: 0.5, 42: 0.3, 45: 0.1})
    found = difference(first, second)
    np.testing.assert_allclose(found.values, [0.2, 0.4, 0.3])
    assert found.mean == pytest.approx(0.3) and found.effect_size == pytest.approx(3.0)  # .3 over a spread of .1
    assert found.p == pytest.approx(stats.ttest_rel([0.5, 0.9, 0.7], [0.3, 0.5, 0.4]).pvalue)


def test_differences_of_one_pair_of_none_and_of_equal_ones():
    one = difference(pd.Series({42: 0.5}), pd.Series({42: 0.3, 43: 0.1}))
    assert one.n == 1 and one.low == one.high == pytest.approx(0.2) and np.isnan(one.p)
    assert difference(pd.Series({42: 0.5}), pd.Series({43: 0.3})).n == 0
    same = difference(pd.Series({1: 0.5, 2: 0.5}), pd.Series({1: 0.5, 2: 0.5}))
    assert (same.mean, same.low, same.p) == (0, 0, 1) and judge("more-than", same, {}) == "fails"


def test_units_of_few_networks_do_not_pass_for_many():
    """Two networks that differ completely: however many units, the interval reaches from one to the other."""
    units = [np.zeros(500), np.ones(500)]
    found = estimate_from_units([0.0, 1.0], units, np.random.default_rng(0))
    assert (found.low, found.high) == (0, 1) and found.mean == 0.5
    alike = [np.array([0.0, 1.0] * 50), np.array([1.0, 0.0] * 50)]
    found = estimate_from_units([0.5, 0.5], alike, np.random.default_rng(0))
    assert 0.3 < found.low < 0.5 < found.high < 0.7


def test_units_without_a_value_are_left_out():
    found = estimate_from_units(
        [1.0, 1.0, np.nan], [np.array([1.0, np.nan]), np.ones(2), np.full(2, np.nan)], np.random.default_rng(0)
    )
    assert (found.mean, found.low, found.high, found.n) == (1, 1, 1, 2)
    assert estimate_from_units([0.4], [np.zeros(3)], np.random.default_rng(0)).low == 0.4
