"""Content decides what a build does again: not dates, nor what a killed build or a full disk has left; two at once
wait for each other, and no folder of somebody else is replaced."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mirror_core.pages.publishing.quick import own_folder
from mirror_core.runs.files import alone, digest_of_files

JUPYTER_BOOK = Path(sys.executable).with_name("jupyter-book")
CONFIG = """title: t
only_build_toc_files: true
execute: {execute_notebooks: "off"}
sphinx:
  extra_extensions: [mirror_core.pages.publishing.extension]
  config: {mirror_notebooks: {}, html_static_path: [_static]}
"""


@pytest.fixture
def book(tmp_path, call):
    """Give a book of two pages, and a function that builds it and returns what Sphinx says that it reads."""
    book = tmp_path / "book"
    for path, text in {
        "_config.yml": CONFIG,
        "_toc.yml": "format: jb-book\nroot: index\nchapters: [{file: other}]\n",
        "index.md": "# A page\n\nThe share is NEW.\n\n```{include} part.txt\n```\n",
        "other.md": "# Another page\n\nWords.\n",
        "part.txt": "Included.\n",
        "_static/own.css": "p {margin: 1px}\n",
    }.items():
        (book / path).parent.mkdir(parents=True, exist_ok=True)
        (book / path).write_text(text)
    (tmp_path / "notebooks").mkdir()

    def build() -> str:
        done = call(JUPYTER_BOOK, "build", "book", "-W", "--keep-going", cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "will overwrite data" not in done.stdout
        return next(line for line in done.stdout.splitlines() if "updating environment" in line)

    build.folder = book
    return build


def test_what_is_replaced_by_something_older_is_built_again_and_nothing_else(book):
    html = book.folder / "_build" / "html"
    assert "2 added" in book()
    assert "0 added, 0 changed, 0 removed" in book()
    replaced = {"index.md": "# A page\n\nThe share is OLD.\n", "_static/own.css": "p {margin: 2px}\n"}
    for path, text in replaced.items():
        # of the same length, and with a date from before the build, as from a backup
        (book.folder / path).write_text(text)
        os.utime(book.folder / path, (1, 1))
    os.utime(book.folder / "other.md", (4e9, 4e9))  # and one of a clock that is ahead
    book()
    assert "The share is OLD" in (html / "index.html").read_text()
    assert "2px" in (html / "_static" / "own.css").read_text()
    (book.folder / "other.md").write_text("# Another page\n\nOther words.\n")
    book()
    assert "Other words" in (html / "other.html").read_text()


def test_what_was_cut_of_a_build_is_made_again_and_all_of_one_that_was_killed(book):
    book()
    for path in (".doctrees/other.doctree", ".doctrees/environment.pickle", "html/other.html"):
        (book.folder / "_build" / path).write_bytes(b"")
        assert "2 added" in book()
        assert "Words." in (book.folder / "_build" / "html" / "other.html").read_text()
    (book.folder / "_build" / "good-build.json").unlink()  # the first thing that a build does
    assert "2 added" in book()


def test_two_builds_at_once_wait_for_each_other(small_checkout):
    command = [JUPYTER_BOOK, "build", "book", "-W", "--keep-going"]
    options = dict(cwd=small_checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    builds = [subprocess.Popen(command, **options) for _ in range(2)]
    said = sorted((build.communicate(timeout=300)[0] for build in builds), key=lambda text: "waiting for" in text)
    assert [build.returncode for build in builds] == [0, 0], said
    assert "notebook small: running" in said[0]
    assert "waiting for another build of this book" in said[1] and "notebook small: nothing changed" in said[1]


def test_a_folder_is_worked_on_by_one_at_a_time(tmp_path):
    first, order = alone(tmp_path / "new"), []

    def second() -> None:
        with alone(tmp_path / "new", lambda: order.append("waits")):
            order.append("works")

    thread = threading.Thread(target=second)
    thread.start()
    while not order:
        pass
    order.append("first ends")
    first.close()
    thread.join()
    assert order == ["waits", "first ends", "works"]


def test_a_digest_is_of_names_and_contents(tmp_path):
    found = []
    for name, text in [("a", "1"), ("a", "2"), ("b", "2")]:
        (tmp_path / name).write_text(text)
        found.append(digest_of_files([tmp_path / name, tmp_path]))
        os.utime(tmp_path / name, (0, 0))
        assert digest_of_files([tmp_path / name]) == found[-1]
    assert len(set(found)) == 3


def test_a_quick_build_replaces_only_its_own_folder(tmp_path, call):
    own_folder(tmp_path / "quick")
    (tmp_path / "quick" / "book").mkdir()
    own_folder(tmp_path / "quick")
    mine = tmp_path / "mine" / "notebooks" / "mine.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = call(sys.executable, "-m", "mirror_core.pages.publishing.quick", "mine", cwd=tmp_path)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("error: mine has been made by something else")
    assert mine.read_text() == "mine"
