"""Every world that is listed keeps the contract; a world is one class, and a broken one is refused."""

from dataclasses import dataclass

import numpy as np
import pytest

from mirror_core.checks import OptionError
from mirror_core.worlds import base
from mirror_core.worlds.base import WORLDS, Continuous, Discrete, make, register
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.hand import PUSHES, HandWorld


@dataclass(frozen=True)
class Camera:
    """A camera of 2 × 3 pixels, turned and tilted in turn by two agents."""

    brightness: float

    actions = Continuous(2)
    sensation_shape = (2, 3)

    def episodes(self, n_sequences, length, rng):
        actions = rng.normal(size=(n_sequences, length, 2)).astype(np.float32)
        pixels = self.brightness * np.tanh(actions @ rng.normal(size=(2, 6)))
        who = np.broadcast_to(np.arange(length) % 2, (n_sequences, length))
        return Episodes(actions, pixels.reshape(n_sequences, length, 2, 3).astype(np.float32), who)


@pytest.fixture
def with_camera(monkeypatch):
    monkeypatch.setattr(base, "WORLDS", dict(WORLDS))
    register("camera", lambda seed: Camera(1.0 + seed))


@pytest.fixture(params=[*WORLDS, "camera"])
def name(request, with_camera):
    return request.param


def test_episodes_have_the_shapes_and_types_that_the_world_says(name):
    world = make(name, 3)
    episodes = world.episodes(7, 5, np.random.default_rng(0))
    assert len(episodes) == 7
    assert episodes.sensations.shape == (7, 5, *world.sensation_shape) and episodes.sensations.dtype == np.float32
    if isinstance(world.actions, Discrete):
        assert episodes.actions.shape == (7, 5) and episodes.actions.dtype == np.int64
        assert episodes.actions.max() < world.actions.n
    else:
        assert episodes.actions.shape == (7, 5, world.actions.n_dims) and episodes.actions.dtype == np.float32


def test_seed_and_generator_decide_the_episodes(name):
    def draw(seed, of_rng):
        return make(name, seed).episodes(4, 3, np.random.default_rng(of_rng))

    first, again, other_world, other_draw = (
        draw(1, 1),
        draw(1, 1),
        draw(2, 1),
        draw(1, 2),
    )
    np.testing.assert_array_equal(first.actions, again.actions)
    np.testing.assert_array_equal(first.sensations, again.sensations)
    np.testing.assert_array_equal(first.actions, other_world.actions)
    assert not np.array_equal(first.sensations, other_world.sensations)
    assert not np.array_equal(first.actions, other_draw.actions)


def test_every_action_is_taken(name):
    world = make(name, 0)
    actions = world.episodes(100, 5, np.random.default_rng(0)).actions
    if isinstance(world.actions, Discrete):
        assert np.unique(actions).tolist() == list(range(world.actions.n))
    else:
        assert (actions.std(axis=(0, 1)) > 0).all()


def test_a_new_world_is_found_and_offered_by_its_name(with_camera):
    assert make("camera", 0) == Camera(1.0)
    with pytest.raises(OptionError, match=r"'camara'\. Did you mean 'camera'\? Allowed: .*camera"):
        make("camara", 0)


def test_a_name_is_taken_once(with_camera):
    with pytest.raises(OptionError, match="camera"):
        register("camera", Camera)


@pytest.mark.parametrize("part", ["actions", "sensation_shape", "episodes"])
def test_a_world_without_a_part_is_refused(with_camera, part):
    parts = {other: getattr(Camera, other) for other in ("actions", "sensation_shape", "episodes") if other != part}
    with pytest.raises(OptionError, match=f"'half' lacks {part}:"):
        register("half", lambda seed: type("Half", (), parts)())
    assert "half" not in base.WORLDS


INT, FLOAT = np.zeros((4, 3), int), np.zeros((4, 3, 2), np.float32)


@pytest.mark.parametrize(
    ("actions", "sensations", "who"),
    [
        (INT, FLOAT, None),
        (FLOAT, FLOAT, None),
        (INT, np.zeros((4, 3, 5, 5, 3)), INT),
        (INT, FLOAT, INT[:, 0]),
        (INT[:0], FLOAT[:0], None),
    ],
)
def test_episodes_hold_what_was_done_felt_and_by_whom(actions, sensations, who):
    assert len(Episodes(actions, sensations, who)) == len(actions)


@pytest.mark.parametrize(
    ("field", "arrays"),
    [
        ("actions", (INT - 1, FLOAT)),
        ("actions", (INT.astype(float), FLOAT)),
        ("actions", (FLOAT.astype(int), FLOAT)),
        ("actions", (FLOAT * np.nan, FLOAT)),
        ("actions", (INT.tolist(), FLOAT)),
        ("actions", (INT > 0, FLOAT)),
        ("sensations", (INT, FLOAT[:3])),
        ("sensations", (INT, FLOAT[:, :2])),
        ("sensations", (INT, FLOAT.astype(int))),
        ("sensations", (INT, FLOAT + np.inf)),
        ("sensations", (INT, None)),
        ("who", (INT, FLOAT, INT[:3])),
        ("who", (INT, FLOAT, INT - 1)),
        ("who", (INT, FLOAT, FLOAT)),
        ("who", (INT, FLOAT, 0)),
    ],
)
def test_episodes_that_do_not_belong_together_are_refused(field, arrays):
    with pytest.raises(OptionError, match=f"^{field} = .* is not allowed: it must be "):
        Episodes(*arrays)


def test_sensors_of_the_hand_feel_the_pushes():
    # without noise the first sensation is tanh of the push through the wiring, as place and as velocity
    world = HandWorld.drawn(np.random.default_rng(1))
    episodes = world.episodes(500, 2, np.random.default_rng(0))
    push = PUSHES[episodes.actions[:, 0]]
    noise = episodes.sensations[:, 0] - np.tanh(np.hstack([push, push]) @ world.wiring)
    assert abs(noise.mean()) < 0.003 and noise.std() == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize(
    "context", [{"regime": np.arange(3)}, {"regime": INT[:, 0], "posture": "bent"}, {"at": FLOAT * np.nan}]
)
def test_a_context_belongs_to_the_episodes(context):
    assert Episodes(INT, FLOAT, context={"regime": INT[:, 0], "posture": FLOAT}).context["posture"] is FLOAT
    with pytest.raises(OptionError, match=f"context '{list(context)[-1]}'"):
        Episodes(INT, FLOAT, context=context)
