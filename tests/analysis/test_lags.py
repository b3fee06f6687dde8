"""Lagged correlations against a shifted copy and plain correlations; their null against explicit re-pairing."""

import numpy as np
import pytest

from mirror_core.analysis import OptionError, lag_test, lagged_correlation, peak_lag, unit_correlation
from mirror_core.analysis.permutations import random_permutations


def noise(seed, shape=(10, 6, 3)):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape), rng.standard_normal(shape)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("shift", [-2, 0, 3])
def test_a_shifted_copy_peaks_at_its_lag(shift, sign):
    source = noise(0, (40, 20, 5))[0]
    perform, observe = source[:, 5:15], sign * source[:, 5 - shift : 15 - shift]  # observe(t + shift) = perform(t)
    r = lagged_correlation(perform, observe, 4)
    assert r.dims == ("lag", "unit")
    assert (peak_lag(r) == shift).all()
    np.testing.assert_allclose(r.sel(lag=shift), sign, atol=0.02)


def test_each_lag_is_the_plain_correlation_of_what_overlaps():
    x, y = noise(1)
    r = lagged_correlation(x, y, 2, centre_timesteps=False)
    np.testing.assert_allclose(r.sel(lag=0), unit_correlation(x, y))
    np.testing.assert_allclose(r.sel(lag=2), unit_correlation(x[:, :4], y[:, 2:]))
    np.testing.assert_allclose(r.sel(lag=-1), unit_correlation(x[:, 1:], y[:, :5]))


def test_equal_peaks_count_as_the_nearest_to_zero_and_a_constant_unit_has_none():
    pattern = np.random.default_rng(2).standard_normal((30, 1, 2)) * np.ones((1, 6, 1))  # the same at every timestep
    pattern[..., 1] = 1.0
    lags = peak_lag(lagged_correlation(pattern, pattern, 3).round(9))
    assert lags[0] == 0 and np.isnan(lags[1])


@pytest.mark.parametrize("centre", [True, False])
def test_null_draws_are_lagged_correlations_of_re_paired_sequences(centre):
    x, y = noise(3)
    test = lag_test(x, y, 2, 5, np.random.default_rng(8), centre_timesteps=centre)
    repairings = random_permutations(10, 5, np.random.default_rng(8))
    expected = [lagged_correlation(x, y[pi], 2, centre_timesteps=centre) for pi in repairings]
    np.testing.assert_allclose(test.null, expected, atol=1e-12)
    values = np.stack([test.r.values, *(one.values for one in expected)])
    peaks = np.abs((values - values.mean(axis=0)) / values.std(axis=0)).max(axis=1)
    np.testing.assert_allclose(test.peak_p, np.mean(peaks >= peaks[0] - 1e-9, axis=0))


def test_the_peak_is_judged_against_peaks():
    # with 11 lags to choose from, the largest |r| of unrelated units is large: its p must know
    p = np.concatenate([lag_test(*noise(s, (20, 8, 10)), 5, 99, np.random.default_rng(s)).peak_p for s in range(30)])
    assert np.mean(p <= 0.05) < 0.09
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.1)
    x, y = noise(4, (20, 8, 10))
    assert (lag_test(x, x + y, 5, 99, np.random.default_rng(0)).peak_p == 0.01).all()


@pytest.mark.parametrize("max_lag", [-1, 6])
def test_impossible_lags_are_refused(max_lag):
    with pytest.raises(OptionError, match=f"max_lag = {max_lag} .*from 0 to 5"):
        lagged_correlation(*noise(0), max_lag)
