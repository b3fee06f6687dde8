"""What is probed on a network, on made-up units whose lag, sign and significance are known."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mirror_core.config.settings import Config
from mirror_core.recordings.chosen import Chosen
from mirror_core.runs.making import make
from mirror_core.runs.store import RunStore
from mirror_core.studies.claims.evidence import BEYOND_R, claim_grid, gather, network_evidence, read_choices
from mirror_core.studies.claims.probing import (
    lesion_costs,
    near_zero_lag,
    opposition,
    probe,
    probe_lags,
    significant_units,
)
from mirror_core.studies.measures.basic import measure_run
from mirror_core.studies.measures.lesions import against_draws, lesion_effects

TINY = Config().change(hidden_size=6, input_size=4, n_sequences=40, n_heldout=5, n_epochs=1, sequence_length=6)


def chosen(perform, observe, actions=None):
    """Return all units of a made-up recording as chosen."""
    shape = perform.shape
    actions = np.zeros(shape[:2], dtype=int) if actions is None else actions
    recording = xr.DataArray(
        np.stack([perform, observe]),
        dims=("mode", "sequence", "time", "unit"),
        coords={"mode": ["perform", "observe"], "unit": range(shape[2]), "action": (("sequence", "time"), actions)},
    )
    return Chosen(recording, list(range(shape[2])))


def test_units_near_zero_lag():
    """Unit 0 observes what it performs at once, unit 1 a step later, unit 2 three steps later; unit 3 is constant."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 12, 4))
    y = x.copy()
    y[:, 1:, 1], y[:, 0, 1] = x[:, :-1, 1], rng.normal(size=80)
    y[:, 3:, 2], y[:, :3, 2] = x[:, :-3, 2], rng.normal(size=(80, 3))
    y[:, :, 3] = 1.0
    near, by_chance = near_zero_lag(chosen(x, y), 200, seed=1)
    np.testing.assert_array_equal(near, [1, 1, 0, np.nan])
    # of 11 lags, three are near zero; at larger lags fewer timesteps are left and r varies more
    assert 0.05 < by_chance < 0.27 + 0.1


def test_units_that_are_above_rest_in_one_mode_and_below_it_in_the_other():
    """The tuning of units 0 and 1 is opposite, of unit 2 the same; on average only unit 0 changes its sign."""
    rng = np.random.default_rng(0)
    actions = rng.integers(4, size=(50, 6))
    tuning = np.array([0.0, 0.1, 0.2, 0.3])[actions][..., None]
    perform = np.concatenate([0.1 + tuning, 0.1 + tuning, 0.1 + tuning], axis=2)
    observe = np.concatenate([-0.1 - tuning, 0.5 - tuning, 0.1 + tuning], axis=2)
    opposed, index = opposition(chosen(perform, observe, actions), seed=1)
    np.testing.assert_array_equal(opposed, [1, 0, 0])
    assert index == pytest.approx((-1 - 1 + 1) / 3)


def test_significant_units_have_the_right_sign():
    """20 units with the same tuning, 20 with the opposite one, 20 that follow nothing."""
    rng = np.random.default_rng(0)
    actions = rng.integers(12, size=(60, 8))
    tuning = rng.normal(size=(12, 60)) * (np.arange(60) < 40)
    x, y = (tuning[actions] * np.where(np.arange(60) < 20, 1, sign) for sign in (1, -1))
    x, y = (mode + 0.1 * rng.normal(size=mode.shape) for mode in (x, y))
    found = significant_units(x, y, actions, 100, seed=1)
    assert found == dict.fromkeys(("row_units", "sequence_units", "same_code_units", "anti_units"), 20.0)


@pytest.fixture(scope="module")
def run():
    return make(TINY, None)


def test_lesion_costs_are_those_of_the_lesion_study(run):
    found = lesion_costs(run, 20, 3)
    table = against_draws(lesion_effects(run, 20, 3, [1, 3])).set_index(
        ["group", "null", "ablation", "n_units", "mode"]
    )
    assert found["lesion_perform_zero"] == table.excess["top", "variance-matched", "zero", 1, "perform"]
    if ("anti", "random", "mean", 3, "observe") in table.index:
        assert found["anti_lesion_observe"] == table.excess["anti", "random", "mean", 3, "observe"]
    else:
        assert np.isnan(found["anti_lesion_observe"])


def test_a_probe_has_every_quantity_and_is_the_same_twice(run):
    first, second = probe(run, 20, 20, 2), probe(run, 20, 20, 2)
    assert set(first["values"]) < set(BEYOND_R) and set(first["units"]) == {"near_zero_lag", "opposed"}
    np.testing.assert_equal(first["values"], second["values"])
    assert first["values"]["opposed"] == np.mean(first["units"]["opposed"])


def test_lags_alone_are_those_of_the_probe(run):
    whole, lags = probe(run, 20, 20, 2), probe_lags(run, 20, 20)
    np.testing.assert_equal(lags["values"], {name: whole["values"][name] for name in lags["values"]})
    assert lags["units"]["near_zero_lag"] == whole["units"]["near_zero_lag"]


def test_the_evidence_of_a_network(run):
    measures = measure_run(run, 20)
    measures.r.loc[{"centring": "raw"}] = [0.9, 0.8, 0.7, -0.7, 0.1, np.nan]
    values, units = network_evidence(measures, None)
    assert (values["n_strong"], values["strong"], values["moderate"]) == (2, 0.4, 0.8)
    assert (values["largest"], values["smallest"], values["largest_abs"]) == (0.9, -0.7, 0.9)
    assert values["mean_abs"] == pytest.approx(3.2 / 5)
    np.testing.assert_array_equal(units["moderate"], [1, 1, 1, 1, 0, np.nan])
    accuracy = measures.accuracy.sel(decoder="ridge", train_mode="perform", test_mode="observe")
    assert values["perform_to_observe_ridge"] == pytest.approx(float(accuracy - measures.chance))
    measures.r[:] = np.nan
    assert np.isnan(network_evidence(measures, None)[0]["n_strong"])


def test_evidence_is_gathered_for_every_network_and_probed_where_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "1")  # starting a process takes longer
    grid = claim_grid(TINY, ["as-written"], ["shared", "mispaired"], 3, 1, 2)
    assert list(grid) == [("as-written", "shared", 3), ("as-written", "shared", 4), ("as-written", "mispaired", 3)]
    found = gather(grid, 12, 5, 1, choices=tmp_path / "none.parquet", store=RunStore(tmp_path), progress=False)
    assert found.networks.opposed.notna().tolist() == [False, True, True]
    assert found.fingerprints("as-written", ["shared"]) == [found.runs[key].fingerprint for key in list(grid)[:2]]
    assert found.values("strong", "as-written", "shared").index.tolist() == [3, 4]
    assert found.values("strong", "dual-readout", "shared").empty and found.choices == {}


def test_the_specification_table_gives_the_networks_of_a_reading(tmp_path):
    path = tmp_path / "table.parquet"
    gru = "specification-gru"
    rows = [(gru, "a", 0.3), (gru, "a", np.nan), ("specification-cores", "a", 0.9), (gru, "b", 0.1)]
    pd.DataFrame(rows, columns=["sweep", "reading", "strong_raw"]).assign(more=1).to_parquet(path)
    found = read_choices(path)
    assert {name: values.tolist() for name, values in found.items()} == {"a": [0.3], "b": [0.1]}
