"""The experiment on reward: pay by hand, what is looked at when, and rows that depend on the seed alone."""

import numpy as np
import pandas as pd
import pytest
import torch

from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.experiments import experiment_named
from mirror_core.experiments import reward as study
from mirror_core.experiments.lesions import task_costs
from mirror_core.experiments.study import read_study
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import make_lessons
from mirror_core.networks.training.life import Life
from mirror_core.networks.training.rules import RULES
from mirror_core.recordings.of_networks import heldout_episodes, record

SMALL = Config().change(hidden_size=10, input_size=8, n_sequences=64, batch_size=16, seed=3)
FEW = {"n_steps": 16, "n_test": 20, "n_draws": 19}


def test_each_condition_lives_as_it_says():
    assert set(study.PLANS) == set(experiment_named("reward").conditions)
    assert all(plan.rule in RULES or name == "untrained" for name, plan in study.PLANS.items())
    assert not any("," in name for name in study.PLANS)  # the command separates conditions by commas
    assert study.config_of("reward as written", SMALL) == SMALL
    assert study.config_of("reward", SMALL) == configure(SMALL, "self-observation")
    assert study.config_of("reward shuffled", SMALL).objective.shuffled_labels


def test_two_actions_pay_four_times_as_much_others_with_other_seeds_and_the_mean_is_one():
    chosen = [tuple(np.flatnonzero(study.salient_actions(seed, 6))) for seed in range(20)]
    assert all(len(one) == 2 for one in chosen) and len(set(chosen)) > 8
    pay = study.pay_of(5, 6)
    assert sorted(pay) == [0.5] * 4 + [2.0] * 2 and pay.mean() == 1
    assert study.salient_actions(0, 2).sum() == 1


def test_steps_weigh_what_pays():
    config = study.config_of("reward", SMALL)
    life = Life(MirrorNetwork(config), config, make_lessons(config, "train", 64), "reward")
    steps = {pay: list(study.days(pay, 3)(life)) for pay in ("flat", "salient", "own")}
    pay = study.pay_of(3, 6)
    for flat, salient, own in zip(*steps.values(), strict=True):
        np.testing.assert_array_equal(flat.rows, salient.rows)
        actions = life.lessons.actions[flat.rows].numpy()
        assert flat.weights is None and set(salient.weights) == {"infer"} and set(own.weights) == {"predict"}
        np.testing.assert_array_equal(salient.weights["infer"], pay[actions])
        np.testing.assert_array_equal(own.weights["predict"], pay[actions])
    assert len(steps["flat"]) == 3 and len(steps["flat"][0].rows) == 16


def test_rows_depend_on_the_seed_alone_and_not_on_their_company():
    together = study.rows(("untrained", "reward", "perturbation"), SMALL, **FEW)
    alone = study.rows(("reward",), SMALL, **FEW)
    assert list(together.columns) == ["condition", *experiment_named("reward").measures, "seconds"]
    row = together[together.condition == "reward"].drop(columns="seconds").reset_index(drop=True)
    pd.testing.assert_frame_equal(row, alone.drop(columns="seconds"), check_exact=True)
    other = study.rows(("reward",), SMALL.change(seed=4), **FEW)
    assert other.reward_accuracy.item() != alone.reward_accuracy.item()
    only = together.set_index("condition")
    assert np.isnan(only.loc["untrained", "reward_steps_90"]) and np.isfinite(only.loc["untrained", "mean_r"])
    assert only.reward_accuracy_early.notna().tolist() == [False, True, True]


def test_networks_are_looked_at_when_they_first_reach_a_level(monkeypatch):
    on_the_way = iter([0.1, 0.2, 0.5, 0.3, 0.95, 0.99] + [0.2] * 100)
    monkeypatch.setattr(study, "right", lambda network, episodes: np.full((2, 2), next(on_the_way)))
    seen = []

    def look(network, episodes, seed, name, n_draws):
        seen.append(name)
        measured = dict.fromkeys((*study.MIRRORING, *study.LOOKED, *study.AT_END), float(len(seen)))
        return measured

    monkeypatch.setattr(study, "look", look)
    found = study.measure("gradient", SMALL, 128, 20, 19)
    assert seen == ["gradient/4", "gradient/8", "gradient/32", "gradient"]
    assert (found["reward_steps_40"], found["reward_steps_90"]) == (4, 8)
    assert (found["reward_r_40"], found["reward_share_90"], found["reward_alike_early"]) == (1, 2, 3)
    assert found["mirror_share"] == found["reward_accuracy"] == found["reward_top_named"] == 4
    assert (found["reward_excess_named_90"], found["reward_excess_explained"]) == (2, 4)


def test_lesions_are_asked_of_the_share_of_variance_and_of_accuracy():
    network, episodes = MirrorNetwork(SMALL), heldout_episodes(SMALL, 20)
    seen = study.look(network, episodes, 3, "untrained", 9)
    perform, observe = record(network, episodes).values
    lost = task_costs(network, perform, observe, episodes, 3, "reward/untrained")
    variance = episodes.sensations.var(axis=(0, 1)).mean()
    assert seen["reward_top_explained"] == pytest.approx(lost["error"]["top"] / variance) != 0
    for what in ("named", "explained"):
        excess = seen[f"reward_top_{what}"] - seen[f"reward_matched_{what}"]
        assert seen[f"excess_{what}"] == pytest.approx(excess)


def test_means_of_actions_and_likeness_by_hand():
    actions = np.array([[0, 1, 0, 1]])
    values = np.array([1.0, 5.0, 3.0, 7.0]).reshape(1, 4, 1)
    np.testing.assert_array_equal(study.of_actions(values, actions, 3), [[2.0], [6.0], [np.nan]])
    rng = np.random.default_rng(0)
    actions = rng.integers(4, size=(50, 6))
    tuning = rng.standard_normal((4, 30))
    perform = tuning[actions]
    # gain and offset of a unit do not matter, to which action it responds does
    same = study.likeness(perform, 3 * perform + 2, actions, 4)
    np.testing.assert_allclose(same, 1, atol=1e-6)
    one_other = tuning.copy()
    one_other[2] = rng.standard_normal(30)
    found = study.likeness(perform, one_other[actions], actions, 4)
    assert found.argmin() == 2 and found[2] < 0.5
    np.testing.assert_allclose(study.likeness(perform, -perform, actions, 4), -1, atol=1e-6)
    assert np.isnan(study.likeness(perform, np.zeros_like(perform), actions, 4)).all()


def test_what_a_network_infers_is_what_its_head_names():
    network, episodes = MirrorNetwork(SMALL), heldout_episodes(SMALL, 10)
    with torch.no_grad():
        network.heads["infer"]["shared"].bias[2] += 1e3
    np.testing.assert_array_equal(study.right(network, episodes), episodes.actions == 2)
    found = study.accuracies("untrained", SMALL, n_steps=1, n_test=10)
    assert found.index.tolist() == [0] and list(found.columns) == list(range(6))


def test_a_network_that_is_paid_learns_and_one_whose_pay_is_shuffled_does_not():
    base = SMALL.change(hidden_size=24, input_size=24, n_sequences=300, batch_size=32, learning_rate=1e-2)
    for condition, low, high in (("reward as written", 0.6, 1), ("reward shuffled", 0, 0.35)):
        end = study.accuracies(condition, base, n_steps=80, n_test=20).iloc[-1].mean()
        assert low <= end <= high, condition


def test_rows_of_the_table_come_out_again():
    kept = read_study(experiment_named("reward"))
    seed = int(np.random.default_rng().integers(100, 110))
    again = study.learn(experiment_named("reward").learner(seed, ("untrained", "gradient as written")))
    for condition, row in again.set_index("condition").iterrows():
        same = kept[(kept.seed == seed) & (kept.condition == condition)].iloc[0]
        for name in experiment_named("reward").measures:
            # on another processor sums round differently, and training carries that on
            tolerance = 20 if "steps" in name else 2 if name == "mirror_units" else 0.05
            level = next((one for one in study.LEVELS if name.endswith(one)), None)
            if level is None or "steps" in name or row[f"reward_steps{level}"] == same[f"reward_steps{level}"]:
                np.testing.assert_allclose(row[name], same[name], rtol=0, atol=tolerance, err_msg=f"{name} of {seed}")


def test_what_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(OptionError, match="condition of reward 'rewards'.*'reward'"):
        experiment_named("reward").learner(0, ("rewards",))
    with pytest.raises(OptionError, match="condition of reward 'perturbations'.*'perturbation'"):
        study.accuracies("perturbations", SMALL)
    with pytest.raises(OptionError, match="n_steps = 0 is not allowed"):
        study.accuracies("reward", SMALL, n_steps=0, n_test=4)
    with pytest.raises(OptionError, match="unknown pay 'salent'. Did you mean 'salient'"):
        study.days("salent", 1)
    assert {plan.pay for plan in study.PLANS.values()} == set(study.PAYS)
