"""The sceptic's page: words that follow the table, a film of every step, figures with every condition."""

import numpy as np
import pandas as pd
import pytest

from mirror_core.config.settings import Config
from mirror_core.experiments import sceptic as study
from mirror_core.figures import sceptic as figures
from mirror_core.pages import sceptic as page
from mirror_core.pages.experiment import present

VALUES = {"read_action": 0.99, "mirror_units": 0.0, "mirror_share": 0.0, "mean_r": 0.0, "code_gain": 0.1, "code_p": 0.3,
          "explained": 0.7, "foresight": 0.6, "matched_r": 0.6}  # fmt: skip


def table(**of_vision):
    """Return a table in which self-observation has mirror units and a code, and vision has what is asked for."""
    rows = []
    for condition in study.CONDITIONS:
        for seed in range(5):
            row = VALUES | {"condition": condition, "seed": seed, "seconds": 2.0}
            if condition in ("untrained", "random core"):
                row |= {"read_action": 0.8, "code_gain": 0.0}
            if condition == "self-observation":
                row |= {"mirror_units": 10.0, "mirror_share": 0.1, "code_gain": 0.6, "code_p": 0.001}
            if condition == "vision":
                row |= of_vision
            if condition == "no network":
                row |= dict.fromkeys(VALUES, np.nan) | {"read_action": 1.0}
            row["code_gain"] += 0.001 * seed
            rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("of_vision", "said"),
    [
        ({}, "reads actions as well as any, but has no mirror units and no shared code."),
        ({"read_action": 0.9}, "reads actions better than untrained, but has no mirror units"),
        ({"read_action": 0.8}, "reads actions no better than untrained, but"),
        (
            {"mirror_units": 9.0, "mirror_share": 0.09, "code_gain": 0.5, "code_p": 0.01},
            "as well as any, and has mirror units and a shared code.",
        ),
        ({"code_gain": 0.5, "code_p": 0.01}, "but has no mirror units and a shared code."),
    ],
)
def test_the_finding_follows_the_claims(of_vision, said, plain):
    first = plain(page.finding(table(**of_vision)).data)
    assert first.endswith(said) or said in first


def test_what_is_said_of_matching_names_the_largest():
    made = table(matched_r=0.9)
    assert "largest, 0.90 [0.90, 0.90], in vision" in page.matching_said(made).data
    assert "0.60 [0.60, 0.60]" in page.acting_said(made).data


def test_figures_show_every_condition_and_are_legible(legible):
    made = table()
    fig = figures.conditions(present(page.EXPERIMENT, made), page.panels(made), "vision", page.LEVELS)
    legible(fig)
    assert len(fig.axes) == len(page.SHOWN)
    assert [text.get_text() for text in fig.axes[0].get_yticklabels()] == list(study.CONDITIONS)
    legible(figures.units({"a": np.linspace(-1, 1, 9), "b": np.full(4, np.nan)}, {"a": 3, "b": 0}))


def test_the_film_has_a_picture_for_every_step_with_a_next_one():
    base = Config().change(hidden_size=8, input_size=8, n_sequences=64, n_epochs=1, n_heldout=8, habit=1.0)
    found = study.foresee(base, 3)
    film = page.film(found).data
    assert film.count("<svg") >= base.training.sequence_length - 1
    assert "as the habit has it" in film and "against the habit" not in film
    assert "nan" not in film
    assert "(probability 1.00)" in page.expected_said(found, base).data


def test_a_network_with_too_few_units_to_test_is_drawn_and_said(style):
    drawn = figures.units({"vision": np.array([0.1, 0.3])}, {"vision": np.nan})
    assert drawn.axes[0].get_title(loc="left") == "vision: too few units to test"
