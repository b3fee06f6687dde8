"""What is killed at random moments beside sweeps: builds, `mirror analyse` and `make env` (see `benchmarks.kills`).

Each function works in a folder of its own, first undisturbed, and returns how often it killed, how many files were then
lost or cut, and how many of the runs that followed were not right.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import yaml

from mirror_core.pages.publishing.execute import PROVENANCE, content_digest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("methods", "ablations", "your_recordings")
"""Pages of the site that is built: one that trains, one that trains and measures much, one that does neither."""
_LONGEST = 1800
"""Seconds after which a command that lost one of its processes waits without end."""
SMALL_LOCK = ("click", "packaging", "setuptools", "tqdm")
"""What of the lock is installed: pip does with few packages what it does with many."""


@dataclass
class Count:
    """What came of it."""

    kills: int = 0
    lost: int = 0
    wrong: int = 0


def start(command: Sequence[str | Path], folder: Path, **variables: str) -> psutil.Popen:
    """Start a command that says what it has to say to `log.txt`."""
    with (folder / "log.txt").open("a") as log:
        return psutil.Popen([str(part) for part in command], cwd=folder, stdout=log, stderr=log,
                            env=os.environ | {"PYTHONPATH": str(ROOT)} | variables)  # fmt: skip


def kill_one(process: psutil.Popen, chance: random.Random) -> bool:
    """Kill a process or, one time in two, anything that it has started; say whether it was still there."""
    try:
        victims = process.children(recursive=True) if chance.random() < 0.5 else []
        chance.choice(victims or [process]).send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True


def kill_often(
    command: Sequence[str | Path], folder: Path, n: int, seconds: float, chance: random.Random,
    check: Callable[[], int], before: Callable[[], None] = lambda: None, after: Callable[[], bool] | None = None,
    **variables: str,
) -> Count:  # fmt: skip
    """Start a command again and again, and kill it at a random moment.

    Parameters
    ----------
    n, seconds
        How many kills, and how long the command takes if nobody disturbs it.
    check
        Returns how many files are lost or cut; asked after each kill.
    before, after
        Done before each start; and after each kill, to say whether a run to the end is right.
    """
    found = Count()
    while found.kills < n:
        before()
        process = start(command, folder, **variables)
        time.sleep(chance.uniform(0, seconds))
        if process.poll() is None and kill_one(process, chance):
            found.kills += 1
        try:
            process.wait(_LONGEST)  # a command that lost one of its processes ends with an error, or without
        except psutil.TimeoutExpired:
            process.kill()
            found.wrong += 1
        found.lost += check()
        if after is not None:
            found.wrong += not after()
        print(f"  {' '.join(map(str, command[:4]))} …: {found.kills} kills", flush=True)
    return found


def run_to_the_end(command: Sequence[str | Path], folder: Path, **variables: str) -> float:
    """Run a command undisturbed; return its seconds.

    Raises
    ------
    SystemExit
        If it ends with an error.
    """
    begun = time.monotonic()
    if start(command, folder, **variables).wait():
        raise SystemExit(f"{command} does not end well:\n{(folder / 'log.txt').read_text()[-2000:]}")
    return time.monotonic() - begun


# -- the site --


def small_site(folder: Path) -> Path:
    """Copy a checkout whose site has a few pages, with the tests' settings, and a title page; return it."""
    (folder / "notebooks").mkdir(parents=True)
    (folder / "book").mkdir()
    for name in PAGES:
        shutil.copy(ROOT / "notebooks" / f"{name}.md", folder / "notebooks")
    for name in ("data", "_static", "references.bib"):
        (folder / "book" / name).symlink_to(ROOT / "book" / name)
    (folder / "mirror_core").symlink_to(ROOT / "mirror_core")
    shutil.copy(ROOT / "pyproject.toml", folder)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    tiny = yaml.safe_load((ROOT / "tests" / "pages" / "tiny.yml").read_text(encoding="utf-8"))
    config["sphinx"]["config"] |= {"mirror_notebooks": {name: tiny[name] for name in PAGES}}
    config["sphinx"]["config"] |= {"mirror_notebooks_quick": {}, "suppress_warnings": ["myst.xref_missing"]}
    (folder / "book" / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    pages = [{"file": f"notebooks/{name}"} for name in PAGES]
    toc = {"format": "jb-book", "root": "index", "chapters": pages}
    (folder / "book" / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    (folder / "book" / "index.md").write_text("# A site\n\nTurn 0.\n", encoding="utf-8")
    return folder


def shown(site: Path) -> dict[str, Any]:
    """Return what the executed notebooks show, by page."""
    return {name: [cell.get("outputs") for cell in _executed(site, name)["cells"]] for name in PAGES}


def _executed(site: Path, name: str) -> dict[str, Any]:
    return json.loads((site / "book" / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))


def kill_builds(folder: Path, n: int, chance: random.Random) -> Count:
    """Kill builds of a small site; before each, its title page and one of its notebooks are changed, with old dates."""
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "book"]
    calm, site = small_site(folder / "calm"), small_site(folder / "killed")
    run_to_the_end(command, calm, MIRROR_CORE_STORE=str(folder / "store-calm"))
    run_to_the_end(command, site, MIRROR_CORE_STORE=str(folder / "store"))
    turn, there = 0, set(PAGES)

    def change() -> None:
        nonlocal turn
        turn += 1
        name = chance.choice(PAGES)
        text = (ROOT / "notebooks" / f"{name}.md").read_text(encoding="utf-8")
        texts = {"book/index.md": f"# A site\n\nTurn {turn}.\n", f"notebooks/{name}.md": f"{text}\nTurn {turn}.\n"}
        for path, text in texts.items():
            (site / path).write_text(text, encoding="utf-8")
            os.utime(site / path, (turn, turn))

    def lost() -> int:
        count = 0
        for name in there:
            try:
                notebook = _executed(site, name)
                count += notebook["metadata"][PROVENANCE]["content"] != content_digest(notebook)
            except (OSError, ValueError, KeyError):
                count += 1
        return count

    change()
    seconds = run_to_the_end(command, site, MIRROR_CORE_STORE=str(folder / "store"))  # as long as those to be killed
    found = kill_often(command, site, n, seconds, chance, lost, change, MIRROR_CORE_STORE=str(folder / "store"))
    run_to_the_end(command, site, MIRROR_CORE_STORE=str(folder / "store"))
    html = site / "book" / "_build" / "html"
    found.wrong += f"Turn {turn}." not in (html / "index.html").read_text(encoding="utf-8")
    for name in PAGES:
        last = (site / "notebooks" / f"{name}.md").read_text(encoding="utf-8").splitlines()[-1]
        page = (html / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        found.wrong += last.startswith("Turn ") and last not in page
        found.wrong += shown(site)[name] != shown(calm)[name]
    return found


# -- reports --


def kill_analyses(folder: Path, n: int, chance: random.Random) -> Count:
    """Kill `mirror analyse` where older results are there, and look at what each run to the end writes."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    actions = rng.integers(0, 4, (60, 8))
    tuned = rng.normal(size=(4, 12))[actions]
    modes = {mode: tuned + rng.normal(size=tuned.shape) for mode in ("perform", "observe")}
    np.savez(folder / "recordings.npz", actions=actions, **modes)
    names = ("report.html", "report.json", "report.csv")
    options = [part for flag, name in zip(("--out", "--json", "--csv"), names, strict=True) for part in (flag, name)]
    command = [sys.executable, "-m", "mirror_core.cli", "analyse", "recordings.npz", *options, "--permutations", "200"]
    seconds = run_to_the_end(command, folder)
    right = {name: (folder / name).read_text(encoding="utf-8") for name in names}

    def make_old() -> None:
        for name in names:
            (folder / name).write_text("old", encoding="utf-8")

    def cut() -> int:
        return sum((folder / name).read_text(encoding="utf-8") not in ("old", right[name]) for name in names)

    found = kill_often(command, folder, n, seconds, chance, cut, make_old)
    run_to_the_end(command, folder)
    found.wrong += sum((folder / name).read_text(encoding="utf-8") != right[name] for name in names)
    left = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    found.wrong += left != {*names, "recordings.npz", "log.txt"}
    return found


# -- the environment --


CHECK_FILES = """
import base64, hashlib, sys
from importlib import metadata
for line in open("requirements.lock"):
    for file in metadata.distribution(line.split("==")[0]).files:
        content = file.locate().read_bytes()
        if file.hash and file.hash.value != base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()[:-1]:
            sys.exit(f"{file} is not what was installed")
"""
"""Ends with an error if a file of an installed package is missing or cut."""


def kill_environments(folder: Path, n: int, chance: random.Random) -> Count:
    """Kill `make env` with a short lock; after each kill, it is run to the end, and every installed file is read."""
    folder.mkdir()
    for name in ("Makefile", "make_env.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    (folder / "mirror_core").mkdir()
    shutil.copy(ROOT / "mirror_core" / "__init__.py", folder / "mirror_core")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    chosen = [line for line in lock if line.partition("==")[0] in SMALL_LOCK]
    (folder / "requirements.lock").write_text("\n".join(chosen) + "\n", encoding="utf-8")
    command = ["make", "env"]
    seconds = run_to_the_end(command, folder)

    def remove() -> None:
        shutil.rmtree(folder / ".venv")

    def right() -> bool:
        run_to_the_end(command, folder)
        check = [folder / ".venv" / "bin" / "python", "-I", "-c", CHECK_FILES]
        return subprocess.run(check, cwd=folder, capture_output=True, check=False).returncode == 0

    return kill_often(command, folder, n, seconds, chance, lambda: 0, remove, right)
