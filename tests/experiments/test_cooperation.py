"""Cooperation in a time window: rules by hand-worked cases, learning against PyTorch, measures on known agents."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from mirror_core.checks import OptionError
from mirror_core.experiments import EXPERIMENTS, cooperation, recurrent_ppo
from mirror_core.experiments import cooperation_recordings as recordings
from mirror_core.experiments.cooperation_world import (
    ABSENT,
    ACTIONS,
    AGE,
    COLUMN,
    COOPERATION,
    DRINK,
    FROZEN,
    INSIDE,
    MISS,
    POKE,
    POKE_COLUMN,
    POKE_ROW,
    ROW,
    WAITS,
    WATER_COLUMN,
    WATER_ROW,
    ZEROS,
    Worlds,
    drawn,
    inputs,
    numbers_seen,
)
from mirror_core.experiments.planted import planted, power
from mirror_core.experiments.recurrent_agents import check_pair, choose, new_pair, think
from mirror_core.experiments.recurrent_ppo import Settings
from mirror_core.experiments.study import read_study

UP, RIGHT, DOWN, LEFT, STAY = range(len(ACTIONS))
EXPERIMENT = EXPERIMENTS["cooperation"]
TINY = cooperation.Sizes(
    n_units=12, steps_alone=1600, steps_together=1600, learning=Settings(n_worlds=16), n_played=8, n_lesioned=4,
    n_matched=2, n_sequences=16, n_steps=40, n_fillings=2, n_draws=19,
)  # fmt: skip


def two_beside_their_poke_cells(*, alone=False):
    """One world in which both stand below their poke cells, and the water is in the last row."""
    worlds = Worlds([0], alone=alone)
    for body in worlds.states[0]:
        body[:] = 0
        body[[ROW, COLUMN, POKE_ROW, POKE_COLUMN, WATER_ROW, WATER_COLUMN]] = 2, 1, 1, 1, 7, 1
    return worlds


def steps(worlds, *moves):
    """Let both agents move, and return what happened in each timestep."""
    found = []
    for pair in moves:
        worlds.step(np.array(pair)[:, None])
        found.append((worlds.rewards[:, 0].tolist(), worlds.did[:, 0].tolist(), int(worlds.together[0])))
    return found


@pytest.mark.parametrize("later", [0, 1, 2])
def test_two_pokes_at_most_two_steps_apart_are_paid(later):
    worlds = two_beside_their_poke_cells()
    found = steps(worlds, *[(UP if t == 0 else STAY, UP if t == later else STAY) for t in range(later + 1)])
    assert found[-1][0] == [2, 2] and found[-1][2] == COOPERATION and bool(worlds.paid[0])
    assert [did[1] for _, did, _ in found] == [0] * later + [POKE]
    assert all(rewards == [-0.1, -0.1] and together == 0 for rewards, _, together in found[:-1])
    assert worlds.states[0, :, WAITS].tolist() == [1, 1]


def test_a_poke_that_stays_unanswered_costs_both_and_a_later_one_is_a_new_one():
    worlds = two_beside_their_poke_cells()
    found = steps(worlds, (UP, STAY), (STAY, STAY), (STAY, STAY), (STAY, UP))
    assert [together for *_, together in found] == [0, 0, MISS, 0]
    assert found[2][0] == [pytest.approx(-0.6)] * 2
    assert worlds.states[0, :, AGE].tolist() == [0, 1] and not worlds.states[0, :, WAITS].any()


def test_who_stays_in_the_cell_does_not_poke_again():
    worlds = two_beside_their_poke_cells()
    found = steps(worlds, (UP, UP), (STAY, STAY), (DOWN, STAY), (UP, STAY))
    assert [did for _, did, _ in found] == [[POKE, POKE], [0, 0], [0, 0], [POKE, 0]]


def test_water_that_waits_for_one_leaves_a_cooperation_unpaid():
    worlds = two_beside_their_poke_cells()
    worlds.states[0, 0, WAITS] = 1
    assert steps(worlds, (UP, UP)) == [([-0.1, -0.1], [POKE, POKE], COOPERATION)]
    assert not worlds.paid[0] and worlds.states[0, :, WAITS].tolist() == [1, 1]


def test_who_drinks_is_paid_stands_still_and_finds_its_cells_elsewhere():
    worlds = two_beside_their_poke_cells()
    worlds.states[0, 0, [ROW, WAITS]] = 6, 1
    worlds.states[0, 1, ROW] = 6  # no water waits for this one
    assert steps(worlds, (DOWN, DOWN)) == [([2, -0.1], [DRINK, 0], 0)]
    first = worlds.states[0, 0]
    assert first[WAITS] == 0 and 0 <= first[FROZEN] <= 3 and first[POKE_ROW] <= 2 and first[WATER_ROW] >= 4
    first[FROZEN] = 2
    found = steps(worlds, (UP, STAY), (UP, STAY), (UP, STAY))
    assert [rewards[0] for rewards, *_ in found] == [0, 0, -0.1] and first[ROW] == 6


def test_alone_a_poke_is_paid_by_itself_but_not_while_water_waits():
    worlds = two_beside_their_poke_cells(alone=True)
    found = steps(worlds, (UP, STAY), (DOWN, STAY), (UP, STAY), (STAY, STAY))
    assert [rewards[0] for rewards, *_ in found] == [2, -0.1, -0.1, -0.1]
    assert [did[0] for _, did, _ in found] == [POKE, 0, POKE, 0] and not any(together for *_, together in found)


def test_walls_hold_and_an_episode_has_two_hundred_steps():
    worlds = Worlds([3, 4])
    for t in range(200):
        assert not worlds.over.any() or t == 0
        worlds.step(np.full((2, 2), [[LEFT], [DOWN]]))
        if t == 20:
            assert (worlds.states[:, 0, COLUMN] == 0).all() and (worlds.states[:, 1, ROW] == 7).all()
    assert worlds.over.all() and (worlds.clock == 0).all() and not worlds.states[..., [WAITS, INSIDE, AGE]].any()


def test_agents_see_differences_and_the_other_only_where_they_may():
    worlds = two_beside_their_poke_cells()
    worlds.states[0, 1, ROW] = 4
    worlds.step(np.array([[STAY], [STAY]]))
    assert (worlds.seen[:, 0] - ZEROS).tolist() == [[-1, 0, 5, 0, -3, 0], [-3, 0, 3, 0, -1, 0]]
    assert (numbers_seen(inputs(worlds.seen)) == worlds.seen).all()
    unseen = Worlds([0], sees_partner=False)
    assert (unseen.seen[..., 4:] == [ABSENT, ABSENT + 1]).all()


def test_a_world_does_not_depend_on_those_beside_it():
    rng = np.random.default_rng(0)
    moves = rng.integers(5, size=(450, 2, 3))
    many, one = Worlds([5, 6, 7]), Worlds([6])
    for actions in moves:
        many.step(actions)
        one.step(actions[:, 1:2])
        assert (many.seen[:, 1] == one.seen[:, 0]).all() and (many.rewards[:, 1] == one.rewards[:, 0]).all()


def test_random_numbers_are_those_of_split_mix():
    state, found = 0, []
    for _ in range(2):
        state, bits = drawn(state)
        found.append(bits)
    assert found == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]  # of the published generator, seed 0


@pytest.mark.parametrize(
    "actions, said",
    [
        (np.zeros((2, 2), int), "shape"),
        (np.zeros((2, 1)), "whole numbers"),
        (np.array([[0], [5]]), "action = 5 is not allowed: .* 0 to 4"),
        (np.array([[-1], [0]]), "action = -1"),
    ],
)
def test_an_impossible_action_is_refused_and_nothing_happens(actions, said):
    worlds = Worlds([0])
    before = worlds.states.copy()
    with pytest.raises(OptionError, match=said):
        worlds.step(actions)
    assert (worlds.states == before).all() and worlds.clock[0] == 0


def test_agents_of_another_shape_are_refused():
    rng = np.random.default_rng(0)
    pair = new_pair(4, rng)
    with pytest.raises(OptionError, match="a pair has two"):
        check_pair(pair[:1])
    pair[1]["w"] = pair[1]["w"][:3]
    with pytest.raises(OptionError, match=r"w of an agent has shape \(3, 4\): with 4 units it must be \(4, 4\)"):
        recordings.play(pair, 2, rng)
    with pytest.raises(OptionError, match="n_back"):
        Settings(n_steps=50, n_back=20)
    with pytest.raises(OptionError, match="n_steps of training"):
        recurrent_ppo.train(new_pair(4, rng), 10, 1e-3, rng)
    with pytest.raises(OptionError, match="condition of cooperation"):
        EXPERIMENT.learner(0, ("apart",))


def episode(rng, n_steps=7, n_rows=9):
    """What happened in some timesteps, made up."""
    worlds, seen = Worlds(rng.integers(99, size=n_rows)), []
    for _ in range(n_steps):
        seen.append(worlds.seen[0].copy())
        worlds.step(rng.integers(5, size=(2, n_rows)))
    shape = n_steps, n_rows
    return (
        np.array(seen),
        rng.integers(5, size=shape),
        -2 + rng.random(shape),
        rng.normal(size=shape),
        rng.normal(size=shape),
    )


def test_the_gradient_is_that_of_automatic_differentiation():
    rng = np.random.default_rng(1)
    agent, settings = new_pair(6, rng)[0], Settings()
    seen, actions, log_p, advantage, returned = episode(rng)
    first = rng.random((seen.shape[1], 6)).astype(np.float32)
    found = recurrent_ppo.gradient(agent, seen, first, actions, log_p, advantage, returned, settings)

    weights = {name: torch.tensor(one.astype(float), requires_grad=True) for name, one in agent.items()}
    hidden, outputs = torch.tensor(first.astype(float)), []
    for now in torch.tensor(inputs(seen).astype(float)):
        hidden = torch.relu(now @ weights["w_in"] + weights["b"] + hidden @ weights["w"])
        outputs.append(hidden @ weights["w_out"] + weights["b_out"])
    outputs = torch.stack(outputs)
    now = torch.distributions.Categorical(logits=outputs[..., :5])
    gain = torch.tensor((advantage - advantage.mean()) / advantage.std())
    ratio = torch.exp(now.log_prob(torch.tensor(actions)) - torch.tensor(log_p))
    clipped = ratio.clip(1 - settings.clip, 1 + settings.clip)
    error = 0.5 * (outputs[..., 5] - torch.tensor(returned)).square()
    loss = -torch.minimum(ratio * gain, clipped * gain) - settings.entropy * now.entropy() + settings.value * error
    loss.mean().backward()
    assert (ratio > 1 + settings.clip).any() and (ratio < 1 - settings.clip).any()
    for name, weight in weights.items():
        np.testing.assert_allclose(found[name], weight.grad.numpy(), rtol=1e-3, atol=2e-6)


def test_advantages_are_discounted_sums_of_errors_up_to_an_episode_s_end():
    rng = np.random.default_rng(2)
    rewards, values, over = rng.normal(size=(6, 2)), rng.normal(size=(7, 2)), np.zeros((6, 2), bool)
    over[3, 0] = True
    found = np.empty((6, 2))
    recurrent_ppo._advantages(rewards, values, over, 0.9, 0.8, found)
    for n, ends in enumerate(([4, 6], [6])):
        for t in range(6):
            end = next(one for one in ends if t < one)
            errors = [
                rewards[s, n] + 0.9 * values[s + 1, n] * (not over[s, n]) - values[s, n] for s in range(t, end)
            ]  # fmt: skip
            assert found[t, n] == pytest.approx(sum(error * 0.72**i for i, error in enumerate(errors)))


def test_actions_are_drawn_as_often_as_their_probability():
    logits = np.array([0.3, -1, 2, 0, 1, 9], np.float32)
    n = 4000
    actions, log_p = np.empty(n, np.int64), np.empty(n)
    choose(np.tile(logits, (n, 1)), (np.arange(n) + 0.5) / n, actions, log_p)
    p = np.exp(logits[:5]) / np.exp(logits[:5]).sum()
    np.testing.assert_allclose(np.bincount(actions) / n, p, atol=1 / n)
    np.testing.assert_allclose(np.exp(log_p), p[actions], rtol=1e-5)


def test_adam_does_what_pytorch_does():
    rng = np.random.default_rng(3)
    agent = new_pair(3, rng)[0]
    theirs = {name: torch.tensor(one.copy()) for name, one in agent.items()}
    other, own = torch.optim.Adam(theirs.values(), lr=0.01, eps=1e-5), recurrent_ppo._Adam(agent)
    for _ in range(3):
        slopes = {name: rng.normal(size=one.shape).astype(np.float32) for name, one in agent.items()}
        own.step(slopes, 0.01, 0.5)
        for name, one in theirs.items():
            one.grad = torch.tensor(slopes[name])
        torch.nn.utils.clip_grad_norm_(theirs.values(), 0.5)
        other.step()
    for name, one in theirs.items():
        np.testing.assert_allclose(agent[name], one.numpy(), atol=1e-6)


def test_pairs_learn_to_poke():
    rng = np.random.default_rng(0)
    settings = Settings(n_worlds=32, n_steps=20)
    curve = recurrent_ppo.train(new_pair(32, rng), 99_840, 5e-3, rng, alone=True, settings=settings)
    first, last = (np.mean([one["paid"] for one in part]) for part in (curve[:10], curve[-10:]))
    assert curve[-1]["steps"] == 99_840 and last > 3 * first


def test_silenced_units_do_nothing():
    rng = np.random.default_rng(4)
    agent, seen = new_pair(5, rng)[0], Worlds([1, 2]).seen[0]
    kept = np.array([1, 0, 1, 1, 0], np.float32)
    hidden = think(agent, seen, np.zeros((2, 5), np.float32), kept)
    whole = think(agent, seen, np.zeros((2, 5), np.float32))
    assert (hidden[:, [1, 4]] == 0).all() and (hidden[:, [0, 2, 3]] == whole[:, [0, 2, 3]]).all() and whole.any()
    np.testing.assert_allclose(whole, np.maximum(inputs(seen) @ agent["w_in"] + agent["b"], 0), atol=1e-6)


def made_up(rng):
    """A pair whose units see either themselves, or the partner, or nothing, and do not remember."""
    pair = new_pair(6, rng)
    for agent in pair:
        agent["w"][:] = 0
        agent["w_in"][: ZEROS[4] - 7, 2:4] = 0  # units 2 and 3 see the partner alone
        agent["w_in"][ZEROS[4] - 7 :, :2] = 0  # units 0 and 1 see themselves
        agent["w_in"][:, 4:], agent["b"][4:] = 0, 0
        agent["b"][:4] = 2
    return pair


def test_what_follows_the_partner_alone_is_found():
    rng = np.random.default_rng(5)
    pair = made_up(rng)
    played = recordings.play(pair, 40, rng)
    found = recordings.paired(pair[0], played.seen[:30, 0], played.actions[:30, 0], 8)
    assert found.perform.shape == found.observe.shape == (40, 29, 6) and found.actions.shape == (40, 29)
    assert (found.unique[2:4] > 0.95).all() and (found.unique[:2] < 0.05).all() and (found.unique[4:] == 0).all()
    assert (found.actions == played.actions[:29, 0].T).all()


def test_what_is_shown_is_what_the_other_does():
    worlds = Worlds(range(3))
    own, other = worlds.seen[0], worlds.seen[1]
    assert (recordings.seen_with(own, other) == own).all()  # each saw the other do what the other did


def test_waiting_is_counted_beside_the_cell_alone():
    rng = np.random.default_rng(6)
    played = recordings.play(new_pair(4, rng), 3, rng)
    blank = replace(played, states=np.zeros_like(played.states), seen=np.broadcast_to(ZEROS, played.seen.shape).copy())
    assert np.isnan(cooperation.waiting(blank))  # nobody is beside a cell
    seen = blank.seen
    seen[0::2, 0, :, 0] += 1  # the first is beside its cell every other timestep, in it between
    seen[:, 1, :, 0] += 4  # the second stays far
    far = replace(blank, seen=seen)
    assert np.isnan(cooperation.waiting(far))  # never near
    seen[100:, 1, :, 0] -= 4  # then in its own cell
    seen[:50, 0, :, 0] = ZEROS[0] + 1  # and at first the first one does not go in
    assert cooperation.waiting(replace(blank, seen=seen)) == pytest.approx(50 / 75, abs=0.02)


def test_every_move_is_taken_equally_often():
    rng = np.random.default_rng(7)
    actions = rng.choice(5, p=[0.5, 0.3, 0.1, 0.099, 0.001], size=(16, 60))
    activity = np.repeat(actions[..., None], 2, axis=2).astype(float)
    found = recordings.Paired(activity, activity + 10, actions, np.zeros(2), np.zeros((2, 2)))
    perform, observe, even = recordings.balanced(found, rng)
    counts = np.array([np.bincount(row, minlength=5) for row in even])
    assert len(even) == 8 and (counts[:, :4] == counts[0, 0]).all() and not counts[:, 4].any()
    assert (perform[..., 0] == even).all() and (observe[..., 1] == even + 10).all()
    assert recordings.balanced(replace(found, actions=actions % 2), rng) is None


def test_matched_units_are_others_of_like_activity():
    rng = np.random.default_rng(8)
    typical = np.stack([np.repeat([0.0, 50.0], 10), np.repeat([1.0, 2.0], 10)], axis=1)
    found = cooperation.matched(np.array([0, 1, 2]), typical, rng)
    assert len(set(found)) == 3 and set(found) <= set(range(3, 10))
    assert cooperation.largest(np.array([0.1, np.nan, 3.0, 0.2, 0.0])).tolist() == [2]


@pytest.fixture(scope="module")
def rows():
    return cooperation.learn(EXPERIMENT.learner(3), TINY)


def test_a_seed_gives_every_measure_of_every_condition(rows):
    assert rows.condition.tolist() == list(EXPERIMENT.conditions)
    assert set(EXPERIMENT.measures) <= set(rows) and (rows.seconds > 0).all()
    lesions = rows.set_index("condition")[list(cooperation.LESIONS)]
    assert lesions.drop(index="together").isna().all(axis=None) and lesions.loc["together"].notna().any()


def test_a_condition_alone_is_the_same_as_with_others(rows):
    for condition in ("untrained", "partner never seen"):
        found = cooperation.learn(EXPERIMENT.learner(3, (condition,)), TINY).drop(columns="seconds")
        wanted = rows[rows.condition == condition].drop(columns="seconds").reset_index(drop=True)
        pd.testing.assert_frame_equal(found, wanted)


def test_the_published_table_is_what_the_code_gives():
    table = read_study(EXPERIMENT)
    assert table.groupby("condition").size().eq(10).all() and set(table.seed) == set(range(100, 110))
    row = table[(table.condition == "untrained") & (table.seed == 104)].iloc[0]
    pair = new_pair(cooperation.FULL.n_units, cooperation.stream(104, "cooperation/weights"))
    played = recordings.play(pair, cooperation.FULL.n_played, cooperation.stream(104, "cooperation/played"))
    # another processor's products may round one action in many thousands otherwise
    assert cooperation.success(played) == pytest.approx(row.cooperation_success, abs=0.005)
    assert cooperation.waiting(played) == pytest.approx(row.waiting, abs=0.01)


def test_planted_mirror_units_are_what_the_page_says_and_are_found():
    rng = np.random.default_rng(9)
    actions = rng.integers(4, size=(8, 120))
    perform, observe = (
        rng.normal(size=(4, 10))[actions] + 0.3 * rng.normal(size=(8, 120, 10)) for _ in range(2)
    )  # fmt: skip
    made = planted(perform, observe, 0.5, rng)
    same = (made == observe).all(axis=(0, 1))
    assert same.sum() == 5
    r = [np.corrcoef(perform[..., j].ravel(), made[..., j].ravel())[0, 1] for j in np.flatnonzero(~same)]
    np.testing.assert_allclose(r, np.sqrt(0.5), atol=0.08)
    np.testing.assert_allclose(made.std(axis=(0, 1)), observe.std(axis=(0, 1)), rtol=0.1)
    found = power(perform, observe, actions, 0, (0, 1), n_draws=99).set_index("planted")
    assert found.loc[1, "code_gain"] > 0.3 > found.loc[0, "code_gain"] and found.loc[1, "code_p"] < 0.05
    with pytest.raises(OptionError, match="share = 2"):
        planted(perform, observe, 2, rng)
