"""What networks cost: ways of training side by side, how the cost grows, and kinds of cores."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from mirror_core.figures.kept import keep, means_seen
from mirror_core.figures.marks import dots, letter, note, threshold
from mirror_core.figures.style import CONTROL, WIDTH, row_of_panels
from mirror_core.studies.select import where

NAMES = {"ours": "ours", "plain": "plain loop", "jax": "JAX"}
"""How the ways of training are called."""
_COLOUR = {"ours": "black", "plain": CONTROL, "jax": CONTROL}
_MARKER = {"ours": "o", "plain": "s", "jax": "^"}


def _turns(axis: Axes, x: Sequence[float], y: float | pd.Series, way: str, **options) -> None:
    """Draw single turns: ours filled and black, others hollow and grey; `options` are those of `dots`."""
    look = {"markersize": 4.5, "marker": _MARKER[way], "hollow": way != "ours", "markeredgewidth": 1.1, "zorder": 3}
    dots(axis, x, y, _COLOUR[way], **look | options)


def ways(training: pd.DataFrame, ratios: Mapping[int, str]) -> Figure:
    """Draw seconds a network for each way of training, a dot for every turn.

    Parameters
    ----------
    training
        Columns `hidden_size`, `way`, `seconds`.
    ratios
        Number of units → how many times faster ours is, as words; a panel for each.
    """
    fig, axes = row_of_panels([f"H = {size} units" for size in ratios], 2.0, sharex=False)
    order = [way for way in NAMES if way in set(training.way)]
    for axis, (size, words) in zip(axes[0], ratios.items(), strict=True):
        one = training[training.hidden_size == size]
        for y, way in enumerate(order):
            seconds = one[one.way == way].seconds
            _turns(axis, seconds, y, way, half=0.15, names=[f"{NAMES[way]}, {size} units"] * len(seconds))
        axis.set(xlim=(0, one.seconds.max() * 1.12))
        axis.annotate(words, (0.98, 0.93), xycoords="axes fraction", ha="right", va="top", fontsize=8.5)
    axes[0, 0].set_yticks(range(len(order)), [NAMES[way] for way in order])
    axes[0, 0].set_ylim(len(order) - 0.5, -0.7)
    fig.supxlabel("seconds to train one network, one core", fontsize=9)
    named = training.assign(way=training.way.map(NAMES), size=training.hidden_size.map("H = {} units".format))
    seen = means_seen(named, "seconds", "way", "size", what="Mean seconds", digits=1)
    return keep(fig, ways, named[["hidden_size", "way", "seconds"]], seen)


PANELS = (
    ("hidden_size", "units H", "seconds an epoch"),
    ("sequence_length", "timesteps T", "seconds an epoch"),
    ("batch_size", "episodes in a batch", "seconds an epoch"),
    ("networks", "networks, one process", "seconds an epoch"),
    ("workers", "worker processes", "networks a minute"),
    ("listing", "entries in the store", "seconds to list them"),
)
"""The panels of `growth`: what grows, and the labels of its axes."""


def growth(tables: Mapping[str, pd.DataFrame], papers: Mapping[str, float]) -> Figure:
    """Draw how cost grows, a panel for each thing that grows, a dot for every turn.

    Parameters
    ----------
    tables
        For each name in `PANELS`, columns `x`, `y` and `way`, or for `listing` `kind`.
    papers
        The paper's value of a setting, where it has one.
    """
    fig, axes = plt.subplots(2, 3, figsize=(WIDTH, 4.9))
    for axis, name, (key, x, y) in zip(axes.flat, "ABCDEF", PANELS, strict=True):
        table = tables[key]
        _grow(axis, table, "kind" if key == "listing" else "way", x)
        axis.set(xlabel=x, ylabel=y)
        letter(axis, name)
        if key == "workers":
            axis.set_ylim(0, max(table.y.max(), table[table.x == 1].y.median() * table.x.max()) * 1.15)
            axis.set_xlim(0.5, table.x.max() + 0.5)
            axis.set_xticks(sorted(set(table.x)))
            _proportion(axis, table[table.x == 1].y.median(), table.x.max())
            continue
        axis.set(xscale="log", yscale="log")
        axis.margins(y=0.16)  # room for what is written beside the lines
        if key != "listing":
            axis.set_xticks(*_ticks(sorted(set(table.x))))
            axis.xaxis.set_minor_locator(NullLocator())
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.yaxis.set_minor_formatter(NullFormatter())
        if key in papers:
            threshold(axis, papers[key], "paper")
    named = {key: tables[key].rename(columns={"x": x, "y": y}) for key, x, y in PANELS}
    seen = f"Medians at the two ends. {'. '.join(_ends(tables[key], x, y) for key, x, y in PANELS)}."
    return keep(fig, growth, {key: one.dropna(axis=1, how="all") for key, one in named.items()}, seen)


def _ends(table: pd.DataFrame, what: str, cost: str) -> str:
    """Say what the smallest and the largest of a panel cost, for each way."""
    said = []
    for name, one in table.groupby("kind" if "kind" in table else "way", sort=False):
        medians = one.groupby("x").y.median()
        ends = (
            f"{float(f'{medians[x]:.2g}'):g} at {x:,}" for x in dict.fromkeys((medians.index[0], medians.index[-1]))
        )
        said.append(f"{NAMES.get(name, name)} {', '.join(ends)}")
    return f"{cost} against {what}: {'; '.join(said)}"


def _proportion(axis: Axes, of_one: float, most: int) -> None:
    """Draw what workers would do if each did as much as a lone one."""
    axis.plot([1, most], [of_one, of_one * most], ":", color="0.35", linewidth=0.8, zorder=0)
    note(axis, "in proportion", (most, of_one * most), (-4, 5), "data", ha="right", color="0.3")


def _grow(axis: Axes, table: pd.DataFrame, label: str, what: str) -> None:
    """Draw every turn and a line through the medians, and write beside it what it is; `what` grows."""
    several = table[label].nunique() > 1
    for name, one in table.groupby(label, sort=False):
        way = {"runs": "ours", "rows": "plain"}.get(name, name)
        medians = one.groupby("x").y.median()
        axis.plot(medians.index, medians, color=_COLOUR[way], linewidth=1.0, zorder=2)
        _turns(
            axis, one.x, one.y, way, markersize=3.5, names=[f"{NAMES.get(name, name)}, {what}: {x:,}" for x in one.x]
        )
        if several:
            middle = medians.index[len(medians) // 2]
            above = medians[middle] >= table[table.x == middle].y.median()
            rises = medians.iloc[-1] > medians.iloc[0]
            side, aside = ("right", -4) if above == rises else ("left", 4)
            look = {"ha": side, "va": "bottom" if above else "top", "color": "0.15"}
            at = (middle, medians[middle])
            note(axis, NAMES.get(name, name), at, (aside, 6 if above else -6), "data", **look)


def _ticks(values: list[float]) -> tuple[list[float], list[str]]:
    """Return where ticks are and their labels, none where it would touch the one before on a logarithmic axis."""
    labels, last = [], 0.0
    for value in values:
        labels.append(f"{value:g}" if value >= 1.4 * last else "")
        last = value if labels[-1] else last
    return values, labels


def cores(table: pd.DataFrame) -> Figure:
    """Draw seconds an epoch for every kind of core, ours and plain, a dot for every turn.

    Parameters
    ----------
    table
        Columns `core`, `way`, `seconds`; a row of the figure for each core, in their order.
    """
    names = list(dict.fromkeys(table.core))
    fig, axes = row_of_panels([""], 0.9 + 0.34 * len(names), lone=0.8)
    axis = axes[0, 0]
    for y, core in enumerate(names):
        for way, offset in (("ours", -0.15), ("plain", 0.15)):
            seconds = where(table, core=core, way=way).seconds
            _turns(axis, seconds, y + offset, way, names=[f"{core}, {NAMES[way]}"] * len(seconds))
            if y == 0:
                note(axis, NAMES[way], (seconds.max(), y + offset), (7, 0), "data", va="center", color="0.15")
    axis.set_yticks(range(len(names)), names)
    axis.set(xlim=(0, table.seconds.max() * 1.08), ylim=(len(names) - 0.4, -0.6), xlabel="seconds an epoch, one core")
    for y in np.arange(0.5, len(names) - 1):
        axis.axhline(y, color="0.9", linewidth=0.8, zorder=0)
    seen = means_seen(table, "seconds", "core", "way", what="Mean seconds an epoch", digits=2)
    return keep(fig, cores, table[["core", "way", "seconds"]], seen)
