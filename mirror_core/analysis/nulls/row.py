"""The paper's own null: rows paired at random."""

from __future__ import annotations

import numpy as np

from mirror_core.analysis.nulls.base import SAME_EVENTS, Draws, Null, Request, register
from mirror_core.analysis.permutations import n_orders


def row(asked: Request) -> Draws:
    """Pair every row of one mode with a random row of the other."""
    x, y = (a.reshape(-1, a.shape[-1]) for a in (asked.x, asked.y))
    orders = (asked.rng.permutation(len(y)) for _ in range(asked.n_draws))
    return Draws(asked.r, np.stack([np.einsum("ru,ru->u", x, y[order]) for order in asked.bar(orders, "row null")]))


register(
    Null(
        "row",
        SAME_EVENTS,
        keeps="every activation of every unit",
        breaks="which rows go together across modes, the order of timesteps and which rows are one sequence",
        draw=row,
        arrangements=lambda size: n_orders(size.sequences * size.timesteps),
        of=lambda size: "",
        centred=False,
    )
)
