"""Studies: every network measured once, labelled, and equal to measuring it by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mirror_core.analysis import cross_decoding, unit_correlation
from mirror_core.checks import OptionError
from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.paper import STRONG
from mirror_core.config.settings import Config
from mirror_core.pages import ablations, main_result, methods, temporal
from mirror_core.pages.tables import statement
from mirror_core.recordings.chosen import both_modes, choose_units
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.making import make
from mirror_core.runs.store import RunStore
from mirror_core.seeding import stream
from mirror_core.studies.grid import differences, measure, names, obtain_grid, recordings, seeds_from, shares_table
from mirror_core.studies.learning import final_heldout, histories, levels, loss_curves
from mirror_core.studies.measures.lags import LagStudy, lag_study

SMALL = Config().change(hidden_size=8, input_size=6, n_sequences=64, n_heldout=10, n_epochs=2, sequence_length=6)
CHOSEN = ["shared", "separate-cores", "untrained"]
N_TEST = 40


@pytest.fixture(scope="module")
def grid():
    return obtain_grid(SMALL, ["self-observation", "as-written"], CHOSEN, [3, 4], progress=False)


@pytest.fixture(scope="module")
def measures(grid):
    return measure(grid, N_TEST, progress=False)


def test_labels_keep_the_order_asked_for(measures):
    assert list(measures.reading.values) == ["self-observation", "as-written"]
    assert list(measures.condition.values) == CHOSEN
    assert list(measures.seed.values) == [3, 4]
    assert measures.r.dims[-2:] == ("centring", "unit")


def test_measures_are_those_of_the_named_network(grid, measures, tmp_path):
    config = configure(SMALL.change(seed=4), "as-written", "separate-cores")
    run = make(config, RunStore(tmp_path))
    recording = record(run.network, heldout_episodes(config, N_TEST))
    perform, observe = both_modes(recording)
    where = {"reading": "as-written", "condition": "separate-cores", "seed": 4}
    one = measures.sel(where)
    np.testing.assert_allclose(one.r.sel(centring="raw"), unit_correlation(perform, observe), atol=1e-6)
    np.testing.assert_allclose(
        one.r.sel(centring="timestep-centred"), unit_correlation(perform, observe, centre_timesteps=True), atol=1e-6
    )
    decoded = cross_decoding(perform, observe, recording.action.values, stream(4, "decoding"), "ridge")
    np.testing.assert_allclose(one.accuracy.sel(decoder="ridge"), decoded.accuracy, atol=1e-9)
    assert one.run.item() == run.fingerprint == grid["as-written", "separate-cores", 4].fingerprint


def test_untrained_networks_are_the_same_under_every_reading(measures):
    r = measures.r.sel(condition="untrained", centring="raw")
    np.testing.assert_array_equal(r.sel(reading="as-written"), r.sel(reading="self-observation"))


def test_names_and_seeds():
    assert names("reading", "dual-readout,as-written, dual-readout", READINGS) == ["dual-readout", "as-written"]
    commas = ("frames, continuous", "frames", "frames, continuous, alone", "untrained")
    assert names("condition", "untrained, frames,continuous, frames", commas) == ["untrained", commas[0], "frames"]
    assert names("condition", "frames, continuous, alone", commas) == ["frames, continuous, alone"]
    with pytest.raises(OptionError, match="unknown reading 'as written'.*'as-written'"):
        names("reading", "as written", READINGS)
    with pytest.raises(OptionError, match="unknown condition ''"):
        names("condition", "", CONDITIONS)
    assert seeds_from(42, 3) == [42, 43, 44]
    with pytest.raises(OptionError, match="n_seeds = 0"):
        seeds_from(42, 0)


def test_units_are_chosen_and_shown_on_different_episodes(grid):
    recording = recordings(grid, N_TEST)["as-written", "shared", 3]
    chosen = choose_units(recording, 3, seed=3)
    other = np.setdiff1d(recording.sequence, chosen.recording.sequence)
    assert len(other) == len(chosen.recording.sequence) == N_TEST // 2
    r = unit_correlation(*both_modes(recording.sel(sequence=other)))
    assert chosen.units == np.argsort(-r)[:3].tolist()
    assert choose_units(recording, 1, seed=3, sign=-1).units == [int(np.argmin(r))]
    shown = unit_correlation(*both_modes(chosen.recording))
    np.testing.assert_allclose(chosen.r, shown[chosen.units])


def test_shares_of_every_network(measures):
    table = shares_table(measures.r)
    assert len(table) == 2 * 3 * 2 * 2
    row = table[(table.reading == "as-written") & (table.condition == "shared") & (table.seed == 3)].iloc[0]
    r = measures.r.sel(reading="as-written", condition="shared", seed=3, centring=row.centring).values
    assert row.strong == np.mean(r > 0.75) and row.moderate == np.mean(np.abs(r) > 0.6) and row.largest == r.max()


def test_differences_are_matched_by_seed(measures):
    table = shares_table(measures.r.sel(centring="raw"))
    found = differences(table, "largest")["as-written", "untrained"]
    r = measures.r.sel(centring="raw", reading="as-written").max("unit")
    np.testing.assert_allclose(found, (r.sel(condition="shared") - r.sel(condition="untrained")).values)


def made_lags(near, seeds=(0, 1, 2)):
    """Return a study of lags in which given shares of top units peak within one timestep, the rest far away."""
    lags = [-2, -1, 0, 1, 2]
    share = xr.DataArray(
        [[[1 - at - 0.001 * s, 0.001 * s, at, 0, 0] for s in seeds] for at in near.values()],
        {"reading": list(near), "seed": list(seeds), "lag": lags}, ["reading", "seed", "lag"],
    )  # fmt: skip
    return LagStudy(share.expand_dims("unit"), share, share)


@pytest.mark.parametrize(
    ("written", "joint", "untrained", "said"),
    [
        (0.4, 0.49, 0.1, "are not shown to agree in time under any reading."),
        (0.4, 0.6, 0.1, "agree in time with self-observation, more so than in untrained networks."),
        (0.6, 0.9, 0.7, "agree in time under every reading, partly more so than in untrained networks."),
        (0.6, 0.7, 0.9, "agree in time under every reading, but so they do in untrained networks."),
        (0.4, 0.51, 0.5, "agree in time with self-observation, more so than"),
        (0.4, 0.51, 0.51, "agree in time with self-observation, but so they do in untrained networks."),
    ],
)
def test_time_is_judged_by_its_rule(written, joint, untrained, said, plain):
    lags = made_lags({"as-written": written, "self-observation": joint})
    assert said in plain(temporal.finding(lags, {}, made_lags({"as-written": untrained})).data)


def test_time_of_few_or_uncertain_networks(plain):
    lags = made_lags({"dual-readout": 0.6})
    lags.peak_share.loc[{"lag": 0}] = [[0.6, 0.65, 0.7]]
    before = made_lags({"dual-readout": 0.6})
    before.peak_share.loc[{"lag": 0}] = [[0.1, 0.5, 0.99]]
    assert "with dual readout, but not surely more so than" in plain(temporal.finding(lags, {}, before).data)
    one = made_lags({"dual-readout": 0.6}, seeds=[3])
    assert plain(temporal.finding(one, {}, one).data).startswith("One network gives no interval")


def test_every_finding_names_its_readings_and_numbers(grid, measures, plain):
    untrained = recordings({k: v for k, v in grid.items() if k[:2] == ("as-written", "untrained")}, N_TEST)
    before = lag_study(untrained, n_top=3, max_lag=2, n_permutations=8)
    recorded = recordings({k: v for k, v in grid.items() if k[1] == "shared"}, N_TEST)
    lags = lag_study(recorded, n_top=3, max_lag=2, n_permutations=8)
    anti = {key: choose_units(x, 2, key[2], sign=-1) for key, x in recorded.items()}
    for finding in (
        methods.finding({k: v for k, v in grid.items() if k[1] == "shared"}),
        main_result.finding(measures.sel(condition="shared")),
        ablations.finding(measures),
        temporal.finding(lags, anti, before),
    ):
        plain(finding.data)
        assert 'class="finding"' in finding.data and "nan" not in finding.data
        assert "as-written" in finding.data and "self-observation" in finding.data
    np.testing.assert_allclose(lags.peak_share.sum("lag"), 1)
    assert (lags.null_band.sel(edge="low") < lags.null_band.sel(edge="high")).all()


def test_one_network_gives_numbers_without_intervals(grid):
    one = measure({k: v for k, v in grid.items() if k[2] == 3}, N_TEST, progress=False)
    assert "[" not in main_result.finding(one.sel(condition="shared")).data
    assert "no interval" in ablations.finding(one).data


def test_the_main_number_is_compared_by_its_rule(measures, plain):
    made_up = measures.sel(condition="shared", drop=True).copy(deep=True)
    n = made_up.sizes["unit"]
    quarter = slice(0, -(-n // 4))
    assert STRONG.low <= quarter.stop / n <= STRONG.high
    made_up.r[:] = 0.1
    assert plain(main_result.finding(made_up).data) == (
        "Under every reading, networks have fewer strong mirror units than the paper reports."
    )
    made_up.r.loc[{"reading": "self-observation"}] = 0.9
    made_up.r[{"unit": quarter}] = 0.9
    assert plain(main_result.finding(made_up.sel(reading=["as-written", "self-observation"])).data) == (
        "Under a literal reading, networks have about as many strong mirror units as the paper reports; "
        "with self-observation, more."
    )
    # one network with all and one with none: the mean is above the range, the interval reaches it
    made_up.r.loc[{"reading": "self-observation", "seed": 3}] = 0.1
    assert plain(main_result.finding(made_up).data).startswith("Under every reading, networks have about as many")


def test_whether_one_core_is_needed_follows_its_rule(measures, plain):
    def said(one_core, two_cores, **changed):
        made_up = measures.assign_coords(condition=["shared", "separate-cores", ablations.TWO_CORES]).copy(deep=True)
        made_up.r[:] = 0.1
        for condition, n_strong in (("shared", one_core), (ablations.TWO_CORES, two_cores)):
            made_up.r.loc[{"condition": condition, "unit": made_up.unit[:n_strong]} | changed] = 0.9
        return plain(ablations.finding(made_up).data)

    more = "One core is not needed: two cores that share heads have more strong mirror units than one"
    assert said(3, 4) == f"{more}, under every reading."
    assert said(3, 4, reading="self-observation") == f"{more}, with self-observation."
    assert said(3, 3, reading="as-written").endswith("have about as many strong mirror units, under a literal reading.")
    assert said(4, 3).startswith("One core matters: two cores have fewer strong mirror units than one, even if")
    assert said(0, 0) == "There are too few strong mirror units for the number of cores to matter."
    assert "were not run" in plain(ablations.finding(measures).data)
    one = measures.isel(seed=[0]).assign_coords(condition=["shared", "separate-cores", ablations.TWO_CORES])
    assert "no interval" in plain(ablations.finding(one).data)


def test_the_longest_sentences_on_cores_are_still_short(plain):
    rows = [(r, c, s, x) for r in READINGS for c, x in (("shared", 0.5), (ablations.TWO_CORES, 0.5)) for s in range(3)]
    table = pd.DataFrame(rows, columns=["reading", "condition", "seed", "strong"])
    for apart in (0.1, 0.5, 0.9):
        for alone in READINGS:  # the one that has none
            one = table.assign(strong=np.where(table.reading == alone, 0.0, table.strong))
            one.loc[(one.condition != "shared") & (one.reading != alone), "strong"] = apart
            plain(statement(ablations._one_core(one, differences(one, "strong")), "").data)


def test_the_ablation_verdict_follows_its_rule(measures):
    """Made-up correlations of two networks: all of the shared core's units are strong, then none, then all the same."""
    made_up = measures.copy(deep=True)
    made_up.r.loc[{"condition": "shared"}] = 0.9
    made_up.r.loc[{"condition": "separate-cores"}] = 0.1
    text = ablations.finding(made_up).data
    assert "1.00 [1.00, 1.00] under self-observation and 1.00 [1.00, 1.00] under as-written" in text
    assert text.count("separate-cores lowers it") == 2
    made_up.r.loc[{"condition": "separate-cores"}] = 0.9
    assert ablations.finding(made_up).data.count("the effect of separate-cores cannot be told from none") == 2
    made_up.r.loc[{"condition": "shared"}] = 0.1
    assert ablations.finding(made_up).data.count("too few for a control to lower") == 2
    made_up.r.loc[{"condition": "shared", "unit": 0}] = 0.9
    assert ablations.finding(made_up).data.count("separate-cores raises it") == 2
    alone = ablations.finding(made_up.sel(condition=["shared", "untrained"])).data
    assert alone.count("none of the paper's controls was run") == 2


def test_learning_is_judged_by_its_rule(grid):
    shared = {k: v for k, v in grid.items() if k[1] == "shared"}
    text = methods.finding(shared).data
    last = final_heldout(histories(shared))
    own = last[(last["mode"] == "perform") & (last.objective == "predict")]
    learned = (own.groupby("reading").loss.mean() < levels(shared)["predict"] / 2).all()
    assert not learned  # two epochs teach little, and the page says so
    assert "Not every task is learned" in text


def test_loss_curves_have_the_held_out_losses_that_runs_leave_out(grid, monkeypatch):
    key = ("as-written", "separate-cores", 4)
    curves, stored = histories({key: grid[key]}), grid[key].history
    heldout = curves[curves.split == "held-out"]
    assert list(heldout.epoch.unique()) == [0, 1, 2]
    assert set(stored[stored.split == "held-out"].epoch) == {2}
    both = stored.merge(curves, on=["epoch", "split", "mode", "objective"])
    assert len(both) == len(stored) and (both.loss_x == both.loss_y).all()
    assert set(curves.reading) == {"as-written"} and set(curves.seed) == {4}
    made = make(grid[key].config, None, curves=True)
    monkeypatch.delattr("mirror_core.studies.learning.train")  # nothing is trained again for what a run has
    pd.testing.assert_frame_equal(loss_curves(made), curves[made.history.columns], check_exact=True)


def test_high_r_without_a_code_is_named_by_its_rule(measures):
    """Made-up numbers: untrained has as many strong units and transfers less; then less in one direction only."""
    made_up = measures.sel(reading=["as-written"]).copy(deep=True)
    made_up.r[:] = 0.9
    made_up.accuracy[:] = 0.8
    made_up.accuracy.loc[{"condition": "untrained"}] = 0.3
    assert "both directions: under as-written: untrained." in ablations.without_a_code(made_up).data
    made_up.accuracy.loc[{"condition": "untrained", "train_mode": "perform", "test_mode": "observe"}] = 0.9
    assert "both directions: under as-written: none." in ablations.without_a_code(made_up).data
    made_up.r[:] = 0.1
    assert "too few units" in ablations.without_a_code(made_up).data
    assert "no interval" in ablations.without_a_code(made_up.isel(seed=[0])).data
