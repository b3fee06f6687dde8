"""When a part of a claim holds: named rules over one value a network, the same under every reading.

Of a single network there is no interval: its value stands for both limits.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mirror_core.analysis.estimates import Estimate
from mirror_core.checks import OptionError

OUTCOMES = ("fails", "in part", "holds")
"""What a rule says, the worst first; "not tested" where no network has a value."""
UNTESTED = "not tested"

NEARLY_EVERY = 0.9
"""Share of networks that counts as nearly every one."""
MOST = 0.5
"""Share of networks from which a part holds in part."""


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
        raise OptionError(f"rule in-most with low = {low}, high = {high}: it needs one of them.")
    share = share_of_networks(found, low, high)
    return "holds" if share >= NEARLY_EVERY else "in part" if share >= MOST else "fails"


def share_of_networks(found: Estimate, low: float | None = None, high: float | None = None) -> float:
    """Return the share of networks with a value of at least `low`, or at most `high`."""
    return float(np.mean(found.values >= low if high is None else found.values <= high))


RULES: dict[str, Rule] = {
    "within": Rule(
        "holds if the mean over networks lies in the paper's range; in part if only its 95 % interval reaches it",
        _within,
    ),
    "above": Rule("holds if the 95 % interval of the mean lies above the limit", _above),
    "below": Rule("holds if the 95 % interval of the mean lies below the limit", _below),
    "not-above": Rule("holds unless the 95 % interval of the mean lies above the limit", _not_above),
    "in-most": Rule(
        f"holds if at least {NEARLY_EVERY * 100:.0f} % of the networks reach the limit; in part if at least "
        f"{MOST * 100:.0f} % do",
        _in_most,
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
    "hardly-more-than": Rule(
        "holds if the 95 % interval of the difference, matched by seed, lies below the margin",
        lambda found, margin: _below(found, margin),
        of_difference=True,
    ),
}
"""All rules by the names that `claims.yml` uses."""


def judge(rule: str, found: Estimate, limits: dict[str, float]) -> str:
    """Return the outcome of a rule, or "not tested" where no network has a value."""
    return RULES[rule].judge(found, **limits) if found.n else UNTESTED
