"""Two robots that see each other's gestures: world, controllers, and how links from seeing to doing are learnt.

Everything is in seconds, metres and radians; activities lie between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from mirror_core.analysis.compiled import keep_compiled
from mirror_core.checks import OptionError, number, one_of
from mirror_core.seeding import stream

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
INHIBITION, WEAK = 3.0, 0.25
MEETING = 300.0
"""Seconds that a pair meets."""
SAMPLE = 0.1
"""Seconds between recorded activities."""

SEES = ("nothing", "own", "other", "shown")
"""What a robot sees: darkness, its own light, the other robot, or lights that are shown to it."""
_OWN, _OTHER, _SHOWN = 1, 2, 3
MOTOR, VISUAL = 0, 1


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
                for part in range(2):  # one by one: to compile the assignment of a whole array takes seconds
                    for k in range(n):
                        activity[t // every, r, part, k] = excited[r, part, k]


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
    speed
        How fast each tires, 1 if not given.
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


def robots_of(seed: int) -> Float[np.ndarray, " robot"]:
    """Return how fast each robot of a pair tires."""
    return 1 + SPREAD * stream(seed, f"{NAME}/robots").standard_normal(2)


def links_of(kind: str, seed: int, seconds: float = LEARNING_TIME) -> Float[np.ndarray, "robot seen own"]:
    """Return the links of a pair of robots, learnt as far as the kind asks for it.

    Parameters
    ----------
    kind
        "none", or a name in `LINKS`.
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
