"""Population geometry against brute force over row-by-row kernels, constructed angles and explicit projections."""

import numpy as np
import pytest
from scipy.linalg import subspace_angles
from scipy.stats import binom, ortho_group

from mirror_core.analysis import OptionError, RecordingError, alignment_index, cka_test, linear_cka
from mirror_core.analysis.permutations import random_permutations
from mirror_core.recordings.simulated import simulate_population


def noise(seed, shape=(20, 3, 6)):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape), rng.standard_normal(shape)


def cka_by_kernels(x, y):
    """Return debiased CKA as Song et al. write it, from kernels with their diagonals removed."""

    def hsic(first, second):
        kernels = [a.reshape(-1, a.shape[-1]) @ a.reshape(-1, a.shape[-1]).T for a in (first, second)]
        k, m = (kernel - np.diag(np.diag(kernel)) for kernel in kernels)
        n, one = len(k), np.ones(len(k))
        sums = (one @ k @ one) * (one @ m @ one) / ((n - 1) * (n - 2))
        return (np.trace(k @ m) + sums - 2 / (n - 2) * (one @ k @ m @ one)) / (n * (n - 3))

    x, y = (a - a.mean(axis=(0, 1)) for a in (x, y))
    return hsic(x, y) / np.sqrt(hsic(x, x) * hsic(y, y))


def test_cka_is_that_of_row_by_row_kernels():
    x, y = noise(0)
    y = y + x + 3
    assert linear_cka(x, y) == pytest.approx(cka_by_kernels(x, y), abs=1e-12)
    assert linear_cka(x, y) > 0.2


def test_cka_ignores_rotation_scale_and_shift_and_is_not_fooled_by_many_units():
    x, y = noise(1, (20, 3, 100))
    turned = 3 * x @ ortho_group.rvs(100, random_state=0) + 1
    assert linear_cka(x, turned) == pytest.approx(1)
    assert abs(linear_cka(x, y)) < 0.1  # without debiasing .62
    both = [np.mean([linear_cka(*noise(s, (10, 2, 40))) for s in range(100)])]
    np.testing.assert_allclose(both, 0, atol=0.02)


@pytest.mark.parametrize("centre", [True, False])
def test_the_null_of_cka_re_pairs_sequences(centre):
    x, y = noise(2)
    test = cka_test(x, x + 2 * y, 9, np.random.default_rng(3), centre_timesteps=centre)
    orders = random_permutations(20, 9, np.random.default_rng(3))
    expected = [linear_cka(x, (x + 2 * y)[order], centre_timesteps=centre) for order in orders]
    np.testing.assert_allclose(test.null, expected)
    assert test.p == (1 + sum(e >= test.value for e in expected)) / 10


def plane(seed, *axes, shape=(50, 4)):
    """Return a recording that varies along some axes of six units only, each less than the one before."""
    found = np.zeros((*shape, 6))
    rng = np.random.default_rng(seed)
    for size, axis in enumerate(axes):
        found += 2.0**-size * rng.standard_normal((*shape, 1)) * np.asarray(axis, float)
    return found


AXES = np.eye(6)


def test_angles_by_construction():
    tilted = np.cos(0.3) * AXES[1] + np.sin(0.3) * AXES[2]
    found = alignment_index(plane(0, AXES[0], AXES[1]), plane(1, tilted, AXES[0]), 2, 2, np.random.default_rng(0))
    np.testing.assert_allclose(found.angles, [0, 0.3], atol=1e-6)


def test_alignment_is_one_for_the_same_subspace_and_nothing_for_orthogonal_ones():
    rng = np.random.default_rng(0)
    same = alignment_index(plane(0, AXES[0], AXES[1]), plane(1, AXES[1], AXES[0]), 2, 99, rng)
    assert same.perform_in_observe.value == pytest.approx(1) and same.observe_in_perform.value == pytest.approx(1)
    apart = alignment_index(plane(0, AXES[0], AXES[1]), plane(1, AXES[2], AXES[3]), 2, 99, rng)
    assert apart.perform_in_observe.value == pytest.approx(0, abs=1e-12)
    assert (apart.perform_in_observe.p, apart.perform_in_observe.p_less) == (1, 0.01)
    np.testing.assert_allclose(apart.angles, np.pi / 2)


def test_alignment_by_hand_and_its_null_by_explicit_projection():
    x, y = noise(5)
    x, y = x * [3, 2, 1, 1, 1, 0.5], y * [1, 1, 3, 2, 1, 0.5]
    found = alignment_index(x, y, 2, 4, np.random.default_rng(7))
    rows = [a.reshape(-1, 6) - a.mean(axis=(0, 1)) for a in (x, y)]
    directions = [np.linalg.svd(a, full_matrices=False)[2][:2].T for a in rows]
    most = [np.sum(np.linalg.svd(a, compute_uv=False)[:2] ** 2) for a in rows]
    assert found.perform_in_observe.value == pytest.approx(np.sum((rows[0] @ directions[1]) ** 2) / most[0])
    assert found.observe_in_perform.value == pytest.approx(np.sum((rows[1] @ directions[0]) ** 2) / most[1])

    values, vectors = np.linalg.eigh((np.cov(rows[0].T, bias=True) + np.cov(rows[1].T, bias=True)) / 2)
    drawn = np.random.default_rng(7).standard_normal((4, 6, 2))
    for null, z in zip(found.perform_in_observe.null, drawn, strict=True):
        basis = np.linalg.qr(vectors @ np.diag(np.sqrt(values)) @ z)[0]
        assert null == pytest.approx(np.sum((rows[0] @ basis) ** 2) / most[0])
    bases = [np.linalg.qr(vectors @ np.diag(np.sqrt(values)) @ z)[0] for z in drawn]
    between = [np.sort(subspace_angles(bases[i], bases[i - 1])) for i in range(4)]
    np.testing.assert_allclose(found.null_angles, between, atol=1e-6)
    np.testing.assert_allclose(found.angles, np.sort(subspace_angles(*directions)))


def test_random_subspaces_follow_the_covariance():
    """In a population that varies along one axis mostly, random subspaces find that axis: the null is high."""
    x, y = noise(6, (60, 4, 6))
    stretched = alignment_index(x * [20, 1, 1, 1, 1, 1], y * [20, 1, 1, 1, 1, 1], 1, 200, np.random.default_rng(0))
    assert np.median(stretched.perform_in_observe.null) > 0.9
    round_ = alignment_index(x, y, 1, 200, np.random.default_rng(0))
    assert np.median(round_.perform_in_observe.null) < 0.9


def correlated(x):
    """Return standardised activity as rows: what a correlation is the product of."""
    rows = x.reshape(-1, x.shape[-1])
    return (rows - rows.mean(axis=0)) / rows.std(axis=0)


def test_exchanged_units_by_explicit_projection():
    x, y = noise(5)
    x, y = x * [3, 2, 1, 1, 1, 0.5], y * [1, 1, 3, 2, 1, 0.5]
    found = alignment_index(x, y, 2, 4, np.random.default_rng(7), null="units", standardise=True)
    rows = [correlated(a) for a in (x, y)]
    directions = [np.linalg.svd(a, full_matrices=False)[2][:2].T for a in rows]
    most = [np.sum(np.linalg.svd(a, compute_uv=False)[:2] ** 2) for a in rows]
    assert found.perform_in_observe.value == pytest.approx(np.sum((rows[0] @ directions[1]) ** 2) / most[0])
    held = sum((d**2).sum(axis=1) for d in directions)
    orders = np.argsort(held)[random_permutations(6, 4, np.random.default_rng(7))]  # six units are one group
    to = np.empty_like(orders)
    to[:, np.argsort(held)] = orders
    for i, null in enumerate(found.perform_in_observe.null):
        assert null == pytest.approx(np.sum((rows[0] @ directions[1][to[i]]) ** 2) / most[0])
        assert found.observe_in_perform.null[i] == pytest.approx(
            np.sum((rows[1] @ directions[0][to[i]]) ** 2) / most[1]
        )
        between = np.sort(subspace_angles(directions[0], directions[1][to[i]]))
        np.testing.assert_allclose(found.null_angles[i], between, atol=1e-6)


def test_standardised_alignment_does_not_depend_on_scale_and_passes_over_constant_units():
    x, y = noise(8)
    x, y = x + y, y  # something in common

    def index(*modes, **options):
        return alignment_index(*modes, 2, 9, np.random.default_rng(0), standardise=True, **options).angles

    np.testing.assert_allclose(index(x * [9, 1, 1, 2, 1, 5], y), index(x, y), atol=1e-7)
    silent = [np.append(mode, np.ones((20, 3, 1)), axis=2) for mode in (x, y)]
    np.testing.assert_allclose(index(*silent), index(x, y), atol=1e-7)
    assert np.isfinite(index(*silent, null="units")).all()


def unequal_noise(rng):
    return [rng.poisson(np.geomspace(0.1, 1, 40), (40, 5, 40)).astype(float) for _ in range(2)]


def half_tuned(rng):
    made = simulate_population(8, rng, tuned_share=0.5, noise=1.0, n_units=40, n_sequences=40, n_timesteps=5)
    return made.perform, made.observe


def unequal_tuned(rng):
    made = simulate_population(8, rng, unit_noise="Poisson", n_units=40, n_sequences=40, n_timesteps=5)
    return made.perform, made.observe


@pytest.mark.parametrize("data", [unequal_noise, half_tuned, unequal_tuned])
def test_units_that_share_no_dimension_are_not_found_alike_nor_apart(data):
    n_sets, alike, apart, by_covariance = 60, 0, 0, 0
    for seed in range(n_sets):
        rng = np.random.default_rng(seed)
        modes = data(rng)
        found = alignment_index(*modes, 8, 99, rng, null="units", standardise=True).perform_in_observe
        alike, apart = alike + (found.p <= 0.05), apart + (found.p_less <= 0.05)
        by_covariance += alignment_index(*modes, 8, 99, rng).perform_in_observe.p <= 0.05
    assert max(alike, apart) <= binom.ppf(0.999, n_sets, 0.05)
    if data is unequal_noise:
        assert by_covariance == n_sets


def test_shared_dimensions_are_found_by_exchanging_units():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        loadings = rng.standard_normal((5, 40)) / 2
        rates = np.geomspace(0.1, 1, 40)
        modes = [
            rng.poisson(rates * np.exp(rng.standard_normal((40, 5, 5)) @ loadings)).astype(float) for _ in range(2)
        ]
        found = alignment_index(*modes, 8, 99, rng, null="units", standardise=True)
        assert found.perform_in_observe.p <= 0.05 and found.observe_in_perform.p <= 0.05


def test_bad_input_is_named():
    x, y = noise(0)
    rng = np.random.default_rng(0)
    with pytest.raises(OptionError, match="n_dims = 7 .* from 1 to 6"):
        alignment_index(x, y, 7, 5, rng)
    with pytest.raises(RecordingError, match="observe does not vary"):
        alignment_index(x, np.zeros_like(x), 2, 5, rng)
    with pytest.raises(RecordingError, match="observe does not vary"):
        alignment_index(x, np.zeros_like(x), 2, 5, rng, null="units", standardise=True)
    with pytest.raises(OptionError, match="unknown null 'unit'. Did you mean 'units'"):
        alignment_index(x, y, 2, 5, rng, null="unit")
    with pytest.raises(RecordingError, match="does not vary"):
        linear_cka(x, np.zeros_like(x))
    with pytest.raises(RecordingError, match="at least 4 rows"):
        linear_cka(x[:3, :1], y[:3, :1])
    with pytest.raises(OptionError, match="n_permutations = 0"):
        cka_test(x, y, 0, rng)
