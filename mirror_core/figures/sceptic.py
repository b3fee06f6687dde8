"""The sceptic's figures: every condition under every test, and the units of two networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure

from mirror_core.analysis.estimates import Estimate
from mirror_core.figures.kept import keep, means_seen, median_seen, of_estimates, sentence
from mirror_core.figures.marks import interval, label_rows, networks, r_histograms, threshold
from mirror_core.figures.style import CONTROL, SHARED, row_of_panels
from mirror_core.studies.wording import agree, counted


def conditions(
    names: Sequence[str],
    panels: Mapping[str, Sequence[Estimate]],
    chosen: str,
    levels: Mapping[str, tuple[float, str]],
) -> Figure:
    """Draw one row for each condition, one panel for each measure, one dot a network.

    Parameters
    ----------
    panels
        Measure → what was found in each condition, without networks where a condition has none.
    levels
        Measure → a value to compare with, and what it is.
    """
    fig, axes = row_of_panels(list(panels), 0.9 + 0.36 * len(names), sharex=False)
    for axis, (measure, found) in zip(axes[0], panels.items(), strict=True):
        for y, (name, one) in enumerate(zip(names, found, strict=True)):
            if one.n:
                networks(axis, one, y, SHARED if name == chosen else CONTROL, half=0.2, markersize=3.5, alpha=0.75)
                interval(axis, (one.mean, one.low, one.high), y, 9, share=False)
        if measure in levels:
            threshold(axis, *levels[measure])
        lowest = min((one.values.min() for one in found if one.n), default=0.0)
        axis.set_xlim(min(-0.02, lowest - 0.05), 1.02)
        axis.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
    label_rows(axes[0, 0], names)
    found = {
        (measure, name): one for measure, of in panels.items() for name, one in zip(names, of, strict=True) if one.n
    }
    table = of_estimates(found, ["measure", "condition"])
    return keep(fig, conditions, table, means_seen(table, "value", "condition", "measure", what="Means"))


def units(r: Mapping[str, Float[np.ndarray, " unit"]], names: Mapping[str, float]) -> Figure:
    """Draw, for each network, how r between the modes is distributed over its units.

    Parameters
    ----------
    r
        Condition → r of each unit.
    names
        Condition → how many of its units pass the test; NaN with too few units for any to pass.
    """
    fig, axes = row_of_panels([f"{name}: {_passing(names[name])}" for name in r], 2.4)
    r_histograms(fig, axes[0], r.values())
    table = {name: pd.DataFrame({"unit": range(len(values)), "r": values}) for name, values in r.items()}
    said = [f"{name}: median r {median_seen(values)}, {_passing(names[name], 'unit')}" for name, values in r.items()]
    return keep(fig, units, table, sentence(said), part="condition")


def _passing(n: float, what: str = "") -> str:
    if np.isnan(n):
        return "too few units to test"
    return f"{counted(int(n), what) if what else int(n)} {agree(int(n), 'passes', 'pass')}"
