"""Machine code that is kept: found where it fits, made again where it is cut, and never under other settings."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.runs import compiling
from mirror_core.runs.compiling import CACHE_VARIABLE, keep_machine_code
from mirror_core.runs.making import make

COMPILE = """
import numba
from mirror_core.runs.compiling import keep_machine_code
keep_machine_code()
@numba.njit(cache=True)
def twice(x):
    return 2 * x
print(twice(21), sum(twice.stats.cache_hits.values()))
"""


@pytest.fixture
def compile_again(tmp_path):
    """Run a module with a compiled function in a process of its own; say what it gives, and how often it was loaded."""
    module = tmp_path / "module.py"
    module.write_text(COMPILE)

    def run() -> str:
        variables = os.environ | {CACHE_VARIABLE: str(tmp_path / "kept")}
        done = subprocess.run([sys.executable, module], env=variables, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    run.files = lambda kind: sorted((tmp_path / "kept").rglob(f"*.{kind}"))
    return run


def test_machine_code_that_is_cut_is_made_again(compile_again):
    assert [compile_again(), compile_again()] == ["42 0", "42 1"]
    for kind, damage in [("nbi", b""), ("nbc", b""), ("nbi", slice(-3)), ("nbc", slice(-3)), ("nbc", bytes(100))]:
        path = compile_again.files(kind)[0]
        path.write_bytes(path.read_bytes()[damage] if isinstance(damage, slice) else damage)
        assert compile_again() == "42 0"
    assert compile_again() == "42 1"


def test_a_file_is_looked_at_and_not_executed(tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "executed",))

    path = tmp_path / "code.nbi"
    path.write_bytes(pickle.dumps("1") + pickle.dumps(Evil()))
    assert compiling._is_whole(path)
    path.write_bytes(path.read_bytes()[:-1])
    assert not compiling._is_whole(path) and not (tmp_path / "executed").exists()


def test_other_sources_have_another_folder(tmp_path, monkeypatch):
    """Whatever their dates: older versions of Numba go by date and size."""
    monkeypatch.setattr(compiling, "_LIBRARY", tmp_path)
    found = []
    for text in ("_compiled = 1", "_compiled = 2"):
        (tmp_path / "a.py").write_text(text)
        os.utime(tmp_path / "a.py", (0, 0))
        compiling._digest_of_sources.cache_clear()
        found.append(compiling._digest_of_sources())
    compiling._digest_of_sources.cache_clear()
    assert found[0] != found[1]


def test_a_folder_of_somebody_else_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "shared"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    keep_machine_code()
    assert (tmp_path / "shared") in Path(os.environ[CACHE_VARIABLE]).parents
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "shared"))
    own = compiling._is_own
    monkeypatch.setattr(compiling, "_is_own", lambda folder: "shared" not in folder.parts and own(folder))
    keep_machine_code()
    assert (tmp_path / "home") in Path(os.environ[CACHE_VARIABLE]).parents


@pytest.mark.parametrize(("name", "value"), [("DISABLE_JIT", 1), ("OPT", 0), ("CPU_NAME", "generic")])
def test_settings_that_give_other_numbers_are_refused(monkeypatch, name, value):
    monkeypatch.setattr(f"numba.config.{name}", value)
    with pytest.raises(OptionError, match=rf"NUMBA_{name} = {value} is not allowed: .*unset it"):
        make(Config().change(n_sequences=20, n_heldout=5, n_epochs=1), None)
