"""`mirror analyse`: what it writes, what it says, and the status it ends with."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import mirror_core.report
from mirror_core.cli import main
from mirror_core.commands.common import INTERRUPTED
from mirror_core.pages.report.writing import KINDS
from mirror_core.recordings.simulated import simulate_population
from mirror_core.studies.report.analysing import ANALYSES


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with recordings in `mine.npz`."""
    monkeypatch.chdir(tmp_path)
    made = simulate_population(4, np.random.default_rng(0), n_units=6, n_sequences=24, n_timesteps=3)
    np.savez("mine.npz", perform=made.perform, observe=made.observe, actions=made.actions)
    return tmp_path


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out figures and the slowest analysis, where they are not what is tested."""
    monkeypatch.delitem(ANALYSES, "generalisation")
    monkeypatch.setitem(KINDS, ".html", lambda report: f"<h1>{report.name}</h1>")


def mirror(*arguments):
    return CliRunner().invoke(main, ["analyse", *map(str, arguments)])


QUICK = ("--permutations", 19, "--alpha", 0.3)


def test_it_prints_tables_and_writes_the_report_beside_them(folder, monkeypatch):
    monkeypatch.delitem(ANALYSES, "generalisation")
    done = mirror("mine.npz", *QUICK, "--json", "all.json", "--csv", "units.csv")
    assert done.exit_code == 0, done.output
    assert "How many units respond alike in both modes?" in done.stdout and "unit-mismatch" in done.stdout
    assert "Written: mine-report.html" in done.stderr
    assert {p.name for p in folder.iterdir()} == {"mine.npz", "mine-report.html", "all.json", "units.csv"}
    assert json.loads(Path("all.json").read_text())["verdict"] in " ".join(done.stdout.split())


def test_options_reach_the_analysis(folder, undrawn):
    with np.load("mine.npz") as arrays:
        perform = arrays["perform"].copy()
        perform[3, 1, 2] = np.nan
        np.savez("gaps.npz", perform=perform, observe=arrays["observe"], actions=arrays["actions"])
    assert mirror("gaps.npz", *QUICK).exit_code == 2
    done = mirror(
        "gaps.npz", *QUICK, "--drop-nan", "units", "--no-actions", "--seed", 5, "--out", "x.html", "--json", "x.json"
    )
    assert done.exit_code == 0, done.output
    content = json.loads(Path("x.json").read_text())
    assert (content["units"], content["actions"], content["seed"], content["n_permutations"], content["alpha"]) == (
        5,
        0,
        5,
        19,
        0.3,
    )
    assert "1 of 6 units (2) left out" in done.stdout and "it needs actions" in done.stdout


def test_a_report_is_replaced_and_one_that_cannot_be_is_said(folder, undrawn):
    Path("mine-report.html").write_text("of other recordings named mine")
    done = mirror("mine.npz", *QUICK)
    assert done.exit_code == 2 and "mine-report.html exists already: name a report that may be replaced" in done.stderr
    assert Path("mine-report.html").read_text() == "of other recordings named mine"
    assert mirror("mine.npz", *QUICK, "--out", "mine-report.html").exit_code == 0
    assert "<h1>" in Path("mine-report.html").read_text()
    Path("taken.html").mkdir()
    done = mirror("mine.npz", *QUICK, "--out", "taken.html")
    assert done.exit_code == 2 and "is a directory" in done.stderr


def test_what_was_found_is_kept_before_it_is_shown(folder, undrawn, monkeypatch):
    """A terminal that cannot take the report, or a file that cannot be written, takes nothing else with it."""

    def unable(report):
        raise UnicodeError

    with monkeypatch.context() as patch:
        patch.setattr(mirror_core.report.Report, "__str__", unable)
        mirror("mine.npz", *QUICK)
    assert Path("mine-report.html").read_text()
    Path("x.html").symlink_to("nowhere/x.html")
    monkeypatch.setitem(KINDS, ".json", lambda report: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    done = mirror("mine.npz", *QUICK, "--out", "x.html", "--json", "x.json", "--csv", "x.csv")
    assert done.exit_code == 1 and "cannot write x.json (No space left on device)." in done.stderr
    assert "How many units respond alike" in done.stdout and Path("x.csv").read_text().startswith("unit,")
    assert not Path("x.json").exists()


def test_a_terminal_without_some_letters_an_unknown_backend_and_a_pipe_that_is_closed_lose_nothing(folder, call):
    command = f"{sys.executable} -m mirror_core.cli analyse mine.npz --permutations 9 --alpha 0.3"
    done = call(
        "bash", "-c", f"{command} --out a.html > shown", cwd=folder, PYTHONIOENCODING="latin-1", MPLBACKEND="none-such"
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr and Path("a.html").exists()
    assert "\\u03b1 = 0.3" in Path("shown").read_text(encoding="latin-1")
    closed = f"{command} --out b.html --json b.json 2>&1 | true; exit ${{PIPESTATUS[0]}}"
    closed = call("bash", "-c", closed, cwd=folder)
    assert closed.returncode == 0 and not closed.stderr
    assert Path("b.html").read_text() == Path("a.html").read_text() and Path("b.json").exists()


def test_ctrl_c_ends_it_without_a_report(folder, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(mirror_core.report, "analyse", interrupted)
    done = mirror("mine.npz")
    assert done.exit_code == INTERRUPTED and "Interrupted." in done.stderr
    assert [p.name for p in folder.iterdir()] == ["mine.npz"]
