"""Figure 2 of the paper: is a unit's r more than chance, how many such units, and do decoders transfer?"""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirror_core.config.paper import MODERATE, MODERATE_THRESHOLD, STRONG, STRONG_THRESHOLD
from mirror_core.figures.kept import histogram, keep, means_seen, tidy
from mirror_core.figures.marks import ABOVE, letter, note, paper_value, share_histogram, spread, threshold
from mirror_core.figures.style import MODE_COLOUR, NULL, SHARED, row_of_panels
from mirror_core.studies.measures.decoding import TRANSFERS
from mirror_core.studies.wording import decimal


def null_distributions(
    nulls: dict[str, dict[str, np.ndarray]], observed: dict[str, dict[str, float]], unit: dict[str, int]
) -> Figure:
    """Draw Fig. 2A: the null distributions of one unit, and what was observed of it.

    Parameters
    ----------
    nulls
        Reading → name of the null → its draws for the unit.
    observed
        The same → what was observed; NaN where the null cannot be asked of the unit.
    unit
        Reading → which unit it is.
    """
    kinds = list(next(iter(nulls.values())))
    fig, axes = row_of_panels(list(nulls), 0.7 + 0.95 * len(kinds), rows=len(kinds), sharey=False)
    bins = np.linspace(-1, 1, 81)
    for column, (reading, draws) in enumerate(nulls.items()):
        for row, (kind, values) in enumerate(draws.items()):
            axis = axes[row, column]
            share_histogram(axis, values, bins, color=NULL)
            found = observed[reading][kind]
            if np.isfinite(found):
                axis.axvline(found, color=SHARED, linewidth=2)
            else:
                note(axis, "this unit is not tuned", (0.5, 0.4), (0, 0), ha="center", color="0.4")
            note(axis, kind.partition(" (")[0], (0, 1), (5, -2), va="top")
            axis.set(xlim=(-1, 1), xticks=[-1, -0.5, 0, 0.5, 1], yticks=[])
        axes[0, column].set_title(f"{reading}: unit {unit[reading]}")
        first = observed[reading][kinds[0]]
        aside, side = (-4, "right") if first > 0 else (4, "left")
        note(axes[0, column], "observed", (first, 0.55), (aside, 0), ABOVE, color=SHARED, ha=side)
        axes[-1, column].set_xlabel("r (tuning mismatch: of tunings)")
    fig.supylabel("share of draws", fontsize=9)
    letter(axes[0, 0], "A")
    drawn = [
        histogram(values, bins, reading=reading, null=kind).assign(observed=observed[reading][kind])
        for reading, draws in nulls.items()
        for kind, values in draws.items()
    ]
    said = [
        f"{reading}, {kind.partition(' (')[0]}: {decimal(found)} (95 % of draws {decimal(low)} to {decimal(high)})"
        for reading, draws in nulls.items()
        for kind, values in draws.items()
        if np.isfinite(found := observed[reading][kind])
        for low, high in [np.nanquantile(values, [0.025, 0.975])]
    ]
    return keep(fig, null_distributions, pd.concat(drawn), f"Observed, {'; '.join(said)}.")


def shares_by_threshold(shares: pd.DataFrame) -> Figure:
    """Draw Fig. 2B: the share of units beyond each threshold, one line a network.

    Parameters
    ----------
    shares
        Columns `reading`, `seed`, `threshold`, `positive` (share with r > threshold) and `either` (share with
        |r| > threshold).
    """
    readings = list(dict.fromkeys(shares.reading))
    fig, axes = row_of_panels(readings, 2.9)
    for axis, reading in zip(axes[0], readings, strict=True):
        for _, one in shares[shares.reading == reading].groupby("seed"):
            axis.plot(one.threshold, one.positive, color=SHARED, alpha=0.7, linewidth=1.1)
            axis.plot(one.threshold, one.either, color=SHARED, alpha=0.7, linewidth=1.1, linestyle=":")
        for reported, at in ((STRONG, STRONG_THRESHOLD), (MODERATE, MODERATE_THRESHOLD)):
            threshold(axis, at)
            paper_value(axis, at, reported.headline)
        axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="threshold on r")
        axis.set_xticks([0, 0.25, 0.6, 0.75, 1], ["0", ".25", ".6", ".75", "1"])
    handles = [
        Line2D([], [], color=SHARED, label="r > threshold"),
        Line2D([], [], color=SHARED, linestyle=":", label="|r| > threshold"),
        Line2D([], [], color="black", marker="D", markerfacecolor="none", linestyle="none", label="paper"),
    ]
    fig.legend(handles=handles, loc="outside upper right", ncols=3)
    axes[0, 0].set_ylabel("share of units")
    letter(axes[0, 0], "B")
    # at every twentieth: a hundred thresholds of many networks would be a long file of what changes slowly
    table = shares[np.isclose(20 * shares.threshold % 1, [[0], [1]]).any(axis=0)]
    strong = table[np.isclose(table.threshold, STRONG_THRESHOLD)]
    seen = means_seen(strong, "positive", "reading", what="Mean share with r > .75")
    return keep(fig, shares_by_threshold, table[["reading", "seed", "threshold", "positive", "either"]], seen)


def decoding(accuracy: xr.DataArray, chance: float) -> Figure:
    """Draw Fig. 2C: how well a linear decoder of the action works within and across modes.

    Parameters
    ----------
    accuracy
        Share of correct timesteps with dimensions (reading, seed, train_mode, test_mode).
    """
    fig, axes = row_of_panels(accuracy.reading.values, 2.6)
    for axis, reading in zip(axes[0], accuracy.reading.values, strict=True):
        for x, (train, test) in enumerate(TRANSFERS):
            values = accuracy.sel(reading=reading, train_mode=train, test_mode=test).values
            offsets = x + spread(len(values), 0.14)
            axis.plot(offsets, values, "o", color=MODE_COLOUR[train], markersize=5, alpha=0.85, clip_on=False)
            axis.hlines(values.mean(), x - 0.3, x + 0.3, color=MODE_COLOUR[train], linewidth=1.5)
        threshold(axis, chance, "chance", across=True)
        axis.set(ylim=(0, 1.02), xlim=(-0.6, 3.6))
        axis.set_xticks(range(4), [f"{train}\n↓\n{test}" for train, test in TRANSFERS])
    axes[0, 0].set_ylabel("decoding accuracy")
    letter(axes[0, 0], "C")
    table = tidy(accuracy.rename("accuracy"))
    pairs = table.assign(pair=table.train_mode + " → " + table.test_mode)
    seen = means_seen(pairs, "accuracy", "pair", "reading", what="Mean accuracy")
    return keep(fig, decoding, table, f"{seen} Chance: {decimal(chance)}.")
