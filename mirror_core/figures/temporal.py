"""Figure 4 of the paper: the lag at which mirror units agree best. (Anti-mirror traces: `emergence.unit_traces`.)"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from mirror_core.figures.kept import keep, means_seen, sentence, tidy
from mirror_core.figures.marks import letter, spread, threshold
from mirror_core.figures.style import NULL, SHARED, row_of_panels
from mirror_core.studies.wording import decimal


def lag_profiles(by_lag: xr.DataArray, null_band: xr.DataArray) -> Figure:
    """Draw Fig. 4A: correlation of performing with observing at every lag, one line a unit.

    Parameters
    ----------
    by_lag
        r with dimensions (reading, seed, lag, unit), of the top units of each network; NaN where a network has
        fewer of them.
    null_band
        Central 95 % of r at each lag when the episodes are re-paired at random, dimensions
        (reading, lag, edge), `edge` being `low` and `high`.
    """
    fig, axes = row_of_panels(by_lag.reading.values, 2.9)
    for axis, reading in zip(axes[0], by_lag.reading.values, strict=True):
        one, band = by_lag.sel(reading=reading), null_band.sel(reading=reading)
        axis.fill_between(
            band.lag.values, band.sel(edge="low").values, band.sel(edge="high").values, color=NULL, linewidth=0,
        )  # fmt: skip
        lines = one.transpose("lag", "seed", "unit").values.reshape(one.sizes["lag"], -1)
        lines = lines[:, np.isfinite(lines).any(axis=0)]
        axis.plot(one.lag.values, lines, color=SHARED, alpha=0.3, linewidth=0.8)
        axis.plot(one.lag.values, np.nanmean(lines, axis=1), color="black", linewidth=2)
        threshold(axis, 0)
        axis.set(ylim=(-1, 1))
        axis.set_xticks(one.lag.values)
    axes[0, 0].set_ylabel("r, timestep-centred")
    fig.supxlabel("lag: observing later than performing (timesteps)", fontsize=9)
    axes[0, -1].plot([], [], color=SHARED, linewidth=0.8, label="one unit")
    axes[0, -1].plot([], [], color="black", linewidth=2, label="mean")
    axes[0, -1].fill_between([], [], color=NULL, label="null, central 95 %")
    axes[0, -1].legend(loc="lower right", ncols=1)
    letter(axes[0, 0], "A")
    means = by_lag.mean(["seed", "unit"])
    said = [
        f"{reading}: largest mean r {decimal(float(one.max()))} at lag {decimal(one.idxmax('lag').item(), 0)}"
        for reading in by_lag.reading.values
        if (one := means.sel(reading=reading)).notnull().any()
    ]
    table = {"units": by_lag.rename("r"), "null": null_band.rename("r")}
    return keep(fig, lag_profiles, table, sentence(said), part="drawn")


def peak_lags(counts: xr.DataArray) -> Figure:
    """Draw how many top units agree best at each lag, as shares, one dot a network.

    Parameters
    ----------
    counts
        Share of top units whose r peaks at the lag, dimensions (reading, seed, lag).
    """
    fig, axes = row_of_panels(counts.reading.values, 2.2)
    for axis, reading in zip(axes[0], counts.reading.values, strict=True):
        one = counts.sel(reading=reading)
        for offset, seed in zip(spread(one.sizes["seed"], 0.18), one.seed.values, strict=True):
            axis.plot(one.lag.values + offset, one.sel(seed=seed).values, "o", color=SHARED, markersize=4, alpha=0.8)
        axis.set(ylim=(-0.03, 1.03), xlabel="lag of the largest r (timesteps)")
        axis.set_xticks(one.lag.values)
    axes[0, 0].set_ylabel("share of top units")
    table = tidy(counts.rename("share"))
    seen = means_seen(table, "share", "lag", "reading", what="Mean share of top units by lag")
    return keep(fig, peak_lags, table, seen)
