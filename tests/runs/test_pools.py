"""Worker processes: kept from call to call, shared within a build, light to start, replaced if they die."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from mirror_core.checks import OptionError
from mirror_core.runs import cluster, pools
from mirror_core.runs.pools import BuildPool, Died, KeptPool, each_result, in_workers
from mirror_core.runs.sharing import SHARED_VARIABLE, WorkerLost, shared

# Text to evaluate: a worker cannot import what a test defines.
PROCESS = "__import__('os').getpid()"
DEADLY = "__import__('os').kill(__import__('os').getpid(), 9)"


def nothing() -> None:
    """Stand for what one worker does first."""


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """Have kept workers start as others do: these compute nothing, and need not load what networks are trained with."""
    monkeypatch.delattr(KeptPool, "_begin")


@pytest.fixture
def build():
    """Give the pool of a build with two workers, as another process would find it."""
    pool = KeptPool(2)
    with shared(pool, nothing) as variables:
        yield variables
    assert pool._kept is None


@pytest.fixture
def joined(build, monkeypatch):
    """Let this process be a part of the build."""
    monkeypatch.setenv(SHARED_VARIABLE, build[SHARED_VARIABLE])
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "2")
    return BuildPool(build[SHARED_VARIABLE])


def call(function, tasks):
    return dict(in_workers(function, [(task,) for task in tasks], "working", "task", progress=False))


def test_workers_of_a_kept_pool_stay_and_one_that_died_is_replaced():
    pool = KeptPool(1)
    first, second = (dict(each_result(pool, eval, [PROCESS]))[0] for _ in range(2))
    assert first == second != os.getpid()
    os.kill(first, signal.SIGKILL)
    time.sleep(0.5)
    assert dict(each_result(pool, eval, [PROCESS]))[0] != first
    pool.close()


def test_a_worker_that_shows_progress_leaves_nothing_behind():
    code = (
        "from mirror_core.runs.pools import LocalPool, each_result\n"
        "task = 'from tqdm import tqdm; tqdm([1], disable=True).close()'\n"
        "print(dict(each_result(LocalPool(1), exec, [task])))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{0: None}\n" and done.stderr == ""


def test_processes_of_a_build_share_its_workers_of_one_thread(joined):
    here = set(call(eval, [PROCESS] * 4).values())
    code = (
        "from mirror_core.runs.pools import in_workers\n"
        f"print(*(found for _, found in in_workers(eval, [({PROCESS!r},)] * 4, '', '', progress=False)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(here | set(map(int, done.stdout.split()))) <= 2
    assert call(os.getenv, ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]) == {0: "1", 1: "1"}


def test_what_a_task_raises_is_raised_where_it_was_asked_for(joined):
    with pytest.raises(ValueError, match="invalid literal"):
        call(int, ["1", "no number"])
    assert call(int, ["3", "4"]) == {0: 3, 1: 4}
    with pytest.raises(Exception, match="Can't pickle"):
        call(eval, ["lambda: 0", "1"])
    odd = "(_ for _ in ()).throw(type('Odd', (Exception,), {})('of its own kind'))"
    with pytest.raises(RuntimeError, match="Odd: of its own kind"):
        call(eval, [odd, "1"])


def test_a_killed_worker_of_a_build_is_replaced(joined):
    with joined.executor(1) as executor, pytest.raises(WorkerLost):
        executor.submit(eval, DEADLY).result()
    assert call(int, ["5"]) == {0: 5}
    deadly = dict(each_result(joined, eval, [DEADLY, "7"]))
    assert isinstance(deadly[0], Died) and deadly[1] == 7


def test_a_killed_process_of_a_build_leaves_the_workers_to_the_next(joined):
    code = (
        "import time\nfrom mirror_core.runs.pools import BuildPool\n"
        f"with BuildPool({joined.at!r}).executor(2) as executor:\n"
        "    executor.submit(int, 1).result()\n    print('in', flush=True)\n    time.sleep(300)"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "in\n"
    other.kill()
    other.communicate()
    assert call(int, ["6", "7"]) == {0: 6, 1: 7}


def test_one_worker_compiles_before_the_first_task_and_ends(tmp_path, monkeypatch):
    path = tmp_path / "compiled"
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "2")
    compiling = (
        f"import os; open({str(path)!r}, 'a').write('x'); open({str(path)!r} + '.by', 'w').write(str(os.getpid()))"
    )
    with shared(KeptPool(2), partial(exec, compiling)) as variables:
        assert not path.exists()
        monkeypatch.setenv(SHARED_VARIABLE, variables[SHARED_VARIABLE])
        for _ in range(2):
            assert set(call(eval, [f"open({str(path)!r}).read()"] * 3).values()) == {"x"}
        assert int(path.with_suffix(".by").read_text()) not in call(eval, [PROCESS] * 3).values()


def test_a_build_that_is_gone_is_said():
    with shared(KeptPool(1), nothing) as variables:
        at = variables[SHARED_VARIABLE]
    with pytest.raises(OSError), BuildPool(at).executor(1):
        pass


@pytest.mark.parametrize("module", ["mirror_core.runs.making", "mirror_core.studies.claims.probing"])
def test_a_worker_loads_no_more_than_it_needs(module):
    heavy = ("sklearn", "matplotlib", "scipy.stats", "IPython", "papermill", "sphinx")
    begin = "mirror_core.runs.pools.KeptPool._begin()"
    code = f"import sys, mirror_core.runs.pools, {module}; {begin}; print(*sorted(set({heavy!r}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])  # fmt: skip
    assert done.stdout.split() == []


def test_a_page_loads_no_more_than_it_needs():
    code = "import sys, mirror_core.pages.ablations; print(*({'sklearn', 'scipy.stats'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[2])  # fmt: skip
    assert done.stdout.split() == []


def test_a_server_that_takes_the_call_and_says_nothing_is_no_scheduler(monkeypatch):
    monkeypatch.setattr(cluster, "_ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(OptionError, match=f"^no Dask scheduler answers at '{address}'"):
            cluster.DaskPool(address)


def test_threads_of_an_executor_that_is_killed_say_nothing_and_others_do(monkeypatch):
    said = []
    monkeypatch.setattr(pools, "_say", lambda one: said.append(one.thread.name))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    pools._kill(SimpleNamespace(shutdown=lambda kill_workers: None))
    for name in ("ExecutorManagerThread", "QueueFeederThread", "mine"):
        one = threading.Thread(target=lambda: 1 / 0, name=name)
        one.start()
        one.join()
    assert said == ["mine"]
