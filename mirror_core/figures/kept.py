"""What a figure keeps beside its picture: its data, the function that drew it, what is seen, what its marks are."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mirror_core.analysis.estimates import Estimate
from mirror_core.studies.wording import decimal

Table = pd.DataFrame | xr.DataArray | xr.Dataset


@dataclass(frozen=True)
class Kept:
    """What is known of a figure."""

    data: pd.DataFrame
    """A row for each thing that is drawn, or that makes it up."""
    by: str
    """The function, with its module."""
    line: int
    """Where it begins in the module's file."""
    seen: str
    """What is seen, with values; may be empty."""

    @property
    def csv(self) -> str:
        """The data with six digits, which is more than is seen."""
        return self.data.to_csv(index=False, float_format="%.6g", lineterminator="\n")

    @property
    def beside(self) -> dict[str, str | int]:
        """All of it, as a notebook keeps it: in the metadata of the figure's print version."""
        return {"csv": self.csv, "by": self.by, "line": self.line, "seen": self.seen}


_NAMED: WeakKeyDictionary[Figure, list[tuple[int, np.ndarray, list[str]]]] = WeakKeyDictionary()
"""Figure → panel, places of marks in its data, and their names."""


def name_marks(axis: Axes, x: Sequence[float], y: Sequence[float], names: Sequence[str]) -> None:
    """Say which unit or network each mark is: the site names it on hover, and rings what has this name elsewhere.

    Parameters
    ----------
    x, y
        Where the marks are, in the panel's data.
    names
        One a mark; the same in every panel of the figure for what is the same.
    """
    of = [str(name) for name in names]
    places = np.column_stack(np.broadcast_arrays(x, y)).astype(float)
    if len(of) != len(places):
        raise ValueError(f"{len(places)} marks have {len(of)} names; each needs one")
    # by its place among the panels: a panel knows its figure, which would never be forgotten
    whole = axis.figure.figure  # the panel's own may be a part of it
    _NAMED.setdefault(whole, []).append((whole.axes.index(axis), places, of))


def named_marks(fig: Figure) -> dict[str, list[int]]:
    """Return where the marks of each name lie in a figure that has been drawn.

    Returns
    -------
    Name → x, y, x, y, … from the upper left corner, in ten-thousandths of the figure's width and height.
    """
    found: dict[str, list[int]] = {}
    for panel, places, names in _NAMED.get(fig, ()):
        for name, (x, y) in zip(names, fig.axes[panel].transData.transform(places) / fig.bbox.size, strict=True):
            if np.isfinite([x, y]).all():
                found.setdefault(name, []).extend((round(1e4 * x), round(1e4 * (1 - y))))
    return found


FEW = 12
"""Groups up to which a range is said with each mean: a longer list is hard to listen to, and the table has it."""

_KEPT: WeakKeyDictionary[Figure, Kept] = WeakKeyDictionary()


def keep(
    fig: Figure, by: Callable[..., Figure], data: Table | Mapping[Hashable, Table], seen: str = "", part: str = "panel"
) -> Figure:
    """Keep with a figure what it draws, by which function, and what is seen; return the figure.

    Parameters
    ----------
    data
        What is drawn. Of an array every value that is defined becomes a row, with its labels. Several tables follow
        each other, with their names in a first column.
    seen
        Sentences on what is seen, with values.
    part
        Name of that column.
    """
    code = by.__code__
    if isinstance(data, Mapping) and not isinstance(data, xr.Dataset):
        parts = [tidy(one).assign(**{part: name}) for name, one in data.items()]
        table = pd.concat(parts, ignore_index=True)
        table.insert(0, part, table.pop(part))
    else:
        table = tidy(data)
    _KEPT[fig] = Kept(table, f"{by.__module__}.{by.__qualname__}", code.co_firstlineno, seen)
    return fig


def kept(fig: Figure) -> Kept | None:
    """Return what a figure keeps; None if nothing."""
    return _KEPT.get(fig)


def tidy(data: Table) -> pd.DataFrame:
    """Return a row for each value or, of several arrays with the same labels, for each label."""
    if isinstance(data, pd.DataFrame):
        return data.reset_index(drop=True)
    names = [str(data.name or "value")] if isinstance(data, xr.DataArray) else list(data.data_vars)
    frame = data.to_dataframe(names[0]) if isinstance(data, xr.DataArray) else data.to_dataframe()
    labels = [name for name in frame.index.names if name is not None]
    frame = frame.reset_index()
    return frame[[*labels, *names]].dropna(subset=names, how="all").reset_index(drop=True)


def of_estimates(found: Mapping[Hashable, Estimate], names: Sequence[str]) -> pd.DataFrame:
    """Return a row for each value of each estimate, with its mean and interval.

    Parameters
    ----------
    found
        Labels, one or a tuple → estimate.
    """
    columns = [*names, "value", "mean", "low", "high"]
    rows = [
        (*(labels if isinstance(labels, tuple) else (labels,)), value, one.mean, one.low, one.high)
        for labels, one in found.items()
        for value in np.ravel(one.values)
    ]
    return pd.DataFrame(rows, columns=columns)


def histogram(values: np.ndarray, bins: np.ndarray, **labels: object) -> pd.DataFrame:
    """Return how many of the values that are defined lie in each bin: `from`, `to`, `count`, after the labels."""
    values = np.ravel(values)
    counts, _ = np.histogram(values[np.isfinite(values)], bins)
    table = pd.DataFrame({"from": bins[:-1], "to": bins[1:], "count": counts})
    for place, (name, label) in enumerate(labels.items()):
        table.insert(place, name, label)
    return table


def median_seen(values: np.ndarray) -> str:
    """Say the median of the values that are defined; "none" if there are none."""
    finite = values[np.isfinite(values)]
    return decimal(np.median(finite)) if len(finite) else "none"


def sentence(parts: Sequence[str]) -> str:
    """Join what is said of panels; nothing if there is nothing to say."""
    return f"{'; '.join(parts)}." if parts else ""


def means_seen(
    table: pd.DataFrame, value: str, by: str, within: str = "", *, what: str = "Means", digits: int = 2
) -> str:
    """Say the mean of a value in every group, in the order of the table, and the range if there are few groups.

    Parameters
    ----------
    value
        Column of the values; those that are not defined do not count.
    by
        Column that names the groups.
    within
        Column of the panels, each with a list of groups; none: one list.
    what
        Words at the beginning: what the means are of.

    Examples
    --------
    >>> table = pd.DataFrame({"kind": ["a", "a", "b"], "x": [0.25, 0.75, 1.0]})
    >>> means_seen(table, "x", "kind", what="Mean share")
    'Mean share (range): a 0.50 (0.25 to 0.75); b 1.00.'
    """
    defined = table[np.isfinite(table[value].astype(float))]
    ranges = defined.groupby([within, by] if within else [by]).ngroups <= FEW
    said, any_range = [], False
    for panel, rows in defined.groupby(within, sort=False) if within else [("", defined)]:
        groups = []
        for name, one in rows.groupby(by, sort=False)[value]:
            low, high = decimal(one.min(), digits), decimal(one.max(), digits)
            aside = f" ({low} to {high})" if ranges and low != high else ""
            label = f"{name:g}".replace("-", "−") if isinstance(name, Real) else name
            groups.append(f"{label} {decimal(one.mean(), digits)}{aside}")
            any_range |= bool(aside)
        said.append(f"{panel}: {'; '.join(groups)}.")
    what += " (range)" if any_range else ""
    return (f"{what}. " if within else what) + " ".join(said) if said else ""
