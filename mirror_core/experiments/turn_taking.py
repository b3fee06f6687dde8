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
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mirror_core.checks import OptionError, number, one_of
from mirror_core.experiments.base import Experiment, Learner, register
from mirror_core.experiments.mirroring import MIRRORING, mirroring
from mirror_core.runs.compiling import keep_compiled
from mirror_core.seeding import stream
from mirror_core.studies.measures import Measure
from mirror_core.studies.measures import register as register_measure
from mirror_core.studies.measures.base import CORRELATION, COUNT, SHARE

NAME = "turn_taking"

# The world
N_GESTURES = 4
STEP = 0.005  # s, of Euler's method
DISTANCE, HALF_LIGHT = 0.4, 0.5  # m between the robots, and at which a light is half as bright
FIELD = np.pi / 3  # rad to either side in which a robot sees
TURN = 0.94  # rad/s at full turn: wheels at .025 m/s on an axle of .053 m
TOWARDS, SWING = 0.5, 1.2  # turn per rad that the other is off, and of a gesture; gesture k swings k + 1 times a second
WANDER = 0.1  # rad/s^½, noise of the heading
OTHERS_LIGHT, OWN_LIGHT = 8.0, 4.0  # input from the light of the other, times its brightness, and from the own light

# The controller: τ_E Ė = −E + f(input), τ_I İ = −I + f(6 E), with f(x) = 1 / (1 + exp(3 − x))
TAU_E, TAU_I, TAU_FATIGUE, TAU_DRIVE = 0.05, 0.10, 1.5, 0.5  # s
MOTOR_SELF, VISUAL_SELF = 10.0, 4.0  # weight of an excitatory population on itself
TO_INHIBITION, FROM_INHIBITION = 6.0, 3.0
RIVALRY = 6.0  # inhibition by each other motor population
MOTOR_FATIGUE, VISUAL_FATIGUE = 5.0, 2.0  # inhibition by fatigue, which the motor populations of a robot share
DRIVE, NOISE = 2.4, 0.35  # mean input to motor populations, and its noise
SPREAD = 0.15  # how much robots differ in how fast they tire, as a share
BEGIN, END = 0.6, 0.3  # a gesture begins above the first and ends below the second motor activity

# The learner: dw/dt = η E_motor (4 E_visual − w)
LEARNING, LEARNT = 0.05, 4.0  # η (1/s), and the weight that full activity leads to
LEARNING_TIME, LEARNING_DRIVE = 900.0, 3.0  # s of watching the own light, and the drive meanwhile
SHORTEST = 0.1  # s after which a robot sees its own light

# Pairs that meet
LINKS = {
    "mirror": "links as learnt",
    "other gesture": "each learnt link leads to the next gesture instead",
    "weak mirror": "links as learnt, at a quarter of their strength",
    "weak other gesture": "each learnt link leads to the next gesture instead, at a quarter of its strength",
    "shuffled light": "links learnt while each gesture shows a random light",
    "inhibition": "inhibition from every gesture to every gesture, three times the mean of the learnt links",
    "mirror and inhibition": "links as learnt, and that inhibition",
}
"""Links between robots that see each other → what they are; beside them, "none"."""
NONE = "none"
DELAYS = (0.1, 1.0, 2.0)
"""Seconds until a light is seen."""
INHIBITION, WEAK = 3.0, 0.25
MEETING, N_MEETINGS = 300.0, 6
"""Seconds that a pair meets, and how often."""
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
SAMPLE = 0.1
"""Seconds between recorded activities."""
SAMPLES = 10
"""Recorded activities of a gesture, from its beginning."""

SEES = ("nothing", "own", "other", "shown")
"""What a robot sees: darkness, its own light, the other robot, or lights that are shown to it."""
_OWN, _OTHER, _SHOWN = 1, 2, 3
MOTOR, VISUAL = 0, 1


def condition_of(links: str, delay: float) -> str:
    """Return the name of a condition; without links the delay makes no difference."""
    return NONE if links == NONE else f"{links} {delay:g} s"


CONDITIONS = {NONE: ("no links", NONE, SHORTEST)} | {
    condition_of(links, delay): (f"{said}; lights are seen after {delay:g} s", links, delay)
    for links, said in LINKS.items()
    for delay in DELAYS
}
"""Condition → what is done in it, its links, its delay."""


@dataclass(frozen=True)
class Meeting:
    """What two robots did."""

    lights: Int[np.ndarray, "step robot"]
    """The gesture that each makes at each step, −1 for none."""
    off: Float[np.ndarray, "step robot"]
    """By how many rad the other is off the heading of each."""
    activity: Float[np.ndarray, "sample robot part gesture"]
    """Excitatory activity of motor and visual populations every `SAMPLE` seconds."""

    def begun(self) -> list[tuple[Int[np.ndarray, " gesture"], Int[np.ndarray, " gesture"]]]:
        """Return for each robot the steps at which gestures began, and which."""
        before = np.vstack([np.full((1, 2), -1), self.lights[:-1]])
        steps = [np.flatnonzero((self.lights[:, r] >= 0) & (before[:, r] < 0)) for r in range(2)]
        return [(one, self.lights[one, r]) for r, one in enumerate(steps)]


def _run(noise, drive, speed, links, lag, sees, shown, swaps, rate, tired, lights, off, activity):
    """Fill `lights`, `off` (whose first row is given) and `activity`; where `rate` is not 0, links are learnt and are
    silent."""
    n = N_GESTURES
    excited, inhibited, fatigue = np.zeros((2, 2, n)), np.zeros((2, 2, n)), np.zeros((2, n))
    driven, given = np.full((2, n), drive), np.zeros((2, n))
    making, made = np.full(2, -1), np.zeros(2, np.int64)
    every = round(SAMPLE / STEP)
    for t in range(len(noise)):
        for r in range(2):
            angle = off[t, r]
            bright = np.cos(angle) / (1 + (DISTANCE / HALF_LIGHT) ** 2) if abs(angle) < FIELD else 0.0
            seen, strength = -1, OTHERS_LIGHT * bright
            if t >= lag and sees == _OTHER:
                seen = lights[t - lag, 1 - r]
            elif t >= lag and sees == _SHOWN:
                seen = shown[t - lag, r]
            elif t >= lag and sees == _OWN:
                seen, strength = lights[t - lag, r], OWN_LIGHT
                if seen >= 0:
                    seen = swaps[made[r] % len(swaps), r, seen]
            total = excited[r, MOTOR].sum()
            for k in range(n):
                driven[r, k] += STEP * (drive - driven[r, k]) / TAU_DRIVE + np.sqrt(STEP) * NOISE * noise[t, r, k]
                linked = 0.0
                if rate == 0:
                    for j in range(n):
                        linked += links[r, j, k] * excited[r, VISUAL, j]
                own = excited[r, MOTOR, k]
                given[MOTOR, k] = driven[r, k] + linked + MOTOR_SELF * own - RIVALRY * (total - own)
                given[MOTOR, k] -= FROM_INHIBITION * inhibited[r, MOTOR, k] + MOTOR_FATIGUE * tired[r]
                given[VISUAL, k] = VISUAL_SELF * excited[r, VISUAL, k] + (strength if seen == k else 0.0)
                given[VISUAL, k] -= FROM_INHIBITION * inhibited[r, VISUAL, k] + VISUAL_FATIGUE * fatigue[r, k]
            for j in range(n):
                for k in range(n):
                    learnt = LEARNT * excited[r, VISUAL, j] - links[r, j, k]
                    links[r, j, k] += STEP * rate * excited[r, MOTOR, k] * learnt
            tired[r] += STEP * speed[r] / TAU_FATIGUE * (total - tired[r])
            for k in range(n):
                fatigue[r, k] += STEP / TAU_FATIGUE * (excited[r, VISUAL, k] - fatigue[r, k])
                for part in range(2):
                    e, i = excited[r, part, k], inhibited[r, part, k]
                    inhibited[r, part, k] += STEP / TAU_I * (1 / (1 + np.exp(3 - TO_INHIBITION * e)) - i)
                    excited[r, part, k] += STEP / TAU_E * (1 / (1 + np.exp(3 - given[part, k])) - e)
            swing = SWING * np.sin(2 * np.pi * (making[r] + 1) * t * STEP) if making[r] >= 0 else 0.0
            angle -= STEP * TURN * (TOWARDS * angle + swing) + np.sqrt(STEP) * WANDER * noise[t, r, n]
            off[t + 1, r] = (angle + np.pi) % (2 * np.pi) - np.pi
            best = np.argmax(excited[r, MOTOR])
            if making[r] < 0 and excited[r, MOTOR, best] > BEGIN:
                making[r] = best
                made[r] += 1
            elif making[r] >= 0 and excited[r, MOTOR, making[r]] < END:
                making[r] = -1
            lights[t, r] = making[r]
        if t % every == 0:
            activity[t // every] = excited


@cache
def _compiled() -> Callable:
    """Compile the robots when they are first needed."""
    return keep_compiled(_run)


def simulate(
    links: Float[np.ndarray, "robot seen own"],
    rng: np.random.Generator,
    seconds: float = MEETING,
    *,
    speed: Float[np.ndarray, " robot"] | None = None,
    sees: str = "other",
    delay: float = SHORTEST,
    drive: float = DRIVE,
    shown: Int[np.ndarray, "step robot"] | None = None,
    rate: float = 0.0,
    shuffled: bool = False,
) -> Meeting:
    """Run two robots.

    Parameters
    ----------
    links
        Weights from visual to motor populations; changed in place where `rate` is not 0.
    rng
        Source of the noise, the first fatigue and the first headings.
    seconds
        How long.
    speed
        How fast each tires, 1 if not given.
    sees
        One of `SEES`.
    delay
        Seconds until a light is seen, at least one step.
    drive
        Mean input to motor populations.
    shown
        Where lights are shown: what each robot is shown at each step, −1 for none.
    rate
        η of the Hebbian rule, per second.
    shuffled
        Whether own lights are renamed at random with each gesture.

    Raises
    ------
    OptionError
        For links or speeds of another shape, an unknown `sees`, a number out of range, or gestures that do not exist.
    """
    if np.shape(links) != (2, N_GESTURES, N_GESTURES) or not np.isfinite(links).all():
        raise OptionError(
            f"links of shape {np.shape(links)} are not allowed: they must be finite numbers (robot, seen, own) of "
            f"shape {(2, N_GESTURES, N_GESTURES)}."
        )
    one_of("sees", sees, SEES)
    number("seconds", seconds, 1.0)
    number("delay", delay, STEP)
    number("drive", drive)
    number("rate", rate, 0.0)
    speed = np.ones(2) if speed is None else np.asarray(speed, dtype=float)
    if speed.shape != (2,) or not (speed > 0).all():
        raise OptionError(f"speed = {speed} is not allowed: it must be two positive numbers.")
    n = round(seconds / STEP)
    if sees == "shown" and (np.shape(shown) != (n, 2) or not np.isin(shown, range(-1, N_GESTURES)).all()):
        raise OptionError(
            f"shown of shape {np.shape(shown)} is not allowed: it must have a gesture from 0 to {N_GESTURES - 1}, or "
            f"−1 for none, for each of {n} steps and 2 robots."
        )
    noise = rng.standard_normal((n, 2, N_GESTURES + 1))
    tired = 0.3 * rng.random(2)
    off = np.zeros((n + 1, 2))
    off[0] = 0.3 * rng.standard_normal(2)
    swaps = np.tile(np.arange(N_GESTURES), (1000 if shuffled else 1, 2, 1))
    swaps = rng.permuted(swaps, axis=2) if shuffled else swaps
    lights = np.full((n, 2), -1)
    activity = np.zeros((1 + (n - 1) // round(SAMPLE / STEP), 2, 2, N_GESTURES))
    shown = np.full((1, 2), -1) if shown is None else np.asarray(shown, dtype=np.int64)
    lag = round(delay / STEP)
    given = (noise, float(drive), speed, links, lag, SEES.index(sees), shown, swaps, float(rate), tired)
    _compiled()(*given, lights, off, activity)
    return Meeting(lights, off[1:], activity)


# ---------------------------------------------------------------------------------------------------- the learner


def robots_of(seed: int) -> Float[np.ndarray, " robot"]:
    """Return how fast each robot of a pair tires."""
    return 1 + SPREAD * stream(seed, f"{NAME}/robots").standard_normal(2)


def links_of(kind: str, seed: int, seconds: float = LEARNING_TIME) -> Float[np.ndarray, "robot seen own"]:
    """Return the links of a pair of robots, learnt as far as the kind asks for it.

    Parameters
    ----------
    kind
        "none", or a name in `LINKS`.
    seed
        Of the pair.
    seconds
        How long each robot watches its own light.

    Raises
    ------
    OptionError
        For an unknown kind.
    """
    one_of("links", kind, (NONE, *LINKS))
    links = np.zeros((2, N_GESTURES, N_GESTURES))
    if kind == NONE:
        return links
    simulate(
        links, stream(seed, f"{NAME}/learning"), seconds, speed=robots_of(seed), sees="own", drive=LEARNING_DRIVE,
        rate=LEARNING, shuffled=kind == "shuffled light",
    )  # fmt: skip
    if "other gesture" in kind:
        links = np.roll(links, 1, axis=2)
    inhibition = INHIBITION * links.mean(axis=(1, 2), keepdims=True)
    return {
        "inhibition": 0 * links - inhibition,
        "mirror and inhibition": links - inhibition,
    }.get(kind, (WEAK if kind.startswith("weak") else 1.0) * links)


def meet(
    links: Float[np.ndarray, "robot seen own"], seed: int, delay: float, turn: int = 0, seconds: float = MEETING
) -> Meeting:
    """Let a pair meet; the noise depends on the seed and on which meeting it is alone."""
    return simulate(links, stream(seed, f"{NAME}/meeting {turn}"), seconds, speed=robots_of(seed), delay=delay)


# --------------------------------------------------------------------------------------------------- the measures


def alternation(first: Int[np.ndarray, " gesture"], second: Int[np.ndarray, " gesture"]) -> float:
    """Return the share of beginnings that follow one of the other robot.

    Examples
    --------
    >>> alternation(np.array([0, 4]), np.array([2, 6]))
    1.0
    """
    order = np.argsort(np.concatenate([first, second]), kind="stable")
    return float(np.mean(np.diff(order >= len(first)) != 0)) if len(order) > 1 else np.nan


def phase_locking(first: Int[np.ndarray, " gesture"], second: Int[np.ndarray, " gesture"]) -> complex:
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


def same_gesture(meeting: Meeting, delay: float) -> float:
    """Return how much more often than by chance an answer is the gesture that it answers.

    An answer begins within `ANSWER` seconds of seeing the other robot's latest gesture begin. Chance: as often as each
    gesture is seen, times as often as it is the answer. 0 with fewer than `FEW` answers.
    """
    pairs = []
    begun = meeting.begun()
    for (seen_at, seen), (own_at, own) in (begun, begun[::-1]):
        latest = np.searchsorted(seen_at + round(delay / STEP), own_at, side="right") - 1
        after = own_at - (seen_at[latest] + round(delay / STEP)) if len(seen_at) else own_at
        answers = (latest >= 0) & (after <= round(ANSWER / STEP))
        pairs.append(np.column_stack([seen[latest[answers]], own[answers]]))
    seen, own = np.concatenate(pairs).T
    if len(seen) < FEW:
        return 0.0
    often = [np.bincount(one, minlength=N_GESTURES) / len(one) for one in (seen, own)]
    return float(np.mean(seen == own) - often[0] @ often[1])


def interaction(meeting: Meeting, delay: float, rng: np.random.Generator) -> dict[str, float]:
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
        "gestures_per_minute": (len(first) + len(second)) / 2 / (n * STEP / 60),
    }
    if min(len(first), len(second)) < FEW:
        return found
    least = round(min(LEAST_SHIFT / STEP, n / 4))
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
    links: Float[np.ndarray, "robot seen own"], seed: int, delay: float, seconds: float = MEETING
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
    speed = robots_of(seed)
    done = simulate(links, stream(seed, f"{NAME}/doing"), seconds, speed=speed, sees="nothing")
    seen = simulate(
        links,
        stream(seed, f"{NAME}/seeing"),
        seconds,
        speed=speed,
        sees="shown",
        shown=done.lights,
        delay=delay,
        drive=0.0,
    )
    every, later = round(SAMPLE / STEP), round(delay / SAMPLE)
    found = []
    for r, (steps, gestures) in enumerate(done.begun()):
        first = 1 + steps // every
        whole = first + later + SAMPLES <= len(seen.activity)
        at = first[whole, None] + np.arange(SAMPLES)
        pair = [one.activity[when, r, MOTOR] for one, when in ((done, at), (seen, at + later))]
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
for _name, _said in OF_MEETINGS.items():
    register_measure(Measure(_name, *_said))
register_measure(
    Measure("own_gesture_units", "share of motor populations that respond most to their own gesture", SHARE, "chance")
)


def learn(
    learner: Learner,
    *,
    learning_time: float = LEARNING_TIME,
    n_meetings: int = N_MEETINGS,
    seconds: float = MEETING,
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
    seed, rows = learner.seed, []
    links_of("mirror", seed, 1.0)  # compiles
    for condition in learner.conditions:
        began = time.process_time()
        _, kind, delay = CONDITIONS[condition]
        links = links_of(kind, seed, learning_time)
        meetings = [
            interaction(meet(links, seed, delay, i, seconds), delay, stream(seed, f"{NAME}/shifts {i}"))
            for i in range(n_meetings)
        ]
        row = {name: _mean([one[name] for one in meetings]) for name in OF_MEETINGS}
        paired = recordings(links, seed, delay, seconds)
        row["own_gesture_units"] = _mean([own_gesture(*one) for one in paired])
        tests = [mirroring(*one, seed, f"{NAME}/{condition}/{r}") for r, one in enumerate(paired)]
        row |= {name: _mean([one[name] for one in tests]) for name in MIRRORING}
        row["code_p"] = max(one["code_p"] for one in tests)
        rows.append({"condition": condition, **row, "seconds": time.process_time() - began})
    return pd.DataFrame(rows)


def _mean(values: list[float]) -> float:
    """Return the mean of those that are defined."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


register(
    Experiment(
        NAME,
        "Robots that take turns",
        "barakova2009",
        "10.1007/978-3-540-73055-2_41",
        "One code for seen and own actions lets two robots synchronise and take turns.",
        "pairs of robots",
        {condition: said for condition, (said, _, _) in CONDITIONS.items()},
        (*OF_MEETINGS, "own_gesture_units", *MIRRORING),
        learn,
        condition_of("mirror", SHORTEST),
        NONE,
        n_actions=N_GESTURES,
        seconds=10.0,
    )
)
