"""Power in the limit: what a very large population shows, and what can be worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from mirror_core.analysis import OptionError, null_test
from mirror_core.recordings.simulated import simulate_population
from mirror_core.studies.calibration.limit import exceeded, power_in_the_limit


@pytest.mark.parametrize(("n_actions", "similarity"), [(4, 0.95), (6, 0.95), (9, 0.8)])
def test_a_large_population_comes_near_the_limit(n_actions, similarity):
    rng = np.random.default_rng(n_actions)
    made = simulate_population(
        n_actions, rng, planted_share=0.4, similarity=similarity, n_units=1500, n_sequences=100, n_timesteps=6
    )
    test = null_test(made.perform, made.observe, "unit-mismatch", 1, rng, alternative="greater")
    found = test.significant(0.05, "bh")[made.planted].mean()
    limit = power_in_the_limit(n_actions, np.random.default_rng(0), similarity=similarity, planted_share=0.4)
    # 600 planted units: a binomial standard error of .02, and the threshold moves with them
    assert found == pytest.approx(limit, abs=0.07)


# with four actions the threshold is at r > .99, where few units decide on it
@pytest.mark.parametrize("n_actions", [6, 9])
def test_tuning_mismatch_comes_near_the_limit_without_noise(n_actions):
    rng = np.random.default_rng(n_actions)
    made = simulate_population(n_actions, rng, planted_share=0.4, n_units=800, n_sequences=100, n_timesteps=6)
    test = null_test(
        made.perform, made.observe, "tuning-mismatch", 39, rng, actions=made.actions, alternative="greater"
    )
    found = test.significant(0.05, "bh")[made.planted].mean()
    limit = power_in_the_limit(n_actions, np.random.default_rng(0), planted_share=0.4, noise=0)
    # 320 planted units: a binomial standard error of .03, and the threshold moves with them
    assert found == pytest.approx(limit, abs=0.09)


@pytest.mark.parametrize("n_actions", [6, 8])
def test_without_noise_bh_holds_at_the_threshold_of_the_limit(n_actions):
    """The closed form, from drawn tunings alone: false units among those above the threshold are a share α."""
    rng, n = np.random.default_rng(n_actions), 200_000
    x, y, z = (a - a.mean(axis=1, keepdims=True) for a in rng.standard_normal((3, n, n_actions)))

    def r(a, b):
        return (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))

    planted, unrelated = np.sort(r(x, 0.95 * x + np.sqrt(1 - 0.95**2) * y)), np.sort(r(x, z))
    power = power_in_the_limit(n_actions, np.random.default_rng(1), noise=0)
    threshold = planted[round((1 - power) * n)]
    beyond = 1 - np.searchsorted(unrelated, threshold) / n
    assert beyond / (0.3 * power + 0.7 * beyond) == pytest.approx(0.05, rel=0.15)


def test_with_four_actions_there_is_a_share_planted_below_which_bh_finds_nothing():
    # unrelated r are uniform in [−1, 1], density 1/2; at r = 1 that of planted ones (Hotelling 1953, 4 pairs) is 28.3;
    # BH calls some if 1/2 ≤ .05 (share · 28.3 + (1 − share) / 2): from a share of .342
    powers = [power_in_the_limit(4, np.random.default_rng(0), planted_share=share, noise=0) for share in (0.3, 0.4)]
    assert powers[0] == 0 and powers[1] > 0.1


def test_units_that_nothing_hides_are_all_found_and_those_without_a_code_are_not():
    rng = np.random.default_rng(1)
    assert power_in_the_limit(12, rng, similarity=1.0, noise=0.0) == 1
    assert power_in_the_limit(6, rng, similarity=0.0) < 0.001
    assert power_in_the_limit(6, rng, similarity=0.5, noise=1e6) < 0.001


@pytest.mark.parametrize("n_actions", [3, 6, 12])
def test_r_of_unrelated_units_is_distributed_as_in_theory(n_actions):
    for r in (0.0, 0.3, 0.9, 1.2):
        t = r * np.sqrt((n_actions - 2) / (1 - r**2)) if r < 1 else np.inf
        assert exceeded(np.array([r]), n_actions) == pytest.approx(stats.t.sf(t, n_actions - 2))


def test_more_power_with_more_to_find():
    powers = [power_in_the_limit(6, np.random.default_rng(3), planted_share=share) for share in (0.1, 0.3, 0.6)]
    assert powers == sorted(powers) and powers[0] < powers[2] - 0.1


def test_impossible_settings_are_named():
    for options in ({"similarity": 2}, {"planted_share": -0.1}, {"noise": -1}, {"n_units": 0}):
        with pytest.raises(OptionError, match=next(iter(options))):
            power_in_the_limit(6, np.random.default_rng(0), **options)
    with pytest.raises(OptionError, match="n_actions"):
        power_in_the_limit(2, np.random.default_rng(0))
