"""Make the environment, exactly as in `requirements.lock`, or see that it is made. `make env` runs this.

Usage: python make_env.py FOLDER      (from the repository's root, with any Python that is new enough)

What is there is judged by content: it is made if the lock, the package's declaration and the folder's place are those
of the last time, whatever their dates. A folder that this made is emptied and filled again if a killed process left it
half made, if it was copied or moved, or if its Python is gone; one that somebody else made is then named, and left
alone. Two at once wait for each other.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

LOCK, PROJECT = Path("requirements.lock"), Path("pyproject.toml")
INSTALLED, UNFINISHED, OURS = ".installed", ".unfinished", ".made-by-make"
"""Files in the environment: what was installed; that something is being installed; that this has made the folder."""

NOT_PASSED_ON = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONOPTIMIZE", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT",
                 "PIP_DRY_RUN", "PIP_NO_DEPS", "PIP_PYTHON", "PIP_EDITABLE", "PIP_REQUIREMENT")  # fmt: skip
"""Variables by which pip would install elsewhere, or believe that something is installed already."""

CHECK = """
import importlib.util, sys
from importlib import metadata
wrong = []
for line in open("requirements.lock", encoding="utf-8"):
    line, _, only = line.partition(";")  # some are for one version of Python
    name, _, version = line.strip().partition("==")
    if version and ("python_version" not in only or '"%d.%d"' % sys.version_info[:2] in only):
        try:
            found = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != version:
            wrong.append(f"{name} is {found}")
if importlib.util.find_spec("mirror_core") is None:
    wrong.append("mirror_core is missing")
sys.exit("pip did not install what is locked: " + ", ".join(wrong) if wrong else 0)
"""

COMPILE = """
import compileall, re, sys
compileall.compile_dir(sys.argv[1], quiet=2, workers=0, rx=re.compile("/tests?/"))
"""
"""What pip does on one core, and for the packages' own tests too; a file that is for another Python is let be.
Without warnings, like pip: newer Pythons have some about the packages' own code (PEP 765)."""


def main(environment: Path) -> None:
    with LOCK.open("r+") as lock:  # unchanged; some disks lock only what is open for writing
        wait_for_others(lock)
        wanted = what_is_wanted(environment)
        if noted(environment) == wanted and runs(environment):
            return
        there = environment.is_dir() and any(environment.iterdir())
        if there and (problem := what_is_wrong(environment)):
            if not (environment / OURS).exists():
                sys.exit(f"error: {environment} {problem}; delete it (rm -rf {environment}) and run this again.")
            print(f"{environment} {problem}: made again", flush=True)
            empty(environment)
        elif not there:
            environment.mkdir(parents=True, exist_ok=True)
            (environment / OURS).touch()
        (environment / UNFINISHED).touch()
        (environment / INSTALLED).unlink(missing_ok=True)
        install(environment, lock)
        (environment / INSTALLED).write_text(json.dumps(wanted), encoding="utf-8")
        (environment / UNFINISHED).unlink()


def wait_for_others(lock: IO[str]) -> None:
    """Wait until no other process makes an environment of this checkout."""
    with suppress(OSError):  # a disk without locks
        fcntl.flock(lock, fcntl.LOCK_EX)


def what_is_wanted(environment: Path) -> dict[str, str]:
    """Describe what is to be installed, and where."""
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (LOCK, PROJECT)}
    return digests | {"checkout": str(Path.cwd()), "environment": str(environment.absolute())}


def noted(environment: Path) -> dict[str, str] | None:
    """Return what was wanted when it was installed last."""
    try:
        return json.loads((environment / INSTALLED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def program(environment: Path) -> Path:
    return environment / "bin" / "python"


def runs(environment: Path) -> bool:
    """Whether its Python starts; one is gone when the system has another."""
    try:
        return subprocess.run([program(environment), "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def what_is_wrong(environment: Path) -> str | None:
    """Say why an environment that is there cannot be used, if it cannot."""
    if (environment / UNFINISHED).exists():
        return "was left half made by a process that was killed"
    if not runs(environment):
        return "has no Python that starts"
    before = noted(environment) or {}
    made_in = before.get("environment", str(environment.absolute()))
    # its commands name the Python that they belong to
    script = program(environment).with_name("pip")
    start = script.read_text(encoding="utf-8", errors="replace")[:1000] if script.is_file() else ""
    named = re.search(r"(/[^\n\"']*)/python[\d.]*", start)
    if made_in != str(environment.absolute()) or (named and Path(named[1]).resolve() != script.parent.resolve()):
        return f"was made for another folder ({Path(named[1]).parent if named else made_in})"
    return None


def empty(environment: Path) -> None:
    """Remove all but the files that say whose it is."""
    for path in environment.iterdir():
        if path.name not in (OURS, UNFINISHED):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def install(environment: Path, lock: IO[str]) -> None:
    """Make the environment and install into it; end with an error if that goes wrong."""
    variables = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    variables |= {"PIP_USER": "0", "PYTHONNOUSERSITE": "1"}
    base = getattr(sys, "_base_executable", sys.executable)  # this may be the environment's own Python
    pip = [program(environment), "-m", "pip", "install", "--quiet"]
    packages = sum("==" in line and ";" not in line for line in LOCK.read_text(encoding="utf-8").splitlines())
    print(f"Installing {packages} packages into {environment}, once, in about a minute", flush=True)
    for command in (
        [base, "-m", "venv", environment],
        [*pip, "--no-compile", "--requirement", LOCK],
        [*pip, "--no-deps", "--no-build-isolation", "--editable", "."],
        [program(environment), "-W", "ignore", "-c", COMPILE, environment / "lib"],
        [program(environment), "-I", "-c", CHECK],
    ):
        # The lock is what they read from, since that goes to all that they start themselves, as other files do not: if
        # one of them is killed, or this process is, the next call waits until the last of them has ended.
        status = subprocess.run(command, env=variables, stdin=lock, check=False).returncode
        if status:
            if status > 0:  # not killed: what was being installed has been taken back
                (environment / UNFINISHED).unlink(missing_ok=True)
            sys.exit(f"error: {environment} is not complete (status {status}); the reason stands above.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"error: the environment cannot be made: {error}.")
