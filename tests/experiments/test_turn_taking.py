"""Two robots: their step against a plain NumPy version, the world and the measures by hand, and the same rows again."""

import numpy as np
import pytest

from mirror_core.checks import OptionError
from mirror_core.experiments import experiment_named
from mirror_core.experiments import turn_taking_robots as robots
from mirror_core.experiments.study import read_study
from mirror_core.experiments.turn_taking import (
    alternation,
    interaction,
    learn,
    own_gesture,
    phase_locking,
    recordings,
    same_gesture,
)
from mirror_core.experiments.turn_taking_robots import FIELD, N_GESTURES, STEP, Meeting, links_of, simulate
from mirror_core.seeding import stream

NO_LINKS = np.zeros((2, N_GESTURES, N_GESTURES))


def f(x):
    return 1 / (1 + np.exp(3 - x))


def plain(links, rng, n, speed, sees, lag, drive, shown, rate):
    """Run two robots as the module's head describes them, all populations of both at once."""
    noise = rng.standard_normal((n, 2, N_GESTURES + 1))
    shared = 0.3 * rng.random(2)
    angle = 0.3 * rng.standard_normal(2)
    e, i, fatigue = np.zeros((2, 2, N_GESTURES)), np.zeros((2, 2, N_GESTURES)), np.zeros((2, N_GESTURES))
    driven, making = np.full((2, N_GESTURES), drive), np.full(2, -1)
    lights, angles, links = [], [], links.copy()
    for t in range(n):
        motor, visual = e[:, 0], e[:, 1]
        bright = np.where(np.abs(angle) < np.pi / 3, np.cos(angle), 0) / (1 + 0.8**2)
        past = lights[t - lag] if t >= lag else np.full(2, -1)
        seen = {"own": past, "other": past[::-1], "shown": shown[t - lag] if t >= lag else past}.get(
            sees, np.full(2, -1)
        )
        light = (4.0 if sees == "own" else 8.0 * bright) * np.ones(2)
        driven = driven + STEP * (drive - driven) / 0.5 + np.sqrt(STEP) * 0.35 * noise[:, :][t][:, :4]
        linked = np.einsum("rjk,rj->rk", links, visual) * (rate == 0)
        others = motor.sum(axis=1, keepdims=True) - motor
        to_motor = 10 * motor - 3 * i[:, 0] - 6 * others - 5 * shared[:, None] + driven + linked
        to_visual = 4 * visual - 3 * i[:, 1] - 2 * fatigue + light[:, None] * (np.arange(4) == seen[:, None])
        links = links + STEP * rate * motor[:, None, :] * (4 * visual[:, :, None] - links)
        shared = shared + STEP / 1.5 * speed * (motor.sum(axis=1) - shared)
        fatigue = fatigue + STEP / 1.5 * (visual - fatigue)
        new_i = i + STEP / 0.1 * (f(6 * e) - i)
        e = e + STEP / 0.05 * (f(np.stack([to_motor, to_visual], axis=1)) - e)
        i = new_i
        swing = np.where(making >= 0, 1.2 * np.sin(2 * np.pi * (making + 1) * t * STEP), 0)
        angle = angle - (STEP * 0.94 * (0.5 * angle + swing) + np.sqrt(STEP) * 0.1 * noise[t, :, 4])
        for r in range(2):
            if making[r] < 0 and e[r, 0].max() > 0.6:
                making[r] = e[r, 0].argmax()
            elif making[r] >= 0 and e[r, 0, making[r]] < 0.3:
                making[r] = -1
        lights.append(making.copy())
        angles.append(angle)
    return np.array(lights), np.array(angles), links, e


@pytest.mark.parametrize("sees, rate", [("own", 0.05), ("other", 0.0), ("shown", 0.0), ("nothing", 0.0)])
def test_a_run_is_that_of_a_plain_version(sees, rate):
    n, speed = 2001, np.array([0.8, 1.1])
    links = stream(3, "links").uniform(0, 1, NO_LINKS.shape)
    shown = np.repeat(stream(3, "shown").integers(-1, N_GESTURES, (1 + n // 200, 2)), 200, axis=0)[:n]
    expected = plain(links, stream(3, "run"), n, speed, sees, 40, 2.8, shown, rate)
    learnt = links.copy()
    found = simulate(
        learnt, stream(3, "run"), n * STEP, speed=speed, sees=sees, delay=0.2, drive=2.8, shown=shown, rate=rate
    )
    assert (found.lights >= 0).any(axis=0).all()
    np.testing.assert_array_equal(found.lights, expected[0])
    np.testing.assert_allclose(found.off, expected[1], atol=1e-9)
    np.testing.assert_allclose(learnt, expected[2], atol=1e-9)
    np.testing.assert_allclose(found.activity[-1], expected[3], atol=1e-9)
    assert (learnt == links).all() == (rate == 0)


def test_watching_the_own_light_links_each_gesture_to_itself_and_shuffled_lights_do_not():
    links = links_of("mirror", 1)
    off = ~np.eye(N_GESTURES, dtype=bool)
    assert min(np.diagonal(one).min() for one in links) > 5 * links[:, off].max()
    shuffled = links_of("shuffled light", 1)
    assert np.diagonal(shuffled, axis1=1, axis2=2).mean() < 2 * shuffled[:, off].mean()


def test_the_other_links_are_made_of_the_learnt_ones():
    learnt = links_of("mirror", 1, 60.0)
    other = links_of("other gesture", 1, 60.0)
    np.testing.assert_array_equal(other[:, 0, 1], learnt[:, 0, 0])
    np.testing.assert_array_equal(other[:, 3, 0], learnt[:, 3, 3])
    np.testing.assert_array_equal(links_of("weak mirror", 1, 60.0), learnt / 4)
    np.testing.assert_array_equal(links_of("weak other gesture", 1, 60.0), other / 4)
    inhibition = links_of("inhibition", 1, 60.0)
    np.testing.assert_allclose(inhibition[1], np.full((4, 4), -3 * learnt[1].mean()))
    np.testing.assert_allclose(links_of("mirror and inhibition", 1, 60.0), learnt + inhibition)
    assert not links_of("none", 1).any()


def test_without_links_what_the_other_does_makes_no_difference():
    alone = simulate(NO_LINKS, stream(2, "run"), 30.0, sees="nothing")
    together = simulate(NO_LINKS, stream(2, "run"), 30.0)
    np.testing.assert_array_equal(alone.lights, together.lights)
    assert np.abs(alone.activity[:, :, 1] - together.activity[:, :, 1]).max() > 0.5


def test_a_robot_that_looks_away_sees_nothing(monkeypatch):
    """The field of view decides: with none, meeting is like being alone."""
    shown = np.zeros((2000, 2), dtype=int)
    seen = simulate(NO_LINKS, stream(2, "run"), 10.0, sees="shown", shown=shown)
    monkeypatch.setattr(robots, "FIELD", 0.0)
    monkeypatch.setattr(robots, "_compiled", lambda: robots._run)
    away = simulate(NO_LINKS, stream(2, "run"), 10.0, sees="shown", shown=shown)
    assert np.abs(seen.off).max() < FIELD and seen.activity[-1, :, 1, 0].min() > 0.5
    assert away.activity[:, :, 1].max() < 0.1


def meeting_of(first, second, n):
    """Return a meeting of gestures (begin, end, which) in steps."""
    lights = np.full((n, 2), -1)
    for r, gestures in enumerate((first, second)):
        for begin, end, which in gestures:
            lights[begin:end, r] = which
    return Meeting(lights, np.zeros((n, 2)), np.zeros((1, 2, 2, N_GESTURES)))


def test_beginnings_are_found_where_lights_come_on():
    (steps, which), (other, _) = meeting_of([(0, 10, 2), (11, 20, 2), (30, 40, 0)], [], 50).begun()
    assert steps.tolist() == [0, 11, 30] and which.tolist() == [2, 2, 0] and len(other) == 0


def test_alternation_and_locking_by_hand():
    assert alternation(np.array([0, 1, 10]), np.array([5, 11])) == 0.75
    assert np.isnan(alternation(np.array([3]), np.array([], dtype=int)))
    together = phase_locking(np.arange(0, 80, 8), np.arange(0, 80, 8))
    quarter = phase_locking(np.arange(0, 80, 8), np.arange(2, 80, 8))
    assert together == pytest.approx(1) and quarter == pytest.approx(1j)
    assert abs(phase_locking(np.arange(0, 800, 8), np.arange(0, 800, 7))) < 0.1
    assert np.isnan(phase_locking(np.arange(0, 80, 8), np.arange(0, 4)))


def test_answers_count_from_when_they_are_seen_and_beyond_chance():
    """Robot 1 answers each gesture one second after it, with the same or the next one."""
    first = [(1000 * i, 1000 * i + 100, i % 4) for i in range(8)]
    same = meeting_of(first, [(begin + 200, end + 200, which) for begin, end, which in first], 8000)
    assert same_gesture(same, 0.1) == pytest.approx(1 - 0.25)
    assert same_gesture(same, 1.0) == pytest.approx(1 - 0.25)
    # seen after 1.5 s, what robot 1 did after 1 s answers nothing: the last seen gesture is four seconds old
    assert same_gesture(same, 1.5) == 0
    other = meeting_of(first, [(begin + 200, end + 200, (which + 1) % 4) for begin, end, which in first], 8000)
    assert same_gesture(other, 0.1) == pytest.approx(-0.25)


def irregular(rng, n):
    return np.cumsum(rng.integers(600, 1400, n))


def test_turns_synchrony_and_independence_are_told_apart():
    begins = irregular(np.random.default_rng(0), 50)
    n = begins[-1] + 1000
    first = [(b, b + 250, 0) for b in begins]
    found = {
        name: interaction(meeting_of(first, second, n), 0.1, np.random.default_rng(1))
        for name, second in {
            "turns": [((a + b) // 2, (a + b) // 2 + 250, 1) for a, b in zip(begins, begins[1:], strict=False)],
            "together": [(b + 5, b + 255, 1) for b in begins],
            "apart": [(b, b + 250, 1) for b in irregular(np.random.default_rng(5), 50) if b < n - 250],
            "silent": [],
        }.items()
    }
    say = ("locked_meetings", "in_phase_meetings", "turn_taking_meetings")
    assert [found["turns"][name] for name in say] == [1, 0, 1]
    assert [found["together"][name] for name in say] == [1, 1, 0]
    assert [found["apart"][name] for name in say] == [0, 0, 0]
    assert [found["silent"][name] for name in say] == [0, 0, 0]
    assert found["turns"]["angle"] == pytest.approx(np.pi, abs=0.05) or found["turns"]["angle"] < -3
    assert found["turns"]["gestures_per_minute"] == pytest.approx(99 / 2 / (n * STEP / 60))


def test_time_alike_counts_the_same_gesture_at_the_same_time():
    meeting = meeting_of([(0, 50, 1), (60, 80, 2)], [(25, 70, 1), (75, 100, 2)], 100)
    assert interaction(meeting, 0.1, np.random.default_rng(0))["time_alike"] == pytest.approx(0.3)


def test_motor_populations_answer_to_the_same_gesture_with_mirror_links_only():
    links = links_of("mirror", 0)
    for kind, expected in ((links, 1.0), (np.roll(links, 1, axis=2), 0.0)):
        for perform, observe, actions in recordings(kind, 0, 0.1, 120.0):
            assert perform.shape == observe.shape == (*actions.shape, N_GESTURES)
            assert own_gesture(perform, observe, actions) == expected


def test_what_is_seen_later_is_recorded_later():
    """The motor population of the seen gesture rises as long after the recording begins, whatever the delay."""
    links = links_of("mirror", 0)
    rises = []
    for delay in (0.1, 1.0, 2.0):
        _, observe, actions = recordings(links, 0, delay, 120.0)[0]
        own = np.take_along_axis(observe, actions[:, :, None], axis=2)[:, :, 0].mean(axis=0)
        assert own[0] < 0.5 < own[-1]
        rises.append(np.argmax(own > 0.5))
    assert np.ptp(rises) <= 1


SMALL = dict(learning_time=30.0, n_meetings=2, seconds=60.0)


def test_rows_are_the_same_again_and_alone():
    experiment = experiment_named("turn_taking")
    asked = ("none", "mirror 1 s", "inhibition 0.1 s")
    table = learn(experiment.learner(5, asked), **SMALL).drop(columns="seconds")
    assert tuple(table.condition) == asked and set(table.columns) == {"condition", *experiment.measures}
    again = learn(experiment.learner(5, asked), **SMALL).drop(columns="seconds")
    assert table.equals(again)
    for i, condition in enumerate(asked):
        alone = learn(experiment.learner(5, (condition,)), **SMALL).drop(columns="seconds")
        assert alone.equals(table.iloc[[i]].reset_index(drop=True))
    other = learn(experiment.learner(6, asked), **SMALL).drop(columns="seconds")
    assert not other.equals(table)


def test_rows_of_the_published_table_come_out_again():
    """Three at random. Other processors round otherwise, and a meeting may then take another course."""
    experiment = experiment_named("turn_taking")
    table = read_study(experiment)
    for row in table.sample(3, random_state=0).itertuples():
        found = learn(experiment.learner(row.seed, (row.condition,))).iloc[0]
        assert found.gestures_per_minute == pytest.approx(row.gestures_per_minute, rel=0.1)
        assert found.same_gesture_answers == pytest.approx(row.same_gesture_answers, abs=0.15)
        for share in ("locked_meetings", "turn_taking_meetings", "own_gesture_units"):
            assert found[share] == pytest.approx(getattr(row, share), abs=0.35)


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: links_of("miror", 0), "links 'miror'.*mirror"),
        (lambda: simulate(NO_LINKS[0], stream(0, "x")), r"links of shape \(4, 4\)"),
        (lambda: simulate(NO_LINKS * np.nan, stream(0, "x")), "finite"),
        (lambda: simulate(NO_LINKS, stream(0, "x"), sees="me"), "sees 'me'.*own"),
        (lambda: simulate(NO_LINKS, stream(0, "x"), delay=0.0), "delay = 0.0"),
        (lambda: simulate(NO_LINKS, stream(0, "x"), 0.0), "seconds = 0.0"),
        (lambda: simulate(NO_LINKS, stream(0, "x"), speed=np.array([1.0, 0.0])), "two positive numbers"),
        (lambda: simulate(NO_LINKS, stream(0, "x"), 1.0, sees="shown"), "shown of shape"),
        (
            lambda: simulate(NO_LINKS, stream(0, "x"), 1.0, sees="shown", shown=np.full((200, 2), 4)),
            "gesture from 0 to 3",
        ),
        (lambda: experiment_named("turn_taking").learner(0, ("mirror",)), "condition of turn_taking 'mirror'"),
    ],
)
def test_bad_input_is_named(call, said):
    with pytest.raises(OptionError, match=said):
        call()
