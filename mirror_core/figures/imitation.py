"""A spiking learner that watches an expert: what each condition leaves, dose and step, tunings, boards and a film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mirror_core.analysis.estimates import Estimate, Values, estimate
from mirror_core.experiments.imitation_world import DISTANCE, MOVES, N_PLACES, SIDE, step
from mirror_core.figures.kept import keep, means_seen, name_marks, of_estimates
from mirror_core.figures.marks import by_seed, interval, label_rows, networks, share_ticks, threshold
from mirror_core.figures.style import CONTROL, MODE_THEMED, SHARED, row_of_panels
from mirror_core.studies.wording import decimal

_LOOKS = (("-", "o"), ("--", "s"), (":", "D"))
_STEPS = ("#56B4E9", "#0072B2", "#002F4D")


def conditions(imitated: Mapping[str, Values], saved: Mapping[str, Estimate]) -> Figure:
    """Draw one row for each condition: what is imitated before any reward, and the episodes that are saved.

    Parameters
    ----------
    imitated
        Condition → one share a learner, which is named if they are indexed by seed.
    saved
        Condition → log₂ of its episodes to those of the same learner alone, one a learner.
    """
    fig, axes = row_of_panels(
        ["reached before any reward", "episodes, against alone"], 1 + 0.34 * len(imitated), sharex=False
    )
    left, right = axes[0]
    for y, (condition, values) in enumerate(imitated.items()):
        colour = SHARED if condition == "imitation" else CONTROL
        shares = by_seed(values) if isinstance(values, pd.Series) else estimate(values)
        for axis, found in ((left, shares), (right, saved.get(condition))):
            if found is not None:
                networks(axis, found, y, colour, half=0.3, markersize=1.8, alpha=0.55)
                interval(axis, (found.mean, found.low, found.high), y, 10, share=axis is left)
    left.set(xlim=(-0.02, 1), xlabel="share of starts")
    share_ticks(left)
    threshold(right, 0, "as many")
    right.set_xticks([-4, -2, 0, 2, 4], ["1/16", "1/4", "1", "4", "16"])
    right.set_xlabel("times as many episodes (log scale)")
    label_rows(left, list(imitated))
    found = {("share imitated", name): estimate(values) for name, values in imitated.items()}
    found |= {("log2 of episodes against alone", name): one for name, one in saved.items()}
    table = of_estimates(found, ["measure", "condition"])
    return keep(fig, conditions, table, means_seen(table, "value", "condition", "measure", what="Means"))


def sweep(imitated: pd.DataFrame, saved: pd.DataFrame) -> Figure:
    """Draw how dose and step change what is imitated and the episodes that are saved: a line for each step.

    Parameters
    ----------
    imitated, saved
        One row for each `n_watched` and `step`, with `found`, an estimate over learners; as for `conditions`.
    """
    fig, axes = row_of_panels(
        ["reached before any reward", "episodes, against none watched"], 2.7, sharex=True, sharey=False
    )
    left, right = axes[0]
    for axis, table in ((left, imitated), (right, saved)):
        for (size, rows), (line, marker), colour in zip(table.groupby("step"), _LOOKS, _STEPS, strict=False):
            mean, low, high = np.array([(one.mean, one.low, one.high) for one in rows.found]).T
            axis.errorbar(
                rows.n_watched, mean, (mean - low, high - mean), color=colour, linestyle=line, marker=marker,
                markersize=4, capsize=2, label=f"step {size:g}",
            )  # fmt: skip
            name_marks(axis, rows.n_watched, mean, [f"{n} paths watched, step {size:g}" for n in rows.n_watched])
        axis.set_xlabel("paths watched")
        axis.set_xticks(sorted(set(table.n_watched)))
    left.set(ylim=(0, 1), ylabel="share of starts")
    threshold(right, 0, "as many", across=True)
    right.set_yticks([-3, -2, -1, 0], ["1/8", "1/4", "1/2", "1"])
    right.set_ylabel("times as many episodes")
    left.legend(loc="upper left")
    measures = (("share imitated", imitated), ("log2 of episodes against none watched", saved))
    rows = [
        (measure, one.n_watched, f"step {one.step:g}", one.found.mean, one.found.low, one.found.high)
        for measure, table in measures
        for one in table.itertuples()
    ]
    table = pd.DataFrame(rows, columns=["measure", "n_watched", "step", "mean", "low", "high"])
    shares = table[table.measure == "share imitated"]
    seen = means_seen(shares, "mean", "n_watched", "step", what="Mean share imitated by paths watched")
    return keep(fig, sweep, table, seen)


def tunings(panels: Mapping[str, Float[np.ndarray, "cell move"]]) -> Figure:
    """Draw the mean spikes of every cell for every move, a panel for each recording, in one order of cells."""
    fig, axes = row_of_panels(list(panels), 3.0, sharey=True)
    first = next(iter(panels.values()))
    order = np.lexsort((-first.max(1), first.argmax(1)))
    for axis, spikes in zip(axes[0], panels.values(), strict=True):
        image = axis.imshow(
            spikes[order], cmap="Greys", vmin=0, vmax=max(one.max() for one in panels.values()), aspect="auto"
        )
        axis.set_xticks(range(len(MOVES)), ["↑", "↗", "→", "↘", "↓", "↙", "←", "↖"])
        axis.set_xlabel("move")
    axes[0, 0].set_ylabel("motor cell")
    fig.colorbar(image, ax=axes[0].tolist(), label="spikes in a decision", shrink=0.8)
    made = {
        name: xr.DataArray(spikes, dims=["cell", "move"], name="spikes").assign_coords(
            cell=np.arange(len(spikes)), move=np.arange(len(MOVES))
        )
        for name, spikes in panels.items()
    }
    said = ", ".join(f"{name} {decimal(float(spikes.max()), 1)}" for name, spikes in panels.items())
    return keep(fig, tunings, made, f"Most spikes of a cell, {said}.", part="recording")


def boards(moves: Mapping[str, Sequence[int]], goal: int, visited: Mapping[str, Sequence[int]]) -> Figure:
    """Draw a board for each condition: an arrow for the move that the learner makes at each place.

    Parameters
    ----------
    moves
        Condition → the move at each place.
    visited
        Condition → places where the expert was, shaded.
    """
    fig, axes = row_of_panels(list(moves), 2.3)
    for axis, (condition, arrows) in zip(axes[0], moves.items(), strict=True):
        _board(axis, goal, visited[condition])
        for place, move in enumerate(arrows):
            if place != goal:
                row, column = divmod(place, SIDE)
                nearer = _nearer(place, move, goal)
                look = {"color": SHARED, "linewidth": 1.5} if nearer else {"color": "0.55", "linewidth": 0.9}
                down, right = 0.62 * MOVES[move] / np.hypot(*MOVES[move])
                ends = (column + right / 2, row + down / 2), (column - right / 2, row - down / 2)
                axis.annotate("", *ends, arrowprops={"arrowstyle": "->"} | look)
    rows = [
        (condition, place, move, place in visited[condition], _nearer(place, move, goal))
        for condition, arrows in moves.items()
        for place, move in enumerate(arrows)
        if place != goal
    ]
    table = pd.DataFrame(rows, columns=["condition", "place", "move", "expert was here", "nearer"])
    what = "Share of places from which the move leads nearer to the goal"
    shares = table.groupby("condition", sort=False).nearer.mean().reset_index()
    return keep(fig, boards, table, means_seen(shares, "nearer", "condition", what=what))


def _nearer(place: int, move: int, goal: int) -> bool:
    return bool(DISTANCE[step(place, move).after, goal] < DISTANCE[place, goal])


def _board(axis: Axes, goal: int, visited: Sequence[int]) -> None:
    for place in range(N_PLACES):
        row, column = divmod(place, SIDE)
        face = "0.9" if place in visited else "white"
        axis.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=face, edgecolor="0.8", linewidth=0.6))
    axis.plot(goal % SIDE, goal // SIDE, "*", color="black", markersize=11)
    axis.set(xlim=(-0.55, SIDE - 0.45), ylim=(SIDE - 0.45, -0.55), xticks=[], yticks=[], aspect="equal")
    axis.spines[:].set_visible(False)


_SIZE, _TOP = 40, 34
"""Of a place in the film's pictures, and where the board begins."""


def picture(
    actor: str, place: int | None, trail: Sequence[int], goal: int | None,
    motor: Float[np.ndarray, " motor_cell"], mode: str,
    goal_cells: float, most: float,
) -> str:  # fmt: skip
    """Draw a step of the film as SVG: the board at the left, motor and goal cells at the right.

    Parameters
    ----------
    actor
        Who is on the board: "learner" or "expert".
    place
        Where; None: nowhere, in the dark.
    motor
        Spikes of motor cells, in the order in which they are drawn, ten a row.
    mode
        "perform" or "observe": the colour of the motor cells.
    """
    trodden = "".join(_square(at) for at in range(N_PLACES) if at in trail)
    others = "".join(_square(at) for at in range(N_PLACES) if at not in trail)
    where = "nowhere, in the dark" if place is None else actor
    # single quotes, since each picture is kept as JSON
    parts = [
        "<svg viewBox='0 0 640 330' role='img' font-family='sans-serif' font-size='13' fill='currentColor'>"
        f"<path d='{others}' opacity='.07'/><path d='{trodden}' opacity='.22'/>"
        f"<text x='10' y='22'>on the board: {where}</text><text x='330' y='22'>motor cells</text>"
    ]
    if goal is not None:
        x, y = _middle(goal)
        parts.append(f"<text x='{x}' y='{y + 9}' text-anchor='middle' font-size='26'>★</text>")
    if place is not None:
        x, y = _middle(place)
        shape, whose = (
            (f"<circle cx='{x}' cy='{y}' r='12'", "perform")
            if actor == "learner"
            else (f"<rect x='{x - 11}' y='{y - 11}' width='22' height='22'", "observe")
        )
        parts.append(f"{shape} fill='{MODE_THEMED[whose]}' stroke='currentColor' stroke-width='1.5'/>")
    for n, spikes in enumerate(motor):
        x, y = 330 + 30 * (n % 10), _TOP + 26 * (n // 10)
        if spikes:
            strength = f"{min(spikes / most, 1):.2f}"
            parts.append(f"<path d='M{x} {y}h27v23h-27z' fill='{MODE_THEMED[mode]}' opacity='{strength}'/>")
    frames = "".join(f"M{330 + 30 * (n % 10)} {_TOP + 26 * (n // 10)}h27v23h-27z" for n in range(len(motor)))
    bottom = _TOP + 26 * (len(motor) // 10) + 40
    parts.append(
        f"<path d='{frames}M330 {bottom}h297v16h-297z' fill='none' stroke='currentColor' opacity='.35'/>"
        f"<text x='330' y='{bottom - 8}'>goal cells that fire: {100 * goal_cells:.0f} %</text>"
        f"<path d='M330 {bottom}h{297 * goal_cells:.0f}v16H330z' fill='#009e73'/></svg>"
    )
    return "".join(parts)


def _square(place: int) -> str:
    """Return the outline of a place on the film's board."""
    x, y = _middle(place)
    return f"M{x - 19} {y - 19}h38v38h-38z"


def _middle(place: int) -> tuple[int, int]:
    row, column = divmod(place, SIDE)
    return 29 + _SIZE * column, _TOP + 19 + _SIZE * row
