"""The comparison of two checkouts' builds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BUILDS = """#!/bin/sh
test -f "$2/index.md" && test ! -e "$MIRROR_CORE_STORE" && test ! -e "$NUMBA_CACHE_DIR" || exit 3
echo "$PYTHONPATH $MIRROR_CORE_QUICK" >> {log}
{python} -c "
import os, sys, time
if sys.platform != 'linux' or os.fork() == 0:  # one that nobody in the build waits for
    os.setsid()
    while time.process_time() < {seconds}: pass"
"""


@pytest.fixture
def checkout(tmp_path):
    """Return a function that makes a checkout whose site takes some seconds."""

    def make(name: str, seconds: float) -> Path:
        program = tmp_path / name / ".venv" / "bin" / "jupyter-book"
        for folder in (program.parent, tmp_path / name / "notebooks", tmp_path / name / "book"):
            folder.mkdir(parents=True)
        (tmp_path / name / "book" / "index.md").write_text("# A site\n")
        program.write_text(BUILDS.format(log=tmp_path / "log", python=sys.executable, seconds=seconds))
        program.chmod(0o755)
        return tmp_path / name

    return make


def compare(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.build", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_two_checkouts_take_turns_and_are_built_from_nothing(checkout, tmp_path):
    slow, fast = checkout("slow", 1.2), checkout("fast", 0.3)
    done = compare(slow, fast)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "log").read_text().split() == [x for one in (slow, fast, fast, slow) for x in (str(one), "1")]
    ratio = float(done.stdout.split("processor: the first takes ")[1].split()[0])
    assert 2 < ratio < 5
    assert not list(slow.glob("**/_build"))


def test_what_cannot_be_built_is_named(checkout, tmp_path):
    good, bad = checkout("good", 0), checkout("bad", 0)
    (bad / ".venv" / "bin" / "jupyter-book").write_text("#!/bin/sh\necho no such page\nexit 1\n")
    done = compare(good, bad)
    assert done.returncode == 1 and f"error: {bad} cannot be built:\nno such page" in done.stderr
    done = compare(good, tmp_path)
    assert done.returncode == 1 and "run make env in it" in done.stderr
