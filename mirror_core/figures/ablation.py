"""Figure 3 of the paper, and the answer in one figure: every condition under every reading."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from mirror_core.config.paper import MODERATE_THRESHOLD, STRONG, STRONG_THRESHOLD
from mirror_core.figures.kept import histogram, keep, means_seen, tidy
from mirror_core.figures.marks import dots, interval, label_rows, paper_value, seeds, share_ticks, threshold
from mirror_core.figures.style import CONTROL, MODE_COLOUR, SHARED, WIDTH, row_of_panels
from mirror_core.studies.select import where
from mirror_core.studies.wording import decimal


def colour_of(condition: str) -> str:
    """Return the colour of a condition: full for `shared`, grey for a control."""
    return SHARED if condition == "shared" else CONTROL


def correlation_distributions(r: xr.DataArray) -> Figure:
    """Draw Fig. 3: the distribution of r in every condition.

    Parameters
    ----------
    r
        Correlations with dimensions (reading, condition, seed, unit).
    """
    conditions = list(r.condition.values)
    fig, axes = row_of_panels(r.reading.values, 0.9 + 0.46 * len(conditions))
    bins = np.linspace(-1, 1, 61)
    for axis, reading in zip(axes[0], r.reading.values, strict=True):
        for y, condition in enumerate(conditions):
            per_seed = r.sel(reading=reading, condition=condition).values
            values = per_seed[np.isfinite(per_seed)]
            if not len(values):
                continue
            counts, _ = np.histogram(values, bins)
            ridge = 0.8 * counts / counts.max()
            centres = (bins[:-1] + bins[1:]) / 2
            axis.fill_between(centres, y + 0.3 - ridge, y + 0.3, color=colour_of(condition), alpha=0.75, linewidth=0)
            medians = np.nanmedian(per_seed, axis=-1)
            dots(axis, medians, y + 0.3, "black", markersize=3, names=seeds(r.seed.values))
        for value in (-MODERATE_THRESHOLD, MODERATE_THRESHOLD, STRONG_THRESHOLD):
            threshold(axis, value)
        axis.set(xlim=(-1, 1))
        axis.set_xticks([-1, -0.6, 0, 0.6, 0.75, 1], ["−1", "−.6", "0", ".6", "", "1"])
    label_rows(axes[0, 0], conditions)
    fig.supxlabel("r between performing and observing", fontsize=9)
    drawn = [
        histogram(r.sel(reading=reading, condition=condition).values, bins, reading=reading, condition=condition)
        for reading in r.reading.values
        for condition in conditions
    ]
    by = ["reading", "condition", "seed"]
    medians = tidy(r.rename("median")).groupby(by, sort=False)["median"].median().reset_index()
    seen = means_seen(medians, "median", "condition", "reading", what="Median r of a network, mean over networks")
    return keep(fig, correlation_distributions, {"units": pd.concat(drawn), "networks": medians}, seen, part="drawn")


IN_WORDS = {
    "shared": "the paper's experiment",
    "separate-cores": "two cores, own heads",
    "separate-cores-shared-heads": "two cores, shared heads",
    "forward-only": "predicting only",
    "inverse-only": "inferring only",
    "shuffled-labels": "wrong action labels",
    "mispaired": "tasks on other episodes",
    "random-dynamics": "meaningless sensations",
    "untrained": "untrained",
    "frozen-core": "core left untrained",
}
"""Condition → what who has read nothing yet may call it."""

READ_AS = {
    "as-written": "own acts are not sensed",
    "self-observation": "own acts are sensed",
    "dual-readout": "both modes do both tasks",
}
"""Reading → what it means to the same."""


def strong_shares(
    shares: pd.DataFrame, intervals: pd.DataFrame, *, in_words: bool = False, narrow: bool = False
) -> Figure:
    """Draw the answer: the share of strong mirror units in every condition, one dot a network.

    Parameters
    ----------
    shares
        Columns `reading`, `condition`, `seed`, `strong`.
    intervals
        Columns `reading`, `condition`, `mean`, `low`, `high` of the same share.
    in_words
        Whether conditions are called as in `IN_WORDS`, and readings have the words of `READ_AS` below their names.
    narrow
        One panel below the other, for a phone.
    """
    readings, conditions = list(dict.fromkeys(shares.reading)), list(dict.fromkeys(shares.condition))
    rows = [IN_WORDS.get(one, one) if in_words else one for one in conditions]
    if narrow:
        height = 0.4 + len(readings) * ((0.52 if in_words else 0.35) + 0.24 * len(conditions))
        fig, axes = plt.subplots(len(readings), 1, figsize=(WIDTH / 2, height), sharex=True, squeeze=False)
    else:
        fig, axes = row_of_panels(readings, 0.9 + 0.33 * len(conditions))
    for axis, reading in zip(axes.flat, readings, strict=True):
        words = READ_AS.get(reading) if in_words else None
        axis.set_title(reading, pad=15 if words else None)
        if words:
            axis.text(0, 1.01, words, transform=axis.transAxes, va="bottom", fontsize=8)
        axis.axvspan(STRONG.low, STRONG.high, color="0.9", zorder=0, linewidth=0)
        for y, condition in enumerate(conditions):
            at = {"reading": reading, "condition": condition}
            one = where(shares, **at)
            look = {"half": 0.18, "markersize": 4, "alpha": 0.7}
            dots(axis, one.strong.values, y, colour_of(condition), names=seeds(one.seed), **look)
            for row in where(intervals, **at).itertuples():
                interval(axis, (row.mean, row.low, row.high), y, 9)
        if "shared" in conditions:
            paper_value(axis, STRONG.headline, conditions.index("shared"))
        axis.set(xlim=(-0.02, 1))
        share_ticks(axis)
    if narrow:  # below the panels, where the legend does not meet it
        axes[-1, 0].set_xlabel("share of units with r > .75", fontsize=9)
    else:
        fig.supxlabel("share of units with r > .75", fontsize=9)
    last = axes[0, -1]
    last.plot([], [], "D", color="black", markerfacecolor="none", label="paper, seed 42")
    last.fill_between([], [], color="0.9", label="paper, range")
    fig.legend(*last.get_legend_handles_labels(), loc="outside lower right", ncols=1 if narrow else 2)
    for axis in axes[:, 0]:
        label_rows(axis, rows)
    named = shares.assign(row=shares.condition.map(dict(zip(conditions, rows, strict=True))))
    seen = means_seen(named, "strong", "row", "reading", what="Mean share over networks")
    table = shares[["reading", "condition", "seed", "strong"]].merge(intervals, "left", ["reading", "condition"])
    return keep(fig, strong_shares, table, seen)


def transfer(accuracy: xr.DataArray, chance: float) -> Figure:
    """Draw decoding within and across modes in every condition.

    Parameters
    ----------
    accuracy
        Share of correct timesteps with dimensions (reading, condition, seed, train_mode, test_mode).
    """
    conditions = list(accuracy.condition.values)
    fig, axes = row_of_panels(accuracy.reading.values, 1.2 + 0.36 * len(conditions))
    for axis, reading in zip(axes[0], accuracy.reading.values, strict=True):
        for y, condition in enumerate(conditions):
            for train, colour in MODE_COLOUR.items():
                offset = -0.16 if train == "perform" else 0.16
                for test in MODE_COLOUR:
                    values = accuracy.sel(reading=reading, condition=condition, train_mode=train, test_mode=test)
                    look = {"hollow": test == train, "markersize": 4.5, "alpha": 0.85}
                    dots(axis, values, y + offset, colour, names=seeds(values.seed.values), **look)
        threshold(axis, chance, "chance")
        axis.set(xlim=(0, 1.02))
    label_rows(axes[0, 0], conditions)
    fig.supxlabel("decoding accuracy", fontsize=9)
    table = tidy(accuracy.rename("accuracy"))
    across = table[table.train_mode != table.test_mode]
    seen = means_seen(across, "accuracy", "condition", "reading", what="Mean accuracy across modes")
    return keep(fig, transfer, table, f"{seen} Chance: {decimal(chance)}.")
