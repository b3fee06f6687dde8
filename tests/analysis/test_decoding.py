"""Decoders against scikit-learn used by hand, their nulls against explicit loops, and codes of known overlap."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import binom, sem
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from mirror_core.analysis import DECODERS, OptionError, RecordingError, cross_decoding, split_half
from mirror_core.analysis.permutations import random_permutations


def coded(seed, same_code, n=60, length=6, n_actions=4, n_units=12, noise=0.3, ratio=None):
    rng = np.random.default_rng(seed)
    actions = rng.integers(n_actions, size=(n, length))
    if ratio:  # most to least frequent
        frequency = np.geomspace(ratio, 1, n_actions)
        actions = rng.choice(n_actions, size=(n, length), p=frequency / frequency.sum())
    code = rng.standard_normal((2, n_actions, n_units))
    perform, observe = (
        code[0 if same_code else i][actions] + noise * rng.standard_normal((n, length, n_units)) for i in (0, 1)
    )
    return perform, observe, actions


REFERENCES = {"logistic": LogisticRegression(max_iter=1000), "ridge": RidgeClassifier()}


def answers_by_hand(model, trained, tested, actions, halves):
    """Return the answers for every sequence, each from the half that it was not trained on."""
    answers = np.empty_like(actions)
    for train, test in (halves, halves[::-1]):
        rows = trained[train].reshape(-1, trained.shape[2])
        mean, std = rows.mean(axis=0), rows.std(axis=0)
        model.fit((rows - mean) / std, actions[train].ravel())
        answers[test] = model.predict((tested[test].reshape(rows.shape[0], -1) - mean) / std).reshape(len(test), -1)
    return answers


@pytest.mark.parametrize("decoder", DECODERS)
def test_accuracy_and_both_nulls_are_those_of_loops_by_hand(decoder):
    perform, observe, actions = coded(3, False, noise=1.5)
    found = cross_decoding(perform, observe, actions, np.random.default_rng(9), decoder, n_permutations=30)

    rng = np.random.default_rng(9)
    halves = split_half(60, rng)
    answers = answers_by_hand(REFERENCES[decoder], perform, observe, actions, halves)
    assert found.accuracy[0, 1] == pytest.approx(np.mean(answers == actions), abs=1e-12)

    null = np.zeros(30)
    for half in halves:
        for draw, pi in enumerate(random_permutations(len(half), 30, rng)):
            null[draw] += np.sum(answers[half] == actions[half][pi]) / actions.size
    np.testing.assert_allclose(found.null[:, 0, 1], null)
    assert found.p[0, 1] == (1 + np.sum(null >= found.accuracy[0, 1] - 1e-9)) / 31

    shown = [actions == action for action in range(4)]
    relabelled = [  # the identity first
        np.mean([np.mean(answers[there] == name) for there, name in zip(shown, pi, strict=True)])
        for pi in permutations(range(4))
    ]
    assert found.balanced[0, 1] == pytest.approx(relabelled[0], abs=1e-12)
    assert found.relabelled_p[0, 1] == np.sum(np.array(relabelled) >= relabelled[0] - 1e-9) / 24


@pytest.mark.parametrize("decoder", DECODERS)
def test_one_code_transfers(decoder):
    found = cross_decoding(*coded(0, True), np.random.default_rng(0), decoder)
    assert (found.accuracy > 0.95).all()
    assert (found.p < 0.01).all() and (found.relabelled_p <= 1 / 24).all()


def test_two_codes_do_not_though_some_pass_the_label_permutation():
    found = [cross_decoding(*coded(seed, False), np.random.default_rng(0)) for seed in range(24)]
    across = (~np.eye(2, dtype=bool)).nonzero()
    assert all((np.diag(one.accuracy) > 0.95).all() for one in found)
    assert np.mean([one.accuracy[across] for one in found]) == pytest.approx(0.25, abs=0.1)
    # an action of one mode falls on some action of the other as a whole: more than .05 of such codes look alike
    assert np.mean([one.p[across] <= 0.05 for one in found]) > 0.15
    assert np.mean([one.relabelled_p[across] <= 0.05 for one in found]) < 0.13


def slow_noise(seed, **options):
    """Return activity that follows nothing but itself, beside the actions of `coded`."""
    _, _, actions = coded(seed, False, **options)
    steps = np.random.default_rng([seed, 1]).standard_normal((2, *actions.shape, 12))
    return *np.cumsum(steps, axis=2), actions


@pytest.mark.parametrize("ratio", [1, 2, 6])
@pytest.mark.parametrize("data", ["no code", "two codes"])
def test_relabelled_actions_are_calibrated_however_frequent_each_is(data, ratio):
    """By accuracy instead of balanced accuracy, two of three data sets without a code would pass at 6 : 1."""
    n_sets, passed = 42, 0
    for seed in range(n_sets):
        options = {"ratio": ratio, "n_actions": 3 + seed % 7}
        made = slow_noise(seed, **options) if data == "no code" else coded(seed, False, **options)
        found = cross_decoding(*made, np.random.default_rng(seed), "ridge", n_permutations=119)
        passed += found.relabelled_p[0, 1] <= 0.05
    assert passed <= binom.ppf(0.999, n_sets, 0.05)


def test_a_decoder_that_always_names_the_frequent_action_has_no_code():
    _, _, actions = coded(0, True, ratio=6)
    nothing = np.zeros((*actions.shape, 3))
    found = cross_decoding(nothing, nothing, actions, np.random.default_rng(0), "ridge", n_permutations=99)
    assert (found.accuracy == found.chance).all()
    assert (found.relabelled_p == 1).all() and found.balanced == pytest.approx(0.25)


@pytest.mark.parametrize("same_code", [True, False])
def test_equally_frequent_actions_have_the_p_of_plain_accuracy(same_code):
    rng = np.random.default_rng(5)
    actions = rng.permutation(np.repeat(np.arange(5), 72)).reshape(60, 6)
    code = rng.standard_normal((2, 5, 12))
    modes = [code[i * (not same_code)][actions] + 6 * rng.standard_normal((60, 6, 12)) for i in (0, 1)]
    found = cross_decoding(*modes, actions, np.random.default_rng(9), "ridge", n_permutations=119)
    halves = split_half(60, np.random.default_rng(9))
    answers = answers_by_hand(RidgeClassifier(), *modes, actions, halves)
    plain = np.array([np.mean(answers == np.array(pi)[actions]) for pi in permutations(range(5))])
    assert found.relabelled_p[0, 1] == np.sum(plain >= plain[0] - 1e-9) / 120
    np.testing.assert_allclose(found.balanced, found.accuracy, atol=1e-12)


def test_noise_alone_puts_half_of_all_perfect_transfers_above_the_ceiling_within_its_error():
    found = [
        cross_decoding(*coded(seed, True, noise=2.0), np.random.default_rng(seed), "ridge", n_permutations=1)
        for seed in range(50)
    ]
    difference, error = (np.array([one.beyond_ceiling[part][0, 1] for one in found]) for part in (0, 1))
    assert np.mean(difference > 0) == pytest.approx(0.5, abs=0.22)
    assert binom.ppf(0.001, 50, 0.95) <= np.sum(np.abs(difference) <= 1.96 * error)


def test_standard_errors_are_those_of_means_over_sequences():
    found = cross_decoding(*coded(2, False, noise=1.5), np.random.default_rng(0), "ridge", n_permutations=1)
    np.testing.assert_allclose(found.of_sequence.mean(axis=2), found.accuracy)
    difference, error = found.beyond_ceiling
    assert difference[1, 0] == pytest.approx(found.accuracy[1, 0] - found.accuracy[1, 1])
    assert error[1, 0] == pytest.approx(sem(found.of_sequence[1, 0] - found.of_sequence[1, 1]))
    assert not np.diag(difference).any() and not np.diag(error).any()


def test_labels_that_mean_nothing_are_decoded_at_chance():
    p, accuracy = [], []
    for seed in range(30):
        perform, observe, actions = coded(seed, True, n=40)
        found = cross_decoding(
            perform, observe, np.random.default_rng(seed).permutation(actions), np.random.default_rng(seed),
            n_permutations=99,
        )  # fmt: skip
        p.append(found.p.ravel())
        accuracy.append(found.accuracy.ravel())
    np.testing.assert_allclose(np.mean(accuracy, axis=0), 0.25, atol=0.03)
    assert np.mean(np.concatenate(p) <= 0.05) < 0.13
    assert np.mean(np.concatenate(p) <= 0.5) == pytest.approx(0.5, abs=0.15)


def test_chance_is_the_most_frequent_action_and_the_table_names_everything():
    perform, observe, actions = coded(1, True)
    actions = np.where(actions == 3, 0, actions)
    found = cross_decoding(perform, observe, actions, np.random.default_rng(0), n_permutations=9)
    assert found.chance == np.mean(actions == 0)
    table = found.table().set_index(["trained", "tested"])
    assert table.accuracy["observe", "perform"] == found.accuracy[1, 0]
    assert table.ceiling["observe", "perform"] == found.accuracy[1, 1]


def test_unusable_input_is_named():
    perform, observe, actions = coded(0, True)
    rng = np.random.default_rng(0)
    with pytest.raises(RecordingError, match="at least two different"):
        cross_decoding(perform, observe, actions * 0, rng)
    with pytest.raises(RecordingError, match=r"3 sequence\(s\): at least 4"):
        cross_decoding(perform[:3], observe[:3], actions[:3], rng)
    with pytest.raises(OptionError, match="unknown decoder 'rigde'. Did you mean 'ridge'"):
        cross_decoding(perform, observe, actions, rng, "rigde")
