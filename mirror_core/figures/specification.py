"""The specification curve, what each choice does, and which networks match the paper's numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mirror_core.config.paper import LARGEST, MODERATE, SMALLEST, STRONG
from mirror_core.figures.kept import keep, means_seen, name_marks
from mirror_core.figures.marks import BESIDE, letter, note, paper_value, share_ticks
from mirror_core.figures.style import NULL, SHARED, row_of_panels
from mirror_core.studies.specification.choices import Choice
from mirror_core.studies.specification.matching import Target

_ROW = 0.142
"""Height of a level's row in inches, which leaves room for text of 8 pt."""
_GAP = 0.55
"""Space between two choices, in rows."""
PASSING = "black"
"""Colour of what is left of strong mirror units under the null."""


def networks_named(rows: pd.DataFrame) -> list[str]:
    """Return how networks of the table are named: by their row in it."""
    return [f"network {row}" for row in rows.index]


def _places(choices: Sequence[Choice]) -> dict[tuple[str, str], float]:
    """Return the row of each level of each choice, from 0 downwards."""
    found, y = {}, 0.0
    for choice in choices:
        for level in choice.levels:
            found[choice.name, level] = y
            y += 1
        y += _GAP
    return found


def _height(choices: Sequence[Choice]) -> float:
    return _ROW * (sum(len(choice.levels) for choice in choices) + _GAP * len(choices))


def _label_rows(axis: Axes, choices: Sequence[Choice]) -> None:
    """Write each level beside its row and each choice beside its levels, on the leftmost panel."""
    rows = _places(choices)
    axis.set_yticks(list(rows.values()), [level for _, level in rows], fontsize=8)
    for choice in choices:
        middle = np.mean([rows[choice.name, level] for level in choice.levels])
        look = {"ha": "right", "va": "center", "fontweight": "bold", "annotation_clip": False}
        note(axis, choice.label, (0, middle), (-58, 0), BESIDE, **look)
    axis.set_ylim(max(rows.values()) + 0.6, -0.6)


def specification_curve(ranked: pd.DataFrame, presence: pd.DataFrame, choices: Sequence[Choice]) -> Figure:
    """Draw every network in ascending order of its share of strong mirror units, and what it was made with.

    Parameters
    ----------
    ranked
        One row a network: `reading`, `rank` (0 to 1), `strong_raw`, `strong_passing_raw`, `strong_mismatched_raw`.
    presence
        See `mirror_core.studies.specification.curve.presence`.
    """
    readings = list(dict.fromkeys(ranked.reading))
    below = _height(choices)
    fig, axes = row_of_panels(
        readings, 2.9 + below, rows=2, sharey="row", sharex=True, height_ratios=[2.1, below], gridspec_kw={"hspace": 0}
    )
    rows = _places(choices)
    for column, reading in enumerate(readings):
        top, marks = axes[:, column]
        one = ranked[ranked.reading == reading]
        top.axhspan(STRONG.low, STRONG.high, color="0.9", zorder=0, linewidth=0)
        dots = {"linestyle": "none", "rasterized": True, "clip_on": False}
        percent = 100 * one["rank"]
        top.plot(percent, one.strong_mismatched_raw, ".", color=NULL, markersize=2.5, **dots)
        thick = {"linewidth": 3.5, "solid_capstyle": "round", "zorder": 3, "clip_on": False}
        top.plot(percent, one.strong_raw, "-", color=SHARED, **thick)
        top.plot(percent, one.strong_passing_raw, ".", color=PASSING, markersize=2, zorder=4, **dots)
        for shares in (one.strong_raw, one.strong_passing_raw, one.strong_mismatched_raw):
            name_marks(top, percent, shares, networks_named(one))
        paper_value(top, 100 * (one.strong_raw < STRONG.headline).mean(), STRONG.headline)
        top.set(ylim=(-0.03, 1), xlim=(0, 100))
        top.set_title(f"{reading} (n = {len(one)})", fontsize=8.5)
        top.tick_params(labelbottom=False)
        wanted = presence[presence.reading == reading]
        for choice in choices:
            ratios = wanted[wanted.choice == choice.name].pivot(index="level", columns="place", values="ratio")
            first = rows[choice.name, choice.levels[0]]
            marks.imshow(
                ratios.loc[list(choice.levels)], extent=(0, 100, first + len(choice.levels) - 0.5, first - 0.5),
                cmap="Greys", vmin=0, vmax=2, aspect="auto", interpolation="nearest",
            )  # fmt: skip
        marks.set(xlim=(0, 100))
        marks.tick_params(axis="y", length=0)
        for side in ("left", "bottom"):
            marks.spines[side].set_visible(False)
    _label_rows(axes[1, 0], choices)
    axes[0, 0].set_ylabel("share of units")
    _label_curves(axes[0, 0])
    fig.supxlabel("networks, in per cent, in ascending order of the share with r > .75", fontsize=9)
    columns = ["reading", "rank", "strong_raw", "strong_passing_raw", "strong_mismatched_raw"]
    seen = means_seen(ranked, "strong_raw", "reading", what="Share of units with r > .75, mean over networks")
    passing = means_seen(ranked, "strong_passing_raw", "reading", what="And passing tuning mismatch")
    table = {"curve": ranked[columns].round({"rank": 4}), "levels": presence.round({"ratio": 2})}
    return keep(fig, specification_curve, table, f"{seen} {passing}")


def _label_curves(axis: Axes) -> None:
    axis.plot([], [], "-", color=SHARED, linewidth=3.5, label="r > .75")
    axis.plot([], [], ".", color=PASSING, label="and passes\ntuning mismatch")
    axis.plot([], [], ".", color=NULL, label="unit mismatch,\nr > .75")
    axis.plot([], [], "D", color="black", markerfacecolor="none", label="paper, seed 42")
    axis.legend(loc="upper left", fontsize=8, borderaxespad=0.1, handlelength=1.2)


def level_means(means: Mapping[str, pd.DataFrame], choices: Sequence[Choice], overall: pd.DataFrame) -> Figure:
    """Draw the mean share at each level of each choice, with its interval.

    Parameters
    ----------
    means
        Column, `strong_raw` or `strong_passing_raw` → what `level_means` of
        `mirror_core.studies.specification.effects_of_settings` returns, with a column `reading`.
    overall
        Mean of each of these columns over all networks, by reading (index).
    """
    readings = list(overall.index)
    fig, axes = row_of_panels(readings, 1.2 + _height(choices))
    rows, labels = _places(choices), {choice.name: choice.label for choice in choices}
    lowest = min(one.low.min() for one in means.values())
    looks = {
        "strong_raw": (SHARED, -0.16, "r > .75"),
        "strong_passing_raw": (PASSING, 0.22, "and passes tuning mismatch"),
    }
    for axis, reading in zip(axes[0], readings, strict=True):
        axis.axvspan(STRONG.low, STRONG.high, color="0.9", zorder=0, linewidth=0)
        for column, table in means.items():
            colour, offset, label = looks[column]
            axis.axvline(overall.loc[reading, column], color=colour, linewidth=0.7, linestyle=":", zorder=1)
            one = table[table.reading == reading]
            y = np.array([rows[name, level] for name, level in zip(one.choice, one.level, strict=True)]) + offset
            axis.hlines(y, one.low, one.high, color=colour, linewidth=1.1)
            axis.plot(one["mean"], y, "o", color=colour, markersize=3.2, label=label, clip_on=False)
            name_marks(axis, one["mean"], y, [f"{labels[row.choice]}: {row.level}" for row in one.itertuples()])
        paper_value(axis, STRONG.headline, -1.1)
        axis.set(xlim=(min(-0.08, lowest - 0.02), 1))
        axis.tick_params(axis="y", length=0)
        share_ticks(axis)
    _label_rows(axes[0, 0], choices)
    axes[0, 0].set_ylim(max(rows.values()) + 0.6, -1.7)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper right", fontsize=8, ncols=2)
    fig.supxlabel("mean share of units", fontsize=9)
    table = pd.concat([one.assign(quantity=name) for name, one in means.items()], ignore_index=True)
    seen = means_seen(means["strong_raw"], "mean", "choice", "reading", what="Mean share over levels")
    return keep(fig, level_means, table, seen)


_PAIRS = (
    ("strong_raw", "moderate_raw", STRONG, MODERATE, "share with r > .75", "share with |r| > .6", (0, 1), (0, 1)),
    ("largest_raw", "smallest_raw", LARGEST, SMALLEST, "largest r", "smallest r", (0, 1), (-1, 1)),
)


def headline_matches(
    networks: pd.DataFrame, targets: Mapping[str, Mapping[str, Target]], matching: pd.Series, nearest: Sequence[int]
) -> Figure:
    """Draw the four headline numbers of every network, two by two, and where the paper's lie.

    Parameters
    ----------
    networks
        One row a network: `reading` and the columns of `mirror_core.studies.specification.matching.HEADLINES`.
    targets
        Reading → column → where a network has to lie.
    matching
        Whether a network matches all four numbers.
    nearest
        Rows of `networks` to ring: those nearest to a match.
    """
    readings = list(targets)
    fig, axes = row_of_panels(readings, 5.0, rows=2, sharex="row", sharey="row")
    for row, (x, y, paper_x, paper_y, x_name, y_name, x_range, y_range) in enumerate(_PAIRS):
        for axis, reading in zip(axes[row], readings, strict=True):
            goal, chosen = targets[reading], networks.reading == reading
            box = [goal[x].low, goal[x].high], [goal[y].low, goal[y].high]
            (left, right), (bottom, top) = box
            corner, size = (left, bottom), (right - left, top - bottom)
            axis.add_patch(Rectangle(corner, *size, facecolor="0.88", edgecolor="0.4", linewidth=0.8, zorder=0))
            others, found = networks[chosen & ~matching], networks[chosen & matching]
            axis.plot(others[x], others[y], ".", color=SHARED, alpha=0.45, markersize=3, rasterized=True)
            axis.plot(found[x], found[y], "o", color="black", markersize=4, zorder=4)
            for some in (others, found):
                name_marks(axis, some[x], some[y], networks_named(some))
            ringed = networks.loc[[i for i in nearest if chosen[i]]]
            axis.plot(ringed[x], ringed[y], "o", markerfacecolor="none", color="black", markersize=6, zorder=4)
            paper_value(axis, paper_x.headline, paper_y.headline)
            axis.set(xlim=x_range, ylim=y_range)
            axis.set_xlabel(x_name)
        axes[row, 0].set_ylabel(y_name)
        letter(axes[row, 0], "AB"[row])
    columns = ["strong_raw", "moderate_raw", "largest_raw", "smallest_raw"]
    table = networks[["reading", *columns]].assign(matches=matching)
    said = [f"{name} {int(one.sum())} of {len(one)}" for name, one in table.groupby("reading", sort=False).matches]
    return keep(fig, headline_matches, table, f"Networks that match all four numbers, {'; '.join(said)}.")
