"""Measures and tests for recordings of the same episodes performed and observed, whoever made them.

Recordings are arrays (sequence, time, unit), one for each mode; actions are integers (sequence, time). Nothing
here knows about worlds, networks or training.
"""

from mirror_core.analysis.congruence import CLASSES, congruence
from mirror_core.analysis.correlation import shares, shares_over_thresholds, unit_correlation
from mirror_core.analysis.decoding import cross_decoding
from mirror_core.analysis.generalisation import ccgp
from mirror_core.analysis.geometry import alignment_index, cka_test, linear_cka
from mirror_core.analysis.inference import (
    Difference,
    Interval,
    hierarchical_bootstrap,
    mean_interval,
    paired_difference,
)
from mirror_core.analysis.lags import lag_test, lagged_correlation, peak_lag
from mirror_core.analysis.linear_classifiers import DECODERS
from mirror_core.analysis.nulls import NULLS, null_test, nulls_table
from mirror_core.analysis.selection import split_half, top_units
from mirror_core.analysis.significance import CORRECTIONS, NullTest
from mirror_core.analysis.transfer import ridge_transfer
from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import OptionError

__all__ = [
    "CLASSES",
    "CORRECTIONS",
    "DECODERS",
    "NULLS",
    "Difference",
    "Interval",
    "NullTest",
    "OptionError",
    "RecordingError",
    "alignment_index",
    "ccgp",
    "cka_test",
    "congruence",
    "cross_decoding",
    "hierarchical_bootstrap",
    "lag_test",
    "lagged_correlation",
    "linear_cka",
    "mean_interval",
    "null_test",
    "nulls_table",
    "paired_difference",
    "peak_lag",
    "ridge_transfer",
    "shares",
    "shares_over_thresholds",
    "split_half",
    "top_units",
    "unit_correlation",
]
