"""Colours, panels and marks that mean the same in every figure."""

from collections.abc import Sequence
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib_inline.backend_inline import set_matplotlib_formats

WIDTH = 7.6
"""Width of a full figure in inches: the text column of a page."""

# Okabe & Ito's colours can be told apart with every common form of colour blindness
MODE_COLOUR = {"perform": "#0072B2", "observe": "#E69F00"}
MODE_LINE = {"perform": "-", "observe": "--"}
SHARED = "#009E73"
CONTROL = "#777777"
NULL = "#C9C9C9"
CORRELATION_COLOURS = "PRGn"
"""Diverging, centred at r = 0, always from −1 to 1."""


def use_style() -> None:
    """Use the project's style in this notebook or script, with vector figures in notebooks."""
    plt.style.use(str(files("mirror_core.figures") / "mirror.mplstyle"))
    # the whole figure, not what its marks happen to fill: figures of one kind keep one width
    set_matplotlib_formats("svg", metadata={"Date": None}, bbox_inches=None)


def row_of_panels(titles: Sequence[str], height: float, *, rows: int = 1, **options) -> tuple[Figure, np.ndarray]:
    """Return a figure with one column for each title and axes of shape (row, column) that share their scales."""
    options = {"sharex": True, "sharey": True} | options
    # a single column stays half as wide, so that a panel has the same shape however many there are
    width = WIDTH if len(titles) > 1 else WIDTH * 0.6
    fig, axes = plt.subplots(rows, len(titles), figsize=(width, height), squeeze=False, **options)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title)
    return fig, axes


def letter(axis: Axes, text: str) -> None:
    """Write a panel's letter, as in the paper, outside its upper left corner."""
    axis.annotate(
        text, (0, 1), (-30, 6), xycoords="axes fraction", textcoords="offset points", fontsize=12, fontweight="bold"
    )


def threshold(axis: Axes, value: float, label: str = "", *, across: bool = False) -> None:
    """Draw a thin labelled line at a threshold, chance or ceiling (`across`: horizontal)."""
    (axis.axhline if across else axis.axvline)(value, color="0.35", linewidth=0.8, linestyle=":", zorder=0)
    if label and across:
        axis.annotate(
            label, (1, value), (-2, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", va="bottom", fontsize=8, color="0.3",
        )  # fmt: skip
    elif label:
        axis.annotate(
            label, (value, 1), (2, -1), xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="left", va="top", fontsize=8, color="0.3",
        )  # fmt: skip


def paper_value(axis: Axes, x: float, y: float) -> None:
    """Mark what the paper states with a hollow diamond on the same axis."""
    axis.plot(
        x, y, marker="D", markersize=6.5, markerfacecolor="none", markeredgecolor="black", markeredgewidth=1.2,
        linestyle="none", zorder=5, clip_on=False,
    )  # fmt: skip
