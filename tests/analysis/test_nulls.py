"""Permutation tests, against explicit loops with the same permutations, and for what they promise."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import kstest, pearsonr

from mirror_core.analysis import NULLS, NullTest, OptionError, RecordingError, null_test, nulls_table, unit_correlation
from mirror_core.analysis.nulls import row
from mirror_core.analysis.permutations import random_permutations
from mirror_core.analysis.significance import permutation_p

SHAPE = (20, 5, 4)


def unrelated(seed, shape=SHAPE):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape), rng.standard_normal(shape)


def tuned(seed, shape=SHAPE, n_actions=4):
    """Return two unrelated populations tuned to the same actions, and the actions."""
    rng = np.random.default_rng(seed)
    actions = rng.integers(n_actions, size=shape[:2])
    x, y = unrelated(seed, shape)
    code = rng.standard_normal((2, n_actions, shape[2]))
    return code[0][actions] + 0.3 * x, code[1][actions] + 0.3 * y, actions


def run(null, perform, observe, n=99, seed=5, **options):
    """Run any null, with what it needs made up where it is not given."""
    rng = np.random.default_rng(1000 + seed)
    actions = options.pop("actions", rng.integers(4, size=perform.shape[:2]))
    pseudo = options.pop("pseudo", (rng.standard_normal(perform.shape) for _ in range(n)))
    return null_test(perform, observe, null, n, np.random.default_rng(seed), actions=actions, pseudo=pseudo, **options)


def p_by_hand(observed, draws):
    """Return the share of values, the observed among them, that lie as far from the mean of all as the observed."""
    p = []
    for u, one in enumerate(observed):
        values = np.array([one, *(d[u] for d in draws)])
        far = np.abs(values - values.mean())
        p.append(np.mean(far >= far[0] - 1e-9))
    return p


@pytest.mark.parametrize("centre", [False, True])
def test_sequence_draws_are_r_of_re_paired_sequences(centre):
    x, y = unrelated(0)
    y = y + np.arange(5)[:, None]  # a time course, so that centring matters
    test = run("sequence", x, y, 50, centre_timesteps=centre)
    pis = random_permutations(20, 50, np.random.default_rng(5))
    expected = [unit_correlation(x, y[pi], centre_timesteps=centre) for pi in pis]
    np.testing.assert_allclose(test.null, expected, atol=1e-12)
    np.testing.assert_allclose(test.observed, unit_correlation(x, y, centre_timesteps=centre))
    np.testing.assert_allclose(test.p, p_by_hand(test.observed, expected))


def test_row_draws_are_r_of_shuffled_rows_in_machine_code_too(monkeypatch):
    x, y = unrelated(1)
    test = run("row", x, y, 50)
    rng = np.random.default_rng(5)
    expected = [unit_correlation(x, y.reshape(100, 4)[rng.permutation(100)].reshape(y.shape)) for _ in range(50)]
    np.testing.assert_allclose(test.null, expected, atol=1e-12)
    np.testing.assert_allclose(test.p, p_by_hand(test.observed, expected))
    pytest.importorskip("numba")
    monkeypatch.setattr(row, "_WORTH", 0)
    monkeypatch.setattr(row, "UNITS_AT_ONCE", 3)
    np.testing.assert_allclose(run("row", x, y, 50).null, test.null, rtol=0, atol=1e-15)


@pytest.mark.parametrize("centre", [False, True])
def test_pseudosession_draws_are_r_with_each_fresh_recording(centre):
    x, y = unrelated(2)
    fresh = [np.random.default_rng(s).standard_normal(SHAPE) for s in range(30)]
    test = run("pseudosession", x, y, 25, pseudo=iter(fresh), centre_timesteps=centre)
    expected = [unit_correlation(x, one, centre_timesteps=centre) for one in fresh[:25]]
    np.testing.assert_allclose(test.null, expected, atol=1e-12)
    np.testing.assert_allclose(test.p, p_by_hand(test.observed, expected))


def test_unit_mismatch_compares_with_every_pair_of_different_units():
    x, y, _ = tuned(3)
    test = run("unit-mismatch", x, y)
    r = np.array([[pearsonr(x[..., i].ravel(), y[..., j].ravel()).statistic for j in range(4)] for i in range(4)])
    others = [r[i, j] for i in range(4) for j in range(4) if i != j]
    np.testing.assert_allclose(test.observed, np.diag(r))
    far = np.abs(others - np.mean(others))
    np.testing.assert_allclose(test.p, [(1 + sum(far >= abs(d - np.mean(others)))) / 13 for d in np.diag(r)])
    below = run("unit-mismatch", x, y, alternative="less")
    np.testing.assert_allclose(below.p, [(1 + sum(others <= d)) / 13 for d in np.diag(r)])
    for draw in test.null:
        partner = np.abs(r - draw[:, None]).argmin(axis=1)
        assert sorted(partner) == [0, 1, 2, 3] and (partner != range(4)).all()
        np.testing.assert_allclose(draw, r[range(4), partner])


@pytest.mark.parametrize("centre", [False, True])
def test_action_relabelling_correlates_mean_responses_under_every_relabelling(centre):
    x, y, actions = tuned(4)
    test = run("action-relabelling", x, y, actions=actions, centre_timesteps=centre)
    if centre:
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    means = [np.array([a[actions == k].mean(axis=0) for k in range(4)]) for a in (x, y)]
    r = [[pearsonr(means[0][:, u], means[1][list(pi), u]).statistic for u in range(4)] for pi in permutations(range(4))]
    np.testing.assert_allclose(test.observed, r[0])
    np.testing.assert_allclose(test.null, r[1:], atol=1e-12)
    np.testing.assert_allclose(test.p, p_by_hand(r[0], r[1:]))


def test_p_by_hand():
    observed = np.array([0.9, -0.5, 0.1, np.nan])
    null = np.array([[0.2, 0.6, 0.0, np.nan], [-0.95, 0.1, 0.3, np.nan], [0.1, 0.2, -0.2, np.nan]])
    # means .0625, .1 and .05; distances .8375 (others .1375, 1.0125, .0375), .6 (.5, 0, .1), .05 (.05, .25, .25)
    np.testing.assert_allclose(permutation_p(observed, null), [2 / 4, 1 / 4, 4 / 4, np.nan])
    np.testing.assert_allclose(permutation_p(observed, null, "greater"), [1 / 4, 4 / 4, 2 / 4, np.nan])
    np.testing.assert_allclose(permutation_p(observed, null, "less"), [4 / 4, 1 / 4, 3 / 4, np.nan])


def test_corrections_by_hand():
    observed, null = np.array([3.0, -2.0, 1.0, np.nan]), np.full((3, 4), np.nan)
    null[:, :3] = [[0, 0, -1], [-1, 1, 0], [-2, 1, 0]]
    test = NullTest("row", "greater", observed, null, np.array([0.01, 0.04, 0.03, np.nan]))
    np.testing.assert_allclose(test.corrected("none"), test.p)
    np.testing.assert_allclose(test.corrected("bonferroni"), [0.03, 0.12, 0.09, np.nan])
    np.testing.assert_allclose(test.corrected("bh"), [0.03, 0.04, 0.04, np.nan])
    # all means are 0; squares sum to 14, 6 and 2, so that in standard deviations, times √4, the observed are
    # 3/√14 = .80, -2/√6 = -.82, 1/√2 = .71, the largest of each draw 0, 1/√6 = .41, 1/√6 = .41
    np.testing.assert_allclose(test.corrected("max-t"), [1 / 4, 4 / 4, 1 / 4, np.nan])
    # without signs: .80, .82, .71, and 1/√2 = .71, .41, 2/√14 = .53
    np.testing.assert_allclose(replace(test, alternative="two-sided").corrected("max-t"), [1 / 4, 1 / 4, 2 / 4, np.nan])
    # all units alike: deviations from the mean draw -2/9, with signs
    np.testing.assert_allclose(replace(test, pooled=True).corrected("max-t"), [1 / 4, 4 / 4, 3 / 4, np.nan])
    assert test.significant(0.035).tolist() == [True, False, True, False]
    assert test.significant(0.035, "bh").tolist() == [True, False, False, False]
    assert test.n_excluded == 1


def test_a_shared_time_course_does_not_hide_a_unit_whose_r_is_lower_than_any_pairing_gives():
    rng = np.random.default_rng(0)
    course = np.linspace(0, 3, 12)[:, None]
    x, y = rng.standard_normal((2, 60, 12, 10))
    perform, observe = course + x, course - 0.7 * x + 0.7 * y
    test = run("sequence", perform, observe, 400)
    assert (test.null.mean(axis=0) > 0.3).all() and (np.abs(test.observed) < test.null.mean(axis=0)).all()
    assert test.significant(0.05, "max-t").all()


def test_an_observed_value_that_is_drawn_again_is_a_tie():
    x, _ = unrelated(0, (3, 2, 1))
    test = run("sequence", x, x, 600)
    # 1 in 6 permutations of three sequences is the identity, whose sum may differ by rounding
    assert test.p[0] == pytest.approx(1 / 6, abs=0.05)


@pytest.mark.parametrize("null", NULLS)
def test_p_is_uniform_where_there_is_nothing_to_find(null):
    p = []
    for seed in range(40):
        x, y = unrelated(seed, (12, 3, 10))
        options = {}
        if null == "tuning-mismatch":  # which tests tuned units alone
            x, y, options["actions"] = tuned(seed, (40, 6, 10), n_actions=6)
        p.append(run(null, x, y, n=199, seed=seed, **options).p)
    p = np.concatenate(p)
    assert np.isfinite(p).all()
    # values of p are discrete: spread each over its step before comparing with the uniform distribution
    step = {"unit-mismatch": 1 / 91, "tuning-mismatch": 1 / 91, "action-relabelling": 1 / 24}.get(null, 1 / 200)
    spread = p - step * np.random.default_rng(0).uniform(size=len(p))
    assert kstest(spread, "uniform").pvalue > 0.001
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.035)


def test_which_null_calls_unrelated_codes_for_the_same_actions():
    share = {name: [] for name in NULLS}
    for seed in range(6):
        x, y, actions = tuned(seed, (60, 6, 40), n_actions=6)
        code = np.random.default_rng(seed).standard_normal((6, 40))
        fresh = (code[np.random.default_rng(s).integers(6, size=(60, 6))] for s in range(200))
        for name in NULLS:
            share[name].append(run(name, x, y, 200, actions=actions, pseudo=fresh).significant(0.05).mean())
    share = {name: np.mean(values) for name, values in share.items()}
    assert min(share["row"], share["sequence"], share["pseudosession"]) > 0.7
    assert max(share["unit-mismatch"], share["tuning-mismatch"], share["action-relabelling"]) < 0.1


def test_a_shared_time_course_fools_row_shuffling_but_not_sequence_shuffling():
    rng = np.random.default_rng(0)
    course = np.linspace(0, 3, 12)[:, None]
    x, y = (course + rng.standard_normal((60, 12, 30)) for _ in "xy")
    assert run("row", x, y, 400).significant(0.05).mean() > 0.95
    assert run("sequence", x, y, 400).significant(0.05).mean() < 0.25


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("sign", [1, -1])
def test_real_agreement_is_found_in_either_direction(null, sign):
    x, _, actions = tuned(3, (60, 6, 40), n_actions=9)
    noise, _ = unrelated(8, x.shape)
    test = run(null, x, sign * x + 0.3 * noise, n=999, actions=actions)
    for correction in ("none", "bh", "max-t"):
        # a unit whose tuning happens to be flat may be missed
        assert test.significant(0.05, correction).mean() > 0.9
    assert (np.sign(test.observed) == sign).mean() > 0.9


@pytest.mark.parametrize("null", NULLS)
def test_a_constant_unit_is_left_out_and_changes_nothing_else(null):
    x, y, actions = tuned(6, (12, 5, 6))
    constant = np.insert(x, 2, 0.3, axis=2), np.insert(y, 2, unrelated(9, (12, 5, 1))[0][..., 0], axis=2)
    test = run(null, *constant, actions=actions)
    assert np.isnan(test.p).tolist() == np.isnan(test.observed).tolist() == [False, False, True] + [False] * 4
    for correction in ("none", "bh", "bonferroni", "max-t"):
        p = test.corrected(correction)
        assert np.isnan(p[2]) and np.isfinite(np.delete(p, 2)).all()
        assert not test.significant(1.0, correction)[2]
    if null in ("sequence", "action-relabelling"):  # the others draw differently with another unit
        np.testing.assert_allclose(np.delete(test.p, 2), run(null, x, y, actions=actions).p)


def test_the_table_of_nulls_says_what_each_asks_keeps_and_breaks():
    table = nulls_table()
    assert table.null.tolist() == list(NULLS)
    assert (table.map(len) > 0).all(axis=None) and table.question.nunique() == 2


def test_bad_arguments_are_named():
    x, y = unrelated(0)
    with pytest.raises(OptionError, match="unknown null 'sequnce'. Did you mean 'sequence'"):
        run("sequnce", x, y)
    with pytest.raises(OptionError, match="n_permutations = 0"):
        run("row", x, y, 0)
    with pytest.raises(OptionError, match="unknown correction 'bonferoni'. Did you mean 'bonferroni'"):
        run("row", x, y, 5).corrected("bonferoni")
    with pytest.raises(OptionError, match="alpha = 2"):
        run("row", x, y, 5).significant(2)
    with pytest.raises(OptionError, match="unknown alternative 'larger'"):
        run("row", x, y, 5, alternative="larger")
    with pytest.raises(OptionError, match="needs actions"):
        run("action-relabelling", x, y, actions=None)
    with pytest.raises(OptionError, match="needs pseudo"):
        run("pseudosession", x, y, pseudo=None)
    with pytest.raises(OptionError, match="n_permutations = 5 is not allowed with 2 pseudo"):
        run("pseudosession", x, y, 5, pseudo=[x, y])
    with pytest.raises(RecordingError, match="unit mismatch needs at least 2"):
        run("unit-mismatch", x[..., :1], y[..., :1])
    with pytest.raises(RecordingError, match="values that are not finite"):
        run("row", x, np.where(y > 2, np.nan, y))
