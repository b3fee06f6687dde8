"""The page on pictures and movement: words that follow the table, a film of each step, figures of every condition."""

import re

import numpy as np
import pandas as pd
import pytest

from mirror_core.experiments import vision as study
from mirror_core.figures import vision as figures
from mirror_core.figures.kept import kept
from mirror_core.pages import vision as page

VALUES = dict.fromkeys(page.EXPERIMENT.measures, 0.0) | {"command_r2": 0.6, "explained": 0.5, "transfer_p": 0.4}
MIRRORED = {"mismatch_share": 0.3, "mean_r": 0.4, "transfer_c": 0.6, "transfer_p": 0.001}


def table(experience=None, **of_main):
    """Return a table in which nothing mirrors but what is asked for, in the main condition or with mirrored views."""
    rows = []
    for condition in study.CONDITIONS:
        for seed in range(5):
            row = VALUES | {"condition": condition, "seed": seed, "seconds": 2.0 + seed}
            if condition == "untrained":
                row["command_r2"] = -0.1
            if condition == study.MAIN:
                row |= of_main
            if condition == "mirrored experience":
                row |= experience or {}
            rows.append(row | {"mean_r": row["mean_r"] + 0.001 * seed, "command_r2": row["command_r2"] + 0.01 * seed})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({}, "mirror units do not survive, one code of the commands does not; a mirrored view shows little"),
        (MIRRORED, "mirror units survive, one code of the commands does; a mirrored view shows"),
        ({"transfer_c": 0.6, "transfer_p": 0.001}, "mirror units do not survive, one code of the commands does;"),
        ({"transfer_c": 0.6, "transfer_p": 0.2}, "one code of the commands does not;"),
        (MIRRORED | {"mismatch_share": 0.05}, "few mirror units survive, one code of the commands does;"),
        ({"mirror_view_r": 0.3}, "what is alike stays so in a mirror."),
        ({"mirror_view_r": -0.3}, "a mirrored view shows little, learned or not."),
        ({"experience": {"mirror_view_r": 0.2, "mirror_view_c": 0.7}}, "a mirrored view has to be learned."),
        (MIRRORED | {"command_r2": -0.5}, "mirror units do not survive, one"),
    ],
)
def test_the_finding_follows_the_claims(made, said, plain):
    made = made | ({"mirror_view_c": 0.5} if made.get("mirror_view_r", 0) > 0 else {})
    assert said in plain(page.finding(table(**made)).data)


def test_what_is_said_beside_the_figure_follows_the_table():
    made = table(transfer_c=0.6, transfer_p=0.001, mirror_view_c=-0.5)
    assert "in 5 of 5 networks, with separate cores in 0 of 5" in page.ways_said(made).data
    assert "takes its movement for the opposite one" in page.views_said(made).data
    assert "tells its movement" in page.views_said(table(mirror_view_c=0.5)).data
    assert "does not tell" in page.views_said(table()).data
    assert "−0.08" in page.learned_said(made).data  # the untrained network
    assert "in 4.0 s of one core" in page.seconds_said(made).data
    shown = page.matters_said(table(mean_r=0.4)).data
    assert "−0.40 [−0.40, −0.40] with pictures and 0.00 [0.00, 0.00] with angles" in shown
    assert "0.40 [0.40, 0.40] with continuous commands and 0.00" in shown
    assert "0.00 [0.00, 0.00] by tuning mismatch" in page.trust_said(made).data


def test_what_lesions_cost_beyond_matched_units_follows_the_intervals():
    made = table(command_lesion=0.3)
    made.loc[made.condition == "discrete frames", "command_lesion"] = -0.2
    said = re.sub("<[^>]+>", "", page.lesions_said(made).data)
    assert "costs more than silencing matched ones in continuous frames (0.30 [0.30, 0.30]); less than" in said
    assert "less than silencing matched ones in discrete frames (−0.20 [−0.20, −0.20]); no more and no less" in said
    assert "nan" not in page.lesions_said(made[made.seed == 0]).data
    assert "what no condition of the table says" in page.lesions_said(made[made.condition == "untrained"]).data


def test_the_figure_has_every_condition_once_and_is_legible(legible):
    found = page.panels(table())
    fig = figures.survival(found, page.LEVELS)
    legible(fig)
    assert len(fig.axes) == len(page.SHOWN)
    lanes = [one for rows in found.values() for of in rows.values() for one in of]
    assert len(lanes) == len(page.SHOWN) * len(study.CONDITIONS) and set(lanes) == set(figures.LANES)
    lesions = figures.survival(page.lesion_panels(table()), page.NO_COST)
    legible(lesions)
    assert len(kept(lesions).data.networks.unique()) == len(study.CONDITIONS) and len(lesions.axes) == 2
    legible(figures.views({"own": np.linspace(-1, 1, 9), "mirrored": np.full(4, np.nan)}))


def test_a_figure_of_one_network_a_condition_is_drawn(legible):
    one = table()
    legible(figures.survival(page.panels(one[one.seed == 0]), page.LEVELS))


def test_the_film_has_pictures_and_torques_of_every_step():
    kind = study.KINDS[study.MAIN]
    size = study.Size(hidden_size=6, n_episodes=16, n_steps=1, batch=4)
    network = study.train(kind, 0, size, study.lessons_of(kind, 0, 16))
    test = study.lessons_of(kind, 0, 4, "test")
    in_mirror = kind.world.mirrored(test.sensations)
    own, mirrored = (study.record(network, test.actions, seen) for seen in (test.sensations, in_mirror))
    film = page.film(test, own, mirrored, in_mirror).data
    assert film.count("<image") == 3 * (study.LENGTH + 1)  # the first picture stands in the page, too
    assert "nan" not in re.sub(r"base64,[^\"\\]*", "", film) and len(film) < 80_000
    assert f"Step 1 of {study.LENGTH}: torques" in film
    assert page.unit_r({"own": own})["own"].shape == (6,)
    assert "R²" in page.network_table(study.measure(network, test, 0, "here", 19)).data
