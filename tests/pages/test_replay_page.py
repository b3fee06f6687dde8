"""The page of replay at surprise: words that follow the table, figures with every condition, lives of any length."""

import re

import numpy as np
import pandas as pd
import pytest

from mirror_core.config.settings import Config
from mirror_core.experiments import replay as study
from mirror_core.figures import alignment as of_worlds
from mirror_core.figures import replay as figures
from mirror_core.figures.kept import kept
from mirror_core.pages import replay as page


def table(**more):
    """Return a table in which surprise is as good as random replay; `more`: condition → values that it has instead."""
    rows = []
    for condition, plan in study.PLANS.items():
        for seed in range(5):
            row = dict.fromkeys(page.EXPERIMENT.measures, 0.5) | {"condition": condition, "seed": seed, "seconds": 2.0}
            if plan.reading == "as-written":
                row["passing_positive"] = 0.0
            if plan.replay == "untrained":
                row |= {"other_named": 0.2, "level_steps": np.nan, "level_passing": np.nan, "in_memory": np.nan}
            row |= more.get(condition.replace(", ", "_").replace(" ", "_"), {})
            row["other_named"] += 0.001 * (seed % 2) * (plan.replay == "random")
            rows.append(row)
    return pd.DataFrame(rows)


BETTER, UNITS = {"other_named": 0.8}, {"passing_positive": 0.9}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "helps a network no more than random ones to name another's actions, and makes no more mirror units."),
        ({"rare_surprise": BETTER}, "actions in one of two worlds, but makes no more mirror units."),
        (
            {"rare_surprise": BETTER, "regime_surprise": BETTER, "rare_surprise_as_written": BETTER},
            "name another's actions, but makes no more mirror units, and needs none.",
        ),
        (
            {"rare_surprise": BETTER | UNITS, "rare_surprise_as_written": BETTER},
            "in one of two worlds, makes more mirror units in one, and needs none.",
        ),
        (
            {"rare_surprise": BETTER | UNITS, "regime_surprise": BETTER, "rare_surprise_as_written": BETTER},
            "name another's actions, makes more mirror units in only one of two worlds, and needs none.",
        ),
        (
            {"rare_surprise": BETTER | UNITS, "regime_surprise": BETTER | UNITS},
            "name another's actions, and makes more mirror units.",
        ),
    ],
)
def test_the_finding_follows_the_claims(more, said, plain):
    assert plain(page.finding(table(**more)).data).endswith(said)


def test_what_is_said_at_equal_accuracy_counts_who_gets_there():
    made = table(rare_surprise={"level_steps": 100.0}, rare_random={"level_steps": 130.0})
    made.loc[(made.condition == "rare, random") & (made.seed == 4), ["level_steps", "level_passing"]] = np.nan
    said = page.level_said(made).data
    assert "5 of 5 networks get there with replay at surprise, 4 of 5 with random replay. In steps, " in said
    assert "random minus surprise: 30 " in said
    worse = table(rare_rarity={"other_named": 0.6}, regime_rarity={"other_named": 0.5}).pipe(page.rarity_said).data
    assert "named more often with rare actions (−0.100" in worse
    assert "as often, as far as can be told, with a rare regime (0.000" in worse and "nan" not in said + worse
    assert "2.0 to 2.0 s" in page.seconds_said(made).data


def test_the_figure_shows_every_condition_and_is_legible(legible):
    fig = figures.conditions(*page.panels(table()), "surprise", page.STEPS)
    legible(fig)
    assert len(fig.axes) == 2 * len(page.SHOWN)
    rows = [label.get_text() for axis in fig.axes[:: len(page.SHOWN)] for label in axis.get_yticklabels()]
    assert [f"rare, {name}" for name in rows[: len(page.replays(table(), "rare"))]] == list(study.PLANS)[:8] + [
        "rare, random, as written", "rare, surprise, as written"
    ]  # fmt: skip
    assert len(rows) == len(study.PLANS)
    lesions = of_worlds.conditions(*page.lesion_panels(table()), "surprise", page.NO_COST, {})
    legible(lesions)
    assert len(kept(lesions).data.groupby(["world", "condition"])) == len(study.PLANS)


def test_what_lesions_cost_beyond_matched_units_follows_the_intervals():
    made = table(**dict.fromkeys(("rare_random", "regime_surprise"), {"lesion_other": -0.1}))
    said = re.sub("<[^>]+>", "", page.lesions_said(made).data)
    assert "costs more than silencing matched ones in rare, surprise (0.50 [0.50, 0.50])" in said
    assert "; less than silencing matched ones in rare, random (−0.10 [−0.10, −0.10]) and regime, surprise (" in said


@pytest.mark.parametrize(("world", "n_batches"), [("rare", 12), ("regime", 12), ("rare", 2)])
def test_lives_of_any_length_are_drawn(world, n_batches, legible):
    base = Config().change(hidden_size=8, input_size=8, batch_size=8, seed=1)
    lives = {
        how: study.live_through(f"{world}, {how}", base, n_batches=n_batches, n_test=8, n_draws=9)
        for how in ("surprise", "none")
    }
    tagged, curves, usual = page.of_lives(lives)
    assert 0 < usual < 1 and len(curves["none"]) == n_batches // study.EVERY and not len(tagged["none"])
    rare = lives["surprise"].rarity[np.concatenate(lives["surprise"].tags[:10])] > 0
    assert tagged["surprise"].share.iloc[0] == pytest.approx(rare.mean())
    legible(figures.lives(tagged, curves, usual, study.LEVEL))


def test_a_value_that_is_not_there_is_a_dash():
    found = dict.fromkeys(page.EXPERIMENT.measures, 0.5) | {"other_rare": np.nan}
    assert "–" in page.networks_table({"surprise": found}).data and "nan" not in page.networks_table({"a": found}).data
