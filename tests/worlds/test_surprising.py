"""Worlds with something rare: how rare it is, for whom, and what it does to sensations."""

import numpy as np
import pytest

from mirror_core.checks import OptionError
from mirror_core.config.settings import WorldConfig
from mirror_core.seeding import stream
from mirror_core.worlds.linear import make_world
from mirror_core.worlds.surprising import RARE, REGIME, make_surprising

QUIET = WorldConfig(noise_std=0.0)


def test_as_usual_it_is_the_linear_world():
    for kind in ("rare-actions", "rare-regime"):
        world = make_surprising(kind, QUIET, 5)
        np.testing.assert_array_equal(world.effects[0], make_world(QUIET, 5).effects)
        assert not np.allclose(world.effects[0], world.effects[1])
        found = world.usual().episodes(4, 6, stream(0, "test"))
        state = np.zeros((4, 16))
        for t in range(6):
            state = 0.9 * state + world.effects[0][found.actions[:, t]]
            np.testing.assert_allclose(found.sensations[:, t], state, rtol=1e-5, atol=1e-6)


def test_two_actions_are_rare_and_another_agent_does_them_as_often_as_any():
    world = make_surprising("rare-actions", QUIET, 1)
    assert world.rare.tolist() == [4, 5]
    often = np.bincount(world.episodes(8000, 12, stream(0, "own")).actions.ravel(), minlength=6) / 96_000
    np.testing.assert_allclose(often[:4], (1 - 2 * RARE) / 4, atol=0.004)
    np.testing.assert_allclose(often[4:], RARE, atol=0.001)
    another = world.of_another().episodes(5000, 12, stream(0, "other"))
    np.testing.assert_allclose(np.bincount(another.actions.ravel()) / 60_000, 1 / 6, atol=0.006)
    assert not another.context["regime"].any()


def test_a_regime_is_rare_has_effects_of_its_own_and_another_agent_lives_in_it():
    world = make_surprising("rare-regime", QUIET, 1)
    found = world.episodes(20_000, 3, stream(0, "own"))
    regime = found.context["regime"]
    assert regime.mean() == pytest.approx(REGIME, abs=0.005) and not len(world.rare)
    np.testing.assert_allclose(found.sensations[:, 0], world.effects[regime, found.actions[:, 0]], rtol=1e-5, atol=1e-6)
    assert world.of_another().episodes(50, 3, stream(0, "other")).context["regime"].all()
    assert not world.usual().episodes(50, 3, stream(0, "usual")).context["regime"].any()


def test_rarity_counts_timesteps():
    rare, regime = (make_surprising(kind, QUIET, 1) for kind in ("rare-actions", "rare-regime"))
    found = rare.episodes(500, 12, stream(0, "own"))
    np.testing.assert_array_equal(rare.rarity(found), (found.actions >= 4).sum(axis=1))
    found = regime.episodes(500, 12, stream(0, "own"))
    np.testing.assert_array_equal(regime.rarity(found), 12 * found.context["regime"])


def test_what_cannot_be_is_refused():
    with pytest.raises(OptionError, match="'rare-action'.*'rare-actions'"):
        make_surprising("rare-action", QUIET, 0)
    with pytest.raises(OptionError, match="n_actions = 2 is not allowed: with 2 rare ones it must be larger"):
        make_surprising("rare-regime", WorldConfig(n_actions=2), 0)
