"""The numbers that the paper reports, as data: drawn beside ours as hollow diamonds, never used by an analysis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reported:
    """A number of the paper: the range it gives over runs, and its value for the headline seed 42."""

    name: str
    """How the number is called on the site."""
    low: float
    high: float
    headline: float
    as_printed: str
    """The headline value with the precision that the paper gives it."""
    place: str
    """Where the paper states it."""


STRONG = Reported("share of units with r > .75", 0.25, 0.30, 0.28, "≈ 0.28", "Abstract; Results, main run")
MODERATE = Reported("share of units with |r| > .6", 0.35, 0.40, 0.38, "≈ 0.38", "Abstract; Results, main run")
LARGEST = Reported("largest r", 0.9, 0.912, 0.912, "0.912", "Results, main run")
SMALLEST = Reported("smallest r", -0.791, -0.791, -0.791, "−0.791", "Results, main run (unit 74)")

STRONG_THRESHOLD = 0.75
"""A strong mirror unit has r above this (paper, *Results*)."""
MODERATE_THRESHOLD = 0.6
"""A moderate one has |r| above this (paper, *Results*)."""
