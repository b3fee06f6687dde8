"""Notebooks that run at the same time: each with its own result, none twice, and a failure stops them all."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

import nbformat
import pytest
from joblib.externals.loky import get_reusable_executor

from mirror_core.pages.publishing.execute import NotebookFailure
from mirror_core.pages.publishing.running import Stale, run_notebooks

HEADER = "# A page\n\n```{code-cell}\n:tags: [parameters]\n\nseed: int = 42\n```\n\n```{code-cell}\n"


@pytest.fixture(autouse=True)
def own_processes():
    """Let no worker process of another test, with what that had set and captured, be used again."""
    get_reusable_executor().shutdown()
    yield
    get_reusable_executor().shutdown()


@pytest.fixture
def notebook(tmp_path):
    def write(name: str, cell: str, **parameters) -> Stale:
        source = tmp_path / f"{name}.md"
        source.write_text(f"{HEADER}{cell}\n```\n")
        return Stale(source, tmp_path / "out" / f"{name}.ipynb", parameters)

    return write


def outcome(stale: Stale) -> str:
    return nbformat.read(stale.output, as_version=4).cells[-1].outputs[0].text


def waits_for(path: str, own: str) -> str:
    """Return a cell that ends when another notebook has come as far as this one."""
    return f"""from pathlib import Path
import time
Path({own!r}).touch()
end = time.monotonic() + 60
while not Path({path!r}).exists() and time.monotonic() < end:
    time.sleep(0.05)
print(seed, Path({path!r}).exists())"""


def test_two_notebooks_run_at_the_same_time_and_come_when_they_are_done(notebook, tmp_path, capfd):
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    stale = [
        notebook("one", waits_for(b, a), seed=1),
        notebook("two", waits_for(a, b), seed=2),
        notebook("three", "print(seed)"),
    ]
    done = [one for one, _ in run_notebooks(stale, timeout=90, at_once=2)]
    assert sorted(one.source for one in done) == sorted(one.source for one in stale)
    assert [outcome(one) for one in stale] == ["1 True\n", "2 True\n", "42\n"]
    said = capfd.readouterr()
    assert all(f"notebook {name}: running …" in said.out for name in ("one", "two", "three"))


def test_one_at_a_time_if_so_asked(notebook, tmp_path):
    stale = [
        notebook("one", "print(seed)"),
        notebook("two", f"import os\nprint(os.listdir({str(tmp_path / 'out')!r}))"),
    ]
    assert len(list(run_notebooks(stale, timeout=60, at_once=1))) == 2
    assert outcome(stale[1]) == "['one.ipynb']\n"
    assert list(run_notebooks([], timeout=60, at_once=2)) == []


def test_kernels_that_run_together_have_one_thread_and_take_turns(notebook, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cell = "import os\nprint(os.environ['OMP_NUM_THREADS'], os.path.basename(os.environ['MIRROR_CORE_TURNS']))"
    stale = [notebook("one", cell), notebook("two", cell)]
    list(run_notebooks(stale, timeout=60, at_once=2))
    assert [outcome(one) for one in stale] == ["1 turn\n"] * 2


def test_processes_of_an_earlier_call_are_told_of_the_turns_too(notebook):
    cell = "import os\nprint(os.path.dirname(os.environ['MIRROR_CORE_TURNS']))"
    both = []
    for _ in range(2):
        stale = [notebook("one", cell), notebook("two", cell)]
        list(run_notebooks(stale, timeout=60, at_once=2))
        assert outcome(stale[0]) == outcome(stale[1])
        both.append(outcome(stale[0]))
    assert both[0] != both[1]


def says_its_process(path, then: str) -> str:
    return f"import os, pathlib, time\npathlib.Path({str(path)!r}).write_text(str(os.getpid()))\n{then}"


def wait_until(true, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.1)
    return true()


def is_alive(process: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return status.stdout.strip()[:1] not in ("", "Z")


def test_a_failure_stops_what_runs_beside_it_and_keeps_what_is_finished(notebook, tmp_path, monkeypatch):
    temporary, pid = tmp_path / "t", tmp_path / "pid"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    stale = [
        notebook("good", "print(seed)"),
        notebook("bad", f"import time, pathlib\nwhile not pathlib.Path({str(pid)!r}).exists(): time.sleep(.05)\n1 / 0"),
        notebook("long", says_its_process(pid, "time.sleep(300)")),
    ]
    with pytest.raises(NotebookFailure, match=r"notebook bad failed in code cell 2 .*ZeroDivisionError"):
        list(run_notebooks(stale, timeout=400, at_once=2))
    assert [one.output.exists() for one in stale] == [True, False, False]
    assert wait_until(lambda: not is_alive(int(pid.read_text())))
    assert not list(temporary.glob("mirror-*"))


def test_a_killed_process_is_said(notebook, tmp_path):
    pid = tmp_path / "pid"
    kill = "os.kill(int(os.popen(f'ps -o ppid= -p {os.getpid()}').read()), 9)\ntime.sleep(300)"
    stale = [notebook("one", says_its_process(pid, kill)), notebook("two", "import time\ntime.sleep(60)")]
    with pytest.raises(NotebookFailure, match="a process that ran one of the notebooks one, two was killed"):
        list(run_notebooks(stale, timeout=400, at_once=2))


def test_sigterm_stops_everything(notebook, tmp_path):
    pids = [tmp_path / "1", tmp_path / "2"]
    stale = [notebook(f"n{pid.name}", says_its_process(pid, "time.sleep(300)")) for pid in pids]
    code = f"""from pathlib import Path, PosixPath
from mirror_core.pages.publishing.running import Stale, run_notebooks
list(run_notebooks([Stale(*one) for one in {[tuple(one) for one in stale]!r}], timeout=400, at_once=2))"""
    build = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert wait_until(lambda: all(pid.exists() and pid.read_text() for pid in pids))
    build.terminate()
    build.communicate(timeout=60)
    assert build.returncode != 0
    assert wait_until(lambda: not any(is_alive(int(pid.read_text())) for pid in pids))


def test_thread_numbers_that_are_set_stay(notebook, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    cell = "import os\nprint(os.environ['OMP_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])"
    for at_once in (1, 2):
        stale = [notebook("one", cell), notebook("two", cell)]
        list(run_notebooks(stale, timeout=60, at_once=at_once))
        assert [outcome(one) for one in stale] == ["1 3\n"] * 2
