"""Films as files to take along: kept by notebooks, said of once on a page, drawn whole."""

import base64
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup
from IPython.core.formatters import DisplayFormatter

from mirror_core.figures.frog_and_toad import board_picture
from mirror_core.figures.imitation import picture
from mirror_core.pages.player import player
from mirror_core.pages.publishing.films import standalone, to_pdf, with_films
from mirror_core.pages.publishing.pictures import PRINT, write_beside

SAID = ["Step 1: on its way, alone.", "Step 2: “there”, " + "and what it sees is said at length, " * 9 + "− 3 ★."]


def shown():
    steps = [picture("learner", 12, trail, 20, np.arange(60) % 5.0, "perform", 0.4, 4.0) for trail in ([], [1, 12])]
    return player(steps, SAID, "A learner", shown)


def kept():
    """Return the film as a notebook has it among its outputs."""
    data, metadata = DisplayFormatter().format(shown())
    return {"data": data, "metadata": metadata}


def n_sheets(pdf):
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def test_a_notebook_keeps_a_film_with_its_function_pictures_and_captions():
    output = kept()
    beside, line = output["metadata"][PRINT], shown.__code__.co_firstlineno
    assert beside["by"] == f"{__name__}.shown" and beside["line"] == line
    assert n_sheets(base64.b64decode(output["data"][PRINT])) == 2 and output["data"]["text/html"] == shown().data
    table = pd.read_csv(pd.io.common.StringIO(beside["csv"]))
    assert table.to_dict("list") == {"picture": [1, 2], "what it shows": SAID}
    assert output == kept()


def test_a_page_says_once_where_the_files_and_the_function_of_its_films_are(tmp_path):
    images, sources = tmp_path / "_images", "https://example.org/blob/main"
    (tmp_path / "some.ipynb").write_text(json.dumps({"cells": [{"outputs": [kept()]}]}))
    assert write_beside(tmp_path, images) == {}
    page = f"<h1>T</h1>{shown().data}<p>between</p>{BeautifulSoup(shown().data, 'html.parser')}"  # in order, too
    done = with_films(page, "../_images", sources)
    assert with_films(done, "../_images", sources) == done
    first, second = BeautifulSoup(done, "html.parser").select(".player")
    assert first.attrs == second.attrs and list(first.attrs) != list(second.attrs)
    assert done.count("<p>between</p>") == 1
    pdf, csv = (images / first[f"data-{kind}"].removeprefix("../_images/") for kind in ("pdf", "csv"))
    assert n_sheets(pdf.read_bytes()) == 2 and "at length" in csv.read_text(encoding="utf-8")
    line = shown.__code__.co_firstlineno
    assert first["data-source"] == f"{sources}/{__name__.replace('.', '/')}.py#L{line}"
    without = BeautifulSoup(with_films(page, "_images"), "html.parser").select_one(".player")
    assert "data-source" not in without.attrs and without["data-pdf"] == f"_images/{pdf.name}"
    assert with_films("<p>No film.</p>", "_images") == "<p>No film.</p>"


def test_a_picture_by_itself_needs_no_theme_and_leads_nowhere():
    drawn = '<svg><a href="x.html"><text fill="var(--mirror-perform, #0072b2)">a</text><title>b</title></a></svg>'
    root = ET.fromstring(standalone(drawn))
    assert [one.tag.rpartition("}")[2] for one in root.iter()] == ["svg", "text"]
    assert root[0].get("fill") == "#0072b2"
    for step in shown().pictures:
        assert not re.search(r"var\(|currentColor", standalone(step))


def test_what_a_browser_shows_as_nothing_or_by_the_theme_alone_is_no_fault():
    drawn = "<svg viewBox='0 0 9 9'><path d='' opacity='.2'/><path d='M0 0h9' stroke='var(--mirror-perform)'/></svg>"
    assert "d=''" not in standalone(drawn) and "stroke='#000000'" in standalone(drawn)
    assert n_sheets(to_pdf([drawn], [""])) == 1


def test_every_picture_is_a_sheet_and_nothing_in_it_is_left_out(caplog):
    boards = [
        board_picture(np.arange(20) % 3 == 0, np.arange(20) % 4 == 0, [3, at], [True, False], [4, 2],
                      ["jump → up", "wait"], [np.linspace(0, 1, 16)] * 2)
        for at in (3, 7)
    ]  # fmt: skip
    pdf = to_pdf(boards, SAID)
    assert n_sheets(pdf) == 2 and pdf == to_pdf(boards, SAID)
    _, *sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)  # the first is on no sheet
    (width,), (height,) = (set(map(float, side)) for side in zip(*sheets, strict=True))
    assert width == 408 + 24 and height > 186 + 3 * 12 + 24  # as wide as drawn, with room for the longer caption
    assert not caplog.records  # of elements and letters that were not understood
    assert b"/Subtype /Image" not in pdf  # lines and letters
