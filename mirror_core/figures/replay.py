"""Replay at surprise: every condition in both worlds, and what comes into the memory of a network that lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mirror_core.analysis.estimates import Estimate
from mirror_core.figures.kept import keep, means_seen, of_estimates, sentence
from mirror_core.figures.marks import interval, label_rows, networks, share_ticks, threshold
from mirror_core.figures.style import CONTROL, SHARED, row_of_panels
from mirror_core.studies.wording import decimal

LOOKS = ((SHARED, "-"), (CONTROL, "--"))
"""Colour and line of a life, and of the one that it is compared with."""


def conditions(
    found: Mapping[str, Mapping[str, Sequence[Estimate]]], names: Mapping[str, Sequence[str]], chosen: str, counted: str
) -> Figure:
    """Draw one row for each replay, one block of rows for each world, one panel for each measure, one dot a network.

    Parameters
    ----------
    found
        World → measure → what was found under each replay, without networks where there are none.
    names
        World → names of the replays.
    counted
        The measure that counts steps; the others are shares, from 0 to 1.
    """
    panels = list(next(iter(found.values())))
    heights = [len(names[world]) for world in found]
    fig, axes = row_of_panels(
        panels, 1.1 + 0.29 * sum(heights), rows=len(found), sharex="col", sharey="row",
        gridspec_kw={"height_ratios": heights},
    )  # fmt: skip
    table = {}
    for row, (world, measures) in zip(axes, found.items(), strict=True):
        for axis, (measure, values) in zip(row, measures.items(), strict=True):
            share = measure != counted
            for y, (name, one) in enumerate(zip(names[world], values, strict=True)):
                if one.n:
                    colour = SHARED if name == chosen else CONTROL
                    networks(axis, one, y, colour, half=0.2, markersize=3.2, alpha=0.75)
                    interval(axis, (one.mean, one.low, one.high), y, 9, share=share)
                    table[world, measure, name] = one
            if share:
                axis.set_xlim(-0.02, 1.02)
                share_ticks(axis)
            else:
                axis.set_xlim(left=0)
        label_rows(row[0], names[world])
        row[0].set_ylabel(world)
    fig.align_ylabels(axes[:, 0])
    table = of_estimates(table, ["world", "measure", "replay"])
    both = table.assign(panel=table.world + ", " + table.measure)
    return keep(fig, conditions, table, means_seen(both, "value", "replay", "panel", what="Means"))


def lives(tagged: Mapping[str, pd.DataFrame], curves: Mapping[str, pd.DataFrame], usual: float, level: float) -> Figure:
    """Draw what comes into the memory, and how errors on another's actions fall, along one or two lives.

    Parameters
    ----------
    tagged
        Life → `batch` and `share`: of what came into the memory around that batch, how much had something rare in it.
    curves
        Life → `batch` and the accuracies `other_named` and `other_rare` (NaN where no action is rare).
    usual
        Share of the new episodes in which there is something rare.
    level
        The accuracy at which networks are compared.
    """
    fig, axes = row_of_panels(["what comes into the memory", "errors on another's actions"], 2.7, sharey=False)
    left, right = axes[0]
    said = []
    for (name, shares), (colour, line) in zip(tagged.items(), LOOKS, strict=False):
        left.plot(shares.batch, shares.share, color=colour, linestyle=line, label=name)
        if len(shares):
            said.append(f"{name}: rare in {decimal(shares.share.iloc[-1])} of what is tagged last")
    threshold(left, usual, across=True)
    left.set(ylim=(0, 1.02), xlabel="batch", ylabel="share with something rare")
    left.legend(loc="center right")
    for (name, curve), (colour, line) in zip(curves.items(), LOOKS, strict=False):
        rare = np.isfinite(curve.other_rare)
        right.plot(curve.batch, 1 - curve.other_named, color=colour, linestyle=line, linewidth=2 - rare.any())
        if rare.any():
            right.plot(curve.batch[rare], 1 - curve.other_rare[rare], color=colour, linestyle=line, linewidth=2.2)
        if len(curve):
            last = curve.iloc[-1]
            value = last.other_rare if rare.any() else last.other_named
            said.append(f"{name}: {decimal(1 - value)} errors on {'rare' if rare.any() else 'all'} actions in the end")
    threshold(right, 1 - level, across=True)
    right.set(ylim=(0, 1.02), xlabel="batch", ylabel="share of actions not named")
    table = {
        **{f"{name}, memory": shares.assign(new=usual) for name, shares in tagged.items()},
        **{f"{name}, named": curve for name, curve in curves.items()},
    }
    return keep(fig, lives, table, sentence(said), part="life")
