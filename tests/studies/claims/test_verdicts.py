"""From made-up evidence to verdicts worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from mirror_core.studies.claims.evidence import Evidence, claimable
from mirror_core.studies.claims.statements import Claim, Part
from mirror_core.studies.claims.verdicts import evaluate, judge_part

READING = "as-written"


def evidence(networks, *, units=None, choices=None):
    """Return evidence from {(quantity, condition): values by seed, from 42 on}."""
    rows = {}
    for (quantity, condition), values in networks.items():
        for seed, value in enumerate(values, start=42):
            rows.setdefault((READING, condition, seed), {"run": f"{condition}-{seed}"})[quantity] = value
    index = pd.MultiIndex.from_tuples(list(rows), names=["reading", "condition", "seed"])
    table = pd.DataFrame(list(rows.values()), index=index).reindex(columns=["run", *claimable()]).sort_index()
    return Evidence(table, units or {}, choices or {}, {}, {})


def claim(*parts):
    return Claim("one", "one", "One.", "1", "Results", "claims", "fig", parts)


def verdict(found, *parts):
    (judgement,) = evaluate([claim(*parts)], found, [READING])
    return judgement


def above(measure="strong", limit=0.0, **more):
    measures = (measure,) if isinstance(measure, str) else measure
    return Part("one", measures, "above", {"limit": limit}, **more)


FOUND = evidence(
    {("strong", "shared"): [0.4, 0.5, 0.6], ("moderate", "shared"): [-1, 0, 1], ("strong", "untrained"): [0.4, 0.1]}
)
HOLDS, FAILS, UNTESTED = above(), above("moderate"), above("largest")
IN_PART = Part("one", ("strong",), "within", {"low": 0.7, "high": 0.8})


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([HOLDS], "reproduced"),
        ([FAILS], "not reproduced"),
        ([IN_PART], "partly"),
        ([HOLDS, HOLDS], "reproduced"),
        ([HOLDS, FAILS], "partly"),
        ([HOLDS, IN_PART], "partly"),
        ([FAILS, IN_PART], "partly"),
        ([FAILS, FAILS], "not reproduced"),
        ([HOLDS, above("moderate", essential=True)], "not reproduced"),
        ([FAILS, above(essential=True)], "partly"),
        ([FAILS, above(precondition=True)], "not reproduced"),  # a precondition that holds is no evidence
        ([HOLDS, above(precondition=True)], "reproduced"),
        ([HOLDS, above("moderate", precondition=True)], "not reproduced"),
        ([above(precondition=True)], "not tested"),
        ([UNTESTED], "not tested"),
        ([HOLDS, UNTESTED], "partly"),
        ([FAILS, UNTESTED], "not reproduced"),
        ([HOLDS, above("largest", essential=True)], "not tested"),
    ],
)
def test_verdicts_follow_from_their_parts(parts, expected):
    assert verdict(FOUND, *parts).verdict == expected


@pytest.mark.parametrize(
    ("parts", "carries"),
    [
        ([HOLDS, HOLDS], 0),
        ([HOLDS, FAILS], 1),
        ([HOLDS, IN_PART, FAILS], 1),
        ([HOLDS, HOLDS, above("moderate", essential=True)], 2),
        ([FAILS, HOLDS, above("moderate", precondition=True)], 2),
        ([above(precondition=True), HOLDS], 1),
        ([above(precondition=True), HOLDS, FAILS], 2),
        ([UNTESTED], 0),
    ],
)
def test_the_value_shown_is_that_of_the_part_that_decides(parts, carries):
    found = verdict(FOUND, *parts)
    assert found.main is found.parts[carries]


def test_of_several_measures_the_worst_decides_or_the_best():
    worst = judge_part(above(("strong", "moderate")), FOUND, READING)
    assert worst.outcome == "fails" and worst.decisive.measure == "moderate"
    best = judge_part(above(("moderate", "strong"), of="any"), FOUND, READING)
    assert best.outcome == "holds" and best.decisive.measure == "strong"
    partly_tested = judge_part(above(("largest", "strong")), FOUND, READING)
    assert partly_tested.outcome == "holds" and [c.outcome for c in partly_tested.checks] == ["not tested", "holds"]


def test_of_several_conditions_the_worst_decides():
    part = Part("one", ("strong",), "below", {"limit": 1.0}, condition=("shared", "untrained"))
    found = judge_part(part, FOUND, READING)
    assert found.outcome == "fails" and found.decisive.condition == "untrained"  # [.4, .1] has an interval beyond 1


def test_a_difference_uses_the_seeds_that_both_have():
    found = judge_part(Part("one", ("strong",), "more-than", {}, than="untrained"), FOUND, READING)
    np.testing.assert_allclose(found.checks[0].found.values, [0.0, 0.4])
    assert found.outcome == "fails"


def test_a_condition_that_was_not_run_is_not_tested():
    assert judge_part(above(condition=("mispaired",)), FOUND, READING).outcome == "not tested"
    assert (
        judge_part(Part("one", ("strong",), "more-than", {}, than="mispaired"), FOUND, READING).outcome == "not tested"
    )


def test_the_interval_of_units_is_the_hierarchical_bootstraps():
    keys = [(READING, "shared", seed) for seed in (42, 43, 44)]
    units = {"strong": dict(zip(keys, [np.array([0.0, 1.0])] * 3, strict=True))}
    found = evidence({("strong", "shared"): [0.5, 0.5, 0.5]}, units=units)
    networks, pooled = (
        judge_part(above(interval=kind), found, READING).checks[0].found for kind in ("networks", "units")
    )
    assert networks.low == networks.high == 0.5 and pooled.low < 0.5 < pooled.high


def test_the_specification_table_is_judged_network_by_network():
    part = Part("one", ("strong_of_choices",), "in-most", {"low": 0.25})
    for values, outcome in (([0.3, 0.3], "holds"), ([0.3, 0.1], "in part"), ([], "not tested")):
        result = judge_part(part, evidence({("strong", "shared"): [1]}, choices={READING: np.array(values)}), READING)
        assert result.outcome == outcome and result.share == (np.mean(np.array(values) >= 0.25) if values else None)


def test_a_judgement_names_the_runs_of_its_conditions():
    found = verdict(FOUND, Part("one", ("strong",), "more-than", {}, than="untrained"))
    assert found.runs == ("shared-42", "shared-43", "shared-44", "untrained-42", "untrained-43")
