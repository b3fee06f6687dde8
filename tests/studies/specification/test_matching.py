"""What counts as the paper's numbers, and where along the curve a choice stands."""

import numpy as np
import pandas as pd
import pytest

from mirror_core.studies.specification.choices import choices_of
from mirror_core.studies.specification.curve import presence, ranked
from mirror_core.studies.specification.matching import scores, targets

SEEDS = pd.DataFrame(
    {"strong_raw": [0, 0.1], "moderate_raw": [0, 1], "largest_raw": [0.8, 0.9], "smallest_raw": [-0.5, -0.5]}
)
SD = 0.1 / np.sqrt(2)


def test_targets_are_the_papers_range_or_the_spread_between_seeds():
    found = targets(SEEDS)
    assert (found["strong_raw"].low, found["strong_raw"].high) == (0.25, 0.30)
    assert (found["moderate_raw"].low, found["moderate_raw"].high) == (0.35, 0.40)
    assert found["largest_raw"].low == pytest.approx(0.9 - 1.96 * SD)
    assert found["largest_raw"].high == pytest.approx(0.912 + 1.96 * SD)


def network(**changes):
    paper = {"strong_raw": 0.28, "moderate_raw": 0.38, "largest_raw": 0.912, "smallest_raw": -0.791}
    return {"reading": "as-written"} | paper | changes


def test_a_network_matches_if_all_four_numbers_do():
    seeds = SEEDS.assign(smallest_raw=[-0.5, -0.6])
    table = pd.DataFrame(
        [network(), network(strong_raw=0.25), network(strong_raw=0.30), network(strong_raw=0.301),
         network(smallest_raw=-0.65), network(smallest_raw=np.nan), network(largest_raw=0.5)],
        index=[3, 1, 4, 5, 9, 2, 6],
    )  # fmt: skip
    found = scores(table, {"as-written": targets(seeds)})
    assert (found["all"] <= 1).to_dict() == {3: True, 1: True, 4: True, 5: False, 9: False, 2: False, 6: False}
    assert found.loc[5, "strong_raw"] == pytest.approx(0.026 / 0.025)
    assert np.isinf(found.loc[2, "all"])
    assert (found["all"] == found.drop(columns="all").max(axis=1)).all()


def test_readings_are_judged_by_their_own_seeds():
    wide = SEEDS.assign(largest_raw=[0.1, 0.9], smallest_raw=[-0.1, -0.9])
    table = pd.DataFrame([network(largest_raw=0.6), network(reading="dual-readout", largest_raw=0.6)])
    found = scores(table, {"as-written": targets(SEEDS), "dual-readout": targets(wide)})
    assert found.largest_raw[0] > 1 > found.largest_raw[1]


def test_networks_are_ranked_within_each_reading_in_the_order_of_the_readings():
    table = pd.DataFrame({"reading": ["b", "a", "b", "b"], "run": list("wxyz"), "s": [0.3, 0.5, 0.1, np.nan]})
    found = ranked(table, "s")
    assert found.run.tolist() == ["y", "w", "x"] and found["rank"].tolist() == [0.25, 0.75, 0.5]


def test_presence_is_one_where_a_level_is_as_frequent_as_everywhere():
    table = pd.DataFrame({"reading": "a", "run": [f"{i:03}" for i in range(80)], "s": np.arange(80)})
    table["core"] = ["gru", "lstm"] * 40
    table["n_epochs"] = [5] * 40 + [20] * 40
    choices = choices_of({"core": ["gru", "lstm", "rnn-tanh"], "n_epochs": [5, 20]})
    found = presence(ranked(table, "s"), choices, 4).set_index(["choice", "level", "place"]).sort_index().ratio
    np.testing.assert_allclose(found["core", "gru"], 1)
    np.testing.assert_allclose(found["n_epochs", "5"], [2, 2, 0, 0])
    np.testing.assert_allclose(found["n_epochs", "20"], [0, 0, 2, 2])
    assert found["core", "rnn-tanh"].isna().all()
