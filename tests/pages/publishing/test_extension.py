"""Which notebooks run when a site is built, with which parameters, and what the build says if it cannot."""

from __future__ import annotations

import json
import os
from datetime import date
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from mirror_core.pages.publishing import execute, fingerprint, running
from mirror_core.pages.publishing.execute import NotebookFailure
from mirror_core.pages.publishing.extension import chosen_settings, is_current, run_stale_notebooks, setup
from mirror_core.pages.publishing.fingerprint import library_digest, page_fingerprint
from mirror_core.pages.publishing.quick import QUICK_VARIABLE

PAGE = "# A page\n\n```{code-cell}\n:tags: [parameters]\n\nseed: int = 42\n```\n"


class Site:
    """A site of two small notebooks, its settings, and the names of the notebooks that ran."""

    def __init__(self, folder, monkeypatch):
        self.sources, self.library, self.ran = folder / "notebooks", folder / "library", []
        for name in ("first", "second"):
            self.source(name).parent.mkdir(exist_ok=True)
            self.source(name).write_text(PAGE)
        self.library.mkdir()
        (self.library / "core.py").write_text("1\n")
        self.config = SimpleNamespace(
            mirror_notebooks={"second": {"seed": 1}, "first": None},
            mirror_notebooks_quick={"second": {"seed": 2}},
            mirror_sources="../notebooks",
            mirror_timeout=60,
            mirror_at_once=1,
            mirror_early=600,
            mirror_costs="data/build.json",
        )
        self.app = SimpleNamespace(srcdir=folder / "book", outdir=folder / "book" / "_build" / "html")
        digest = fingerprint.library_digest
        used = " mirror_core.core"
        monkeypatch.setattr(fingerprint, "library_digest", lambda text: digest(text + used, self.library))
        monkeypatch.setattr(running, "execute_notebook", self.execute)

    def source(self, name):
        return self.sources / f"{name}.md"

    def execute(self, source, output, parameters, *, timeout):
        self.ran.append(source.stem)
        execute.execute_notebook(source, output, parameters, timeout=timeout, show_progress=False)

    def build(self):
        """Run what is stale and return its names."""
        self.ran = []
        run_stale_notebooks(self.app, self.config)
        return self.ran


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.delenv(QUICK_VARIABLE, raising=False)
    return Site(tmp_path, monkeypatch)


def test_only_what_changed_runs_and_in_the_order_of_the_settings(site):
    assert site.build() == ["second", "first"]
    assert site.build() == []
    site.source("first").write_text(PAGE + "\nMore words.\n")
    assert site.build() == ["first"]
    site.config.mirror_notebooks["second"] = {"seed": 3}
    assert site.build() == ["second"]
    (site.library / "core.py").write_text("2\n")
    assert site.build() == ["second", "first"]
    (site.app.srcdir / "notebooks" / "first.ipynb").write_text('{"cells": [')
    assert site.build() == ["first"]


def test_quick_settings_are_laid_over_the_full_ones(site, monkeypatch):
    assert chosen_settings(site.config, site.sources) == {"second": {"seed": 1}, "first": {}}
    monkeypatch.setenv(QUICK_VARIABLE, "1")
    assert chosen_settings(site.config, site.sources) == {"second": {"seed": 2}, "first": {}}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"frist": {}}, "mirror_notebooks in _config.yml: unknown notebook 'frist'. Did you mean 'first'?"),
        ({"first": 3}, "mirror_notebooks.first in _config.yml is 3; it must be a mapping of parameters"),
        (["first"], "mirror_notebooks in _config.yml is ['first']; it must be a mapping of notebooks"),
        (
            {"first": {"seed": date(2026, 1, 2)}},
            "mirror_notebooks.first.seed in _config.yml is datetime.date(2026, 1, 2)",
        ),
    ],
)
def test_wrong_settings_are_named(site, settings, message):
    with pytest.raises(NotebookFailure) as failure:
        chosen_settings(SimpleNamespace(mirror_notebooks=settings), site.sources)
    assert message in str(failure.value)


@pytest.mark.parametrize(("field", "value"), [("early", "4 min"), ("at_once", 0), ("timeout", None), ("costs", 5)])
def test_a_wrong_setting_is_said_before_anything_runs(site, field, value):
    setattr(site.config, f"mirror_{field}", value)
    with pytest.raises(SystemExit, match=rf"error: mirror_{field} in _config.yml (=|is) {value!r}.* it must be"):
        site.build()
    assert site.ran == []


@pytest.mark.parametrize("content", ["[]", '{"full": {"first": 7}}', '{"full": {"first": {"rest": ["a", 1]}}}'])
def test_with_foreign_costs_the_time_that_is_shown_is_a_guess(site, content):
    (site.app.srcdir / "data").mkdir(parents=True)
    (site.app.srcdir / "data" / "build.json").write_text(content)
    site.config.mirror_notebooks = {"first": {}}
    assert site.build() == ["first"]


def test_a_failure_ends_the_build_and_keeps_what_is_good(site):
    site.build()
    output = site.app.srcdir / "notebooks" / "first.ipynb"
    good = output.read_bytes()
    site.source("first").write_text(PAGE + "\n```{code-cell}\n1 / 0\n```\n")
    with pytest.raises(SystemExit, match=r"error: notebook first failed in code cell 2 \(`1 / 0`\): ZeroDivisionError"):
        site.build()
    assert output.read_bytes() == good
    with pytest.raises(SystemExit):  # and the next build tries again
        site.build()


def test_what_a_notebook_uses_of_the_library_counts_and_all_that_is_no_code(tmp_path):
    (tmp_path / "a.py").write_text("from mirror_core.b import c\n")
    (tmp_path / "b.py").write_text('"""Shown."""\nc = 1\n')
    (tmp_path / "other.py").write_text("1\n")
    found = []

    def digest():
        found.append(library_digest("from mirror_core import a\n", tmp_path))

    digest()
    (tmp_path / "other.py").write_text("2\n")
    digest()
    assert found[0] == found[1]
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "b.nbc").write_text("machine code")
    digest()
    assert found[0] == found[2]
    (tmp_path / "b.py").write_text('"""Shown otherwise."""\nc = 1\n')
    digest()
    (tmp_path / "look.mplstyle").write_text("")
    digest()
    (tmp_path / "look.mplstyle").rename(tmp_path / "moved.mplstyle")
    digest()
    assert len(set(found)) == 4


def test_a_new_version_of_a_key_package_counts(monkeypatch):
    before = page_fingerprint("text", {})
    monkeypatch.setattr(fingerprint, "versions", lambda: {"torch": "0"})
    assert page_fingerprint("text", {}) != before


@pytest.mark.parametrize("content", ["", "{}", '{"metadata": {}}', '{"metadata": {"mirror_core": 3}}', "[1]"])
def test_a_damaged_executed_notebook_is_not_current(tmp_path, content):
    path = tmp_path / "page.ipynb"
    assert not is_current(path, "x")
    path.write_text(content)
    assert not is_current(path, "x")
    notebook = {"cells": [], "metadata": {}}
    notebook["metadata"]["mirror_core"] = {"fingerprint": "x", "content": execute.content_digest(notebook)}
    path.write_text(json.dumps(notebook))
    assert is_current(path, "x") and not is_current(path, "y")
    path.write_text(json.dumps(notebook | {"cells": [{"cell_type": "markdown", "source": "added in an editor"}]}))
    assert not is_current(path, "x")


def test_a_table_that_a_notebook_names_counts_and_no_other(site):
    data = site.app.srcdir / "data"
    data.mkdir(parents=True)
    site.source("second").write_text(PAGE + "\nIt reads `sweep.parquet`.\n")
    for name in ("sweep.parquet", "other.json"):
        (data / name).write_text("1")
    site.build()
    (data / "other.json").write_text("2")
    assert site.build() == []
    (data / "sweep.parquet").write_text("2")
    assert site.build() == ["second"]
    site.source("first").write_text(PAGE.replace("seed: int = 42", 'table: str = ""'))
    site.config.mirror_notebooks["first"] = {"table": "../book/data/other.json"}
    assert site.build() == ["first"]
    (data / "other.json").write_text("3")
    assert site.build() == ["first"]


def test_a_table_that_a_notebook_reads_counts_though_nothing_names_it(site):
    data = site.app.srcdir / "data"
    data.mkdir(parents=True)
    (data / "sweep.parquet").write_text("1")
    cell = "from pathlib import Path\nfrom mirror_core.runs.used import note_table\n"
    cell += "note_table(Path('../book/data/sweep').with_suffix('.parquet'))\n"
    site.source("second").write_text(PAGE + f"\n```{{code-cell}}\n{cell}```\n")
    site.build()
    assert site.build() == []
    (data / "sweep.parquet").write_text("2")
    assert site.build() == ["second"] and site.build() == []
    (data / "sweep.parquet").unlink()
    with pytest.raises(SystemExit):
        site.build()


def test_a_file_elsewhere_that_a_parameter_names_counts(site, tmp_path):
    own = tmp_path / "elsewhere" / "own.json"
    own.parent.mkdir()
    own.write_text("1")
    source = PAGE.replace("seed: int = 42", 'table: str = ""')
    digests = [fingerprint.page_fingerprint(source, {"table": "x" * 5000}, data=site.app.srcdir / "data")]
    for text in ("1", "2"):
        own.write_text(text)
        os.utime(own, (0, 0))
        for name in (str(own), "../elsewhere/own.json"):
            digests.append(fingerprint.page_fingerprint(source, {"table": name}, data=site.app.srcdir / "data"))
    assert len(set(digests)) == 5


def test_the_year_beside_the_copyright_is_the_sites(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    setup(MagicMock())
    assert "SOURCE_DATE_EPOCH" not in os.environ
