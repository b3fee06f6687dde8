"""What trials allow that the modes do not share: against scikit-learn by hand, and codes whose answer is known."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from mirror_core.analysis import RecordingError
from mirror_core.analysis.unpaired import ccgp_of_trials, half_means


def trials(code, numbers, noise=0.2, seed=0):
    """Return trials of two modes around `code[mode, condition]`, as many as `numbers[mode]` says of each condition."""
    rng = np.random.default_rng(seed)
    labels = [rng.permutation(np.repeat(np.arange(code.shape[1]), n)) for n in numbers]
    modes = [
        of[label][:, None] + noise * rng.standard_normal((len(label), 4, code.shape[2]))
        for of, label in zip(code, labels, strict=True)
    ]
    return *modes, *labels


def factorised(n_actions=4, n_units=20, seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((2, 1, n_units)) + rng.standard_normal((1, n_actions, n_units))


UNLIKE = ([9, 3, 6, 12], [2, 7, 4, 3])
"""Numbers of trials that differ between conditions and modes."""


def test_factors_generalise_and_random_places_do_not():
    both = ccgp_of_trials(*trials(factorised(), UNLIKE), 20, np.random.default_rng(0))
    assert both.action.value > 0.95 and both.mode.value > 0.95
    assert both.action.p == both.mode.p == 1 / 21
    rngs = [np.random.default_rng(seed) for seed in range(8)]
    found = [ccgp_of_trials(*trials(rng.standard_normal((2, 4, 20)), UNLIKE), 1, rng) for rng in rngs]
    assert np.mean([f.action.value for f in found]) == pytest.approx(0.5, abs=0.15)
    assert np.mean([f.action.null for f in found]) == pytest.approx(0.5, abs=0.15)


def test_accuracies_are_those_of_decoders_by_hand():
    code = 0.5 * factorised(3, 5) + 0.5 * np.random.default_rng(3).standard_normal((2, 3, 5))
    *modes, performed, observed = trials(code, ([6] * 3, [6] * 3), noise=2.0)
    found = ccgp_of_trials(*modes, performed, observed, 1, np.random.default_rng(4), decoder="ridge")
    rows = [mode.mean(axis=1) for mode in modes]
    both = np.concatenate(rows)
    rows, labels = [(one - both.mean(axis=0)) / both.std(axis=0) for one in rows], (performed, observed)

    def accuracy(fit, fit_labels, held, held_labels):
        right = RidgeClassifier().fit(fit, fit_labels).predict(held) == held_labels
        return np.mean([right[held_labels == label].mean() for label in np.unique(held_labels)])

    across = []
    for pair in [(0, 1), (0, 2), (1, 2)]:
        for i, j in ((0, 1), (1, 0)):
            fit, held = (np.isin(labels[k], pair) for k in (i, j))
            across.append(accuracy(rows[i][fit], labels[i][fit], rows[j][held], labels[j][held]))
    assert found.action.value == pytest.approx(np.mean(across))
    of_mode = []
    for out in range(3):
        parts = [[one[(label == out) == held] for one, label in zip(rows, labels, strict=True)] for held in (0, 1)]
        of_mode.append(
            accuracy(*(x for two in parts for x in (np.concatenate(two), np.repeat([0, 1], [*map(len, two)]))))
        )
    assert found.mode.value == pytest.approx(np.mean(of_mode))


def test_gaps_count_as_nothing_and_other_conditions_are_named():
    perform, observe, *labels = trials(factorised(), UNLIKE)
    full = ccgp_of_trials(perform, observe, *labels, 1, np.random.default_rng(0)).action.value
    perform[::3, 2:] = np.nan  # a trial that ends early
    observe[0, :, 3] = np.nan  # a unit that was not there
    gaps = ccgp_of_trials(perform, observe, *labels, 1, np.random.default_rng(0)).action.value
    assert gaps == pytest.approx(full, abs=0.1)
    with pytest.raises(RecordingError, match="perform has conditions 0, 1, 2, 3 and observe 0, 1, 2: both must"):
        ccgp_of_trials(
            perform, observe[labels[1] < 3], labels[0], labels[1][labels[1] < 3], 1, np.random.default_rng(0)
        )


def test_halves_are_means_of_every_units_own_trials():
    """Each unit counts its trials by itself: 1, 2, 4, … tell from a sum which of them were in it."""
    values = 2.0 ** np.arange(7)[:, None, None] * np.ones((1, 2, 3))
    values[1, :, 1] = values[2, :, 1] = np.nan  # a unit that was not there
    values[:6, :, 2] = np.nan  # one with a single trial
    first, second = half_means(values, np.zeros(7), np.random.default_rng(0))
    np.testing.assert_allclose(3 * first[0, :, 0] + 4 * second[0, :, 0], 127)
    np.testing.assert_allclose(2 * first[0, :, 1] + 3 * second[0, :, 1], 127 - 2 - 4)
    assert np.isnan(first[0, :, 2]).all() and (second[0, :, 2] == 64).all()
