"""Ridge regression across modes: scikit-learn by hand, codes whose answer is known, and a null that is calibrated."""

import numpy as np
import pytest
from scipy.stats import kstest, ortho_group
from sklearn.linear_model import Ridge

from mirror_core.analysis import OptionError, RecordingError, ridge_transfer, split_half
from mirror_core.analysis.transfer import _turns
from mirror_core.analysis.validation import checked_actions


def coded(seed, turn=None, n=40, length=6, n_units=12, n_axes=2, noise=0.3, mixed=None):
    """Return recordings with a code of a continuous target; that of observing has the axes turned."""
    rng = np.random.default_rng(seed)
    target = rng.standard_normal((n, length, n_axes))
    code = rng.standard_normal((n_axes, n_units))
    perform, observe = (
        target @ one + noise * rng.standard_normal((n, length, n_units))
        for one in (code, code if turn is None else turn @ code)
    )
    return perform, observe, target if mixed is None else target @ mixed


def test_answers_are_those_of_scikit_learn_by_hand():
    perform, observe, target = coded(3, ortho_group.rvs(2, random_state=1), noise=2.0)
    target = target * [1, 5] + [0, 3]  # any units of measurement
    found = ridge_transfer(perform, observe, target, np.random.default_rng(9), 19, penalty=0.05)
    halves = split_half(40, np.random.default_rng(9))
    answers = np.empty_like(target)
    for train, test in (halves, halves[::-1]):
        rows = perform[train].reshape(-1, 12)
        mean, std = rows.mean(axis=0), rows.std(axis=0)
        model = Ridge(alpha=0.05 * len(rows)).fit((rows - mean) / std, target[train].reshape(-1, 2))
        answers[test] = model.predict((observe[test].reshape(-1, 12) - mean) / std).reshape(len(test), 6, 2)
    error, spread = ((answers - target) ** 2).sum(), ((target - target.mean(axis=(0, 1))) ** 2).sum()
    assert found.r2[0, 1] == pytest.approx(1 - error / spread, abs=1e-9)
    # both regressions are centred on the half that they are tested on
    for half in halves:
        answers[half] -= answers[half].mean(axis=(0, 1))
        target[half] -= target[half].mean(axis=(0, 1))
    by_axis = [np.corrcoef(answers[..., k].ravel(), target[..., k].ravel())[0, 1] for k in (0, 1)]
    assert found.c[0, 1] == pytest.approx(np.mean(by_axis), abs=1e-9)


def test_a_shared_code_carries_over_whatever_its_size():
    perform, observe, target = coded(0)
    found = ridge_transfer(perform, 4 * observe + 2, target, np.random.default_rng(0), 199)
    assert (found.c > 0.98).all() and (found.p == 1 / 200).all()
    # of another size and mean, what is answered is far off, though it follows the target
    assert found.r2[0, 0] > 0.95 and found.r2[0, 1] < 0


def test_a_code_that_means_the_opposite_or_a_quarter_turn_does_not():
    opposite = ridge_transfer(*coded(0, -np.eye(2)), np.random.default_rng(0), 199)
    assert opposite.c[0, 1] < -0.98 and opposite.p[0, 1] == 1 and opposite.p[0, 0] == 1 / 200
    quarter = ridge_transfer(*coded(0, np.array([[0.0, 1.0], [-1.0, 0.0]])), np.random.default_rng(0), 199)
    assert abs(quarter.c[0, 1]) < 0.1 and quarter.p[0, 1] > 0.2
    assert quarter.c[1, 1] > 0.98


@pytest.mark.parametrize("degrees", [10, 30, 60, -45])
def test_p_of_two_axes_says_by_which_angle_a_code_is_turned(degrees):
    # turning it back by up to twice that angle leaves it no further off, and half of all turns are rotations
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    found = ridge_transfer(*coded(0, turn, noise=0.01), np.random.default_rng(0), 4999)
    assert found.p[0, 1] == pytest.approx(abs(degrees) / 360, abs=0.015)
    assert found.c[0, 1] == pytest.approx(np.cos(angle), abs=0.02)


@pytest.mark.parametrize("mixed", [None, np.array([[1.0, 0.9], [0.0, 0.3]])], ids=["independent axes", "correlated"])
@pytest.mark.parametrize("n_axes", [2, 3])
def test_the_null_is_calibrated_for_codes_turned_at_random(n_axes, mixed):
    if mixed is not None and n_axes != len(mixed):
        mixed = mixed_of(n_axes)
    ps = []
    for seed in range(60):
        made = coded(seed, ortho_group.rvs(n_axes, random_state=seed), n=8, n_axes=n_axes, mixed=mixed)
        ps.append(ridge_transfer(*made, np.random.default_rng(seed), 99).p[0, 1])
    assert kstest(ps, "uniform").pvalue > 0.001


def mixed_of(n_axes):
    return np.linalg.cholesky(np.full((n_axes, n_axes), 0.9) + 0.1 * np.eye(n_axes)).T


def test_unrelated_activity_gives_no_c_and_any_p():
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        slow = np.cumsum(rng.standard_normal((3, 30, 6, 8)), axis=2)  # follows nothing but itself
        found.append(ridge_transfer(slow[0], slow[1], slow[2, ..., :2], rng, 99))
    ps = np.array([one.p for one in found])
    assert all(kstest(ps[:, i, j], "uniform").pvalue > 0.001 for i in (0, 1) for j in (0, 1))
    assert abs(np.mean([one.c for one in found])) < 0.05


def test_turns_are_orthogonal_and_half_of_them_reflect():
    turns = _turns(2, 4000, np.random.default_rng(0))
    np.testing.assert_allclose(turns @ np.swapaxes(turns, 1, 2), np.broadcast_to(np.eye(2), turns.shape), atol=1e-12)
    assert np.mean(np.linalg.det(turns) < 0) == pytest.approx(0.5, abs=0.03)
    assert np.abs(turns.mean(axis=0)).max() < 0.05
    assert set(np.unique(_turns(1, 50, np.random.default_rng(0)))) == {-1.0, 1.0}


def test_what_does_not_vary_carries_nothing():
    perform, observe, target = coded(0)
    found = ridge_transfer(perform, np.ones_like(observe), target, np.random.default_rng(0), 19)
    assert found.c[0, 1] == found.c[1, 0] == found.c[1, 1] == 0 and found.c[0, 0] > 0.9
    assert found.p[0, 1] == found.p[1, 1] == 1
    assert found.r2[1, 1] == pytest.approx(0, abs=0.05)


def test_the_table_names_every_pair_of_modes():
    found = ridge_transfer(*coded(0), np.random.default_rng(0), 19)
    table = found.table()
    assert table.trained.tolist() == ["perform", "perform", "observe", "observe"]
    assert table.tested.tolist() == ["perform", "observe", "perform", "observe"]
    assert table.c.tolist() == found.c.ravel().tolist() and table.ceiling[1] == found.c[0, 0]


X, _, TARGET = coded(0)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (np.zeros((40, 6), int), "for actions that are classes there is cross_decoding"),
        (TARGET[..., 0], "must have dimensions"),
        (TARGET[:30], r"target has shape \(30, 6, 2\) and the recording \(40, 6, 12\)"),
        (TARGET[..., :0], "at least one axis"),
        (TARGET * [1, 0], "axis 1 of the target is always 0: it must vary"),
        (TARGET * np.nan, "not finite"),
        (TARGET[..., [0, 0]], "one follows from the others"),
    ],
)
def test_a_target_that_does_not_fit_is_refused_in_one_sentence(target, said):
    with pytest.raises(RecordingError, match=said):
        ridge_transfer(X, X, target, np.random.default_rng(0), 9)


def test_options_and_tests_that_do_not_fit_are_refused():
    with pytest.raises(OptionError, match="n_turns = 0"):
        ridge_transfer(X, X, TARGET, np.random.default_rng(0), 0)
    with pytest.raises(OptionError, match="penalty = 0"):
        ridge_transfer(X, X, TARGET, np.random.default_rng(0), 9, penalty=0)
    with pytest.raises(RecordingError, match="dtype float64: they must be integers.* there is ridge_transfer"):
        checked_actions(TARGET, X.shape)
