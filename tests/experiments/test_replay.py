"""Replay at surprise: what is tagged, what the memory holds, what a stored state replays, and what a row rests on."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.experiments import experiment_named, replay_memory
from mirror_core.experiments import replay as study
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.life import Life, lessons_of
from mirror_core.networks.training.losses import errors
from mirror_core.seeding import stream
from mirror_core.worlds.surprising import make_surprising

SMALL = Config().change(hidden_size=12, input_size=10, batch_size=16, seed=3)
FEW = {"n_batches": 5, "n_test": 20, "n_draws": 19}


@pytest.fixture(scope="module")
def life():
    """Return a small life that has not begun, of 32 episodes."""
    config = study.config_of("rare, surprise", SMALL)
    world = make_surprising("rare-actions", SMALL.world, 3)
    return Life(MirrorNetwork(config), config, lessons_of(world.episodes(32, 12, stream(3, "life"))))


def test_every_condition_says_what_is_done_in_it():
    assert study.CONDITIONS.keys() == study.PLANS.keys() == experiment_named("replay").conditions.keys()
    assert study.config_of("rare, surprise", SMALL).objective.joint_pass
    assert study.config_of("rare, surprise, as written", SMALL) == SMALL
    assert study.plan_of("regime, states") == study.Plan("regime", "states", "self-observation")


def test_surprise_is_the_sum_of_both_errors_each_over_its_mean(life):
    rows = np.array([4, 1, 9])
    lessons = life.lessons.rows(torch.from_numpy(rows))
    network = life.network
    with torch.no_grad():
        done = network.hidden("shared", network.drive(lessons.actions, None))
        shown = network.hidden("shared", network.drive(None, lessons.sensations))
        missed = ((network.heads["predict"]["shared"](done) - lessons.sensations) ** 2).mean(-1)
        logits = network.heads["infer"]["shared"](shown)
        unsure = functional.cross_entropy(logits.movedim(-1, 1), lessons.labels, reduction="none")
    np.testing.assert_allclose(
        replay_memory.surprise(life, rows), missed / missed.mean() + unsure / unsure.mean(), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(
        replay_memory.surprise(life, rows, by=("perform",)), missed / missed.mean(), rtol=1e-4, atol=1e-6
    )


def test_what_is_tagged_has_the_largest_score_and_ties_are_drawn(life):
    rows, rarity = np.arange(16, 32), np.zeros(16, int)
    rarity[[2, 5, 7]] = [1, 4, 2]
    draws = [replay_memory.tagged("rarity", life, rows, rarity, stream(i, "test")) for i in range(20)]
    assert all(found[:3].tolist() == [21, 23, 18] and len(set(found)) == replay_memory.TAGGED for found in draws)
    assert len({tuple(found[3:]) for found in draws}) > 10  # the others are all alike
    largest = replay_memory.surprise(life, rows).max(axis=1)
    found = replay_memory.tagged("surprise", life, rows, rarity, stream(0, "test"))
    assert found.tolist() == rows[np.argsort(-largest)[: replay_memory.TAGGED]].tolist()
    drawn = {tuple(sorted(replay_memory.tagged("random", life, rows, rarity, stream(i, "test")))) for i in range(20)}
    assert len(drawn) > 10


def test_an_unknown_replay_or_pass_is_refused_with_the_nearest(life):
    world = make_surprising("rare-actions", SMALL.world, 3)
    lived = study.Lived(life.network, SMALL, world, np.zeros(1, int))
    with pytest.raises(OptionError, match="unknown replay 'suprise'.*'surprise'"):
        study.curriculum("suprise", lived, stream(0, "test"))
    with pytest.raises(OptionError, match="unknown pass 'observes'.*'observe'"):
        replay_memory.surprise(life, np.arange(8), by=("observes",))


def test_the_memory_forgets_what_is_oldest():
    memory = replay_memory.Memory()
    memory.extend(range(replay_memory.CAPACITY + 10))
    assert set(memory.draw(20_000, stream(0, "test"))) == set(range(10, replay_memory.CAPACITY + 10))


def test_a_moment_replayed_from_its_state_goes_on_as_it_went_on(life):
    rows = np.arange(8)
    chosen = replay_memory.moments(life, rows)
    assert len(chosen) == replay_memory.TAGGED
    possible = replay_memory.surprise(life, rows)[:, 1 : 12 - replay_memory.SNIPPET + 1]
    values = [possible[one.row, one.t - 1] for one in chosen]
    np.testing.assert_array_equal(values, np.sort(possible.ravel())[::-1][: replay_memory.TAGGED])
    step = replay_memory.snippets(life, chosen)
    starts = {name: torch.from_numpy(states) for name, states in step.starts.items()}
    again = errors(life.network, life.passes, step.lessons, starts)
    whole = life.errors(rows)
    for key, found in again.items():
        for one, error in zip(chosen, found.detach().numpy(), strict=True):
            np.testing.assert_allclose(
                error, whole[key][one.row, one.t : one.t + replay_memory.SNIPPET], rtol=1e-3, atol=1e-5
            )


@pytest.mark.parametrize(
    ("how", "steps", "tags"),
    [("none", 4, 0), ("whole past", 8, 0), ("random", 8, 4), ("rarity", 8, 4), ("prediction", 8, 4), ("states", 8, 4)],
)
def test_each_batch_comes_once_and_is_followed_by_as_many_replayed(how, steps, tags):
    config = study.config_of(f"rare, {how}", SMALL)
    world = make_surprising("rare-actions", SMALL.world, 3)
    past = world.episodes(64, 12, stream(3, "life"))
    lived = study.Lived(MirrorNetwork(config), config, world, world.rarity(past))
    life = Life(lived.network, config, lessons_of(past), learner="autograd")
    found = list(study.curriculum(how, lived, stream(0, "memory"))(life))
    assert len(found) == steps and len(lived.tags) == tags
    new = found if how == "none" else found[::2]
    np.testing.assert_array_equal(np.concatenate([one.rows for one in new]), np.arange(64))
    assert all(len(one.rows) == 16 for one in found)
    if how == "whole past":
        assert all(one.rows.max() < 16 * batch for batch, one in enumerate(found[1::2], start=1))
    elif tags and how != "states":
        for batch, one in enumerate(found[1::2], start=1):
            assert set(one.rows) <= set(np.concatenate(lived.tags[:batch]))


def test_rows_depend_on_the_seed_alone_and_not_on_their_company():
    together = study.rows(("rare, untrained", "rare, surprise", "regime, states"), SMALL, **FEW)
    alone = study.rows(("rare, surprise",), SMALL, **FEW)
    assert list(together.columns) == ["condition", *experiment_named("replay").measures, "seconds"]
    row = together[together.condition == "rare, surprise"].drop(columns="seconds").reset_index(drop=True)
    pd.testing.assert_frame_equal(row, alone.drop(columns="seconds"), check_exact=True)
    only = together.set_index("condition")
    assert only.other_rare.notna().tolist() == [True, True, False]  # in the regime world no action is rare
    assert only.in_memory.notna().tolist() == [False, True, True]
    other = study.rows(("rare, surprise",), SMALL.change(seed=4), **FEW)
    assert other.other_named.item() != alone.other_named.item()


def test_the_level_is_looked_for_and_what_is_measured_there_is_kept(monkeypatch):
    never = study.live_through("rare, random", SMALL, **FEW)
    assert [one["batch"] for one in never.curve] == [5] and never.curve[0]["steps"] == 10 and not never.at_level
    monkeypatch.setattr(study, "LEVEL", 0.0)
    at_once = study.live_through("rare, none", SMALL, **FEW)
    assert at_once.at_level.keys() == {"level_steps", "level_passing", "level_r"}
    assert at_once.at_level["level_steps"] == 5  # no replay: a step a batch


def test_what_silencing_costs_is_accuracy_beyond_that_of_other_sets(monkeypatch):
    network = MirrorNetwork(SMALL.change(hidden_size=30))
    world = make_surprising("rare-actions", SMALL.world, 3).usual()
    episodes = world.episodes(40, 12, stream(3, "test"))
    recorded = np.random.default_rng(0).normal(size=(40, 12, 30))
    core, head = network.cores["shared"], network.heads["infer"]["shared"]
    with torch.no_grad():
        head.weight[:, 10:] = 0  # only the first ten units are read
        core.weight_hh_l0[:] = 0  # and none acts on another
        held = head(torch.from_numpy(recorded.mean(axis=(0, 1)).astype(np.float32)))
    read_first = np.r_[np.ones(10), np.zeros(20)]  # r of each unit
    costs = [
        study.lesion(network, recorded, recorded, r, episodes, stream(0, "a")) for r in (read_first, 1 - read_first)
    ]
    intact = study.named(network, episodes, world)["other_named"]
    blind = (episodes.actions == int(held.argmax())).mean()
    # by hand: the sets of other units are the same draws; without the units that are read there is one answer
    assert costs[0] - costs[1] == pytest.approx(intact - blind) and intact != blind
    monkeypatch.setattr(study, "LESIONED", 1.0)
    assert study.lesion(network, recorded, recorded, read_first, episodes, stream(0, "a")) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 5}, "batch_size = 5 is not allowed"),
        ({"sequence_length": 4}, "sequence_length = 4 is not allowed"),
        ({"n_actions": 2}, "n_actions = 2 is not allowed"),
    ],
)
def test_sizes_that_leave_nothing_to_replay_are_refused(change, message):
    with pytest.raises(OptionError, match=message):
        study.live_through("rare, states", SMALL.change(**change), **FEW)


def test_rows_of_the_table_come_out_again(made_again):
    for name, now, kept in made_again("replay", 103, ("regime, random",)):
        # on another processor sums round differently, and training carries that on; counts follow by whole units
        tolerance = {"mirror_units": 2, "level_steps": 2 * study.EVERY}.get(name, 0.03)
        np.testing.assert_allclose(now, kept, rtol=0, atol=tolerance, err_msg=name)


def test_an_unknown_condition_is_refused_with_the_nearest():
    with pytest.raises(OptionError, match="condition of replay 'rare, surprize'.*'rare, surprise'"):
        experiment_named("replay").learner(0, ("rare, surprize",))
    with pytest.raises(OptionError, match="unknown condition of replay"):
        study.live_through("surprise", SMALL, **FEW)
    with pytest.raises(OptionError, match="n_batches = 0 is not allowed"):
        study.live_through("rare, none", SMALL, **FEW | {"n_batches": 0})
