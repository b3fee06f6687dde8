"""The environment: made once, made again where it is not what it should be, and nobody else's is touched."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def making(tmp_path, monkeypatch):
    """Give the script in a checkout with a lock of nothing, which installs a Python that starts and one command."""
    spec = importlib.util.spec_from_file_location("make_env", ROOT / "make_env.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("requirements.lock", "pyproject.toml"):
        (checkout / name).write_text("# nothing\n")
    monkeypatch.chdir(checkout)
    module.installed = 0

    def install(environment, lock):
        module.installed += 1
        python = environment.absolute() / "bin" / "python"
        python.parent.mkdir(exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to(sys.executable)
        if not (script := python.with_name("pip")).exists():
            script.write_text(f"#!{python}\n")
        module.then()

    module.real_install, module.install, module.then = module.install, install, lambda: None
    return module


VENV = Path(".venv")


def test_it_is_made_once_and_again_when_what_is_wanted_changes_whatever_its_date(making):
    making.main(VENV)
    making.main(VENV)
    assert making.installed == 1
    Path("requirements.lock").touch()
    making.main(VENV)
    assert making.installed == 1
    Path("requirements.lock").write_text("# something else\n")
    os.utime("requirements.lock", (0, 0))
    making.main(VENV)
    assert making.installed == 2


def killed():
    raise SystemExit(9)


def test_what_a_killed_process_left_is_emptied_and_made_again(making, capsys):
    making.then = killed
    with pytest.raises(SystemExit):
        making.main(VENV)
    (VENV / "lib").mkdir()
    (VENV / "lib" / "half a package").touch()
    making.then = lambda: None
    making.main(VENV)
    assert "was left half made by a process that was killed: made again" in capsys.readouterr().out
    assert not (VENV / "lib").exists() and not (VENV / making.UNFINISHED).exists()


def test_a_copied_one_and_one_without_its_python_are_made_again(making, tmp_path, monkeypatch, capsys):
    making.main(VENV)
    copy = tmp_path / "copy"
    shutil.copytree(Path.cwd(), copy, symlinks=True)
    monkeypatch.chdir(copy)
    making.main(VENV)
    assert f"was made for another folder ({tmp_path / 'checkout' / '.venv'})" in capsys.readouterr().out
    assert str(copy) in (VENV / "bin" / "pip").read_text()
    (VENV / "bin" / "python").unlink()
    (VENV / "bin" / "python").symlink_to(tmp_path / "gone")
    making.main(VENV)
    assert "has no Python that starts: made again" in capsys.readouterr().out
    assert making.runs(VENV)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda: (VENV / ".unfinished").touch(), "was left half made"),
        (
            lambda: (VENV / "bin" / "pip").write_text("#!/other/.venv/bin/python3\n"),
            r"was made for another folder \(/other/.venv\)",
        ),
        (lambda: (VENV / "bin" / "python").unlink(), "has no Python that starts"),
    ],
    ids=["half made", "copied", "no Python"],
)
def test_one_that_somebody_else_made_is_named_and_left_alone(making, spoil, message):
    making.main(VENV)
    (VENV / making.OURS).unlink()
    (VENV / making.INSTALLED).unlink()
    (VENV / "mine").touch()
    spoil()
    with pytest.raises(SystemExit, match=rf"error: .venv {message}.*; delete it \(rm -rf .venv\) and run this again"):
        making.main(VENV)
    assert (VENV / "mine").exists() and making.installed == 1


def test_one_that_somebody_else_began_is_filled(making):
    (VENV / "bin").mkdir(parents=True)
    (VENV / "bin" / "python").symlink_to(sys.executable)
    making.main(VENV)
    making.main(VENV)
    assert making.installed == 1 and not (VENV / making.OURS).exists()


def test_two_at_once_wait_for_each_other(making):
    started, go_on = threading.Event(), threading.Event()
    making.then = lambda: (started.set(), go_on.wait(60))
    both = [threading.Thread(target=making.main, args=(VENV,)) for _ in range(2)]
    both[0].start()
    assert started.wait(60)
    both[1].start()
    both[1].join(0.5)
    assert both[1].is_alive() and making.installed == 1
    go_on.set()
    for thread in both:
        thread.join(60)
    assert making.installed == 1


def test_pip_is_told_where_to_install_whatever_is_set_and_keeps_the_lock(making, monkeypatch):
    started = []
    done = SimpleNamespace(returncode=0)
    monkeypatch.setattr(making.subprocess, "run", lambda command, **options: started.append((command, options)) or done)
    for name in making.NOT_PASSED_ON:
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PIP_USER", "1")
    with open("requirements.lock") as lock:
        making.real_install(VENV, lock)
        assert all(options["stdin"] is lock for _, options in started)
    assert len(started) == 5
    for _, options in started:
        assert not options["env"].keys() & set(making.NOT_PASSED_ON) and options["env"]["PIP_USER"] == "0"


def test_what_a_newer_python_warns_of_in_the_packages_is_not_shown(making, monkeypatch, capfd):
    folder = VENV / "lib"
    folder.mkdir(parents=True)
    (folder / "package.py").write_text("found = 1 is 1\n")  # a warning of every Python
    run = subprocess.run

    def compile_only(command, **options):
        compiling = making.COMPILE in command
        return run([sys.executable, *command[1:]], **options) if compiling else SimpleNamespace(returncode=0)

    monkeypatch.setattr(making.subprocess, "run", compile_only)
    with open("requirements.lock") as lock:
        making.real_install(VENV, lock)
    assert list(folder.rglob("package.*.pyc")) and capfd.readouterr().err == ""


def test_what_pip_did_not_install_is_named(making, capfd):
    here, other = (f'"3.{sys.version_info[1] + later}"' for later in (0, 1))
    only = f"only-here==1; python_version == {here}\nnot-here==1; python_version == {other}\n"
    Path("requirements.lock").write_text(f"pip==0.0.1\nno-such-package==1\n{only}")
    done = subprocess.run([sys.executable, "-c", making.CHECK], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip did not install what is locked: pip is " in done.stderr and "no-such-package is missing" in done.stderr
    assert "only-here is missing" in done.stderr and "not-here" not in done.stderr
