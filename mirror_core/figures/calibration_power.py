"""What the test of one code in one unit finds among planted mirror units, and why few actions are too few."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mirror_core.figures.kept import histogram, keep, means_seen, median_seen, name_marks
from mirror_core.figures.marks import letter, threshold
from mirror_core.figures.style import CONTROL, SHARED, WIDTH, row_of_panels
from mirror_core.studies.wording import decimal

TITLES = {"greater": "one-sided", "two-sided": "two-sided"}
"""How the alternatives are called."""


def _shade(rank: float) -> tuple:
    """Return the green of a curve: darker for more actions (`rank` from 0 to 1)."""
    full = np.array(to_rgb(SHARED))
    return tuple(full + (1 - full) * (0.55 - 1.1 * rank)) if rank < 0.5 else tuple(full * (1 - 1.3 * (rank - 0.5)))


def power_curves(curves: pd.DataFrame, stated: pd.DataFrame, targets: Mapping[int, float], alpha: float) -> Figure:
    """Draw power over similarity and over the number of actions, and the false discoveries beside it.

    Parameters
    ----------
    curves
        Columns `n_actions`, `similarity`, `alternative`, `quantity` ("power" or "false"), `mean`, `low`, `high`.
    stated
        The same columns for one similarity and every number of actions.
    targets
        Number of actions → power that the one-sided test is held to at the stated similarity.
    """
    fig, axes = plt.subplots(2, 2, figsize=(WIDTH, 5.4))
    for axis, side in zip(axes[0], TITLES, strict=True):
        _over_similarity(axis, curves[(curves.alternative == side) & (curves.quantity == "power")])
        axis.set(title=f"{TITLES[side]}, BH", ylim=(-0.02, 1.04))
        axis.legend(loc="upper left", reverse=True)
    axes[0, 0].set_ylabel("power: share of planted\nunits found")
    at_stated = f"{stated.similarity.iloc[0]:g}".replace("0.", ".")
    for side, offset, filled in (("greater", -0.08, True), ("two-sided", 0.08, False)):
        one = stated[(stated.alternative == side) & (stated.quantity == "power")]
        x = one.n_actions + offset
        axes[1, 0].vlines(x, one.low.clip(0), one.high.clip(upper=1), color=SHARED, linewidth=1)
        axes[1, 0].plot(
            x, one["mean"], "o-", color=SHARED, markersize=5, linewidth=0.8, label=TITLES[side],
            markerfacecolor=SHARED if filled else "white",
        )  # fmt: skip
        name_marks(axes[1, 0], x, one["mean"], _populations(one))
    for k, value in targets.items():
        axes[1, 0].hlines(value, k - 0.4, k + 0.4, color="black", linewidth=1.5, zorder=5)
    axes[1, 0].set(
        xlabel="number of actions K", xticks=sorted(set(stated.n_actions)), ylim=(-0.02, 1.04),
        ylabel=f"power at similarity {at_stated}",
    )  # fmt: skip
    axes[1, 0].legend(loc="lower right")
    _over_similarity(axes[1, 1], curves[(curves.alternative == "greater") & (curves.quantity == "false")])
    threshold(axes[1, 1], alpha, across=True)
    axes[1, 1].set(ylabel="false among called units")
    axes[1, 1].set_title("one-sided, BH")
    axes[1, 1].set_ylim(bottom=0)
    for axis, text in zip(axes.flat, "ABCD", strict=True):
        letter(axis, text)
    one_sided = stated[(stated.alternative == "greater") & (stated.quantity == "power")]
    what = f"Power of the one-sided test at similarity {at_stated} by number of actions"
    seen = means_seen(one_sided, "mean", "n_actions", what=what)
    return keep(fig, power_curves, {"A, B, D": curves, "C": stated}, seen)


def _over_similarity(axis: Axes, table: pd.DataFrame) -> None:
    """Draw one labelled curve for each number of actions."""
    counts = sorted(set(table.n_actions))
    for i, k in enumerate(counts):
        one = table[table.n_actions == k].sort_values("similarity")
        colour = _shade(i / max(1, len(counts) - 1))
        low, high = one.low.clip(0), one.high.clip(upper=1)
        axis.fill_between(one.similarity, low, high, color=colour, alpha=0.25, linewidth=0)
        axis.plot(one.similarity, one["mean"], "o-", color=colour, markersize=3.5, label=f"K = {k}")
        name_marks(axis, one.similarity, one["mean"], _populations(one))
    axis.set_xlabel("tuning similarity of planted units")


def _populations(table: pd.DataFrame) -> list[str]:
    """Return how populations are named: by what they were made with."""
    return [f"K = {k}, similarity {decimal(s)}" for k, s in zip(table.n_actions, table.similarity, strict=True)]


def overlaps(
    r: Mapping[int, tuple[Float[np.ndarray, " unrelated"], Float[np.ndarray, " planted"]]], beyond: Mapping[int, str]
) -> Figure:
    """Draw r of unrelated and of planted units, for each number of actions.

    Parameters
    ----------
    r
        K → r of the unrelated and of the planted units of all populations.
    beyond
        K → what is written about the share of unrelated units beyond a typical planted one.
    """
    fig, axes = row_of_panels([f"K = {k}" for k in r], 2.3)
    bins = np.linspace(-1, 1, 41)
    for axis, (k, (unrelated, planted)) in zip(axes[0], r.items(), strict=True):
        axis.hist(unrelated, bins, density=True, color=CONTROL, alpha=0.6)
        axis.hist(planted, bins, density=True, color=SHARED, histtype="step", linewidth=1.5)
        axis.annotate(beyond[k], (0.03, 0.97), xycoords="axes fraction", fontsize=8, va="top", ha="left", color="0.2")
        axis.set(xlim=(-1, 1), yticks=[])
        axis.set_xticks([-1, 0, 1], ["−1", "0", "1"])
    axes[0, 0].set_ylabel("density of units")
    fig.supxlabel("r between performing and observing", fontsize=9)
    drawn = [
        histogram(values, bins, n_actions=k, units=kind)
        for k, pair in r.items()
        for kind, values in zip(("unrelated", "planted"), pair, strict=True)
    ]
    said = [f"{k}: unrelated {median_seen(a)}, planted {median_seen(b)}" for k, (a, b) in r.items()]
    return keep(fig, overlaps, pd.concat(drawn), f"Median r, K = {'; '.join(said)}.")
