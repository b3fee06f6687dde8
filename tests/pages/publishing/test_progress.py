"""What a build says while it runs: how much is done, how much is left, and how long that takes."""

from __future__ import annotations

import json
import sys

import pytest

from mirror_core.pages.publishing.progress import Board
from mirror_core.runs.progress import EVENTS_VARIABLE, progress_bar

COSTS = {
    "first": {"training": [10, 40.0], "measure run": [10, 5.0], "rest": [1, 5.0]},
    "second": {"training": [4, 16.0], "rest": [1, 4.0]},
}


@pytest.fixture
def board(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "2")
    with Board(["first", "second", "unknown"], COSTS, tmp_path) as board:
        yield board


def write(board, name, *states):
    """Let a notebook say how far its bars are: what, how much there is, how much is done, whether it goes on."""
    lines = [
        json.dumps({"bar": bar, "what": what, "total": total, "n": n, "open": more, "time": time})
        for bar, (what, total, n, more, time) in enumerate(states)
    ]
    board.events(name).write_text("".join(line + "\n" for line in lines) + '{"half a line')
    board._look()


def test_before_anything_runs_all_that_was_measured_is_left(board):
    assert "0 of 3 pages, 14 networks and 10 analyses left" in board.line()


def test_a_page_that_runs_says_itself_how_much_there_is(board):
    write(board, "first", ("training", 6, 2, True, 0.0))
    assert "8 networks and 10 analyses left" in board.line() and "first: training 2/6" in board.line()
    write(board, "first", ("training", 6, 6, False, 0.0), ("measure run", 12, 3, True, 0.0))
    assert "4 networks and 9 analyses left" in board.line() and "first: measure run 3/12" in board.line()


def test_what_a_page_does_not_do_since_it_is_kept_is_not_waited_for(board):
    write(board, "first", ("measure run", 2, 1, True, 0.0))
    assert "4 networks and 1 analysis left" in board.line()
    write(board, "second")
    board.done("second", 3)
    assert "1 of 3 pages, 0 networks" in board.line()


def test_less_is_left_the_further_a_build_is(board):
    left = [board._left_of("first")]
    for n in (1, 5, 10):
        write(board, "first", ("training", 10, n, n < 10, 0.0))
        left.append(board._left_of("first"))
    board.done("first", 1)
    left.append(board._left_of("first"))
    assert left == sorted(left, reverse=True) and left[0] == 50 and left[-1] == 0


def test_what_a_build_took_is_what_the_next_one_expects(board, tmp_path):
    lines = [("training", 4, 0, True, 100.0), ("training", 4, 4, False, 108.0)]
    states = [dict(zip(("what", "total", "n", "open", "time"), one, strict=True), bar=0) for one in lines]
    board.events("second").write_text("".join(json.dumps(state) + "\n" for state in states))
    board.done("second", 9)
    assert board.measured()["second"]["training"] == [4, 16.0]  # 8 s of two workers
    assert set(board.measured()) == {"second"}


def test_without_a_terminal_there_are_plain_lines(board, capsys):
    write(board, "first")
    board.done("first", 2)
    said = capsys.readouterr()
    assert "notebook first: running …\nnotebook first: done in 2 s\n  about" in said.out
    assert "\r" not in said.out and said.err == ""


def test_on_a_terminal_there_is_a_bar_no_wider_than_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    with Board(["first", "second"], COSTS, tmp_path) as board:
        write(board, "first", ("training", 10, 5, True, 0.0))
        board._show()
    bars = [part for part in capsys.readouterr().err.split("\r") if "|" in part]
    assert "29% |" in bars[-1] and max(map(len, bars)) <= 60


def test_bars_of_a_kernel_are_lines_for_the_build(tmp_path, monkeypatch, capfd):
    path = tmp_path / "events"
    monkeypatch.setenv(EVENTS_VARIABLE, str(path))
    for what, total in (("training", 2), ("measuring", 1)):
        with progress_bar(total, what, "network") as bar:
            for _ in range(total):
                bar.update()
    with progress_bar(5, "silent", "network", show=False) as bar:
        bar.update()
    states = [json.loads(line) for line in path.read_text().splitlines()]
    ends = {state["what"]: state for state in states}
    assert {what: (end["n"], end["total"], end["open"]) for what, end in ends.items()} == {
        "training": (2, 2, False),
        "measuring": (1, 1, False),
    }
    assert states[0]["open"] and states[0]["bar"] != states[-1]["bar"]
    assert capfd.readouterr() == ("", "")
