"""What is said of a file's fields, and the options that their names and values suggest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from mirror_core.recordings.continuous import MISSING
from mirror_core.recordings.formats.base import Field
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.trials import as_text

FEW = 12
"""How many different values a column may have to be listed."""

PERFORMING = ("perform", "exec", "do", "self", "act", "m", "move")
OBSERVING = ("observ", "obs", "watch", "other", "see", "h", "view")
"""How values of a column of modes begin (those of one or two letters: what they are)."""

BOUNDS = ("start_time", "stop_time", "end", "id", "Unnamed: 0")
"""Columns of a table of trials that are neither an event nor a condition."""


def described(name: str, array: np.ndarray, of: str = "") -> Field:
    """Return what is to be said of an array: its different values, where they are few."""
    array = np.asarray(array)
    separate = array.dtype == object and any(np.size(part) > 1 for part in array.flat)
    first = np.asarray(array.flat[0]) if array.dtype == object and array.size else array
    kind = "text" if first.dtype.kind in "UOST" else str(first.dtype)
    if separate:
        kind = f"arrays of {kind}, the first of shape {first.shape}"
    counts = Counter() if separate or array.size > 10**5 else Counter(as_text(array).tolist())
    values = dict(sorted(counts.items())) if 0 < len(counts) <= FEW else None
    return Field(name, array.shape, kind, of, values, *(_span(array) if of and len(counts) > FEW else ()))


def _span(column: np.ndarray) -> tuple[tuple[float, float] | None, bool]:
    """Return the smallest and the largest of numbers, or None for words, and whether they rise from row to row."""
    words = as_text(column)
    words = words[~np.isin(words, MISSING)]
    try:
        numbers = words.astype(float)
    except ValueError:
        return None, False
    if not len(numbers) or not np.isfinite(numbers).all():
        return None, False
    different = numbers[np.r_[True, np.diff(numbers) != 0]]  # a table has many rows of one trial
    return (float(numbers.min()), float(numbers.max())), bool((np.diff(different) > 0).all())


def proposed(fields: Iterable[Field], *, event: bool = False, **options: object) -> Layout:
    """Return the layout that the names and values of columns of trials suggest.

    Parameters
    ----------
    event
        Whether a column with times of an event is needed.
    options
        What is known already.
    """

    def like(values: Iterable[str], words: tuple[str, ...]) -> list[str]:
        return [v for v in values for w in words if v.lower() == w or (len(w) > 2 and v.lower().startswith(w))]

    columns = [one for one in fields if one.of == "trial" and one.name not in BOUNDS]
    if event:
        times = [one for one in columns if one.kind.startswith("float")]
        times.sort(key=lambda one: not (one.rising or one.span is None))  # of many numbers, those that rise
        options |= {"event": (times[0].name if times else "start_time")}
    few = [one for one in columns if one.values and len(one.values) > 1 and one.name != options.get("event")]
    for one in few:
        performing, observing = like(one.values, PERFORMING), like(one.values, OBSERVING)
        if performing and observing:
            options |= {"mode": one.name, "perform": performing[0], "observe": observing[0]}
            break
    else:
        options |= {"halves": True}
    rest = [one for one in few if one.name != options.get("mode")]
    words = [one for one in rest if one.kind == "text"][:1]
    if numbers := [] if rest else continuous(columns, options.get("event")):
        return Layout(**options, condition=(numbers[0],), continuous=True)
    options |= {"condition": tuple(one.name for one in (words or rest[:2]))}
    return Layout(**options)


def continuous(fields: Iterable[Field], event: str | None = None) -> list[str]:
    """Return the columns of trials with many different numbers that do not rise: continuous conditions, perhaps."""
    return [
        one.name
        for one in fields
        if one.of == "trial" and one.span and not one.rising and one.name not in (*BOUNDS, event)
    ]
