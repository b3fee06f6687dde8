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


@pytest.mark.parametrize(("n_actions", "least", "most"), [(4, 0, 0.5), (12, 0.98, 1)])
def test_with_few_actions_a_mirror_unit_cannot_be_told_from_luck_and_with_many_it_can(n_actions, least, most):
    rng, power, false = np.random.default_rng(n_actions), [], []
    for _ in range(40):
        made = simulate_population(n_actions, rng, planted_share=0.3, n_sequences=60)
        test = null_test(made.perform, made.observe, "unit-mismatch", 1, rng, alternative="greater")
        found = test.significant(0.05, "bh")
        power.append(found[made.planted].mean())
        false.append(found[~made.planted].sum() / max(1, found.sum()))
    assert least <= np.mean(power) <= most
    assert np.mean(false) <= 0.05
