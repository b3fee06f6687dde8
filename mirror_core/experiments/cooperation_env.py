"""The world of `cooperation` for agents of your own: `Cooperation` for two (PettingZoo), `OneSide` for one (Gymnasium).

The rules are those of `cooperation_world`, here in plain Python, one world at a time. Both draw the same random numbers
for the same seed, so that agents can learn in the one and be looked at in the other. An agent of
Stable-Baselines3 learns to poke and drink alone, and is then recorded while it does its moves and while they are shown
to it as its partner's:

    import torch
    from stable_baselines3 import PPO

    from mirror_core.experiments.agents import record_agents
    from mirror_core.experiments.cooperation_env import Cooperation, OneSide

    model = PPO("MlpPolicy", OneSide(), seed=0, device="cpu")
    model.learn(100_000)

    class Learned:
        def begin(self, n):
            pass  # nothing to forget: this network has no memory

        def act(self, observations):
            with torch.no_grad():
                seen = model.policy.extract_features(torch.as_tensor(observations).float())
                units = model.policy.mlp_extractor.forward_actor(seen)
            return model.predict(observations)[0], units.numpy()

    agents = {"left": Learned(), "right": Learned()}
    record_agents(Cooperation(alone=True), agents, "agent.npz")

Then `mirror analyse agent.npz` says whether its units are mirror units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mirror_core.checks import OptionError, flag, one_of, whole
from mirror_core.experiments.cooperation_world import ABSENT as NOT_SEEN
from mirror_core.experiments.cooperation_world import (
    ACTIONS,
    COLUMNS,
    EPISODE,
    MISSED,
    MOVED,
    MOVES,
    N_INPUTS,
    PAID,
    POKE_ROWS,
    ROWS,
    STILL,
    WATER_ROWS,
    WINDOW,
    ZEROS,
    drawn,
    inputs,
    numbers_seen,
)

try:
    import gymnasium
    from gymnasium.spaces import Discrete, MultiBinary
    from pettingzoo import ParallelEnv
except ImportError as error:
    raise OptionError("this world needs the packages pettingzoo and gymnasium: pip install -e '.[agents]'.") from error

SIDES = ("left", "right")
"""The agents by name."""


class _Body:
    """An agent's place and cells, whether water waits for it, and since when a poke of its is unanswered, or None."""

    def __init__(self, below: Callable[[int], int]) -> None:
        self.place = [below(ROWS), below(COLUMNS)]
        self.find_cells(below)
        self.water_waits = self.inside = False
        self.still, self.unanswered = 0, None

    def find_cells(self, below: Callable[[int], int]) -> None:
        self.poke = [POKE_ROWS[0] + below(POKE_ROWS[1] - POKE_ROWS[0]), below(COLUMNS)]
        self.water = [WATER_ROWS[0] + below(WATER_ROWS[1] - WATER_ROWS[0]), below(COLUMNS)]

    def move(self, action: int) -> bool:
        """Move, and return whether that is a poke."""
        for axis, size in enumerate((ROWS, COLUMNS)):
            self.place[axis] = min(max(self.place[axis] + int(MOVES[action, axis]), 0), size - 1)
        was_inside, self.inside = self.inside, self.place == self.poke
        return self.inside and not was_inside


class Cooperation(ParallelEnv):
    """Two agents in a time window.

    Observations have 68 inputs of 0 or 1 (see `cooperation_world.SEEN`), actions are the places of moves in
    `cooperation_world.ACTIONS`. After 200 timesteps the episode is truncated; nothing ends it before. `infos` says of
    each agent whether it did `poke` and `drink`, and whether there was a `cooperation` or a `miss`.

    Parameters
    ----------
    alone
        Whether a poke is paid without an answer.
    """

    metadata = {"name": "cooperation_v0", "render_modes": []}
    render_mode = None

    def __init__(self, alone: bool = False, sees_partner: bool = True) -> None:
        flag("alone", alone)
        flag("sees_partner", sees_partner)
        self.alone, self.sees_partner = alone, sees_partner
        self.possible_agents, self.agents = list(SIDES), []
        self.observation_spaces = {side: MultiBinary(N_INPUTS) for side in SIDES}
        self.action_spaces = {side: Discrete(len(ACTIONS)) for side in SIDES}
        self._random: int | None = None

    def observation_space(self, agent: str) -> MultiBinary:
        """Return what an agent can see."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Discrete:
        """Return what an agent can do."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict | None = None) -> tuple[dict[str, np.ndarray], dict]:
        """Begin an episode; without a seed, random numbers go on from where they are."""
        if seed is not None:
            whole("seed", seed, 0, 2**64 - 1)
            self._random = int(seed)
        elif self._random is None:
            self._random = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
        self.agents, self._clock = list(SIDES), 0
        self._bodies = [_Body(self._below) for _ in SIDES]
        return self._seen(), {side: {} for side in SIDES}

    def step(self, actions: dict[str, int]) -> tuple[dict, dict, dict, dict, dict]:
        """Let a timestep pass.

        Raises
        ------
        OptionError
            If the episode is over, an agent has no action, or one that there is not. Nothing has happened then.
        """
        if not self.agents:
            raise OptionError("the episode is over, or none has begun: reset() begins one.")
        if set(actions) != set(SIDES):
            raise OptionError(
                f"actions of {', '.join(map(str, actions)) or 'nobody'} are not allowed: each of {' and '.join(SIDES)} "
                "needs one."
            )
        actions = {
            side: one.item() if isinstance(one, np.ndarray) and one.ndim == 0 else one for side, one in actions.items()
        }
        for side in SIDES:
            whole(f"action of {side}", actions[side], 0, len(ACTIONS) - 1)
        rewards, pokes, drinks = [0.0, 0.0], [False, False], [False, False]
        for k, body in enumerate(self._bodies):
            if body.unanswered is not None:
                body.unanswered += 1
            if body.still:
                body.still -= 1
                continue
            rewards[k] = MOVED
            pokes[k] = body.move(int(actions[SIDES[k]]))
            if pokes[k] and not self.alone and body.unanswered is None:
                body.unanswered = 0
            if pokes[k] and self.alone and not body.water_waits:
                rewards[k], body.water_waits = PAID, True
            if body.water_waits and body.place == body.water:
                drinks[k], rewards[k] = True, PAID
                body.water_waits = body.inside = False
                body.find_cells(self._below)
                body.still = self._below(STILL + 1)
        waited = [body.unanswered for body in self._bodies if body.unanswered is not None]
        cooperation = len(waited) == 2
        miss = not cooperation and bool(waited) and waited[0] >= WINDOW
        if cooperation and not any(body.water_waits for body in self._bodies):
            rewards = [PAID, PAID]
        if miss:
            rewards = [reward + MISSED for reward in rewards]
        for body in self._bodies:
            body.water_waits = body.water_waits or cooperation
            body.unanswered = None if cooperation or miss else body.unanswered
        self._clock += 1
        over = self._clock >= EPISODE
        infos = [
            {"poke": pokes[k], "drink": drinks[k], "cooperation": cooperation, "miss": miss} for k in range(len(SIDES))
        ]  # fmt: skip
        found = self._seen(), self._each(rewards), self._each([False] * 2), self._each([over] * 2), self._each(infos)
        if over:
            self.agents = []
        return found

    @staticmethod
    def seen_with(own: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return observations (…, 68) of an agent that is where it is in `own`, and whose partner does what is done in
        `other`: what an agent saw that did it."""
        seen = numbers_seen(own)
        seen[..., 4:] = numbers_seen(other)[..., :2] - ZEROS[:2] + ZEROS[4:]
        return inputs(seen)

    def _below(self, limit: int) -> int:
        self._random, bits = drawn(self._random)
        return bits % limit

    def _seen(self) -> dict[str, np.ndarray]:
        seen = []
        for me, other in zip(self._bodies, self._bodies[::-1], strict=True):
            ways = [
                there - here
                for there, here in zip(
                    (*me.poke, *me.water, *other.poke), (*me.place, *me.place, *other.place), strict=True
                )
            ]  # fmt: skip
            shown = ZEROS + ways
            if not self.sees_partner:
                shown[4:] = NOT_SEEN, NOT_SEEN + 1
            seen.append(inputs(shown))
        return self._each(seen)

    @staticmethod
    def _each(values: list) -> dict[str, Any]:
        return dict(zip(SIDES, values, strict=True))


class OneSide(gymnasium.Env):
    """The same world for one agent, beside a partner that acts by a function.

    Parameters
    ----------
    partner
        Returns an action for what the partner sees; by default it moves at random.
    alone, sees_partner
        See `Cooperation`. Here a poke is by default paid without an answer.
    side
        Which agent it is, a name in `SIDES`.
    """

    metadata = {"render_modes": []}

    def __init__(
        self, partner: Callable[[np.ndarray], int] | None = None, *, alone: bool = True, sees_partner: bool = True,
        side: str = "left",
    ) -> None:  # fmt: skip
        one_of("side", side, SIDES)
        self.world, self.side, self.other = Cooperation(alone, sees_partner), side, SIDES[1 - SIDES.index(side)]
        self.partner = partner
        self.observation_space, self.action_space = MultiBinary(N_INPUTS), Discrete(len(ACTIONS))

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode."""
        super().reset(seed=seed)
        self._seen, infos = self.world.reset(seed, options)
        return self._seen[self.side], infos[self.side]

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Let a timestep pass; raises as `Cooperation.step` does."""
        seen = self._seen[self.other]
        answer = int(self.np_random.integers(len(ACTIONS))) if self.partner is None else self.partner(seen)
        found = self.world.step({self.side: action, self.other: answer})
        self._seen = found[0]
        return tuple(one[self.side] for one in found)
