"""Figures for the dark theme: paper and letters turn round, hues stay, and all can be seen on the dark page."""

import base64
import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread

from mirror_core.figures import style as look
from mirror_core.figures.letters import ON_DARK, ON_LIGHT
from mirror_core.pages.publishing.dark import HUES, PAPER, contrast, dark_colour, darkened

USED = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", *HUES]


def rgb(colour):
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def test_contrast_is_that_of_the_standard():
    assert contrast(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.01)
    assert contrast(rgb("#e69f00"), rgb("#ffffff")) == pytest.approx(2.25, abs=0.01)


def test_greys_keep_their_order_turned_round():
    turned = [rgb(dark_colour(f"#{grey:02x}{grey:02x}{grey:02x}"))[0] for grey in range(0, 256, 15)]
    assert turned[-1] == PAPER[0] and (np.diff(turned) < 0).all()


@pytest.mark.parametrize("colour", USED)
def test_every_hue_can_be_seen_on_a_dark_page(colour):
    assert contrast(rgb(dark_colour(colour)), PAPER) >= 3


def test_letters_in_the_colours_of_lines_can_be_read_on_both_pages():
    for line in (*look.MODE_COLOUR.values(), look.SHARED, look.CONTROL):
        letters = look.ink(line).lower()
        assert contrast(rgb(letters), (255, 255, 255)) >= 4.5
        assert contrast(rgb(dark_colour(letters)), PAPER) >= 4.5


def test_letters_on_cells_stay(style):
    fig, axis = plt.subplots()
    axis.text(0.5, 0.5, "one", color=ON_LIGHT)
    axis.text(0.5, 0.2, "two", color=ON_DARK)
    svg = darkened(drawn(fig))
    assert ON_LIGHT.lower() in svg and ON_DARK.lower() in svg


def drawn(fig):
    out = io.StringIO()
    fig.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def test_a_plot_is_turned_round_wholly(style):
    fig, axis = plt.subplots()
    axis.plot([0, 1], [0, 1], color=look.MODE_COLOUR["observe"])
    svg = darkened(drawn(fig))
    assert "#ffffff" not in svg and "#000000" not in svg and "#e69f00" in svg
    assert re.search(r'<svg fill="#e6e6e6"', svg)


@pytest.mark.parametrize("scale, turned", [("Greys", True), (look.CORRELATION_COLOURS, False)])
def test_grey_pictures_are_turned_round_and_scales_of_hues_stay(style, scale, turned):
    fig, axis = plt.subplots()
    axis.imshow([[0.0, 1.0]], cmap=scale, vmin=0, vmax=1)
    svg = drawn(fig)
    before, after = picture(svg), picture(darkened(svg))
    assert (before != after).any() == turned
    if turned:
        middle = after[len(after) // 2]
        assert to_hex(middle[0]) == "#121212" and to_hex(middle[-1]) == "#e6e6e6"


def picture(svg):
    encoded = re.search(r"data:image/png;base64,([^\"]*)", svg)[1]
    return imread(io.BytesIO(base64.b64decode(encoded)), format="png")
