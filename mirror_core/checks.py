"""Checks of single values: one clear sentence that names the thing, its value and what is allowed."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from numbers import Integral, Real


class OptionError(ValueError):
    """A setting or an option has an impossible value or an unknown name."""


def unknown(kind: str, name: object, allowed: Iterable[str]) -> OptionError:
    """Return the error for an unknown `name`, with the nearest allowed names first."""
    allowed = list(allowed)
    near = difflib.get_close_matches(str(name), allowed, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return OptionError(f"unknown {kind} {name!r}.{hint} Allowed: {', '.join(allowed)}.")


def one_of(kind: str, value: object, allowed: Iterable[str]) -> None:
    """Raise `OptionError` unless `value` is one of the `allowed` names."""
    allowed = list(allowed)
    if value not in allowed:
        raise unknown(kind, value, allowed)


MOST = 10**6
"""The most of anything that is asked for by its number: networks of a sweep, seeds, populations, draws."""


def whole(name: str, value: object, low: int, high: int | None = None) -> None:
    """Raise `OptionError` unless `value` is a whole number from `low` to `high`."""
    allowed = f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high}"
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_whole or value < low or (high is not None and value > high):
        raise OptionError(f"{name} = {value!r} is not allowed: it must be {allowed}.")


def number(
    name: str, value: object, low: float = -math.inf, high: float = math.inf, *, open_low=False, open_high=False
) -> None:
    """Raise `OptionError` unless `value` is a finite number in the stated range."""
    is_number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    above = is_number and (value > low if open_low else value >= low)
    below = is_number and (value < high if open_high else value <= high)
    if not (above and below):
        limits = [f"{'greater than' if open_low else 'at least'} {low:g}"] if math.isfinite(low) else []
        if math.isfinite(high):
            limits.append(f"{'less than' if open_high else 'at most'} {high:g}")
        raise OptionError(
            f"{name} = {value!r} is not allowed: it must be a number {' and '.join(limits) or 'that is finite'}."
        )


def plain(value: object) -> object:
    """Return a number as Python's own int or float, whatever library it comes from; anything else as it is."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    return value


def flag(name: str, value: object) -> None:
    """Raise `OptionError` unless `value` is True or False."""
    if not isinstance(value, bool):
        raise OptionError(f"{name} = {value!r} is not allowed: it must be True or False.")
