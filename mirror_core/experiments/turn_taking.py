"""Do mirror links let two robots synchronise and take turns?

Barakova & Lourens (2009, Neurocomputing 72:895–900; precursor: Barakova 2007, doi 10.1007/978-3-540-73055-2_41) report
that two simulated robots whose controllers code a seen action like an own one come to move in synchrony and to take
turns. Only the abstracts describe how; the robots here are ours.

**World.** Two robots of the size of an e-puck stand .4 m apart and turn towards each other. Each has four gestures; a
gesture is a light of its own, and swings the body. A robot sees the light of the other if that is in front of it, some
time after it is shown.

**Controller.** For each gesture a motor and a visual pair of an excitatory and an inhibitory population. Motor pairs
compete, tire together and are driven by noise, so that a robot alone makes one gesture every few seconds. A visual pair
follows the light of its gesture.

**Learner.** Links from visual to motor populations grow by a Hebbian rule while a robot watches its own light. Then
pairs of robots meet, with these links or others, and their gestures are compared with those of robots that do not meet:
one robot's are shifted in time.

Robots, controller and learner are `turn_taking_robots`. This module has the conditions and what is measured.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mirror_core.experiments import turn_taking_robots as robots
from mirror_core.experiments.base import Experiment, Learner, measure_each, register, register_measures
from mirror_core.experiments.mirroring import MIRRORING, mirroring
from mirror_core.seeding import stream
from mirror_core.studies.measures.base import CORRELATION, COUNT, SHARE

DELAYS = (0.1, 1.0, 2.0)
"""Seconds until a light is seen."""
N_MEETINGS = 6
"""How often a pair meets."""
N_SHIFTS, LEAST_SHIFT = 100, 15.0
"""Circular shifts of one robot's gestures that a meeting is compared with, and by how many seconds at least."""
LEVEL = 0.05
"""p up to which a meeting differs from its shifts."""
FEW = 5
"""A meeting with fewer gestures of either robot, or with fewer answers, shows nothing and counts as 0."""
IN_PHASE = np.pi / 4
"""Largest mean phase of gestures that are made together."""
ANSWER = 2.0
"""Seconds after seeing a gesture within which an own one answers it."""
SAMPLES = 10
"""Recorded activities of a gesture, from its beginning."""


def condition_of(links: str, delay: float) -> str:
    """Return the name of a condition; without links the delay makes no difference."""
    return robots.NONE if links == robots.NONE else f"{links} {delay:g} s"


CONDITIONS = {robots.NONE: ("no links", robots.NONE, robots.SHORTEST)} | {
    condition_of(links, delay): (f"{said}; lights are seen after {delay:g} s", links, delay)
    for links, said in robots.LINKS.items()
    for delay in DELAYS
}
"""Condition → what is done in it, its links, its delay."""


def alternation(first: Int[np.ndarray, " first"], second: Int[np.ndarray, " second"]) -> float:
    """Return the share of beginnings that follow one of the other robot.

    Examples
    --------
    >>> alternation(np.array([0, 4]), np.array([2, 6]))
    1.0
    """
    order = np.argsort(np.concatenate([first, second]), kind="stable")
    return float(np.mean(np.diff(order >= len(first)) != 0)) if len(order) > 1 else np.nan


def phase_locking(first: Int[np.ndarray, " first"], second: Int[np.ndarray, " second"]) -> complex:
    """Return the mean of exp(iφ), φ being where in a cycle of the first robot each gesture of the second begins.

    Its length is 1 where φ is always the same, its angle 0 where they begin together, π where one begins midway.
    NaN where fewer than `FEW` gestures fall into a cycle.

    Examples
    --------
    >>> midway = phase_locking(np.arange(0, 80, 8), np.arange(4, 80, 8))
    >>> round(midway.real, 2)
    -1.0
    """
    cycle = np.searchsorted(first, second, side="right") - 1
    within = (cycle >= 0) & (cycle < len(first) - 1)
    if within.sum() < FEW:
        return complex(np.nan, np.nan)
    since, length = second[within] - first[cycle[within]], np.diff(first)[cycle[within]]
    return complex(np.exp(2j * np.pi * since / length).mean())


def same_gesture(meeting: robots.Meeting, delay: float) -> float:
    """Return how much more often than by chance an answer is the gesture that it answers.

    An answer begins within `ANSWER` seconds of seeing the other robot's latest gesture begin. Chance: as often as each
    gesture is seen, times as often as it is the answer. 0 with fewer than `FEW` answers.
    """
    pairs = []
    begun = meeting.begun()
    for (seen_at, seen), (own_at, own) in (begun, begun[::-1]):
        latest = np.searchsorted(seen_at + round(delay / robots.STEP), own_at, side="right") - 1
        after = own_at - (seen_at[latest] + round(delay / robots.STEP)) if len(seen_at) else own_at
        answers = (latest >= 0) & (after <= round(ANSWER / robots.STEP))
        pairs.append(np.column_stack([seen[latest[answers]], own[answers]]))
    seen, own = np.concatenate(pairs).T
    if len(seen) < FEW:
        return 0.0
    often = [np.bincount(one, minlength=robots.N_GESTURES) / len(one) for one in (seen, own)]
    return float(np.mean(seen == own) - often[0] @ often[1])


def interaction(meeting: robots.Meeting, delay: float, rng: np.random.Generator) -> dict[str, float]:
    """Compare a meeting with circular shifts of the second robot's gestures.

    Returns
    -------
    dict
        The measures `OF_MEETINGS` of one meeting. If there are enough gestures also `locking` and `angle` of
        `phase_locking`, `alternation`, and `overlap`, the share of time in which both make a gesture; each but the
        angle with its mean over shifts (`…_shifted`) and its one-sided p (`…_p`; of less overlap).
    """
    (first, _), (second, _) = meeting.begun()
    making, n = meeting.lights >= 0, len(meeting.lights)
    found = dict.fromkeys(("locked_meetings", "in_phase_meetings", "turn_taking_meetings"), 0.0) | {
        "same_gesture_answers": same_gesture(meeting, delay),
        "time_alike": float(np.mean(making[:, 0] & (meeting.lights[:, 0] == meeting.lights[:, 1]))),
        "gestures_per_minute": (len(first) + len(second)) / 2 / (n * robots.STEP / 60),
    }
    if min(len(first), len(second)) < FEW:
        return found
    least = round(min(LEAST_SHIFT / robots.STEP, n / 4))
    shifts = [0, *rng.integers(least, n - least, N_SHIFTS)]
    moved = [np.sort((second + shift) % n) for shift in shifts]
    locking = np.array([phase_locking(first, one) for one in moved])
    values = {
        "locking": np.abs(locking),
        "alternation": np.array([alternation(first, one) for one in moved]),
        "overlap": np.array([np.mean(making[:, 0] & np.roll(making[:, 1], shift)) for shift in shifts]),
    }
    for name, (value, *null) in values.items():
        # a shift that says nothing counts against the meeting
        short_of = np.greater(null, value) if name == "overlap" else np.less(null, value)
        p = float(1 + np.sum(~short_of)) / (1 + len(null))
        found |= {name: float(value), f"{name}_shifted": _mean(null), f"{name}_p": p}
    found["angle"] = float(np.angle(locking[0]))
    locked = found["locking_p"] <= LEVEL
    found["locked_meetings"] = float(locked)
    found["in_phase_meetings"] = float(locked and abs(found["angle"]) <= IN_PHASE)
    found["turn_taking_meetings"] = float(max(found["alternation_p"], found["overlap_p"]) <= LEVEL)
    return found


def recordings(
    links: Float[np.ndarray, "robot seen own"], seed: int, delay: float, seconds: float = robots.MEETING
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Record the motor populations of each robot while it makes gestures in the dark, and while it is shown the same.

    Performing, nothing is seen; observing, nothing drives the motor populations but their noise. A sequence is a
    gesture, from its beginning or from when its light is seen; visual populations are left out, since in the dark they
    do nothing.

    Returns
    -------
    list
        For each robot `perform` and `observe` (sequence, time, unit) and `actions` (sequence, time).
    """
    speed = robots.robots_of(seed)
    done = robots.simulate(links, stream(seed, f"{robots.NAME}/doing"), seconds, speed=speed, sees="nothing")
    seen = robots.simulate(
        links,
        stream(seed, f"{robots.NAME}/seeing"),
        seconds,
        speed=speed,
        sees="shown",
        shown=done.lights,
        delay=delay,
        drive=0.0,
    )
    every, later = round(robots.SAMPLE / robots.STEP), round(delay / robots.SAMPLE)
    found = []
    for r, (steps, gestures) in enumerate(done.begun()):
        first = 1 + steps // every
        whole = first + later + SAMPLES <= len(seen.activity)
        at = first[whole, None] + np.arange(SAMPLES)
        pair = [one.activity[when, r, robots.MOTOR] for one, when in ((done, at), (seen, at + later))]
        found.append((*pair, np.repeat(gestures[whole, None], SAMPLES, axis=1)))
    return found


def own_gesture(perform: np.ndarray, observe: np.ndarray, actions: np.ndarray) -> float:
    """Return the share of units with their largest mean response to the same gesture, done and seen."""
    names = np.unique(actions)
    best = [np.argmax([one[actions == name].mean(axis=0) for name in names], axis=0) for one in (perform, observe)]
    return float(np.mean(best[0] == best[1]))


_SHIFTED = "the gestures of one robot shifted in time"
_OFTEN = "answers as often as each gesture is made"
OF_MEETINGS = {
    "locked_meetings": ("share of meetings in synchrony (phases locked)", SHARE, _SHIFTED),
    "in_phase_meetings": ("share of meetings in phase", SHARE, _SHIFTED),
    "turn_taking_meetings": ("share of meetings with turn-taking", SHARE, _SHIFTED),
    "same_gesture_answers": ("the same gesture in answer, minus chance", CORRELATION, _OFTEN),
    "time_alike": ("share of time in which both make the same gesture", SHARE, _SHIFTED),
    "gestures_per_minute": ("gestures a minute and robot", COUNT, "none"),
}
"""What is measured of each meeting: its label, limits and null. A pair has the mean over its meetings."""
OWN_GESTURE = {
    "own_gesture_units": ("share of motor populations that respond most to their own gesture", SHARE, "chance")
}


def learn(
    learner: Learner,
    *,
    learning_time: float = robots.LEARNING_TIME,
    n_meetings: int = N_MEETINGS,
    seconds: float = robots.MEETING,
) -> pd.DataFrame:
    """Make the pair of robots of a seed, and let it meet under each condition.

    Parameters
    ----------
    learning_time
        Seconds of watching the own light.
    n_meetings, seconds
        How often, and how long a pair meets under each condition.

    Returns
    -------
    pandas.DataFrame
        One row a condition; `seconds` without compiling.
    """
    seed = learner.seed
    robots.links_of("mirror", seed, 1.0)  # compiles

    def measured(condition: str) -> dict[str, float]:
        _, kind, delay = CONDITIONS[condition]
        links = robots.links_of(kind, seed, learning_time)
        meetings = [
            interaction(robots.meet(links, seed, delay, i, seconds), delay, stream(seed, f"{robots.NAME}/shifts {i}"))
            for i in range(n_meetings)
        ]
        paired = recordings(links, seed, delay, seconds)
        tests = [mirroring(*one, seed, f"{robots.NAME}/{condition}/{r}") for r, one in enumerate(paired)]
        return {
            **{name: _mean([one[name] for one in meetings]) for name in OF_MEETINGS},
            "own_gesture_units": _mean([own_gesture(*one) for one in paired]),
            **{name: _mean([one[name] for one in tests]) for name in MIRRORING},
            "code_p": max(one["code_p"] for one in tests),
        }

    return measure_each(learner.conditions, measured)


def _mean(values: list[float]) -> float:
    """Return the mean of those that are defined."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


register(
    Experiment(
        robots.NAME,
        "Robots that take turns",
        "barakova2009",
        "10.1007/978-3-540-73055-2_41",  # of the precursor: none for the article itself could be verified
        "One code for seen and own actions lets two robots synchronise and take turns.",
        "pairs of robots",
        {condition: said for condition, (said, _, _) in CONDITIONS.items()},
        (*register_measures(OF_MEETINGS | OWN_GESTURE), *MIRRORING),
        learn,
        condition_of("mirror", robots.SHORTEST),
        robots.NONE,
        n_actions=robots.N_GESTURES,
        seconds=10.0,
    )
)
