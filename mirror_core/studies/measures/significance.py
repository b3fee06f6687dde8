"""How many units pass a test."""

import numpy as np
from jaxtyping import Bool

from mirror_core.analysis.significance import NullTest
from mirror_core.studies.measures.base import CORRELATION, COUNT, SHARE, Measure, register

ALPHA = 0.05
"""Level at which a unit passes, after correction."""

TRUSTED = "tuning-mismatch"
"""The null to trust for a mirror unit, where the actions are known."""


def passing(test: NullTest, alpha: float = ALPHA, correction: str = "bh") -> Bool[np.ndarray, " unit"]:
    """Return which units pass a one-sided test at level α, corrected, with the statistic on that side of zero."""
    sign = {"greater": 1, "less": -1}[test.alternative]
    return test.significant(alpha, correction) & (sign * test.observed > 0)


_MISMATCH = "units paired with other units"
_TUNED = "tuned units paired with other tuned units"

for _name, _label, _limits, _null in (
    ("mean", "mean r of the units", CORRELATION, _MISMATCH),
    ("passing", "share of units that pass tuning mismatch", SHARE, _TUNED),
    ("strong_passing", "share of units with r > .75 that pass tuning mismatch", SHARE, _TUNED),
    ("passing_positive", "share of units with r > 0 that pass unit mismatch", SHARE, _MISMATCH),
    ("strong_mismatched", "share of pairs of units with r > .75 under unit mismatch", SHARE, _MISMATCH),
    ("moderate_mismatched", "share of pairs of units with |r| > .6 under unit mismatch", SHARE, _MISMATCH),
):
    register(Measure(_name, _label, _limits, _null))

register(
    Measure("significant", "share of units whose tunings are more alike than those of different units", SHARE, _TUNED)
)

for _name, _side, _what, _controlled, _null in (
    ("row_units", ">", "the row null", "family-wise", "rows shuffled"),
    ("sequence_units", ">", "the sequence null", "family-wise", "episodes shuffled"),
    ("same_code_units", ">", "tuning mismatch", "false discovery rate", _TUNED),
    ("anti_units", "<", "tuning mismatch", "false discovery rate", _TUNED),
):
    _label = f"units with r {_side} 0 that pass {_what} ({_controlled} .05)"
    register(Measure(_name, _label, COUNT, _null, digits=0))
