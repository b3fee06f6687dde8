"""The answer on the title page: its words follow the numbers."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mirror_core.pages.answer import answer

AS_FOUND = {("as-written", "shared"): 0.0, ("self-observation", "shared"): 0.31}
TWO = {("self-observation", "separate-cores-shared-heads"): 0.55, ("self-observation", "separate-cores"): 0.0}


def answered(shares):
    """Return the answer as text, from the mean share of each reading and condition over ten networks."""

    def values(quantity, reading, condition):
        mean = shares.get((reading, condition))
        return pd.Series([] if mean is None else mean * np.linspace(0.8, 1.2, 10), dtype=float)

    return re.sub("<[^>]*>", "", answer(SimpleNamespace(values=values)).data)


def test_what_was_found_is_said_in_three_sentences_with_three_numbers():
    assert answered(AS_FOUND | TWO).split(". ") == [
        "As the paper is written, no: its training makes hardly any strong mirror units, under 1\u00a0% of all units",
        "Where the network also senses the effects of its own acts, yes: 31\u00a0%, about as many as the paper reports",
        "But with such sensing a shared core is not needed: with two separate cores, 55\u00a0% of units are strong "
        "if the cores share output heads, and hardly any with heads of their own.",
    ]


@pytest.mark.parametrize(
    "changed, said",
    [
        ({("as-written", "shared"): 0.28}, "yes: its training makes strong mirror units, 28\u00a0%"),
        ({("self-observation", "shared"): 0.6}, "yes: 60\u00a0%, more than the paper reports"),
        ({("self-observation", "shared"): 0.1}, "no: 10\u00a0%, not as many as the paper reports"),
        (
            {("self-observation", "separate-cores-shared-heads"): 0.1},
            "A shared core matters: with two separate cores",
        ),
        ({("self-observation", "separate-cores"): 0.5}, "if the cores share output heads."),
    ],
)
def test_other_numbers_would_be_said_otherwise(changed, said):
    assert said in answered(AS_FOUND | TWO | changed)


def test_both_tasks_are_named_where_either_alone_is_enough():
    tasks = {("self-observation", "forward-only"): 0.52, ("self-observation", "inverse-only"): 0.5}
    assert "But with such sensing neither a shared core nor both tasks are needed: with two" in answered(
        AS_FOUND | TWO | tasks
    )
    tasks["self-observation", "forward-only"] = 0.1
    assert "But with such sensing a shared core is not needed: with two" in answered(AS_FOUND | TWO | tasks)


def test_where_a_reading_is_left_out_nothing_is_said_of_it():
    assert answered({}) == ""
    assert answered({("as-written", "shared"): 0.0}).count(".") == 1
