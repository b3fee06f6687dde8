"""Where units differ, tuning mismatch keeps its level and unit mismatch does not; the table can be computed again."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mirror_core.studies.calibration.mixed import TESTS, Chunk, Situation, read_mixed, situations, try_populations
from mirror_core.studies.data import DATA

CONFIDENCE = 0.999
"""Of each bound; the seeds are fixed."""
N = 12
TABLE = DATA / "mixed.parquet"

DIFFERENT = [
    Situation(6, 0.05, "normal", "equal", 0.0),
    Situation(12, 0.1, "circle", "log-normal", 0.0),
    Situation(6, 0.1, "bump", "log-normal", 0.0),
]
"""Where unit mismatch calls a false unit in most data sets."""


@pytest.mark.parametrize("situation", DIFFERENT, ids=str)
def test_tuning_mismatch_keeps_its_level_where_unit_mismatch_does_not(situation):
    found = try_populations(Chunk(situation, 7, 0, N))
    wrong = found.groupby("test").any_false.sum()
    bound = stats.binom.ppf(CONFIDENCE, N, 0.05)
    assert wrong["tuning-mismatch"] <= bound < wrong["unit-mismatch"]
    tested = found.groupby("test").tested.mean()
    assert tested["unit-mismatch"] == 1 and tested["tuning-mismatch"] == pytest.approx(situation.tuned_share, abs=0.02)


def test_planted_units_are_found_and_few_others_called():
    found = try_populations(Chunk(Situation(12, 0.1, "normal", "log-normal", 0.3), 7, 0, N))
    new = found[found.test == "tuning-mismatch"]
    assert new.found.mean() > 0.7
    half = stats.t.ppf((1 + CONFIDENCE) / 2, N - 1) * stats.sem(new.false_share)
    assert new.false_share.mean() - half <= 0.05


def test_the_situations_differ_and_hold_all_that_the_page_draws():
    all_ = situations()
    assert len(set(all_)) == len(all_) and {one.planted_share for one in all_} == {0.0, 0.3}


@pytest.mark.skipif(not TABLE.is_file(), reason="book/data/mixed.parquet is not there: mirror populations makes it")
def test_random_rows_of_the_table_are_what_is_computed_now():
    table = read_mixed(TABLE)
    rng = np.random.default_rng(1)
    for i in rng.choice(len(situations()), 4, replace=False):
        situation, index = situations()[i], int(rng.integers(table.attrs["n_populations"]))
        again = try_populations(Chunk(situation, table.attrs["seed"], index, 1)).set_index("test")
        own = table[table.population == index]
        for name, value in vars(situation).items():
            own = own[own[name] == value]
        pd.testing.assert_frame_equal(own.set_index("test").loc[list(TESTS)], again.loc[list(TESTS)])
