"""Actions renamed in one mode."""

from __future__ import annotations

import numpy as np

from mirror_core.analysis.nulls.base import SAME_CODE, Draws, Null, Request, register
from mirror_core.analysis.permutations import all_or_random_permutations, n_orders, repaired_sums
from mirror_core.analysis.tuning import action_means, tuning_length


def action_relabelling(asked: Request) -> Draws:
    """Pair the mean response to every action of one mode with that to a random action of the other.

    The value is the correlation of a unit's mean responses over actions.
    """
    tunings = (
        tuning_length(action_means(activity, asked.actions, centre_timesteps=asked.centre_timesteps))
        for activity in (asked.perform, asked.observe)
    )
    table = np.einsum("au,bu->abu", *tunings)
    relabellings = all_or_random_permutations(len(table), asked.n_draws, asked.rng)
    return Draws(np.einsum("aau->u", table), repaired_sums(table, relabellings))


register(
    Null(
        "action-relabelling",
        SAME_CODE,
        keeps="how strongly each unit distinguishes the actions in each mode",
        breaks="which action of one mode goes with which of the other",
        draw=action_relabelling,
        arrangements=lambda size: n_orders(size.actions),
        of=lambda size: f"{size.actions} actions",
        needs=("actions",),
    )
)
