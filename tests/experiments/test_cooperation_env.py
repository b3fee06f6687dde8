"""The world for agents of one's own: the compiled one's numbers, the interfaces' own tests, and what is refused."""

import ast
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from mirror_core.checks import OptionError
from mirror_core.experiments import cooperation_recordings as recordings
from mirror_core.experiments import cooperation_world
from mirror_core.experiments.agents import record_agents
from mirror_core.experiments.cooperation_world import COOPERATION, DRINK, MISS, POKE, Worlds, inputs, numbers_seen
from mirror_core.experiments.recurrent_agents import new_pair, outputs_of, think
from mirror_core.recordings.formats import read_file
from mirror_core.report import analyse_file

for package in ("pettingzoo", "gymnasium"):
    pytest.importorskip(package, reason=f"{package} is missing, of the optional extra `agents`")

from mirror_core.experiments.cooperation_env import SIDES, Cooperation, OneSide  # noqa: E402


class Recurrent:
    """An agent of ours for PettingZoo's world."""

    def __init__(self, agent, rng):
        self.agent, self.rng = agent, rng

    def begin(self, n):
        self.hidden = np.zeros((n, len(self.agent["b"])), np.float32)

    def act(self, observations):
        self.hidden = think(self.agent, numbers_seen(observations), self.hidden)
        logits = outputs_of(self.agent, self.hidden)[:, :5]
        return np.argmax(logits + self.rng.gumbel(size=logits.shape), axis=1), self.hidden


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("sees_partner", [False, True])
def test_the_compiled_world_is_its_twin_step_by_step(alone, sees_partner):
    seeds = [0, 1, 2**63 + 5]
    rng = np.random.default_rng(0)
    worlds = Worlds(seeds, alone=alone, sees_partner=sees_partner)
    envs = [Cooperation(alone, sees_partner) for _ in seeds]
    seen = [env.reset(seed)[0] for env, seed in zip(envs, seeds, strict=True)]
    happened = np.zeros(4, int)
    for t in range(900):
        for n, one in enumerate(seen):
            np.testing.assert_array_equal(inputs(worlds.seen[:, n]), [one[side] for side in SIDES])
        # towards the poke cell or the water more often than not: otherwise hardly anything happens
        actions = rng.integers(5, size=(2, len(seeds)))
        aim = np.where(
            worlds.states[:, :, cooperation_world.WAITS, None] > 0, worlds.states[:, :, 4:6], worlds.states[:, :, 2:4]
        )
        rows = (aim - worlds.states[:, :, :2]).swapaxes(0, 1)
        wanted = np.where(rows[..., 0] < 0, 0, np.where(rows[..., 0] > 0, 2, np.where(rows[..., 1] < 0, 3, 1)))
        actions = np.where(rng.random(actions.shape) < 0.7, wanted, actions)
        worlds.step(actions)
        for n, env in enumerate(envs):
            seen[n], rewards, ended, truncated, infos = env.step(dict(zip(SIDES, actions[:, n], strict=True)))
            assert [rewards[side] for side in SIDES] == worlds.rewards[:, n].tolist()
            assert not any(ended.values()) and all(truncated.values()) == bool(worlds.over[n]) == (t % 200 == 199)
            for k, side in enumerate(SIDES):
                did = infos[side]["poke"] * POKE + infos[side]["drink"] * DRINK
                together = infos[side]["cooperation"] * COOPERATION + infos[side]["miss"] * MISS
                assert (did, together) == (worlds.did[k, n], worlds.together[n])
                happened += [did & POKE > 0, did & DRINK > 0, together == COOPERATION, together == MISS]
            if not env.agents:
                seen[n], _ = env.reset()  # the generator goes on, as in the compiled world
    assert (happened[:2] > 20).all() and (alone or (happened[2:] > 20).all())


def test_the_interfaces_pass_their_own_tests():
    from gymnasium.utils.env_checker import check_env
    from pettingzoo.test import parallel_api_test

    parallel_api_test(Cooperation(), num_cycles=500)
    check_env(OneSide(), skip_render_check=True)


def test_an_episode_has_finite_rewards_the_stated_shapes_and_an_end():
    env, rng = Cooperation(), np.random.default_rng(0)
    seen, _ = env.reset(seed=3)
    for t in range(200):
        assert env.agents == list(SIDES), t
        for side in SIDES:
            assert seen[side].shape == (68,) and env.observation_space(side).contains(seen[side])
        seen, rewards, *_ = env.step({side: int(rng.integers(5)) for side in SIDES})
        assert all(np.isfinite(one) and isinstance(one, float) for one in rewards.values())
    assert env.agents == []
    with pytest.raises(OptionError, match=r"reset\(\)"):
        env.step(dict.fromkeys(SIDES, 0))


@pytest.mark.parametrize(
    "actions, said",
    [
        ({"left": 5, "right": 0}, "action of left = 5 is not allowed: .* 0 to 4"),
        ({"left": 0, "right": 1.0}, "action of right = 1.0"),
        ({"left": 0}, "each of left and right"),
        ({}, "nobody"),
    ],
)
def test_an_impossible_action_is_refused_and_nothing_happens(actions, said):
    env, other = Cooperation(), Cooperation()
    for one in (env, other):
        one.reset(seed=0)
    with pytest.raises(OptionError, match=said):
        env.step(actions)
    after, wanted = (one.step(dict.fromkeys(SIDES, 2))[0] for one in (env, other))
    assert all((after[side] == wanted[side]).all() for side in SIDES)


def test_a_side_or_seed_that_there_is_not_is_refused():
    with pytest.raises(OptionError, match="side 'middle'"):
        OneSide(side="middle")
    with pytest.raises(OptionError, match="seed"):
        Cooperation().reset(seed=-1)


def test_one_side_is_the_same_world_beside_a_partner_that_acts_by_a_function():
    one, both = OneSide(lambda seen: int(seen.sum()) % 5, alone=False, side="right"), Cooperation()
    seen, _ = one.reset(seed=4)
    together, _ = both.reset(seed=4)
    for t in range(200):
        assert (seen == together["right"]).all()
        seen, reward, ended, truncated, info = one.step(t % 5)
        together, rewards, *_, infos = both.step({"right": t % 5, "left": 6 % 5})
        assert reward == rewards["right"] and info == infos["right"] and (ended, truncated) == (False, t == 199)


def test_an_agent_is_recorded_as_our_own_pairs_are(tmp_path):
    pair = new_pair(10, np.random.default_rng(0))
    agents = {side: Recurrent(pair[k], np.random.default_rng(k)) for k, side in enumerate(SIDES)}
    found = record_agents(
        Cooperation(), agents, tmp_path / "ours.npz", n_sequences=12, n_steps=20, n_fillings=3, seed=5
    )

    agents = {side: Recurrent(pair[k], np.random.default_rng(k)) for k, side in enumerate(SIDES)}
    worlds, seen, actions = Worlds(range(5, 17)), [], []
    for agent in agents.values():
        agent.begin(12)
    for _ in range(20):
        seen.append(worlds.seen[0].copy())
        chosen = np.stack([agents[side].act(inputs(worlds.seen[k]))[0] for k, side in enumerate(SIDES)])
        worlds.step(chosen)
        actions.append(chosen[0])
    wanted = recordings.paired(pair[0], np.array(seen), np.array(actions), 3)
    np.testing.assert_allclose(found.perform, wanted.perform, atol=1e-6)
    np.testing.assert_allclose(found.observe, wanted.observe, atol=1e-6)
    np.testing.assert_array_equal(found.actions, wanted.actions)
    np.testing.assert_array_equal(read_file(tmp_path / "ours.npz")[0], found.perform)


def test_the_example_with_stable_baselines_runs(tmp_path, monkeypatch):
    pytest.importorskip("stable_baselines3", reason="stable_baselines3 is missing, of the optional extra `agents`")
    source = Path(importlib.util.find_spec("mirror_core.experiments.cooperation_env").origin)
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8")))
    example = "\n".join(line[4:] for line in text.splitlines() if line.startswith("    ") or not line)
    monkeypatch.chdir(tmp_path)
    for long, short in (
        ("100_000", "64"),
        ('device="cpu"', 'device="cpu", n_steps=64'),
        ('"agent.npz"', '"agent.npz", n_sequences=8, n_steps=20, n_fillings=2'),
    ):
        assert long in example
        example = example.replace(long, short)
    exec(compile(example, "example", "exec"), {})
    assert read_file("agent.npz")[0].shape == (8, 19, 64)
    assert analyse_file("agent.npz", n_permutations=9).reading.verdict
