"""Forked kernels: they are what started ones are, end as they do, and leave no process behind, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from mirror_core.pages.publishing import kernels
from mirror_core.pages.publishing.execute import NotebookFailure, execute_notebook

ABOUT = """import json, os, signal, sys
print(json.dumps({
    "environment": {k: v for k, v in os.environ.items() if k not in ("JPY_PARENT_PID", "MIRROR_CORE_NOTES")},
    "forked": os.environ["MIRROR_CORE_FORKED"] == "1", "folder": os.getcwd(), "path": sys.path,
    "argv": [sys.argv[0], sys.argv[1], *sys.argv[3:]], "parent": os.getppid() == int(os.environ["JPY_PARENT_PID"]),
    "session": os.getsid(0) == os.getpgid(0) == os.getpid(), "stdin": sys.stdin.read(), "flags": str(sys.flags),
    "signals": {int(s): str(signal.getsignal(s)) for s in signal.valid_signals()},
    "configuration": len(get_ipython().kernel.parent.config_file_paths),
    "library": [name for name in sys.modules if name.split(".")[0] == "mirror_core"],
}))"""


@pytest.fixture
def light(monkeypatch):
    """Let kernels be forked from a process that imports little, and end it afterwards."""
    monkeypatch.setattr(kernels, "_last", None)
    monkeypatch.setattr(kernels, "LIBRARIES", ("ipykernel.kernelapp",))
    monkeypatch.setenv(kernels.FORKED_VARIABLE, "1")
    yield
    if kernels._last is not None:
        kernels._last[1].close()


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a cell and returns what it says and shows, and whether its kernel was forked."""
    source, output = tmp_path / "page.md", tmp_path / "page.ipynb"

    def run(cell: str, timeout: float = 60) -> list:
        source.write_text(f"# A page\n\n```{{code-cell}}\n{cell}\n```\n")
        execute_notebook(source, output, {}, timeout=timeout, show_progress=False)
        return nbformat.read(output, as_version=4).cells[-1].outputs

    return run


def is_alive(process: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about does not."""
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return status.stdout.strip()[:1] not in ("", "Z")


def all_end(processes: list[int], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while any(map(is_alive, processes)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(is_alive, processes))


def test_a_forked_kernel_is_what_a_started_one_is(run, light, monkeypatch):
    forked = json.loads(run(ABOUT)[0].text)
    assert kernels._started[-1].poll() is None
    monkeypatch.setenv(kernels.FORKED_VARIABLE, "0")
    started = json.loads(run(ABOUT)[0].text)
    for one, way in ((forked, "1"), (started, "0")):
        assert one["environment"].pop(kernels.FORKED_VARIABLE) == way
        assert one.pop("forked") == (way == "1")
    for one in (forked, started):
        one["environment"].pop("PYTEST_CURRENT_TEST")
    assert forked == started and forked["session"] and forked["parent"] and forked["library"] == []
    assert forked["configuration"] == 1  # that of the user; a build has a folder of its own instead


def test_kernels_share_their_imports_but_no_draws_and_no_backend(run, light, monkeypatch):
    monkeypatch.setattr(kernels, "LIBRARIES", ("ipykernel.kernelapp", "torch", "matplotlib.pyplot"))
    draw = "import random, sys\nthere = 'torch' in sys.modules, 'matplotlib_inline.backend_inline' in sys.modules\n"
    draw += "import numpy as np, torch\nprint(there, random.random(), np.random.rand(), torch.rand(1).item())"
    said = [run(draw)[0].text.rpartition(")") for _ in range(2)]
    assert {there + close for there, close, _ in said} == {"(True, False)"}
    one, other = (set(numbers.split()) for *_, numbers in said)
    assert len(one) == len(other) == 3 and not one & other
    shown = run("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert [list(one.data)[-1] for one in shown] == ["text/plain"] and "image/png" in shown[0].data


def test_a_figure_is_not_also_drawn_for_a_window_that_is_not_there(run, light):
    cell = "from matplotlib.backends.backend_agg import FigureCanvasAgg\nimport matplotlib.pyplot as plt\n"
    cell += (
        "from mirror_core.figures.style import use_style\nuse_style()\nFigureCanvasAgg.draw = None\nplt.plot([1, 2]);"
    )
    assert "image/svg+xml" in run(cell)[0].data


def test_the_next_environment_has_a_process_of_its_own(run, light, monkeypatch):
    parents = [run("import os\nprint(os.getppid(), os.environ.get('CHOSEN'))")[0].text.split() for _ in range(2)]
    monkeypatch.setenv("CHOSEN", "1")
    parents.append(run("import os\nprint(os.getppid(), os.environ.get('CHOSEN'))")[0].text.split())
    assert parents[0] == parents[1] and parents[2][1] == "1" and parents[2][0] != parents[0][0]
    assert all_end([int(parents[0][0])])


def test_all_that_run_notebooks_share_a_process_which_ends_with_the_last(run, light):
    parents = [run("import os\nprint(os.getppid())")[0].text]
    first, kernels._last = kernels._last[1], None
    parents.append(run("import os\nprint(os.getppid())")[0].text)
    assert parents[0] == parents[1] and kernels._last[1] is not first
    first.close()
    assert not all_end([int(parents[0])], 1)
    kernels._last[1].close()
    assert all_end([int(parents[0])])


def test_what_goes_wrong_in_a_forked_kernel_is_said_as_ever(run, light):
    for cell, message in [
        ("1 / 0", r"code cell 1 \(`1 / 0`\): ZeroDivisionError"),
        ("import os\nos.kill(os.getpid(), 9)", "its kernel died"),
        ("import os\nos._exit(3)", "its kernel died"),
        ("import sys\nprint('log', file=sys.stderr)", "left a message on stderr"),
    ]:
        with pytest.raises(NotebookFailure, match=message):
            run(cell)
    assert kernels._started[-1].poll() is None


def test_a_kernel_that_takes_too_long_ends(run, light, tmp_path):
    with pytest.raises(NotebookFailure, match=r"longer than 2 s"):
        run("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)", timeout=2)
    assert all_end([int((tmp_path / "pid").read_text())])


def test_kernels_end_with_the_process_that_forked_them_and_are_then_started(run, light, tmp_path):
    kill = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\nos.kill(os.getppid(), 9)\ntime.sleep(60)"
    with pytest.raises(NotebookFailure, match="its kernel died"):
        run(kill)
    assert all_end([int((tmp_path / "pid").read_text())])
    assert run("import os\nprint(os.getppid())")[0].text == f"{os.getpid()}\n"


THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()"


@pytest.mark.parametrize("says", ["print('log')", THREAD, "1 / 0"], ids=["words", "thread", "error"])
def test_what_an_import_says_or_starts_keeps_kernels_from_being_forked(run, light, says, tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "noisy.py").write_text(says)
    monkeypatch.setattr(kernels, "LIBRARIES", ("noisy",))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "own"), os.environ.get("PYTHONPATH", "")]))
    assert run("import os\nprint(os.getppid())")[0].text == f"{os.getpid()}\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_of_a_build_that_is_killed(number, tmp_path):
    code = f"""import signal, sys
from pathlib import Path
from mirror_core.pages.publishing import kernels
from mirror_core.pages.publishing.running import Stale, run_notebooks
signal.signal(signal.SIGINT, signal.default_int_handler)
kernels.LIBRARIES = ("ipykernel.kernelapp",)
here = Path({str(tmp_path)!r})
cell = "import os, time\\nopen('pid', 'w').write(f'{{os.getpid()}} {{os.getppid()}} ')\\ntime.sleep(300)"
for name in "abc":
    (here / f"{{name}}.md").write_text(f"# A page\\n\\n```{{{{code-cell}}}}\\n{{cell}}\\n```\\n")
stale = [Stale(here / f"{{name}}.md", here / f"{{name}}.ipynb", {{}}) for name in "abc"]
list(run_notebooks(stale, timeout=400, at_once=1))"""
    build = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while not ((tmp_path / "pid").exists() and len((tmp_path / "pid").read_text().split(" ")) == 3):
        assert build.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    kernel, parent = map(int, (tmp_path / "pid").read_text().split())
    assert parent != build.pid and is_alive(kernel) and is_alive(parent)
    build.send_signal(number)
    assert build.wait(60) != 0
    assert all_end([kernel, parent])
