"""Functions of r of every unit: the shares beyond the paper's thresholds, and the extremes. NaN where no r is
defined."""

from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import Float

from mirror_core.analysis import shares
from mirror_core.config.paper import LARGEST, MODERATE, MODERATE_THRESHOLD, SMALLEST, STRONG, STRONG_THRESHOLD, Reported
from mirror_core.studies.measures.base import CORRELATION, COUNT, SHARE, Measure, register

OfR = Callable[[Float[np.ndarray, " unit"]], float]

_MISMATCHED = "units paired with other units"


def _field(name: str) -> OfR:
    """Return a field of `mirror_core.analysis.correlation.Shares`."""
    return lambda r: getattr(shares(r, STRONG_THRESHOLD, MODERATE_THRESHOLD), name)


def _defined(function: OfR) -> OfR:
    """Return a function of the r that are defined."""

    def of_r(r: Float[np.ndarray, " unit"]) -> float:
        r = r[np.isfinite(r)]
        return float(function(r)) if len(r) else np.nan

    return of_r


def _headline(name: str, reported: Reported, limits: tuple[float, float], sign: int = 1) -> Measure:
    return register(Measure(name, reported.name, limits, _MISMATCHED, sign=sign, reported=reported, of_r=_field(name)))


HEADLINE = (
    _headline("strong", STRONG, SHARE),
    _headline("moderate", MODERATE, SHARE),
    _headline("largest", LARGEST, CORRELATION),
    _headline("smallest", SMALLEST, CORRELATION, sign=-1),
)
"""The numbers that the paper reports for a network."""

N_EXCLUDED = register(
    Measure(
        "n_excluded", "number of units whose r is not defined", COUNT, _MISMATCHED, digits=0, of_r=_field("n_excluded")
    )
)

for _name, _label, _limits, _digits, _of_r in (
    ("n_strong", "number of units with r > .75", COUNT, 0, _defined(lambda r: np.sum(r > STRONG_THRESHOLD))),
    ("mean_abs", "mean |r| of the units", SHARE, 2, _defined(lambda r: np.abs(r).mean())),
    ("largest_abs", "largest |r|", SHARE, 2, _defined(lambda r: np.abs(r).max())),
):
    register(Measure(_name, _label, _limits, _MISMATCHED, digits=_digits, of_r=_of_r))
register(
    Measure(
        "strong_of_choices", "share of units with r > .75 of a GRU of the specification table's random sample", SHARE,
        _MISMATCHED,
    )
)  # fmt: skip


def measured_on_r(r: Float[np.ndarray, " unit"], measures: Iterable[Measure] = HEADLINE) -> dict[str, float]:
    """Return the value of each measure that is a function of r, by its name."""
    return {measure.name: measure.of_r(r) for measure in measures}
