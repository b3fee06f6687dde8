"""Where the two modes live in the core, and trained networks beside a linear theory."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirror_core.config.paper import STRONG_THRESHOLD
from mirror_core.figures.kept import histogram, keep, means_seen, tidy
from mirror_core.figures.marks import dots, label_rows, letter, seeds, threshold
from mirror_core.figures.style import CONTROL, MODE_COLOUR, MODE_LINE, NULL, SHARED, ink, row_of_panels
from mirror_core.studies.select import where

PARTS = {"whole": "whole activity", "action": "what tells the action"}


def captured(spaces: xr.Dataset) -> Figure:
    """Draw how much of each mode's variance lies in the leading directions of the other mode.

    Parameters
    ----------
    spaces
        `captured` (reading, seed, part, basis, mode, direction) of one condition, and as many `unit` and `dim` as
        units and dimensions of a tuning, see `mirror_core.studies.ingredients.subspaces.look_into`.
    """
    readings, n_dims = list(spaces.reading.values), spaces.sizes["dim"]
    directions = spaces.direction.values
    fig, axes = row_of_panels(readings, 4.6, rows=len(PARTS))
    for row, (part, name) in zip(axes, PARTS.items(), strict=True):
        for axis, reading in zip(row, readings, strict=True):
            one = spaces.sel(reading=reading, part=part)
            for mode, colour in MODE_COLOUR.items():
                shares = one.captured.sel(mode=mode).transpose("basis", "direction", "seed")
                own, other = (shares.sel(basis=basis) for basis in ("own", "other"))
                axis.plot(own.direction, own, color=NULL, linewidth=0.9, linestyle=MODE_LINE[mode], zorder=1)
                axis.plot(other.direction, other, color=colour, linewidth=1.1, linestyle=MODE_LINE[mode], alpha=0.85)
            axis.plot(
                directions, directions / spaces.sizes["unit"], color="black", linewidth=1.2, linestyle=":", zorder=4
            )
            axis.set(ylim=(0, 1.02), xlim=(1, max(2, directions[-1])))
            axis.set_xticks(sorted({1, n_dims, int(directions[-1])}))
        row[0].set_ylabel(f"{name}:\nshare of variance")
    beside = {"xycoords": "axes fraction", "ha": "right", "va": "top", "fontsize": 8}
    axes[0, 0].annotate("in its own axes", (0.97, 0.8), color="0.45", **beside)
    axes[1, 0].annotate("random orientation", (0.97, 0.4), color="black", **beside)
    for mode, (y, base) in {"perform": (0.56, "observe"), "observe": (0.45, "perform")}.items():
        axes[0, 0].annotate(f"{mode} in {base}'s axes", (0.97, y), color=ink(MODE_COLOUR[mode]), **beside)
    fig.supxlabel("number of leading principal directions", fontsize=9)
    table = tidy(spaces.captured.to_dataset("basis"))
    some = table[table.direction == n_dims]
    panels = some.assign(panel=some.part.map(PARTS) + ", " + some.reading)
    what = f"Mean share of variance in {n_dims} directions of the other mode"
    return keep(fig, captured, table, means_seen(panels, "other", "mode", "panel", what=what))


MARKS = {
    "theory": {"marker": "s", "markersize": 7.5, "colour": "black", "markerfacecolor": "none"},
    "trained linear": {"marker": "o", "markersize": 6.5, "colour": SHARED, "markerfacecolor": "none"},
    "network": {"marker": "o", "markersize": 5, "colour": SHARED, "alpha": 0.8},
}
LABELS = {"theory": "theory", "trained linear": "linear, trained", "network": "GRU, trained"}


def against_theory(alignments: pd.DataFrame, tuning: xr.DataArray, predicted: xr.DataArray) -> Figure:
    """Draw theory, trained linear networks and the networks on one axis, and how their units are distributed.

    Parameters
    ----------
    alignments
        What `mirror_core.studies.theory.study.alignments` returns.
    tuning, predicted
        Tuning correlations with dimensions (reading, seed, unit), and the theory's (reading, seed, drawn).
    """
    readings = list(tuning.reading.values)
    options = {"sharex": "row", "sharey": "row", "gridspec_kw": {"height_ratios": [1, 1.2]}}
    fig, axes = row_of_panels(readings, 4.8, rows=2, **options)
    conditions = list(dict.fromkeys(alignments.condition))
    for axis, reading in zip(axes[0], readings, strict=True):
        axis.axvline(0, color=NULL, linewidth=0.8, zorder=0)
        for y, condition in enumerate(conditions):
            for source, offset in zip(MARKS, (-0.24, 0, 0.24), strict=True):
                one = where(alignments, reading=reading, condition=condition, source=source)
                dots(axis, one.alignment, y + offset, names=seeds(one.seed), **MARKS[source])
        axis.set(xlim=(-0.3, 1), ylim=(len(conditions) - 0.5, -0.5))
        axis.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        axis.set_xlabel("alignment of tunings" if reading == readings[len(readings) // 2] else "")
    axes[0, 0].set_yticks(range(len(conditions)), ["paired" if c == "shared" else c for c in conditions])
    for source, style in MARKS.items():
        dots(axes[0, 0], [], 0, label=LABELS[source], **style)
    axes[0, 0].legend(loc="lower right", handletextpad=0.2, borderaxespad=0)
    letter(axes[0, 0], "A")
    for axis, reading in zip(axes[1], readings, strict=True):
        _units(axis, tuning.sel(reading=reading).values, predicted.sel(reading=reading).values)
        axis.set_xlabel("a unit's tuning correlation" if reading == readings[len(readings) // 2] else "")
    axes[1, 0].set_ylabel("density of units")
    letter(axes[1, 0], "B")
    bins = np.linspace(-1, 1, 25)
    units = [
        histogram(values.sel(reading=reading).values, bins, reading=reading, source=source)
        for source, values in (("network", tuning), ("theory", predicted))
        for reading in readings
    ]
    panels = alignments.assign(panel=alignments.condition + ", " + alignments.reading)
    seen = means_seen(panels, "alignment", "source", "panel", what="Mean alignment")
    return keep(fig, against_theory, {"A": alignments, "B": pd.concat(units)}, seen)


def _units(axis: Axes, found: np.ndarray, predicted: np.ndarray) -> None:
    bins = np.linspace(-1, 1, 25)
    axis.hist(found[np.isfinite(found)], bins, density=True, color=SHARED, alpha=0.55)
    axis.hist(predicted[np.isfinite(predicted)], bins, density=True, histtype="step", color="black", linewidth=1.3)
    threshold(axis, STRONG_THRESHOLD)
    axis.set_xticks([-1, 0, STRONG_THRESHOLD, 1], ["−1", "0", ".75", "1"])


def ladder(steps: pd.DataFrame) -> Figure:
    """Draw the alignment from the theory to the networks, one simplification given up at a time.

    Parameters
    ----------
    steps
        What `mirror_core.studies.theory.study.ladder` returns.
    """
    readings, names = list(dict.fromkeys(steps.reading)), list(dict.fromkeys(steps.step))
    fig, axes = row_of_panels(readings, 0.9 + 0.3 * len(names))
    for axis, reading in zip(axes[0], readings, strict=True):
        axis.axvline(0, color=NULL, linewidth=0.8, zorder=0)
        for y, name in enumerate(names):
            colour = SHARED if y == len(names) - 1 else "black" if y == 0 else CONTROL
            look = {"marker": "s" if y == 0 else "o", "markerfacecolor": "none" if y < len(names) - 1 else colour}
            one = where(steps, reading=reading, step=name)
            dots(axis, one.alignment, y, colour, names=seeds(one.seed), markersize=5, alpha=0.85, **look)
        axis.set(xlim=(-0.35, 1))
        axis.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    label_rows(axes[0, 0], names, 0.5)
    fig.supxlabel("alignment of the two modes' tunings", fontsize=9)
    return keep(fig, ladder, steps, means_seen(steps, "alignment", "step", "reading", what="Mean alignment"))
