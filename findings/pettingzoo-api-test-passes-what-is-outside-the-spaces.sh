#!/bin/sh
# parallel_api_test of PettingZoo, which environments are to pass, compares no observation with its space and looks at no
# reward: an environment that returns observations of another shape and far outside its Box, rewards that are NaN, and never
# ends an episode passes without a warning. Gymnasium's check_env refuses such an environment of one agent. Who relies on
# the test must check by hand.
# Seen with PettingZoo 1.27.0 and Gymnasium 1.4.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet pettingzoo==1.27.0 gymnasium==1.4.0 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.utils.env_checker import check_env
from pettingzoo import ParallelEnv
from pettingzoo.test import parallel_api_test

WRONG = np.full(7, 99.0, np.float32)
ROOM = Box(-1, 1, (2,), np.float32)


class Two(ParallelEnv):
    metadata = {"name": "two"}
    possible_agents = ["one", "other"]
    spaces = {agent: (ROOM, Discrete(2)) for agent in possible_agents}

    def observation_space(self, agent):
        return self.spaces[agent][0]

    def action_space(self, agent):
        return self.spaces[agent][1]

    def reset(self, seed=None, options=None):
        self.agents = list(self.possible_agents)
        return {a: WRONG for a in self.agents}, {a: {} for a in self.agents}

    def step(self, actions):
        every = self.agents
        return ({a: WRONG for a in every}, {a: np.nan for a in every}, {a: False for a in every},
                {a: False for a in every}, {a: {} for a in every})


class One(gymnasium.Env):
    observation_space, action_space = ROOM, Discrete(2)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        return WRONG, {}

    def step(self, action):
        return WRONG, 0.0, False, False, {}


with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    parallel_api_test(Two(), num_cycles=50)
print(f"PettingZoo {version('pettingzoo')}: passed, {len(said)} warnings")
try:
    check_env(One(), skip_render_check=True)
    raise SystemExit("the behaviour has changed")
except AssertionError as error:
    print(f"Gymnasium {version('gymnasium')}: refused ({str(error).splitlines()[0][:80]})")
assert not said, "the behaviour has changed"
PY
