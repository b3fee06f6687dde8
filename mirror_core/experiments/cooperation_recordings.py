"""What a pair does and what its units do: episodes played, and the same moves once done and once shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirror_core.experiments.cooperation_world import DRINK, EPISODE, POKE, WAITS, ZEROS, Worlds
from mirror_core.experiments.recurrent_agents import N_ACTIONS, Agent, Pair, check_pair, choose, outputs_of, think

N_GROUPS, LEAST = 8, 4
"""For the mirror test, streams are joined to so many sequences; a move that one of them has less often than this is
left out, since trained agents hardly use some."""


@dataclass(frozen=True)
class Played:
    """What happened in some episodes, played to their end in step."""

    states: np.ndarray
    """(time, world, agent, 10), before each timestep; see `cooperation_world.ROW` and what follows."""
    seen: np.ndarray
    """(time, agent, world, 6)."""
    actions: np.ndarray
    """(time, agent, world)."""
    did: np.ndarray
    """(time, agent, world): the sum of `POKE` and `DRINK`."""
    together: np.ndarray
    """(time, world): 0, `COOPERATION` or `MISS`."""
    paid: np.ndarray
    """(time, agent, world): whether an agent was paid for a poke."""

    @property
    def distance(self) -> np.ndarray:
        """Steps from each agent to its poke cell (time, agent, world)."""
        return np.abs(self.seen[..., :2] - ZEROS[:2]).sum(axis=-1)


def play(
    pair: Pair, n: int, rng: np.random.Generator, *, alone: bool = False, sees_partner: bool = True, kept=(None, None)
) -> Played:
    """Let a pair play n episodes; `kept` (agent, unit) is 0 for units that are silenced, None for none."""
    check_pair(pair)
    worlds = Worlds(rng.integers(2**63, size=n), alone=alone, sees_partner=sees_partner)
    hidden = [np.zeros((n, len(agent["b"])), np.float32) for agent in pair]
    steps, log_p, actions = [], np.empty(n), np.empty((2, n), np.int64)
    for _ in range(EPISODE):
        before, uniform = (worlds.states.copy(), worlds.seen.copy()), rng.random((2, n))
        for k, agent in enumerate(pair):
            hidden[k] = think(agent, worlds.seen[k], hidden[k], kept[k])
            choose(outputs_of(agent, hidden[k]), uniform[k], actions[k], log_p)
        waited = before[0][:, :, WAITS].T > 0
        worlds.step(actions)
        poked = worlds.did % DRINK == POKE
        paid = poked & ~waited if alone else np.broadcast_to(worlds.paid, poked.shape)
        steps.append((*before, actions.copy(), worlds.did.copy(), worlds.together.copy(), paid.copy()))
    return Played(*map(np.array, zip(*steps, strict=True)))


def seen_with(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what an agent sees (…, 6) that is where it is in `own`, and whose partner does what is done in `other`."""
    seen = own.copy()
    seen[..., 4:] = other[..., :2] - ZEROS[:2] + ZEROS[4:]
    return seen


def activity(agent: Agent, seen: np.ndarray) -> np.ndarray:
    """Return the hidden states (sequence, time, unit) of an agent that sees this (time, sequence, 6)."""
    hidden, states = np.zeros((seen.shape[1], len(agent["b"])), np.float32), []
    for now in seen:
        hidden = think(agent, np.ascontiguousarray(now), hidden)
        states.append(hidden)
    return np.stack(states, axis=1)


@dataclass(frozen=True)
class Paired:
    """The same streams of moves, once done by an agent and once shown to it; see `paired`."""

    perform: np.ndarray
    observe: np.ndarray
    """Both (sequence, time, unit), means over what fills the other half of what it sees."""
    actions: np.ndarray
    """(sequence, time): the move just made."""
    unique: np.ndarray
    """(unit,): share of the variance that follows what is shown, whatever the agent itself does."""
    typical: np.ndarray
    """(unit, 2): mean and deviation of each unit's activity, by which units are matched."""


def paired(agent: Agent, seen: np.ndarray, actions: np.ndarray, n_fillings: int) -> Paired:
    """Record an agent while streams of moves are done by its own body, and while they are shown as its partner's.

    The other half of what it sees is that of other streams, rolled by as many sequences for each filling.

    Parameters
    ----------
    seen
        What the agent saw that made the moves (time, sequence, 6).
    actions
        Its moves (time, sequence).
    """
    n = seen.shape[1]
    others = [np.roll(seen, i * max(1, n // (n_fillings + 1)), axis=1) for i in range(1, n_fillings + 1)]
    perform = np.mean([activity(agent, seen_with(seen, other)) for other in others], axis=0)
    each = np.array([activity(agent, seen_with(other, seen)) for other in others], dtype=float)
    # variance among sequences at a timestep: what all have in common, such as settling in, follows nobody
    total = (each - each.mean(axis=(0, 1))).var(axis=(0, 1)).mean(axis=0)
    observe = each.mean(axis=0)
    luck = each.var(axis=0, ddof=1).mean(axis=(0, 1)) / n_fillings if n_fillings > 1 else 0.0
    follows = observe.var(axis=0).mean(axis=0) - luck
    unique = np.where(total > 1e-6, np.clip(follows / np.maximum(total, 1e-6), 0, 1), 0)
    typical = np.stack([each.mean(axis=(0, 1, 2)), each.std(axis=(0, 1, 2))], axis=1)
    return Paired(perform[:, 1:], observe[:, 1:], actions[:-1].T, unique, typical)


def balanced(found: Paired, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return both recordings and the actions, as many timesteps of every move; see `N_GROUPS`.

    With unequal ones a decoder that knows nothing names the frequent move, and is right more often than by chance. None
    if fewer than three moves are left: of two, any two tunings are the same or opposite.
    """
    n = len(found.actions) // N_GROUPS * N_GROUPS
    parts = [
        one[:n].reshape(N_GROUPS, -1, *one.shape[2:]) for one in (found.perform, found.observe, found.actions)
    ]  # fmt: skip
    counts = np.array([np.bincount(row, minlength=N_ACTIONS) for row in parts[2]])
    used = np.flatnonzero(counts.min(axis=0) >= LEAST)
    if len(used) < 3:
        return None
    each = counts[:, used].min()
    chosen = [
        rng.permutation(np.concatenate([rng.choice(np.flatnonzero(row == one), each, replace=False) for one in used]))
        for row in parts[2]
    ]
    perform, observe, actions = (
        np.stack([row[rows] for row, rows in zip(part, chosen, strict=True)]) for part in parts
    )  # fmt: skip
    return perform, observe, actions
