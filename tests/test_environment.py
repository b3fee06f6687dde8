"""The ranges, the lock, the conda environment and what is installed say the same thing."""

from __future__ import annotations

import ast
import os
import shlex
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import jupytext
import pytest
import torch
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK_LINES = [
    line for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
]
LOCKED = [Requirement(line) for line in LOCK_LINES]
LOCK = {
    canonicalize_name(one.name): str(one.specifier).removeprefix("==")
    for one in LOCKED
    if one.marker is None or one.marker.evaluate()
}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.md"))
EXTRAS = PROJECT["optional-dependencies"]
DIRECT = [Requirement(line) for line in (*PROJECT["dependencies"], *EXTRAS["test"], *EXTRAS["agents"])]


def imported(tree: ast.AST) -> set[str]:
    """Return the top-level packages that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("requirement", DIRECT, ids=lambda requirement: requirement.name)
def test_the_lock_satisfies_each_range(requirement):
    assert requirement.specifier.contains(LOCK[canonicalize_name(requirement.name)])


def test_the_lock_is_exact_and_names_no_address_and_no_local_build():
    for line, requirement in zip(LOCK_LINES, LOCKED, strict=True):
        version = str(requirement.specifier).removeprefix("==")
        assert requirement.url is None and Version(version).local is None
        assert line in (same := f"{requirement.name}=={version}", f'{same}; python_version == "3.12"')
    assert sorted(LOCK_LINES) == LOCK_LINES


def test_the_lock_is_complete():
    """Whatever an installed package of the lock needs here is in the lock too, but for what PyTorch needs for a GPU."""
    missing = set()
    for name in LOCK:
        if name == "torch" and torch.version.cuda:
            continue
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            wanted = needed.marker is None or needed.marker.evaluate({"extra": ""})
            if wanted and canonicalize_name(needed.name) not in LOCK:
                missing.add(f"{needed.name} (needed by {name})")
    assert not missing


def test_what_is_installed_is_what_is_locked():
    assert {name: Version(metadata.version(name)).public for name in LOCK} == LOCK


def test_conda_installs_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, torch, _, packages = environment["dependencies"]
    assert packages == {"pip": ["-r requirements.lock", "-e ."]}
    assert torch == f"pytorch-cpu={LOCK['torch']}"  # another version would be replaced, by one with GPU packages
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))


def test_binder_makes_notebooks_of_the_text_files():
    assert os.access(ROOT / "postBuild", os.X_OK)
    assert shlex.split((ROOT / "postBuild").read_text(encoding="utf-8").splitlines()[-1])[-1] == "notebooks/*.md"


def test_what_is_imported_is_declared():
    """The library and the notebooks import nothing that is there only because something else needs it."""
    text = [path.read_text(encoding="utf-8") for path in (ROOT / "mirror_core").rglob("*.py")]
    text += ["\n".join(c.source for c in jupytext.read(path).cells if c.cell_type == "code") for path in NOTEBOOKS]
    modules = {name for source in text for name in imported(ast.parse(source))}
    modules -= sys.stdlib_module_names | {"mirror_core"}
    optional = [line for extra in ("cluster", "agents") for line in EXTRAS[extra]]
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"] + optional}
    provided = metadata.packages_distributions()
    # an optional package that is not installed is known by the name of its module
    undeclared = {name for name in modules if not declared & {canonicalize_name(d) for d in provided.get(name, [name])}}
    assert not undeclared


def test_every_locked_package_runs_on_the_oldest_python_that_is_promised():
    """Some releases need a later patch of Python than a distribution has, and pip then finds no such version."""
    oldest = Version(PROJECT["requires-python"].removeprefix(">=") + ".0")
    needs = {name: metadata.metadata(name).get("Requires-Python") for name in LOCK}
    assert not {name: needed for name, needed in needs.items() if needed and not SpecifierSet(needed).contains(oldest)}
