"""Processes that take turns: one at a time, each network once, and nobody waits for the dead."""

import os
import signal
import subprocess
import sys

import pytest

from mirror_core.runs.turns import TURNS_VARIABLE, turn

HOLDS = (
    "import time\nfrom mirror_core.runs.turns import turn\n"
    "with turn():\n    print('in', flush=True)\n    time.sleep({})\n"
)

TRAINS = """
from mirror_core.config.settings import Config
from mirror_core.runs.making import obtain
base = Config().change(hidden_size=6, input_size=4, sensory_dim=4, n_sequences=640, n_heldout=8, n_epochs=4)
runs = obtain([base.change(seed=seed) for seed in range(4)])
print([run.config.seed for run in runs])
"""


def start(code: str, **variables: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code], env=os.environ | variables, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)  # fmt: skip


def test_without_a_lock_file_nobody_waits(monkeypatch):
    monkeypatch.delenv(TURNS_VARIABLE, raising=False)
    with turn(), turn():
        pass


def test_the_turn_of_a_killed_process_is_free(tmp_path, monkeypatch):
    lock = str(tmp_path / "turn")
    holder = start(HOLDS.format(300), **{TURNS_VARIABLE: lock})
    assert holder.stdout.readline() == "in\n"
    waiting = start(HOLDS.format(0), **{TURNS_VARIABLE: lock})
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(2)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert waiting.communicate(timeout=60) == ("in\n", "") and waiting.returncode == 0


def test_two_processes_that_want_the_same_networks_train_each_once(tmp_path):
    shared = {
        TURNS_VARIABLE: str(tmp_path / "turn"),
        "MIRROR_CORE_STORE": str(tmp_path / "runs"),
        "MIRROR_CORE_WORKERS": "1",
    }
    both = [start(TRAINS, **shared) for _ in "12"]
    said = [one.communicate(timeout=120) for one in both]
    assert [out for out, _ in said] == ["[0, 1, 2, 3]\n"] * 2
    made = list((tmp_path / "runs").rglob("run.json"))
    assert len(made) == 4
    # only the process that came first has shown a bar
    assert sorted("training:" in err for _, err in said) == [False, True]
