"""Figures of a report on anybody's recordings."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from mirror_core.config.paper import MODERATE_THRESHOLD, STRONG_THRESHOLD
from mirror_core.figures.kept import histogram, keep, means_seen, sentence
from mirror_core.figures.marks import mode_legend, share_histogram, threshold
from mirror_core.figures.style import CONTROL, CORRELATION_COLOURS, MODE_COLOUR, MODE_LINE, NULL, SHARED, row_of_panels
from mirror_core.studies.wording import counted, decimal


def r_histograms(r: Mapping[str, np.ndarray], mismatched: Mapping[str, np.ndarray]) -> Figure:
    """Draw the distribution of r over units, in grey that of units paired with other units.

    Parameters
    ----------
    r
        Panel → r of each unit; NaN where it has none.
    mismatched
        Panel → r of units paired at random, any shape; may lack panels.
    """
    fig, axes = row_of_panels(list(r), 2.6)
    bins = np.linspace(-1, 1, 41)
    for axis, (title, values) in zip(axes[0], r.items(), strict=True):
        for one, options in (
            (mismatched.get(title, np.array([])), {"color": NULL, "label": "unit mismatch"}),
            (values, {"color": SHARED, "histtype": "step", "linewidth": 1.6, "label": "same unit"}),
        ):
            share_histogram(axis, one, bins, **options)
        for value, label in ((STRONG_THRESHOLD, ".75"), (MODERATE_THRESHOLD, ".6"), (-MODERATE_THRESHOLD, "−.6")):
            threshold(axis, value, label)
        axis.set(xlim=(-1, 1), xticks=[-1, -0.5, 0, 0.5, 1], xlabel="r between performing and observing")
    axes[0, 0].set_ylabel("share of units")
    axes[0, 0].legend(loc="upper left", handlelength=1.2, bbox_to_anchor=(0, 0.9))
    drawn = [
        histogram(values, bins, panel=title, units=kind)
        for title in r
        for kind, values in (("same unit", r[title]), ("unit mismatch", mismatched.get(title)))
        if values is not None
    ]
    said = [
        f"{title}: median r {decimal(np.median(one))}, {decimal(np.mean(one > STRONG_THRESHOLD))} of units above .75"
        for title, values in r.items()
        if len(one := values[np.isfinite(values)])
    ]
    return keep(fig, r_histograms, pd.concat(drawn), sentence(said))


def shares_over_thresholds(shares: Mapping[str, pd.DataFrame], mismatched: Mapping[str, np.ndarray]) -> Figure:
    """Draw the share of units beyond each threshold.

    Parameters
    ----------
    shares
        Panel → columns `threshold`, `positive` (share with r > threshold) and `either` (share with |r| > threshold).
    mismatched
        Panel → for each threshold, the low and high end of where 95 % of the shares `positive` of units paired at
        random lie, shape (2, threshold); may lack panels.
    """
    fig, axes = row_of_panels(list(shares), 2.6)
    for axis, (title, one) in zip(axes[0], shares.items(), strict=True):
        if title in mismatched:
            low, high = mismatched[title]
            axis.fill_between(one.threshold, low, high, color=NULL, linewidth=0, label="unit mismatch, r > threshold")
        axis.plot(one.threshold, one.positive, color=SHARED, label="r > threshold")
        axis.plot(one.threshold, one.either, color=SHARED, linestyle=":", label="|r| > threshold")
        for value in (MODERATE_THRESHOLD, STRONG_THRESHOLD):
            threshold(axis, value)
        axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="threshold on r")
        axis.set_xticks([0, 0.25, 0.6, 0.75, 1], ["0", ".25", ".6", ".75", "1"])
    axes[0, 0].set_ylabel("share of units")
    axes[0, -1].legend(loc="upper right")
    ends = {title: {"mismatched low": low, "mismatched high": high} for title, (low, high) in mismatched.items()}
    panels = {title: one.assign(**ends.get(title, {})) for title, one in shares.items()}
    return keep(fig, shares_over_thresholds, panels)


def unit_traces(
    perform: np.ndarray,
    observe: np.ndarray,
    units: Sequence[int],
    r: Sequence[float],
    *,
    what: str = "sequence",
    n_shown: int = 4,
) -> Figure:
    """Draw traces of single units over the first sequences, performing (solid) and observing (dashed).

    Parameters
    ----------
    perform, observe
        Activations (sequence, time, unit) of the units to draw, on sequences that did not choose them.
    units, r
        Number of each unit, and its r on all these sequences.
    what
        What is drawn side by side, each the same in both modes: "sequence", or "condition" whose trials are averaged.
    n_shown
        Most of these drawn.
    """
    n_timesteps = perform.shape[1]
    n_shown = min(n_shown, len(perform))
    fig, axes = row_of_panels([""], 0.8 + 0.85 * len(units), rows=len(units), lone=1, sharey=False)
    starts = np.arange(n_shown) * (n_timesteps + max(1, n_timesteps // 6))
    steps = np.arange(1, n_timesteps + 1)
    for row, axis in enumerate(axes[:, 0]):
        for start, *traces in zip(starts, perform, observe, strict=False):
            for mode, trace in zip(MODE_COLOUR, traces, strict=True):
                axis.plot(
                    start + steps, trace[:, row], color=MODE_COLOUR[mode], linestyle=MODE_LINE[mode],
                    marker="." if n_timesteps == 1 else None,
                )  # fmt: skip
        axis.set_title(f"unit {units[row]}, r = {decimal(r[row])}", fontsize=8.5, fontweight="normal", loc="right")
    ends = [1] if n_timesteps == 1 else [1, n_timesteps]
    axes[-1, 0].set_xticks(
        [start + end for start in starts for end in ends], [str(end) for _ in starts for end in ends]
    )
    of = "" if what == "sequence" else "trials of "
    axes[-1, 0].set_xlabel(f"timestep, in {of}{counted(n_shown, what)} that did not choose the units")
    fig.supylabel("activation", fontsize=9)
    mode_legend(fig, "outside upper left")
    shown = np.stack([perform[:n_shown], observe[:n_shown]])
    labels = {"mode": list(MODE_COLOUR), what: range(n_shown), "timestep": steps, "unit": list(units)}
    said = ", ".join(f"unit {unit} {decimal(one)}" for unit, one in zip(units, r, strict=True))
    return keep(fig, unit_traces, xr.DataArray(shown, labels, list(labels), "activation"), f"r: {said}.")


def decoding(accuracy: Mapping[str, np.ndarray], null: Mapping[str, np.ndarray], chance: float) -> Figure:
    """Draw how well decoders of the action work within and across modes.

    Parameters
    ----------
    accuracy
        Decoder → share of correct timesteps (train mode, test mode), in the order perform, observe.
    null
        Decoder → the low and high end of where 95 % of accuracies against other labels lie, (end, train mode, test
        mode).
    chance
        Accuracy of always naming the most frequent action.
    """
    fig, axes = row_of_panels(list(accuracy), 2.6)
    modes = list(MODE_COLOUR)
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    for axis, (name, values) in zip(axes[0], accuracy.items(), strict=True):
        for x, (train, test) in enumerate(pairs):
            low, high = null[name][:, train, test]
            axis.fill_between([x - 0.3, x + 0.3], low, high, color=NULL, linewidth=0)
            colour = MODE_COLOUR[modes[train]]
            axis.plot(
                x, values[train, test], "o", color=colour, markersize=7, clip_on=False,
                markerfacecolor="white" if train == test else colour, markeredgewidth=1.6,
            )  # fmt: skip
        threshold(axis, chance, "chance", across=True)
        axis.set(ylim=(0, 1.02), xlim=(-0.6, 3.6))
        axis.set_xticks(range(4), [f"{modes[train]}\n→ {modes[test]}" for train, test in pairs])
    axes[0, 0].set_ylabel("decoding accuracy")
    rows = [
        {"decoder": name, "train": modes[train], "test": modes[test], "accuracy": values[train, test],
         "null low": null[name][0, train, test], "null high": null[name][1, train, test]}
        for name, values in accuracy.items()
        for train, test in pairs
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    named = table.assign(pair=table.train + " → " + table.test)
    seen = means_seen(named, "accuracy", "pair", "decoder", what="Accuracy")
    return keep(fig, decoding, table, f"{seen} Chance: {decimal(chance)}.")


def lag_profiles(r: xr.DataArray, band: np.ndarray) -> Figure:
    """Draw the correlation of performing with observing at every lag, one line a unit.

    Parameters
    ----------
    r
        Dimensions (lag, unit).
    band
        Ends of the central 95 % under re-paired sequences, shape (2, lag).
    """
    fig, axes = row_of_panels([""], 2.6)
    axis = axes[0, 0]
    axis.fill_between(r.lag.values, *band, color=NULL, linewidth=0, label="null, central 95 %")
    axis.plot(r.lag.values, r.values, color=SHARED, alpha=0.5, linewidth=0.9)
    axis.plot([], [], color=SHARED, linewidth=0.9, label="one unit")
    axis.plot(r.lag.values, r.mean("unit").values, color="black", linewidth=2, label="mean")
    threshold(axis, 0)
    axis.set(ylim=(-1, 1), xlabel="lag: observing later than performing (timesteps)", ylabel="r, timestep-centred")
    axis.set_xticks(r.lag.values)
    axis.legend(loc="lower right")
    profile = r.mean("unit")
    best = profile.dropna("lag").sortby(profile.dropna("lag"))[-1:]
    seen = sentence([f"Mean r is largest at lag {decimal(one.lag.item(), 0)}: {decimal(one.item())}" for one in best])
    band = pd.DataFrame({"lag": r.lag.values, "null low": band[0], "null high": band[1]})
    return keep(fig, lag_profiles, {"units": r.rename("r"), "null": band}, seen, part="drawn")


def reliability(of_units: np.ndarray, index: np.ndarray) -> Figure:
    """Draw how reliable each unit's responses are in both modes, coloured by how alike its tunings are.

    Parameters
    ----------
    of_units
        Reliability of the mean responses, (mode, unit).
    index
        Correlation of a unit's tunings across modes; NaN where it is not tuned in both.
    """
    fig, axes = row_of_panels([""], 3.6)
    axis = axes[0, 0]
    axis.plot(*of_units[:, ~np.isfinite(index)], "o", color=CONTROL, markersize=4)
    known = np.isfinite(index)
    dots = axis.scatter(
        *of_units[:, known], c=index[known], cmap=CORRELATION_COLOURS, vmin=-1, vmax=1, s=26, edgecolors="0.35",
        linewidths=0.5, clip_on=False, zorder=3,
    )  # fmt: skip
    axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axis.set(xlabel="reliability, performing", ylabel="reliability, observing")
    fig.colorbar(dots, ax=axis, label="correlation of tunings", ticks=[-1, -0.5, 0, 0.5, 1], fraction=0.046, pad=0.03)
    performing, observing = of_units
    table = pd.DataFrame({"performing": performing, "observing": observing, "correlation of tunings": index})
    both = table.melt(value_vars=["performing", "observing"], var_name="mode")
    seen = means_seen(both, "value", "mode", what="Mean reliability")
    return keep(fig, reliability, table, seen)


def read_across(table: pd.DataFrame, name: str, period: float | None = None) -> Figure:
    """Draw what regressions read of a continuous condition against what it was, within and across modes.

    Parameters
    ----------
    table
        One row a trial and pair of modes: columns `trained`, `tested`, `true` and `read`.
    period
        After how much it begins again, of an angle.
    """
    modes = list(MODE_COLOUR)
    pairs = [(modes[0], modes[0]), (modes[0], modes[1]), (modes[1], modes[1]), (modes[1], modes[0])]
    fig, axes = row_of_panels([f"{trained}\n→ {tested}" for trained, tested in pairs], 2.7)
    said = []
    for axis, (trained, tested) in zip(axes[0], pairs, strict=True):
        one = table[(table.trained == trained) & (table.tested == tested)]
        colour = MODE_COLOUR[trained]
        axis.axline((0, 0), slope=1, color="0.35", linewidth=0.8, linestyle=":", zorder=0)
        axis.plot(
            one.true, one.read, "o", color=colour, markersize=3.5, markeredgewidth=0.9,
            markerfacecolor="white" if trained == tested else colour,
        )  # fmt: skip
        distance = (one.read - one.true).abs()
        if period is not None:
            distance = distance.where(distance < period / 2, period - distance)
            ends = [0, period / 2, period]
            axis.set(xlim=(0, period), ylim=(0, period), xticks=ends, yticks=ends)
        said.append(f"{trained} → {tested} {decimal(distance.median(), 1)}")
    fig.supxlabel(name, fontsize=9)
    axes[0, 0].set_ylabel(f"{name} as read")
    return keep(fig, read_across, table, f"Median distance of what is read from what was: {', '.join(said)}.")


def tuning_curves(table: pd.DataFrame, name: str) -> Figure:
    """Draw mean responses of some units in the bins of a continuous condition, with their standard errors.

    Parameters
    ----------
    table
        One row a unit, mode and bin: columns `unit`, `mode`, `at` (mean of the condition), `mean` and `error`.
    """
    units = table.unit.unique().tolist()
    columns = min(3, len(units))
    fig, axes = row_of_panels(
        [""] * columns, 0.6 + 1.7 * -(-len(units) // columns), rows=-(-len(units) // columns), sharey=False
    )
    for axis in axes.flat[len(units) :]:
        axis.set_visible(False)
    for axis, unit in zip(axes.flat, units, strict=False):
        for mode, one in table[table.unit == unit].groupby("mode", sort=False):
            axis.errorbar(
                one["at"], one["mean"], one.error, color=MODE_COLOUR[mode], linestyle=MODE_LINE[mode], marker="o",
                markersize=3.5, elinewidth=0.9,
            )  # fmt: skip
        axis.set_title(f"unit {unit}", fontsize=8.5, fontweight="normal", loc="right")
    fig.supxlabel(name, fontsize=9)
    fig.supylabel("mean response", fontsize=9)
    mode_legend(fig, "outside upper left")
    best = {
        unit: one.loc[one["mean"].idxmax(), "at"]
        for unit, one in table[table["mode"] == "perform"].groupby("unit", sort=False)
        if one["mean"].notna().any()
    }
    said = sentence([f"unit {unit} responds most at {decimal(at, 1)}" for unit, at in best.items()])
    return keep(fig, tuning_curves, table, said)
