"""Systems that claim mirror units, side by side under one set of tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirror_core.analysis.estimates import Estimate
from mirror_core.figures.kept import keep, means_seen, of_estimates
from mirror_core.figures.marks import BySeed, dots, interval, label_rows, note, threshold
from mirror_core.figures.style import CONTROL, SHARED, row_of_panels

_OFFSET = 0.17
"""Where the control stands below its row."""


def side_by_side(
    names: Sequence[str],
    panels: Mapping[str, Sequence[tuple[Estimate | None, Estimate | None]]],
    level: Mapping[str, tuple[float, str]],
) -> Figure:
    """Draw one row for each system, one panel for each test.

    Parameters
    ----------
    panels
        Test → for each row what was found in the system and in its control; None where it cannot be asked.
    level
        Test → a value to compare with, and what it is.
    """
    fig, axes = row_of_panels(list(panels), 1.1 + 0.5 * len(names), sharex=False)
    for axis, (test, rows) in zip(axes[0], panels.items(), strict=True):
        for y, (found, control) in enumerate(rows):
            if found is None:
                at, place = ((level[test][0], y), "data") if test in level else ((0, y), ("axes fraction", "data"))
                note(axis, "not asked", at, (4, 0), place, va="center", color="0.45")
                continue
            if control is not None:
                _learners(axis, control, names[y], y + _OFFSET, CONTROL, hollow=True)
            _learners(axis, found, names[y], y - _OFFSET, SHARED)
            interval(axis, (found.mean, found.low, found.high), y - _OFFSET, 11, share=False)
        if test in level:
            threshold(axis, *level[test])
        axis.set_xlim(min(-0.03, axis.get_xlim()[0]), max(0.6, axis.get_xlim()[1]))
    label_rows(axes[0, 0], names)
    found = {
        (test, name, kind): one
        for test, rows in panels.items()
        for name, pair in zip(names, rows, strict=True)
        for kind, one in zip(("system", "control"), pair, strict=True)
        if one is not None
    }
    table = of_estimates(found, ["test", "system", "kind"])
    table = table.assign(system=table.system.str.replace("\n", " "))
    of_systems = table[table.kind == "system"]
    return keep(fig, side_by_side, table, means_seen(of_systems, "value", "system", "test", what="Means"))


def _learners(axis: Axes, one: Estimate, system: str, y: float, colour: str, **options) -> None:
    """Draw one dot a learner, named by its system and, if known, its seed."""
    seeds = one.seeds if isinstance(one, BySeed) else ()
    names = [f"{system}, seed {seed}" for seed in seeds]
    dots(axis, one.values, y, colour, half=0.08, markersize=3.5, names=names, **options)
