"""What silencing the units that are most alike in both modes costs, beyond what silencing matched ones costs.

Units are held at their mean activity in a mode after every timestep, those of largest r (the paper's, over all episodes
and timesteps) and sets of any units with as many of each level of variance. Both modes lose what they do by themselves:
performing its prediction of sensations, observing its naming of actions. With separate cores, a set is silenced in the
core of each mode.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from mirror_core.analysis import split_half, top_units, unit_correlation
from mirror_core.arrays import MODES
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head
from mirror_core.networks.silencing import silenced_states
from mirror_core.seeding import stream
from mirror_core.studies.measures.lesions import matched_units, variance_cells
from mirror_core.worlds.episodes import Episodes

LESIONED, N_SETS = 1 / 3, 10
"""Share of the units that are silenced, and sets of matched ones that this is compared with."""

Units = Int[np.ndarray, " _"]
States = Float[np.ndarray, "sequence time unit"]


def lesion_sets(perform: States, observe: States, rng: np.random.Generator) -> list[Units]:
    """Return which units to silence: none, those of largest r, and `N_SETS` sets that match these in variance."""
    r = unit_correlation(perform, observe)
    top = top_units(r, max(1, round(LESIONED * len(r))))
    variance = np.stack([states.var(axis=(0, 1), dtype=float) for states in (perform, observe)])
    return [np.zeros(0, int), top, *matched_sets(top, variance, rng)]


def matched_sets(
    top: Units, variance: Float[np.ndarray, "mode unit"], rng: np.random.Generator, n_sets: int = N_SETS
) -> list[Units]:
    """Return sets of any units that have as many of each level of variance as some units have."""
    cells = variance_cells(variance)
    return [matched_units(cells, top, rng) for _ in range(n_sets)]


def held_at(
    mean: Float[np.ndarray, " unit"], sets: Sequence[Units]
) -> tuple[Float[Tensor, "lesion unit"], Float[Tensor, "lesion unit"]]:
    """Return which units of each lesion stay, and at which level the others are held, as `silenced_states` asks."""
    keep = torch.ones(len(sets), len(mean))
    for row, units in zip(keep, sets, strict=True):
        row[torch.as_tensor(units, dtype=torch.long)] = 0
    return keep, (1 - keep) * torch.from_numpy(mean.astype(np.float32))


def lesioned(
    network: MirrorNetwork,
    mode: str,
    drive: Float[Tensor, "sequence time input"],
    sets: list[Units],
    mean: Float[np.ndarray, " unit"],
) -> Float[Tensor, "lesion sequence time unit"]:
    """Return a mode's states without each set of units, which are held at their mean."""
    with torch.no_grad():
        return silenced_states(network.cores[network.core_of(mode)], drive, *held_at(mean, sets))


def cost(loss: Float[np.ndarray, " lesion"]) -> dict[str, float]:
    """Return what lesions cost: `top`, `matched` (mean over sets), and `excess`, the first minus the second.

    Parameters
    ----------
    loss
        Under every lesion of `lesion_sets`; larger is worse.
    """
    added = loss - loss[0]
    found = {"top": float(added[1]), "matched": float(added[2:].mean())}
    return found | {"excess": found["top"] - found["matched"]}


def task_costs(
    network: MirrorNetwork, perform: States, observe: States, episodes: Episodes, seed: int, name: str
) -> dict[str, dict[str, float]]:
    """Return what lesions cost a network's own tasks; see `cost`.

    Parameters
    ----------
    perform, observe
        The intact network's states in the episodes. Units are chosen on one half of these, losses are the other half's.
    seed
        Of the network; with `name`, of the experiment and condition, decides the halves and the matched sets.

    Returns
    -------
    dict
        `named`: of the share of actions that observing names; `error`: of the mean squared error of the sensations that
        performing predicts.
    """
    rng = stream(seed, f"{name}/lesions")
    choosing, testing = split_half(len(episodes), rng)
    sets = lesion_sets(perform[choosing], observe[choosing], rng)
    actions, sensations = (torch.from_numpy(one[testing]) for one in (episodes.actions, episodes.sensations))
    drives, said = {"perform": network.drive(actions, None), "observe": network.drive(None, sensations)}, {}
    for mode, states in zip(MODES, (perform, observe), strict=True):
        under = lesioned(network, mode, drives[mode], sets, states[choosing].mean(axis=(0, 1)))
        with torch.no_grad():
            said[mode] = own_head(network, mode)(under)
    wrong = (said["observe"].argmax(-1) != actions).double().mean((1, 2))
    error = (said["perform"] - sensations).square().double().mean((1, 2, 3))
    return {"named": cost(wrong.numpy()), "error": cost(error.numpy())}
