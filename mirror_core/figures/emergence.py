"""Figure 1 of the paper: r of every unit, its distribution, and the units with the largest r at work."""

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from mirror_core.config.paper import MODERATE_THRESHOLD, STRONG_THRESHOLD
from mirror_core.figures.kept import histogram, keep, means_seen, name_marks, tidy
from mirror_core.figures.marks import letter, mode_legend, note, share_histogram, threshold
from mirror_core.figures.style import CONTROL, CORRELATION_COLOURS, MODE_COLOUR, MODE_LINE, SHARED, row_of_panels
from mirror_core.studies.wording import decimal


def unit_heatmap(r: xr.DataArray) -> Figure:
    """Draw Fig. 1A: one row a network, one cell a unit, sorted by r.

    Parameters
    ----------
    r
        Correlations with dimensions (reading, seed, unit).
    """
    n = r.sizes["seed"]
    fig, axes = row_of_panels(r.reading.values, 1.1 + (0.2 if n <= 10 else 0.15) * n)
    for axis, reading in zip(axes[0], r.reading.values, strict=True):
        unsorted = r.sel(reading=reading).transpose("seed", "unit")
        order = np.argsort(-unsorted.values, axis=1)
        values = np.take_along_axis(unsorted.values, order, axis=1)
        for row, seed in enumerate(r.seed.values):
            names = [f"seed {seed}, unit {unit}" for unit in r.unit.values[order[row]]]
            name_marks(axis, np.arange(1, r.sizes["unit"] + 1), row, names)
        image = axis.imshow(
            values, aspect="auto", vmin=-1, vmax=1, cmap=CORRELATION_COLOURS, interpolation="nearest",
            extent=(0.5, values.shape[1] + 0.5, values.shape[0] - 0.5, -0.5),
        )  # fmt: skip
        axis.set_yticks(range(len(r.seed)), r.seed.values)
        axis.set_xlabel("unit, sorted by r in each network")
    axes[0, 0].set_ylabel("seed")
    letter(axes[0, 0], "A")
    fig.colorbar(image, ax=axes[0].tolist(), label="r", ticks=[-1, -0.5, 0, 0.5, 1], fraction=0.04, pad=0.02)
    table = tidy(r.rename("r"))
    shares = table.groupby(["reading", "seed"], sort=False).r.agg(lambda one: (one > STRONG_THRESHOLD).mean())
    seen = means_seen(shares.reset_index(), "r", "reading", what="Mean share of units with r > .75")
    return keep(fig, unit_heatmap, table, seen)


def correlation_histogram(r: xr.DataArray) -> Figure:
    """Draw Fig. 1B: the distribution of r with a shared core against separate cores.

    Parameters
    ----------
    r
        Correlations with dimensions (reading, condition, seed, unit), conditions `shared` and `separate-cores`.
    """
    fig, axes = row_of_panels(r.reading.values, 2.5)
    bins = np.linspace(-1, 1, 41)
    for axis, reading in zip(axes[0], r.reading.values, strict=True):
        for condition, colour, kind in (("separate-cores", CONTROL, "step"), ("shared", SHARED, "stepfilled")):
            values = r.sel(reading=reading, condition=condition).values.ravel()
            look = {"histtype": kind, "color": colour, "alpha": 0.75 if kind == "stepfilled" else 1, "linewidth": 1.4}
            share_histogram(axis, values, bins, label=condition, **look)
        threshold(axis, STRONG_THRESHOLD, ".75")
        for sign in (-1, 1):
            threshold(axis, sign * MODERATE_THRESHOLD, f"{'−' if sign < 0 else ''}.6")
        axis.set(xlim=(-1, 1), xticks=[-1, -0.5, 0, 0.5, 1])
    axes[0, 0].set_ylim(top=1.12 * axes[0, 0].get_ylim()[1])  # room for what the thresholds are
    axes[0, 0].set_ylabel("share of units")
    fig.supxlabel("r between performing and observing", fontsize=9)
    axes[0, 0].legend(loc="upper left", handlelength=1.2, bbox_to_anchor=(0, 0.9))
    letter(axes[0, 0], "B")
    drawn = [
        histogram(r.sel(reading=reading, condition=condition).values, bins, reading=reading, condition=condition)
        for reading in r.reading.values
        for condition in ("shared", "separate-cores")
    ]
    chosen = tidy(r.sel(condition=["shared", "separate-cores"]).rename("r"))
    medians = chosen.groupby(["reading", "condition", "seed"], sort=False).r.median().reset_index()
    seen = means_seen(medians, "r", "condition", "reading", what="Median r of a network, mean over networks")
    return keep(fig, correlation_histogram, pd.concat(drawn), seen)


def unit_traces(recordings: dict[str, xr.DataArray], r: dict[str, xr.DataArray], *, panel: str = "C") -> Figure:
    """Draw traces of single units over a few episodes, performing (solid) and observing (dashed).

    Parameters
    ----------
    recordings
        Reading → recording with dimensions (mode, sequence, time, unit), of the units and episodes to show.
    r
        Reading → each shown unit's r on episodes that did not choose it, dimension (unit).
    """
    n_units = max(x.sizes["unit"] for x in recordings.values())
    fig, axes = row_of_panels(list(recordings), 0.75 + 0.85 * n_units, rows=n_units)
    for column, (reading, recording) in enumerate(recordings.items()):
        n_times = recording.sizes["time"]
        for axis, unit in zip(axes[:, column], recording.unit.values, strict=False):
            for i, sequence in enumerate(recording.sequence.values):
                times = i * (n_times + 2) + recording.time.values
                for mode, colour in MODE_COLOUR.items():
                    trace = recording.sel(unit=unit, sequence=sequence, mode=mode)
                    axis.plot(times, trace, color=colour, linestyle=MODE_LINE[mode])
            text = f"unit {unit}, r = {decimal(r[reading].sel(unit=unit).item())}"
            note(axis, text, (1, 1), (0, -1), ha="right", va="bottom")
        starts = np.arange(recording.sizes["sequence"]) * (n_times + 2)
        # all episodes are as long as the first, and only its labels have room
        unlabelled = [""] * (len(starts) - 1)
        axes[-1, column].set_xticks(
            np.concatenate([starts + 1, starts + n_times]), ["1", *unlabelled, str(n_times), *unlabelled]
        )
        axes[-1, column].set_xlabel(f"timestep, in {len(starts)} held-out episodes")
    for axis in axes[:, 0]:
        axis.set(ylim=(-1.05, 1.05), yticks=[-1, 0, 1])
    axes[n_units // 2, 0].set_ylabel("activation")
    mode_legend(fig, "outside upper right")
    letter(axes[0, 0], panel)
    table = {name: tidy(one.rename("activation")) for name, one in recordings.items()}
    said = [
        f"{name}: " + ", ".join(decimal(r[name].sel(unit=unit).item()) for unit in one.unit.values)
        for name, one in recordings.items()
    ]
    return keep(fig, unit_traces, table, f"r of the units, {'; '.join(said)}.", part="reading")
