"""How many timesteps a second the cooperation world makes: many worlds compiled, beside PettingZoo's own loop over one.

Both are played by random actions, drawn in the loop that PettingZoo's documentation shows and, for many worlds, at
once. They take turns, so that a busy machine slows both. `python -m benchmarks.worlds` needs the packages of the extra
`agents`.
"""

from __future__ import annotations

import time

import numpy as np

from mirror_core.experiments.cooperation_env import Cooperation
from mirror_core.experiments.cooperation_world import ACTIONS, EPISODE, Worlds
from mirror_core.studies.wording import times

N_WORLDS, N_TURNS = 256, 7
"""Worlds in step, as many as a pair learns in; and how often each way is timed."""


def by_pettingzoo(env: Cooperation, seed: int) -> float:
    """Return timesteps a second of one episode."""
    start = time.process_time()
    env.reset(seed=seed)
    while env.agents:
        env.step({agent: env.action_space(agent).sample() for agent in env.agents})
    return EPISODE / (time.process_time() - start)


def at_once(worlds: Worlds, rng: np.random.Generator) -> float:
    """Return timesteps a second, all worlds together, of an episode in each."""
    start = time.process_time()
    for _ in range(EPISODE):
        worlds.step(rng.integers(len(ACTIONS), size=(2, N_WORLDS)))
    return N_WORLDS * EPISODE / (time.process_time() - start)


def main() -> None:
    """Print both, and how many times faster the second is."""
    env, worlds, rng = Cooperation(), Worlds(range(N_WORLDS)), np.random.default_rng(0)
    by_pettingzoo(env, 0), at_once(worlds, rng)  # compiles, and warms up
    found = np.array([(by_pettingzoo(env, turn), at_once(worlds, rng)) for turn in range(N_TURNS)])
    slow, fast = np.median(found, axis=0)
    print(f"PettingZoo's loop, one world: {slow:,.0f} timesteps a second")
    print(f"{N_WORLDS} worlds in step, compiled: {fast:,.0f} timesteps a second")
    print(f"faster: {times(found[:, 1] / found[:, 0])}")


if __name__ == "__main__":
    main()
