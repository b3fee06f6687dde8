"""A hand that is pushed in one of eight directions, and twelve sensors that feel where it is and how it moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mirror_core.seeding import stream
from mirror_core.worlds.base import Discrete, register
from mirror_core.worlds.episodes import Episodes

ANGLES = np.arange(8) * np.pi / 4
PUSHES = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
"""What each action adds to the velocity of the hand (action, axis)."""


@dataclass(frozen=True)
class HandWorld:
    """The hand with its sensors wired: each is a bounded sum of place and velocity, with noise."""

    wiring: Float[np.ndarray, "place_and_velocity sensor"]

    actions = Discrete(len(PUSHES))
    sensation_shape = (12,)

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> HandWorld:
        """Return a hand whose wiring is drawn."""
        return cls(rng.normal(0, 0.7, (4, *cls.sensation_shape)))

    def episodes(self, n_sequences: int, length: int, rng: np.random.Generator) -> Episodes:
        """Draw episodes of uniformly random pushes and what the sensors feel; see `World`."""
        actions = rng.integers(len(PUSHES), size=(n_sequences, length))
        place, speed, felt = np.zeros((n_sequences, 2)), np.zeros((n_sequences, 2)), []
        for t in range(length):
            speed = 0.6 * speed + PUSHES[actions[:, t]]
            place = 0.8 * place + speed
            noise = rng.normal(0, 0.05, (n_sequences, *self.sensation_shape))
            felt.append(np.tanh(np.hstack([place, speed]) @ self.wiring) + noise)
        return Episodes(actions, np.stack(felt, axis=1).astype(np.float32))


register("hand", lambda seed: HandWorld.drawn(stream(seed, "wiring")))
