"""What sweeps, builds, reports and the environment are worth when their processes are killed at random (SIGKILL).

Run `python -m benchmarks.kills`: 50 kills, of builds, sweeps and `mirror analyse` in equal parts, and 20 of `make env`,
in an hour or two; `--of sweep --kills 30` asks for less. The exit status says whether all of what follows held.

A sweep runs undisturbed, then while a worker or the sweep itself is killed, and is started again whenever it is dead.
After every kill, each row and network that was kept before must still be there, unchanged. At the end, every entry that
is kept must be whole and the table must be that of the undisturbed sweep.

Of a build, an executed notebook must be whole after every kill, and the last pages must be of the last text and show
what an undisturbed build shows. Of `mirror analyse`, every file must be the old one or the whole new one. After every
kill of `make env`, the next run must give an environment of which every file is what was installed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import pandas as pd
import psutil

from benchmarks.killed import kill_analyses, kill_builds, kill_environments
from mirror_core.runs.store import RunStore
from mirror_core.studies.sweeps.kept_rows import RowStore
from mirror_core.studies.sweeps.plan import read_sweep
from mirror_core.studies.sweeps.running import TIMING

SWEEP = """
readings = ["as-written", "self-observation"]
seeds = {{ first = 1, count = {n_seeds} }}
[base]
hidden_size = 8
input_size = 8
n_epochs = 4
n_heldout = 20
[grid]
n_sequences = [200, 1000]
"""
WAIT_SECONDS = 2.0
"""A kill comes at most this long after what it waited for."""
IN_THE_MIDST = 0.7
"""Share of kills that wait until one more row is kept; the others hit workers that are still starting, too."""


def command(folder: Path, store: str, workers: int) -> list[str]:
    """Return the command that runs the sweep with a store of its own, and a table of the same name."""
    table = folder / f"{store}.parquet"
    options = ["--store", folder / store, "--out", table, "--workers", str(workers)]
    return [sys.executable, "-m", "mirror_core.cli", "sweep", folder / "sweep.toml", *options]


class Sweeping:
    """The sweep's process, started again when it is dead."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder, self.workers = folder, workers
        self.starts, self.endings = 0, []
        self.start()

    def start(self) -> None:
        self.starts += 1
        log = (self.folder / "log.txt").open("a")
        self.process = psutil.Popen(command(self.folder, "killed", self.workers), stdout=log, stderr=log)
        log.close()

    def alive(self) -> bool:
        """Say whether the sweep runs; note how it ended."""
        ending = self.process.poll()
        if ending is not None:
            self.endings.append(ending)
        return ending is None

    def work(self) -> list[psutil.Process]:
        """Return its worker processes."""
        try:
            return [p for p in self.process.children() if "LokyProcess" in " ".join(p.cmdline())]
        except psutil.Error:
            return []

    def kill(self, chance: random.Random) -> str:
        """Kill a worker or the sweep, at random; return which."""
        victims = [("the sweep", self.process), *(("a worker", w) for w in self.work())]
        name, victim = chance.choice(victims)
        try:
            victim.send_signal(signal.SIGKILL)
        except psutil.Error:
            return "nobody"
        if name == "the sweep":
            self.process.wait()
        return name


def contents(store: Path) -> dict[str, str]:
    """Return a digest of every file of finished runs and rows; what is being written has a name with a dot."""
    found = {}
    for top, folders, files in os.walk(store):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(top, name) for name in files if not name.startswith(".")):
            found[str(path.relative_to(store))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def n_rows(files: dict[str, str]) -> int:
    """Return how many rows are among the files of a store."""
    return sum(name.startswith("measures") for name in files)


def disturbed(sweeping: Sweeping, n_kills: int, chance: random.Random) -> dict[str, int]:
    """Kill until it is enough or the sweep is done; return how many of each."""
    killed = {"the sweep": 0, "a worker": 0, "changed or lost": 0}
    before: dict[str, str] = {}
    while sum(killed.values()) - killed["changed or lost"] < n_kills:
        while sweeping.alive() and not sweeping.work():
            time.sleep(0.05)
        if chance.random() < IN_THE_MIDST:
            n_kept = n_rows(before)
            while sweeping.alive() and n_rows(contents(sweeping.folder / "killed")) == n_kept:
                time.sleep(0.05)
        time.sleep(chance.uniform(0, WAIT_SECONDS))
        if not sweeping.alive():
            if sweeping.endings[-1] == 0:
                break
            sweeping.start()
            continue
        name = sweeping.kill(chance)
        if name == "nobody":
            continue
        killed[name] += 1
        now = contents(sweeping.folder / "killed")
        killed["changed or lost"] += sum(now.get(path) != digest for path, digest in before.items())
        before = now
        print(f"  {name} killed; {n_rows(now)} rows kept", flush=True)
    return killed


def finish(sweeping: Sweeping) -> None:
    """Leave the sweep alone until it is done."""
    for _ in range(10):
        if sweeping.process.wait() == 0:
            return
        sweeping.start()
    raise SystemExit(f"the sweep does not end well: see {sweeping.folder / 'log.txt'}")


def damaged(folder: Path) -> int:
    """Return the number of runs and rows of the sweep that are kept, but not whole."""
    store, count = RunStore(folder / "killed"), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one in read_sweep(folder / "sweep.toml").combinations():
            count += (store.load(one.config) is None) + (RowStore(store).load(one.config) is None)
    return count


def tell_differences(undisturbed: pd.DataFrame, killed: pd.DataFrame) -> bool:
    """Say where two tables differ, if they do; return whether."""
    if undisturbed.equals(killed):
        return False
    if len(undisturbed) != len(killed):
        print(f"  {len(killed)} rows instead of {len(undisturbed)}")
    else:
        print(undisturbed.compare(killed, result_names=("undisturbed", "killed")).to_string())
    return True


def kill_sweeps(top: Path, n_kills: int, chance: random.Random, n_seeds: int, workers: int) -> bool:
    """Kill sweeps, say what came of it, and return whether nothing was lost."""
    total = {"the sweep": 0, "a worker": 0, "changed or lost": 0}
    starts, broken, n_different, n_sweeps = 0, 0, 0, 0
    while (left := n_kills - total["the sweep"] - total["a worker"]) > 0:
        n_sweeps += 1
        folder = top / str(n_sweeps)
        folder.mkdir(parents=True)
        (folder / "sweep.toml").write_text(SWEEP.format(n_seeds=n_seeds), encoding="utf-8")
        sweeping = Sweeping(folder, workers)
        for name, count in disturbed(sweeping, left, chance).items():
            total[name] += count
        finish(sweeping)
        starts += sweeping.starts
        broken += damaged(folder)
        subprocess.run(command(folder, "undisturbed", workers), check=True, capture_output=True)
        one, two = (pd.read_parquet(folder / f"{s}.parquet") for s in ("undisturbed", "killed"))
        n_different += tell_differences(one.drop(columns=list(TIMING)), two.drop(columns=list(TIMING)))
    print(
        f"{total['the sweep']} kills of the sweep, {total['a worker']} of a worker; {n_sweeps} sweeps, {starts} starts"
    )
    print(f"finished runs and rows lost or changed: {total['changed or lost']}")
    print(f"runs and rows kept but not whole: {broken}")
    print(f"tables that differ from the undisturbed one: {n_different} of {n_sweeps}")
    return not (total["changed or lost"] or broken or n_different)


OTHERS = {"build": kill_builds, "analyse": kill_analyses, "env": kill_environments}
TOGETHER = ("build", "sweep", "analyse")
"""What shares the number of kills."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--of", nargs="+", choices=[*TOGETHER, "env"], default=[*TOGETHER, "env"])
    parser.add_argument("--kills", type=int, default=50, help="of builds, sweeps and analyses together")
    parser.add_argument("--env-kills", type=int, default=20, help="of `make env`")
    parser.add_argument("--seeds", type=int, default=25, help="seeds of the sweep; four networks each")
    parser.add_argument("--workers", type=int, default=2, help="of the sweep")
    parser.add_argument("--chance", type=int, default=0, help="seed of victims and moments")
    asked = parser.parse_args()
    chance, held = random.Random(asked.chance), True
    together = [name for name in TOGETHER if name in asked.of]
    n_kills = {name: len(range(i, asked.kills, len(together))) for i, name in enumerate(together)}
    n_kills |= {"env": asked.env_kills} if "env" in asked.of else {}
    with tempfile.TemporaryDirectory() as top:
        for name, n in n_kills.items():
            if name == "sweep":
                held &= kill_sweeps(Path(top, name), n, chance, asked.seeds, asked.workers)
            elif n:
                found = OTHERS[name](Path(top, name), n, chance)
                print(f"{found.kills} kills of {name}: {found.lost} files lost or cut, {found.wrong} later runs wrong")
                held &= not (found.lost or found.wrong)
    print("held" if held else "DID NOT HOLD")
    sys.exit(not held)


if __name__ == "__main__":
    main()
