"""The paper's own null: rows paired at random."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from mirror_core.analysis.nulls.base import SAME_EVENTS, Draws, Null, Request, register
from mirror_core.analysis.permutations import n_orders

UNITS_AT_ONCE, PAIRS_AT_ONCE = 16, 2**18
"""Units whose rows stay in the processor's cache while they are paired, and pairs of rows drawn at a time."""
_WORTH = 5e8
"""Products from which on machine code saves more time than it takes to import Numba and to load or make the code."""


def row(asked: Request) -> Draws:
    """Pair every row of one mode with a random row of the other."""
    x, y = (a.reshape(-1, a.shape[-1]) for a in (asked.x, asked.y))
    sums = _paired_sums(asked.n_draws * x.size)
    width = math.ceil(x.shape[1] / math.ceil(x.shape[1] / UNITS_AT_ONCE))  # parts of about one size
    places = [slice(start, start + width) for start in range(0, x.shape[1], width)]
    parts = [(units, *(np.ascontiguousarray(a[:, units]) for a in (x, y))) for units in places]
    null, step = np.empty((asked.n_draws, y.shape[1])), max(1, PAIRS_AT_ONCE // len(y))
    for start in range(0, asked.n_draws, step):
        draws = null[start : start + step]
        orders = np.stack([asked.rng.permutation(len(y)) for _ in draws])
        for units, one, other in parts:
            sums(one, other, orders, draws[:, units])
    return Draws(asked.r, null)


def _paired_sums(n_products: float) -> Callable[..., None]:
    if n_products < _WORTH or importlib.util.find_spec("numba") is None:
        return paired_sums
    from mirror_core.analysis.nulls.row_compiled import paired_sums as compiled  # here, since Numba may be missing

    return compiled


def paired_sums(
    x: Float[np.ndarray, "row unit"],
    y: Float[np.ndarray, "row unit"],
    orders: Int[np.ndarray, "draw row"],
    out: Float[np.ndarray, "draw unit"],
) -> None:
    """Write Σ_row x[row]·y[order[row]] of each unit to `out`, for each order."""
    moved = np.empty_like(y)
    for one, order in zip(out, orders, strict=True):
        np.take(y, order, axis=0, out=moved, mode="clip")  # no new array each time, nor a copy of it
        np.einsum("ru,ru->u", x, moved, out=one)


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
