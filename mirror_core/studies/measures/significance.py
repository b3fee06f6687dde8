"""How many units pass a test."""

from mirror_core.studies.measures.base import CORRELATION, COUNT, SHARE, Measure, register

ALPHA = 0.05
"""Level at which a unit passes, after correction."""

_MISMATCH = "units paired with other units"

for _name, _label, _limits in (
    ("mean", "mean r of the units", CORRELATION),
    ("passing", "share of units that pass unit mismatch", SHARE),
    ("passing_positive", "share of units with r > 0 that pass unit mismatch", SHARE),
    ("strong_passing", "share of units with r > .75 that pass unit mismatch", SHARE),
    ("strong_mismatched", "share of mismatched pairs of units with r > .75", SHARE),
    ("moderate_mismatched", "share of mismatched pairs of units with |r| > .6", SHARE),
    ("significant", "share of units whose r is larger than that of different units", SHARE),
):
    register(Measure(_name, _label, _limits, _MISMATCH))

for _name, _side, _what, _controlled, _null in (
    ("row_units", ">", "rows", "family-wise", "rows shuffled"),
    ("sequence_units", ">", "episodes", "family-wise", "episodes shuffled"),
    ("same_code_units", ">", "units", "false discovery rate", _MISMATCH),
    ("anti_units", "<", "units", "false discovery rate", _MISMATCH),
):
    _label = f"units with r {_side} 0 that pass when {_what} are shuffled ({_controlled} .05)"
    register(Measure(_name, _label, COUNT, _null, digits=0))
