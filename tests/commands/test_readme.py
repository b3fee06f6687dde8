"""The commands of the README: what they do, what they say, and the status they end with, also when something fails."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def make(call):
    """Run make with this environment as the one that it made."""

    def run(target: str, cwd: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return call("make", "--assume-old=env", f"VENV={sys.prefix}", *options, target, cwd=cwd)

    return run


def page(checkout: Path, name: str) -> str:
    return (checkout / "book" / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")


def change_cell(checkout: Path, cell: str) -> None:
    """Replace the last line of the small notebook's second cell."""
    path = checkout / "notebooks" / "small.md"
    path.write_text(path.read_text().replace('glue("number", seed, display=False)', cell))


def test_every_make_command_of_the_readme_exists(make):
    done = make("help", ROOT)
    assert done.returncode == 0
    wanted = set(re.findall(r"(?:^|`)make ([a-z]+)", README, flags=re.MULTILINE))
    assert {"book", "test", "quick", "lab"} <= wanted <= set(re.findall(r"make ([a-z]+)", done.stdout))


@pytest.mark.parametrize("command", re.findall(r"^papermill .*-p .*$", README, flags=re.MULTILINE))
def test_the_parameters_in_the_readme_exist(command, call):
    notebook = command.split()[1]
    listed = call("papermill", "--help-notebook", notebook, cwd=ROOT)
    assert listed.returncode == 0, listed.stderr
    for name in re.findall(r"-p (\w+)", command):
        assert f"  {name}: " in listed.stdout


def test_make_book_builds_and_says_where_and_does_nothing_twice(small_checkout, make):
    done = make("book", small_checkout)
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith(f"The site: {small_checkout}/book/_build/html/index.html")
    assert 'The seed is <span class="pasted-text">7.0</span>' in page(small_checkout, "index")
    again = make("book", small_checkout)
    assert again.returncode == 0 and "nothing changed" in again.stdout and "running" not in again.stdout

    change_cell(small_checkout, 'glue("number", seed + 1, display=False)')
    assert make("book", small_checkout).returncode == 0
    assert "8.0" in page(small_checkout, "index")  # the title page follows, though its own text is the same


def test_jupyter_book_alone_builds_the_same(small_site):
    assert "7.0" in page(small_site, "index")


@pytest.mark.parametrize("command", [["make"], ["jupyter-book", "build", "book"]], ids=lambda command: command[0])
def test_a_failing_cell_fails_the_build_and_keeps_the_pages(built_checkout, make, call, command):
    before = page(built_checkout, "index")
    change_cell(built_checkout, "1 / 0")
    build = make("book", built_checkout) if command == ["make"] else call(*command, cwd=built_checkout)
    assert build.returncode != 0
    assert "error: notebook small failed in code cell 2 (`from myst_nb import glue`): ZeroDivisionError" in build.stderr
    assert "Traceback" not in build.stderr
    assert page(built_checkout, "index") == before


def test_a_parameter_that_the_notebook_lacks_fails_the_build(small_checkout, make):
    config = small_checkout / "_config.yml"
    config.write_text(config.read_text().replace("seed: 7", "sed: 7"))
    build = make("book", small_checkout)
    assert build.returncode != 0
    assert "notebook small: unknown parameter 'sed'. Did you mean 'seed'?" in build.stderr


def test_a_warning_fails_the_build_each_time(small_checkout, make):
    index = small_checkout / "book" / "index.md"
    index.write_text(index.read_text() + "\n[](nowhere)\n")
    for build in (make("book", small_checkout), make("book", small_checkout)):
        assert build.returncode != 0
        assert "cross-reference target not found" in build.stderr


@pytest.mark.parametrize("target", ["book", "quick"])
def test_lost_links_are_named_with_their_repair(small_checkout, make, target):
    link = small_checkout / "book" / "_config.yml"
    link.unlink()
    link.write_text("../_config.yml")
    build = make(target, small_checkout)
    assert build.returncode != 0
    assert "book/_config.yml must be a symbolic link" in build.stderr
    assert "ln -sf ../_config.yml book/_config.yml" in build.stderr


def test_an_old_python_is_refused(tmp_path, call):
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = call("make", "env", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}", cwd=ROOT)
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_build_killed_midway_leaves_the_last_good_notebook(built_checkout):
    executed = built_checkout / "book" / "notebooks" / "small.ipynb"
    before = executed.read_bytes()
    started = built_checkout / "started"
    change_cell(built_checkout, f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(60)")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "book"]
    build = subprocess.Popen(command, cwd=built_checkout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not started.exists():
        assert build.poll() is None
        time.sleep(0.1)
    build.send_signal(signal.SIGKILL)
    build.wait()
    assert executed.read_bytes() == before
    assert nbformat.read(executed, as_version=4)
    assert [path.name for path in executed.parent.iterdir() if path.suffix == ".part"] == []
