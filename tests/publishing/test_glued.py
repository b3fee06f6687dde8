"""What notebooks glued becomes files: vector figures, Markdown, and nothing that is no longer glued."""

from __future__ import annotations

import base64

import nbformat
import pytest

from mirror_core.publishing.glued import write_glued

PREFIX = "application/papermill.record/"


def glued(name: str, **content: str) -> nbformat.NotebookNode:
    data = {PREFIX + kind.replace("_", "/"): text for kind, text in content.items()}
    data = {kind.replace("svg", "svg+xml"): text for kind, text in data.items()}
    return nbformat.v4.new_output("display_data", data, metadata={"scrapbook": {"name": name, "mime_prefix": PREFIX}})


@pytest.fixture
def write(tmp_path):
    """Write an executed notebook with these outputs and return its glued files by name."""

    def write_outputs(*outputs):
        path = tmp_path / "page.ipynb"
        plain = nbformat.v4.new_output("display_data", {"text/plain": "not glued"})
        cell = nbformat.v4.new_code_cell(outputs=[plain, *outputs])
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        write_glued(path)
        return {file.name: file.read_bytes() for file in (tmp_path / "glued" / "page").iterdir()}

    return write_outputs


def test_each_kind_has_its_file_and_a_vector_figure_comes_first(write):
    png = base64.b64encode(b"pixels").decode()
    figure, photo = glued("figure", image_svg="<svg/>", image_png=png), glued("photo", image_png=png)
    files = write(figure, photo, glued("words", text_markdown="*é*"))
    assert files == {"figure.svg": b"<svg/>", "photo.png": b"pixels", "words.md": "*é*".encode()}


def test_plain_values_have_no_file(write):
    assert write(glued("number", text_plain="0.28")) == {}


def test_what_is_no_longer_glued_is_removed_and_the_same_is_not_touched(write, tmp_path):
    write(glued("old", text_markdown="a"), glued("same", text_markdown="b"))
    before = (tmp_path / "glued" / "page" / "same.md").stat().st_mtime_ns
    assert set(write(glued("same", text_markdown="b"))) == {"same.md"}
    assert (tmp_path / "glued" / "page" / "same.md").stat().st_mtime_ns == before
