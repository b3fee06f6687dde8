"""What goes beside a figure: files under its name, its alternative text completed once, and its dark version."""

import base64
import io
import json

import matplotlib.pyplot as plt
from bs4 import BeautifulSoup

from mirror_core.pages.publishing.pictures import PRINT, pictures, with_pictures, with_words, write_beside

SVG = '<svg xmlns="a" width="90pt" height="45.375pt">\n<path style="fill: #ffffff"/>\n</svg>\n'
BUNDLE = {"image/svg+xml": SVG, PRINT: base64.b64encode(b"%PDF").decode()}
KEPT = {
    "csv": "r\n0.5\n",
    "by": "mirror_core.figures.some.draw",
    "line": 7,
    "seen": 'Mean <r>: "0.50".',
    "marks": '{"seed 1":[5,6]}',
}
PREFIX = "application/papermill.record/"


def notebook(data, name=None):
    metadata = {"scrapbook": {"name": name, "mime_prefix": PREFIX}} if name else {}
    metadata |= {PRINT: KEPT} if len(data) > 1 else {}
    return {"cells": [{"cell_type": "markdown"}, {"outputs": [{"data": data, "metadata": metadata}]}]}


def built(tmp_path, *notebooks):
    """Write notebooks and the images that MyST-NB makes of them; return what is found, and the images."""
    folder, images = tmp_path / "notebooks", tmp_path / "_images"
    folder.mkdir()
    images.mkdir()
    for i, one in enumerate(notebooks):
        (folder / f"{i}.ipynb").write_text(json.dumps(one))
        for picture in pictures(one):
            (images / f"{picture.names[-1]}.svg").write_text(picture.svg)
    return write_beside(folder, images), images


def test_files_stand_beside_shown_and_glued_figures(tmp_path):
    glued = notebook({PREFIX + kind: value for kind, value in BUNDLE.items()}, "answer")
    found, images = built(tmp_path, notebook(BUNDLE), glued)
    assert len(found) == 2 and "answer" in found
    for name in found:
        assert (images / f"{name}.pdf").read_bytes() == b"%PDF"
        assert (images / f"{name}.csv").read_text() == "r\n0.5\n"
        assert "#121212" in (images / f"{name}.dark.svg").read_text()


def test_a_page_says_what_there_is_and_what_is_seen_once(tmp_path):
    found, _ = built(tmp_path, notebook(BUNDLE))
    (name,) = found
    page = f'<figure><img alt="A figure." src="../_images/{name}.svg"/></figure>'
    done = with_pictures(page, found, "https://example.org/blob/main")
    assert with_pictures(done, found) == done
    light, dark = BeautifulSoup(done, "html.parser").select("img")
    assert light["alt"] == dark["alt"] == 'A figure. Mean <r>: "0.50".'
    assert light["data-csv"] == light["data-pdf"] == "yes" and light["data-by"] == "mirror_core.figures.some.draw"
    assert json.loads(light["data-marks"]) == {"seed 1": [5, 6]} and "data-marks" not in dark.attrs
    assert light["data-source"] == "https://example.org/blob/main/mirror_core/figures/some.py#L7"
    assert light["data-page"] == "../notebooks/0.html"
    assert dark["src"] == f"../_images/{name}.dark.svg" and dark["loading"] == light["loading"] == "lazy"
    assert [light[what] for what in ("width", "height", "style")] == ["120", "60.5", "--drawn: 120px"]


def test_a_figure_that_keeps_nothing_has_a_dark_version_alone(tmp_path):
    found, images = built(tmp_path, notebook({"image/svg+xml": SVG}))
    (name,) = found
    light, _ = BeautifulSoup(with_pictures(f'<img alt="A." src="_images/{name}.svg">', found), "html.parser").select(
        "img"
    )
    assert light["alt"] == "A." and not {"data-pdf", "data-csv", "data-by", "data-source"} & set(light.attrs)
    assert sorted(path.name for path in images.iterdir()) == [f"{name}.dark.svg", f"{name}.svg"]


def test_the_words_of_a_figure_are_in_it_where_they_are_drawn():
    out = io.StringIO()
    with plt.style.context(["default", {"svg.fonttype": "path"}]):  # another test may have set the project's style
        fig, axes = plt.subplots()
        axes.set(title="r > .75 & more", xlabel="two\nlines", ylabel="$\\mathdefault{10^{-2}}$", xticks=[], yticks=[])
        fig.savefig(out, format="svg")
    plt.close(fig)
    found = BeautifulSoup(with_words(out.getvalue()).partition("<svg")[2], "html.parser").select("text")
    assert {one.get_text(): one["font-size"] for one in found} == {
        "r > .75 & more": "12", "two": "10", "lines": "10", "10^-2": "10",
    }  # fmt: skip
    assert all(one["fill"] == "none" for one in found) and "rotate(-90)" in str(found)


def test_other_pictures_stay_as_they_are():
    for page in ('<img alt="a" src="_static/logo.svg">', '<img alt="a" src="_images/other.svg">'):
        assert with_pictures(page, {}) == page
