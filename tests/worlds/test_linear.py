"""The sensory world, against the recursion written out and the variances worked by hand."""

import numpy as np
import pytest

from mirror_core.config.settings import WorldConfig
from mirror_core.seeding import stream
from mirror_core.worlds.linear import make_world, predictable_error


def test_sensations_follow_the_recursion():
    world = make_world(WorldConfig(noise_std=0), seed=1)
    episodes = world.episodes(3, 5, np.random.default_rng(0))
    for i in range(3):
        state = np.zeros(16)
        for t in range(5):
            state = 0.9 * state + world.effects[episodes.actions[i, t]]
            np.testing.assert_allclose(episodes.sensations[i, t], state, rtol=1e-5, atol=1e-6)


def test_noise_adds_up_to_the_predictable_error():
    config = WorldConfig(noise_std=0.5, initial_std=0.3, effect_scale=0)
    episodes = make_world(config, 0).episodes(20_000, 4, np.random.default_rng(1))
    # by hand: var(t) = .25·(1 + .81 + … ) + .09·.81^t
    by_hand = [0.25 + 0.09 * 0.81, 0.25 * 1.81 + 0.09 * 0.81**2, 0.25 * (1 + 0.81 + 0.81**2) + 0.09 * 0.81**3,
               0.25 * (1 + 0.81 + 0.81**2 + 0.81**3) + 0.09 * 0.81**4]  # fmt: skip
    np.testing.assert_allclose(episodes.sensations.var(axis=(0, 2)), by_hand, rtol=0.02)
    assert predictable_error(config, 4) == pytest.approx(np.mean(by_hand))


def test_uninformative_sensations_look_alike_but_say_nothing():
    informative = make_world(WorldConfig(), 3).episodes(4000, 12, np.random.default_rng(0))
    random = make_world(WorldConfig(informative=False), 3).episodes(4000, 12, np.random.default_rng(0))

    def explained(episodes):
        """Share of the variance of the first sensation that the first action explains."""
        first, action = episodes.sensations[:, 0], episodes.actions[:, 0]
        means = np.stack([first[action == k].mean(axis=0) for k in range(6)])
        return means.var(axis=0).sum() / first.var(axis=0).sum()

    assert explained(informative) > 0.95
    assert explained(random) < 0.02
    np.testing.assert_allclose(random.sensations.std(), informative.sensations.std(), rtol=0.03)


@pytest.mark.parametrize("distribution", ["normal", "uniform", "orthogonal"])
def test_effects_have_the_scale_they_are_given(distribution):
    config = WorldConfig(n_actions=16, sensory_dim=16, effect_distribution=distribution, effect_scale=2.0)
    effects = np.concatenate([make_world(config, s).effects for s in range(20)])
    assert np.sqrt(np.mean(effects**2)) == pytest.approx(2.0, rel=0.03)


def test_orthogonal_effects_are_orthogonal():
    effects = make_world(WorldConfig(effect_distribution="orthogonal"), 0).effects
    np.testing.assert_allclose(effects @ effects.T, 16 * np.eye(6), atol=1e-9)


def test_actions_are_uniform():
    episodes = make_world(WorldConfig(), 0).episodes(5000, 12, np.random.default_rng(2))
    np.testing.assert_allclose(np.bincount(episodes.actions.ravel()) / episodes.actions.size, 1 / 6, atol=0.006)


@pytest.mark.parametrize("informative", [True, False])
def test_without_habits_episodes_are_the_papers_to_the_last_bit(informative):
    config = WorldConfig(noise_std=0.3, initial_std=0.2, informative=informative)
    world, rng = make_world(config, 5), stream(5, "episodes")
    found = world.episodes(7, 9, stream(5, "episodes"))
    # the draws of the paper's world, in their order
    actions = rng.integers(6, size=(7, 9))
    noise, state = 0.3 * rng.standard_normal((7, 9, 16)), 0.2 * rng.standard_normal((7, 16))
    push = world.effects[actions if informative else rng.integers(6, size=(7, 9))] + noise
    np.testing.assert_array_equal(found.actions, actions)
    for t in range(9):
        state = 0.9 * state + push[:, t]
        np.testing.assert_array_equal(found.sensations[:, t], state.astype(np.float32))


@pytest.mark.parametrize("habit", [0.3, 0.8, 1.0])
def test_a_habit_follows_the_cycle_as_often_as_it_says(habit):
    episodes = make_world(WorldConfig(n_actions=5, habit=habit), 0).episodes(4000, 12, np.random.default_rng(2))
    before, after = episodes.actions[:, :-1], episodes.actions[:, 1:]
    step = (after - before) % 5
    # by hand: the next one by habit, or by chance; each other one by chance
    expected = np.full(5, (1 - habit) / 5)
    expected[1] += habit
    np.testing.assert_allclose(np.bincount(step.ravel(), minlength=5) / step.size, expected, atol=0.008)
    np.testing.assert_allclose(np.bincount(after.ravel()) / after.size, 0.2, atol=0.01)


def test_sensations_without_information_follow_habits_of_their_own():
    world = make_world(WorldConfig(habit=1.0, informative=False, noise_std=0), 0)
    episodes = world.episodes(200, 6, np.random.default_rng(0))
    push = episodes.sensations[:, 1:] - 0.9 * episodes.sensations[:, :-1]
    cause = ((push[:, :, None] - world.effects) ** 2).sum(axis=-1).argmin(axis=-1)
    assert ((cause[:, 1:] - cause[:, :-1]) % 6 == 1).all()
    assert (cause == episodes.actions[:, 1:]).mean() < 0.4


def test_streams_are_named_not_counted():
    first = stream(5, "a").standard_normal(3)
    stream(5, "b").standard_normal(100)
    np.testing.assert_array_equal(stream(5, "a").standard_normal(3), first)
    assert not np.allclose(stream(5, "b").standard_normal(3), first)
    assert not np.allclose(stream(6, "a").standard_normal(3), first)
