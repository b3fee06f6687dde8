"""Pairs that cooperate: the answer in four panels, how a pair learns, and pictures of its world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mirror_core.analysis.estimates import Estimate
from mirror_core.experiments.cooperation_world import (
    COLUMN,
    COLUMNS,
    FROZEN,
    POKE_COLUMN,
    POKE_ROW,
    ROW,
    ROWS,
    WAITS,
    WATER_COLUMN,
    WATER_ROW,
)
from mirror_core.figures.kept import keep, means_seen, of_estimates, sentence
from mirror_core.figures.marks import interval, label_rows, networks, threshold
from mirror_core.figures.style import CONTROL, SHARED, row_of_panels


def answer(conditions: Sequence[str], main: str, panels: Mapping[str, Mapping[str, Estimate]]) -> Figure:
    """Draw one panel for each measure, one row for each condition.

    Parameters
    ----------
    panels
        Title → condition → one value a pair.
    """
    fig, axes = row_of_panels(list(panels), 1.5 + 0.3 * len(conditions), sharex=False)
    for axis, found in zip(axes[0], panels.values(), strict=True):
        for y, condition in enumerate(conditions):
            one = found[condition]
            colour = SHARED if condition == main else CONTROL
            networks(axis, one, y, colour, half=0.25, hollow=condition != main, markersize=3.5)
            interval(axis, (one.mean, one.low, one.high), y, 12, share=False)
        threshold(axis, 0)
        low, high = axis.get_xlim()
        axis.set_xlim(min(low, -0.05), max(high, 0.3))
        axis.locator_params(axis="x", nbins=4)
    label_rows(axes[0, 0], conditions)
    found = {(title, name): of[name] for title, of in panels.items() for name in conditions}
    table = of_estimates(found, ["measure", "condition"])
    return keep(fig, answer, table, means_seen(table, "value", "condition", "measure", what="Means"))


def learning(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Draw paid pokes of an agent and misses of both in an episode while a pair learns, one panel for each stage."""
    fig, axes = row_of_panels(list(curves), 2.2, sharex=False)
    for axis, curve in zip(axes[0], curves.values(), strict=True):
        steps = np.array([one["steps"] for one in curve]) / 1000
        axis.plot(steps, [one["paid"] for one in curve], color=SHARED, label="paid pokes")
        axis.plot(steps, [one["misses"] for one in curve], color=CONTROL, linestyle="--", label="misses")
        axis.set_xlabel("thousand timesteps")
    axes[0, 0].set_ylim(bottom=0)  # which both panels share
    axes[0, 0].set_ylabel("in an episode")
    axes[0, 0].legend(frameon=False)
    table = {stage: pd.DataFrame(curve)[["steps", "paid", "misses"]] for stage, curve in curves.items()}
    said = [f"{stage}: from {one.paid.iloc[0]:.1f} to {one.paid.iloc[-1]:.1f}" for stage, one in table.items()]
    return keep(fig, learning, table, f"Paid pokes in an episode, {sentence(said)}", part="stage")


_CELL, _GAP = 30, 16
"""Side of a cell, and the wall between the halves, in the units of the pictures."""


def world(states: np.ndarray, poked: Sequence[bool], together: str) -> str:
    """Return a picture of both halves as an SVG element.

    Parameters
    ----------
    states
        (agent, 10), as of `mirror_core.experiments.cooperation_world.Worlds.states`.
    together
        "cooperation", "miss" or nothing: what is written over the wall.
    """
    width, height = 2 * COLUMNS * _CELL + _GAP, ROWS * _CELL + 26
    parts = []
    for k, s in enumerate(states):
        left = k * (COLUMNS * _CELL + _GAP)

        def at(row: int, column: int, left: float = left) -> tuple[float, float]:
            return left + (int(column) + 0.5) * _CELL, 26 + (int(row) + 0.5) * _CELL

        lines = "".join(f"M{left} {26 + i * _CELL}h{COLUMNS * _CELL}" for i in range(ROWS + 1))
        lines += "".join(f"M{left + i * _CELL} 26v{ROWS * _CELL}" for i in range(COLUMNS + 1))
        parts.append(f'<path d="{lines}" stroke="currentColor" stroke-opacity=".18" fill="none"/>')
        x, y = at(s[POKE_ROW], s[POKE_COLUMN])
        parts.append(
            f'<rect x="{x - 12}" y="{y - 12}" width="24" height="24" rx="3" fill="{SHARED}" '
            f'fill-opacity="{0.75 if poked[k] else 0.12}" stroke="{SHARED}" stroke-width="2"/>'
        )
        x, y = at(s[WATER_ROW], s[WATER_COLUMN])
        parts.append(
            f'<path d="M{x} {y - 11}C{x + 4} {y - 4} {x + 8} {y} {x + 8} {y + 4}A8 7 0 0 1 {x - 8} {y + 4}'
            f'C{x - 8} {y} {x - 4} {y - 4} {x} {y - 11}Z" fill="#0072B2" fill-opacity="{0.9 if s[WAITS] else 0}" '
            'stroke="#0072B2" stroke-width="1.5"/>'
        )
        x, y = at(s[ROW], s[COLUMN])
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="8.5" fill="currentColor" fill-opacity="{0.45 if s[FROZEN] else 0.95}"/>'
            f'<text x="{x}" y="{y + 4}" text-anchor="middle" font-size="11" font-weight="bold" '
            f'fill="var(--pst-color-background, white)">{"AB"[k]}</text>'
        )
    if together:
        parts.append(
            f'<text x="{width / 2}" y="16" text-anchor="middle" font-size="13" font-weight="bold" fill="currentColor">'
            f"{escape(together)}</text>"
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 0 {width + 4} {height + 2}" role="img" '
        f'style="max-width: 22rem" font-family="sans-serif">{"".join(parts)}</svg>'
    )
