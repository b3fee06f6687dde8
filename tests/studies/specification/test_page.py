"""What the page says of a made table whose causes are known, and what its figures draw."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mirror_core.checks import OptionError
from mirror_core.figures import specification as draw
from mirror_core.figures.style import SHARED
from mirror_core.pages import specification as page
from mirror_core.studies.specification.answers import N_NEAREST, OUTCOMES, Answers
from mirror_core.studies.specification.curve import presence, ranked
from mirror_core.studies.specification.table import read_specification

READINGS = ["as-written", "self-observation", "dual-readout"]


@pytest.fixture(scope="module")
def answers(made):
    return Answers(read_specification(made, READINGS), seed=0, n_draws=30)


def text(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.data)).strip()


def test_the_parts_are_told_apart(answers, made):
    of = answers.of
    assert len(of.shared) == (made.sweep != "specification-controls").sum() == 240 + 120 + 60
    assert (of.shared.condition == "shared").all() and len(of.controls) == 40
    assert list(dict.fromkeys(of.shared.reading)) == READINGS
    assert [choice.name for choice in of.all_choices][-1] == "core" and len(of.all_choices) == 12


def test_the_finding_says_the_median_and_what_matches(answers, plain):
    said = text(page.finding(answers))
    medians = answers.of.shared.groupby("reading").strong_raw.median()
    for reading in READINGS:
        assert f"{medians[reading]:.2f} under {reading}" in said
    n = int(answers.matching.sum())
    assert n > 0 and f"{n} of them match the paper's four headline numbers at once ({n} under self-observation)" in said
    assert "Across 420 networks" in said
    first = plain(page.finding(answers).data)
    assert first.startswith("How many strong mirror units emerge depends on a network's settings; ")
    assert first.endswith(f"; {n} networks match all of the paper's main numbers.")


def test_settings_move_the_share_from_the_corrected_p_of_the_page(answers, plain):
    still = replace(answers)
    for p, said in ((page.ALPHA, " emerge depends on"), (page.ALPHA + 1e-9, " emerge is not shown to depend on")):
        still.effects = answers.effects.assign(holm=p)
        assert said in plain(page.finding(still).data)


def test_no_match_is_said_as_calmly(made, plain):
    table = made.assign(smallest_raw=-0.5 + 0.01 * np.arange(len(made)) / len(made))
    table.attrs = made.attrs
    none = Answers(read_specification(table, READINGS), 0, 10)
    assert "None of them matches the paper's four headline numbers at once." in text(page.finding(none))
    assert plain(page.finding(none).data).endswith("; no network matches all of the paper's main numbers.")
    assert text(page.where_matches_lie(none)) == "No network matches, so that there is no region to describe."
    assert len(none.nearest) == N_NEAREST


def test_only_what_moves_the_share_is_said_to(answers):
    """In the made table the share depends on the reading and K alone."""
    said = text(page.movers(answers))
    for reading in READINGS:
        assert re.search(rf"Under {reading}: actions K \([.\d]+ to [.\d]+\); all choices but", said)
    explained = int(re.search(r"The reading alone explains (\d+) %", said)[1])
    assert explained > 85
    moving = answers.effects[answers.effects.holm <= page.ALPHA]
    assert set(moving.choice) == {"n_actions"} and len(moving) == 3
    assert len(answers.effects) == 3 * 12, "each choice once under each reading, the core by its own sample"


def test_level_means_follow_what_was_put_in(answers):
    means = answers.means["strong_raw"].set_index(["reading", "choice", "level"]).sort_index()["mean"]
    for reading in READINGS[1:]:
        k = means[reading, "n_actions"]
        assert k["10–12"] - k["3–6"] == pytest.approx(6.5 * 0.02, abs=0.03)
        epochs = means[reading, "n_epochs"]
        assert epochs.max() - epochs.min() < 0.05
    half = answers.means["strong_passing_raw"]["mean"] / answers.means["strong_raw"]["mean"]
    np.testing.assert_allclose(half, 0.5)


def test_controls_are_compared_with_the_network_of_the_same_settings(answers):
    main, controls = answers.of.gru, answers.of.controls[answers.of.controls.reading == "self-observation"]
    partners = page._partners(main[main.reading == "self-observation"], controls)
    same = [choice.name for choice in answers.of.choices if choice.name != "shared_heads"]
    assert partners[same].to_numpy().tolist() == controls[same].to_numpy().tolist()
    assert "untrained" in text(page.controls(answers)) and "separate-cores" in text(page.controls(answers))


@pytest.mark.parametrize("name", ["numbers", "matches", "goals", "nearest", "varied", "provenance", "placebo"])
def test_every_table_is_whole(answers, name):
    said = text(getattr(page, name)(answers))
    assert said and "nan" not in said.lower().replace("nant", "")


def test_a_single_reading_is_enough(made):
    one = Answers(read_specification(made, ["dual-readout"]), 0, 10)
    assert "The reading alone" not in text(page.movers(one))
    assert text(page.placebo(one)).endswith("one mode only.")
    assert "as-written" not in text(page.finding(one)) + text(page.numbers(one)) + text(page.goals(one))


def test_what_the_table_lacks_is_one_clear_error(made, tmp_path):
    with pytest.raises(OptionError, match="table = 'nowhere.parquet' is not allowed: there is no such file"):
        read_specification("nowhere.parquet", READINGS)
    with pytest.raises(OptionError, match="unknown reading 'dual'"):
        read_specification(made, ["dual"])
    with pytest.raises(OptionError, match="lacks the sweep specification-paper"):
        read_specification(pd.DataFrame({"reading": []}), [])


# -- figures --


def figures(answers):
    of, curve = answers.of, ranked(answers.of.shared, "strong_raw")
    overall = of.gru.groupby("reading")[list(OUTCOMES)].mean().loc[list(of.readings)]
    yield draw.specification_curve(curve, presence(curve, of.all_choices), of.all_choices)
    yield draw.level_means(answers.means, of.all_choices, overall)
    yield draw.headline_matches(of.shared, answers.targets, answers.matching, answers.nearest)


def test_figures_are_labelled_and_legible(answers, legible):
    for fig in figures(answers):
        legible(fig)
        titles = [a.get_title(loc="left") for a in fig.axes]
        assert [t.split(" (")[0] for t in titles if t] == READINGS


def test_a_figure_of_one_reading_has_one_column(made, style):
    one = Answers(read_specification(made, ["self-observation"]), 0, 10)
    assert [len(fig.axes) for fig in figures(one)] == [2, 1, 2]


def test_the_curve_draws_every_network_in_ascending_order(answers, style):
    axis = next(figures(answers)).axes[1]
    line = next(line for line in axis.lines if line.get_color() == SHARED)
    drawn = line.get_ydata()
    expected = answers.of.shared[answers.of.shared.reading == "self-observation"].strong_raw
    np.testing.assert_allclose(drawn, np.sort(expected))


def test_black_dots_are_the_networks_that_match(answers, style):
    *_, fig = figures(answers)
    black = [line for line in fig.axes[1].lines if line.get_marker() == "o" and line.get_markerfacecolor() == "black"]
    expected = answers.of.shared[answers.matching & (answers.of.shared.reading == "self-observation")]
    np.testing.assert_allclose(np.sort(black[0].get_xdata()), np.sort(expected.strong_raw))


def test_the_made_readings_do_not_depend_on_their_order(made):
    turned = read_specification(made, READINGS[::-1])
    assert turned.readings == tuple(READINGS[::-1])
    assert replace(turned, readings=()).shared.groupby("reading").size().to_dict() == (
        read_specification(made, READINGS).shared.groupby("reading").size().to_dict()
    )
