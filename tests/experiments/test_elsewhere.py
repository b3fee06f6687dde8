"""The row of a system: which words the rules choose, on tables whose truth is made."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mirror_core.experiments import elsewhere
from mirror_core.experiments.base import Experiment
from mirror_core.figures.elsewhere import side_by_side
from mirror_core.figures.kept import named_marks
from mirror_core.pages import elsewhere as page

MEASURES = ("mirror_share", "code_gain", "code_p", "lesion_perform_zero")


def made(share, control, gain=0.5, p=0.01, lesion=0.2, n=6):
    """Return a table: what is found under `learned`, and the share under `untrained`."""
    wobble = np.linspace(-0.01, 0.01, n)
    rows = [
        pd.DataFrame({"condition": name, "seed": range(100, 100 + n), "mirror_share": value + wobble,
                      "code_gain": gain + wobble, "code_p": p, "lesion_perform_zero": lesion + wobble})
        for name, value in (("learned", share), ("untrained", control))
    ]  # fmt: skip
    return pd.concat(rows, ignore_index=True)


@pytest.fixture
def coin(monkeypatch):
    monkeypatch.setattr(elsewhere, "judge_study", lambda experiment, table: [])
    return Experiment(
        "coin", "A coin", "nobody2000", "10.0/0", "Coins mirror.", "coins", {"learned": "yes", "untrained": "no"},
        MEASURES, lambda learner: pd.DataFrame(), "learned", "untrained", lesion="lesion_perform_zero", n_actions=6,
    )  # fmt: skip


@pytest.mark.parametrize(
    "table, mirrors, carries, matters",
    [
        (made(0.4, 0.0), "yes", "yes", "yes"),
        (made(0.4, 0.4), "as without learning", "yes", "yes"),
        (made(0.0, 0.0, gain=-0.1, lesion=0.0), "no", "no", "no"),
        (made(0.4, 0.0, p=0.2), "yes", "no", "yes"),
    ],
)
def test_the_words_follow_from_the_numbers(coin, table, mirrors, carries, matters):
    row = elsewhere.system(coin, table)
    assert (row.mirrors, row.carries, row.matters) == (mirrors, carries, matters)


def test_with_few_actions_finding_none_says_nothing(coin):
    few = replace(coin, n_actions=4)
    assert elsewhere.system(few, made(0.0, 0.0)).mirrors == "cannot be told"
    assert elsewhere.system(few, made(0.4, 0.0)).mirrors == "yes"
    assert elsewhere.power(3) == 0.0 < elsewhere.power(4) < elsewhere.ENOUGH < elsewhere.power(6) <= elsewhere.power(8)


def test_a_code_in_half_of_the_learners_carries_over_in_some(coin):
    table = made(0.4, 0.0)
    table.loc[table.seed < 103, "code_p"] = 0.5
    assert elsewhere.system(coin, table).carries == "in some"


def test_what_a_system_does_not_have_is_not_asked(coin):
    table = made(0.4, 0.0).assign(mirror_share=np.nan, code_gain=np.nan, lesion_perform_zero=np.nan)
    row = elsewhere.system(coin, table)
    assert (row.mirrors, row.carries, row.matters) == ("not asked",) * 3


def test_the_page_and_its_figure_show_every_row(coin, plain):
    rows = [elsewhere.system(coin, made(0.4, 0.0)), elsewhere.system(coin, made(0.0, 0.0), "untrained")]
    assert page.the_table(rows).data.count("<tr") == 3
    for chosen, said in ((rows, "1 of"), (rows[:1], "every one of"), (rows[1:], "none of"), ([], "none of")):
        assert f"{said} the systems that could be asked has mirror units" in plain(page.finding(chosen).data)
    assert f"Of 2 asked, this is {page.name_of(rows[0])}. A code" in page.finding(rows).data
    few = elsewhere.system(replace(coin, n_actions=4), made(0.0, 0.0), "learned")
    said = page.finding([rows[0], few]).data
    assert "1 of the systems" in plain(said) and f"; it cannot be told in {page.name_of(few)}. " in said
    figure = side_by_side([page.name_of(one) for one in rows], page.panels(rows), page.LEVELS)
    assert len(figure.axes) == 2
    marks = named_marks(figure)
    assert len(marks) == 2 * 6 and {len(at) / 2 for at in marks.values()} == {3}  # a learner, its control, its gain
    assert f"{page.name_of(rows[0])}, seed 100" in marks
