"""The figures of the learner that babbles, imitates and is taught: what is found, and one learner as it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirror_core.analysis.estimates import Estimate
from mirror_core.figures.kept import keep, means_seen, of_estimates, sentence
from mirror_core.figures.marks import spread, threshold
from mirror_core.figures.style import CONTROL, SHARED, row_of_panels
from mirror_core.studies.wording import decimal

LOOKS = ((CONTROL, ":", "v"), (CONTROL, "-.", "^"), ("#CC79A7", "--", "s"), ("#56B4E9", ":", "D"), (SHARED, "-", "o"))
"""Colour, line and marker of conditions, in their order; the one in question comes last."""

Panel = Mapping[str, Sequence[Estimate]]
"""Condition → what was found at each time, without networks where it has none."""


def answer(panels: Mapping[str, Panel], times: Mapping[str, Sequence[str]], axis_labels: Mapping[str, str]) -> Figure:
    """Draw how conditions do over time, one panel for each question, one small dot a learner.

    Parameters
    ----------
    panels
        Title → what is found; a panel has at most as many conditions as there are `LOOKS`, and takes the last ones.
    times
        Title → names of its times.
    axis_labels
        Title → what its times count.
    """
    fig, axes = row_of_panels(list(panels), 3.9, sharex=False, sharey=False)
    kept: dict[tuple[str, str, str], Estimate] = {}
    for axis, (title, panel) in zip(axes[0], panels.items(), strict=True):
        looks = LOOKS[len(LOOKS) - len(panel) :]
        asides = spread(len(panel), 0.24)
        for (name, found), look, aside in zip(panel.items(), looks, asides, strict=True):
            _course(axis, found, look, aside)
            kept |= {(title, name, time): one for time, one in zip(times[title], found, strict=True) if one.n}
        axis.set_xticks(range(len(times[title])), times[title])
        axis.set_xlim(-0.5, len(times[title]) - 0.5)
        axis.set_xlabel(axis_labels[title])
        lines = [
            Line2D([], [], color=colour, linestyle=line, marker=marker, markersize=4, label=name)
            for name, (colour, line, marker) in zip(panel, looks, strict=True)
        ]
        axis.legend(handles=lines, loc="upper center", bbox_to_anchor=(0.45, -0.2), fontsize=8, handlelength=2.4)
        if any(one.n and one.values.min() < 0 for found in panel.values() for one in found):
            threshold(axis, 0, across=True)
        else:
            axis.set_ylim(-0.02, 1.03)
    table = of_estimates(kept, ["panel", "condition", "time"])
    last = table[table.time.isin([names[-1] for names in times.values()])]
    return keep(fig, answer, table, means_seen(last, "value", "condition", "panel", what="Means at the last time"))


def _course(axis: Axes, found: Sequence[Estimate], look: tuple[str, str, str], aside: float) -> None:
    """Draw one condition: a dot for each learner, and means with their intervals joined by a line."""
    colour, line, marker = look
    there = [(x, one) for x, one in enumerate(found) if one.n]
    for x, one in there:
        across = x + aside + spread(one.n, 0.05)
        axis.plot(across, one.values, ".", color=colour, markersize=2.5, alpha=0.6, clip_on=False)
    if there:
        xs = [x + aside for x, _ in there]
        mean, low, high = np.array([(one.mean, one.low, one.high) for _, one in there]).T
        axis.errorbar(
            xs, mean, (mean - low, high - mean), color=colour, linestyle=line, marker=marker, markersize=4, capsize=2,
            linewidth=1.2, zorder=4,
        )  # fmt: skip


def growing(steps: Sequence[int], match: Sequence[float], r: Sequence[float]) -> Figure:
    """Draw how match and the mean r of the units go while one learner babbles.

    Parameters
    ----------
    match
        Share of another's actions that it performs.
    r
        Mean r of its units, without timestep means.
    """
    fig, axes = row_of_panels(["one learner as it babbles"], 2.5, lone=0.7)
    axis = axes[0, 0]
    for values, colour, line, name in ((match, SHARED, "-", "match"), (r, "#0072B2", "--", "mean r of its units")):
        axis.plot(steps, values, color=colour, linestyle=line, marker="o", markersize=3, label=name)
    axis.set_xscale("symlog", linthresh=10)
    axis.set_xticks(steps, [str(step) for step in steps])
    axis.minorticks_off()
    axis.set(xlabel="steps of babbling", ylim=(min(-0.05, *r), 1.03))
    axis.legend(loc="upper left")
    table = pd.DataFrame({"steps": steps, "match": match, "mean r": r})
    said = [f"After {steps[-1]} steps: match {decimal(match[-1])}", f"mean r {decimal(r[-1])}"]
    return keep(fig, growing, table, sentence(said))
