"""Progress bars that are seen while work goes on and leave nothing on a page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from IPython import get_ipython
from IPython.display import clear_output
from tqdm import tqdm


@contextmanager
def progress_bar(total: int, what: str, unit: str, *, show: bool = True) -> Iterator[tqdm]:
    """Show a bar on the terminal, or under the notebook's cell, until the work is done.

    In a notebook the cell's output is cleared at the end, so that the executed page shows results only: a cell
    that shows a bar should print nothing before it.
    """
    bar = tqdm(total=total, desc=what, unit=unit, file=sys.stderr, leave=False, disable=not show)
    try:
        with bar:
            yield bar
    finally:
        if show and hasattr(get_ipython(), "kernel"):
            sys.stderr.flush()
            clear_output()
