"""Bad recordings and options are refused with an error that names the thing, its value and what is allowed."""

import numpy as np
import pytest

from mirror_core.analysis.validation import RecordingError, checked_actions, checked_pair
from mirror_core.checks import OptionError, number, one_of, whole

GOOD = np.arange(24.0).reshape(4, 3, 2)


def with_value(value):
    bad = GOOD.copy()
    bad[1, 2, 0] = value
    return bad


@pytest.mark.parametrize(
    ("perform", "observe", "message"),
    [
        (GOOD[0], GOOD, r"perform has shape \(3, 2\): .* \(sequence, time, unit\)"),
        (GOOD, GOOD[:3], r"perform has shape \(4, 3, 2\) and observe \(3, 3, 2\)"),
        (GOOD[:1], GOOD[:1], r"1 sequence\(s\): at least 2"),
        (GOOD[:, :0], GOOD[:, :0], r"0 time\(s\): at least 1"),
        (GOOD, with_value(np.nan), r"observe has 1 values .* \(nan\) at sequence 1, time 2, unit 0"),
        (with_value(np.inf), GOOD, r"perform has 1 values .* \(inf\)"),
        (GOOD.astype(complex), GOOD, "perform has dtype complex128: it must hold real numbers"),
        (GOOD, GOOD.astype(str), "observe has dtype"),
        (GOOD > 3, GOOD, "perform has dtype bool"),
    ],
)
def test_bad_recordings(perform, observe, message):
    with pytest.raises(RecordingError, match=message):
        checked_pair(perform, observe)


def test_good_recordings_keep_their_precision_and_counts_become_floats():
    single, counts = checked_pair(GOOD.astype(np.float32), GOOD.astype(int))
    assert (single.dtype, counts.dtype) == (np.float32, float)


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (np.zeros((4, 3)), "dtype float64: they must be integers"),
        (np.ones((4, 3), bool), "dtype bool"),
        (np.arange(12).reshape(3, 4), r"actions have shape \(3, 4\) .* shape \(4, 3\)"),
        (np.full((4, 3), 2), "actions are all 2: at least two"),
    ],
)
def test_bad_actions(actions, message):
    with pytest.raises(RecordingError, match=message):
        checked_actions(actions, GOOD.shape)


def test_options():
    with pytest.raises(OptionError, match=r"null 'sequences'. Did you mean 'sequence'\? Allowed: row, sequence"):
        one_of("null", "sequences", ["row", "sequence"])
    with pytest.raises(OptionError, match="n = 2.5 .* whole number of at least 1"):
        whole("n", 2.5, 1)
    with pytest.raises(OptionError, match="n = 9 .* from 1 to 8"):
        whole("n", 9, 1, 8)
    with pytest.raises(OptionError, match="alpha = nan"):
        number("alpha", float("nan"), 0, 1)
    whole("n", np.int64(3), 1)
    number("alpha", np.float32(0.5), 0, 1)
