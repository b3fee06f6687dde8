"""What a network costs and what the cost grows with: the measurement behind the page "What does a network cost?".

Run `python -m benchmarks.growth --out book/data/cost.json` on a machine that does nothing else (at most eight minutes;
`--tiny` for a check that it works). Whatever is compared takes its turn, again and again, so that a busy moment of the
machine hits all of it alike; every turn is kept. One thread on one core, but where worker processes are compared. How
busy others kept the machine is recorded beside each part, and the page says so.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before the libraries that read them are imported

import torch  # noqa: E402

from benchmarks import overheads, timings  # noqa: E402
from benchmarks.machine import Watch, describe, one_core  # noqa: E402
from benchmarks.timings import TINY, Record, Settings  # noqa: E402
from mirror_core.runs.progress import progress_bar  # noqa: E402
from mirror_core.runs.workers import one_thread  # noqa: E402

_REFRESH_SECONDS = 1.0
"""How often the bar says how many timings a part has."""


def parts(s: Settings, folder: str, device: str) -> dict[str, Callable[[], Iterator[Record]]]:
    """Return what measures each part, by its name."""
    run, row = overheads.example(s.n_epochs)
    found = {
        "training": lambda: timings.training(s),
        "growth": lambda: timings.growth(s),
        "networks": lambda: timings.networks(s),
        "cores": lambda: timings.cores(s),
        "workers": lambda: timings.workers(s),
        "keeping": lambda: overheads.keeping(run, row, 5 * s.turns, folder),
        "sizes": lambda: iter(overheads.sizes(run, row, folder)),
        "listing": lambda: overheads.listing(run, row, s.runs, s.rows, s.turns, folder),
        "handing_out": lambda: overheads.handing_out(s.tasks, s.turns, dask=s.dask),
        "declaring": lambda: overheads.declaring(s.tasks, s.turns),
    }
    if device != "cpu":
        stacks = replace(s, networks=tuple(16 * n for n in s.networks))
        found["device"] = lambda: timings.networks(stacks, device)
    return found


WITH_WORKERS = ("workers", "handing_out", "device")
"""Parts that are not kept to one core."""


def measure(s: Settings, scratch: str | None, device: str, tiny: bool = False) -> Record:
    """Measure all parts; return everything that the page is made from."""
    found: Record = {}
    with one_thread(), tempfile.TemporaryDirectory(dir=scratch) as folder:
        about = {
            "command": " ".join(["python -m benchmarks.growth", *sys.argv[1:]]),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "tiny": tiny,
            "device": device,
            "machine": describe(folder),
            "settings": asdict(s),
        }
        todo = parts(s, folder, device)
        with progress_bar(len(todo), "measuring", "part") as bar:
            for name, records in todo.items():
                watch = Watch()
                with nullcontext() if name in WITH_WORKERS else one_core():
                    rows = _collected(records(), bar, name)
                found[name] = watch.report() | {"rows": rows}
                bar.update()
    return {"about": about, "parts": found}


def _collected(records: Iterator[Record], bar: Any, name: str) -> list[Record]:
    """Return the records of a part, saying on the way how many there are."""
    rows, said = [], -_REFRESH_SECONDS
    for record in records:
        rows.append(_rounded(record))
        if time.perf_counter() - said > _REFRESH_SECONDS:
            said = time.perf_counter()
            bar.set_postfix_str(f"{name}: {len(rows)} timings")
    return rows


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return float(f"{value:.5g}") if isinstance(value, float) else value


def write(content: Record, path: Path) -> None:
    """Write JSON with a record a line, whole or not at all."""
    lines = json.dumps(content, indent=1, ensure_ascii=False)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        part.write_text(lines + "\n", encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def checked(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> None:
    """End with one clear message before anything is measured, where the end would fail."""
    if asked.turns is not None and asked.turns < 1:
        parser.error(f"--turns {asked.turns} is not allowed: it must be a whole number of at least 1")
    if not asked.out.parent.is_dir():
        parser.error(f"--out {asked.out}: there is no folder {asked.out.parent}")
    if asked.scratch is not None and not Path(asked.scratch).is_dir():
        parser.error(f"--scratch {asked.scratch}: there is no such folder")
    if asked.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: PyTorch finds no such device here; leave --device out")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write, such as book/data/cost.json")
    parser.add_argument("--turns", type=int, help="how often each takes its turn (default 3; the headline: 5)")
    parser.add_argument("--tiny", action="store_true", help="check in seconds that it works; the numbers mean nothing")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="cuda: stacked networks there, too")
    parser.add_argument("--scratch", help="folder on the disk to measure (default: where temporary files go)")
    asked = parser.parse_args()
    checked(parser, asked)
    s = TINY if asked.tiny else Settings()
    if asked.turns is not None:
        s = replace(s, turns=asked.turns, headline_turns=asked.turns)
    clock = time.perf_counter()
    found = measure(s, asked.scratch, asked.device, asked.tiny)
    write(found, asked.out)
    took = time.perf_counter() - clock
    others = sum(part["others"] * part["seconds"] for part in found["parts"].values()) / took
    print(f"{asked.out} written after {took:.0f} s; others kept {others:.2f} cores busy meanwhile")


if __name__ == "__main__":
    main()
