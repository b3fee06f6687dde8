"""What the robots' page says follows from the table, and its figures and film show the run."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mirror_core.experiments.turn_taking import CONDITIONS, OF_MEETINGS
from mirror_core.experiments.turn_taking_robots import N_GESTURES, NONE, Meeting
from mirror_core.figures import turn_taking as figures
from mirror_core.pages import turn_taking as page

UNITS = ("own_gesture_units", "mirror_units", "mirror_share", "mean_r", "code_gain", "code_p")


def table_of(**values):
    """Return a table in which measures have the values given for conditions, others 0, apart from a little noise."""
    rng = np.random.default_rng(0)
    rows = []
    for condition in CONDITIONS:
        for seed in range(100, 106):
            row = {name: rng.normal(0, 0.01) for name in (*OF_MEETINGS, *UNITS)}
            row |= {name: row[name] + by.get(condition, 0) for name, by in values.items()}
            rows.append({"condition": condition, "seed": seed, "seconds": 1.0} | row)
    return pd.DataFrame(rows)


def words(shown):
    return re.sub(r"<[^>]+>", "", shown.data)


JUDGED = [f"{weak}mirror {delay} s" for weak in ("", "weak ") for delay in ("0.1", "1")]
WRONG = [one.replace("mirror", "other gesture") for one in JUDGED]


@pytest.mark.parametrize(
    "turns, locked, said",
    [
        ([], [], "neither fall into step nor take turns"),
        (JUDGED, JUDGED, "doing fall into step and take turns, more so than"),
        (JUDGED + WRONG, [], "doing take turns, but no more than"),
        (JUDGED[:1], JUDGED + WRONG, "can fall into step and take turns, partly more so than"),
    ],
)
def test_the_finding_follows_the_verdicts(turns, locked, said, plain):
    table = table_of(turn_taking_meetings=dict.fromkeys(turns, 0.5), locked_meetings=dict.fromkeys(locked, 0.5))
    assert said in plain(page.finding(table).data)


def test_bold_cells_differ_from_no_links():
    cells = page.cells(table_of(same_gesture_answers={"mirror 1 s": 0.4})).set_index(["links", "delay", "measure"])
    assert cells.loc[("mirror", 1.0, "same_gesture_answers"), "differs"]
    assert cells.loc[("mirror", 1.0, "same_gesture_answers"), "mean"] == pytest.approx(0.4, abs=0.02)
    assert not cells.xs(NONE).differs.any() and len(cells) == len(CONDITIONS) * len(page.MAPPED)


def test_the_map_writes_every_mean():
    table = table_of(locked_meetings={"inhibition 2 s": 0.73})
    fig = figures.links_and_delays(page.cells(table), page.MAPPED, page.link_names(table))
    assert [len(axis.texts) for axis in fig.axes] == [len(CONDITIONS)] * len(page.MAPPED)
    assert ".73" in [text.get_text() for text in fig.axes[0].texts]
    plt.close(fig)


MEETING = Meeting(
    np.array([[2, -1]] * 400 + [[-1, -1]] * 200 + [[-1, 0]] * 400),
    np.zeros((1000, 2)),
    np.zeros((50, 2, 2, N_GESTURES)),
)


def test_strips_say_when_each_gesture_was_made():
    assert page.strips(MEETING) == [[(0.0, 2.0, 2)], [(3.0, 5.0, 0)]]
    fig = figures.pair(np.eye(4), {"one": page.strips(MEETING), "two": page.strips(MEETING)}, 5.0)
    assert {"A", "C"} <= {text.get_text() for axis in fig.axes for text in axis.texts}
    plt.close(fig)


def test_the_film_says_who_makes_and_sees_what():
    shown = page.film(MEETING, 0.5, 0.0, 5.0, "film").data
    captions = re.findall(r'"caption": "([^"]*)"', shown)
    assert len(captions) == 25
    assert captions[0].endswith("robot 1 makes gesture C and sees none; robot 2 rests and sees none.")
    assert captions[5].endswith("robot 1 makes gesture C and sees none; robot 2 rests and sees C.")
    assert captions[12].startswith("2.4 s: robot 1 rests") and captions[12].endswith("robot 2 rests and sees C.")
    assert captions[20].endswith("robot 1 rests and sees A; robot 2 makes gesture A and sees none.")
