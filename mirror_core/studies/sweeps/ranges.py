"""Ranges of numbers that a random sample draws from."""

import math
from dataclasses import dataclass

from mirror_core.checks import OptionError, flag, number

_DIGITS = 6
"""Significant digits of a drawn number: enough, and the same on machines that round a power differently."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, all equally likely; with `log`, all ratios equally likely.

    A setting that takes whole numbers is drawn among the whole numbers from `low` to `high`, both included.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        number("low", self.low, -math.inf)
        number("high", self.high, -math.inf)
        flag("log", self.log)
        if self.low > self.high:
            raise OptionError(f"low = {self.low!r} is not allowed: it must be at most high = {self.high!r}.")
        if self.log and self.low <= 0:
            raise OptionError(f"low = {self.low!r} is not allowed with log = true: it must be greater than 0.")

    def ends(self, *, whole_number: bool) -> list[float]:
        """Return the smallest and the largest number that can be drawn."""
        return [self.low, self.high] if whole_number else [float(self.low), float(self.high)]

    def at(self, place: float, *, whole_number: bool) -> float:
        """Return the number at a place from 0 to below 1 along the range."""
        # each whole number has a step of its own: the last one begins at `high`
        low, high = self.low, self.high + 1 if whole_number else self.high
        value = low * (high / low) ** place if self.log else low + (high - low) * place
        if whole_number:
            return min(max(math.floor(value), self.low), self.high)
        return min(max(float(f"{value:.{_DIGITS}g}"), float(self.low)), float(self.high))
