"""The page on reward: words that follow the table, figures with every condition, one network as it learns."""

import numpy as np
import pandas as pd
import pytest

from mirror_core.experiments import reward as study
from mirror_core.figures import alignment as of_worlds
from mirror_core.figures import reward as figures
from mirror_core.figures.kept import kept
from mirror_core.figures.sceptic import conditions
from mirror_core.pages import reward as page

LIKE = {
    "reward_accuracy": 0.95, "mirror_share": 0.5, "mean_r": 0.7, "code_gain": 0.5, "code_p": 0.001,
    "reward_ahead_early": 0.0, "reward_salient": 0.0, "reward_salient_40": 0.0, "reward_steps_90": 200.0,
}  # fmt: skip
NOTHING = {"reward_accuracy": 0.17, "mirror_share": 0.0, "mean_r": 0.0, "code_gain": 0.0, "code_p": 0.5}


def table(**changes):
    """Return a table in which all rules learn and self-observation makes mirror units, with what is changed.

    `changes`: a condition with underscores → its measures.
    """
    rows = []
    for condition in study.PLANS:
        for seed in range(5):
            row = dict.fromkeys(page.EXPERIMENT.measures, 0.3) | LIKE | {"condition": condition, "seed": seed}
            if condition == "untrained":
                row |= NOTHING
            if condition.endswith("as written"):
                row |= {"mirror_share": 0.0}
            if condition == "reward shuffled":
                row |= {"reward_accuracy": 0.17, "reward_steps_90": np.nan}
            row |= changes.get(condition.replace(" ", "_"), {}) | {"seconds": 2.0}
            rows.append({name: one + 1e-3 * (seed % 3) if isinstance(one, float) else one for name, one in row.items()})
    return pd.DataFrame(rows)


PAID = {"reward_ahead_early": 0.5}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "learns to infer actions, and has mirror units; what pays more is not mirrored more."),
        ({"reward": {"reward_accuracy": 0.5}}, "hardly learns to infer actions, but has mirror units;"),
        ({"reward": {"mirror_share": 0.0}}, "learns to infer actions, but has no mirror units;"),
        ({"reward_with_salient_pay": PAID}, "what pays more is not mirrored more."),
        ({"reward_with_salient_pay": PAID | {"reward_salient": 0.2}}, "what pays more is partly mirrored more."),
        (
            {"reward_with_salient_pay": PAID | {"reward_salient": 0.2, "reward_salient_40": 0.2}},
            "what pays more is mirrored more.",
        ),
    ],
)
def test_the_finding_follows_the_claims(changes, said, plain):
    assert said in plain(page.finding(table(**changes)).data)


def test_what_is_said_follows_the_intervals():
    made = table(reward={"reward_share_40": 0.6}, gradient={"reward_share_40": 0.2, "mirror_share": 0.8})
    said = page.rules_said(made).data
    assert "after all steps fewer units pass (−0.30 [−0.30, −0.30])" in said
    assert "at an accuracy of 0.4 more units pass (0.40 [0.40, 0.40])" in said
    assert "at an accuracy of 0.9 no more and no fewer" in said
    assert "5 of 5 networks that are perturbed" in said
    assert "needs no reward" in page.shuffled_said(made).data
    assert "needs no reward" not in page.shuffled_said(table(reward_shuffled={"mirror_share": 0.0})).data
    lone = made[made.seed == 0]
    assert "nan" not in page.rules_said(lone).data + page.shuffled_said(lone).data + page.salience_said(lone).data


def test_gains_are_matched_by_seed_and_condition():
    made = table(reward_with_salient_pay={"reward_salient": 0.3}, gradient={"reward_salient": 0.1})
    names, found = page.gained(made)
    assert names == list(page.SALIENCE)
    means = [one.mean for one in found[page.GAINS["reward_salient"]]]
    np.testing.assert_allclose(means, [0.3, -0.1, -0.1], atol=1e-9)
    names, _ = page.gained(made[made.condition != "gradient"])
    assert names == ["reward with salient pay"]


def test_what_lesions_cost_is_said_beside_matched_units():
    made = table(
        reward={"reward_top_named": 0.4, "reward_matched_named": 0.1, "reward_excess_named": 0.3},
        eligibility={"reward_excess_explained": -0.2},
        gradient={"reward_excess_named": -0.001},  # from -0.001 to 0.001
    )
    said = {one.split("</em>")[0]: one for one in page.lesions_said(made).data.split("<em>")}
    assert "0.40 [0.40, 0.40] of accuracy, more than matched ones, 0.10 [0.10, 0.10]" in said["reward"]
    assert "of the sensations' variance, less than matched ones" in said["eligibility"]
    assert "of accuracy, not clearly more or less than matched ones" in said["gradient"]
    assert "nan" not in page.lesions_said(made[made.seed == 0]).data


def test_figures_show_every_condition_and_are_legible(legible):
    made = table()
    fig = conditions(page.conditions(made), page.panels(made), "reward", page.LEVELS)
    legible(fig)
    assert [text.get_text() for text in fig.axes[0].get_yticklabels()] == list(study.PLANS)
    legible(conditions(*page.rules(made), "reward", {}))
    lesions = of_worlds.conditions(page.conditions(made), page.lesions(made), "reward", page.ZERO, {})
    legible(lesions)
    assert set(kept(lesions).data.condition) == set(study.PLANS) and len(lesions.axes) == len(page.LESIONS)
    legible(conditions(*page.gained(made), "reward with salient pay", {}))


def test_one_network_is_drawn_as_it_learns(legible):
    steps = pd.DataFrame(np.linspace(0, 1, 12).reshape(3, 4), index=[0, 10, 20]).rename_axis("step")
    fig = figures.learning(steps, np.array([True, False, False, True]))
    legible(fig)
    beside = kept(fig)
    assert len(beside.data) == 12 and beside.data.salient.sum() == 6
    assert beside.seen == "Mean accuracy in the end, salient actions 0.86; other actions 0.86."
    chosen = np.flatnonzero(study.salient_actions(7, 6)) + 1
    assert f"of seed 7 are {chosen[0]} and {chosen[1]}." in page.salient_said(7, 6).data
