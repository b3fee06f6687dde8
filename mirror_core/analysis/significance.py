"""From null draws to p-values, and their correction for the number of units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from mirror_core.checks import number, one_of

TIE = 1e-9
"""Values this close count as equal: sums in another order differ by rounding."""

ALTERNATIVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "two-sided": np.abs,
    "greater": np.positive,
    "less": np.negative,
}
"""Which deviations count as extreme: both, the upper (mirror units) or the lower ones (anti-mirror units)."""


def standardised(
    observed: Float[np.ndarray, " unit"], null: Float[np.ndarray, "draw unit"]
) -> tuple[Float[np.ndarray, " unit"], Float[np.ndarray, "draw unit"]]:
    """Return observed and drawn values in standard deviations from their common mean, the observed one among them."""
    n_values = 1 + len(null)
    centre = (observed + null.sum(axis=0)) / n_values
    spread = np.sqrt(((observed - centre) ** 2 + ((null - centre) ** 2).sum(axis=0)) / n_values)
    spread = np.where(spread > TIE, spread, np.inf)
    return (observed - centre) / spread, (null - centre) / spread


def share_beyond(
    observed: Float[np.ndarray, " unit"], null: Float[np.ndarray, " draw #unit"]
) -> Float[np.ndarray, " unit"]:
    """Return p of each unit: the share of values, the observed one among them, that are at least as large.

    Counting the observed value keeps p above 0 and the test from being too liberal (Phipson & Smyth 2010). NaN for
    a unit whose observed value is.
    """
    beyond = np.sum(null >= observed - TIE, axis=0)
    return np.where(np.isfinite(observed), (1 + beyond) / (1 + len(null)), np.nan)


def permutation_p(
    observed: Float[np.ndarray, " unit"], null: Float[np.ndarray, "draw unit"], alternative: str = "two-sided"
) -> Float[np.ndarray, " unit"]:
    """Return p of each unit: how many of the draws lie at least as far from the mean of all.

    Distance is from the mean, not from zero, because what a null keeps may hold r up: a time course that all
    sequences share does so under any pairing. NaN for a unit with an undefined value among them.
    """
    extremeness = ALTERNATIVES[alternative]
    observed, null = standardised(observed, null)
    return share_beyond(extremeness(observed), extremeness(null))


def pooled_p(
    observed: Float[np.ndarray, " unit"], pool: Float[np.ndarray, " value"], alternative: str = "two-sided"
) -> Float[np.ndarray, " unit"]:
    """Return p of each unit against one pool of values for all: how many lie at least as far from the pool's mean.

    NaN for a unit whose observed value is, and for all where the pool is empty.
    """
    if not len(pool):
        return np.full(observed.shape, np.nan)
    extremeness = ALTERNATIVES[alternative]
    far = np.sort(extremeness(pool - pool.mean()))
    beyond = len(far) - np.searchsorted(far, extremeness(observed - pool.mean()) - TIE)
    return np.where(np.isfinite(observed), (1 + beyond) / (1 + len(far)), np.nan)


def benjamini_hochberg(p: Float[np.ndarray, " test"]) -> Float[np.ndarray, " test"]:
    """Return p corrected so that those up to α have a false discovery rate of α (Benjamini & Hochberg 1995)."""
    order = np.argsort(p)
    scaled = p[order] * (len(p) / np.arange(1, len(p) + 1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(1, corrected)


@dataclass(frozen=True)
class NullTest:
    """The observed value of every unit beside what a null makes of it."""

    name: str
    """Which null, a name in `mirror_core.analysis.NULLS`."""
    alternative: str
    """Which deviations count, a name in `ALTERNATIVES`."""
    observed: Float[np.ndarray, " unit"]
    """The tested statistic; NaN for a unit that has none (constant in a mode)."""
    null: Float[np.ndarray, "draw unit"]
    """Draws of the statistic; within a draw, the same permutation for all units."""
    p: Float[np.ndarray, " unit"]
    """p, not corrected; NaN for a unit that could not be tested."""
    pooled: bool = False
    """Whether `p` compares each unit with the draws of all units, instead of its own."""

    @property
    def n_excluded(self) -> int:
        """Number of units that could not be tested."""
        return int(np.isnan(self.p).sum())

    def corrected(self, correction: str) -> Float[np.ndarray, " unit"]:
        """Return p corrected for the number of tested units, by a name in `CORRECTIONS`.

        Raises
        ------
        OptionError
            For an unknown correction.
        """
        one_of("correction", correction, CORRECTIONS)
        p = np.full(self.p.shape, np.nan)
        tested = np.isfinite(self.p)
        if tested.any():
            p[tested] = CORRECTIONS[correction](self, tested)
        return p

    def significant(self, alpha: float = 0.05, correction: str = "none") -> Bool[np.ndarray, " unit"]:
        """Return which units have p ≤ `alpha` after a correction; one that could not be tested never has."""
        number("alpha", alpha, 0, 1)
        return self.corrected(correction) <= alpha


def _uncorrected(test: NullTest, tested: Bool[np.ndarray, " unit"]) -> Float[np.ndarray, " tested"]:
    return test.p[tested]


def _benjamini_hochberg(test: NullTest, tested: Bool[np.ndarray, " unit"]) -> Float[np.ndarray, " tested"]:
    return benjamini_hochberg(test.p[tested])


def _bonferroni(test: NullTest, tested: Bool[np.ndarray, " unit"]) -> Float[np.ndarray, " tested"]:
    return np.minimum(1, test.p[tested] * tested.sum())


def _max_t(test: NullTest, tested: Bool[np.ndarray, " unit"]) -> Float[np.ndarray, " tested"]:
    observed, null = test.observed[tested], test.null[:, tested]
    if test.pooled:
        observed, null = observed - null.mean(), null - null.mean()
    else:
        observed, null = standardised(observed, null)
    extremeness = ALTERNATIVES[test.alternative]
    return share_beyond(extremeness(observed), extremeness(null).max(axis=1, keepdims=True))


CORRECTIONS: dict[str, Callable[[NullTest, np.ndarray], np.ndarray]] = {
    "none": _uncorrected,
    "bh": _benjamini_hochberg,
    "bonferroni": _bonferroni,
    "max-t": _max_t,
}
"""No correction; false discovery rate (Benjamini & Hochberg 1995); family-wise error by Bonferroni's bound, and by
the distribution over draws of the most extreme unit (Westfall & Young 1993), each unit in its own standard deviations
unless p is pooled: it knows how units depend on each other."""
