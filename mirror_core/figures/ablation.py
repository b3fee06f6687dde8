"""Figure 3 of the paper, and the answer in one figure: every condition under every reading."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from mirror_core.config.paper import MODERATE_THRESHOLD, STRONG, STRONG_THRESHOLD
from mirror_core.figures.style import CONTROL, MODE_COLOUR, SHARED, paper_value, row_of_panels, threshold


def colour_of(condition: str) -> str:
    """Return the colour of a condition: full for `shared`, grey for a control."""
    return SHARED if condition == "shared" else CONTROL


def _rows(axes: np.ndarray, conditions: list[str]) -> None:
    """Label one row for each condition, the first on top."""
    axes[0, 0].set_yticks(range(len(conditions)), conditions)
    axes[0, 0].set_ylim(len(conditions) - 0.4, -0.6)


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
            axis.plot(medians, np.full(len(medians), y + 0.3), "o", color="black", markersize=3, clip_on=False)
        for value in (-MODERATE_THRESHOLD, MODERATE_THRESHOLD, STRONG_THRESHOLD):
            threshold(axis, value)
        axis.set(xlim=(-1, 1))
        axis.set_xticks([-1, -0.6, 0, 0.6, 0.75, 1], ["−1", "−.6", "0", ".6", "", "1"])
    _rows(axes, conditions)
    fig.supxlabel("r between performing and observing", fontsize=9)
    return fig


def strong_shares(shares: pd.DataFrame, intervals: pd.DataFrame) -> Figure:
    """Draw the answer: the share of strong mirror units in every condition, one dot a network.

    Parameters
    ----------
    shares
        Columns `reading`, `condition`, `seed`, `strong`.
    intervals
        Columns `reading`, `condition`, `mean`, `low`, `high` of the same share.
    """
    readings, conditions = list(dict.fromkeys(shares.reading)), list(dict.fromkeys(shares.condition))
    fig, axes = row_of_panels(readings, 0.9 + 0.33 * len(conditions))
    for axis, reading in zip(axes[0], readings, strict=True):
        axis.axvspan(STRONG.low, STRONG.high, color="0.9", zorder=0, linewidth=0)
        for y, condition in enumerate(conditions):
            chosen = (shares.reading == reading) & (shares.condition == condition)
            values = shares[chosen].strong.values
            jitter = np.linspace(-0.18, 0.18, len(values)) if len(values) > 1 else [0]
            axis.plot(values, y + jitter, "o", color=colour_of(condition), markersize=4, alpha=0.7, clip_on=False)
            summary = intervals[(intervals.reading == reading) & (intervals.condition == condition)]
            for row in summary.itertuples():
                axis.hlines(y, max(row.low, 0), min(row.high, 1), color="black", linewidth=1.2, zorder=4)
                axis.plot(row.mean, y, "|", color="black", markersize=9, zorder=4)
        if "shared" in conditions:
            paper_value(axis, STRONG.headline, conditions.index("shared"))
        axis.set(xlim=(-0.02, 1))
        axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
    fig.supxlabel("share of units with r > .75", fontsize=9)
    axes[0, -1].plot(
        [], [], color="black", marker="D", markerfacecolor="none", linestyle="none", label="paper, seed 42"
    )
    axes[0, -1].fill_between([], [], color="0.9", label="paper, range")
    axes[0, -1].legend(loc="lower right")
    _rows(axes, conditions)
    return fig


def transfer(accuracy: xr.DataArray, chance: float) -> Figure:
    """Draw decoding within and across modes in every condition.

    Parameters
    ----------
    accuracy
        Share of correct timesteps with dimensions (reading, condition, seed, train_mode, test_mode).
    chance
        Accuracy of a guess.
    """
    conditions = list(accuracy.condition.values)
    fig, axes = row_of_panels(accuracy.reading.values, 1.2 + 0.36 * len(conditions))
    for axis, reading in zip(axes[0], accuracy.reading.values, strict=True):
        for y, condition in enumerate(conditions):
            for train, colour in MODE_COLOUR.items():
                offset = -0.16 if train == "perform" else 0.16
                for test in MODE_COLOUR:
                    values = accuracy.sel(reading=reading, condition=condition, train_mode=train, test_mode=test)
                    axis.plot(
                        values, np.full(values.size, y + offset), "o", markersize=4.5, color=colour, alpha=0.85,
                        markerfacecolor="white" if test == train else colour, clip_on=False,
                    )  # fmt: skip
        threshold(axis, chance, "chance")
        axis.set(xlim=(0, 1.02))
    _rows(axes, conditions)
    fig.supxlabel("decoding accuracy", fontsize=9)
    return fig
