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
