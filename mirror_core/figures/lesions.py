"""What silencing units costs: loss by number of units, and mirror units against sets of others."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mirror_core.analysis import mean_interval
from mirror_core.figures.ablation import colour_of
from mirror_core.figures.kept import keep, means_seen
from mirror_core.figures.marks import dots, interval, label_rows, letter, seeds, threshold
from mirror_core.figures.style import MODE_COLOUR, MODE_LINE, NULL, row_of_panels
from mirror_core.studies.select import where

_MATCHED = "0.45"


def dose_curves(effects: pd.DataFrame, ablation: str) -> Figure:
    """Draw each mode's loss by the number of silenced units, one line a network and group, under one ablation.

    Parameters
    ----------
    effects
        Columns `reading`, `seed`, `group`, `ablation`, `n_units`, `draw`, `mode`, `loss`, of one condition.
    """
    readings = list(dict.fromkeys(effects.reading))
    fig, axes = row_of_panels(readings, 4.2, rows=2, sharey="row")
    doses = sorted(effects.n_units.unique())
    place = {dose: i for i, dose in enumerate(doses)}
    styles = {
        "random": {"color": NULL},
        "variance-matched": {"color": _MATCHED},
        "anti": {"color": "black", "linestyle": ":"},
    }
    for row, (mode, colour) in enumerate(MODE_COLOUR.items()):
        of_group = styles | {"top": {"color": colour, "linestyle": MODE_LINE[mode]}}
        for axis, reading in zip(axes[row], readings, strict=True):
            here = where(effects, reading=reading, mode=mode)
            intact = here[here.group == "none"].set_index("seed").loss
            for group, style in of_group.items():
                one = where(here, group=group, ablation=ablation)
                curves = one.groupby(["seed", "n_units"]).loss.mean().unstack("n_units")
                curves.insert(0, 0, intact.reindex(curves.index))
                x = [place[dose] for dose in curves.columns]
                axis.plot(x, curves.values.T, linewidth=0.6, alpha=0.35, **style)
                # a mean over all networks only: few of them have many units of negative r
                whole = [name for name in curves.columns if curves[name].notna().sum() == len(intact)]
                axis.plot([place[name] for name in whole], curves[whole].mean(), linewidth=2, **style)
            axis.set_yscale("log")
            axis.set_xticks(range(len(doses)), [str(dose) for dose in doses])
        axes[row, 0].set_ylabel(f"{mode}: {'squared error' if mode == 'perform' else 'nats'}")
        letter(axes[row, 0], "AB"[row])
        names = {"top": "top mirror units", "random": "random", "variance-matched": "matched", "anti": "anti-mirror"}
        handles = [axes[row, -1].plot([], [], label=names[g], **of_group[g])[0] for g in names]
        axes[row, -1].legend(handles=handles, loc="lower right", fontsize=8, handlelength=1.8, borderaxespad=0.1)
    fig.supxlabel("units silenced", fontsize=9)
    by = ["reading", "seed", "group", "n_units", "mode"]
    chosen = effects[(effects.ablation == ablation) | (effects.group == "none")]
    table = chosen.groupby(by, sort=False).loss.mean().reset_index()
    most = table[(table.n_units == doses[-1]) | (table.group == "none")]
    panels = most.assign(panel=most["mode"] + ", " + most.reading, group=most.group.replace("none", "no unit"))
    what = f"Mean loss with {doses[-1]} units silenced"
    return keep(fig, dose_curves, table, means_seen(panels, "loss", "group", "panel", what=what))


def excess(compared: pd.DataFrame, dose: int) -> Figure:
    """Draw the cost of the top units beyond that of other sets, in standard deviations of these, one dot a network.

    Parameters
    ----------
    compared
        Columns `reading`, `condition`, `seed`, `group`, `null`, `ablation`, `n_units`, `mode`, `excess`, `null_sd`.
    """
    readings, conditions = list(dict.fromkeys(compared.reading)), list(dict.fromkeys(compared.condition))
    fig, axes = row_of_panels(readings, 4.4, rows=2)
    chosen = where(compared, group="top", n_units=dose)
    kinds = [(null, ablation) for null in dict.fromkeys(chosen.null) for ablation in dict.fromkeys(chosen.ablation)]
    for row, mode in enumerate(MODE_COLOUR):
        for axis, reading in zip(axes[row], readings, strict=True):
            axis.axvspan(-1.96, 1.96, color=NULL, alpha=0.45, linewidth=0, zorder=0)
            threshold(axis, 0)
            for y, (null, ablation) in enumerate(kinds):
                for j, condition in enumerate(conditions):
                    at = {"reading": reading, "mode": mode, "null": null, "ablation": ablation, "condition": condition}
                    one = where(chosen, **at)
                    z = (one.excess / one.null_sd).replace([np.inf, -np.inf], np.nan).dropna()
                    row_y = y + 0.34 * (j - (len(conditions) - 1) / 2)
                    colour = MODE_COLOUR[mode] if condition == "shared" else colour_of(condition)
                    names = seeds(one.seed[z.index])
                    dots(axis, z, row_y, colour, half=0.1, names=names, markersize=3.2, alpha=0.75)
                    if len(z) > 1:
                        interval(axis, mean_interval(z.to_numpy()), row_y, 8, share=False)
        letter(axes[row, 0], "AB"[row])
        axes[row, 0].set_ylabel(mode)
    labels = [f"{null.replace('variance-', '')}, {ablation}" for null, ablation in kinds]
    label_rows(axes[0, 0], labels)
    fig.supxlabel("cost of the top units beyond that of other sets, in standard deviations of these", fontsize=9)
    columns = ["reading", "condition", "seed", "null", "ablation", "mode"]
    z = (chosen.excess / chosen.null_sd).replace([np.inf, -np.inf], np.nan)
    table = chosen[columns].assign(deviations=z).dropna()
    panels = table.assign(panel=table["mode"] + ", " + table.reading + ", " + table.null + ", " + table.ablation)
    seen = means_seen(panels, "deviations", "condition", "panel", what="Mean cost in deviations", digits=1)
    return keep(fig, excess, table, seen)
