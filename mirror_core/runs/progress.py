"""Progress bars that are seen while work goes on and leave nothing on a page; in a build, lines for its own bar."""

from __future__ import annotations

import io
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

EVENTS_VARIABLE = "MIRROR_CORE_PROGRESS"
"""Environment variable with the file to which progress is written, a line each time, instead of to the terminal."""

_NUMBERS = itertools.count()


@contextmanager
def progress_bar(total: int, what: str, unit: str, *, show: bool = True) -> Iterator[tqdm]:
    """Show a bar on the terminal, or under the notebook's cell, until the work is done.

    In a notebook the cell's output is cleared at the end, so that the executed page shows results only: a cell
    that shows a bar should print nothing before it. In a build, nothing is shown here: its own bar shows all (see
    `mirror_core.pages.publishing.progress`).
    """
    path = os.environ.get(EVENTS_VARIABLE)
    options = dict(total=total, desc=what, unit=unit, leave=False, disable=not show)
    bar = _Written(Path(path), **options) if path else tqdm(file=sys.stderr, **options)
    try:
        with bar:
            yield bar
    finally:
        if show and not path and _in_kernel():
            from IPython.display import clear_output

            sys.stderr.flush()
            clear_output()


def _in_kernel() -> bool:
    # IPython is loaded wherever there is a kernel
    return "IPython" in sys.modules and hasattr(sys.modules["IPython"].get_ipython(), "kernel")


class _Written(tqdm):
    """A bar that is a line of JSON each time that it would be drawn: `bar` (its number), `what`, `total`, `n`, whether
    it is `open`, and the `time` in seconds."""

    def __init__(self, path: Path, **options: object) -> None:
        self._path, self._number = path, next(_NUMBERS)
        super().__init__(file=io.StringIO(), **options)

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        self._write(True)
        return True

    def close(self) -> None:
        seen = not self.disable
        super().close()
        if seen:
            self._write(False)

    def _write(self, is_open: bool) -> None:
        state = {"bar": self._number, "what": self.desc.removesuffix(": "), "total": self.total, "n": self.n}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(state | {"open": is_open, "time": time.time()}) + "\n")
