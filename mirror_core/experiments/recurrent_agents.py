"""A recurrent agent of six inputs: its weights, what it does, and how a slope of the loss goes back through its time.

Of its inputs exactly six are 1, so that the product of inputs and weights is a sum of six rows:

    h' = relu(W_in[seen] + b + h W),   logits and value = h' W_out + b_out

Matrix products are NumPy's, the rest is compiled. How agents learn is `recurrent_ppo`;
`tests/experiments/test_cooperation.py` has the same gradient by PyTorch.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from mirror_core.analysis.compiled import keep_compiled
from mirror_core.checks import OptionError, whole
from mirror_core.experiments.cooperation_world import N_INPUTS, SEEN

N_ACTIONS = 5
PARTS = ("w_in", "b", "w", "w_out", "b_out")
"""Weights of an agent: inputs × units, units, units × units, units × (actions + 1), actions + 1."""

Agent = dict[str, np.ndarray]
Pair = list[Agent]


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


compiled = partial(keep_compiled, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"})


@compiled
def _sum_rows(seen, w_in, b, out):
    """out (row, unit) = sum of the rows of w_in that are seen (row, 6), and b."""
    for i in range(len(seen)):
        r0, r1, r2 = w_in[seen[i, 0]], w_in[seen[i, 1]], w_in[seen[i, 2]]
        r3, r4, r5 = w_in[seen[i, 3]], w_in[seen[i, 4]], w_in[seen[i, 5]]
        for h in range(out.shape[1]):
            out[i, h] = b[h] + r0[h] + r1[h] + r2[h] + r3[h] + r4[h] + r5[h]


@compiled
def _add_rows(seen, slope, d_in):
    """Add slope (row, unit) to the rows of d_in that are seen (row, 6): the transpose of `_sum_rows`."""
    for i in range(len(seen)):
        for f in range(seen.shape[1]):
            row = d_in[seen[i, f]]
            for h in range(slope.shape[1]):
                row[h] += slope[i, h]


@compiled
def _relu_sum(hidden, recurrent):
    """hidden = relu(hidden + recurrent), both (row, unit)."""
    for i in range(hidden.shape[0]):
        for h in range(hidden.shape[1]):
            hidden[i, h] = max(hidden[i, h] + recurrent[i, h], np.float32(0))


@compiled
def _back_through(slope, carried, hidden):
    """slope = (slope + carried) where hidden > 0, else 0; all (row, unit)."""
    for i in range(slope.shape[0]):
        for h in range(slope.shape[1]):
            slope[i, h] = slope[i, h] + carried[i, h] if hidden[i, h] > 0 else np.float32(0)


@compiled
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


def through_time(agent: Agent, seen: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the hidden states (time + 1, row, unit) of an agent that sees this (time, row, 6); `first` is the one
    before (row, unit), and stands first."""
    n_steps, n_rows, n_units = *seen.shape[:2], first.shape[1]
    hidden = np.empty((n_steps + 1, n_rows, n_units), np.float32)
    hidden[0] = first
    _sum_rows(seen.reshape(-1, len(SEEN)), agent["w_in"], agent["b"], hidden[1:].reshape(-1, n_units))
    for t in range(n_steps):
        _relu_sum(hidden[t + 1], hidden[t] @ agent["w"])
    return hidden


def back_through_time(agent: Agent, seen: np.ndarray, hidden: np.ndarray, by_output: np.ndarray) -> Agent:
    """Return the gradient of the loss by the weights, from its slope at the outputs (time · row, actions + 1).

    Parameters
    ----------
    seen
        (time, row, 6).
    hidden
        What `through_time` returned for it.
    """
    n_steps, n_rows, n_units = *seen.shape[:2], hidden.shape[2]
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
        "w_out": hidden[1:].reshape(-1, n_units).T @ by_output,
        "b_out": by_output.sum(axis=0),
    }
