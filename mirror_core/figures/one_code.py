"""Measures of a common code beside their nulls: tuning of units, geometry of populations, what carries across modes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirror_core.figures.ablation import colour_of
from mirror_core.figures.kept import histogram, keep, means_seen, tidy
from mirror_core.figures.marks import dots, label_rows, letter, seeds, share_ticks
from mirror_core.figures.style import NULL, row_of_panels
from mirror_core.studies.select import where


def congruence(beyond: xr.Dataset, edges: np.ndarray) -> Figure:
    """Draw congruence indices of units, and the share of units in each class.

    Parameters
    ----------
    beyond
        `index` (reading, condition, seed, unit), `null_index` (reading, condition, seed, bin), `class_share` and
        `class_chance` (reading, condition, seed, class).
    edges
        Edges of the bins of `null_index`.
    """
    readings, conditions = list(beyond.reading.values), list(beyond.condition.values)
    fig, axes = row_of_panels(readings, 4.6, rows=2, sharex="row", sharey="row", height_ratios=[1, 1.15])
    for axis, reading in zip(axes[0], readings, strict=True):
        at = beyond.sel(reading=reading)
        axis.stairs(at.null_index.sel(condition="shared").mean("seed"), edges, fill=True, color=NULL)
        for condition in [c for c in conditions[::-1] if c != "untrained"]:
            for of_network in at["index"].sel(condition=condition).values:
                share = np.histogram(of_network, edges)[0] / len(of_network)
                width, strength = (1.0, 0.45) if condition == "shared" else (0.6, 0.35)
                axis.stairs(share, edges, color=colour_of(condition), linewidth=width, alpha=strength, baseline=None)
        axis.set(xlim=(-1, 1))
        axis.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−.5", "0", ".5", "1"])
    axes[0, 0].set_ylabel("share of units")
    letter(axes[0, 0], "A")
    axes[0, 0].set_ylim(0, None)
    axes[0, (len(readings) - 1) // 2].set_xlabel("congruence index of a unit")
    classes = list(beyond["class"].values)
    for axis, reading in zip(axes[1], readings, strict=True):
        at = beyond.sel(reading=reading)
        for y, name in enumerate(classes):
            for j, condition in enumerate(conditions):
                row_y = y + 0.26 * (j - (len(conditions) - 1) / 2)
                one = at.sel({"condition": condition, "class": name})
                _chance(axis, one.class_chance.values, row_y)
                _networks(axis, one.class_share.values, row_y, condition, one.seed.values)
        axis.set(xlim=(0, 1))
        share_ticks(axis)
    label_rows(axes[1, 0], [name.replace(" ", "\n", 1) for name in classes], 0.55)
    letter(axes[1, 0], "B")
    axes[1, (len(readings) - 1) // 2].set_xlabel("share of units in a class")
    shares = beyond[["class_share", "class_chance"]]
    drawn = [
        histogram(values, edges, reading=reading, condition=condition, seed=seed)
        for reading in readings
        for condition in conditions
        if condition != "untrained"
        for seed in beyond.seed.values
        for values in [beyond["index"].sel(reading=reading, condition=condition, seed=seed).values]
    ]
    nulls = beyond.null_index.sel(condition="shared").mean("seed").transpose("reading", ...).values
    null = [
        pd.DataFrame({"reading": reading, "from": edges[:-1], "to": edges[1:], "share by chance": values})
        for reading, values in zip(readings, nulls, strict=True)
    ]
    table = tidy(shares)
    panels = table.assign(panel=table["class"] + ", " + table.reading)
    seen = means_seen(panels, "class_share", "condition", "panel", what="Mean share of units")
    return keep(fig, congruence, {"A": pd.concat(drawn), "A, null": pd.concat(null), "B": table}, seen)


def against_null(
    table: pd.DataFrame, quantities: Mapping[str, str], limits: Mapping[str, tuple[float, float]], height: float = 1.25
) -> Figure:
    """Draw quantities of every network beside their nulls, one row of panels for each quantity.

    Parameters
    ----------
    table
        Columns `reading`, `condition`, `quantity`, `value`, `null`, `low`, `high`, one row a network.
    quantities
        Name → label of those to draw, in order.
    limits
        Name → least and largest value to show.
    """
    readings, conditions = list(dict.fromkeys(table.reading)), list(dict.fromkeys(table.condition))
    fig, axes = row_of_panels(readings, height * len(quantities), rows=len(quantities), sharex="row")
    for row, (quantity, label) in enumerate(quantities.items()):
        for axis, reading in zip(axes[row], readings, strict=True):
            for y, condition in enumerate(conditions):
                one = where(table, reading=reading, quantity=quantity, condition=condition)
                axis.hlines(y, one.low.mean(), one.high.mean(), color=NULL, linewidth=9, zorder=0)
                _chance(axis, [one.null.mean()], y, 0.3)
                _networks(axis, one.value.values, y, condition, one.seed.values)
            axis.set(xlim=limits[quantity])
        axes[row, (len(readings) - 1) // 2].set_xlabel(label)
        letter(axes[row, 0], "ABCDEF"[row])
    label_rows(axes[0, 0], conditions)
    table = table[table.quantity.isin(list(quantities))]
    panels = table.assign(panel=table.quantity.map(quantities) + ", " + table.reading)
    seen = means_seen(panels, "value", "condition", "panel", what="Means")
    columns = ["reading", "condition", "quantity", "value", "null", "low", "high"]
    return keep(fig, against_null, table[columns], seen)


def principal_angles(beyond: xr.Dataset, labels: Sequence[str] = ("shared", "separate-cores", "random")) -> Figure:
    """Draw the principal angles between the subspaces of the two modes, one line a network.

    Parameters
    ----------
    beyond
        `angle` and `null_angle` (reading, condition, seed, dim), in degrees.
    labels
        What the first panel writes beside its lines: two conditions, and the null.
    """
    readings = list(beyond.reading.values)
    fig, axes = row_of_panels(readings, 2.4)
    shown = [c for c in beyond.condition.values if c in labels]
    for axis, reading in zip(axes[0], readings, strict=True):
        at = beyond.sel(reading=reading)
        axis.plot(at.dim, at.null_angle.sel(condition="shared").T, color=NULL, linewidth=1)
        for condition in shown[::-1]:
            axis.plot(at.dim, at.angle.sel(condition=condition).T, color=colour_of(condition), linewidth=0.9, alpha=0.6)
        axis.set(ylim=(0, 90))
        axis.set_yticks([0, 30, 60, 90])
        axis.set_xticks(at.dim.values)
    axes[0, 0].set_ylabel("angle in degrees")
    axes[0, (len(readings) - 1) // 2].set_xlabel("dimension")
    handles = [axes[0, -1].plot([], [], color=c, label=t)[0] for c, t in
               [*((colour_of(c), c) for c in shown), (NULL, labels[-1])]]  # fmt: skip
    axes[0, -1].legend(handles=handles, loc="lower right", handlelength=1.2, borderaxespad=0)
    table = tidy(beyond[["angle", "null_angle"]].sel(condition=shown))
    first = table[table.dim == table.dim.min()]
    seen = means_seen(first, "angle", "condition", "reading", what="Mean first angle in degrees", digits=0)
    return keep(fig, principal_angles, table, seen)


def _networks(axis: Axes, values: np.ndarray, y: float, condition: str, of: np.ndarray) -> None:
    """Draw one dot a network; hollow for untrained ones."""
    look = {"half": 0.08, "hollow": condition == "untrained", "markersize": 3.2, "markeredgewidth": 0.7, "alpha": 0.8}
    dots(axis, values, y, colour_of(condition), names=seeds(of), **look)


def _chance(axis: Axes, values: np.ndarray, y: float, half: float = 0.13) -> None:
    """Draw the mean of what chance gives."""
    axis.vlines(np.mean(values), y - half, y + half, color="0.45", linewidth=1.2, zorder=1)
