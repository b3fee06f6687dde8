"""An arm of two links, moved by torques at its joints, and seen: as a picture, or as the directions of its links.

What can be varied is how it is moved (torques of any size, or one of six), how it is seen, and whether it has inertia.
All else is kept alike. Torques have mean square 1 at each joint and the same correlation from one timestep to the next,
.8, whether they are real numbers or six; and a torque that is held leads to the same speed, with inertia or without.
Every episode of a world begins in one posture, which its seed draws and which is not its own mirror image.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from jaxtyping import Float, Shaped

from mirror_core.checks import OptionError, flag, one_of
from mirror_core.seeding import stream
from mirror_core.worlds.base import Continuous, Discrete, register
from mirror_core.worlds.episodes import Episodes

MOTORS = ("continuous", "discrete")
"""A command is two torques; or one of six pairs of torques, by its number."""
SENSATIONS = ("frames", "angles")
"""A frame of pixels; or sine and cosine of the direction of each link."""

PERSISTENCE = 0.8
"""Correlation of a torque with the one before. Of six commands: the probability that the last one is kept."""
DIRECTIONS = np.arange(6) * np.pi / 3
TORQUES = np.sqrt(2) * np.stack([np.cos(DIRECTIONS), np.sin(DIRECTIONS)], axis=1)
"""The six pairs of torques (command, joint): of mean square 1 at each joint, as continuous ones have."""

SPEED = 0.5
"""Radians a timestep that a torque of 1 leads to, if it is held."""
DAMPING = 0.6
"""Share of its speed that an arm with inertia keeps from one timestep to the next."""
POSTURE = (0.4, 1.2)
"""Angles of the joints at the start, in radians: of the upper link from the x axis, of the lower one from the upper."""
ABOUT = 0.2
"""How far from these the start of a world may lie at most, in radians."""
LINKS = (0.5, 0.4)
"""Lengths, where the picture reaches from −1 to 1 and the shoulder is at its centre."""
WIDTH = 0.09
"""Standard deviation of the brightness across a link, in the same units."""
SIDE = 16
"""Pixels of a frame's side."""
NOISE = 0.03
"""Standard deviation of the noise of each pixel or angle; a link is of brightness 1."""

_CHUNK = 500
"""Pictures that are drawn at a time: their pixels stay in the processor's memory."""

Postures = Float[np.ndarray, "*any joint"]


@dataclass(frozen=True)
class ArmWorld:
    """The arm under one setting of what can be varied.

    Raises
    ------
    OptionError
        For an unknown kind of command or sensation, or an inertia that is neither true nor false.
    """

    motor: str = "continuous"
    """A name in `MOTORS`."""
    sensation: str = "frames"
    """A name in `SENSATIONS`."""
    inertia: bool = True
    """Whether torques change the speed of the joints, or are it."""
    start: tuple[float, float] = POSTURE
    """Angles of the joints before the first timestep, in radians."""

    def __post_init__(self) -> None:
        one_of("motor", self.motor, MOTORS)
        one_of("sensation", self.sensation, SENSATIONS)
        flag("inertia", self.inertia)

    def drawn(self, seed: int) -> ArmWorld:
        """Return the same arm with the start of a seed, the same for all settings."""
        start = np.array(POSTURE) + stream(seed, "arm/start").uniform(-ABOUT, ABOUT, len(POSTURE))
        return replace(self, start=(float(start[0]), float(start[1])))

    @property
    def actions(self) -> Discrete | Continuous:
        """One of six pairs of torques, or any."""
        return Discrete(len(TORQUES)) if self.motor == "discrete" else Continuous(TORQUES.shape[1])

    @property
    def sensation_shape(self) -> tuple[int, ...]:
        """A frame (row, column), the first row on top; or two cosines and two sines."""
        return (SIDE, SIDE) if self.sensation == "frames" else (4,)

    def episodes(self, n_sequences: int, length: int, rng: np.random.Generator) -> Episodes:
        """Draw episodes of random commands and what is seen; see `World`.

        The context `posture` has the angles of the joints (sequence, time, joint), in radians, not wrapped. The same
        generator gives the same commands and postures as frames and as angles.
        """
        actions = self._commands(n_sequences, length, rng)
        posture = self._postures(self.torques(actions))
        seen = draw(posture) if self.sensation == "frames" else directions(posture)
        seen += NOISE * rng.standard_normal(seen.shape)
        return Episodes(actions, seen.astype(np.float32), context={"posture": posture})

    def torques(self, actions: Shaped[np.ndarray, "sequence time ..."]) -> Float[np.ndarray, "sequence time joint"]:
        """Return the torques that commands are."""
        return TORQUES[actions] if self.motor == "discrete" else actions.astype(float)

    def mirrored(self, sensations: Float[np.ndarray, "sequence time ..."]) -> Float[np.ndarray, "sequence time ..."]:
        """Return what a camera sees that looks from behind: left and right have changed places.

        Each torque then looks like its opposite; only the posture at the start tells that it is not.

        Raises
        ------
        OptionError
            If sensations are not of this world's shape.
        """
        if sensations.shape[2:] != self.sensation_shape:
            raise OptionError(
                f"sensations of shape {sensations.shape[2:]} are not allowed: those of this arm ({self.sensation}) "
                f"must be of shape {self.sensation_shape}."
            )
        flipped = sensations[..., ::-1] if self.sensation == "frames" else sensations * np.float32([-1, -1, 1, 1])
        return np.ascontiguousarray(flipped)

    def _commands(self, n_sequences: int, length: int, rng: np.random.Generator) -> np.ndarray:
        if self.motor == "discrete":
            commands = rng.integers(len(TORQUES), size=(n_sequences, length))
            kept = rng.random(commands.shape) < PERSISTENCE
            for t in range(1, length):
                commands[:, t] = np.where(kept[:, t], commands[:, t - 1], commands[:, t])
            return commands
        torques = rng.standard_normal((n_sequences, length, TORQUES.shape[1]))
        for t in range(1, length):
            torques[:, t] = PERSISTENCE * torques[:, t - 1] + np.sqrt(1 - PERSISTENCE**2) * torques[:, t]
        return torques.astype(np.float32)

    def _postures(self, torques: Float[np.ndarray, "sequence time joint"]) -> Float[np.ndarray, "sequence time joint"]:
        kept = DAMPING if self.inertia else 0.0
        speed, posture = np.zeros_like(torques[:, 0]), np.broadcast_to(self.start, torques[:, 0].shape)
        postures = np.empty_like(torques)
        for t in range(torques.shape[1]):
            speed = kept * speed + (1 - kept) * SPEED * torques[:, t]
            posture = posture + speed
            postures[:, t] = posture
        return postures


def directions(posture: Postures) -> Float[np.ndarray, "*any feature"]:
    """Return the cosines, then the sines, of the directions of the two links."""
    angles = np.cumsum(posture, axis=-1)
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


def draw(posture: Postures) -> Float[np.ndarray, "*any row column"]:
    """Draw arms: brightness 1 on the lines from the shoulder to the elbow and on to the hand, soft around them."""
    flat = posture.reshape(-1, posture.shape[-1])
    frames = np.empty((len(flat), SIDE, SIDE), np.float32)
    for first in range(0, len(flat), _CHUNK):
        part = slice(first, first + _CHUNK)
        frames[part] = _drawn(flat[part])
    return frames.reshape(*posture.shape[:-1], SIDE, SIDE)


def _drawn(posture: Float[np.ndarray, "picture joint"]) -> Float[np.ndarray, "picture row column"]:
    across = np.linspace(-1, 1, SIDE, dtype=np.float32)
    x, y = across[None, None, :], -across[None, :, None]
    ends = directions(posture).astype(np.float32)
    nearest = np.float32(np.inf)
    from_x = from_y = np.zeros((len(posture), 1, 1), np.float32)
    for link, length in enumerate(LINKS):
        along_x, along_y = (length * ends[:, axis + link, None, None] for axis in (0, 2))
        off_x, off_y = x - from_x, y - from_y
        along = np.clip((off_x * along_x + off_y * along_y) / np.float32(length**2), 0, 1)
        nearest = np.minimum(nearest, (off_x - along * along_x) ** 2 + (off_y - along * along_y) ** 2)
        from_x, from_y = from_x + along_x, from_y + along_y
    return np.exp(nearest / np.float32(-2 * WIDTH**2))


def name_of(world: ArmWorld) -> str:
    """Return the name under which a setting of the arm is registered, such as arm-continuous-frames-no-inertia."""
    return f"arm-{world.motor}-{world.sensation}" + ("" if world.inertia else "-no-inertia")


def _list(world: ArmWorld) -> None:
    register(name_of(world), world.drawn)


for _setting in product(MOTORS, SENSATIONS, (True, False)):
    _list(ArmWorld(*_setting))
