"""Frog and Toad: what the index follows, the rises of single units, and the board of one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mirror_core.analysis.estimates import Estimate
from mirror_core.figures.kept import keep, means_seen, of_estimates
from mirror_core.figures.marks import interval, label_rows, networks, threshold
from mirror_core.figures.style import CONTROL, SHARED, row_of_panels

PLAY, LONG, LONG_CONTROL = "#CC79A7", "#00523B", "#333333"
"""Colours of what is learned by play, and of what is taught longer: darker shades of the same."""
LOOK = {
    "untrained": dict(colour=CONTROL, hollow=True, marker="o"),
    "no helping": dict(colour=CONTROL, hollow=False, marker="s"),
    "labels": dict(colour=SHARED, hollow=False, marker="o"),
    "long no helping": dict(colour=LONG_CONTROL, hollow=False, marker="s"),
    "long labels": dict(colour=LONG, hollow=False, marker="D"),
    "play": dict(colour=PLAY, hollow=False, marker="^"),
}
"""What was learned from → its mark."""


def by_coding(
    codings: Sequence[str],
    panels: Mapping[str, Mapping[tuple[str, str], Estimate]],
    limits: Mapping[str, tuple[float, float]],
) -> Figure:
    """Draw one row for each coding and one panel for each measure, a line of dots for each way of learning.

    Parameters
    ----------
    panels
        Measure's name as a title → (coding, way of learning) → what was found.
    limits
        Title → least and largest possible value, where intervals are cut.
    """
    fig, axes = row_of_panels(list(panels), 1.0 + 1.05 * len(codings), sharex=False)
    for axis, (title, found) in zip(axes[0], panels.items(), strict=True):
        for y, coding in enumerate(codings):
            there = [how for how in LOOK if (coding, how) in found]
            for how, off in zip(there, 0.14 * (np.arange(len(there)) - (len(there) - 1) / 2), strict=True):
                one, look = found[coding, how], LOOK[how]
                networks(axis, one, y + off, look["colour"], half=0.03, hollow=look["hollow"], markersize=3,
                     marker=look["marker"])  # fmt: skip
                low, high = np.clip([one.low, one.high], *limits[title])
                interval(axis, (one.mean, low, high), y + off, 7, share=False)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        if limits[title][0] < 0:
            threshold(axis, 0)
    label_rows(axes[0, 0], codings)
    marks = [
        Line2D([], [], color=look["colour"], marker=look["marker"], linestyle="none", label=how,
               markerfacecolor="white" if look["hollow"] else look["colour"])
        for how, look in LOOK.items()
    ]  # fmt: skip
    fig.legend(handles=marks, loc="outside lower center", ncols=len(marks))
    found = {(title, *key): one for title, of in panels.items() for key, one in of.items() if key[1] in LOOK}
    table = of_estimates(found, ["measure", "coding", "learned from"])
    groups = table.assign(group=table.coding + " / " + table["learned from"])
    return keep(fig, by_coding, table, means_seen(groups, "value", "group", "measure", what="Means"))


def unit_rises(rises: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]) -> Figure:
    """Draw each hidden unit's rise in the partner's distress over its rise in its own.

    Parameters
    ----------
    rises
        Coding → way of learning → both rises of every unit, in its deviations. Where both are positive, they count.
    """
    fig, axes = row_of_panels(list(rises), 2.6)
    limit = 1.08 * max(
        np.abs(one).max(initial=0.1) for kinds in rises.values() for pair in kinds.values() for one in pair
    )
    for axis, of_coding in zip(axes[0], rises.values(), strict=True):
        axis.fill_between([0, limit], 0, limit, color="0.93", zorder=-1, linewidth=0)
        axis.axhline(0, color="0.6", linewidth=0.6, zorder=0)
        axis.axvline(0, color="0.6", linewidth=0.6, zorder=0)
        for how, (own, partner) in of_coding.items():
            look = LOOK[how]
            face = "white" if look["hollow"] else look["colour"]
            axis.plot(own, partner, look["marker"], color=look["colour"], markerfacecolor=face, markersize=4, label=how)
        axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="own distress")
        axis.xaxis.set_major_locator(MaxNLocator(3, symmetric=True))
        axis.yaxis.set_major_locator(MaxNLocator(3, symmetric=True))
    axes[0, 0].set_ylabel("partner's distress")
    marks, names = axes[0, 0].get_legend_handles_labels()
    fig.legend(marks, names, loc="outside lower center", ncols=len(names))
    table = {
        (coding, how): pd.DataFrame({"own distress": own, "partner's distress": partner})
        for coding, kinds in rises.items()
        for how, (own, partner) in kinds.items()
    }
    counts = [
        f"{coding}, {how}: {int(((one > 0).all(axis=1)).sum())} of {len(one)}" for (coding, how), one in table.items()
    ]
    named = {", ".join(key): one for key, one in table.items()}
    return keep(fig, unit_rises, named, f"Units with both rises positive, {'; '.join(counts)}.", part="network")


CELL = 20
"""Width of a column in a picture of the board."""


def board_picture(
    rough: np.ndarray, flies: np.ndarray, columns: Sequence[int], distress: Sequence[bool], energy: Sequence[int],
    said: Sequence[str], activity: Sequence[np.ndarray],
) -> str:  # fmt: skip
    """Return the board of one step as SVG, with what the players do and how active the frog's hidden units are.

    Parameters
    ----------
    columns, distress, energy, said
        Of frog and toad: where it stands, whether in distress, its energy, and what it does.
    activity
        For each hidden layer, of each unit from 0 to 1.
    """
    width, ground = len(rough) * CELL, 96
    parts = []
    for k, (name, colour) in enumerate((("Frog", "#009e73"), ("Toad", "#b8860b"))):
        x, full = 8 + k * width / 2, 20
        parts.append(_text(x, 16, f"{name}: {said[k]}{' · in distress' if distress[k] else ''}", 16))
        parts.append(f'<rect x="{x}" y="22" width="{6 * full}" height="8" fill="none" stroke="currentColor"/>')
        parts.append(f'<rect x="{x}" y="22" width="{6 * energy[k]}" height="8" fill="{colour}"/>')
        parts.append(_text(x + 6 * full + 6, 30, f"energy {energy[k]}", 14))
    teeth = "".join(f"M{i * CELL} {ground + 14}l5 -12 5 12 5 -12 5 12z" for i in np.flatnonzero(rough))
    solid = "".join(f"M{i * CELL} {ground + 17}h{CELL}" for i in np.flatnonzero(~rough))
    above = "".join(f"M{i * CELL + CELL // 2} 48h.01" for i in np.flatnonzero(flies))
    parts.append(f'<path d="{teeth}" fill="#d55e00"/>')
    parts.append(f'<path d="{solid}" stroke="currentColor" stroke-width="6" opacity=".6"/>')
    parts.append(f'<path d="{above}" stroke="currentColor" stroke-width="5" stroke-linecap="round"/>')
    together = columns[0] == columns[1]
    for k, (letter, colour) in enumerate((("F", "#009e73"), ("T", "#b8860b"))):
        x, y = columns[k] * CELL + CELL / 2, ground - 8 - (18 if together and k else 0)
        ring = ' stroke="#d55e00" stroke-width="3"' if distress[k] else ""
        parts.append(f'<circle cx="{x}" cy="{y}" r="9" fill="{colour}"{ring}/>')
        parts.append(_text(x, y + 4, letter, 12, "white", "middle"))
        if distress[k]:
            parts.append(_text(x, y - 13, "!", 14, "#d55e00", "middle"))
    for layer, units in enumerate(activity):
        y = ground + 44 + layer * 20
        parts.append(_text(0, y + 12, f"frog's layer {layer + 1}", 14))
        cells = "".join(f"M{110 + unit * 16} {y}h13v13h-13z" for unit in range(len(units)))
        parts.append(f'<path d="{cells}" fill="none" stroke="currentColor" opacity=".35"/>')
        for unit in np.flatnonzero(np.asarray(units) > 0.005):
            shade = f'fill="#0072b2" opacity="{units[unit]:.2f}"'
            parts.append(f'<path d="M{110 + unit * 16} {y}h13v13h-13z" {shade}/>')
    return f'<svg viewBox="-4 0 {width + 8} {ground + 90}" role="img">{"".join(parts)}</svg>'


def _text(x: float, y: float, said: str, size: int, colour: str = "currentColor", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">{said}</text>'
