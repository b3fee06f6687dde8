"""Made-up populations have the structure they claim, and the tests find in them what is there and little else."""

import numpy as np
import pytest

from mirror_core.analysis import OptionError, null_test, unit_correlation
from mirror_core.recordings.simulated import simulate_population


def test_planted_units_are_similar_and_the_others_are_not():
    rng = np.random.default_rng(0)
    made = simulate_population(200, rng, planted_share=0.25, similarity=-0.9, noise=0, n_units=40, n_sequences=400)
    assert made.planted.tolist() == [True] * 10 + [False] * 30
    r = unit_correlation(made.perform, made.observe)
    np.testing.assert_allclose(r[made.planted], -0.9, atol=0.06)
    np.testing.assert_allclose(r[~made.planted], 0, atol=0.3)
    assert made.actions.shape == made.perform.shape[:2] and np.unique(made.actions).size == 200


def test_noise_is_in_units_of_the_tuning():
    made = simulate_population(100, np.random.default_rng(1), noise=2.0, n_units=50, n_sequences=200)
    tuning = np.stack([made.perform[made.actions == a].mean(axis=0) for a in range(100)])
    assert tuning.var() == pytest.approx(1 + 4 / 24, rel=0.05)
    assert (made.perform - tuning[made.actions]).std() == pytest.approx(2, rel=0.05)


def test_impossible_populations_are_refused():
    for options in ({"similarity": 1.5}, {"planted_share": -0.1}, {"noise": -1}, {"n_units": 0}):
        with pytest.raises(OptionError, match=next(iter(options))):
            simulate_population(4, np.random.default_rng(0), **options)
    with pytest.raises(OptionError, match="n_actions = 1"):
        simulate_population(1, np.random.default_rng(0))


def outcome(n_actions, planted_share, n_populations=40, alternative="two-sided"):
    """Return share of unrelated units called at .05, and power and false discoveries under Benjamini–Hochberg."""
    rng = np.random.default_rng(n_actions)
    called, power, false = [], [], []
    for _ in range(n_populations):
        made = simulate_population(n_actions, rng, planted_share=planted_share, n_sequences=60)
        test = null_test(made.perform, made.observe, "unit-mismatch", 1, rng, alternative=alternative)
        found = test.significant(0.05, "bh")
        called.append(test.significant(0.05)[~made.planted].mean())
        power.append(found[made.planted].mean() if planted_share else np.nan)
        false.append(found[~made.planted].sum() / max(1, found.sum()))
    return np.mean(called), np.mean(power), np.mean(false)


@pytest.mark.parametrize("n_actions", [3, 4, 6, 9, 12])
def test_unit_mismatch_calls_the_nominal_share_of_unrelated_units(n_actions):
    called, _, _ = outcome(n_actions, 0)
    # 40 populations of 96 units, which share their few tunings' dimensions: twice the binomial standard error
    assert called == pytest.approx(0.05, abs=0.014)


@pytest.mark.parametrize(("n_actions", "least"), [(6, 0.7), (9, 0.95), (12, 0.98)])
def test_unit_mismatch_finds_planted_mirror_units(n_actions, least):
    _, power, false = outcome(n_actions, 0.3, alternative="greater")
    assert power >= least
    assert false <= 0.05


def test_with_four_actions_one_mirror_unit_cannot_be_told_from_luck():
    _, power, _ = outcome(4, 0.3, alternative="greater")
    assert power < 0.5
