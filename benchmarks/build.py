"""How long the site of one checkout takes beside that of another, from nothing: `python -m benchmarks.build A B`.

Both are checkouts whose environment is made (`make env`). Each builds its site with a store, a folder of compiled code
and a copy of its own sources that are new each time, one after the other, and in the other order on the next turn.
Printed are wall and processor seconds of every build, how many cores others kept busy meanwhile (no more than a few
hundredths, or the seconds mean little), and the first checkout's seconds over the second's. `--target book` measures
the full site (many minutes of all cores each), `quick` the quick one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.machine import Watch, adopt, wait_for_all
from mirror_core.pages.publishing.quick import QUICK_VARIABLE, copy_sources
from mirror_core.runs.progress import progress_bar

TARGETS = {"book": "0", "quick": "1"}
"""What is built → whether with the quick settings."""


class BuildFailed(RuntimeError):
    """A checkout's site cannot be built."""


def cold_build(checkout: Path, target: str) -> dict[str, float]:
    """Build a checkout's site from nothing and return `wall`, `processor` and `others` (see `Watch.report`).

    Raises
    ------
    BuildFailed
        If it has no environment, or the build ends with an error: the message has its last lines.
    """
    program = checkout / ".venv" / "bin" / "jupyter-book"
    if not program.exists():
        raise BuildFailed(f"{checkout} has no environment ({program} is not there): run make env in it.")
    with tempfile.TemporaryDirectory() as folder:
        book = copy_sources(checkout, Path(folder) / "copy")
        variables = {
            QUICK_VARIABLE: TARGETS[target],
            "MIRROR_CORE_STORE": f"{folder}/runs",
            "NUMBA_CACHE_DIR": f"{folder}/compiled",
            "PYTHONPATH": str(checkout),
        }
        watch, before = Watch(), sum(os.times()[:4])
        start = time.perf_counter()
        done = subprocess.run([program, "build", book, "-W", "--keep-going"], env=os.environ | variables,
                              capture_output=True, text=True, check=False)  # fmt: skip
        wall = time.perf_counter() - start
        wait_for_all()
        found = watch.report()
        processor = sum(os.times()[:4]) - before
    if done.returncode:
        raise BuildFailed(f"{checkout} cannot be built:\n{(done.stdout + done.stderr)[-2000:]}")
    return {"wall": round(wall, 1), "processor": round(processor, 1), "others": found["others"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--target", choices=TARGETS, default="quick")
    parser.add_argument("--turns", type=int, default=2)
    asked = parser.parse_args()
    checkouts = (asked.first.resolve(), asked.second.resolve())
    adopt()  # the process that a build forks its kernels from is not waited for by any of the build's own
    found: dict[Path, list[dict[str, float]]] = {checkout: [] for checkout in checkouts}
    if len(found) < 2:
        parser.error(f"{checkouts[0]} is named twice: compare two checkouts.")
    if asked.turns < 1:
        parser.error(f"--turns is {asked.turns}; it must be at least 1.")
    orders = [checkouts if turn % 2 == 0 else checkouts[::-1] for turn in range(asked.turns)]
    with progress_bar(2 * asked.turns, "building", "site") as bar:
        for turn, order in enumerate(orders):
            for checkout in order:
                try:
                    one = cold_build(checkout, asked.target)
                except BuildFailed as error:
                    sys.exit(f"error: {error}")
                found[checkout].append(one)
                numbers = ", ".join(f"{name} {value:g}" for name, value in one.items())
                bar.write(f"turn {turn + 1}, {checkout}: {numbers}", file=sys.stdout)
                bar.update()
    for name in ("wall", "processor"):
        ratios = [a[name] / b[name] for a, b in zip(*found.values(), strict=True)]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{name}: the first takes {median(ratios):.2f} times as long as the second (by turn: {each})")


if __name__ == "__main__":
    main()
