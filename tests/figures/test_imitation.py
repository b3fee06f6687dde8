"""Figures of the spiking learner: every row and line is there, arrows lead nearer in green, pictures are whole SVG."""

import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from mirror_core.analysis.estimates import estimate
from mirror_core.figures import imitation as draw
from mirror_core.figures.kept import named_marks
from mirror_core.figures.marks import difference_by_seed
from mirror_core.figures.style import SHARED


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_learner_has_one_name_in_both_panels_and_so_has_a_dose():
    shares = pd.Series([0.1, 0.2, 0.4], index=[5, 6, 7])
    fig = draw.conditions({"imitation": shares}, {"imitation": difference_by_seed(shares, 2 * shares)})
    assert {name: len(at) / 2 for name, at in named_marks(fig).items()} == {f"seed {n}": 2 for n in (5, 6, 7)}
    rows = pd.DataFrame([{"n_watched": n, "step": 0.1, "found": estimate([n / 100, 0.1])} for n in (0, 10)])
    assert {name: len(at) / 2 for name, at in named_marks(draw.sweep(rows, rows)).items()} == {
        "0 paths watched, step 0.1": 2, "10 paths watched, step 0.1": 2
    }  # fmt: skip


def test_every_condition_has_its_row_in_both_panels():
    shares = {name: [0.1, 0.2, 0.4] for name in ("alone", "imitation", "link cut")}
    fig = draw.conditions(shares, {name: estimate([-1.0, 0.0, 1.0]) for name in ("imitation", "link cut")})
    left, right = fig.axes
    assert [text.get_text() for text in left.get_yticklabels()] == list(shares)
    in_green = [line for line in left.lines if to_hex(line.get_color()) == to_hex(SHARED)]
    assert len(in_green) == 1 and sorted(in_green[0].get_xdata()) == [0.1, 0.2, 0.4]
    assert len([line for line in right.lines if len(line.get_xdata()) == 3]) == 2


def test_the_sweep_has_a_line_for_each_step():
    rows = [
        {"n_watched": n, "step": step, "found": estimate([n / 100, n / 100 + 0.1])}
        for n in (0, 10, 20) for step in (0.1, 0.2)
    ]  # fmt: skip
    fig = draw.sweep(pd.DataFrame(rows), pd.DataFrame(rows))
    assert [text.get_text() for text in fig.axes[0].get_legend().get_texts()] == ["step 0.1", "step 0.2"]
    np.testing.assert_allclose(fig.axes[0].containers[0].lines[0].get_ydata(), [0.05, 0.15, 0.25])


def test_arrows_that_lead_nearer_to_the_goal_are_green():
    goal = 24
    fig = draw.boards({"north": [0] * 49}, goal, {"north": [1]})
    arrows = [text for text in fig.axes[0].texts if text.arrow_patch is not None]
    green = [one for one in arrows if to_hex(one.arrow_patch.get_edgecolor()) == to_hex(SHARED)]
    # north leads nearer from below the goal, where the rows are what is far: one, three and five places
    assert len(arrows) == 48 and len(green) == 9


def test_tunings_are_sorted_by_the_move_that_drives_a_cell_most():
    first = np.eye(8)[::-1]
    fig = draw.tunings({"made": first, "seen": 0 * first})
    np.testing.assert_array_equal(fig.axes[0].images[0].get_array(), np.eye(8))


@pytest.mark.parametrize("actor, place, shapes", [("learner", 3, 1), ("expert", 3, 0), ("learner", None, 0)])
def test_a_picture_of_the_film_is_whole(actor, place, shapes):
    svg = draw.picture(actor, place, [1, 2], 4, np.arange(60.0) % 3, "observe", 0.5, most=6)
    root = ET.fromstring(svg)
    assert len([one for one in root if one.tag == "circle"]) == shapes
    assert len([one for one in root if one.get("fill") == "var(--mirror-observe, #e69f00)" and one.tag == "path"]) == 40
    assert "50 %" in "".join(root.itertext())
