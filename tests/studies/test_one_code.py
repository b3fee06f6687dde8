"""Measures beyond r on networks, the rules of their verdicts, and what the page makes of them."""

import numpy as np
import pandas as pd
import pytest
import torch

from mirror_core.analysis import (
    alignment_index,
    congruence,
    lagged_correlation,
    linear_cka,
    peak_lag,
    split_half,
    unit_correlation,
)
from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.figures import lesions
from mirror_core.figures import one_code as figure
from mirror_core.figures.style import MODE_COLOUR, SHARED
from mirror_core.pages import one_code
from mirror_core.pages.tables import statement
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.making import make
from mirror_core.seeding import stream
from mirror_core.studies import one_code as study
from mirror_core.studies.grid import measure, obtain_grid
from mirror_core.studies.measures import MEASURES
from mirror_core.studies.measures.beyond_r import INDEX_BINS, beyond_r
from mirror_core.studies.measures.decoding import ACROSS

SMALL = Config().change(
    hidden_size=20, input_size=6, n_sequences=64, n_heldout=10, n_epochs=2, n_actions=4, sequence_length=6
)
N_TEST = 40
READ = ["as-written", "self-observation"]


@pytest.fixture(scope="module")
def run():
    return make(configure(SMALL, "self-observation", "shared"), None)


@pytest.fixture(scope="module")
def measured(run):
    return beyond_r(run, N_TEST, 20, 5, 2, n_dims=3, n_top=4, n_fitted=30)


@pytest.fixture(scope="module")
def grid():
    return obtain_grid(SMALL, READ, study.CONDITIONS_SHOWN, [3, 4], progress=False)


@pytest.fixture(scope="module")
def beyond(grid):
    return study.beyond_grid(grid, n_test=N_TEST, n_permutations=20, n_repairings=2, n_refits=1, progress=False)


@pytest.fixture(scope="module")
def table(grid, beyond):
    return study.values_table(beyond, measure(grid, N_TEST, progress=False))


@pytest.fixture(scope="module")
def lesioned(grid):
    return study.lesion_table(grid, n_test=N_TEST, n_draws=3, progress=False)


def test_measures_are_those_of_the_analysis(run, measured):
    recording = record(run.network, heldout_episodes(run.config, N_TEST))
    perform, observe = recording.values
    value = measured.value.to_series()
    assert set(value.index) < set(MEASURES)
    rng = np.random.default_rng(0)
    assert value["cka"] == pytest.approx(linear_cka(perform, observe, centre_timesteps=True))
    aligned = alignment_index(perform, observe, 3, 2, rng, centre_timesteps=True)
    both = (aligned.perform_in_observe.value + aligned.observe_in_perform.value) / 2
    assert value["alignment"] == pytest.approx(both)
    np.testing.assert_allclose(measured.angle, np.degrees(aligned.angles), atol=1e-4)
    assert value["angle"] == pytest.approx(float(measured.angle.mean()))
    tuned = congruence(perform, observe, recording.action.values, 5, rng)
    np.testing.assert_allclose(measured["index"], tuned.test.observed)
    assert value["strict"] == pytest.approx(np.mean(tuned.kind == "strictly congruent"))
    congruent = np.isin(tuned.kind, ["strictly congruent", "broadly congruent"])
    assert value["congruent"] == pytest.approx(np.mean(congruent))
    assert float(measured.class_share.sum()) == pytest.approx(1)
    assert float(measured.null_index.sum()) == pytest.approx(1)


def test_lags_are_of_units_chosen_on_the_other_half(run, measured):
    perform, observe = record(run.network, heldout_episodes(run.config, N_TEST)).values
    choosing, testing = split_half(N_TEST, stream(run.config.seed, "halves"))
    top = np.argsort(-unit_correlation(perform[choosing], observe[choosing]))[:4]
    peaks = peak_lag(lagged_correlation(perform[testing][..., top], observe[testing][..., top], 4)).values
    assert float(measured.value.sel(quantity="lag")) == pytest.approx(np.mean(np.abs(peaks) <= 1))
    np.testing.assert_allclose(measured.peak_share, [np.mean(peaks == lag) for lag in measured.lag.values])
    assert float(measured.peak_share.sum()) == float(measured.null_peak_share.sum()) == 1


def test_each_null_has_its_own_number_of_draws(measured):
    n_draws = measured.null.notnull().sum("draw").to_series()
    assert n_draws["ccgp"] == n_draws["ccgp-ridge"] == 2 and n_draws["cka"] == 5
    assert n_draws["alignment"] == n_draws["angle"] == n_draws["lag"] == 20


def test_a_network_that_ignores_the_mode_shares_everything(run):
    """Sensations that drive the core as the action does make both modes one."""
    still = SMALL.change(sensory_dim=4, effect_distribution="orthogonal", decay=0.0, noise_std=0.0)
    network = make(configure(still), None)
    world = heldout_episodes(network.config, 400)
    drives = np.stack([world.sensations[world.actions == a][0] for a in range(4)])
    with torch.no_grad():
        network.network.embedding.weight.copy_(network.network.projection(torch.from_numpy(drives)))
    found = beyond_r(network, 60, 20, 2, 1, n_fitted=60).value.to_series()
    assert found[["congruence", "alignment", "cka", "ccgp", "lag"]].min() > 0.99
    assert found["angle"] < 0.5


def test_untrained_networks_are_analysed_once_for_all_readings(grid, beyond, monkeypatch):
    for name in ("value", "index"):
        at = beyond[name].sel(condition="untrained")
        np.testing.assert_array_equal(at.sel(reading=READ[0]), at.sel(reading=READ[1]))
    asked = []

    def fingerprints(function, runs, **_):
        asked.extend(runs)
        return [run.fingerprint for run in runs]

    monkeypatch.setattr(study, "analyse_runs", fingerprints)
    found = study.once(beyond_r, grid)
    assert len(asked) == 10 and list(found) == list(grid)
    assert found["self-observation", "shared", 4] == grid["self-observation", "shared", 4].fingerprint
    assert found["self-observation", "untrained", 4] == grid["as-written", "untrained", 4].fingerprint


def test_the_table_holds_every_network_and_quantity(table, beyond, grid):
    names = [f"logistic_{train}_{test}" for train, test in ACROSS] + list(beyond.quantity.values)
    assert len(table) == len(names) * len(grid)
    assert list(dict.fromkeys(table["quantity"])) == names
    where = {"reading": "self-observation", "condition": "separate-cores", "seed": 4, "quantity": "alignment"}
    row = table[(table[list(where)] == pd.Series(where)).all(axis=1)].iloc[0]
    assert row.value == float(beyond.value.sel(where))
    assert row.null == pytest.approx(float(beyond.null.sel(where).mean()))
    assert row.low < row.null < row.high and table.value.notna().all()


def made_up(shared, null, separate, untrained):
    values = {"shared": shared, "separate-cores": separate, "untrained": untrained}
    return pd.DataFrame(
        [
            {"reading": "as-written", "condition": c, "seed": s, "quantity": "cka", "value": v, "null": null}
            for c, of_seeds in values.items() for s, v in enumerate(of_seeds)
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shared", "separate", "untrained", "said"),
    [
        ([0.5, 0.6, 0.55], [0.1, 0.2, 0.1], [0.2, 0.1, 0.15], "yes"),
        ([0.5, 0.6, 0.55], [0.1, 0.2, 0.1], [0.6, 0.5, 0.55], "controls"),
        ([0.1, -0.1, 0.05], [0.1, 0.2, 0.1], [0.2, 0.1, 0.15], "null"),
        ([-0.5, -0.6, -0.55], [-0.7, -0.8, -0.9], [-0.7, -0.9, -0.9], "below"),
        ([0.5], [0.1], [0.1], "few"),
    ],
)
def test_verdicts_follow_their_rule(shared, separate, untrained, said):
    table = made_up(shared, 0.0, separate, untrained)
    assert one_code.verdict(table, "cka") == said
    flipped = table.assign(value=-table.value)
    assert one_code.verdict(flipped, "angle") == said  # less of an angle is more in common
    assert one_code.verdicts(table)["as-written", "cka"] == said


def compared(excess, **more):
    rows = [
        {"reading": "as-written", "condition": "shared", "seed": seed, "group": "top", "null": null, "p": 0.5,
         "ablation": ablation, "n_units": dose, "mode": mode, "loss_change": 2 + value, "null_mean": 2.0,
         "null_sd": 1.0, "excess": value}
        for (mode, ablation), values in excess.items() for seed, value in enumerate(values)
        for null in ("random", "variance-matched") for dose in (8, 16, 32)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**more)


def test_more_costly_means_in_both_ablations():
    up, down, none = [1.0, 1.1, 0.9], [-1.0, -1.1, -0.9], [1.0, -1.1, 0.2]
    mixed = {("perform", "zero"): up, ("perform", "mean"): up, ("observe", "zero"): up, ("observe", "mean"): none}
    table = compared(mixed)
    assert one_code.more_costly(table, "as-written") == {"perform": "more", "observe": "unclear"}
    table = compared({(m, a): down for m in ("perform", "observe") for a in ("zero", "mean")})
    assert one_code.more_costly(table, "as-written") == {"perform": "less", "observe": "less"}
    assert study.main_dose(table) == 16 and study.main_dose(table[table.n_units < 16]) == 8
    np.testing.assert_allclose(study.cost_ratio(table, "as-written", 16), [0.5, 0.45, 0.55])
    one = compared({(m, a): [1.0] for m in ("perform", "observe") for a in ("zero", "mean")})
    assert one_code.more_costly(one, "as-written") == {"perform": "unclear", "observe": "unclear"}


BOTH = ["as-written", "dual-readout"]


@pytest.mark.parametrize(
    ("shared", "needed", "said"),
    [
        (BOTH, BOTH, "Both tasks share one code under every reading, and need their mirror units more than others."),
        (
            BOTH[:1],
            [],
            "one code under a literal reading, but are not shown to need their mirror units more than others.",
        ),
        (BOTH, BOTH[1:], "one code under every reading, and under some readings need their mirror units more than"),
        (
            [],
            BOTH[1:],
            "are not shown to share a code, but need their mirror units more than others with dual readout.",
        ),
        ([], [], "are not shown to share a code, nor to need their mirror units more than others."),
    ],
)
def test_the_plain_sentence_says_of_code_and_need_what_was_found(shared, needed, said, plain):
    assert said in plain(statement(one_code._in_plain_words(BOTH, shared, needed), "").data)
    three = [*BOTH, "self-observation"]
    plain(statement(one_code._in_plain_words(three, shared, needed), "").data)


def test_a_code_is_shared_if_more_than_half_of_the_measures_say_so(plain):
    yes = made_up([0.5, 0.6, 0.55], 0.0, [0.1, 0.2, 0.1], [0.2, 0.1, 0.15])
    no = made_up([0.1, -0.1, 0.05], 0.0, [0.1, 0.2, 0.1], [0.2, 0.1, 0.15])
    cost = compared({(m, a): [1.0, -1.1, 0.2] for m in ("perform", "observe") for a in ("zero", "mean")})
    half = pd.concat([yes, no.assign(quantity="ccgp")])
    more = pd.concat([half, yes.assign(quantity="congruence")])
    assert plain(one_code.finding(half, cost).data).startswith("The tasks are not shown to share a code")
    assert plain(one_code.finding(more, cost).data).startswith("Both tasks share one code under a literal reading")


def test_the_finding_names_the_readings_in_which_both_modes_lose_more(plain):
    table = made_up([0.5, 0.6, 0.55], 0.0, [0.1, 0.2, 0.1], [0.2, 0.1, 0.15])
    cost = compared({(m, a): [1.0, 1.1, 0.9] for m in ("perform", "observe") for a in ("zero", "mean")})
    said = one_code.finding(table, cost).data
    assert plain(said).endswith("one code under a literal reading, and need their mirror units more than others.")
    assert "Of 1 measures" in said and "number 1 under as-written" in said
    assert "similar variance under as-written: under as-written, both modes lose more" in said
    assert "1.50 [1.38, 1.62] times)" in said


def test_lesions_compare_like_with_like(lesioned, grid):
    effects, table = lesioned
    assert set(effects.condition) == {"shared", "separate-cores"}
    row = table[(table.condition == "shared") & (table.group == "top")].iloc[5]
    same = effects.merge(row[["reading", "condition", "seed", "ablation", "n_units", "mode"]].to_frame().T)
    assert row.loss_change == same[same.group == "top"].loss_change.item()
    assert row.null_mean == pytest.approx(same[same.group == row["null"]].loss_change.mean())


def test_the_page_says_what_was_found(table, lesioned):
    effects, against = lesioned
    said = one_code.finding(table, against).data
    assert said.count("under as-written") == said.count("under self-observation") == 2
    assert "under no reading:" in said
    assert "16 top mirror units" in said
    assert one_code.summary(table).data.count("<tr>") == table.quantity.nunique()
    assert "16 units silenced" in one_code.lesion_numbers(against, "as-written").data
    assert "variance-matched" in one_code.matching(effects).data
    assert one_code.anti_units(against).data.count("of 2 networks") == 2


def test_too_few_episodes_are_refused(run):
    with pytest.raises(OptionError, match="n_test = 3"):
        beyond_r(run, 3)


def drawn(beyond, table, lesioned):
    effects, against = lesioned
    return {
        "congruence": figure.congruence(beyond, INDEX_BINS),
        "against_null": figure.against_null(table, {"cka": "CKA", "lag": "lags"}, {"cka": (-1, 1), "lag": (0, 1)}),
        "principal_angles": figure.principal_angles(beyond),
        "dose_curves": lesions.dose_curves(effects[effects.condition == "shared"], "mean"),
        "excess": lesions.excess(against, 16),
    }


def test_figures_are_labelled_and_legible(legible, beyond, table, lesioned):
    for name, fig in drawn(beyond, table, lesioned).items():
        legible(fig)
        titles = [a.get_title(loc="left") for a in fig.axes]
        assert [t for t in titles if t] == READ, name


def test_figures_show_the_numbers(style, table, lesioned):
    axis = figure.against_null(table, {"cka": "CKA"}, {"cka": (-1, 1)}).axes[1]
    one = table[(table.reading == READ[1]) & (table.quantity == "cka") & (table.condition == "shared")]
    np.testing.assert_allclose(axis.lines[0].get_xdata(), one.value)
    assert axis.lines[0].get_color() == SHARED
    effects = lesioned[0].query("condition == 'shared'")
    axis = lesions.dose_curves(effects, "zero").axes[0]
    thick = next(x for x in axis.lines if x.get_linewidth() == 2 and x.get_color() == MODE_COLOUR["perform"])
    here = effects[(effects.reading == READ[0]) & (effects["mode"] == "perform")]
    top = here[(here.group == "top") & (here.ablation == "zero")].groupby("n_units").loss.mean()
    np.testing.assert_allclose(thick.get_ydata(), [here[here.group == "none"].loss.mean(), *top])


def test_dots_of_excess_are_in_standard_deviations(style):
    table = compared({(m, a): [1.0, 3.0] for m in ("perform", "observe") for a in ("zero", "mean")}, null_sd=2.0)
    axis = lesions.excess(table, 16).axes[0]
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert len(dots) == 4 and all(list(line.get_xdata()) == [0.5, 1.5] for line in dots)
