"""Asking all nulls at once gives what each gives alone; populations are what they claim; summaries by hand."""

from itertools import product

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from mirror_core.analysis import (
    CORRECTIONS,
    NULLS,
    RecordingError,
    mean_interval,
    null_test,
    unit_correlation,
)
from mirror_core.arrays import MODES
from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.kept import analyse_runs
from mirror_core.runs.making import make
from mirror_core.runs.store import RunStore
from mirror_core.seeding import stream
from mirror_core.studies.calibration import design as study
from mirror_core.studies.calibration.recorded import ONE_BY_ONE, SIDES, ask_nulls, calibrate_run
from mirror_core.studies.calibration.simulated import Batch, calibrate_batch
from mirror_core.studies.calibration.summary import (
    band,
    called,
    calls_table,
    distribution_of_p,
    overlap_table,
    power_table,
    share_interval,
)

SMALL = Batch(3, 4, 0.8, 2, n_units=10, n_sequences=12, n_timesteps=3)


def asked(batch, nulls, n_permutations=50, n_redraws=20, **options):
    made = batch.population(0)
    return made, ask_nulls(
        made.perform, made.observe, made.actions, np.random.default_rng(5), nulls=nulls, n_permutations=n_permutations,
        n_redraws=n_redraws, **options,
    )  # fmt: skip


@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("null", NULLS)
def test_every_p_is_that_of_the_null_test(null, centre):
    made, found = asked(SMALL, [null], fresh=SMALL.fresh(0), centre_timesteps=centre)
    n = 20 if null in ONE_BY_ONE else 50
    for side, correction in product(SIDES, CORRECTIONS):
        test = null_test(
            made.perform, made.observe, null, n, np.random.default_rng(5), actions=made.actions, pseudo=SMALL.fresh(0),
            alternative=side, centre_timesteps=centre,
        )  # fmt: skip
        p = found.p.sel(null=null, alternative=side, correction=correction)
        np.testing.assert_array_equal(p, test.corrected(correction))
        np.testing.assert_array_equal(found.observed.sel(null=null), test.observed)


def test_what_cannot_be_asked_is_named():
    with pytest.raises(OptionError, match="n_redraws = 0"):
        asked(SMALL, ["row"], n_redraws=0)
    with pytest.raises(OptionError, match="n_permutations = 0"):
        asked(SMALL, ["row"], n_permutations=0)
    with pytest.raises(OptionError, match="unknown null 'rows'"):
        asked(SMALL, ["rows"])
    with pytest.raises(OptionError, match="needs pseudo"):
        asked(SMALL, ["pseudosession"])
    made = SMALL.population(0)
    with pytest.raises(RecordingError, match="not finite"):
        ask_nulls(made.perform, made.observe * np.nan, made.actions, stream(0, "p"), n_permutations=5, n_redraws=5)


def test_a_network_is_tested_on_its_held_out_episodes_and_fresh_ones():
    run = make(Config().change(hidden_size=8, n_sequences=32, n_epochs=1, seed=3), None)
    found = calibrate_run(run, 20, 50, 9)
    perform, observe = (record(run.network, heldout_episodes(run.config, 20)).sel(mode=mode).values for mode in MODES)
    r = unit_correlation(perform, observe)
    np.testing.assert_allclose(found.observed.sel(centring="raw", null="sequence"), r)
    fresh = [record(run.network, heldout_episodes(run.config, 20, f"pseudosession {i}")).values[1] for i in range(9)]
    assert not any(np.allclose(one, observe) for one in fresh)
    drawn = np.array([unit_correlation(perform, one, centre_timesteps=True) for one in fresh])
    observed = unit_correlation(perform, observe, centre_timesteps=True)
    p = (1 + (drawn >= observed - 1e-9).sum(axis=0)) / 10
    chosen = {"centring": "timestep-centred", "null": "pseudosession", "alternative": "greater", "correction": "none"}
    np.testing.assert_allclose(found.p.sel(chosen), p)


def test_batches_that_differ_in_similarity_differ_in_the_planted_units_alone():
    some, more = SMALL.population(1), Batch(3, 4, 0.2, 5, n_units=10, n_sequences=12, n_timesteps=3).population(1)
    np.testing.assert_array_equal(some.perform, more.perform)
    np.testing.assert_array_equal(some.actions, more.actions)
    np.testing.assert_array_equal(some.observe[..., ~some.planted], more.observe[..., ~some.planted])
    assert (some.observe[..., some.planted] != more.observe[..., some.planted]).all()
    assert not np.allclose(SMALL.population(0).perform, some.perform)
    batches = [Batch(seed, k, s, 2) for seed in (3, 4) for k in (4, 5) for s in (0.0, 0.5)]
    assert len({batch.fingerprint for batch in batches}) == 8


def test_populations_are_asked_in_parts_and_only_what_is_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRROR_CORE_STORE", str(tmp_path))
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "1")
    monkeypatch.setattr(study, "CHUNK", 2)
    monkeypatch.setattr(study, "ACTIONS", (4, 5))
    monkeypatch.setattr(study, "CURVES", (4,))
    base = Config().change(
        hidden_size=10, input_size=4, sensory_dim=4, n_sequences=64, n_heldout=8, n_epochs=1, sequence_length=3
    )
    found = study.calibrate(
        base, ["as-written"], [3], n_populations=3, n_permutations=9, n_redraws=9, n_test=12, progress=False
    )
    assert {one.sizes["network"] for one in found.sweep.values()} == {3}
    asked = {kind: one.null.values.tolist() for kind, one in found.sweep.items()}
    both = ["unit-mismatch", "tuning-mismatch"]
    curve = {(4, s): both[1:] for s in (0.5, 0.75, 0.9, 1.0)}
    unrelated = {(k, 0.0): [*both, "action-relabelling"] for k in (4, 5)}
    assert asked == {(4, 0.95): both, (5, 0.95): both} | curve | unrelated
    whole = Batch(3, 4, 0.95, 3, n_units=10, n_sequences=12, n_timesteps=3)
    assert found.sweep[4, 0.95].identical(calibrate_batch(whole, both, study.N_DRAWS, 9))
    assert found.sweep[4, 0.95].planted.dims == ("unit",)
    # what centres anyhow is not asked again
    p = found.without_code["untrained"].p.sel(centring="timestep-centred")
    assert p.null.values.tolist() == list(NULLS)
    assert p.sel(null="tuning-mismatch").isnull().all() and p.drop_sel(null="tuning-mismatch").notnull().any()


def test_fresh_episodes_keep_the_tunings_and_nothing_else():
    batch = Batch(1, 4, 0.5, 1, noise=1e-6, n_units=6, n_sequences=30, n_timesteps=4)
    made, fresh = batch.population(0), next(batch.fresh(0))
    assert fresh.shape == made.observe.shape and not np.allclose(fresh, made.observe, atol=1e-3)
    tunings = {tuple(row) for row in made.observe.reshape(-1, 6).round(3)}
    assert {tuple(row) for row in fresh.reshape(-1, 6).round(3)} <= tunings
    louder = next(Batch(1, 4, 0.5, 1, noise=2.0, n_units=6, n_sequences=30, n_timesteps=4).fresh(0))
    assert (louder - fresh).std() == pytest.approx(2, rel=0.1)


def test_a_batch_is_kept_beside_the_runs(tmp_path):
    options = {"nulls": ["unit-mismatch"], "n_permutations": 9}
    first, again = (
        analyse_runs(calibrate_batch, [SMALL], store=RunStore(tmp_path), progress=False, n_redraws=9, **options)[0]
        for _ in "12"
    )
    assert first.identical(again) and first.identical(calibrate_batch(SMALL, ["unit-mismatch"], 9, 9))
    assert len([path for path in tmp_path.rglob("*calibrate_batch*") if path.is_file()]) == 1
    made = SMALL.population(1)
    np.testing.assert_allclose(first.observed.values[1, 0], unit_correlation(made.perform, made.observe))
    np.testing.assert_array_equal(first.planted, made.planted)
    with pytest.raises(OptionError, match="n_populations = 0"):
        Batch(3, 4, 0.8, 0)


def made_up(p, planted=None):
    """Return a dataset of one null, one alternative and one correction from p (network, unit)."""
    p = np.asarray(p, dtype=float)
    values = p[:, None, None, None]
    coords = {"network": range(len(p)), "null": ["unit-mismatch"], "alternative": ["greater"], "correction": ["bh"]}
    found = xr.Dataset({"p": (("network", "null", "alternative", "correction", "unit"), values)}, coords)
    return found if planted is None else found.assign(planted=("unit", np.asarray(planted)))


def test_shares_by_hand():
    found = made_up([[0.01, 0.05, 0.2, np.nan], [0.5, 0.6, 0.7, 0.8]])
    np.testing.assert_allclose(called(found.p).values.ravel(), [2 / 3, 0])
    table = calls_table({"here": found.p, "there": found.p.expand_dims(centring=["timestep-centred"])})
    assert table.called.tolist() == pytest.approx([2 / 3, 0, 2 / 3, 0]) and table["any"].tolist() == [True, False] * 2
    assert table.centring.tolist() == ["raw"] * 2 + ["timestep-centred"] * 2
    assert table.situation.tolist() == ["here"] * 2 + ["there"] * 2


def test_power_and_false_discoveries_by_hand():
    planted = [True, True, False, False]
    one = made_up([[0.01, 0.2, 0.03, 0.5], [0.6, 0.7, 0.8, 0.9], [0.01, 0.01, 0.01, 0.01]], planted)
    table = power_table({(6, 0.95): one}, "unit-mismatch")
    np.testing.assert_allclose(table.power, [0.5, 0, 1])
    np.testing.assert_allclose(table.called, [0.5, 0, 1])
    np.testing.assert_allclose(table.false, [0.5, 0, 0.5])
    assert (table.n_actions == 6).all() and (table.similarity == 0.95).all()


def test_overlap_by_hand():
    one = xr.Dataset(
        {"observed": (("network", "null", "unit"), [[[0.9, 0.7, 0.8, 0.85, 0.8, -0.9]]]),
         "planted": ("unit", [True, True, True, False, False, False])},
        {"null": ["unit-mismatch"], "network": [0]},
    )  # fmt: skip
    row = overlap_table({4: one}).iloc[0]
    assert row.typical == 0.8 and row.beyond == pytest.approx(2 / 3) and row.n_actions == 4


def test_distribution_of_p_is_scipys():
    p = stream(0, "p").uniform(size=37)
    curve = distribution_of_p(made_up([p]).p, 20).squeeze()
    np.testing.assert_allclose(curve, stats.ecdf(p).cdf.evaluate(np.linspace(0, 1, 21)))
    stepped = distribution_of_p(made_up([np.arange(1, 21) / 20]).p, 20).squeeze()  # ties: p at a point counts there
    np.testing.assert_allclose(stepped, np.linspace(0, 1, 21))


def test_the_exact_interval_has_its_tails():
    share, low, high = share_interval(3, 10)
    assert share == 0.3
    assert stats.binom.sf(2, 10, low) == pytest.approx(0.025) and stats.binom.cdf(3, 10, high) == pytest.approx(0.025)
    assert share_interval(0, 10)[:2] == (0, 0)
    with pytest.raises(OptionError, match="n_true = 4"):
        share_interval(4, 3)


def test_the_band_is_the_interval_at_every_point():
    curves = xr.DataArray(stream(1, "p").uniform(size=(5, 2)), dims=("network", "at"))
    found = band(curves)
    np.testing.assert_allclose(found, np.transpose([mean_interval(curves.values[:, i]) for i in range(2)]))
    np.testing.assert_array_equal(band(curves[:1]), np.tile(curves[0], (3, 1)))
