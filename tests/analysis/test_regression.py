"""Regression across modes with trials of their own: by hand, of known codes, and nulls that are calibrated."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from mirror_core.analysis import OptionError, RecordingError
from mirror_core.analysis.regression import regression

DRAWS = 39
"""With so many, exactly two of forty ranks have p up to .05."""


def coded(
    seed,
    n_axes=1,
    shared=True,
    sign=1,
    n=(60, 40),
    n_units=30,
    tuned=1.0,
    noise=1.0,
    length=1,
    common=0.0,
    uneven=False,
    alike=False,
):
    """Return trials of two modes whose codes of a continuous condition are the same, opposed, or unrelated.

    `common` is the size of two sources of noise that reach the same units in both modes; `uneven` lets units differ in
    their own noise; `alike` has all rise with the first axis.
    """
    rng = np.random.default_rng(seed)
    codes = rng.standard_normal((2, n_axes, n_units)) * (np.arange(n_units) < tuned * n_units)
    codes[:, 0] = np.abs(codes[:, 0]) if alike else codes[:, 0]
    codes[1] = sign * codes[0] if shared else codes[1]
    targets = [rng.standard_normal((k, length, n_axes)) for k in n]
    noise = noise * np.exp(rng.standard_normal(n_units)) if uneven else noise
    reach = common * rng.standard_normal((2, n_units)) if common else np.zeros((2, n_units))
    activities = [
        target @ code + noise * rng.standard_normal((len(target), length, n_units))
        + (rng.standard_normal((len(target), length, 2)) @ reach if common else 0)
        for target, code in zip(targets, codes, strict=True)
    ]  # fmt: skip
    return activities, targets, rng


@pytest.mark.parametrize("n_units", [30, 5])
def test_answers_across_modes_are_those_of_scikit_learn_by_hand(n_units):
    activities, targets, _ = coded(3, n_axes=2, n=(20, 15), n_units=n_units, noise=2.0)
    targets = [target * [1, 5] + [0, 3] for target in targets]  # any units of measurement
    found = regression(activities, targets, np.random.default_rng(9), 9, penalty=0.05)
    rng = np.random.default_rng(9)
    folds = [rng.permutation(n) % 5 for n in (20, 15)]
    x = [(a[:, 0] - a[:, 0].mean(axis=0)) / a[:, 0].std(axis=0) for a in activities]
    y = [(t[:, 0] - t[:, 0].mean(axis=0)) / t[:, 0].std(axis=0) for t in targets]
    answers = np.empty_like(y[1])
    for k in range(5):
        rows = folds[0] != k
        model = Ridge(alpha=0.05 * rows.sum(), fit_intercept=False).fit(x[0][rows], y[0][rows])
        answers[folds[1] == k] = model.predict(x[1][folds[1] == k])
    by_axis = [np.corrcoef(answers[:, a], y[1][:, a])[0, 1] for a in (0, 1)]
    assert found.c[0, 1] == pytest.approx(np.mean(by_axis), abs=1e-9)
    assert found.r2[0, 1] == pytest.approx(1 - ((answers - y[1]) ** 2).sum() / (y[1] ** 2).sum(), abs=1e-9)
    np.testing.assert_allclose(found.answers[0][1], answers, atol=1e-9)


@pytest.mark.parametrize("n_axes", [1, 2])
def test_a_shared_code_passes_and_an_opposed_one_does_not(n_axes):
    shared = regression(*coded(0, n_axes), 199)
    assert (shared.c > 0.9).all() and np.nanmax(shared.p_units) <= 0.02
    opposed = regression(*coded(0, n_axes, sign=-1), 199)
    alike = regression(*coded(0, shared=False, alike=True, tuned=0.33), 199)  # of units that all rise, any is another
    assert alike.c[0, 1] > 0.5 and alike.p_units[0, 1] == alike.least_p[0, 1] == 1
    assert opposed.c[0, 1] < -0.9 and opposed.p_units[0, 1] > 0.9 and opposed.p[0, 0] == 1 / 200


SITUATIONS = {
    "few tuned of units that differ in noise": {"n_units": 20, "tuned": 0.25, "uneven": True},
    "two axes, few tuned": {"n_axes": 2, "tuned": 0.2, "noise": 3.0},
    "noise that the same units share in both modes": {"tuned": 0.33, "common": 2.0},
    "few tuned, which all rise": {"tuned": 0.33, "alike": True},
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_unrelated_codes_pass_exchanged_units_no_more_often_than_they_may(situation):
    """Units tuned strongly in both modes are no sign of a shared code, nor is noise that reaches them in both."""
    found = [regression(*coded(seed, shared=False, **SITUATIONS[situation]), DRAWS) for seed in range(100)]
    p = np.array([[one.p_units[0, 1], one.p_units[1, 0]] for one in found])
    assert (p <= 0.05).mean(axis=0).max() <= 0.11  # 100 binomials with .05 exceed it once in a hundred
    if SITUATIONS[situation].get("n_axes"):
        assert np.mean([one.p_turned[0, 1] <= 0.05 for one in found]) <= 0.11
    # exchanged trials say that something is known, which unrelated codes are as well
    assert np.mean([one.p[0, 0] <= 0.05 for one in found]) > 0.5


def test_where_nothing_is_coded_exchanged_trials_say_so():
    p = []
    for seed in range(100):
        activities, targets, rng = coded(seed, tuned=0.0, n=(24, 16), length=3)
        p.append(regression(activities, targets, rng, DRAWS).p)
    assert (np.array(p) <= 0.05).mean(axis=0).max() <= 0.11


def test_gaps_and_ended_trials_count_where_they_are():
    activities, targets, rng = coded(1, length=4)
    activities[0][::3, 2:], targets[0][::3, 2:] = np.nan, np.nan
    activities[1][:5, :, 7] = np.nan
    found = regression(activities, targets, rng, 99)
    assert (found.c > 0.8).all() and found.p[0, 1] == 0.01 and np.nanmax(found.p_units) <= 0.05


def test_units_of_different_groups_are_not_exchanged():
    """Animals whose units all rise with the target, or all fall: which unit it is says nothing beyond its animal."""
    rng = np.random.default_rng(4)
    animal = np.repeat(["a", "b"], 10)
    code = np.where(animal == "a", 1.0, -1.0)[None] * rng.uniform(0.9, 1.1, 20)
    targets = [rng.standard_normal((n, 1, 1)) for n in (60, 40)]
    noisy = [target @ code + 0.5 * rng.standard_normal((len(target), 1, 20)) for target in targets]
    assert regression(noisy, targets, rng, 99).p_units[0, 1] == 0.01
    assert regression(noisy, targets, rng, 99, groups=animal).p_units[0, 1] == 1
    with pytest.raises(RecordingError, match=r"groups has shape \(2,\) for 20 units"):
        regression(noisy, targets, rng, 9, groups=animal[:2])


@pytest.mark.parametrize("size", [2.0**700, 2.0**-700])
def test_the_unit_of_the_target_is_of_no_matter(size):
    found = [regression(activities, [size**k * one for one in targets], rng, 9)
             for k in (0, 1) for activities, targets, rng in [coded(0)]]  # fmt: skip
    np.testing.assert_array_equal(found[0].c, found[1].c)
    np.testing.assert_array_equal(found[0].r2, found[1].r2)


def test_what_cannot_be_regressed_is_said():
    activities, targets, rng = coded(0)
    with pytest.raises(RecordingError, match=r"axis 0 of the target is always 2 in observe"):
        regression(activities, [targets[0], np.full_like(targets[1], 2)], rng, 9)
    with pytest.raises(RecordingError, match=r"perform has 3 trial\(s\) with a target: at least 4"):
        regression([activities[0][:3], activities[1]], [targets[0][:3], targets[1]], rng, 9)
    with pytest.raises(RecordingError, match="30 units and 1 axes, observe 29 and 1"):
        regression([activities[0], activities[1][..., 1:]], targets, rng, 9)
    with pytest.raises(RecordingError, match="of the same trials and timesteps"):
        regression(activities, targets[::-1], rng, 9)
    with pytest.raises(OptionError, match="n_draws = 0"):
        regression(activities, targets, rng, 0)
