"""What r would be without what is claimed: null distributions, one module each, behind one function.

A new null is its file and its name here, where it is to be shown.
"""

from mirror_core.analysis.nulls import row, sequence, pseudosession, unit_mismatch, tuning_mismatch, action_relabelling  # isort: skip
from mirror_core.analysis.nulls.base import NULLS, SAME_CODE, SAME_EVENTS, Null, null_test, nulls_table, register

__all__ = [
    "NULLS",
    "SAME_CODE",
    "SAME_EVENTS",
    "Null",
    "action_relabelling",
    "null_test",
    "nulls_table",
    "pseudosession",
    "register",
    "row",
    "sequence",
    "tuning_mismatch",
    "unit_mismatch",
]
