"""The page of development: words that follow the table, tables of who has a value, a film of every age."""

import numpy as np
import pandas as pd
import pytest

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.experiments import development as study
from mirror_core.figures import alignment as of_worlds
from mirror_core.figures import development as figures
from mirror_core.figures.kept import kept
from mirror_core.pages import development as page

SMALL = Config().change(hidden_size=8, input_size=8, batch_size=8)


def table(**changes):
    """Return a table in which who sees itself act has mirror units, is slower, and no teacher helps; then changed.

    `changes` are of `measure__condition`, with spaces as underscores.
    """
    rows = []
    for condition in study.CONDITIONS:
        for seed in range(5):
            row = {"condition": condition, "seed": seed, "seconds": 2.0}
            for name in page.EXPERIMENT.measures:
                own = name in page.IN_TEACHING
                row[name] = 0.5 if own == (condition in study.TAUGHT) else np.nan
            if condition not in study.TAUGHT:
                row |= {f"{group}_{age}": 0.0 for group in study.LESIONS for age in study.AGES}
            if condition == "untrained":
                row |= {"mirror_units": 0.0, "mean_r_80": 0.0}
            if condition == "both":
                row |= {"mirror_units": 30.0, "mean_r_80": 0.6, "match_80": 0.4, "match_640": 1.0}
            for change, value in changes.items():
                measure, _, where = change.partition("__")
                if where.replace("_", " ") == condition:
                    row[measure] = value
            rows.append(row | {name: row[name] + 0.001 * seed * (condition == "both") for name in ("match_80",)})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "mirror units but slows imitation, which does not rest on them; chosen lessons do not help."),
        ({"match_80__both": 0.9}, "mirror units and helps imitation, which does not rest"),
        ({"excess_640__both": 0.1}, "imitation, which at times rests on them;"),
        (
            {f"excess_{age}__both": 0.1 for age in study.AGES} | {"match_80__both": 0.5, "match_80__watches": 0.502},
            "but does nothing for imitation, which rests on them;",
        ),
        ({"mirror_units__both": 0.0}, "gives a learner no mirror units and slows imitation; chosen"),
        ({"new_10__taught_one_by_one": 0.8}, "; chosen lessons help."),
    ],
)
def test_the_finding_follows_the_claims(changes, said, plain):
    assert said in plain(page.finding(table(**changes)).data)


def test_what_is_said_has_no_number_that_is_missing():
    made = table(one_sided__taught_at_once=0.9)
    said = [
        one(made).data
        for one in (
            page.bodies_said,
            page.lesions_said,
            page.least_said,
            page.teaching_said,
            page.seconds_said,
            page.finding,
        )
    ]
    assert not any("nan" in one for one in said)
    assert "0.90 [0.90, 0.90] where all are chosen at once, more than where" in said[3]
    shown = page.tables(made, page.IN_TEACHING, list(study.TAUGHT)).data
    assert shown.count("<strong>taught") == 4 and "watches</strong>" not in shown


def test_what_lesions_cost_is_said_beside_matched_units():
    made = table(top_80__both=0.4, matched_80__both=0.1, excess_80__both=0.3, excess_640__both=-0.2)
    said = page.lesions_said(made).data.split("<em>both</em>")[1]
    assert "0.40 [0.40, 0.40] of match after 80 steps, more than matched ones, 0.10 [0.10, 0.10]" in said
    assert "of match after 640 steps, less than matched ones" in said


def test_the_figure_shows_every_condition_that_has_a_value_and_is_legible(legible):
    made = table()
    fig = figures.answer(page.panels(made), page.TIMES_OF, page.COUNTED)
    legible(fig)
    names = [[text.get_text() for text in axis.get_legend().get_texts()] for axis in fig.axes]
    assert names[0] == page.GROWN and names[1] == ["watches", "senses", "both"]
    assert sorted(names[2]) == sorted(study.TAUGHT) and names[2][-1] == "taught one by one"
    lesions = of_worlds.conditions(*page.lesion_panels(made), "both", page.NO_COST, {})
    legible(lesions)
    assert len(lesions.axes) == len(study.AGES) and set(kept(lesions).data.world) == set(page.SETS.values())
    legible(figures.growing([0, 10, 20], [0.2, 0.3, 0.9], [-0.1, 0.2, 0.6]))


def test_what_acts_lead_to_by_hand():
    effects = np.array([[1.0, 0.0], [0.0, 2.0]])
    felt = page.outcome(np.array([[0, 1, 1]]), effects, 0.5)
    np.testing.assert_array_equal(felt, [[[1, 0], [0.5, 2], [0.25, 3]]])


def test_a_childhood_is_seen_at_every_age():
    child = page.childhood(SMALL, 45, 6, "turned_60")
    assert child.ages == [0, 10, 20, 40] and len(child.match) == len(child.r) == 4
    np.testing.assert_array_equal(child.seen.actions, study.others(SMALL, 6)["same"].actions)
    film = page.film(child).data
    assert "Before it has babbled: " in film and "After 40 steps of babbling" in film and "nan" not in film
    again = page.childhood(SMALL, 20, 6, "turned_60")
    np.testing.assert_array_equal(again.done[2], child.done[2])


def test_another_body_or_too_little_time_is_refused():
    with pytest.raises(OptionError, match="body 'turned_6'.*turned_60"):
        page.childhood(SMALL, 20, 6, "turned_6")
    with pytest.raises(OptionError, match="n_steps = 5 is not allowed"):
        page.childhood(SMALL, 5, 6)
