"""Colours, panels and marks that mean the same in every figure."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mirror_core.figures.kept import kept, named_marks

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

WIDTH = 7.6
"""Width of a full figure in inches: the text column of a page."""

# Okabe & Ito's colours can be told apart with every common form of colour blindness
MODE_COLOUR = {"perform": "#0072B2", "observe": "#E69F00"}
MODE_THEMED = {mode: f"var(--mirror-{mode}, {colour.lower()})" for mode, colour in MODE_COLOUR.items()}
"""The same in what a page draws itself: as its theme has them."""
MODE_LINE = {"perform": "-", "observe": "--"}
SHARED = "#009E73"
CONTROL = "#777777"
NULL = "#C9C9C9"
CORRELATION_COLOURS = "PRGn"
"""Diverging, centred at r = 0, always from −1 to 1."""


_INK = {"#E69F00": "#946200", "#009E73": "#007A59", "#777777": "#6B6B6B"}
"""Colour of a line → the same hue for letters, which has at least 4.5 times the contrast that white paper asks for."""

_IN_NOTEBOOKS = ("inline", "ipympl", "widget", "nbagg", "notebook")
"""Backends that show figures under a cell, by what their names hold."""


def use_style() -> None:
    """Use the project's style in this notebook or script, with vector figures in notebooks.

    Nothing of what the user has set for Matplotlib remains: neither settings in a `matplotlibrc`, nor, in a notebook, a
    backend that shows nothing under a cell, such as one that `MPLBACKEND` names.
    """
    matplotlib.rcdefaults()
    plt.style.use(str(files("mirror_core.figures") / "mirror.mplstyle"))
    # a report from the terminal has no shell, and need not load what shows figures in one
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        _show_in(shell)


def _show_in(shell: InteractiveShell) -> None:
    """Show figures under cells as pictures of lines, each drawn once, and keep them as PDF too."""
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    in_notebook = hasattr(shell, "kernel")
    if in_notebook and not any(name in matplotlib.get_backend().lower() for name in _IN_NOTEBOOKS):
        shell.enable_matplotlib("inline")
    # the whole figure, not what its marks happen to fill: figures of one kind keep one width
    set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches=None)
    if in_notebook and "inline" in (backend := matplotlib.get_backend()).lower():
        plt.switch_backend(backend)  # now, since it brings back what is taken away next
        plt.uninstall_repl_displayhook()  # it would draw each figure once more, for a window that is not there
    _also_to_take_along(shell)


def ink(colour: str) -> str:
    """Return the colour of letters that name what is drawn in a colour: dark enough to be read on white."""
    return _INK.get(colour, colour)


def _also_to_take_along(shell: InteractiveShell) -> None:
    """Have notebooks keep every figure as PDF too, and with it what it keeps beside its picture: the site offers them.

    The rest is metadata, no kind of content of its own: the site's reader of notebooks warns of kinds it does not know.
    """
    formatter = shell.display_formatter.formatters["application/pdf"]
    formatter.enabled = True
    formatter.for_type(Figure, _to_take_along)


def _to_take_along(fig: Figure) -> bytes | tuple[bytes, dict[str, str | int]]:
    from IPython.core.pylabtools import print_figure

    layout = fig.get_layout_engine()
    fig.set_layout_engine("none")  # it lies as in the picture for the page, which has just been drawn
    pdf = print_figure(fig, fmt="pdf", base64=False, metadata={"CreationDate": None}, bbox_inches=None)
    if layout is not None:
        fig.set_layout_engine(layout)
    marks = (
        {"marks": json.dumps(found, ensure_ascii=False, separators=(",", ":"))} if (found := named_marks(fig)) else {}
    )
    return pdf if (one := kept(fig)) is None else (pdf, one.beside | marks)


def row_of_panels(
    titles: Sequence[str], height: float, *, rows: int = 1, lone: float = 0.6, **options
) -> tuple[Figure, np.ndarray]:
    """Return a figure with one column for each title and axes of shape (row, column) that share their scales.

    A single column has the share `lone` of the width, so that a panel has the same shape however many there are.
    """
    options = {"sharex": True, "sharey": True} | options
    width = WIDTH if len(titles) > 1 else WIDTH * lone
    fig, axes = plt.subplots(rows, len(titles), figsize=(width, height), squeeze=False, **options)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title)
    return fig, axes
