#!/bin/sh
# River Raid of ale-py is no quick test of imitation: who fires always and steers at random scores nearly as much as who
# reads the pixels and steers for open water, so that there is little to imitate without an expert that was trained for long.
# Prints a line of JSON, kept as book/data/river_raid.json. Takes a minute or two.
# Seen with ale-py 0.12.1 and gymnasium 1.3.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet ale-py==0.12.1 gymnasium==1.3.0 numpy==2.4.6 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - 2> "$folder/run.log" <<'PY' || { cat "$folder/run.log" >&2; exit 1; }
import json
import time
from importlib.metadata import version

import ale_py
import gymnasium
import numpy as np

gymnasium.register_envs(ale_py)
FIRE, RIGHT, LEFT = 1, 11, 12  # the last two fire, too
DECISIONS = 12_000  # of four frames


def steer(frame, rng):
    """Towards the nearest column that stays water for longest, a ship's width of it."""
    red, green, blue = frame.astype(int).transpose(2, 0, 1)
    water = (blue > 150) & (red < 80) & (green < 90)
    ship = ((red > 200) & (green > 200) & (blue < 120))[140:165].any(0)
    here = int(np.flatnonzero(ship).mean()) if ship.any() else 80
    ahead = water[90:140][::-1]
    free = np.where(ahead.all(0), len(ahead), (~ahead).argmax(0))
    free = np.lib.stride_tricks.sliding_window_view(np.pad(free, 5, mode="edge"), 11).min(1)
    best = np.flatnonzero(free >= free.max() - 3)
    target = best[np.abs(best - here).argmin()]
    return FIRE if abs(target - here) < 4 else RIGHT if target > here else LEFT


def at_random(frame, rng):
    return int(rng.choice([FIRE, RIGHT, LEFT]))


def games(policy, seed):
    """Return the scores of all games that were finished, and decisions a second of one core."""
    env, rng = gymnasium.make("ALE/Riverraid-v5", frameskip=4, repeat_action_probability=0.25), np.random.default_rng(seed)
    frame, _ = env.reset(seed=seed)
    scores, score, begun = [], 0.0, time.process_time()
    for _ in range(DECISIONS):
        frame, reward, ended, cut, _ = env.step(policy(frame, rng))
        score += reward
        if ended or cut:
            scores.append(score)
            score = 0.0
            frame, _ = env.reset()
    return scores, DECISIONS / (time.process_time() - begun)


random, speed = games(at_random, 0)
steered, _ = games(steer, 1)
found = {
    "ale_py": version("ale_py"),
    "command": "sh findings/ale-river-raid-steering-hardly-pays.sh",
    "decisions_per_second": round(speed),
    "random": random,
    "steered": steered,
}
print(json.dumps(found))
assert np.mean(steered) < 2 * np.mean(random), "the behaviour has changed"
PY
