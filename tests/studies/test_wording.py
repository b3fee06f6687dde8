"""What pages say: numbers as a reader sees them, and words that follow from a rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror_core.analysis import mean_interval
from mirror_core.config.conditions import CONDITIONS
from mirror_core.config.paper import STRONG
from mirror_core.config.settings import Config
from mirror_core.pages.tables import cell, settings_table, variants_table
from mirror_core.studies.measures.base import SHARE
from mirror_core.studies.wording import against, decimal, listed, span, with_interval


@pytest.mark.parametrize(("value", "text"), [(0.284, "0.28"), (-0.791, "−0.79"), (-0.001, "0.00"), (0, "0.00")])
def test_decimals(value, text):
    assert decimal(value) == text


def test_intervals_by_hand():
    # 0.2, 0.4: mean .3, standard error .1, t(1) = 12.706
    assert with_interval([0.2, 0.4]) == "0.30 [−0.97, 1.57]"
    assert with_interval([0.2, 0.4], SHARE) == "0.30 [0.00, 1.00]"
    assert with_interval([0.2]) == "0.20"
    assert with_interval([0.2, np.nan]) == "0.20"
    assert with_interval([]) == "–"
    assert cell([0.2, 0.4], SHARE) == "0.30<br><small>[0.00, 1.00]</small>"
    assert cell([0.2], SHARE) == "0.20"


@pytest.mark.parametrize(
    ("values", "word"),
    [([0.01, 0.02, 0.0], "below"), ([0.27, 0.29, 0.28], "within"), ([0.6, 0.62, 0.61], "above"), ([0.2], "below"),
     ([0.25], "within"), ([0.31], "above"), ([0.0, 1.0], "not distinguishable from"), ([0.1, 0.45], "within")],
)  # fmt: skip
def test_the_place_of_our_number_beside_the_papers(values, word):
    assert against(values, STRONG) == word


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_the_word_follows_the_interval(values):
    mean, low, high = mean_interval(values)
    word = against(values, STRONG)
    assert (word == "below") == (high < 0.25) and (word == "above") == (low > 0.30)
    assert (word == "within") == (0.25 <= mean <= 0.30)


def test_lists_and_ranges():
    assert [listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["none", "a", "a and b", "a, b and c"]
    assert span(STRONG) == "0.25–0.30"


def test_tables_show_every_entry():
    table = variants_table("condition", CONDITIONS).data
    assert all(f"<code>{name}</code>" in table for name in CONDITIONS)
    settings = settings_table(Config()).data
    for section in Config().to_dict().values():
        for name in section if isinstance(section, dict) else ():
            assert f"<code>{name}</code>" in settings
    assert "<code>seed</code>" in settings
