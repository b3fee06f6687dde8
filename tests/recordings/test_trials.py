"""Trials whose modes share only conditions: what is checked, what is left out and said."""

from __future__ import annotations

import numpy as np
import pytest

from mirror_core.analysis import RecordingError
from mirror_core.recordings.trials import Trials, as_text

RNG = np.random.default_rng(3)
GIVEN = {
    "perform": RNG.normal(size=(5, 4, 3)),
    "observe": RNG.normal(size=(3, 4, 3)),
    "perform_conditions": np.array(["a", "b ", "a", "b", "c"]),
    "observe_conditions": np.array(["b", "a", "d"]),
    "units": ("x", "y", "z"),
    "times": np.arange(4) * 0.1,
    "groups": {"area": np.array(["F5", "M1", "F5"])},
    "notes": ("One.",),
}


def test_conditions_of_one_mode_are_left_out_and_said():
    found = Trials(**GIVEN)
    np.testing.assert_array_equal(found.perform, GIVEN["perform"][:4])
    np.testing.assert_array_equal(found.observe, GIVEN["observe"][:2])
    assert found.perform_conditions.tolist() == ["a", "b", "a", "b"] and found.observe_conditions.tolist() == ["b", "a"]
    assert found.notes == (
        "One.",
        "1 of 5 trials of perform left out: only perform has their condition (c).",
        "1 of 3 trials of observe left out: only observe has their condition (d).",
    )


def test_what_has_no_value_is_left_out_everywhere():
    perform, observe = GIVEN["perform"].copy(), GIVEN["observe"].copy()
    perform[:, :, 1] = np.nan
    perform[2, :, [0, 2]] = np.nan
    found = Trials(**GIVEN | {"perform": perform, "observe": observe})
    assert found.units == ("x", "z") and found.groups["area"].tolist() == ["F5", "F5"]
    assert found.perform.shape == (3, 4, 2) and found.observe.shape == (2, 4, 2)
    assert any("1 of 3 units left out: no value in a mode (y)" in note for note in found.notes)
    assert any("1 of 4 trials of perform left out, without any value" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"perform": np.zeros((5, 4))}, r"perform has shape \(5, 4\)"),
        ({"observe": np.zeros((3, 5, 3))}, r"observe \(3, 5, 3\): both must have the same number of time bins"),
        ({"observe": np.zeros((3, 4, 3), complex)}, "complex128: it must hold real numbers"),
        ({"perform": np.full((5, 4, 3), np.inf)}, "60 infinite values"),
        ({"perform_conditions": np.array(["a", "b"])}, r"perform_conditions has 2 label\(s\)"),
        ({"observe_conditions": np.array(["a", " ", "b"])}, "1 of them empty"),
        ({"observe_conditions": np.array(["d", "e", "f"])}, "no condition is in both modes .*perform has a, b, c"),
        ({"units": ("x", "y")}, r"units has 2 name\(s\)"),
        ({"units": ("x", "y", "x")}, "2 different"),
        ({"times": np.zeros(4)}, "increasing"),
        ({"groups": {"area": np.array(["F5"])}}, r"group 'area' has shape \(1,\)"),
        ({"observe": np.full((3, 4, 3), np.nan)}, r"none of 3 unit\(s\) has values in both modes"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(RecordingError, match=message) as caught:
        Trials(**GIVEN | change)
    assert "\n" not in str(caught.value)


def test_labels_are_the_same_text_whatever_holds_them():
    cell = np.empty(3, object)
    cell[:] = [np.array(["go "]), b"no go", np.array([[2.0]])]
    assert as_text(cell).tolist() == ["go", "no go", "2"]
    assert as_text(np.array([1.0, 2.5, np.nan])).tolist() == ["1", "2.5", ""]
    assert as_text(np.array([b"a  ", b"b"])).tolist() == ["a", "b"]
    assert as_text(np.array([True, False])).tolist() == ["True", "False"]
    assert as_text(np.array([None, "x"], object)).tolist() == ["", "x"]
    assert as_text(np.array(["ä", ""], np.dtypes.StringDType())).tolist() == ["ä", ""]
