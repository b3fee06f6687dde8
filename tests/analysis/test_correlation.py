"""r and shares, against scipy and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from mirror_core.analysis import RecordingError, shares, shares_over_thresholds, split_half, top_units, unit_correlation

seeds = st.integers(0, 10_000)


def pair(seed, shape=(6, 4, 3)):
    rng = np.random.default_rng(seed)
    common = rng.standard_normal(shape)
    return common + rng.standard_normal(shape), common + rng.standard_normal(shape)


@given(seeds)
def test_r_is_pearsons_over_all_rows(seed):
    x, y = pair(seed)
    expected = [pearsonr(x[..., u].ravel(), y[..., u].ravel()).statistic for u in range(3)]
    np.testing.assert_allclose(unit_correlation(x, y), expected, atol=1e-12)


@given(seeds)
def test_centred_r_is_pearsons_after_removing_the_mean_time_course(seed):
    x, y = pair(seed)
    course = np.random.default_rng(seed).standard_normal((4, 3)) * 100
    expected = [pearsonr(*[(a - a.mean(axis=0))[..., u].ravel() for a in (x, y)]).statistic for u in range(3)]
    np.testing.assert_allclose(unit_correlation(x + course, y - course, centre_timesteps=True), expected, atol=1e-9)


def test_two_units_and_three_sequences_by_hand():
    perform = np.array([[[1.0, 0]], [[2.0, 1]], [[3.0, 2]]])
    observe = np.array([[[1.0, 2]], [[2.0, 1]], [[4.0, 0]]])
    # unit 0: deviations (−1, 0, 1) and (−4/3, −1/3, 5/3): 3 / √(2 · 42/9); unit 1 is reversed
    np.testing.assert_allclose(unit_correlation(perform, observe), [3 / np.sqrt(2 * 42 / 9), -1])


@given(seeds, st.floats(0.01, 100), st.floats(-100, 100))
def test_r_ignores_scale_and_offset_and_which_mode_comes_first(seed, scale, offset):
    x, y = pair(seed)
    r = unit_correlation(x, y)
    np.testing.assert_allclose(unit_correlation(scale * x + offset, y), r, atol=1e-8)
    np.testing.assert_allclose(unit_correlation(-x, y), -r, atol=1e-12)
    np.testing.assert_allclose(unit_correlation(y, x), r, atol=1e-12)


def test_a_constant_unit_has_no_r_and_is_counted():
    x, y = pair(1)
    x[..., 1] = 0.3
    r = unit_correlation(x, y)
    assert np.isnan(r[1]) and np.isfinite(r[[0, 2]]).all()
    found = shares(r)
    assert (found.n_units, found.n_excluded) == (3, 1)
    assert np.isnan(shares(np.full(3, np.nan)).largest)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_means_no_more_than_rounding(dtype):
    x, y = (a.astype(dtype) for a in pair(2, (300, 12, 2)))
    x[..., 1] = 0.1
    assert np.isnan(unit_correlation(x, y)).tolist() == [False, True]
    # a time course that all sequences share is constant only once timesteps are centred
    x[..., 1] = np.linspace(0, 1, 12)
    assert np.isfinite(unit_correlation(x, y)).all()
    assert np.isnan(unit_correlation(x, y, centre_timesteps=True)).tolist() == [False, True]
    x[..., 1] = 1000 + 0.01 * y[..., 1]
    assert np.isfinite(unit_correlation(x, y)).all()


def test_shares_by_hand():
    found = shares(np.array([0.8, 0.75, 0.61, -0.7, 0.0]))
    assert (found.strong, found.moderate) == (0.2, 0.8)
    assert (found.largest, found.smallest) == (0.8, -0.7)
    table = shares_over_thresholds(np.array([0.8, -0.7, 0.1, np.nan]), [0, 0.5, 0.75])
    np.testing.assert_allclose(table.positive, [2 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(table.either, [1, 2 / 3, 1 / 3])


@given(seeds)
def test_shares_fall_with_the_threshold(seed):
    r = np.random.default_rng(seed).uniform(-1, 1, 50)
    table = shares_over_thresholds(r, np.linspace(0, 1, 21))
    assert (np.diff(table.positive) <= 0).all() and (np.diff(table.either) <= 0).all()
    assert (table.either >= table.positive).all()


@pytest.mark.parametrize("threshold", [-0.1, 1.5, np.nan])
def test_thresholds_outside_their_range_are_refused(threshold):
    with pytest.raises(ValueError, match="at least 0 and at most 1"):
        shares(np.zeros(3), strong=threshold)
    with pytest.raises(ValueError, match="at least 0 and at most 1"):
        shares_over_thresholds(np.zeros(3), [0.5, threshold])


def test_top_units_by_hand():
    r = np.array([0.1, np.nan, -0.9, 0.8])
    assert top_units(r, 2).tolist() == [3, 0]
    assert top_units(r, 1, sign=-1).tolist() == [2]
    assert top_units(r, 9).tolist() == [3, 0, 2]


@given(st.integers(2, 50), seeds)
def test_halves_are_disjoint_and_complete(n, seed):
    a, b = split_half(n, np.random.default_rng(seed))
    assert sorted([*a, *b]) == list(range(n)) and abs(len(a) - len(b)) <= 1


@given(st.lists(st.sampled_from(["left", "right", "none"]), min_size=2, max_size=40), seeds)
def test_stratified_halves_get_the_same_of_each_condition_up_to_one(conditions, seed):
    a, b = split_half(len(conditions), np.random.default_rng(seed), conditions)
    assert sorted([*a, *b]) == list(range(len(conditions))) and len(b) - len(a) in (0, 1)
    assert (np.diff(a) > 0).all() and (np.diff(b) > 0).all()
    for condition in set(conditions):
        counts = [sum(conditions[i] == condition for i in half) for half in (a, b)]
        assert abs(counts[0] - counts[1]) <= 1


def test_every_sequence_is_as_often_in_either_stratified_half():
    rng = np.random.default_rng(0)
    conditions = np.repeat([0, 1], [4, 8])
    firsts = np.zeros(12)
    for _ in range(2000):
        firsts[split_half(12, rng, conditions)[0]] += 1
    np.testing.assert_allclose(firsts / 2000, 0.5, atol=0.05)


def test_conditions_that_do_not_fit_are_named():
    with pytest.raises(RecordingError, match=r"conditions have shape \(3,\).* the 4 sequences"):
        split_half(4, np.random.default_rng(0), [0, 1, 1])
