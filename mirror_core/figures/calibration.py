"""What each null calls where no code is shared and where one is planted, and how its p is distributed."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirror_core.figures.calibration_power import TITLES
from mirror_core.figures.kept import keep, means_seen, name_marks, tidy
from mirror_core.figures.marks import dots, interval, label_rows, letter, threshold
from mirror_core.figures.style import CONTROL, NULL, SHARED, WIDTH
from mirror_core.studies.select import where
from mirror_core.studies.wording import decimal

SIDE_OFFSET = {"two-sided": -0.17, "greater": 0.17}
"""Where a situation's marks stand around its row."""
BY_NULL = {
    "unit-mismatch": ("s", CONTROL, -0.27),
    "tuning-mismatch": ("o", "black", 0.0),
    "action-relabelling": ("^", NULL, 0.27),
}
"""Test of one code → mark, colour, and where it stands beside the others."""
_PLANTED, _UNRELATED = "planted", "independent"
"""How the situations begin that are made up."""
_TICKS = [0, 0.5, 1], ["0", ".5", "1"]


def _grouped(questions: Mapping[str, str], rows: int, height: float) -> tuple[Figure, np.ndarray]:
    """Return a column of panels for each null, under its question."""
    fig, axes = plt.subplots(rows, len(questions), figsize=(WIDTH, height), sharex=True, sharey=True, squeeze=False)
    fig.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.27 / height), w_pad=0.03)
    for axis, null in zip(axes[0], questions, strict=True):
        axis.set_title(null.replace("-", "\n").replace("pseudosession", "pseudo-\nsession"), fontsize=9)
    return fig, axes


def _write_questions(fig: Figure, axes: np.ndarray, questions: Mapping[str, str]) -> None:
    """Write each question over the panels of its nulls, with a line that spans them."""
    fig.draw_without_rendering()
    asked = list(questions.values())
    y = 1 - 0.06 / fig.get_figheight()
    for question in dict.fromkeys(asked):
        first, last = asked.index(question), len(asked) - 1 - asked[::-1].index(question)
        left, right = axes[0, first].get_position().x0, axes[0, last].get_position().x1
        fig.text((left + right) / 2, y, question, ha="center", va="top", fontsize=8.5)
        low = y - 0.2 / fig.get_figheight()
        fig.add_artist(plt.Line2D([left, right], [low, low], color="0.35", linewidth=0.8))


def which_test(calls: pd.DataFrame, means: pd.DataFrame, questions: Mapping[str, str], alpha: float) -> Figure:
    """Draw the answer: the share of units that each null calls, without a shared code and with one.

    Parameters
    ----------
    calls
        Columns `situation`, `network` (its seed, or a made-up population's place), `null`, `alternative`, `called`, one
        row a network; the situation whose name starts with "planted" is drawn in full colour.
    means
        Columns `situation`, `null`, `alternative`, `mean`, `low`, `high` of `called`.
    questions
        Null → the question it answers, in the order of the panels.
    """
    situations = list(dict.fromkeys(calls.situation))
    fig, axes = _grouped(questions, 1, 1.25 + 0.36 * len(situations))
    for axis, null in zip(axes[0], questions, strict=True):
        threshold(axis, alpha)
        for y, situation in enumerate(situations):
            colour = SHARED if situation.startswith(_PLANTED) else CONTROL
            for side, offset in SIDE_OFFSET.items():
                at = {"situation": situation, "null": null, "alternative": side}
                marks = {"hollow": side != "two-sided", "markersize": 3.5, "alpha": 0.75, "markeredgewidth": 0.8}
                one = where(calls, **at)
                made_up = situation.startswith((_PLANTED, _UNRELATED))
                names = [f"{situation}, {f'population {n + 1}' if made_up else f'seed {n}'}" for n in one.network]
                dots(axis, one.called, y + offset, colour, names=names, **marks)
                for row in where(means, **at).itertuples():
                    interval(axis, (row.mean, row.low, row.high), y + offset, 7)
        axis.set(xlim=(-0.02, 1.02))
        axis.set_xticks(*_TICKS)
    label_rows(axes[0, 0], situations, 0.5)
    fig.supxlabel(f"share of units called at α = {alpha:.2f}".replace("0.", "."), fontsize=9)
    _write_questions(fig, axes, questions)
    at = ["situation", "null", "alternative"]
    table = calls[[*at, "called"]].merge(means[[*at, "mean", "low", "high"]], "left", at)
    two_sided = where(calls, alternative="two-sided")
    seen = means_seen(two_sided, "called", "null", "situation", what="Mean share called, two-sided")
    return keep(fig, which_test, table, seen)


def distributions_of_p(
    curves: Mapping[str, xr.DataArray], bands: Mapping[str, xr.DataArray], questions: Mapping[str, str]
) -> Figure:
    """Draw how p is distributed under each null in each situation: on the diagonal if it is uniform.

    Parameters
    ----------
    curves
        Situation → share of units with p at most `at`, dimensions (network, null, at).
    bands
        Situation → mean over networks and the limits of its interval, dimensions (limit, null, at).
    questions
        Null → the question it answers, in the order of the panels.
    """
    fig, axes = _grouped(questions, len(curves), 0.9 + 1.1 * len(curves))
    for row, (situation, one) in enumerate(curves.items()):
        for axis, null in zip(axes[row], questions, strict=True):
            axis.plot([0, 1], [0, 1], color="0.35", linewidth=0.8, linestyle=":", zorder=1)
            axis.plot(one["at"], one.sel(null=null).transpose("at", "network"), color=NULL, linewidth=0.6, zorder=0)
            mean, low, high = bands[situation].sel(null=null).transpose("limit", "at")
            axis.fill_between(one["at"], low, high, color=CONTROL, alpha=0.45, linewidth=0, zorder=2)
            axis.plot(one["at"], mean, color="black", linewidth=1.1, zorder=3)
            axis.set(xlim=(0, 1), ylim=(0, 1.02))
            axis.set_xticks(*_TICKS)
            axis.set_yticks(*_TICKS)
        axes[row, 0].set_ylabel(situation.replace(", ", ",\n").replace("independent ", "independent\n"), fontsize=8.5)
    fig.supxlabel("p", fontsize=9)
    _write_questions(fig, axes, questions)
    ends = ["mean", "low", "high"]
    limits = {name: one.assign_coords(limit=ends).to_dataset("limit") for name, one in bands.items()}
    table = tidy(xr.concat(limits.values(), pd.Index(limits, name="situation")))
    at = table.assign(p=(table["at"] - 0.05).abs().round(6)).sort_values("p", kind="stable")
    nearest = at.drop_duplicates(["situation", "null"]).sort_index()
    what = f"Mean share of units with p of at most {decimal(nearest['at'].iloc[0])}"
    return keep(fig, distributions_of_p, table, means_seen(nearest, "mean", "null", "situation", what=what))


def shares_by_actions(shares: pd.DataFrame, families: pd.DataFrame, alpha: float) -> Figure:
    """Draw what the tests of one code call among independent tunings, over the number of actions.

    Parameters
    ----------
    shares
        Columns `n_actions`, `null`, `alternative`, `mean`, `low`, `high`: share of units called, not corrected.
    families
        Columns `n_actions`, `null`, `alternative`, `correction`, `mean`, `low`, `high`: share of populations in which
        any unit is called.
    """
    fig, axes = plt.subplots(2, 1, figsize=(WIDTH, 5.6), sharex=True)
    labels = ("share of units called,\nnot corrected", "share of populations with any\nunit called, corrected by BH")
    for axis, table, text in zip(axes, (shares, families), labels, strict=True):
        threshold(axis, alpha, across=True)
        for null in dict.fromkeys(table.null):
            marker, colour, aside = BY_NULL[null]
            for side, offset in SIDE_OFFSET.items():
                one = where(table, null=null, alternative=side)
                x = one.n_actions + 0.4 * offset + aside
                axis.vlines(x, one.low.clip(0), one.high, color=CONTROL, linewidth=1)
                axis.plot(
                    x, one["mean"], marker, color=colour, markersize=4.2, linestyle="none",
                    markerfacecolor=None if side == "two-sided" else "white", label=f"{null}, {TITLES[side]}",
                )  # fmt: skip
                name_marks(axis, x, one["mean"], [f"{null}, {TITLES[side]}, K = {k}" for k in one.n_actions])
        axis.set(xlabel="number of actions K", ylabel=text, xticks=sorted(set(table.n_actions)))
        axis.set_ylim(bottom=0)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    for axis, text in zip(axes, "AB", strict=True):
        letter(axis, text)
    seen = " ".join(
        means_seen(where(table, alternative="two-sided"), "mean", "n_actions", "null", what=f"{what}, two-sided")
        for what, table in (("Share of units called", shares), ("Share of populations with any unit called", families))
    )
    return keep(fig, shares_by_actions, {"units": shares, "populations": families}, seen)


def populations_that_differ(
    by_share: pd.DataFrame, by_kind: pd.DataFrame, planted: pd.DataFrame, alpha: float
) -> Figure:
    """Draw how often two tests call a unit falsely where units differ, and what they find of planted ones.

    Parameters
    ----------
    by_share, by_kind, planted
        Rows of `mirror_core.studies.calibration.levels.levels`: those that differ in the share of tuned units, in kinds
        of tuning and noise, and those with planted units.
    alpha
        The nominal share of data sets with any false unit.
    """
    kinds = list(dict.fromkeys(zip(by_kind.tuning, by_kind.unit_noise, strict=True)))
    places = list(dict.fromkeys(zip(by_kind.n_actions, by_kind.tuned_share, strict=True)))
    heights = [2.1, 0.75 + 0.19 * len(kinds), 2.1]
    fig = plt.figure(figsize=(WIDTH, sum(heights) + 0.4))
    top, middle, bottom = fig.subfigures(3, 1, height_ratios=heights)

    counts = sorted(set(by_share.n_actions))
    axes = top.subplots(1, len(counts), sharey=True, squeeze=False)[0]
    shares = sorted(set(by_share.tuned_share))
    for axis, k in zip(axes, counts, strict=True):
        one = by_share[by_share.n_actions == k]
        threshold(axis, alpha, across=True)
        _two_tests(axis, one, one.tuned_share.map(shares.index), "false", 0.1)
        axis.set_title(f"K = {k}")
        axis.set(ylim=(-0.03, 1.03), xlim=(-0.5, len(shares) - 0.5))
        axis.set_xticks(range(len(shares)), [f"{100 * share:.0f}" for share in shares])
    axes[0].set_ylabel("data sets with\nany false unit")
    top.supxlabel("tuned units (%)", fontsize=9)

    across = middle.subplots(1, len(places), sharex=True, sharey=True, squeeze=False)[0]
    for axis, (k, share) in zip(across, places, strict=True):
        one = by_kind[(by_kind.n_actions == k) & (by_kind.tuned_share == share)]
        threshold(axis, alpha)
        rows = [kinds.index(kind) for kind in zip(one.tuning, one.unit_noise, strict=True)]
        _two_tests(axis, one, pd.Series(rows, one.index), "false", 0.16, upright=False)
        axis.set_title(f"K = {k}, {100 * share:.0f} % tuned", fontsize=9)
        axis.set(xlim=(-0.03, 1.03), ylim=(len(kinds) - 0.5, -0.5))
        axis.set_xticks(*_TICKS)
    across[0].set_yticks(range(len(kinds)), [f"{tuning}, {noise}" for tuning, noise in kinds], fontsize=8)
    middle.supxlabel("data sets with any false unit", fontsize=9)

    noises = list(dict.fromkeys(planted.unit_noise))
    shares = sorted(set(planted.tuned_share))
    below = bottom.subplots(1, len(noises), sharey=True, squeeze=False)[0]
    for axis, noise in zip(below, noises, strict=True):
        for share in shares:
            one = planted[(planted.unit_noise == noise) & (planted.tuned_share == share)]
            line = {"linewidth": 0.9, "linestyle": "-" if share == shares[-1] else "--"}
            _two_tests(axis, one, one.n_actions, "found", 0.12, **line)
        axis.set_title(f"{noise} noise")
        axis.set(ylim=(-0.03, 1.03), xticks=sorted(set(planted.n_actions)))
    below[0].set_ylabel("planted units found")
    bottom.supxlabel("number of actions K", fontsize=9)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    for axis, text in zip((axes[0], across[0], below[0]), "ABC", strict=True):
        letter(axis, text)
    panels = {"A": by_share, "B": by_kind, "C": planted}
    seen = " ".join(
        means_seen(panels[name], column, "test", what=f"{name}, {what}")
        for name, column, what in (
            ("A", "false", "share of data sets with any false unit"),
            ("B", "false", "the same for other tuning and noise"),
            ("C", "found", "share of planted units found"),
        )
    )
    return keep(fig, populations_that_differ, panels, seen)


def _two_tests(
    axis: Axes, table: pd.DataFrame, at: pd.Series, quantity: str, apart: float, *, upright: bool = True, **line: object
) -> None:
    """Draw a share of each test with its interval, side by side; `upright`: the share goes upwards."""
    for test, inside, side in (("unit-mismatch", "white", -1), ("tuning-mismatch", "black", 1)):
        marker, colour, _ = BY_NULL[test]
        one = table[table.test == test]
        place = at[one.index] + side * apart
        low, high = one[f"{quantity}_low"].clip(0, 1), one[f"{quantity}_high"].clip(0, 1)
        (axis.vlines if upright else axis.hlines)(place, low, high, color=colour, linewidth=1)
        places = (place, one[quantity]) if upright else (one[quantity], place)
        axis.plot(
            *places, marker, color=colour, markersize=3.8, markerfacecolor=inside, label=test,
            **({"linestyle": "none"} | line),
        )  # fmt: skip
        names = [
            f"{test}, K = {row.n_actions}, {100 * row.tuned_share:.0f} % tuned, {row.tuning}, {row.unit_noise} noise"
            + (", planted" if row.planted_share else "")
            for row in one.itertuples()
        ]
        name_marks(axis, *places, names)
