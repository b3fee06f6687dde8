"""What figures draw and write alike: dots with an interval, thresholds, the paper's value, and labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirror_core.analysis.estimates import Estimate, difference, estimate
from mirror_core.figures.kept import name_marks
from mirror_core.figures.style import CONTROL, MODE_COLOUR, MODE_LINE, ink

BESIDE, ABOVE = ("axes fraction", "data"), ("data", "axes fraction")
"""Where a note stands, for one at the side of a row and one over a place on the x axis."""


def note(
    axis: Axes, text: str, at: tuple[float, float], off: tuple[float, float],
    place: str | tuple[str, str] = "axes fraction", **options,
) -> None:  # fmt: skip
    """Write a few small words, some points off a place."""
    options = {"fontsize": 8} | options | {"color": ink(options.get("color", "black"))}
    axis.annotate(text, at, off, xycoords=place, textcoords="offset points", **options)


def letter(axis: Axes, text: str) -> None:
    """Write a panel's letter, as in the paper, outside its upper left corner."""
    note(axis, text, (0, 1), (-30, 6), fontsize=12, fontweight="bold")


def threshold(axis: Axes, value: float, label: str = "", *, across: bool = False) -> None:
    """Draw a thin labelled line at a threshold, chance or ceiling (`across`: horizontal)."""
    (axis.axhline if across else axis.axvline)(value, color="0.35", linewidth=0.8, linestyle=":", zorder=0)
    if label and across:
        note(axis, label, (1, value), (-2, 2), BESIDE, ha="right", va="bottom", color="0.3")
    elif label:
        note(axis, label, (value, 1), (2, -1), ABOVE, ha="left", va="top", color="0.3")


def spread(n: int, half: float) -> np.ndarray:
    """Return offsets from −half to half, one for each of n dots; none for a single one."""
    return np.linspace(-half, half, n) if n > 1 else np.zeros(n)


def dots(
    axis: Axes, values: Sequence[float], y: float, colour: str, *, half: float = 0, hollow: bool = False,
    names: Sequence[str] = (), **options,
) -> None:  # fmt: skip
    """Draw one dot a network, spread around their row, with their names if known; `options` are `Axes.plot`'s."""
    face = "white" if hollow else colour
    nowhere = not np.isfinite(np.asarray(values, float)).any()
    # of an empty row that is not clipped, Matplotlib makes room in the corner of the figure, where no axes fit
    usual = {"color": colour, "markerfacecolor": face, "linestyle": "none", "clip_on": nowhere, "marker": "o"}
    places = y + spread(len(values), half)
    axis.plot(values, places, **usual | options)
    if len(names):
        name_marks(axis, values, places, names)


def seeds(values: Iterable[int]) -> list[str]:
    """Return how networks are named: by their seeds."""
    return [f"seed {one}" for one in values]


@dataclass(frozen=True)
class BySeed(Estimate):
    """An estimate that knows its networks."""

    seeds: tuple[int, ...] = ()
    """Of each of its values."""


def by_seed(values: pd.Series) -> BySeed:
    """Return the estimate of values that are indexed by seed, with the seeds of those that are finite."""
    return BySeed(**vars(estimate(values)), seeds=tuple(values.index[np.isfinite(values.astype(float))]))


def difference_by_seed(first: pd.Series, second: pd.Series) -> BySeed:
    """Return how two conditions differ, matched by seed, with the seeds of the differences; see `difference`."""
    there = first.index[np.isfinite(first.astype(float))]
    seeds = tuple(there[there.isin(second.index[np.isfinite(second.astype(float))])])
    return BySeed(**vars(difference(first, second)), seeds=seeds)


def networks(axis: Axes, one: Estimate, y: float, colour: str, **options) -> None:
    """Draw one dot for each network of an estimate, named if it knows them; `options` are those of `dots`."""
    dots(axis, one.values, y, colour, names=seeds(one.seeds) if isinstance(one, BySeed) else (), **options)


def interval(axis: Axes, found: tuple[float, float, float], y: float, size: float, *, share: bool = True) -> None:
    """Draw a mean as a tick of this size over the line of its interval, which is cut where no `share` can be."""
    mean, low, high = found
    low, high = (max(low, 0), min(high, 1)) if share else (low, high)
    axis.hlines(y, low, high, color="black", linewidth=1.2, zorder=4)
    axis.plot(mean, y, "|", color="black", markersize=size, zorder=4)


def label_rows(axis: Axes, names: Sequence[str], margin: float = 0.6) -> None:
    """Label one row for each name, the first on top."""
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - (1 - margin), -margin)


def share_histogram(axis: Axes, values: np.ndarray, bins: np.ndarray, **options) -> None:
    """Draw which share of the values that are defined lies in each bin."""
    values = values[np.isfinite(values)]
    if len(values):
        axis.hist(values, bins, weights=np.full(len(values), 1 / len(values)), **options)


def r_histograms(fig: Figure, axes: Sequence[Axes], r: Iterable[np.ndarray]) -> None:
    """Draw how r between the modes is distributed over units, one panel for each network or view."""
    for axis, values in zip(axes, r, strict=True):
        share_histogram(axis, values, np.linspace(-1, 1, 31), color=CONTROL)
        threshold(axis, 0)
        axis.set(xlim=(-1, 1), xticks=[-1, 0, 1], xticklabels=["−1", "0", "1"])
    axes[0].set_ylabel("share of units")
    fig.supxlabel("r between performing and observing, without timestep means", fontsize=9)


def share_ticks(axis: Axes) -> None:
    """Label quarters of a share."""
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])


def mode_legend(fig: Figure, place: str) -> None:
    """Say which line is which mode."""
    lines = [Line2D([], [], color=MODE_COLOUR[mode], linestyle=MODE_LINE[mode], label=mode) for mode in MODE_COLOUR]
    fig.legend(handles=lines, loc=place, ncols=2)


def paper_value(axis: Axes, x: float, y: float) -> None:
    """Mark what the paper states with a hollow diamond on the same axis."""
    axis.plot(
        x, y, marker="D", markersize=6.5, markerfacecolor="none", markeredgecolor="black", markeredgewidth=1.2,
        linestyle="none", zorder=5, clip_on=False,
    )  # fmt: skip
