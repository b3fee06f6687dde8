"""Congruence of tunings, against units whose class is known by hand and explicit relabelling."""

from itertools import permutations

import numpy as np
import pytest

from mirror_core.analysis import CLASSES, OptionError, congruence
from mirror_core.analysis.congruence import effective_actions, selectivity
from mirror_core.recordings.simulated import simulate_population

# mean responses to four actions of five units, by what the modes have in common: all, one of two each,
# all of performing but not of observing, nothing; the last is flat when observing
PERFORM = np.array([[4.0, 0, 0, 0], [4, 3, 0, 0], [4, 0, 0, 0], [4, 0, 0, 0], [4, 0, 0, 0]]).T
OBSERVE = np.array([[9.0, 1, 1, 1], [0, 4, 3, 0], [4, 3, 0, 0], [0, 0, 4, 0], [1, 1, 1, 1]]).T


def made(perform=PERFORM, observe=OBSERVE, noise=0.01):
    rng = np.random.default_rng(0)
    actions = np.stack([rng.permutation(np.repeat(np.arange(4), 3)) for _ in range(20)])
    return *(t[actions] + noise * rng.standard_normal((20, 12, t.shape[1])) for t in (perform, observe)), actions


def test_classes_by_hand():
    found = congruence(*made(), 100, np.random.default_rng(0))
    assert found.kind.tolist() == [CLASSES[i] for i in (0, 1, 1, 2, 3)]
    index = [np.corrcoef(PERFORM[:, u], OBSERVE[:, u])[0, 1] for u in range(4)]
    np.testing.assert_allclose(found.test.observed[:4], index, atol=0.02)


def test_shares_by_chance_are_those_of_explicit_relabelling():
    found = congruence(*made(), 100, np.random.default_rng(0))
    effective = [PERFORM[:, :4] >= [2.5, 2.875, 2.5, 2.5], OBSERVE[:, :4] >= [6, 2.875, 2.875, 2.5]]
    expected = np.zeros(4)
    for pi in list(permutations(range(4)))[1:]:
        for first, second in zip(effective[0].T, effective[1][list(pi)].T, strict=True):
            same, some = np.array_equal(first, second), np.any(first & second)
            expected[0 if same else 1 if some else 2] += 1
        expected[3] += 1
    table = found.shares().set_index("class")
    np.testing.assert_allclose(table.by_chance, expected / 23 / 5)
    np.testing.assert_allclose(table.share, [0.2, 0.4, 0.2, 0.2])
    assert list(table.index) == list(CLASSES) and table.p["not selective"] == 1


def test_selectivity_is_the_share_of_variance_between_actions():
    perform, _, actions = made(noise=2.0)
    values, labels = perform[..., 0].ravel(), actions.ravel()
    between = sum(np.sum(labels == a) * (values[labels == a].mean() - values.mean()) ** 2 for a in range(4))
    assert selectivity(perform, actions)[0] == pytest.approx(between / np.sum((values - values.mean()) ** 2))
    perform[..., 1] = 3.0
    assert selectivity(perform, actions)[1] == 0


def test_the_preferred_action_is_always_effective_and_alone_at_the_strictest():
    tuning = np.random.default_rng(1).standard_normal((6, 50))
    strictest = effective_actions(tuning, 1.0)
    assert (strictest.sum(axis=0) == 1).all() and (strictest.argmax(axis=0) == tuning.argmax(axis=0)).all()
    assert (effective_actions(tuning, 0.3) >= strictest).all()


def test_mirror_units_are_congruent_beyond_chance_and_unrelated_units_are_not():
    p = {0.0: [], 0.5: []}
    for share in p:
        for seed in range(8):
            rng = np.random.default_rng(seed)
            pop = simulate_population(6, rng, planted_share=share, n_sequences=40, n_units=60)
            table = congruence(pop.perform, pop.observe, pop.actions, 720, rng).shares().set_index("class")
            p[share].append(table.p["strictly congruent"])
    assert max(p[0.5]) < 0.01
    assert np.mean(np.array(p[0.0]) <= 0.1) <= 0.4


def spikes(n_bins, tuned_share=0.5, n_trials=60):
    """Return spikes of 40 units in trials with one action each, counted in wide or in narrow bins of the same time."""
    rng = np.random.default_rng(3)
    actions = np.repeat(rng.permutation(n_trials)[:, None] % 6, 24, axis=1)
    tuned = np.arange(40) < 40 * tuned_share
    logs = np.where(tuned, rng.standard_normal((2, 6, 40)), 0)
    modes = (rng.poisson(0.25 * np.exp(log)[actions]) for log in logs)
    return *(m.reshape(n_trials, n_bins, -1, 40).sum(axis=2, dtype=float) for m in modes), actions[:, :n_bins], tuned


def test_by_test_selectivity_does_not_depend_on_the_bin_width():
    *wide, tuned = spikes(1)
    *narrow, _ = spikes(24)
    by_test, by_share = (
        [congruence(*made, 999, np.random.default_rng(0), least_selectivity=least).kind != "not selective"
         for made in (wide, narrow)]
        for least in (None, 0.05)
    )  # fmt: skip
    assert np.mean(by_test[0] == by_test[1]) > 0.95
    for found in by_test:
        assert found[tuned].mean() > 0.9 and found[~tuned].mean() < 0.06
    assert by_share[0][~tuned].mean() > 0.5 and by_share[1][tuned].mean() < 1  # a share calls noise in 60 rows tuning


def test_by_test_untuned_units_are_not_selective():
    *noise, _ = spikes(1, tuned_share=0)
    assert (congruence(*noise, 499, np.random.default_rng(0), least_selectivity=None).kind == "not selective").all()
    by_hand = congruence(*made(), 199, np.random.default_rng(0), least_selectivity=None)
    assert by_hand.kind.tolist() == [CLASSES[i] for i in (0, 1, 1, 2, 3)]


def test_options_outside_their_range_are_refused():
    with pytest.raises(OptionError, match="effective = 1.2"):
        congruence(*made(), 10, np.random.default_rng(0), effective=1.2)
    with pytest.raises(OptionError, match="least_selectivity = -1"):
        congruence(*made(), 10, np.random.default_rng(0), least_selectivity=-1)
