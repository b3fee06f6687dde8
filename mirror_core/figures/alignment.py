"""The figures of contrastive alignment: every condition in both worlds, and what is done beside what is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mirror_core.analysis.estimates import Estimate
from mirror_core.checks import whole
from mirror_core.figures.kept import keep, means_seen, of_estimates, sentence
from mirror_core.figures.marks import interval, label_rows, networks, threshold
from mirror_core.figures.style import CONTROL, CORRELATION_COLOURS, SHARED, row_of_panels
from mirror_core.studies.wording import decimal

OFFSET = 0.19
"""How far from the middle of its row a world is drawn where there are two."""


def conditions(
    names: Sequence[str],
    panels: Mapping[str, Mapping[str, Sequence[Estimate]]],
    chosen: str,
    levels: Mapping[str, tuple[float, str]],
    ends: Mapping[str, tuple[float, float]],
) -> Figure:
    """Draw one row for each condition, one panel for each measure, one dot a network.

    Parameters
    ----------
    panels
        Measure → world → what was found in each condition, without networks where a condition has none. Of two worlds,
        the second one's dots are hollow, and below.
    levels
        Measure → a value to compare with, and what it is.
    ends
        Measure → where its scale begins and ends, for those that have to be compared; else as its values ask for.
    """
    worlds = list(next(iter(panels.values())))
    fig, axes = row_of_panels(list(panels), 1.1 + (0.3 + 0.12 * len(worlds)) * len(names), sharex=False)
    for axis, (measure, of_worlds) in zip(axes[0], panels.items(), strict=True):
        for place, found in enumerate(of_worlds.values()):
            for y, (name, one) in enumerate(zip(names, found, strict=True)):
                if one.n:
                    at = y + OFFSET * (2 * place - 1) * (len(worlds) > 1)
                    colour = SHARED if name == chosen else CONTROL
                    networks(axis, one, at, colour, half=0.1, hollow=place > 0, markersize=3.5, alpha=0.8)
                    interval(axis, (one.mean, one.low, one.high), at, 8, share=False)
        if measure in levels:
            threshold(axis, *levels[measure])
        if measure in ends:
            axis.set_xlim(*ends[measure])
        axis.margins(x=0.08)
        axis.locator_params(axis="x", nbins=3)
    label_rows(axes[0, 0], names)
    if len(worlds) > 1:
        marks = [
            Line2D([], [], color=CONTROL, marker="o", linestyle="none", markersize=4, label=world,
                   markerfacecolor="white" if place else CONTROL)
            for place, world in enumerate(worlds)
        ]  # fmt: skip
        fig.legend(handles=marks, loc="outside lower center", ncols=len(worlds))
    found = {
        (measure, world, name): one
        for measure, of_worlds in panels.items()
        for world, of in of_worlds.items()
        for name, one in zip(names, of, strict=True)
        if one.n
    }
    table = of_estimates(found, ["measure", "world", "condition"])
    said = [
        means_seen(table[table.world == world], "value", "condition", "measure", what=f"Means in {world}")
        for world in worlds
    ]
    return keep(fig, conditions, table, " ".join(said))


def similarities(panels: Mapping[str, Float[np.ndarray, "performed observed"]], n_paired: int) -> Figure:
    """Draw how alike every episode done is to every one seen; an episode's own stands on the diagonal.

    Parameters
    ----------
    panels
        Title → cosines.
    n_paired
        How many episodes, the first, are of the paired actions; lines part them from the others.

    Raises
    ------
    OptionError
        If there is none.
    """
    whole("episodes of the paired actions in the matrix", n_paired, 1)
    fig, axes = row_of_panels(list(panels), 4.1, lone=0.55)
    for axis, matrix in zip(axes[0], panels.values(), strict=True):
        image = axis.imshow(matrix, cmap=CORRELATION_COLOURS, vmin=-1, vmax=1, interpolation="nearest")
        middles = [(n_paired - 1) / 2, (n_paired + len(matrix) - 1) / 2]
        for line in (axis.axhline, axis.axvline):
            line(n_paired - 0.5, color="black", linewidth=1.2)
        axis.set_xticks(middles, ["paired", "held out"])
        axis.set_yticks(middles, ["paired", "held out"], rotation=90, va="center")
        axis.tick_params(length=0)
        axis.set_xlabel("episodes seen, by their actions")
    axes[0, 0].set_ylabel("episodes done, by their actions")
    fig.colorbar(image, ax=axes[0].tolist(), label="cosine at the last timestep", shrink=0.7)
    made, said = {}, []
    for name, matrix in panels.items():
        episode = np.arange(len(matrix))
        made[name] = xr.DataArray(matrix, dims=["performed", "observed"], name="cosine").assign_coords(
            performed=episode, observed=episode
        )
        parts = {"paired": slice(0, n_paired), "held-out": slice(n_paired, None)}
        means = [f"{kind} actions, {_own_and_others(matrix[part, part])}" for kind, part in parts.items()]
        said.append(f"{name}: cosine of an episode of {'; of '.join(means)}")
    return keep(fig, similarities, made, sentence(said))


def _own_and_others(block: np.ndarray) -> str:
    """Say the mean on the diagonal, and that off it where there is any."""
    own, rest = np.diag(block), block[~np.eye(len(block), dtype=bool)]
    return f"{decimal(own.mean())} with its own" + (f" and {decimal(rest.mean())} with others" if len(rest) else "")
