"""Which code decides a result: all that a module computes with, and nothing that only speaks of it."""

import pytest

from mirror_core.runs.code import closure, digest_of_code

SOURCES = {
    "study.py": """'''Doc.'''
from mirror_core.analysis import mean
from mirror_core.runs.keep import keep

def ask(values):
    '''Say.'''
    if not len(values):
        raise ValueError("no values")
    return mean(values)
""",
    "analysis/__init__.py": "from mirror_core.analysis.means import mean\n"
    "from mirror_core.analysis.other import other\n",
    "analysis/means.py": "from mirror_core.numbers import add\n\n"
    "def mean(values):\n    return add(values) / len(values)\n",
    "analysis/other.py": "def other():\n    return 1\n",
    "numbers.py": "def add(values):\n    return sum(values)\n",
    "runs/keep.py": "def keep():\n    return 2\n",
}


@pytest.fixture
def digest(tmp_path):
    """Return a function that changes one text of the sources and gives the digest of `study`."""
    count = iter(range(99))

    def of(name="study.py", old="", new=""):
        root = tmp_path / str(next(count)) / "mirror_core"
        for path, text in SOURCES.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text.replace(old, new) if path == name and old else text)
        return digest_of_code("mirror_core.study", "numpy 2", root)

    return of


@pytest.mark.parametrize(
    "change",
    [
        ("study.py", "'''Doc.'''", "'''Other.'''  # why"),
        ("study.py", "'''Say.'''", "'''Say more.'''"),
        ("study.py", '"no values"', 'f"{values} has no values"'),
        ("study.py", "from mirror_core.analysis import", "from mirror_core.analysis.means import"),
        ("analysis/other.py", "1", "2"),
        ("runs/keep.py", "2", "3"),
    ],
)
def test_prose_errors_origins_and_what_is_not_used_do_not_count(digest, change):
    assert digest(*change) == digest()


@pytest.mark.parametrize(
    "change",
    [
        ("study.py", "return mean(values)", "return 2 * mean(values)"),
        ("study.py", "ValueError", "TypeError"),
        ("analysis/means.py", "/", "//"),
        ("numbers.py", "sum", "max"),
    ],
)
def test_what_a_module_computes_with_counts_however_far(digest, change):
    assert digest(*change) != digest()


def test_other_versions_of_packages_are_other_code():
    assert digest_of_code("mirror_core.seeding", "numpy 2") != digest_of_code("mirror_core.seeding", "numpy 3")


def test_weights_follow_from_these_rooms_and_no_others():
    rooms = {name.split(".")[1] for name in closure("mirror_core.networks.training.loop")}
    assert rooms == {"arrays", "checks", "config", "networks", "seeding", "worlds"}


def test_a_measure_does_not_depend_on_what_draws_or_keeps_it():
    rooms = {name.split(".")[1] for name in closure("mirror_core.studies.measures.basic")}
    assert "analysis" in rooms and not rooms & {"runs", "figures", "pages"}


def test_a_module_that_is_named_in_a_string_counts_as_imported(tmp_path):
    (tmp_path / "run.py").write_text('command = ["python", "-m", "mirror_core.cli"]\nother = "mirror_core.nothing"\n')
    (tmp_path / "cli.py").write_text("")
    assert closure("mirror_core.run", root=tmp_path) == {"mirror_core.run", "mirror_core.cli"}


def test_a_family_counts_whole_where_it_is_asked_by_name_and_a_member_alone_where_it_is_imported(tmp_path):
    family = tmp_path / "nulls"
    family.mkdir()
    (family / "__init__.py").write_text("from mirror_core.nulls import row\nfrom mirror_core.nulls.base import test\n")
    (family / "base.py").write_text("def test(): pass\n")
    (family / "row.py").write_text("from mirror_core.nulls.base import test\n")
    (family / "unit.py").write_text("from mirror_core.nulls.base import test\n")
    (tmp_path / "all.py").write_text("from mirror_core.nulls import test\n")
    (tmp_path / "one.py").write_text("from mirror_core.nulls.row import test\n")
    names = {f"mirror_core.nulls.{name}" for name in ("base", "row", "unit")}
    assert closure("mirror_core.all", root=tmp_path) == {"mirror_core.all", "mirror_core.nulls", *names}
    assert closure("mirror_core.one", root=tmp_path) == {"mirror_core.one"} | names - {"mirror_core.nulls.unit"}
