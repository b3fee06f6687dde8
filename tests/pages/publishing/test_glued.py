"""What notebooks glued becomes files: vector figures, Markdown, and nothing that is no longer glued."""

from __future__ import annotations

import base64

import nbformat
import pytest

from mirror_core.pages.publishing.files import KINDS, NetcdfFile, TextFile
from mirror_core.pages.publishing.glued import copy_whole_pages, write_glued

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


def test_text_files_keep_their_kind(write):
    bundle = {kind: TextFile("a,é\n1,2\n", kind)._repr_mimebundle_() for kind in KINDS}
    outputs = [
        nbformat.v4.new_output(
            "display_data", {PREFIX + mime: text for mime, text in content.items()},
            metadata={"scrapbook": {"name": "table", "mime_prefix": PREFIX}},
        )
        for content in bundle.values()
    ]  # fmt: skip
    assert write(*outputs) == {f"table.{kind}": "a,é\n1,2\n".encode() for kind in KINDS}


def test_a_netcdf_file_comes_out_as_it_went_in(write):
    ((mime, text),) = NetcdfFile(b"\x89HDF\r\n")._repr_mimebundle_().items()
    assert write(glued("r", **{mime.replace("/", "_"): text})) == {"r.nc": b"\x89HDF\r\n"}


def test_plain_values_have_no_file(write):
    assert write(glued("number", text_plain="0.28")) == {}


def test_what_is_no_longer_glued_is_removed_and_the_same_is_not_touched(write, tmp_path):
    write(glued("old", text_markdown="a"), glued("same", text_markdown="b"))
    before = (tmp_path / "glued" / "page" / "same.md").stat().st_mtime_ns
    assert set(write(glued("same", text_markdown="b"))) == {"same.md"}
    assert (tmp_path / "glued" / "page" / "same.md").stat().st_mtime_ns == before


@pytest.mark.parametrize("kind", ["html", "js"])
def test_a_glued_page_or_script_is_a_file_that_the_built_site_has_too(tmp_path, kind):
    page = TextFile("<h1>é</h1>", kind)
    assert "text/html" not in page._repr_mimebundle_()  # what a cell shows as HTML is no file
    output = nbformat.v4.new_output(
        "display_data",
        {PREFIX + mime: text for mime, text in page._repr_mimebundle_().items()},
        metadata={"scrapbook": {"name": "report", "mime_prefix": PREFIX}},
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    executed = tmp_path / "book" / "page.ipynb"
    executed.parent.mkdir()
    nbformat.write(notebook, executed)
    write_glued(executed)
    copy_whole_pages(executed.parent, tmp_path / "built")
    assert (tmp_path / "built" / "glued" / "page" / f"report.{kind}").read_text(encoding="utf-8") == "<h1>é</h1>"
