"""The arm: torques of one size however they are given, movement by hand, pictures of where links are, and mirrors."""

import numpy as np
import pytest

from mirror_core.checks import OptionError
from mirror_core.worlds import arm
from mirror_core.worlds.arm import ArmWorld
from mirror_core.worlds.base import WORLDS, make


def drawn(n=2000, length=12, seed=0, **settings):
    world = ArmWorld(**settings)
    return world, world.episodes(n, length, np.random.default_rng(seed))


def test_every_setting_has_a_name_and_no_other_does():
    ours = [name for name in WORLDS if name.startswith("arm-")]
    assert len(ours) == 8 and len({make(name, 0) for name in ours}) == 8
    assert len({make(name, 3).start for name in ours}) == 1  # they differ by their setting alone
    assert all(arm.name_of(make(name, seed)) == name for name in ours for seed in (0, 1))
    assert make("arm-discrete-angles-no-inertia", 0) == ArmWorld("discrete", "angles", False).drawn(0)
    starts = np.array([make("arm-continuous-frames", seed).start for seed in range(50)])
    assert np.abs(starts - arm.POSTURE).max() < arm.ABOUT and starts.std() > 0.1


@pytest.mark.parametrize("motor", arm.MOTORS)
def test_torques_have_one_size_and_one_persistence(motor):
    world, episodes = drawn(motor=motor, sensation="angles")
    torques = world.torques(episodes.actions)
    assert torques.shape == (2000, 12, 2)
    np.testing.assert_allclose((torques**2).mean(axis=(0, 1)), 1, atol=0.05)
    np.testing.assert_allclose((torques[:, -1] ** 2).mean(axis=0), 1, atol=0.08)  # at every timestep
    for joint in (0, 1):
        before, after = torques[:, :-1, joint].ravel(), torques[:, 1:, joint].ravel()
        assert np.corrcoef(before, after)[0, 1] == pytest.approx(arm.PERSISTENCE, abs=0.015)
    assert abs(np.corrcoef(torques[..., 0].ravel(), torques[..., 1].ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("inertia", [True, False])
def test_movement_by_hand(inertia):
    world = ArmWorld("discrete", "angles", inertia)
    torques = world.torques(np.array([[0, 0, 3]]))
    np.testing.assert_allclose(torques[0], np.sqrt(2) * np.array([[1, 0], [1, 0], [-1, 0]]), atol=1e-12)
    push = 0.5 * np.sqrt(2)
    speeds = [0.4 * push, 0.64 * push, (0.6 * 0.64 - 0.4) * push] if inertia else [push, push, -push]
    upper = arm.POSTURE[0] + np.cumsum(speeds)
    postures = world._postures(torques)[0]
    np.testing.assert_allclose(postures, np.stack([upper, np.full(3, arm.POSTURE[1])], axis=1), atol=1e-12)


def test_a_torque_that_is_held_leads_to_the_same_speed_with_inertia_or_without():
    held = np.ones((1, 40, 2))
    speeds = [np.diff(ArmWorld(inertia=inertia)._postures(held)[0], axis=0)[-1] for inertia in (True, False)]
    np.testing.assert_allclose(speeds[0], speeds[1], rtol=1e-6)
    np.testing.assert_allclose(speeds[1], arm.SPEED)


def test_how_it_is_seen_changes_neither_commands_nor_postures():
    (_, frames), (_, angles) = (drawn(20, sensation=sensation) for sensation in arm.SENSATIONS)
    np.testing.assert_array_equal(frames.actions, angles.actions)
    np.testing.assert_array_equal(frames.context["posture"], angles.context["posture"])
    assert frames.sensations.shape == (20, 12, 16, 16) and angles.sensations.shape == (20, 12, 4)
    clean = arm.directions(frames.context["posture"])
    np.testing.assert_allclose((angles.sensations - clean).std(), arm.NOISE, rtol=0.1)
    np.testing.assert_allclose((frames.sensations - arm.draw(frames.context["posture"])).std(), arm.NOISE, rtol=0.05)


def test_links_are_where_their_joints_are():
    # stretched out to the right, then up, then folded back on itself
    right, up, folded = arm.draw(np.array([[0.0, 0.0], [np.pi / 2, 0.0], [0.0, np.pi]]))
    rows, columns = np.meshgrid(np.linspace(1, -1, 16), np.linspace(-1, 1, 16), indexing="ij")
    on = (np.abs(rows) < 0.1) & (columns > 0) & (columns < 0.9)
    assert right[on].min() > 0.7 and right[:, :6].max() < 0.01 and right[:5].max() < 1e-3
    np.testing.assert_allclose(up, right.T[::-1], atol=1e-5)  # the first row is on top
    assert folded[:, 13:].max() < 0.2  # the longer link ends at .5
    by_hand = np.exp(-(rows**2 + np.where(columns < 0, columns, np.clip(columns - 0.9, 0, 1)) ** 2) / (2 * 0.09**2))
    np.testing.assert_allclose(right, by_hand, atol=1e-5)


@pytest.mark.parametrize("sensation", arm.SENSATIONS)
def test_a_mirror_shows_the_arm_of_the_other_side(sensation):
    world, episodes = drawn(20, sensation=sensation)
    other = (
        np.array([np.pi, 0]) - episodes.context["posture"]
    )  # what is π − angle of the upper link turns the other way
    seen = arm.draw(other) if sensation == "frames" else arm.directions(other)
    mirrored = world.mirrored(episodes.sensations)
    assert mirrored.dtype == np.float32 and mirrored.flags.c_contiguous
    assert np.abs(mirrored - seen).max() < 6 * arm.NOISE
    np.testing.assert_array_equal(world.mirrored(mirrored), episodes.sensations)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"motor": "discreet"}, "'discreet'.*'discrete'"),
        ({"sensation": "frame"}, "'frame'.*'frames'"),
    ],
)
def test_settings_that_are_not_there_are_refused(settings, said):
    with pytest.raises(OptionError, match=said):
        ArmWorld(**settings)


def test_sensations_of_another_kind_have_no_mirror_image():
    with pytest.raises(OptionError, match=r"shape \(4,\) are not allowed: .*frames\) must be of shape \(16, 16\)"):
        ArmWorld().mirrored(drawn(2, sensation="angles")[1].sensations)
