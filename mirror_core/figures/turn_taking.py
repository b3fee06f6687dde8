"""The figures of the robots that take turns: a map of links and delays, and what one pair does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mirror_core.figures.kept import keep, means_seen
from mirror_core.figures.letters import ON_DARK, ON_LIGHT
from mirror_core.figures.marks import letter
from mirror_core.figures.style import CORRELATION_COLOURS, WIDTH
from mirror_core.studies.wording import decimal

GESTURE_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
"""Of gestures A, B, C and D."""
GESTURES = "ABCD"
DARK = 0.6
"""Beyond this, a cell is so dark that its number is white."""


def links_and_delays(cells: pd.DataFrame, titles: Mapping[str, str], names: Sequence[str]) -> Figure:
    """Draw what pairs do, for each kind of link and delay of seeing.

    Parameters
    ----------
    cells
        One row for each kind of link, delay and measure: `links`, `delay` (s; NaN where it makes no difference),
        `measure`, `mean`, and `differs`, whether it differs from no links.
    titles
        Measure → title of its panel; a measure that can be negative is drawn in diverging colours.
    """
    fig, axes = plt.subplots(1, len(titles), figsize=(WIDTH, 0.6 + 0.33 * len(names)), sharey=True)
    delays = sorted(cells.delay.dropna().unique())
    for axis, (measure, title) in zip(np.atleast_1d(axes), titles.items(), strict=True):
        of = cells[cells.measure == measure]
        signed = bool((of["mean"] < 0).any())
        colours = plt.get_cmap(CORRELATION_COLOURS if signed else "Greens")
        for row in of.itertuples():
            lone = np.isnan(row.delay)
            x, width = (0, len(delays)) if lone else (delays.index(row.delay), 1)
            y, colour = names.index(row.links), colours((row.mean + 1) / 2 if signed else 0.85 * row.mean)
            axis.add_patch(Rectangle((x, y), width, 1, facecolor=colour, edgecolor="white", linewidth=1.5))
            axis.text(
                x + width / 2, y + 0.5, _short(row.mean), ha="center", va="center", fontsize=8,
                fontweight="bold" if row.differs else "normal", color=ON_DARK if abs(row.mean) > DARK else ON_LIGHT,
            )  # fmt: skip
        axis.set_title(title, fontsize=8.5)
        axis.set_xlim(0, len(delays))
        axis.set_ylim(len(names), 0)
        axis.set_xticks(np.arange(len(delays)) + 0.5, [_short(delay, 1) for delay in delays])
        axis.set_yticks(np.arange(len(names)) + 0.5, ["no links" if name == "none" else name for name in names])
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    fig.supxlabel("seconds until a light is seen", fontsize=9)
    columns = ["links", "delay", "measure", "mean", "differs"]
    table = cells[cells.measure.isin(list(titles))][columns]
    named = table.assign(measure=table.measure.map(titles).str.replace("\n", " "))
    seen = means_seen(named, "mean", "links", "measure", what="Mean over delays")
    return keep(fig, links_and_delays, named, seen)


def _short(value: float, digits: int = 2) -> str:
    """Return a number without the zero before its point, a whole one without decimals."""
    text = decimal(value, digits)
    text = text.rstrip("0").rstrip(".") if digits == 1 else text
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def pair(
    links: np.ndarray, meetings: Mapping[str, Sequence[Sequence[tuple[float, float, int]]]], seconds: float
) -> Figure:
    """Draw the links that one robot has learnt, and the gestures of the pair in some meetings.

    Parameters
    ----------
    links
        Weights (seen, own).
    meetings
        Title → for each robot its gestures: begin and end in seconds, and which.
    """
    fig = plt.figure(figsize=(WIDTH, 0.9 + 0.75 * len(meetings)))
    left, right = fig.subfigures(1, 2, width_ratios=[1, 2.3])
    axis = left.subplots()
    image = axis.imshow(links, cmap="Greens", vmin=0)
    axis.set_xticks(range(len(links)), GESTURES[: len(links)])
    axis.set_yticks(range(len(links)), GESTURES[: len(links)])
    axis.set_xlabel("own gesture")
    axis.set_ylabel("seen gesture")
    axis.tick_params(length=0)
    left.colorbar(image, ax=axis, shrink=0.7, label="weight")
    letter(axis, "A")
    axes = np.atleast_1d(right.subplots(len(meetings), 1, sharex=True))
    for axis, (title, robots) in zip(axes, meetings.items(), strict=True):
        _gestures(axis, robots, seconds)
        axis.set_title(title, fontsize=8.5)
    axes[-1].set_xlabel("seconds")
    letter(axes[0], "B")
    names = list(GESTURES[: len(links)])
    weights = xr.DataArray(links, {"seen": names, "own": names}, ["seen", "own"])
    gestures = [
        (title, robot + 1, begin, end, GESTURES[which])
        for title, robots in meetings.items()
        for robot, of in enumerate(robots)
        for begin, end, which in of
        if begin < seconds
    ]
    made = pd.DataFrame(gestures, columns=["meeting", "robot", "begin", "end", "gesture"])
    counts = ", ".join(f"{title} {int((made.meeting == title).sum())}" for title in meetings)
    seen = f"Largest weight {decimal(float(links.max()))}. Gestures in {seconds:g} s: {counts}."
    return keep(fig, pair, {"A": weights.rename("weight"), "B": made}, seen)


def _gestures(axis: Axes, robots: Sequence[Sequence[tuple[float, float, int]]], seconds: float) -> None:
    for y, gestures in enumerate(robots):
        for begin, end, which in gestures:
            if begin < seconds:
                axis.broken_barh([(begin, end - begin)], (y + 0.1, 0.8), color=GESTURE_COLOURS[which])
                axis.text(
                    (begin + min(end, seconds)) / 2, y + 0.5, GESTURES[which], ha="center", va="center", fontsize=8,
                    color="white" if which == 0 else ON_LIGHT, clip_on=True,
                )  # fmt: skip
    axis.set_xlim(0, seconds)
    axis.set_ylim(2, 0)
    axis.set_yticks([0.5, 1.5], ["robot 1", "robot 2"])
    axis.tick_params(axis="y", length=0)
