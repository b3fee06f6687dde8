"""The paper's own null: rows paired at random."""

from __future__ import annotations

import numpy as np

from mirror_core.analysis.nulls.base import SAME_EVENTS, Draws, Null, Request, register
from mirror_core.analysis.permutations import n_orders


def row(asked: Request) -> Draws:
    """Pair every row of one mode with a random row of the other."""
    x, y = (a.reshape(-1, a.shape[-1]) for a in (asked.x, asked.y))
    orders, moved = (asked.rng.permutation(len(y)) for _ in range(asked.n_draws)), np.empty_like(y)
    null = np.empty((asked.n_draws, y.shape[1]), np.result_type(x, y))
    for one, order in zip(null, orders, strict=True):
        np.take(y, order, axis=0, out=moved, mode="clip")  # no new array each time, nor a copy of it
        np.einsum("ru,ru->u", x, moved, out=one)
    return Draws(asked.r, null)


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
