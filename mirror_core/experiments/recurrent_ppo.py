"""How two recurrent agents learn to act: proximal policy optimisation (Schulman et al. 2017), written out by hand.

Each agent has its own network (`recurrent_agents`) and shares nothing with the other. They play many worlds in step.
Every 50 timesteps each is improved by what happened: generalised advantage estimation, the clipped objective, a squared
error of the value, a bonus for entropy; gradients go back through 10 timesteps, from the hidden state that the agent
had there; Adam, with a rate that falls to zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from mirror_core.checks import OptionError, number, whole
from mirror_core.experiments.cooperation_world import DRINK, EPISODE, MISS, PAID, SEEN, Worlds
from mirror_core.experiments.recurrent_agents import (
    N_ACTIONS,
    PARTS,
    Agent,
    Pair,
    back_through_time,
    check_pair,
    choose,
    compiled,
    outputs_of,
    think,
    through_time,
)


@dataclass(frozen=True)
class Settings:
    """How agents learn."""

    n_worlds: int = 256
    n_steps: int = 50
    """Timesteps between two improvements."""
    n_back: int = 10
    """Timesteps that a gradient goes back; divides `n_steps`."""
    n_epochs: int = 2
    """How often everything that happened is used."""
    n_batches: int = 4
    """Parts of it, one step of Adam each."""
    discount: float = 0.97
    trace: float = 0.95
    """λ of generalised advantage estimation."""
    clip: float = 0.2
    entropy: float = 0.01
    value: float = 0.5
    """Weight of the value's error."""
    norm: float = 0.5
    """Largest norm of a gradient."""

    def __post_init__(self) -> None:
        for name in ("n_worlds", "n_steps", "n_back", "n_epochs", "n_batches"):
            whole(name, getattr(self, name), 1)
        if self.n_steps % self.n_back:
            raise OptionError(f"n_back = {self.n_back} is not allowed: it must divide n_steps = {self.n_steps}.")
        number("discount", self.discount, 0, 1)


@compiled
def _objective_gradient(outputs, actions, log_p, advantage, returned, clip, entropy, value, slope):
    """Gradient of the loss by the outputs (row, actions + 1): clipped objective, entropy, error of the value."""
    n, p = len(outputs), np.empty(N_ACTIONS)
    for i in range(n):
        top = outputs[i, 0]
        for a in range(1, N_ACTIONS):
            top = max(top, outputs[i, a])
        total, spread = 0.0, 0.0
        for a in range(N_ACTIONS):
            p[a] = np.exp(outputs[i, a] - top)
            total += p[a]
        for a in range(N_ACTIONS):
            p[a] /= total
            spread -= p[a] * np.log(p[a] + 1e-12)
        done = actions[i]
        ratio = np.exp(np.log(p[done] + 1e-12) - log_p[i])
        stopped = (advantage[i] > 0 and ratio > 1 + clip) or (advantage[i] < 0 and ratio < 1 - clip)
        push = 0.0 if stopped else -advantage[i] * ratio
        for a in range(N_ACTIONS):
            own = 1.0 if a == done else 0.0
            slope[i, a] = (push * (own - p[a]) + entropy * p[a] * (np.log(p[a] + 1e-12) + spread)) / n
        slope[i, N_ACTIONS] = value * (outputs[i, N_ACTIONS] - returned[i]) / n


@compiled
def _advantages(rewards, values, over, discount, trace, advantage):
    """Generalised advantage estimation: rewards, over, advantage (time, world), values (time + 1, world)."""
    n_steps, n_worlds = rewards.shape
    for n in range(n_worlds):
        last = 0.0
        for t in range(n_steps - 1, -1, -1):
            goes_on = 0.0 if over[t, n] else 1.0
            error = rewards[t, n] + discount * values[t + 1, n] * goes_on - values[t, n]
            last = error + discount * trace * goes_on * last
            advantage[t, n] = last


def gradient(
    agent: Agent, seen: np.ndarray, first: np.ndarray, actions: np.ndarray, log_p: np.ndarray, advantage: np.ndarray,
    returned: np.ndarray, settings: Settings,
) -> Agent:  # fmt: skip
    """Return the gradient of the loss by the weights.

    Parameters
    ----------
    seen
        (time, row, 6).
    first
        Hidden state before the first timestep (row, unit).
    actions, log_p, advantage, returned
        (time, row): what was done, how probable it was then, how much better it was than expected, and what the value
        should have been. The advantage is standardised here.
    """
    hidden = through_time(agent, seen, first)
    outputs = outputs_of(agent, hidden[1:].reshape(-1, hidden.shape[2]))
    scaled = (advantage.ravel() - advantage.mean()) / (advantage.std() + 1e-8)
    by_output = np.empty_like(outputs)
    _objective_gradient(
        outputs, actions.ravel(), log_p.ravel(), scaled, returned.ravel(), settings.clip, settings.entropy,
        settings.value, by_output,
    )  # fmt: skip
    return back_through_time(agent, seen, hidden, by_output)


class _Adam:
    """Adam for the weights of one agent, changed in place."""

    def __init__(self, agent: Agent) -> None:
        self.agent, self.n = agent, 0
        self.moments = {part: (np.zeros_like(agent[part]), np.zeros_like(agent[part])) for part in PARTS}

    def step(self, slopes: Agent, rate: float, largest: float) -> None:
        self.n += 1
        norm = np.sqrt(sum(float((slope * slope).sum()) for slope in slopes.values()))
        shrunk = np.float32(min(1.0, largest / (norm + 1e-8)))
        for part, slope in slopes.items():
            slope = slope * shrunk
            mean, square = self.moments[part]
            mean += np.float32(0.1) * (slope - mean)
            square += np.float32(0.001) * (slope * slope - square)
            scale = np.sqrt(square / np.float32(1 - 0.999**self.n)) + np.float32(1e-5)
            self.agent[part] -= np.float32(rate / (1 - 0.9**self.n)) * mean / scale


def train(
    pair: Pair, n_steps: int, rate: float, rng: np.random.Generator, *, alone: bool = False, sees_partner: bool = True,
    settings: Settings | None = None,
) -> list[dict[str, float]]:  # fmt: skip
    """Let a pair learn, in place.

    Parameters
    ----------
    n_steps
        Timesteps, those of all worlds together; what does not fill a round of all worlds is left out.
    rate
        Of Adam at the start; it falls linearly to zero.
    rng
        Decides the worlds, the actions and the order of what is learned from.
    alone, sees_partner
        See `mirror_core.experiments.cooperation_world.Worlds`.

    Returns
    -------
    list of dict
        For each improvement: `steps` so far, and of an episode an agent's `paid` pokes, `misses` of both, and an
        agent's `reward`.

    Raises
    ------
    OptionError
        If the agents do not fit the world, or there are fewer timesteps than a round has.
    """
    check_pair(pair)
    settings = Settings() if settings is None else settings
    n_worlds, length, n_back = settings.n_worlds, settings.n_steps, settings.n_back
    whole("n_steps of training", n_steps, n_worlds * length)
    n_units, n_cuts, n_rounds = len(pair[0]["b"]), length // n_back, n_steps // (n_worlds * length)
    worlds = Worlds(
        rng.integers(2**63, size=n_worlds), alone=alone, sees_partner=sees_partner,
        clocks=rng.integers(EPISODE, size=n_worlds),
    )  # fmt: skip
    adam = [_Adam(agent) for agent in pair]
    hidden = np.zeros((2, n_worlds, n_units), np.float32)
    seen = np.empty((2, length, n_worlds, len(SEEN)), np.int64)
    actions = np.empty((2, length, n_worlds), np.int64)
    log_p, rewards, advantage = (np.empty((2, length, n_worlds)) for _ in range(3))
    values = np.empty((2, length + 1, n_worlds))
    over = np.empty((length, n_worlds), bool)
    first = np.empty((2, n_cuts, n_worlds, n_units), np.float32)
    curve = []
    with threadpool_limits(1):
        for at in range(n_rounds):
            counts = np.zeros(3)
            for t in range(length):
                seen[:, t] = worlds.seen
                uniform = rng.random((2, n_worlds))
                for k, agent in enumerate(pair):
                    if t % n_back == 0:
                        first[k, t // n_back] = hidden[k]
                    hidden[k] = think(agent, worlds.seen[k], hidden[k])
                    outputs = outputs_of(agent, hidden[k])
                    choose(outputs, uniform[k], actions[k, t], log_p[k, t])
                    values[k, t] = outputs[:, N_ACTIONS]
                worlds.step(actions[:, t])
                over[t] = worlds.over
                # an episode's end is no loss: what would have come is what the agent expected
                rewards[:, t] = worlds.rewards + settings.discount * values[:, t] * worlds.over
                hidden[:, worlds.over] = 0
                paid = (worlds.rewards == PAID) & (worlds.did < DRINK)
                counts += paid.sum() / 2, (worlds.together == MISS).sum(), worlds.rewards.sum() / 2
            for k, agent in enumerate(pair):
                values[k, length] = outputs_of(agent, think(agent, worlds.seen[k], hidden[k]))[:, N_ACTIONS]
                _advantages(rewards[k], values[k], over, settings.discount, settings.trace, advantage[k])
                cuts = [
                    np.ascontiguousarray(one.reshape(n_cuts, n_back, n_worlds, *one.shape[2:]).swapaxes(0, 1)).reshape(
                        n_back, n_cuts * n_worlds, *one.shape[2:]
                    )
                    for one in (seen[k], actions[k], log_p[k], advantage[k], advantage[k] + values[k, :length])
                ]
                begun = first[k].reshape(n_cuts * n_worlds, n_units)
                for _ in range(settings.n_epochs):
                    for rows in np.array_split(rng.permutation(len(begun)), settings.n_batches):
                        saw, did, before, gain, wanted = (one[:, rows] for one in cuts)
                        slopes = gradient(agent, saw, begun[rows], did, before, gain, wanted, settings)
                        adam[k].step(slopes, rate * (1 - at / n_rounds), settings.norm)
            done = (at + 1) * n_worlds * length
            each = counts * EPISODE / (n_worlds * length)
            curve.append(dict(zip(("steps", "paid", "misses", "reward"), (done, *each.tolist()), strict=True)))
    return curve
