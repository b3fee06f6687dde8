"""The nulls say no where there is nothing to find and yes where there is: fast versions of the calibration page.

Every bound comes from the spread between populations or from a binomial distribution, at a confidence written here.
"""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.runs.making import make
from mirror_core.studies.calibration.design import ACTIONS, CODE_NULLS, EARLIER, SIMILARITIES, TRUSTED
from mirror_core.studies.calibration.recorded import calibrate_run
from mirror_core.studies.calibration.simulated import Batch, calibrate_batch
from mirror_core.studies.calibration.summary import called, power_table

CONFIDENCE = 0.999
"""Of each bound: with some thirty of them, one in thirty correct libraries fails by bad luck; the seeds are fixed."""
ALPHA = 0.05
SAME_EVENTS = ["row", "sequence", "pseudosession"]
MISMATCH = [EARLIER, TRUSTED]
N_POPULATIONS = 12


def half_width(values):
    """Return half the width of the t interval of a mean over networks."""
    values = np.asarray(values)
    return stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values)


@pytest.fixture(scope="module")
def unrelated():
    """K → populations of independent random tunings."""
    batches = {k: Batch(7, k, 0.0, N_POPULATIONS, n_sequences=30) for k in ACTIONS}
    return {k: calibrate_batch(batch, CODE_NULLS, 99, 1) for k, batch in batches.items()}


@pytest.fixture(scope="module")
def planted():
    """(K, similarity) → populations, 30 % of their units planted."""
    keys = [(k, similarity) for k in (6, 9) for similarity in SIMILARITIES]
    return {key: calibrate_batch(Batch(7, *key, 10, n_sequences=60), [TRUSTED], 99, 1) for key in keys}


@pytest.fixture(scope="module")
def networks():
    """Condition → p of small networks, one a seed."""
    base = Config().change(hidden_size=32, n_sequences=128, n_epochs=2)
    return {
        condition: [
            calibrate_run(make(configure(base.change(seed=s), "self-observation", condition), None), 60, 199, 39).p
            for s in range(6)
        ]
        for condition in ("untrained", "separate-cores")
    }


@pytest.mark.parametrize("side", ["two-sided", "greater"])
@pytest.mark.parametrize("null", MISMATCH)
def test_mismatch_calls_the_nominal_share_of_unrelated_units(unrelated, null, side):
    shares = {
        k: called(one.p).sel(null=null, alternative=side, correction="none").values for k, one in unrelated.items()
    }
    for k, one in shares.items():
        assert one.mean() == pytest.approx(ALPHA, abs=half_width(one)), k
    every = np.concatenate(list(shares.values()))
    assert every.mean() == pytest.approx(ALPHA, abs=half_width(every))
    assert half_width(every) < 0.015  # narrow enough to tell .05 from a level that is a third off


@pytest.mark.parametrize("side", ["two-sided", "greater"])
@pytest.mark.parametrize("correction", ["bh", "bonferroni", "max-t"])
@pytest.mark.parametrize("null", CODE_NULLS)
def test_corrected_tests_seldom_call_any_unrelated_unit(unrelated, null, correction, side):
    chosen = {"null": null, "correction": correction, "alternative": side}
    wrong = sum(int((one.p.sel(chosen) <= ALPHA).any("unit").sum()) for one in unrelated.values())
    assert wrong <= stats.binom.ppf(CONFIDENCE, N_POPULATIONS * len(unrelated), ALPHA)


def test_action_relabelling_is_never_too_liberal_and_silent_with_three_actions(unrelated):
    shares = {k: called(one.p).sel(null="action-relabelling", correction="none") for k, one in unrelated.items()}
    assert (shares[3] == 0).all()
    for one in shares.values():
        for side in one.alternative.values:
            values = one.sel(alternative=side).values
            assert values.mean() - half_width(values) <= ALPHA


@pytest.mark.parametrize("side", ["two-sided", "greater"])
@pytest.mark.parametrize("condition", ["untrained", "separate-cores"])
@pytest.mark.parametrize("null", MISMATCH)
def test_mismatch_is_calibrated_on_networks_without_a_shared_code(networks, null, condition, side):
    found = [p.sel(null=null, alternative=side, centring="raw") for p in networks[condition]]
    shares = np.array([called(p).sel(correction="none").item() for p in found])
    assert shares.mean() == pytest.approx(ALPHA, abs=half_width(shares))
    wrong = sum(bool((p.sel(correction="bh") <= ALPHA).any()) for p in found)
    assert wrong <= stats.binom.ppf(CONFIDENCE, len(shares), ALPHA)


@pytest.mark.parametrize("null", SAME_EVENTS)
def test_nulls_of_events_call_most_units_that_share_no_code(networks, null):
    simulated = calibrate_batch(Batch(7, 6, 0.0, 6, n_units=32, n_sequences=60), [null], 199, 39).p
    situations = {name: xr.concat(found, "network").sel(centring="raw") for name, found in networks.items()}
    for name, p in (situations | {"independent tunings": simulated}).items():
        shares = called(p).sel(null=null, alternative="two-sided", correction="none").values
        assert shares.mean() > 0.5, name
        assert shares.mean() - half_width(shares) > ALPHA, name


@pytest.mark.parametrize("side", ["two-sided", "greater"])
def test_power_rises_with_similarity(planted, side):
    table = power_table(planted, TRUSTED)
    table = table[(table.alternative == side) & (table.correction == "bh")]
    for _, one in table.groupby("n_actions"):
        power = one.pivot(index="network", columns="similarity", values="power")
        steps = power.diff(axis="columns").iloc[:, 1:]
        assert (steps.mean() >= 0).all()
        top = power[1.0] - power[0.5]
        assert top.mean() - half_width(top) > 0


@pytest.mark.parametrize(("n_actions", "asked"), [(6, 0.75), (9, 0.95)])
def test_power_asked_for_is_reached_within_its_spread(planted, n_actions, asked):
    table = power_table({(n_actions, 0.95): planted[n_actions, 0.95]}, TRUSTED)
    table = table[(table.alternative == "greater") & (table.correction == "bh")]
    assert table.power.mean() + half_width(table.power) >= asked
    # so that spread alone cannot pass a test that finds much less
    assert half_width(table.power) < 0.2
    assert table.false.mean() - half_width(table.false) <= ALPHA


def test_nothing_planted_is_nothing_found(planted):
    table = power_table({key: one for key, one in planted.items() if key[1] == 0}, TRUSTED)
    table = table[table.correction == "none"]
    for _, one in table.groupby(["n_actions", "alternative"]):
        assert one.power.mean() == pytest.approx(ALPHA, abs=half_width(one.power))
