"""The report: its numbers are those of the analysis functions, what is impossible is said, its files are whole."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from bs4 import BeautifulSoup

from mirror_core.analysis import (
    CLASSES,
    OptionError,
    RecordingError,
    alignment_index,
    ccgp,
    cka_test,
    congruence,
    cross_decoding,
    lag_test,
    null_test,
    shares,
    split_half,
    top_units,
    unit_correlation,
)
from mirror_core.analysis.tuning import tuning
from mirror_core.pages.report.drawing import PICTURES
from mirror_core.pages.report.text import shown
from mirror_core.recordings import sessions
from mirror_core.recordings.cleaned import prepare
from mirror_core.recordings.simulated import simulate_population
from mirror_core.report import analyse, analyse_file, analyse_recording
from mirror_core.seeding import stream
from mirror_core.studies.report.analysing import ANALYSES
from mirror_core.studies.report.power import power
from mirror_core.studies.report.results import Settings
from mirror_core.studies.report.units import too_many_actions

SEED, DRAWS, ALPHA = 3, 60, 0.1
OPTIONS = {"seed": SEED, "n_permutations": DRAWS, "alpha": ALPHA}
NASTY = '<script>alert("1")</script> & co'


@pytest.fixture(scope="module")
def planted():
    return simulate_population(
        4, np.random.default_rng(0), planted_share=0.5, similarity=0.99, n_units=12, n_sequences=30, n_timesteps=5
    )


@pytest.fixture(scope="module")
def report(planted):
    return analyse(planted.perform, planted.observe, planted.actions, name=NASTY, **OPTIONS)


@pytest.fixture(scope="module")
def html(report):
    return report.to_html()


@pytest.fixture(scope="module")
def soup(html):
    return BeautifulSoup(html, "html.parser")


def test_the_headline_is_the_shares_of_the_analysis(report, planted):
    table = report.tables["headline"]
    for name, centre in (("raw", False), ("timestep-centred", True)):
        expected = shares(unit_correlation(planted.perform, planted.observe, centre_timesteps=centre))
        values = table[table.r == name].value.tolist()
        np.testing.assert_allclose(values, [expected.strong, expected.moderate, expected.largest, expected.smallest])
    draws = null_test(
        planted.perform, planted.observe, "unit-mismatch", DRAWS, stream(SEED, "report/unit-mismatch/raw")
    ).null
    beyond = (draws > 0.75).mean(axis=1)
    assert table["unit mismatch"][0] == pytest.approx(beyond.mean())
    assert table["p"][0] == pytest.approx((1 + np.sum(beyond >= table.value[0])) / (1 + DRAWS))


def test_the_nulls_are_those_of_the_analysis(report, planted):
    def asked(null, centring, **options):
        rng = stream(SEED, f"report/{null}/{centring}")
        options |= {"actions": planted.actions, "centre_timesteps": centring != "raw"}
        return null_test(planted.perform, planted.observe, null, DRAWS, rng, **options)

    table = report.tables["nulls"].set_index(["null", "r"])
    for (null, centring), row in table.iterrows():
        test = asked(null, centring)
        expected = [test.significant(ALPHA, c).sum() for c in ("none", "bh", "bonferroni", "max-t")]
        assert row[["uncorrected", "FDR (BH)", "Bonferroni", "max-T"]].tolist() == expected
        for side, sign in (("greater", 1), ("less", -1)):
            sided = asked(null, centring, alternative=side)
            passed = sided.significant(ALPHA, "bh") & (sign * sided.observed > 0)
            assert row["r > 0, FDR" if sign > 0 else "r < 0, FDR"] == passed.sum()
        np.testing.assert_allclose(report.units[f"p {null}, {centring}"], test.p)
    assert {null for null, _ in table.index} == {
        "row",
        "sequence",
        "unit-mismatch",
        "tuning-mismatch",
        "action-relabelling",
    }
    assert set(table.loc["unit-mismatch"].question) == {"same code, same unit"}
    assert set(table.loc["sequence"].question) == {"same events"}


def test_the_population_measures_are_those_of_the_analysis(report, planted):
    perform, observe, actions = planted.perform, planted.observe, planted.actions
    decoding = report.tables["decoding"]
    for name, part in zip(("logistic", "ridge"), (decoding[:4], decoding[4:]), strict=True):
        transfer = cross_decoding(
            perform, observe, actions, stream(SEED, f"report/decoding/{name}"), name, n_permutations=DRAWS
        )
        np.testing.assert_array_equal(part.accuracy, transfer.accuracy.ravel())
        np.testing.assert_array_equal(part["p, relabelled"], transfer.relabelled_p.ravel())
    rng = stream(SEED, "report/tuning-mismatch/raw")
    both = np.logical_and(*[tuning(mode, actions, DRAWS, rng).tuned for mode in (perform, observe)])
    classes = congruence(
        perform[..., both], observe[..., both], actions, DRAWS, stream(SEED, "report/congruence"), least_selectivity=0
    )
    assert report.tables["congruence"].share.tolist() == classes.shares().share[:3].tolist()
    assert report.units["class"][both].tolist() == classes.kind.tolist()
    geometry = report.tables["geometry"]
    cka = cka_test(perform, observe, DRAWS, stream(SEED, "report/cka"))
    rng = stream(SEED, "report/alignment")
    aligned = alignment_index(perform, observe, 6, DRAWS, rng, null="units", standardise=True)
    alignments = [aligned.perform_in_observe.value, aligned.observe_in_perform.value]
    np.testing.assert_allclose(geometry.value, [cka.value, *alignments], rtol=1e-6)
    assert geometry.p[:2].tolist() == [cka.p, aligned.perform_in_observe.p]
    general = ccgp(perform, observe, actions, 9, stream(SEED, "report/ccgp"))
    assert report.tables["generalisation"].accuracy.tolist() == [general.action.value, general.mode.value]
    assert report.tables["generalisation"].draws.tolist() == [9, 9]  # the fewest with p = .1 possible


def test_lags_and_examples_use_the_half_that_did_not_choose(report, planted):
    choosing, testing = split_half(30, stream(SEED, "report/halves"))
    top = top_units(unit_correlation(planted.perform[choosing], planted.observe[choosing]), 10)
    test = lag_test(
        planted.perform[testing][:, :, top], planted.observe[testing][:, :, top], 2, DRAWS, stream(SEED, "report/lags")
    )
    np.testing.assert_allclose(report.tables["lags"]["mean r, top units"], test.r.mean("unit"))
    table = report.tables["examples"]
    assert table.unit[:10].tolist() == top.tolist()
    held = unit_correlation(planted.perform[testing], planted.observe[testing])
    np.testing.assert_allclose(table["r, other half"], held[table.unit])


def test_npz_and_both_netcdf_give_identical_reports(planted, tmp_path, quick):
    arrays = {"perform": planted.perform, "observe": planted.observe, "actions": planted.actions}
    three = ("sequence", "time", "unit")
    data = xr.Dataset({name: (three[: array.ndim], array) for name, array in arrays.items()})
    np.savez(tmp_path / "a.npz", **arrays)
    data.to_netcdf(tmp_path / "b.nc", engine="scipy")
    data.transpose("unit", "sequence", "time").to_netcdf(tmp_path / "c.nc", engine="h5netcdf")
    options = {"seed": SEED, "n_permutations": 19, "alpha": 0.3, "name": "x"}
    reports = [analyse_file(path, **options) for path in sorted(tmp_path.iterdir())]
    reports += [analyse_recording(data, **options)]
    assert len({one.to_json() for one in reports}) == 1
    assert analyse_file(tmp_path / "a.npz", use_actions=False, **options).recordings.actions is None


def small(n_sequences=16, n_timesteps=4, n_units=8, n_actions=4, seed=0):
    made = simulate_population(
        n_actions, np.random.default_rng(seed), n_units=n_units, n_sequences=n_sequences, n_timesteps=n_timesteps
    )
    return made.perform, made.observe, made.actions


NO_ACTIONS = dict.fromkeys(["reliability", "power", "decoding", "congruence", "generalisation"], "it needs actions")


@pytest.mark.parametrize(
    ("given", "skipped"),
    [
        (small()[:2], NO_ACTIONS),
        (
            small(3)[:2],
            NO_ACTIONS | {"lags": "at least 4 sequences, .* there are 3", "examples": "at least 4 sequences"},
        ),
        (small(n_timesteps=2), {"lags": "at least 3 timesteps, and there are 2"}),
        (small(60, n_timesteps=12, n_actions=14), {"generalisation": "14 are too many, up to 12"}),
    ],
)
def test_what_is_impossible_is_skipped_with_its_reason(given, skipped):
    found = analyse(*given, n_permutations=19, alpha=0.3)
    for name, section in found.sections.items():
        assert (section.table is None) == (name in skipped), (name, section.skipped)
    for name, reason in skipped.items():
        assert pd.Series([found.sections[name].skipped]).str.contains(reason).all()
        assert f"Skipped: {found.sections[name].skipped[:20]}" in str(found)


@pytest.mark.parametrize(
    ("given", "alpha", "section", "note"),
    [
        (small(n_units=2), 0.05, "nulls", "unit-mismatch was skipped: with 2 units p cannot fall below 0.33"),
        (small(n_units=2), 0.05, "headline", "Unit mismatch: skipped, with 2 units"),
        (small(n_units=3), 0.2, "geometry", "Alignment was skipped: it needs at least 4 units, and there are 3"),
        (small(n_actions=3), 0.05, "nulls", "action-relabelling was skipped: with 3 actions .* below 0.17"),
        (small(n_actions=3), 0.05, "decoding", "With 3 actions p among relabellings cannot fall below 0.17"),
        (small(3)[:2], 0.1, "geometry", "CKA was skipped: with 3 sequences its p cannot fall below 0.17"),
        (small(3)[:2], 0.1, "nulls", "sequence was skipped: with 3 sequences .* below 0.17"),
        (small(), 0.05, "nulls", "sequence: no single unit can pass Bonferroni's correction"),
    ],
)
def test_what_is_possible_only_in_part_is_said(given, alpha, section, note, quick):
    found = analyse(*given, n_permutations=19, alpha=alpha)
    assert any(pd.Series(found.sections[section].notes).str.contains(note)), found.sections[section].notes


def test_one_timestep_and_one_unit_are_enough_for_something(quick):
    found = analyse(*small(60, n_timesteps=1, n_units=1), n_permutations=19)
    assert {"headline", "examples"} <= set(found.tables)
    assert "cannot be tested here" in found.reading.verdict
    assert "Skipped:" in BeautifulSoup(found.to_html(), "html.parser").get_text()


def test_excluded_units_keep_their_numbers_and_are_named_everywhere(quick):
    perform, observe, actions = small()
    perform[:, :, 2] = 0.5
    found = analyse(perform, observe, actions, n_permutations=19, alpha=0.3)
    assert found.units.unit.tolist() == [0, 1, 3, 4, 5, 6, 7]
    note = "1 of 8 units (2) left out: constant in perform."
    assert note in str(found) and note in json.loads(found.to_json())["left_out"]


def test_a_unit_that_does_the_same_in_every_sequence_has_no_centred_r(quick):
    perform, observe, actions = small()
    perform[:, :, 1] = np.arange(4.0)
    found = analyse(perform, observe, actions, n_permutations=19, alpha=0.3)
    assert np.isnan(found.units["r, timestep-centred"][1]) and np.isfinite(found.units["r, raw"][1])
    assert found.sections["headline"].notes == (
        "Timestep-centred r leaves 1 unit out: the same in every sequence of a mode.",
    )
    assert json.loads(found.to_json())["unit_table"][1]["r, timestep-centred"] is None


def test_options_are_checked():
    for bad, message in (
        ({"alpha": 0}, "alpha = 0"),
        ({"n_permutations": 0}, "n_permutations = 0"),
        ({"seed": -1}, "seed"),
    ):
        with pytest.raises(OptionError, match=message):
            analyse(*small(), **bad)


def test_planted_mirror_units_are_found_and_unrelated_ones_are_not(report, quick):
    assert "A code of the action carries over between the modes, both ways." in report.reading.verdict
    unrelated = analyse(*small(40, 5, 30, 6), n_permutations=200)
    assert unrelated.reading.verdict.startswith("No mirror unit is found among 30 units, where a share of")
    assert unrelated.reading.verdict.endswith("No code of the action is found to carry over between the modes.")
    assert "That is expected of any two populations" in " ".join(unrelated.reading.says)


def test_a_shared_time_course_is_told_from_a_shared_code(quick):
    perform, observe, actions = small(20, 8, 10)
    course = 30 * np.arange(8.0)[None, :, None]
    found = analyse(perform + course, observe + course, actions, n_permutations=39)
    assert found.tables["headline"].value[0] == 1
    assert any("comes from a time course that all sequences share" in sentence for sentence in found.reading.says)


@pytest.mark.parametrize("noise", [0.3, 3.0])
def test_power_is_what_simulation_gives(noise):
    """The power said of data without mirror units is the share found where as many are planted."""
    said, found = [], []
    for seed in range(5):
        kind = {"noise": noise, "n_sequences": 40, "n_units": 60}
        empty = simulate_population(8, np.random.default_rng(seed), **kind)
        recordings = prepare(empty.perform, empty.observe, empty.actions)
        said.append(power(recordings, Settings(seed, 199)).found["power"])
        made = simulate_population(8, np.random.default_rng(100 + seed), planted_share=0.3, **kind)
        test = null_test(
            made.perform, made.observe, "tuning-mismatch", 199, np.random.default_rng(0), actions=made.actions,
            alternative="greater",
        )  # fmt: skip
        found.append(test.significant(0.05, "bh")[made.planted].mean())
    assert abs(np.mean(found) - np.mean(said)) < 3 * np.std(found) / np.sqrt(len(found)) + 0.1


def test_the_page_needs_nothing_else(soup):
    assert soup.find("script") is None and soup.find("iframe") is None and soup.find("link") is None
    for tag in soup.find_all(True):
        for name in ("src", "href", "srcset", "poster", "action", "data"):
            address = tag.get(name, "#")
            assert address.startswith(("#", "data:image/svg+xml;base64,")), address
        assert not [name for name in tag.attrs if name.startswith("on")]
    assert "url(" not in soup.style.get_text() and "@import" not in soup.style.get_text()


def test_the_page_escapes_names(soup, html):
    assert soup.title.get_text() == soup.h1.get_text() == f"Mirror units in {NASTY}?"
    assert "<script" not in html


def test_every_figure_has_words_and_every_table_numbers(soup, report):
    figures = soup.find_all("figure")
    assert [figure.img["alt"] for figure in figures] == [
        p.alt for s in report.sections for p in PICTURES if p.section == s
    ]
    assert all(figure.figcaption.get_text(strip=True) for figure in figures)
    assert len(soup.find_all("table")) == len(report.tables) + 1
    cells = [cell.get_text() for cell in soup.find("section", id="nulls").find_all("td")]
    assert cells == shown(report.tables["nulls"]).to_numpy().ravel().tolist()
    for link in soup.nav.find_all("a"):
        assert soup.find(id=link["href"][1:])


@pytest.mark.parametrize("name", [p.name for p in PICTURES if p.section != "continuous"])
def test_figures_are_labelled_and_legible(name, report, legible):
    fig = report.figure(name)
    legible(fig)
    assert any(axis.get_xlabel() or any(t.get_text() for t in axis.get_xticklabels()) for axis in fig.axes)


def test_an_unknown_figure_is_refused_and_one_without_data_too(report):
    with pytest.raises(OptionError, match="unknown figure 'lag'. Did you mean 'lags'"):
        report.figure("lag")
    with pytest.raises(OptionError, match="there is no figure 'read across': the condition is not continuous"):
        report.figure("read across")
    skipped = replace(report.sections["lags"], table=None, skipped="too short.")
    with pytest.raises(OptionError, match="there is no figure 'lags': too short"):
        replace(report, sections={**report.sections, "lags": skipped}).figure("lags")


def test_files_hold_the_tables_and_the_same_page_each_time(report, html, tmp_path):
    for name in ("r.json", "r.csv", "r.html"):
        report.save(tmp_path / name)
    content = json.loads((tmp_path / "r.json").read_text())
    assert (content["units"], content["sequences"], content["timesteps"], content["seed"]) == (12, 30, 5, SEED)
    for name, table in report.tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(content["tables"][name]["rows"]), table, check_dtype=False)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "r.csv"), report.units)
    assert (tmp_path / "r.html").read_text() == html
    assert [row["class"] for row in content["tables"]["congruence"]["rows"]] == list(CLASSES[:3])


def test_another_ending_is_refused(report, tmp_path):
    with pytest.raises(OptionError, match=r"r\.pdf: its name must end in \.html, \.json, \.csv"):
        report.save(tmp_path / "r.pdf")


@pytest.mark.parametrize("old", [None, "old"])
def test_a_report_that_cannot_be_finished_leaves_the_old_one(report, tmp_path, monkeypatch, old):
    path = tmp_path / "r.json"
    if old:
        path.write_text(old)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        report.save(path)
    assert [p.read_text() for p in tmp_path.iterdir()] == ([old] if old else [])


def test_errors_of_a_file_name_it(tmp_path):
    path = tmp_path / "bad.npz"
    np.savez(path, perform=np.zeros((3, 2)), observe=np.zeros((3, 2)))
    with pytest.raises(RecordingError, match=r"bad\.npz: perform has shape \(3, 2\)"):
        analyse_file(path)


def test_tables_of_every_unit_with_every_other_are_left_out_where_they_would_take_too_much(monkeypatch):
    made = simulate_population(4, np.random.default_rng(1), n_units=24, n_sequences=24, n_timesteps=3)
    monkeypatch.setattr(sessions, "LIMIT", 8 * 5 * 23**2)
    monkeypatch.setitem(ANALYSES, "lags", (_without_memory, "At which lag?", 0.4))
    report = analyse(made.perform, made.observe, made.actions, n_permutations=19, alpha=0.3)
    for name in ("reliability", "population", "power", "geometry", "congruence"):
        assert "comparing each of 24 units with each other would take" in report.sections[name].skipped
    assert any("tuning-mismatch was skipped: comparing each of 24" in note for note in report.sections["nulls"].notes)
    assert "there is too little memory for it (Unable to allocate 1 PiB)" in report.sections["lags"].skipped
    assert str(report) and report.to_html() and report.to_json()
    with pytest.raises(RecordingError, match=r"^5000 draws \(n_permutations\) of 24 sequences or units would take"):
        analyse(made.perform, made.observe, n_permutations=5000)
    monkeypatch.setattr(sessions, "LIMIT", 8 * 2 * 4**2 * 24 - 1)
    assert too_many_actions(report.recordings, 24).startswith("comparing each of 4 actions with each other in 24 units")


def _without_memory(recordings, settings):
    raise MemoryError("Unable to allocate 1 PiB")
