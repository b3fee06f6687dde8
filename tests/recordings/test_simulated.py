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


def responses(made, n_actions):
    """Return (mode, action, unit): mean responses."""
    return np.array(
        [[mode[made.actions == a].mean(axis=0) for a in range(n_actions)] for mode in (made.perform, made.observe)]
    )


@pytest.mark.parametrize("kind", ["circle", "line", "bump"])
def test_kinds_of_tuning_have_their_shape_and_planted_units_the_same_in_both_modes(kind):
    k, rng = 8, np.random.default_rng(4)
    made = simulate_population(k, rng, tuning=kind, noise=0, planted_share=0.4, n_units=200, n_sequences=60)
    found = responses(made, k)
    np.testing.assert_allclose(found[0][:, made.planted], found[1][:, made.planted])
    same = np.isclose(found[0], found[1]).all(axis=0)
    assert not same[~made.planted].any()
    places = np.arange(k)
    if kind == "circle":  # one turn and nothing else, of unit variance, all phases alike
        waves = np.fft.rfft(found, axis=1) / k
        np.testing.assert_allclose(np.abs(waves[:, 1]), np.sqrt(0.5))
        np.testing.assert_allclose(np.delete(waves, 1, axis=1), 0, atol=1e-12)
        assert abs(np.exp(1j * np.angle(waves[:, 1])).mean()) < 0.2
    elif kind == "line":
        np.testing.assert_allclose(np.diff(found, 2, axis=1), 0, atol=1e-12)
        slopes = found.std(axis=1) * np.sign(found[:, -1] - found[:, 0])
        assert slopes.std() == pytest.approx(1, abs=0.15) and abs(slopes.mean()) < 0.2
    else:  # one maximum, from which responses fall on both sides
        for one in found.transpose(0, 2, 1).reshape(-1, k):
            top = one.argmax()
            assert (np.diff(one[: top + 1]) >= 0).all() and (np.diff(one[top:]) <= 0).all() and 0 < one.max() <= 2
        assert set(found.argmax(axis=1).ravel()) == set(places)


def test_units_that_are_not_tuned_respond_alike_to_all_actions():
    made = simulate_population(5, np.random.default_rng(5), tuned_share=0.3, planted_share=0.5, noise=0, n_units=40)
    found = responses(made, 5)
    assert (found[:, :, 12:] == 0).all() and (found[:, :, :12].std(axis=1) > 0).all()
    assert made.planted.sum() == 6 and made.planted[:6].all()


def test_unequal_noise_is_log_normal_and_the_same_in_both_modes():
    made = simulate_population(
        4, np.random.default_rng(6), tuned_share=0, unit_noise="log-normal", n_units=800, n_sequences=40
    )
    log = np.log([mode.std(axis=(0, 1)) / 0.3 for mode in (made.perform, made.observe)])
    assert log.std(axis=1) == pytest.approx(1, abs=0.1) and log.mean(axis=1) == pytest.approx(0, abs=0.15)
    assert np.corrcoef(log)[0, 1] > 0.99


def test_spikes_are_counts_whose_variance_is_their_mean_and_whose_rates_differ_ten_fold():
    made = simulate_population(
        4, np.random.default_rng(7), tuned_share=0, unit_noise="Poisson", n_units=300, n_sequences=200
    )
    assert (made.perform >= 0).all() and (made.perform == made.perform.round()).all()
    mean, variance = made.perform.mean(axis=(0, 1)), made.perform.var(axis=(0, 1))
    np.testing.assert_allclose(variance / mean, 1, atol=0.15)
    assert mean.min() == pytest.approx(0.1, abs=0.03) and mean.max() == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(np.log(mean), np.log(made.observe.mean(axis=(0, 1))), atol=0.4)  # the same rates
    tuned = simulate_population(4, np.random.default_rng(7), unit_noise="Poisson", n_units=300, n_sequences=200)
    ratio = np.log(responses(tuned, 4)[0] / mean)
    assert ratio.std() == pytest.approx(0.5, abs=0.15)


def test_unknown_kinds_are_named():
    for options in ({"tuning": "cirle"}, {"unit_noise": "poisson"}, {"tuned_share": 2}):
        with pytest.raises(OptionError, match=next(iter(options))):
            simulate_population(4, np.random.default_rng(0), **options)
