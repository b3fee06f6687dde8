"""The paper's synthetic environment: actions push a decaying sensory state (paper, *Synthetic environment*)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from mirror_core.config.settings import WorldConfig
from mirror_core.seeding import stream
from mirror_core.worlds.base import Discrete, register
from mirror_core.worlds.episodes import Episodes


@dataclass(frozen=True)
class LinearWorld:
    """A world with its effect vectors drawn; episodes are drawn from it."""

    config: WorldConfig
    effects: Float[np.ndarray, "action feature"]
    """What each action adds to the sensory state, in sensory units."""

    @property
    def actions(self) -> Discrete:
        """The K actions."""
        return Discrete(self.config.n_actions)

    @property
    def sensation_shape(self) -> tuple[int]:
        """The D features of a sensation."""
        return (self.config.sensory_dim,)

    def episodes(self, n_sequences: int, length: int, rng: np.random.Generator) -> Episodes:
        """Draw episodes of random actions and the sensations that follow; see `World`."""
        cfg = self.config
        shape = (n_sequences, length)
        actions = self._actions(shape, rng)
        noise = cfg.noise_std * rng.standard_normal((*shape, cfg.sensory_dim))
        state = cfg.initial_std * rng.standard_normal((n_sequences, cfg.sensory_dim))
        causes = actions if cfg.informative else self._actions(shape, rng)
        push = self.effects[causes] + noise
        sensations = np.empty_like(push)
        for t in range(length):
            state = cfg.decay * state + push[:, t]
            sensations[:, t] = state
        return Episodes(actions, sensations.astype(np.float32))

    def _actions(self, shape: tuple[int, int], rng: np.random.Generator) -> Int[np.ndarray, "sequence time"]:
        """Draw actions, each equally frequent: by habit the one that follows the last in a cycle, else any."""
        n_actions, habit = self.config.n_actions, self.config.habit
        actions = rng.integers(n_actions, size=shape)
        if habit > 0:  # without habits nothing is drawn for them: the paper's episodes stay what they were
            follows = rng.random(shape) < habit
            for t in range(1, shape[1]):
                actions[:, t] = np.where(follows[:, t], (actions[:, t - 1] + 1) % n_actions, actions[:, t])
        return actions


def make_world(config: WorldConfig, seed: int) -> LinearWorld:
    """Draw the effect vectors of a world (stream "effects" of `seed`).

    Examples
    --------
    >>> from mirror_core.config.settings import Config
    >>> world = make_world(Config().world, seed=42)
    >>> world.episodes(2, 5, stream(42, "any")).sensations.shape
    (2, 5, 16)
    """
    rng = stream(seed, "effects")
    shape = (config.n_actions, config.sensory_dim)
    if config.effect_distribution == "normal":
        unit = rng.standard_normal(shape)
    elif config.effect_distribution == "uniform":
        unit = rng.uniform(-np.sqrt(3), np.sqrt(3), shape)  # variance 1
    else:
        # rows of a random rotation, scaled so that an entry has mean square 1
        rotation, _ = np.linalg.qr(rng.standard_normal((config.sensory_dim, config.n_actions)))
        unit = rotation.T * np.sqrt(config.sensory_dim)
    return LinearWorld(config, config.effect_scale * unit)


def predictable_error(config: WorldConfig, length: int) -> float:
    """Return the least mean squared error with which sensations can be predicted from actions alone.

    Noise adds up under the decay, so at timestep t (from 1) its variance is σ²·Σ_{k<t} decay^{2k} plus what
    is left of a random s_0; the mean over timesteps is the floor under the forward loss.
    """
    k = np.arange(length)
    noise = config.noise_std**2 * np.cumsum(config.decay ** (2 * k))
    start = config.initial_std**2 * config.decay ** (2 * (k + 1))
    return float(np.mean(noise + start))


register("linear", lambda seed: make_world(WorldConfig(), seed))
