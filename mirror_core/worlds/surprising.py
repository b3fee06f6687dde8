"""The paper's world with something rare in it: actions that its agent hardly ever does, or a regime that seldom holds.

Another agent lives in the same world in its own way, and meets often what is rare here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from mirror_core.checks import OptionError, one_of
from mirror_core.config.settings import WorldConfig
from mirror_core.seeding import stream
from mirror_core.worlds.base import Discrete, register
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.linear import make_world

N_RARE, RARE = 2, 0.005
"""How many actions are rare, and the probability of each at a timestep."""
REGIME = 0.05
"""Share of episodes in which the other regime holds."""

KINDS = ("rare-actions", "rare-regime")
"""What can be rare."""


@dataclass(frozen=True)
class SurprisingWorld:
    """A world as one agent lives in it: s_t = decay · s_{t−1} + effect(a_t, regime) + noise, each episode from rest."""

    config: WorldConfig
    effects: Float[np.ndarray, "regime action feature"]
    """What each action adds to the sensory state, in sensory units: as usual, and in the other regime."""
    odds: Float[np.ndarray, " action"]
    """Probability of each action."""
    other_regime: float
    """Share of episodes in which the other regime holds."""

    @property
    def actions(self) -> Discrete:
        """The K actions."""
        return Discrete(self.config.n_actions)

    @property
    def sensation_shape(self) -> tuple[int]:
        """The D features of a sensation."""
        return (self.config.sensory_dim,)

    @property
    def rare(self) -> Int[np.ndarray, " rare"]:
        """The actions that are done less often than others."""
        return np.flatnonzero(self.odds < self.odds.max())

    def episodes(self, n_sequences: int, length: int, rng: np.random.Generator) -> Episodes:
        """Draw episodes; their context `regime` (sequence,) is 1 where the other regime holds. See `World`."""
        from scipy.signal import lfilter  # here: it takes its time to import, and every worker imports all worlds

        shape = (n_sequences, length)
        actions = rng.choice(len(self.odds), size=shape, p=self.odds)
        regime = (rng.random(n_sequences) < self.other_regime).astype(int)
        noise = self.config.noise_std * rng.standard_normal((*shape, *self.sensation_shape))
        push = self.effects[regime[:, None], actions] + noise
        sensations = lfilter([1.0], [1.0, -self.config.decay], push, axis=1)
        return Episodes(actions, sensations.astype(np.float32), context={"regime": regime})

    def rarity(self, episodes: Episodes) -> Int[np.ndarray, " sequence"]:
        """Return at how many timesteps of each episode a rare action is done, or the other regime holds."""
        unusual = np.isin(episodes.actions, self.rare) | (episodes.context["regime"] == 1)[:, None]
        return unusual.sum(axis=1)

    def usual(self) -> SurprisingWorld:
        """Return it without anything rare: every action as often, and never the other regime."""
        return replace(self, odds=np.full_like(self.odds, 1 / len(self.odds)), other_regime=0.0)

    def of_another(self) -> SurprisingWorld:
        """Return it as another agent lives in it: every action as often, and, if there is one, in the other regime."""
        return replace(self.usual(), other_regime=float(self.other_regime > 0))


def make_surprising(kind: str, config: WorldConfig, seed: int) -> SurprisingWorld:
    """Draw a world: as usual the linear one of that seed; effects of the other regime come from their own stream.

    Parameters
    ----------
    kind
        "rare-actions": the last `N_RARE` actions have the probability `RARE` each, the others are equally frequent;
        "rare-regime": all actions are equally frequent, and have other effects in a share `REGIME` of episodes.

    Raises
    ------
    OptionError
        For an unknown kind, or with too few actions for some to be rare.
    """
    one_of("kind of surprising world", kind, KINDS)
    n_actions = config.n_actions
    if n_actions <= N_RARE:
        raise OptionError(f"n_actions = {n_actions} is not allowed: with {N_RARE} rare ones it must be larger.")
    elsewhere = int(stream(seed, "surprising/regime").integers(2**32))
    effects = np.stack([make_world(config, one).effects for one in (seed, elsewhere)])
    if kind == "rare-regime":
        return SurprisingWorld(config, effects, np.full(n_actions, 1 / n_actions), REGIME)
    odds = np.full(n_actions, (1 - N_RARE * RARE) / (n_actions - N_RARE))
    odds[-N_RARE:] = RARE
    return SurprisingWorld(config, effects, odds, 0.0)


for _kind in KINDS:
    register(_kind, lambda seed, kind=_kind: make_surprising(kind, WorldConfig(), seed))
