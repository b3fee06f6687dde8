"""When a part of a claim holds: named rules over one value a network, the same under every reading.

Of a single network there is no interval: its value stands for both limits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.analysis import hierarchical_bootstrap, mean_interval, paired_difference
from mirror_core.checks import ConfigError

Values = Sequence[float] | np.ndarray | pd.Series

OUTCOMES = ("fails", "in part", "holds")
"""What a rule says, the worst first; "not tested" where no network has a value."""
UNTESTED = "not tested"

NEARLY_EVERY = 0.9
"""Share of networks that counts as nearly every one."""
MOST = 0.5
"""Share of networks from which a part holds in part."""
N_DRAWS = 1000
"""Draws of the hierarchical bootstrap."""


@dataclass(frozen=True)
class Estimate:
    """A quantity over networks: its mean with a 95 % interval, or a difference between conditions with its test."""

    values: Float[np.ndarray, " network"]
    """One finite value a network, or one difference a seed."""
    mean: float
    low: float
    high: float
    effect_size: float = np.nan
    """Of a difference: its mean in standard deviations over seeds (Cohen's d_z)."""
    p: float = np.nan
    """Of a difference: two-sided p of the paired t test."""

    @property
    def n(self) -> int:
        """Number of networks, or of pairs of networks."""
        return len(self.values)


def estimate(values: Values) -> Estimate:
    """Return the mean over networks and its Student-t interval; values that are not finite are left out."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        mean = float(values[0]) if len(values) else np.nan
        return Estimate(values, mean, mean, mean)
    return Estimate(values, *mean_interval(values))


def estimate_from_units(values: Values, units: Sequence[np.ndarray], rng: np.random.Generator) -> Estimate:
    """Return the mean over networks with the interval of a hierarchical bootstrap of units in networks.

    Parameters
    ----------
    values
        One value a network, the mean of its units' values.
    units
        One array a network; units without a finite value are left out, and networks without such units.
    rng
        Source of the draws.
    """
    over_networks = estimate(values)
    finite = [of_network[np.isfinite(of_network)] for of_network in units]
    finite = [of_network for of_network in finite if len(of_network)]
    if over_networks.n < 2 or len(finite) < 2:
        return over_networks
    _, low, high = hierarchical_bootstrap(finite, rng, n_draws=N_DRAWS)
    return replace(over_networks, low=low, high=high)


def difference(first: pd.Series, second: pd.Series) -> Estimate:
    """Return how two conditions differ, matched by seed; seeds without a finite value in both are left out.

    Parameters
    ----------
    first, second
        One value a network, indexed by seed.
    """
    pairs = pd.concat([first, second], axis=1, join="inner", keys=["first", "second"]).dropna()
    differences = (pairs["first"] - pairs["second"]).to_numpy()
    if len(pairs) < 2:
        return estimate(differences)
    found = paired_difference(pairs["first"], pairs["second"])
    return Estimate(differences, found.mean, found.low, found.high, found.effect_size, found.p)


@dataclass(frozen=True)
class Rule:
    """A rule in one sentence, and as a function from an estimate and limits to an outcome."""

    says: str
    judge: Callable[..., str]
    of_difference: bool = False
    """Whether it judges a difference between two conditions instead of a value."""


def _within(found: Estimate, low: float, high: float) -> str:
    if low <= found.mean <= high:
        return "holds"
    return "in part" if found.low <= high and found.high >= low else "fails"


def _above(found: Estimate, limit: float) -> str:
    return "holds" if found.low > limit else "fails"


def _below(found: Estimate, limit: float) -> str:
    return "holds" if found.high < limit else "fails"


def _not_above(found: Estimate, limit: float) -> str:
    return "fails" if found.low > limit else "holds"


def _in_most(found: Estimate, low: float | None = None, high: float | None = None) -> str:
    if (low is None) == (high is None):
        raise ConfigError(f"rule in-most with low = {low}, high = {high}: it needs one of them.")
    share = share_of_networks(found, low, high)
    return "holds" if share >= NEARLY_EVERY else "in part" if share >= MOST else "fails"


def share_of_networks(found: Estimate, low: float | None = None, high: float | None = None) -> float:
    """Return the share of networks with a value of at least `low`, or at most `high`."""
    return float(np.mean(found.values >= low if high is None else found.values <= high))


RULES: dict[str, Rule] = {
    "within": Rule(
        "holds if the mean over networks lies in the paper's range; in part if only its 95 % interval reaches it", _within
    ),
    "above": Rule("holds if the 95 % interval of the mean lies above the limit", _above),
    "below": Rule("holds if the 95 % interval of the mean lies below the limit", _below),
    "not-above": Rule("holds unless the 95 % interval of the mean lies above the limit", _not_above),
    "in-most": Rule(
        f"holds if at least {NEARLY_EVERY * 100:.0f} % of the networks reach the limit; in part if at least {MOST * 100:.0f} % do", _in_most
    ),
    "more-than": Rule(
        "holds if the 95 % interval of the difference, matched by seed, lies above zero",
        lambda found: _above(found, 0),
        of_difference=True,
    ),
    "not-more-than": Rule(
        "holds unless the 95 % interval of the difference, matched by seed, lies above zero",
        lambda found: _not_above(found, 0),
        of_difference=True,
    ),
}
"""All rules by the names that `claims.yml` uses."""


def judge(rule: str, found: Estimate, limits: dict[str, float]) -> str:
    """Return the outcome of a rule, or "not tested" where no network has a value."""
    return RULES[rule].judge(found, **limits) if found.n else UNTESTED
