"""One bar for a whole build: what runs, how much is done, and how long the rest will take.

Every notebook's kernel writes the progress of its bars to a file (see `mirror_core.runs.progress`), which is read here.
What is still to come is known from a build that was measured: page → what is done for it → how often, and processor
seconds in all. As soon as a page says how much of it there really is (networks that are kept are not trained again),
that counts.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mirror_core.runs.workers import n_workers
from mirror_core.studies.wording import agree, counted

Costs = Mapping[str, Mapping[str, Sequence[float]]]
"""Page → what is done for it, in this order → how often, and processor seconds for all of that."""

REST = "rest"
"""What a page takes beside its bars: imports, tables, figures."""

TRAINING = "training"

_LOOK = 0.5
"""Seconds between two looks at what the kernels say."""
_LINE = 15
"""Seconds between two lines where there is no terminal to draw a bar on."""
_UNKNOWN = {REST: (1, 20.0)}
"""What a page takes that was never measured."""
_TRUSTED = 30
"""Seconds of a build for which the measured speed counts as much as its own."""


class Board:
    """Shows how far a build is, until its block ends.

    Parameters
    ----------
    names
        The notebooks, in the order in which they start.
    costs
        From a measured build; may lack some.
    folder
        Where the kernels write: `self.events(name)`.
    """

    def __init__(self, names: Sequence[str], costs: Costs, folder: Path) -> None:
        self._folder, self._names = folder, list(names)
        self._costs = {name: costs.get(name, _UNKNOWN) for name in names}
        self._started: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._bars: dict[str, dict[int, list[dict[str, Any]]]] = {name: {} for name in names}
        self._total = max(1.0, sum(map(self._left_of, names)))
        self._begun = self._said = time.monotonic()  # which no set clock changes
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._bar = tqdm(total=self._total, bar_format="{percentage:3.0f}% |{bar:12}| {desc}", file=sys.stderr,
                         leave=False, disable=not names or not sys.stderr.isatty())  # fmt: skip

    def events(self, name: str) -> Path:
        """Return the file to which a notebook's kernel writes; it is there as soon as the notebook runs."""
        return self._folder / f"{name}.progress"

    def __enter__(self) -> Board:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()
        self._bar.close()

    def done(self, name: str, seconds: float) -> None:
        """Say that a notebook has been executed."""
        with self._lock:
            self._look()
            self._ended[name] = time.time()
            self.say(f"notebook {name}: done in {seconds:.0f} s")
        self._show(at_once=True)

    def say(self, text: str) -> None:
        """Write a line to the terminal, above the bar."""
        with tqdm.external_write_mode(file=sys.stdout):
            print(text, flush=True)

    def measured(self) -> dict[str, dict[str, list[float]]]:
        """Return what the finished pages took, in the form of `Costs`."""
        found: dict[str, dict[str, list[float]]] = {}
        for name in self._ended:
            parts: dict[str, list[float]] = {}
            for states in self._bars[name].values():
                part = parts.setdefault(states[0]["what"], [0, 0.0])
                part[0] += states[-1]["n"]
                part[1] += states[-1]["time"] - states[0]["time"]
            rest = self._ended[name] - self._started[name] - sum(seconds for _, seconds in parts.values())
            found[name] = {what: [n, round(seconds * n_workers(), 1)] for what, (n, seconds) in parts.items()}
            found[name][REST] = [1, round(max(rest, 0.0), 1)]
        return found

    def line(self) -> str:
        """Say in one line how far the build is."""
        left = sum(map(self._left_of, self._names))
        passed, elapsed = max(0.0, self._total - left), time.monotonic() - self._begun
        speed = (passed + _TRUSTED * n_workers()) / (elapsed + _TRUSTED)
        networks, analyses = self._count_left()
        runs = "; ".join(self._doing(name) for name in self._started if name not in self._ended)
        parts = [
            f"about {_time(left / speed)} left",
            runs,
            f"{len(self._ended)} of {len(self._names)} pages",
            f"{counted(networks, 'network')} and {analyses} {agree(analyses, 'analysis', 'analyses')} left",
            f"{_time(elapsed)} so far",
        ]
        return ", ".join(part for part in parts if part)  # a narrow terminal shows the beginning

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK):
            with self._lock:
                self._look()
            self._show()

    def _look(self) -> None:
        """Read what the kernels have written."""
        for name in self._names:
            path = self.events(name)
            if name in self._ended or not path.exists():
                continue
            if name not in self._started:
                self._started[name] = path.stat().st_ctime
                self.say(f"notebook {name}: running …")
            self._bars[name] = {}
            for text in path.read_text(encoding="utf-8").splitlines(keepends=True):
                if text.endswith("\n"):  # not a line that is just being written
                    state = json.loads(text)
                    self._bars[name].setdefault(state["bar"], []).append(state)

    def _show(self, *, at_once: bool = False) -> None:
        line = self.line()
        if not self._bar.disable:
            self._bar.n = min(self._total, max(0.0, self._total - sum(map(self._left_of, self._names))))
            room = shutil.get_terminal_size().columns - 22
            self._bar.set_description_str(line if len(line) <= room else line[: room - 1] + "…")
        elif at_once or time.monotonic() - self._said >= _LINE:
            self._said = time.monotonic()
            self.say(f"  {line}")

    def _announced(self, name: str) -> dict[str, tuple[float, float]]:
        """Return how much of each thing a running page has said that there is, and how much of it is left."""
        found: dict[str, tuple[float, float]] = {}
        for states in self._bars[name].values():
            total, left = found.get(states[-1]["what"], (0, 0))
            open_left = states[-1]["total"] - states[-1]["n"] if states[-1]["open"] else 0
            found[states[-1]["what"]] = (total + states[-1]["total"], left + open_left)
        return found

    def _still(self, name: str) -> dict[str, float]:
        """Return how much of each thing a page has still to do."""
        if name in self._ended:
            return {}
        announced, expected = self._announced(name), self._costs[name]
        left = {what: n for what, (_, n) in announced.items()}
        # what comes before a thing that has begun is over, or was kept
        begun = max((list(expected).index(what) for what in announced if what in expected), default=-1)
        return left | {what: expected[what][0] for what in list(expected)[begun + 1 :]}

    def _left_of(self, name: str) -> float:
        """Return the processor seconds that a page has still to take."""
        return sum(n * self._each(name, what) for what, n in self._still(name).items())

    def _each(self, name: str, what: str) -> float:
        """Return the seconds of one thing: of this page, or of any that was measured."""
        pages = [self._costs[name], *self._costs.values()]
        measured = (page[what] for page in pages if what in page and page[what][0])
        return next((seconds / n for n, seconds in measured), 1.0)

    def _count_left(self) -> tuple[int, int]:
        still = [(what, n) for name in self._names for what, n in self._still(name).items() if what != REST]
        networks = sum(n for what, n in still if what == TRAINING)
        return round(networks), round(sum(n for _, n in still) - networks)

    def _doing(self, name: str) -> str:
        running = [states[-1] for states in self._bars[name].values() if states[-1]["open"]]
        if not running:
            return f"{name}: running"
        return f"{name}: {running[-1]['what']} {running[-1]['n']:g}/{running[-1]['total']:g}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
