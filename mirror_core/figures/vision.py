"""The figures on pictures and continuous movement: what survives where, and the units of one network from two views."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirror_core.analysis.estimates import Estimate
from mirror_core.figures.kept import keep, means_seen, median_seen, of_estimates, sentence
from mirror_core.figures.marks import interval, label_rows, networks, r_histograms, threshold
from mirror_core.figures.style import CONTROL, MODE_COLOUR, SHARED, row_of_panels

LANES = {
    "one core": {"colour": SHARED},
    "one core, no inertia": {"colour": SHARED, "hollow": True},
    "separate cores": {"colour": CONTROL},
    "mirrored experience": {"colour": MODE_COLOUR["observe"], "marker": "D"},
    "another control": {"colour": CONTROL, "hollow": True},
}
"""What a row may have, each in a lane of its own → how its dots look."""


def survival(
    panels: Mapping[str, Mapping[str, Mapping[str, Estimate]]], levels: Mapping[str, tuple[float, str]]
) -> Figure:
    """Draw one row for each kind of command and sensation or control, one panel for each measure, one dot a network.

    Parameters
    ----------
    panels
        Measure → row → name in `LANES` → what was found; the rows of all measures are the same.
    levels
        Measure → a value to compare with, and what it is.
    """
    names = list(next(iter(panels.values())))
    fig, axes = row_of_panels(list(panels), 1.3 + 0.52 * len(names), sharex=False)
    for axis, (measure, rows) in zip(axes[0], panels.items(), strict=True):
        for y, lanes in enumerate(rows.values()):
            offsets = 0.5 * (np.arange(len(lanes)) - (len(lanes) - 1) / 2) / max(len(lanes) - 1, 1)
            for offset, (lane, one) in zip(offsets, lanes.items(), strict=True):
                if one.n:
                    look = LANES[lane]
                    networks(axis, one, y + offset, half=0.07, markersize=3, alpha=0.75, **look)
                    interval(axis, (one.mean, one.low, one.high), y + offset, 7, share=False)
        values = np.concatenate([one.values for lanes in rows.values() for one in lanes.values()])
        low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
        margin = 0.06 * max(high - low, 0.1)
        axis.set_xlim(min(low, 0) - margin, max(high, 0.1) + margin)
        axis.locator_params(axis="x", nbins=4)
        if measure in levels:
            threshold(axis, *levels[measure])
    label_rows(axes[0, 0], names)
    there = {lane for rows in panels.values() for lanes in rows.values() for lane in lanes}
    handles = [
        Line2D(
            [], [], linestyle="none", marker=look.get("marker", "o"), color=look["colour"],
            markerfacecolor="white" if look.get("hollow") else look["colour"], label=lane,
        )
        for lane, look in LANES.items() if lane in there
    ]  # fmt: skip
    fig.legend(handles=handles, loc="outside lower center", ncols=3)
    found = {
        (measure, f"{row}: {lane}"): one
        for measure, rows in panels.items()
        for row, lanes in rows.items()
        for lane, one in lanes.items()
        if one.n
    }
    table = of_estimates(found, ["measure", "networks"])
    return keep(fig, survival, table, means_seen(table, "value", "networks", "measure", what="Means"))


def views(r: Mapping[str, Float[np.ndarray, " unit"]]) -> Figure:
    """Draw how r between performing and observing is distributed over the units of a network, one panel a view.

    Parameters
    ----------
    r
        View → r of each unit.
    """
    fig, axes = row_of_panels(list(r), 2.2)
    r_histograms(fig, axes[0], r.values())
    table = {name: pd.DataFrame({"unit": range(len(values)), "r": values}) for name, values in r.items()}
    said = [f"{name}: median r {median_seen(values)}" for name, values in r.items()]
    return keep(fig, views, table, sentence(said), part="view")
