"""The page of the spiking learner: its sentences follow the table, and its film shows what happened."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from mirror_core.experiments.imitation import MEASURED, prepare
from mirror_core.pages import imitation as page


def made_up(imitation: float, control: float, episodes: float) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for condition in page.EXPERIMENT.conditions:
        for seed in range(10):
            watched = condition == "imitation"
            row = dict.fromkeys(MEASURED, 0.5) | {"condition": condition, "seed": seed, "seconds": 0.1}
            row["imitated"] = (imitation if watched else control) + rng.normal(0, 0.01)
            row["episodes_log2"] = 6 + (episodes if watched else 0) + rng.normal(0, 0.1)
            rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    "imitation, episodes, said",
    [
        (0.4, -2, "learns sooner than one alone, because cells"),
        (0.1, -2, "learns sooner than one alone, but is not shown to imitate"),
        (0.4, 2, "learns later than one alone, though cells"),
        (0.1, 0.0, "one alone, and is not shown to imitate"),
    ],
)
def test_what_the_page_opens_with_follows_the_table(imitation, episodes, said, plain):
    table = made_up(imitation, 0.1, episodes)
    assert said in plain(page.finding(table).data)
    for one in (page.said(table), page.sweep_said(table), page.conditions(table)):
        assert "nan" not in one.data


def test_the_film_shows_the_learner_of_its_condition():
    film = page.story(3, 400, 40).film.data
    frames = json.loads(re.search('class="player-frames">(.*?)</script>', film, re.DOTALL).group(1))
    paths = prepare("imitation", 3)[2]
    watched = [one["caption"] for one in frames if one["caption"].startswith("Watching path 40")]
    assert len(watched) == len(paths[-1]) and watched[-1].endswith("stops at its goal.")
    silent, made, seen = (frames[n]["picture"].count("opacity='0.") for n in (1, 4, 5))
    assert silent == 0 and made > 0 and seen > 0  # a move seen drives motor cells after babbling only


def test_why_the_game_is_not_built_says_what_was_measured():
    found = page.river_raid().data
    assert "ale-py 0.12.1" in found and "1,374 (16 games)" in found
