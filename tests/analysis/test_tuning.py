"""Tunings by hand, their reliability and p against references, and what tuning mismatch makes of them."""

import warnings

import numpy as np
import pytest
from scipy import stats

from mirror_core.analysis import null_test
from mirror_core.analysis.nulls.tuning_mismatch import LEAST_RELIABILITY, corrected_correlation
from mirror_core.analysis.tuning import Tuning, action_means, tuning, tuning_length
from mirror_core.recordings.simulated import simulate_population

CONFIDENCE = 0.999
"""Of each bound on a share; the seeds are fixed."""


def one_action_a_sequence(rng, n_each=6, n_actions=4, n_units=200, effect=0.5):
    """Return an analysis of variance: sequences of one timestep, as many for each action."""
    actions = np.repeat(np.arange(n_actions), n_each)[:, None]
    responses = effect * rng.standard_normal((n_actions, n_units))
    return responses[actions] + rng.standard_normal((len(actions), 1, n_units)), actions


def sluggish(rng, n_sequences=60, n_timesteps=8, n_units=40, n_actions=5, effect=0.0):
    """Return units whose noise outlasts the timestep within a sequence, and actions that do so too."""
    shape = (n_sequences, n_timesteps)
    actions = rng.integers(n_actions, size=(n_sequences, 1)) * np.ones(n_timesteps, int)
    actions = np.where(rng.uniform(size=shape) < 0.3, rng.integers(n_actions, size=shape), actions)
    noise = rng.standard_normal((n_sequences, 1, n_units)) + 0.5 * rng.standard_normal((*shape, n_units))
    return (effect * rng.standard_normal((n_actions, n_units)))[actions] + noise, actions


def test_means_by_hand():
    activity = np.array([[1.0, 5.0], [3.0, 9.0], [5.0, 1.0]])[..., None]
    actions = np.array([[0, 7], [7, 0], [0, 7]])
    assert action_means(activity, actions)[:, 0].tolist() == [5.0, 3.0]
    # timesteps' means are 3 and 5: deviations −2, 0, 2 and 0, 4, −4
    assert action_means(activity, actions, centre_timesteps=True)[:, 0] == pytest.approx([4 / 3, -4 / 3])
    assert tuning(activity, actions, 9, np.random.default_rng(0)).means[:, 0] == pytest.approx([4 / 3, -4 / 3])


def test_a_tuning_has_length_one_and_mean_zero_and_a_flat_one_has_none():
    found = tuning_length(np.array([[1.0, 2.0], [3.0, 2.0]]))
    assert found[:, 0] == pytest.approx([-np.sqrt(0.5), np.sqrt(0.5)]) and np.isnan(found[:, 1]).all()


@pytest.mark.parametrize("n_each", [4, 30])
def test_reliability_is_one_minus_one_over_f(n_each):
    activity, actions = one_action_a_sequence(np.random.default_rng(0), n_each)
    found = tuning(activity, actions, 9, np.random.default_rng(1))
    f = stats.f_oneway(*(activity[actions[:, 0] == action, 0] for action in range(4))).statistic
    np.testing.assert_allclose(found.reliability, np.clip(1 - 1 / f, 0, 1), atol=1e-9)
    assert 0 < np.mean(found.reliability > 0) < 1 or n_each == 30


def test_p_is_that_of_the_f_test():
    activity, actions = one_action_a_sequence(np.random.default_rng(2), n_units=60)
    found = tuning(activity, actions, 999, np.random.default_rng(3))
    p = stats.f_oneway(*(activity[actions[:, 0] == action, 0] for action in range(4))).pvalue
    # a permutation test of a normal sample comes near the F test; four standard errors of 99 draws, where no more
    # are made, and something for the sample
    np.testing.assert_allclose(found.p, p, atol=0.2)
    assert np.corrcoef(found.p, p)[0, 1] > 0.98


def test_reliability_is_that_of_split_halves_also_where_noise_outlasts_a_timestep():
    total, split, full = 0.0, 0.0, 0.0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        activity, actions = sluggish(rng, 240, effect=0.4)
        found = tuning(activity, actions, 1, rng)
        variance = found.means.var(axis=0)
        total += (found.reliability * variance).sum()
        halves = [tuning(activity[i::2], actions[i::2], 1, rng).means for i in (0, 1)]
        split += (halves[0] * halves[1]).mean(axis=0).sum()  # what the halves share is not noise
        full += variance.sum()
    assert total / full == pytest.approx(split / full, abs=0.04)
    assert 0.5 < split / full < 0.98


@pytest.mark.parametrize("make", [sluggish, lambda rng: one_action_a_sequence(rng, 12, n_units=40, effect=0.0)])
def test_p_of_untuned_units_is_uniform(make):
    p = []
    for seed in range(15):
        rng = np.random.default_rng(seed)
        p.append(tuning(*make(rng), 99, rng).p)
    p = np.concatenate(p)
    assert stats.kstest(p - 0.01 * np.random.default_rng(0).uniform(size=len(p)), "uniform").pvalue > 0.001
    low, high = stats.binom.interval(CONFIDENCE, len(p), 0.05)
    assert low <= (p <= 0.05).sum() <= high


def test_more_draws_are_made_only_of_what_few_leave_open():
    rng = np.random.default_rng(5)
    activity, actions = one_action_a_sequence(rng, 12, n_units=60, effect=0.0)
    activity[..., :6] += 0.9 * np.array([-1, 0, 0, 1.0])[actions][..., None]
    found = tuning(activity, actions, 9999, rng)
    assert found.p[:6].max() < 0.01 and found.p[6:].min() > 1e-3
    assert found.tuned[:6].all() and found.tuned[6:].sum() <= 1
    given_up = found.p[found.p > 0.15]
    np.testing.assert_allclose(given_up * 100, np.round(given_up * 100), atol=1e-9)


def test_a_value_that_is_not_there_is_left_out():
    activity, actions = sluggish(np.random.default_rng(1), 30, n_units=3, effect=1.0)
    # of whole sequences: the same as without them
    gaps, without = activity.copy(), np.delete(np.arange(30), [4, 17])
    gaps[[4, 17], :, 1] = np.nan
    found, less, all_ = (
        tuning(a, b, 19, np.random.default_rng(0))
        for a, b in ((gaps, actions), (activity[without], actions[without]), (activity, actions))
    )
    for quantity in ("means", "reliability"):
        values, expected = getattr(found, quantity), getattr(less, quantity)
        np.testing.assert_allclose(values[..., 1], expected[..., 1])
        np.testing.assert_allclose(values[..., [0, 2]], getattr(all_, quantity)[..., [0, 2]])
    np.testing.assert_array_equal(found.p[[0, 2]], all_.p[[0, 2]])
    # of single timesteps: means of what is there
    gaps = activity.copy()
    gaps[::3, 5:, 0] = np.nan
    deviation = gaps - np.nanmean(gaps, axis=0)
    by_hand = np.array([np.nanmean(deviation[..., 0][actions == action]) for action in range(5)])
    found = tuning(gaps, actions, 19, np.random.default_rng(0))
    np.testing.assert_allclose(found.means[:, 0], by_hand - by_hand.mean())
    assert np.isfinite(found.p).all() and found.tuned[0]


def test_a_constant_unit_has_no_p_and_is_not_tuned():
    activity, actions = one_action_a_sequence(np.random.default_rng(1), n_units=4, effect=3.0)
    activity[..., 2] = 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = tuning(activity, actions, 99, np.random.default_rng(0))
    assert np.isnan(found.p).tolist() == [False, False, True, False]
    assert found.tuned.tolist() == [True, True, False, True]


def test_correlations_are_corrected_for_noise_cut_and_never_for_more_than_the_bound():
    rng = np.random.default_rng(0)
    x, y = (means - means.mean(axis=0) for means in rng.standard_normal((2, 6, 4)))
    y[:, 1] = x[:, 1]
    one = Tuning(x, np.array([1.0, 0.9, 0.1, 1.0]), np.zeros(4))
    other = Tuning(y, np.array([0.9, 0.9, 1.0, 1.0]), np.zeros(4))
    plain = np.corrcoef(x.T, y.T)[:4, 4:]
    found = corrected_correlation(one, other)
    assert found[0, 0] == pytest.approx(plain[0, 0] / np.sqrt(0.9)) and found[3, 3] == pytest.approx(plain[3, 3])
    assert found[1, 1] == 1
    assert found[2, 3] == pytest.approx(np.clip(plain[2, 3] / np.sqrt(LEAST_RELIABILITY), -1, 1))


def test_only_tuned_units_are_tested_against_pairs_of_them():
    made = simulate_population(8, np.random.default_rng(3), tuned_share=0.25, n_units=40, n_sequences=80)
    test = null_test(made.perform, made.observe, "tuning-mismatch", 199, np.random.default_rng(4), actions=made.actions)
    tested = np.flatnonzero(np.isfinite(test.p))
    assert set(range(10)) <= set(tested) and len(tested) <= 12
    means = [action_means(mode, made.actions, centre_timesteps=True) for mode in (made.perform, made.observe)]
    plain = np.corrcoef(means[0].T, means[1].T)[:40, 40:]
    np.testing.assert_allclose(test.observed[:10], np.diag(plain)[:10], atol=0.02)  # noise is a tenth of the tunings


def test_planted_units_are_found_among_untuned_ones():
    for seed in range(5):
        made = simulate_population(
            12, np.random.default_rng(seed), tuned_share=0.2, planted_share=0.3, similarity=0.98, n_sequences=60
        )
        test = null_test(
            made.perform, made.observe, "tuning-mismatch", 199, np.random.default_rng(seed), actions=made.actions,
            alternative="greater",
        )  # fmt: skip
        found = test.significant(0.05, "bh")
        assert found[made.planted].mean() > 0.7 and found[~made.planted].sum() <= 1


@pytest.mark.parametrize("n_tuned", [0, 1])
def test_where_fewer_than_two_units_are_tuned_nobody_is_tested(n_tuned):
    made = simulate_population(6, np.random.default_rng(2), tuned_share=n_tuned / 8, n_units=8, n_sequences=40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        test = null_test(
            made.perform, made.observe, "tuning-mismatch", 99, np.random.default_rng(0), actions=made.actions
        )
        for correction in ("none", "bh", "bonferroni", "max-t"):
            assert np.isnan(test.corrected(correction)).all() and not test.significant(0.05, correction).any()
    assert test.n_excluded == 8
