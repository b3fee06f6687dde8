"""Whole sequences paired at random."""

from __future__ import annotations

from mirror_core.analysis.nulls.base import SAME_EVENTS, Draws, Null, Request, register
from mirror_core.analysis.permutations import n_orders, random_permutations, repaired_products


def sequence(asked: Request) -> Draws:
    """Pair every sequence of one mode with a random sequence of the other."""
    repairings = random_permutations(len(asked.x), asked.n_draws, asked.rng)
    return Draws(asked.r, repaired_products(asked.x, asked.y, repairings))


register(
    Null(
        "sequence",
        SAME_EVENTS,
        keeps="the time course of every sequence in each mode, and what all sequences share at a timestep",
        breaks="which sequence of one mode goes with which of the other",
        draw=sequence,
        arrangements=lambda size: n_orders(size.sequences),
        of=lambda size: f"{size.sequences} sequences",
    )
)
