"""Two recurrent agents that learn to act by proximal policy optimisation (Schulman et al. 2017), written out by hand.

Each agent has its own network and shares nothing with the other. Of its inputs exactly six are 1, so that the product
of inputs and weights is a sum of six rows:

    h' = relu(W_in[seen] + b + h W),   logits and value = h' W_out + b_out

Agents play many worlds in step. Every 50 timesteps each is improved by what happened: generalised advantage
estimation, the clipped objective, a squared error of the value, a bonus for entropy; gradients go back through 10
timesteps, from the hidden state that the agent had there; Adam, with a rate that falls to zero. Matrix products are
NumPy's, the rest is compiled. `tests/experiments/test_cooperation.py` has the same gradient by PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from mirror_core.checks import OptionError, number, whole
from mirror_core.experiments.cooperation_world import DRINK, EPISODE, MISS, N_INPUTS, PAID, SEEN, Worlds
from mirror_core.runs.compiling import keep_compiled

N_ACTIONS = 5
PARTS = ("w_in", "b", "w", "w_out", "b_out")
"""Weights of an agent: inputs × units, units, units × units, units × (actions + 1), actions + 1."""

Agent = dict[str, np.ndarray]
Pair = list[Agent]


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


def new_pair(n_units: int, rng: np.random.Generator) -> Pair:
    """Return two untrained agents of `n_units` hidden units each."""
    whole("n_units", n_units, 1)

    def uniform(*shape: int) -> np.ndarray:
        return (rng.uniform(-1, 1, shape) / np.sqrt(n_units)).astype(np.float32)

    return [
        {
            "w_in": uniform(N_INPUTS, n_units),
            "b": uniform(n_units),
            "w": uniform(n_units, n_units),
            "w_out": np.float32(0.1) * uniform(n_units, N_ACTIONS + 1),
            "b_out": np.zeros(N_ACTIONS + 1, np.float32),
        }
        for _ in range(2)
    ]


def check_pair(pair: Pair) -> None:
    """Raise `OptionError` unless these are two agents whose weights fit together and to the world."""
    if len(pair) != 2:
        raise OptionError(f"{len(pair)} agents are not allowed: a pair has two.")
    for agent in pair:
        n = len(agent["b"]) if "b" in agent else 0
        wanted = dict(
            zip(PARTS, ((N_INPUTS, n), (n,), (n, n), (n, N_ACTIONS + 1), (N_ACTIONS + 1,)), strict=True)
        )  # fmt: skip
        for part, shape in wanted.items():
            found = agent[part].shape if part in agent else None
            if found != shape:
                raise OptionError(f"{part} of an agent has shape {found}: with {n} units it must be {shape}.")


_compiled = partial(keep_compiled, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"})


@_compiled
def _sum_rows(seen, w_in, b, out):
    """out (row, unit) = sum of the rows of w_in that are seen (row, 6), and b."""
    for i in range(len(seen)):
        r0, r1, r2 = w_in[seen[i, 0]], w_in[seen[i, 1]], w_in[seen[i, 2]]
        r3, r4, r5 = w_in[seen[i, 3]], w_in[seen[i, 4]], w_in[seen[i, 5]]
        for h in range(out.shape[1]):
            out[i, h] = b[h] + r0[h] + r1[h] + r2[h] + r3[h] + r4[h] + r5[h]


@_compiled
def _add_rows(seen, slope, d_in):
    """Add slope (row, unit) to the rows of d_in that are seen (row, 6): the transpose of `_sum_rows`."""
    for i in range(len(seen)):
        for f in range(seen.shape[1]):
            row = d_in[seen[i, f]]
            for h in range(slope.shape[1]):
                row[h] += slope[i, h]


@_compiled
def _relu_sum(hidden, recurrent):
    """hidden = relu(hidden + recurrent), both (row, unit)."""
    for i in range(hidden.shape[0]):
        for h in range(hidden.shape[1]):
            hidden[i, h] = max(hidden[i, h] + recurrent[i, h], np.float32(0))


@_compiled
def _back_through(slope, carried, hidden):
    """slope = (slope + carried) where hidden > 0, else 0; all (row, unit)."""
    for i in range(slope.shape[0]):
        for h in range(slope.shape[1]):
            slope[i, h] = slope[i, h] + carried[i, h] if hidden[i, h] > 0 else np.float32(0)


@_compiled
def choose(outputs, uniform, actions, log_p):
    """Draw an action from the logits of each row by a uniform random number, and note its log probability."""
    for i in range(len(outputs)):
        top = outputs[i, 0]
        for a in range(1, N_ACTIONS):
            top = max(top, outputs[i, a])
        total = 0.0
        for a in range(N_ACTIONS):
            total += np.exp(outputs[i, a] - top)
        aim, so_far, chosen = uniform[i] * total, 0.0, N_ACTIONS - 1
        for a in range(N_ACTIONS):
            so_far += np.exp(outputs[i, a] - top)
            if aim < so_far:
                chosen = a
                break
        actions[i] = chosen
        log_p[i] = outputs[i, chosen] - top - np.log(total)


@_compiled
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


@_compiled
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


def think(agent: Agent, seen: np.ndarray, hidden: np.ndarray, kept: np.ndarray | None = None) -> np.ndarray:
    """Return the next hidden state (row, unit) from what is seen (row, 6) and the last one; `kept` (unit,) is 0 for
    a silenced unit and 1 for any other."""
    now = np.empty_like(hidden)
    _sum_rows(seen, agent["w_in"], agent["b"], now)
    _relu_sum(now, hidden @ agent["w"])
    return now if kept is None else now * kept


def outputs_of(agent: Agent, hidden: np.ndarray) -> np.ndarray:
    """Return logits of the actions and, last, the value (row, actions + 1)."""
    return hidden @ agent["w_out"] + agent["b_out"]


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
    n_steps, n_rows, n_units = *seen.shape[:2], first.shape[1]
    hidden = np.empty((n_steps + 1, n_rows, n_units), np.float32)
    hidden[0] = first
    flat = hidden[1:].reshape(-1, n_units)
    _sum_rows(seen.reshape(-1, len(SEEN)), agent["w_in"], agent["b"], flat)
    for t in range(n_steps):
        _relu_sum(hidden[t + 1], hidden[t] @ agent["w"])
    outputs = outputs_of(agent, flat)
    scaled = (advantage.ravel() - advantage.mean()) / (advantage.std() + 1e-8)
    by_output = np.empty_like(outputs)
    _objective_gradient(
        outputs, actions.ravel(), log_p.ravel(), scaled, returned.ravel(), settings.clip, settings.entropy,
        settings.value, by_output,
    )  # fmt: skip
    slope = (by_output @ agent["w_out"].T).reshape(n_steps, n_rows, n_units)
    carried, transposed = np.zeros((n_rows, n_units), np.float32), np.ascontiguousarray(agent["w"].T)
    for t in range(n_steps - 1, -1, -1):
        _back_through(slope[t], carried, hidden[t + 1])
        if t:
            carried = slope[t] @ transposed
    slope = slope.reshape(-1, n_units)
    w_in = np.zeros_like(agent["w_in"])
    _add_rows(seen.reshape(-1, len(SEEN)), slope, w_in)
    return {
        "w_in": w_in,
        "b": slope.sum(axis=0),
        "w": hidden[:-1].reshape(-1, n_units).T @ slope,
        "w_out": flat.T @ by_output,
        "b_out": by_output.sum(axis=0),
    }


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
