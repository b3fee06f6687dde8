"""The linear theory against brute force: other optimisers, other parametrisations, sampling, and gradient descent."""

import importlib.util

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import check_grad, minimize

from mirror_core.analysis import alignment_index
from mirror_core.checks import OptionError
from mirror_core.config.conditions import READINGS, configure
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.figures import mechanism as figures
from mirror_core.pages import mechanism as page
from mirror_core.studies.grid import obtain_grid
from mirror_core.studies.ingredients.subspaces import (
    captured,
    joint_gain,
    split_by_action,
    tuning_alignment,
    tuning_correlation,
)
from mirror_core.studies.theory import study
from mirror_core.studies.theory.descent import train_one_step, value_and_slopes
from mirror_core.studies.theory.theory import LinearModel, root_of_gram
from mirror_core.studies.theory.units import SymmetricWorld, alignment_of, density, draw_units, share_above

K, D, PENALTY = 4, 5, 0.03
EFFECTS = np.random.default_rng(5).standard_normal((K, D))
TODO = {reading: passes(configure(Config(), reading)) for reading in READINGS}


def model(reading, penalty=PENALTY, **options):
    return LinearModel(EFFECTS, TODO[reading], penalty, **options)


def even_effects(length, n_actions=K, n_features=D):
    """Return effects of equal length at equal angles, on top of something common to all."""
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((n_features, n_actions)))[0]
    return length * turn.T + 0.7


def brute_force(one, n_units, seed=0):
    """Minimise over heads, inputs and bias by L-BFGS; return the weights and the value."""
    rng = np.random.default_rng(seed)
    shapes = [(one.n_features + one.n_actions, n_units), (n_units, one.n_actions + one.n_features), (one.n_actions,)]
    sizes = np.cumsum([np.prod(shape) for shape in shapes])

    def parts(flat):
        return [x.reshape(shape) for x, shape in zip(np.split(flat, sizes[:-1]), shapes, strict=True)]

    def objective(flat):
        value, slopes = value_and_slopes(one, *parts(flat), one.penalty)
        return value, np.concatenate([slope.ravel() for slope in slopes])

    options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 1e-16, "gtol": 1e-10, "maxcor": 30}
    found = minimize(objective, 0.3 * rng.standard_normal(sizes[-1]), jac=True, method="L-BFGS-B", options=options)
    return parts(found.x), found.fun


@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_gradients_are_those_of_the_losses(activation):
    one, rng = model("self-observation", joint_gain=0.8, paired=False), np.random.default_rng(1)
    shapes = [(D + K, 3), (3, K + D), (K,)]
    cuts = np.cumsum([np.prod(s) for s in shapes])[:-1]

    def at(flat):
        weights = [x.reshape(s) for x, s in zip(np.split(flat, cuts), shapes, strict=True)]
        return value_and_slopes(one, *weights, 0.1, activation)

    def slope(flat):
        return np.concatenate([s.ravel() for s in at(flat)[1]])

    assert check_grad(lambda flat: at(flat)[0], slope, rng.normal(size=cuts[-1] + K)) < 1e-5


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("reading", ["self-observation", "dual-readout"])
def test_the_optimum_is_that_of_the_factors(reading, paired):
    """No choice of heads and inputs is better, and the best ones have the states that the theory says."""
    one = model(reading, paired=paired)
    optimum = one.optimum()
    (heads, inputs, bias), value = brute_force(one, n_units=12)
    assert value == pytest.approx(optimum.value, abs=1e-8)
    np.testing.assert_allclose(heads @ inputs, optimum.product, atol=2e-5)
    np.testing.assert_allclose(inputs.T @ inputs, optimum.gram, atol=1e-4)
    np.testing.assert_allclose(bias - bias.mean(), optimum.bias - optimum.bias.mean(), atol=1e-4)
    states = one.acting @ inputs.T, one.observing @ inputs.T
    assert tuning_alignment(*states) == pytest.approx(alignment_of(one, optimum), abs=1e-4)


def test_as_written_leaves_the_orientation_free():
    """Its least value is reached at any turn of one mode against the other; the losses and the cost stay the same."""
    one = model("as-written")
    optimum = one.optimum()
    assert alignment_of(one, optimum) == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(optimum.product[:D, K:], 0, atol=1e-12)
    (heads, inputs, bias), value = brute_force(one, n_units=12)
    assert value == pytest.approx(optimum.value, abs=1e-8)
    found = []
    for seed in range(6):
        turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((12, 12)))[0]
        turned_heads, turned_inputs = heads.copy(), inputs.copy()
        turned_heads[D:] = heads[D:] @ turn.T
        turned_inputs[:, K:] = turn @ inputs[:, K:]
        assert value_and_slopes(one, turned_heads, turned_inputs, bias, PENALTY)[0] == pytest.approx(value, abs=1e-12)
        found.append(tuning_alignment(one.acting @ turned_inputs.T, one.observing @ turned_inputs.T))
    assert np.ptp(found) > 0.1


@pytest.mark.parametrize(
    ("reading", "gain"),
    [("as-written", 1.0), ("self-observation", 1.0), ("self-observation", 0.7), ("dual-readout", 1.0)],
)
def test_even_effects_make_it_a_problem_of_four_numbers(reading, gain):
    one = LinearModel(even_effects(3.0), TODO[reading], PENALTY, joint_gain=gain)
    optimum = one.optimum()
    m, alignment = SymmetricWorld(K, D, 3.0).optimum(TODO[reading], PENALTY, joint_gain=gain)
    assert alignment == pytest.approx(alignment_of(one, optimum), abs=1e-6)
    centre = np.eye(K) - 1 / K
    axes = one.sensations / 3  # the effects' directions times the centring
    expected = np.block([[m[0, 0] * axes.T, m[0, 1] * axes.T @ axes], [m[1, 0] * centre, m[1, 1] * axes]])
    np.testing.assert_allclose(optimum.product, expected, atol=1e-6)


def as_written(length, penalty):
    """Return x and v for `as-written` in closed form; y = u = 0.

    x = length − penalty K D / 2, none below zero; the margin is length · v = log((K − 1)(1 − p) / p) with the
    probability p = penalty (K − 1) / length of naming another action, none where p exceeds a guess's.
    """
    p = penalty * (K - 1) / length
    margin = np.log((K - 1) * (1 - p) / p) if p < (K - 1) / K else 0.0
    return max(length - penalty * K * D / 2, 0.0), margin / length


@pytest.mark.parametrize("penalty", [0.001, 0.02, 0.1])
def test_as_written_in_closed_form(penalty):
    m, alignment = SymmetricWorld(K, D, 3.0).optimum(TODO["as-written"], penalty)
    np.testing.assert_allclose(m, np.diag(as_written(3.0, penalty)), atol=1e-7)
    assert alignment == 0
    with np.errstate(invalid="ignore"):  # nothing is learnt, so that there is nothing to align
        nothing, _ = SymmetricWorld(K, D, 1.0).optimum(TODO["as-written"], 0.9)
    assert as_written(1.0, 0.9) == (0.0, 0.0) == tuple(np.diag(nothing))


def test_what_a_linear_joint_state_leaves_for_the_observed_drive():
    """Without noise and as the penalty vanishes, W V s = (1/c − 1) s: all of it at c = 1/2, nothing at c = 1."""
    for gain in (0.5, 0.75, 1.0):
        m, _ = SymmetricWorld(K, D, 3.0).optimum(TODO["self-observation"], 1e-4, joint_gain=gain)
        assert m[0, 1] == pytest.approx(1 / gain - 1, abs=0.01)


def test_dual_readout_asks_states_to_agree():
    one = LinearModel(even_effects(3.0), TODO["dual-readout"], 0.1)
    assert alignment_of(one, one.optimum()) > 0.95


@pytest.mark.parametrize("reading", ["self-observation", "dual-readout"])
def test_mispaired_episodes_keep_the_modes_apart(reading):
    one = model(reading, paired=False)
    optimum = one.optimum()
    np.testing.assert_allclose(one.acting @ optimum.gram @ one.observing.T, 0, atol=1e-8)


def test_the_distribution_of_units():
    """Fisher's density: it sums to one, is that of sampled correlations, and Student's at zero alignment."""
    for alignment in (0.0, 0.4, -0.8):
        assert quad(density, -1, 1, args=(alignment, 6))[0] == pytest.approx(1, abs=1e-7)
    rng = np.random.default_rng(0)
    x, noise = rng.standard_normal((2, 6, 200_000))
    y = 0.4 * x + np.sqrt(1 - 0.16) * noise
    r = tuning_correlation(x, y)
    assert share_above(0.75, 0.4, 6) == pytest.approx(np.mean(r > 0.75), abs=0.002)
    # r of unrelated pairs: t = r √((n − 2) / (1 − r²)) has Student's distribution
    assert share_above(0.75, 0.0, 6) == pytest.approx(stats.t.sf(0.75 * np.sqrt(4 / (1 - 0.75**2)), 4), abs=1e-10)
    assert share_above(0.75, 1.0, 6) == 1.0 and share_above(0.75, -1.0, 6) == 0.0
    with pytest.raises(OptionError, match="n_actions = 3"):
        share_above(0.75, 0.2, 3)


def test_drawn_units_follow_that_distribution():
    one = LinearModel(even_effects(4.0, 6, 8), TODO["self-observation"], 0.02, joint_gain=0.6)
    optimum = one.optimum()
    r = draw_units(one, optimum, 40_000, np.random.default_rng(3))
    assert np.mean(r > 0.5) == pytest.approx(share_above(0.5, alignment_of(one, optimum), 6), abs=0.01)


def test_gradient_descent_ends_at_the_theory():
    for reading in ("self-observation", "dual-readout"):
        one = model(reading)
        optimum = one.optimum()
        trained = train_one_step(one, 24, np.random.default_rng(0), n_steps=3000, rate=0.05, momentum=0.97)
        assert trained.value == pytest.approx(optimum.value, abs=1e-6) and trained.steepness < 1e-5
        assert tuning_alignment(trained.perform, trained.observe) == pytest.approx(alignment_of(one, optimum), abs=1e-3)


@pytest.mark.parametrize("activation", ["linear", "tanh"])
@pytest.mark.parametrize("paired", [True, False])
def test_machine_code_descends_as_plain_code_does(activation, paired, monkeypatch):
    def trained():
        one = model("self-observation", paired=paired)
        return train_one_step(one, 12, np.random.default_rng(0), n_steps=100, activation=activation)

    compiled = trained()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    plain = trained()
    for name in ("heads", "inputs", "bias", "value", "perform"):
        np.testing.assert_allclose(getattr(compiled, name), getattr(plain, name), rtol=1e-10, atol=1e-13)


def test_impossible_models_are_refused():
    with pytest.raises(OptionError, match="penalty = 0"):
        model("as-written", penalty=0)
    with pytest.raises(OptionError, match="several"):
        LinearModel(EFFECTS, passes(configure(Config(), "as-written", "separate-cores")), 0.1)
    with pytest.raises(OptionError, match="no optimum within max_steps = 3"):
        model("as-written").optimum(max_steps=3)
    with pytest.raises(OptionError, match="unknown activation"):
        train_one_step(model("as-written"), 4, np.random.default_rng(0), activation="relu")


def test_root_of_gram():
    m = np.random.default_rng(0).normal(size=(3, 5))
    root = root_of_gram(m)
    np.testing.assert_allclose(root @ root, m.T @ m, atol=1e-12)
    assert np.linalg.eigvalsh(root).min() > -1e-12


def test_parts_of_a_recording_by_hand():
    rng = np.random.default_rng(0)
    actions = rng.integers(3, size=(40, 4))
    tuning, time = rng.normal(size=(3, 7)), rng.normal(size=(4, 7))
    parts = split_by_action(tuning[actions] + time, actions)
    np.testing.assert_allclose(parts["action"] + parts["rest"], parts["whole"])
    np.testing.assert_allclose(parts["whole"].mean(axis=0), 0, atol=1e-12)
    assert np.linalg.matrix_rank(parts["action"].reshape(-1, 7)) <= 3


def test_captured_variance_agrees_with_the_alignment_index():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 5, 8)) * np.arange(1, 9), rng.normal(size=(30, 5, 8)) * np.arange(8, 0, -1)
    own, other = captured(y, y, 8), captured(x, y, 8)
    assert own[-1] == pytest.approx(1) and other[-1] == pytest.approx(1) and np.all(own >= other - 1e-12)
    index = alignment_index(x, y, 3, 2, rng).observe_in_perform.value
    assert other[2] / own[2] == pytest.approx(index, rel=1e-6)


def test_alignment_and_gain_by_hand():
    perform = np.array([[1.0, 0], [0, 1], [-1, -1]])
    assert tuning_alignment(perform, 3 * perform + 5) == pytest.approx(1)
    assert tuning_alignment(perform, -perform) == pytest.approx(-1)
    assert joint_gain(perform, perform, perform) == pytest.approx(0.5)
    assert joint_gain(perform, 2 * perform + 1, 3 * perform) == pytest.approx(1)


SMALL = Config().change(hidden_size=8, input_size=6, n_sequences=64, n_heldout=10, n_epochs=1, sequence_length=6)


@pytest.fixture(scope="module")
def shown():
    grid = obtain_grid(SMALL, ["as-written", "self-observation"], study.CONDITIONS, [3, 4], progress=False)
    return study.spaces(grid, 20), study.predictions(grid, 0.03, 50, 20)


def test_the_page_says_what_holds_by_its_rule(shown):
    spaces, predicted = shown
    made, theory = spaces.copy(deep=True), predicted.copy(deep=True)
    theory["alignment"][:] = 0.2
    theory["trained"][:] = 0.21
    made["tuning_alignment"][:] = 0.25
    made["tuning_alignment"].loc[{"reading": "self-observation", "condition": "shared"}] = 0.5
    text = page.theory_said(made, theory).data
    assert "It is not under self-observation (0.20 predicted, 0.50 [0.50, 0.50] found)." in text
    assert "as-written, mispaired (0.20 predicted, 0.25 [0.25, 0.25] found)" in text and "within 0.010 of it" in text
    assert page.theory_table(made, theory).data.count("<td>yes</td>") == 3
    assert "Under self-observation: theory, 0.20;" in page.ladder_said(made, theory).data
    made["index"][:] = 0.1  # a random orientation: 5 of 8 dimensions
    assert page.spaces_said(made).data.count("less aligned than any directions (0.10 [0.10, 0.10])") == 4
    made["index"][:] = 0.7
    assert page.spaces_said(made).data.count("more aligned than any directions") == 4
    assert "0.62 is that of directions drawn in the space of all units" in page.spaces_said(made).data
    assert "nan" not in page.spaces_table(spaces).data


def test_predictions_are_those_of_the_runs_world(shown):
    _, predicted = shown
    from mirror_core.worlds.linear import make_world

    config = configure(SMALL.change(seed=4), "self-observation")
    one = LinearModel(make_world(config.world, 4).effects, passes(config), 0.03)
    where = {"reading": "self-observation", "condition": "shared", "seed": 4}
    assert predicted.alignment.sel(where).item() == pytest.approx(alignment_of(one, one.optimum()), abs=1e-5)
    assert np.isfinite(predicted.steps.sel(condition="shared")).all()


def test_figures_are_labelled_and_legible(shown, legible):
    spaces, predicted = shown
    steps = study.ladder(spaces, predicted)
    assert list(dict.fromkeys(steps.step))[0] == "theory" and list(dict.fromkeys(steps.step))[-1].startswith("GRU")
    alignments = study.alignments(spaces, predicted)
    assert len(alignments) == 2 * 2 * 2 * 3
    paired = [one.sel(condition="shared") for one in (spaces, spaces.tuning_r, predicted.tuning_r)]
    for fig in (figures.captured(paired[0]), figures.against_theory(alignments, *paired[1:]), figures.ladder(steps)):
        legible(fig)
