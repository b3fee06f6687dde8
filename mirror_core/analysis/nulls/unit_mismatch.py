"""Units paired with other units, whatever they respond to."""

from __future__ import annotations

import numpy as np

from mirror_core.analysis.nulls.base import SAME_CODE, Draws, Null, Request, register
from mirror_core.analysis.permutations import random_derangements
from mirror_core.analysis.validation import RecordingError


def unit_mismatch(asked: Request) -> Draws:
    """Pair every unit of one mode with a random other unit of the other mode.

    Each unit is compared with all pairs of different units: those that it is part of are too few for a p that
    passes a correction.
    """
    n_units = asked.x.shape[2]
    if n_units < 2:
        raise RecordingError(f"perform and observe have {n_units} unit: unit mismatch needs at least 2.")
    r = np.einsum("ntu,ntv->uv", asked.x, asked.y, optimize=True)
    partners = random_derangements(n_units, asked.n_draws, asked.rng)
    pairs = r[~np.eye(n_units, dtype=bool)]
    return Draws(np.diag(r).copy(), r[np.arange(n_units), partners], pairs[np.isfinite(pairs)])


register(
    Null(
        "unit-mismatch",
        SAME_CODE,
        keeps="the episodes, and how all units respond to them in each mode",
        breaks="which unit of one mode goes with which of the other",
        draw=unit_mismatch,
        arrangements=lambda size: 1 + size.units * (size.units - 1),
        of=lambda size: f"{size.units} units",
        draws_all=True,
    )
)
