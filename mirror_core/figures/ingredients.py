"""Which ingredients make mirror units: every combination, and what each ingredient adds."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirror_core.config.paper import STRONG
from mirror_core.figures.kept import keep, means_seen
from mirror_core.figures.letters import ON_DARK, ON_LIGHT
from mirror_core.figures.marks import BESIDE, label_rows, letter, note, spread
from mirror_core.figures.style import CONTROL, CORRELATION_COLOURS, MODE_COLOUR, NULL, SHARED, WIDTH
from mirror_core.studies.ingredients.factorial import INGREDIENTS
from mirror_core.studies.wording import decimal, listed

TASKS = {"perform": "performing is learnt", "observe": "observing is learnt"}


def combinations(overview: pd.DataFrame) -> Figure:
    """Draw every combination of ingredients: its networks above, its ingredients below.

    Parameters
    ----------
    overview
        What `mirror_core.studies.ingredients.overview.overview` returns.
    """
    fig, (above, below) = plt.subplots(
        2, 1, figsize=(WIDTH, 5.2), sharex=True, gridspec_kw={"height_ratios": [2.1, 1.6]}
    )
    for x, row in enumerate(overview.itertuples()):
        if not row.answerable:
            for axis in (above, below):
                axis.axvspan(x - 0.5, x + 0.5, facecolor="none", edgecolor=NULL, hatch="////", linewidth=0, zorder=0)
    _shares(above, overview)
    _matrix(below, overview)
    below.set(xlim=(-0.7, len(overview) - 0.3), xticks=[])
    below.set_xlabel(f"{len(overview)} combinations of ingredients, by share of strong units")
    rows = [
        {name: row.cell.has(name) for name in INGREDIENTS}
        | {task: getattr(row, task) for task in TASKS}
        | {"answerable": row.answerable, "share": share, "mean": row.mean, "low": row.low, "high": row.high}
        for row in overview.itertuples()
        for share in np.ravel(row.values)
    ]
    table = pd.DataFrame(rows)
    core = table["shared core"].map({True: "shared core", False: "separate cores"})
    seen = means_seen(table.assign(core=core), "share", "core", what="Mean share of strong units")
    best = overview.iloc[-1]
    has = [name for name in INGREDIENTS if best.cell.has(name)]
    return keep(fig, combinations, table, f"{seen} Largest mean, {decimal(best['mean'])}, with: {listed(has)}.")


def _shares(axis: Axes, overview: pd.DataFrame) -> None:
    axis.axhspan(STRONG.low, STRONG.high, color="0.9", zorder=-1, linewidth=0)
    note(axis, "paper, range", (1, STRONG.high), (-2, 2), BESIDE, ha="right", color="0.3")
    for x, row in enumerate(overview.itertuples()):
        colour = SHARED if row.cell.has("shared core") else CONTROL
        axis.plot(
            x + spread(len(row.values), 0.22), row.values, "o", color=colour, markersize=4, alpha=0.8, clip_on=False,
            markerfacecolor=colour if row.answerable else "white",
        )  # fmt: skip
        if np.isfinite(row.low):
            axis.vlines(x, max(row.low, 0), min(row.high, 1), color="black", linewidth=1.1, zorder=4)
        axis.plot(x, row.mean, "_", color="black", markersize=8, zorder=4)
        if row.twin != x:
            y = max(0.09, row.mean + 0.09)
            axis.plot([row.twin, row.twin, x, x], [y - 0.02, y, y, y - 0.02], color="0.3", linewidth=0.8)
            axis.text((row.twin + x) / 2, y, "=", ha="center", va="bottom", fontsize=10, color="0.3")
    axis.set(ylabel="share of units with r > .75", ylim=(-0.02, 1))
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
    axis.tick_params(axis="x", length=0)
    for label, colour in (("shared core", SHARED), ("separate cores", CONTROL)):
        axis.plot([], [], "o", color=colour, markersize=5, label=label)
    axis.plot([], [], "o", color=CONTROL, markerfacecolor="white", markersize=5, label="asked for the unknowable")
    axis.legend(loc="upper right")


def _matrix(axis: Axes, overview: pd.DataFrame) -> None:
    names = list(INGREDIENTS)
    for y in range(0, len(names), 2):
        axis.axhspan(y - 0.5, y + 0.5, color="0.96", zorder=-1, linewidth=0)
    for x, row in enumerate(overview.itertuples()):
        has = np.array([row.cell.has(name) for name in names])
        rows = np.arange(len(names))
        axis.plot(np.full(has.sum(), x), rows[has], "o", color="black", markersize=6)
        axis.plot(np.full((~has).sum(), x), rows[~has], "o", color="0.55", markerfacecolor="white", markersize=6,
                  markeredgewidth=0.8)  # fmt: skip
        for offset, task in enumerate(TASKS):
            learnt = getattr(row, task)
            axis.plot(x, len(names) + 0.4 + offset, "s", color=MODE_COLOUR[task], markersize=5,
                      markerfacecolor=MODE_COLOUR[task] if learnt else "white", markeredgewidth=0.8)  # fmt: skip
    axis.axhline(len(names) - 0.3, color="0.35", linewidth=0.8)
    axis.set_yticks([*range(len(names)), len(names) + 0.4, len(names) + 1.4], [*names, *TASKS.values()])
    axis.set_ylim(len(names) + 2, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.spines[["left", "bottom"]].set_visible(False)


def effects(backgrounds: pd.DataFrame, main: pd.DataFrame, pairs: pd.DataFrame) -> Figure:
    """Draw what each ingredient adds, in every background and on average, and how ingredients depend on each other.

    Parameters
    ----------
    backgrounds
        What `mirror_core.studies.ingredients.overview.background_effects` returns.
    main, pairs
        What `mirror_core.studies.ingredients.overview.effects` returns.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.3), gridspec_kw={"width_ratios": [1.15, 1]})
    left.axvline(0, color="0.35", linewidth=0.8)
    for y, row in enumerate(main.itertuples()):
        one = backgrounds[backgrounds.ingredient == row.ingredient].sort_values("difference", ignore_index=True)
        offsets = spread(len(one), 0.28)
        for answerable in (True, False):
            chosen = one.answerable.to_numpy() == answerable
            left.plot(
                one.difference[chosen], y + offsets[chosen], "o", color=CONTROL, markersize=4.5, alpha=0.85,
                markerfacecolor=CONTROL if answerable else "white", clip_on=False,
            )  # fmt: skip
        if np.isfinite(row.low):
            left.hlines(y, row.low, row.high, color="black", linewidth=1.4, zorder=4)
        left.plot(row.mean, y, "|", color="black", markersize=16, markeredgewidth=1.6, zorder=4)
    label_rows(left, main.ingredient, 0.5)
    left.set_xlabel("change in the share of units with r > .75")
    letter(left, "A")
    _interactions(right, main, pairs)
    letter(right, "B")
    seen = means_seen(main, "mean", "ingredient", what="Mean change in the share of strong units")
    panels = {"A, in each background": backgrounds.drop(columns=["cell"], errors="ignore"), "A, mean": main, "B": pairs}
    return keep(fig, effects, panels, seen)


def _interactions(axis: Axes, main: pd.DataFrame, pairs: pd.DataFrame) -> None:
    names = list(main.ingredient)
    if len(names) < 2:
        axis.set_axis_off()
        axis.text(0.5, 0.5, "one ingredient: no pairs", ha="center", va="center", fontsize=8.5)
        return
    grid = np.full((len(names), len(names)), np.nan)
    for row in pairs.itertuples():
        i, j = sorted((names.index(row.first), names.index(row.second)))
        grid[j, i] = row.mean
        text = f"{row.mean:+.2f}".replace("-", "−") if np.isfinite(row.mean) else "none"
        sure = np.isfinite(row.low) and not row.low <= 0 <= row.high
        on_cell = ON_DARK if abs(row.mean) > 0.6 else ON_LIGHT
        axis.text(i, j, text, ha="center", va="center", fontsize=8.5, fontweight="bold" if sure else "normal",
                  color=on_cell if np.isfinite(row.mean) else "black")  # fmt: skip
    axis.imshow(grid[:, :-1], cmap=CORRELATION_COLOURS, vmin=-1, vmax=1, aspect="auto")
    axis.set_xticks(range(len(names) - 1), [name.replace(" ", "\n").replace("-", "-\n") for name in names[:-1]])
    axis.set_yticks(range(1, len(names)), names[1:])
    axis.set_ylim(len(names) - 0.5, 0.5)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
