"""Intervals and differences over networks, against scipy and against coverage in made-up studies."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mirror_core.analysis import (
    OptionError,
    RecordingError,
    hierarchical_bootstrap,
    mean_interval,
    paired_difference,
)


def test_the_interval_is_students():
    values = [0.2, 0.5, 0.4, 0.3]
    mean, low, high = mean_interval(values)
    assert mean == pytest.approx(0.35)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 3, loc=np.mean(values), scale=stats.sem(values)))


def test_a_difference_is_scipys_paired_t_test_whatever_the_order_of_seeds():
    first = pd.Series([0.9, 0.7, 0.8, 0.95], index=[42, 43, 44, 45])
    second = pd.Series([0.5, 0.6, 0.4, 0.2], index=[43, 42, 45, 44])
    found = paired_difference(first, second)
    reference = stats.ttest_rel([0.9, 0.7, 0.8, 0.95], [0.6, 0.5, 0.2, 0.4])
    assert found.p == pytest.approx(reference.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(reference.confidence_interval(0.95)))
    differences = np.array([0.3, 0.2, 0.6, 0.55])
    assert (found.mean, found.effect_size, found.n) == pytest.approx(
        (differences.mean(), differences.mean() / differences.std(ddof=1), 4)
    )
    assert paired_difference(list(first), [0.6, 0.5, 0.2, 0.4]) == pytest.approx(found)


def test_equal_differences_have_no_effect_size():
    assert paired_difference([1.0, 2.0], [1.0, 2.0])[:4] == (0, 0, 0, 1)
    same = paired_difference([1.0, 2.0], [0.5, 1.5])
    assert same.p == 0 and np.isnan(same.effect_size)


def test_a_bootstrap_of_one_value_a_network_is_scipys():
    values = np.random.default_rng(0).exponential(size=30)
    found = hierarchical_bootstrap(values[:, None], np.random.default_rng(1), n_draws=4000)
    options = dict(n_resamples=4000, method="percentile", random_state=2)  # SciPy before 1.15 knows no `rng`
    reference = stats.bootstrap((values,), np.mean, **options).confidence_interval
    assert found.mean == values.mean()
    assert found[1:] == pytest.approx((reference.low, reference.high), rel=0.03)


def test_units_of_few_networks_are_not_many_observations():
    """Networks differ, units hardly: the interval must cover the true mean as often as it says, a flat one does not."""
    hits, flat_hits = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        units = rng.standard_normal((12, 1)) + 0.3 * rng.standard_normal((12, 20))
        _, low, high = hierarchical_bootstrap(units, rng, n_draws=200)
        _, flat_low, flat_high = mean_interval(units.ravel())
        hits += low <= 0 <= high
        flat_hits += flat_low <= 0 <= flat_high
    assert hits / 60 > 0.84
    assert flat_hits / 60 < 0.5


def test_units_are_drawn_again_too():
    units = np.random.default_rng(0).standard_normal(50)
    _, low, high = hierarchical_bootstrap([units, units, units], np.random.default_rng(1), n_draws=2000)
    assert (high - low) / 2 == pytest.approx(1.96 * units.std() / np.sqrt(150), rel=0.1)


def test_pooled_statistics_of_networks_of_different_sizes():
    networks = [np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.9, 0.9])]
    found = hierarchical_bootstrap(networks, np.random.default_rng(0), statistic=lambda r: np.mean(r > 0.75))
    assert found.mean == 4 / 6
    assert 0 <= found.low < found.mean < found.high <= 1


@pytest.mark.parametrize("at_once", [7, 500_000])
@pytest.mark.parametrize("sizes", [[3, 1, 20, 8], [5, 5, 5], [1, 1]])
def test_draws_are_those_of_a_loop_over_networks(sizes, at_once, monkeypatch):
    monkeypatch.setattr("mirror_core.analysis.inference._AT_ONCE", at_once)
    networks = [np.random.default_rng(i).standard_normal(size) for i, size in enumerate(sizes)]
    rng, own = np.random.default_rng(1), np.random.default_rng(1)
    draws = [
        np.mean(np.concatenate([rng.choice(networks[i], len(networks[i])) for i in chosen]))
        for chosen in rng.integers(len(networks), size=(40, len(networks)))
    ]
    found = hierarchical_bootstrap(networks, own, n_draws=40)
    assert (found.low, found.high) == tuple(np.quantile(draws, [0.025, 0.975]))
    assert rng.random() == own.random()


def test_unusable_values_are_named():
    rng = np.random.default_rng(0)
    with pytest.raises(RecordingError, match="at least two finite values"):
        mean_interval([0.3])
    with pytest.raises(RecordingError, match="values of 1 networks"):
        hierarchical_bootstrap([np.ones(3)], rng)
    with pytest.raises(RecordingError, match="none empty"):
        hierarchical_bootstrap([np.ones(3), np.ones(0)], rng)
    with pytest.raises(RecordingError, match=r"networks \[1, 2\] and second \[2, 3\]"):
        paired_difference(pd.Series([1.0, 2.0], [1, 2]), pd.Series([1.0, 2.0], [2, 3]))
    with pytest.raises(OptionError, match="confidence = 95"):
        mean_interval([0.1, 0.2], 95)
