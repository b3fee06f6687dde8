"""The page of the pairs: what it says follows from the table, and its film shows what happened."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from mirror_core.experiments import cooperation_recordings as recordings
from mirror_core.experiments import recurrent_ppo
from mirror_core.experiments.cooperation_world import COOPERATION, DRINK, POKE
from mirror_core.experiments.recurrent_agents import new_pair
from mirror_core.figures import cooperation as figures
from mirror_core.pages import cooperation as page
from mirror_core.pages.experiment import present

BASE = {
    "together": {"cooperation_success": 0.9, "code_gain": 0.0, "code_p": 0.5},
    "alone": {"cooperation_success": 0.2},
    "partner never seen": {},
    "untrained": {},
}


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    rows = [
        {
            "condition": condition,
            "seed": seed,
            **{name: 0.01 * rng.random() for name in page.EXPERIMENT.measures},
            "mirror_units": 0.0,
            "mirror_share": 0.0,
            **{name: value + 0.01 * rng.random() for name, value in values.items()},
        }
        for condition, values in BASE.items()
        for seed in range(100, 105)
    ]
    return pd.DataFrame(rows)


def changed(table, condition, **values):
    table = table.copy()
    for name, value in values.items():
        table.loc[table.condition == condition, name] = value + 0.01 * np.arange(5)
    return table


def test_the_finding_follows_from_the_table(table, plain):
    # with so few actions the test could not have found any
    assert plain(page.finding(table).data).endswith(
        "learn to act together, but whether their units code a partner's move as their own cannot be told."
    )
    mirrors = changed(table, "together", mirror_share=0.2, mirror_units=20)
    assert "and some of their units come to code" in page.finding(mirrors).data
    both = changed(mirrors, "untrained", mirror_share=0.2, mirror_units=20)
    assert "are there without learning" in page.finding(both).data
    assert "do not learn to act together" in page.finding(changed(table, "together", cooperation_success=0.1)).data
    for one in (table, mirrors, both):
        plain(page.finding(one).data)


def test_lesions_are_counted(table):
    found = page.lesions(changed(table, "together", partner_lesion_success=-0.025)).data
    assert "2 of 5" in found


@pytest.fixture(scope="module")
def played():
    rng = np.random.default_rng(1)
    pair = new_pair(24, rng)
    settings = recurrent_ppo.Settings(n_worlds=32, n_steps=20)
    recurrent_ppo.train(pair, 64_000, 5e-3, rng, alone=True, settings=settings)
    return recordings.play(pair, 8, rng)


def test_the_film_says_what_happens(played):
    found = page.film(played, 2, 60).data
    frames = json.loads(re.search(r'player-frames">(.*?)</script>', found, re.S)[1].replace("<\\/", "</"))
    assert len(frames) == 60
    for t, frame in enumerate(frames):
        words = frame["caption"]
        assert words.startswith(f"Step {t + 1}: A ")
        for k, name in enumerate("AB"):
            assert (f"{name} pokes" in words) == (played.did[t, k, 2] % DRINK == POKE)
            assert (f"{name} drinks" in words) == (played.did[t, k, 2] >= DRINK)
        assert ("cooperation" in words) == (played.together[t, 2] == COOPERATION)
        assert frame["picture"].count("<circle") == 2
    assert any("pokes" in frame["caption"] for frame in frames)


def test_figures_are_legible(table, legible):
    legible(figures.answer(present(page.EXPERIMENT, table), "together", page.panels(table)))
    curve = [{"steps": 10 * i, "paid": i, "misses": 1} for i in range(4)]
    legible(figures.learning({"alone": curve, "together": curve}))


def test_the_example_of_the_environment_is_shown_whole():
    text = page.own_agent().data
    assert "record_agents(Cooperation(alone=True)" in text and "import torch" in text and "<script" not in text
