"""The page of Frog and Toad: its figures from numbers that are known, and a film of boards."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from mirror_core.experiments import frog_and_toad
from mirror_core.experiments import frog_and_toad_game as game
from mirror_core.experiments import frog_and_toad_learning as learning
from mirror_core.figures.frog_and_toad import board_picture, by_coding, unit_rises
from mirror_core.pages import frog_and_toad as page
from mirror_core.pages.tables import statement
from mirror_core.studies.claims.verdicts import UNTESTED, VERDICTS


@pytest.fixture
def table():
    """Every measure the number of its condition, and a little different from seed to seed; no lesion but of labels."""
    rows = [
        {"condition": condition, "seed": seed, **dict.fromkeys(frog_and_toad.MEASURES, 0.01 * i + 0.001 * seed)}
        for i, condition in enumerate(frog_and_toad.CONDITIONS)
        for seed in range(3)
    ]
    found = pd.DataFrame(rows)
    found.loc[~found.condition.str.endswith("labels"), "lesion_help"] = np.nan
    return found


def test_each_way_of_learning_is_drawn_where_its_numbers_are(table):
    fig = by_coding(list(game.SYMBOLS), page.panels(table), page.LIMITS)
    assert [text.get_text() for text in fig.axes[0].get_yticklabels()] == list(game.SYMBOLS)
    ticks = [line.get_xdata()[0] for line in fig.axes[0].lines if line.get_marker() == "|"]
    drawn = [i for i, condition in enumerate(frog_and_toad.CONDITIONS) if not condition.endswith("shuffled")]
    np.testing.assert_allclose(sorted(ticks), [0.01 * i + 0.001 for i in drawn])


def test_units_are_drawn_inside_their_panel():
    fig = unit_rises({"integers": {"labels": (np.array([0.1, -2.0]), np.array([0.5, 0.0]))}})
    assert fig.axes[0].get_xlim()[0] < -2 and fig.axes[0].get_ylim()[1] > 2


def test_the_words_follow_the_numbers(table, plain):
    shown = [re.findall("<td>(.*?)</td>", row) for row in page.taught(table).data.split("<tr>")[1:]]
    assert (
        shown[0][:2] == ["integers", "as planned"]
        and shown[0][3].startswith("0.010")
        and shown[0][4].startswith("−0.010")
    )
    assert len(shown) == 7
    assert page.played(table).data.count("By play") == 2
    assert "3 of 3 networks have such units" in page.lesions_said(table).data
    assert "no network learned to help" in plain(page.finding(table).data)
    assert {*page.FINDING, UNTESTED} == set(VERDICTS)
    for index in page.FINDING.values():
        longest = (
            f"A score for empathy-like units here {index}; learning to help raises it in some ways of writing only"
        )
        plain(statement(f"{longest}.", "").data)


def test_learning_to_help_raises_the_index_where_its_control_stays_below(table):
    table.loc[table.condition.str.endswith("labels"), "help_recall"] = 1.0
    assert page.raised(table) == "learning to help raises it in no way of writing"
    table.loc[table.condition == "integers / long labels", "distress_index_scaled"] += 1
    assert page.raised(table) == "learning to help raises it in some ways of writing only"
    table.loc[table.condition.str.endswith("labels"), "distress_index_scaled"] += 1
    assert page.raised(table) == "learning to help raises it in all ways of writing"


def test_a_board_is_drawn_with_its_players_where_they_are():
    rough = np.zeros(game.COLUMNS, bool)
    rough[4] = True
    units = [np.array([0.0, 1.0]), np.array([0.5, 0.2])]
    picture = board_picture(rough, ~rough, [4, 4], [True, True], [3, 20], ["hop", "help"], units)
    root = ElementTree.fromstring(picture)
    assert [one.get("cx") for one in root.iter("circle")] == ["90.0", "90.0"]
    assert len({one.get("cy") for one in root.iter("circle")}) == 2  # one above the other
    assert picture.count(">!<") == 2


def test_a_film_has_a_picture_and_a_caption_for_each_step():
    shown = page.film(learning.new_network("integers", 0), "integers", 0, n_steps=5).data
    frames = json.loads(re.search(r'player-frames">(.*?)</script>', shown, re.S).group(1))
    assert len(frames) == 5
    for frame in frames:
        ElementTree.fromstring(frame["picture"])
        assert re.fullmatch(
            r"Step \d+, \d+ columns scrolled\. In distress: .*\. Frog: .*; toad: .*\.", frame["caption"]
        )
