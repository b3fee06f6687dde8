"""Cross-condition generalisation, against scikit-learn by hand and geometries whose answer is known."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from mirror_core.analysis import OptionError, RecordingError, ccgp, split_half
from mirror_core.analysis.generalisation import Cloud, random_geometry


def conditions(code, n=24, length=6, noise=0.2, seed=0):
    """Return recordings in which (mode, action) lies at `code[mode, action]`, plus noise."""
    rng = np.random.default_rng(seed)
    actions = rng.integers(code.shape[1], size=(n, length))
    clouds = [c[actions] + noise * rng.standard_normal((n, length, code.shape[2])) for c in code]
    return *clouds, actions


def factorised(n_actions=4, n_units=20, seed=1):
    """Return places that are an action's plus a mode's: both variables are abstract."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((2, 1, n_units)) + rng.standard_normal((1, n_actions, n_units))


def test_factors_generalise_and_random_places_do_not():
    both = ccgp(*conditions(factorised()), 20, np.random.default_rng(0))
    assert both.action.value > 0.95 and both.mode.value > 0.95
    assert both.action.p == both.mode.p == 1 / 21
    rngs = [np.random.default_rng(seed) for seed in range(8)]
    found = [ccgp(*conditions(rng.standard_normal((2, 4, 20))), 1, rng) for rng in rngs]
    assert np.mean([f.action.value for f in found]) == pytest.approx(0.5, abs=0.15)
    assert np.mean([f.action.null for f in found]) == pytest.approx(0.5, abs=0.15)


def test_a_mode_offset_need_not_come_with_a_shared_action_code():
    rng = np.random.default_rng(2)
    offset = 3 * np.array([[[1.0]], [[-1.0]]]) * rng.standard_normal(20)
    found = ccgp(*conditions(offset + rng.standard_normal((2, 4, 20))), 1, rng)
    assert found.mode.value > 0.95 and found.action.value < 0.8


def test_accuracies_are_those_of_decoders_by_hand():
    code = 0.5 * factorised(3, 5) + 0.5 * np.random.default_rng(3).standard_normal((2, 3, 5))
    perform, observe, actions = conditions(code, noise=1.0)
    found = ccgp(perform, observe, actions, 1, np.random.default_rng(4), decoder="ridge")
    train, test = split_half(24, np.random.default_rng(4))

    both = np.concatenate([perform, observe])
    perform, observe = ((mode - both.mean(axis=(0, 1))) / both.std(axis=(0, 1)) for mode in (perform, observe))

    def accuracy(fit, fit_labels, held, held_labels):
        right = RidgeClassifier().fit(fit, fit_labels).predict(held) == held_labels
        return np.mean([right[held_labels == label].mean() for label in np.unique(held_labels)])

    by_action = []
    for pair in [(0, 1), (0, 2), (1, 2)]:
        for fit, held in ((perform, observe), (observe, perform)):
            chosen, asked = (np.isin(actions[half], pair) for half in (train, test))
            by_action.append(
                accuracy(fit[train][chosen], actions[train][chosen], held[test][asked], actions[test][asked])
            )
    assert found.action.value == pytest.approx(np.mean(by_action))

    by_mode = []
    for action in range(3):
        fit = [mode[train][actions[train] != action] for mode in (perform, observe)]
        held = [mode[test][actions[test] == action] for mode in (perform, observe)]
        labels = [np.repeat([0, 1], [len(part) for part in parts]) for parts in (fit, held)]
        by_mode.append(accuracy(np.concatenate(fit), labels[0], np.concatenate(held), labels[1]))
    assert found.mode.value == pytest.approx(np.mean(by_mode))


def test_random_geometries_keep_every_cloud_but_move_it():
    rng = np.random.default_rng(0)
    clouds = [[Cloud(*rng.standard_normal((2, 9, 20))) for _ in range(3)] for _ in range(2)]
    moved = random_geometry(clouds, rng)
    for before, after in zip(sum(clouds, []), sum(moved, []), strict=True):
        order = [np.flatnonzero(before.train[0] == value).item() for value in after.train[0]]
        assert order != list(range(20))
        np.testing.assert_array_equal(after.train, before.train[:, order])
        np.testing.assert_array_equal(after.test, before.test[:, order])


def test_an_action_that_is_missing_from_a_half_is_said():
    perform, observe, actions = conditions(factorised(), n=4, length=1)
    with pytest.raises(RecordingError, match="does not occur in both halves"):
        ccgp(perform, observe, actions, 1, np.random.default_rng(0))


def test_bad_options_are_named():
    with pytest.raises(OptionError, match="unknown decoder 'svc'"):
        ccgp(*conditions(factorised()), 5, np.random.default_rng(0), decoder="svc")
    with pytest.raises(OptionError, match="n_draws = 0"):
        ccgp(*conditions(factorised()), 0, np.random.default_rng(0))
