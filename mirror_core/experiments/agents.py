"""Recordings of anybody's agent, as `mirror analyse` reads them: the same moves once done and once shown.

An agent plays; then what it saw is put together anew. *Performing*, it sees itself where it was, and its partner doing
what partners of other episodes did; *observing*, it sees its partner do its own moves, and itself where it was in other
episodes. Its activations are averaged over several of these others, so that they follow the moves alone. An example is
in `mirror_core.experiments.cooperation_env`.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import xarray as xr

from mirror_core.arrays import DIMENSIONS
from mirror_core.checks import OptionError, one_of, whole
from mirror_core.runs.files import whole_file

EARLY = ("refuse", "pad")
"""What to do where an episode ends too early: an error, or NaN for the timesteps that are missing, and a warning."""
ENDINGS = (".npz", ".nc")


class Agent(Protocol):
    """What an agent has to be able to do, in many episodes in step."""

    def begin(self, n: int) -> None:
        """Begin n episodes: forget everything."""

    def act(self, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return an action for each of the observations (episode, …), and the activations (episode, unit) behind it."""


def record_agents(
    world: Any,
    agents: Mapping[str, Agent],
    path: str | Path | None = None,
    *,
    recorded: str | None = None,
    n_sequences: int = 64,
    n_steps: int = 60,
    n_fillings: int = 8,
    early: str = "refuse",
    seed: int = 42,
) -> xr.Dataset:
    """Record an agent while it makes its moves and while they are shown to it.

    Parameters
    ----------
    world
        A `ParallelEnv` of PettingZoo that has `seen_with(own, other)`: what an agent sees that is where it is in `own`,
        and whose partner does what is done in `other`, both being what an agent saw.
    agents
        Who acts, by the names of the world's agents.
    path
        Where to write it, by its ending as NPZ or NetCDF; nowhere if not given.
    recorded
        Which agent; by default the first.
    n_sequences, n_steps
        Episodes, and timesteps of each. The first one has no move before it and is left out of what is returned.
    n_fillings
        Other episodes over which activations are averaged; fewer than there are episodes.
    early
        What to do where an episode ends before; a name in `EARLY`.
    seed
        Of the first episode; the next ones follow.

    Returns
    -------
    xarray.Dataset
        `perform`, `observe` (sequence, time, unit) and `actions` (sequence, time): the move just made. Where an episode
        was padded, activations are NaN: `mirror analyse --drop-nan sequences` leaves these out and says so.

    Raises
    ------
    OptionError
        If the world, an agent or what one returns does not fit, or an episode ends early and may not be padded. No file
        is written then.
    """
    _check(world, agents, path, early)
    for name, value, least in (("n_sequences", n_sequences, 4), ("n_steps", n_steps, 2), ("seed", seed, 0)):
        whole(name, value, least)
    whole("n_fillings", n_fillings, 1, n_sequences - 1)
    recorded = world.possible_agents[0] if recorded is None else recorded
    one_of("recorded agent", recorded, world.possible_agents)
    seen, actions, lengths = _play(world, agents, recorded, n_sequences, n_steps, seed)
    if (short := np.flatnonzero(lengths < n_steps)).size:
        said = (
            f"{len(short)} of {n_sequences} episodes of {recorded} ended early, the first of them (seed "
            f"{seed + short[0]}) after {lengths[short[0]]} of {n_steps} timesteps"
        )
        if early == "refuse":
            raise OptionError(f"{said}: ask for at most {lengths.min()}, or pad them (early='pad').")
        warnings.warn(f"{said}: what is missing is padded with NaN.", stacklevel=2)
    sums = {"perform": 0.0, "observe": 0.0}
    for i in range(1, n_fillings + 1):
        others = np.roll(seen, i * max(1, n_sequences // (n_fillings + 1)), axis=1)
        for mode, pair in (("perform", (seen, others)), ("observe", (others, seen))):
            sums[mode] = sums[mode] + _watched(agents[recorded], recorded, world.seen_with(*pair)) / n_fillings
    missing = np.arange(1, n_steps) >= lengths[:, None]
    found = xr.Dataset(
        {mode: (DIMENSIONS, np.where(missing[..., None], np.nan, one[:, 1:])) for mode, one in sums.items()}
        | {"actions": (DIMENSIONS[:2], actions[:, :-1])},
        attrs={"agent": recorded, "seed": seed, "padded_sequences": len(short)},
    )
    if path is not None:
        with whole_file(Path(path)) as part:
            if Path(path).suffix == ".nc":
                part.write_bytes(bytes(found.to_netcdf(engine="h5netcdf")))
            else:
                with part.open("wb") as file:
                    np.savez_compressed(file, **{name: one.to_numpy() for name, one in found.data_vars.items()})
    return found


def _check(world: Any, agents: Mapping[str, Agent], path: str | Path | None, early: str) -> None:
    for needed in ("reset", "step", "possible_agents", "seen_with"):
        if not hasattr(world, needed):
            raise OptionError(
                f"a world of type {type(world).__name__} has no {needed}: it must be a ParallelEnv with it."
            )
    if set(agents) != set(world.possible_agents):
        raise OptionError(
            f"agents {', '.join(map(str, agents)) or '(none)'} are not allowed: the world has "
            f"{', '.join(world.possible_agents)}."
        )
    one_of("early", early, EARLY)
    if path is not None:
        one_of("ending of path", Path(path).suffix, ENDINGS)


def _play(world: Any, agents: Mapping[str, Agent], recorded: str, n: int, n_steps: int, seed: int) -> tuple:
    """Return what the recorded agent saw (time, episode, …), its actions (episode, time), and how long it was there.

    After its end, it sees what it saw last.
    """
    worlds = [copy.deepcopy(world) for _ in range(n)]
    now = [one.reset(seed=seed + i)[0] for i, one in enumerate(worlds)]
    for agent in agents.values():
        agent.begin(n)
    seen, actions, lengths = [], np.zeros((n, n_steps), int), np.full(n, n_steps)
    for t in range(n_steps):
        seen.append(np.stack([one[recorded] for one in now]))
        chosen = {}
        for name, agent in agents.items():
            chosen[name] = _answer(agent, name, np.stack([one[name] for one in now]))[0]
        actions[:, t] = chosen[recorded]
        for i, one in enumerate(worlds):
            if one.agents:
                then = one.step({name: chosen[name][i] for name in one.agents})[0]
                now[i] = now[i] | then
                if recorded not in one.agents:
                    lengths[i] = min(lengths[i], t + 1)
    return np.stack(seen), actions, lengths


def _watched(agent: Agent, name: str, observations: np.ndarray) -> np.ndarray:
    """Return the activations (episode, time, unit) of an agent that sees this (time, episode, …), and acts in vain."""
    agent.begin(observations.shape[1])
    return np.stack([_answer(agent, name, now)[1] for now in observations], axis=1)


def _answer(agent: Agent, name: str, observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what `act` does, checked."""
    n = len(observations)
    try:
        actions, units = agent.act(observations)
    except (TypeError, ValueError) as error:
        raise OptionError(f"agent {name} cannot act on observations of shape {observations.shape}: {error}.") from error
    actions, units = np.asarray(actions), np.asarray(units, dtype=float)
    if actions.shape != (n,) or actions.dtype.kind not in "iu":
        raise OptionError(
            f"agent {name} returns actions of shape {actions.shape} and type {actions.dtype}: it must be a whole "
            f"number for each of {n} episodes."
        )
    if units.ndim != 2 or len(units) != n or not np.isfinite(units).all():
        raise OptionError(
            f"agent {name} returns activations of shape {units.shape}: they must be finite numbers of shape "
            f"({n}, units)."
        )
    return actions, units
