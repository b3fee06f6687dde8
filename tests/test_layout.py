"""The house: who may import whom, and that nothing goes round in a circle."""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ROOMS = (
    "checks",
    "seeding",
    "arrays",
    "config",
    "analysis",
    "worlds",
    "networks",
    "recordings",
    "runs",
    "studies",
    "experiments",
    "figures",
    "pages",
    "report",
    "commands",
    "cli",
)
"""From the ground up: a room imports only from those before it."""


def modules():
    """Return every module of the library by its full name."""
    paths = (ROOT / "mirror_core").rglob("*.py")
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(path, known):
    """Return what a module imports from the library, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "mirror_core":
            for alias in node.names:
                yield f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] == "mirror_core")


@pytest.fixture(scope="module")
def arrows():
    known = modules()
    return {name: set(imported(path, known)) - {name, "mirror_core"} for name, path in known.items()}


def room(module):
    return module.split(".")[1]


def test_there_are_at_most_sixteen_rooms():
    there = {room(name) for name in modules() if name != "mirror_core"}
    assert there == set(ROOMS) and len(there) <= 16


def test_every_import_exists(arrows):
    assert set().union(*arrows.values()) <= modules().keys()


def test_no_room_imports_from_one_above(arrows):
    upwards = [
        f"{name} → {other}"
        for name, others in arrows.items()
        for other in others
        if name != "mirror_core" and ROOMS.index(room(other)) > ROOMS.index(room(name))
    ]
    assert not upwards


def test_no_module_imports_itself_by_a_detour(arrows):
    graphlib.TopologicalSorter(arrows).prepare()


def test_no_page_imports_another(arrows):
    pages = {path.stem for path in (ROOT / "notebooks").glob("*.md")}
    page = {name for name in arrows if name.startswith("mirror_core.pages.") and name.rpartition(".")[2] in pages}
    assert not [f"{name} → {other}" for name in page for other in arrows[name] & page]


def test_tests_are_in_the_rooms_that_they_test():
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(ROOMS)
