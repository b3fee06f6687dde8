"""Many re-pairings of sequences at once.

A sum over re-paired sequences i → π(i) needs nothing but the table of all pairs: Σ_i table[i, π(i)]. Ten thousand
permutations are then one sparse product with that table instead of ten thousand passes over the recordings.
"""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

UNITS_AT_ONCE = 8
"""Units of a table in memory together: wide enough for a cache line, small enough for the cache."""


def random_permutations(n_items: int, n_draws: int, rng: np.random.Generator) -> Int[np.ndarray, "draw item"]:
    """Return independent uniform permutations, one a row."""
    return rng.permuted(np.tile(np.arange(n_items), (n_draws, 1)), axis=1)


def all_or_random_permutations(n_items: int, n_draws: int, rng: np.random.Generator) -> Int[np.ndarray, "draw item"]:
    """Return every permutation but the identity where there are at most `n_draws` of them, else random ones."""
    if math.factorial(min(n_items, 20)) - 1 <= n_draws:
        return np.array(list(permutations(range(n_items)))[1:])
    return random_permutations(n_items, n_draws, rng)


def random_derangements(n_items: int, n_draws: int, rng: np.random.Generator) -> Int[np.ndarray, "draw item"]:
    """Return permutations without a fixed point: items in a random circle, each mapped a random number of steps on."""
    circle = random_permutations(n_items, n_draws, rng)
    steps = rng.integers(1, n_items, size=(n_draws, 1))
    onwards = np.take_along_axis(circle, (np.arange(n_items) + steps) % n_items, axis=1)
    moved = np.empty_like(circle)
    np.put_along_axis(moved, circle, onwards, axis=1)
    return moved


def repaired_sums(
    table: Float[np.ndarray, "item item column"], repairings: Int[np.ndarray, "draw item"]
) -> Float[np.ndarray, "draw column"]:
    """Return Σ_i table[i, π(i)] for each permutation π.

    Examples
    --------
    >>> import numpy as np
    >>> repaired_sums(np.array([[[1.0], [2.0]], [[3.0], [4.0]]]), np.array([[0, 1], [1, 0]])).tolist()
    [[5.0], [5.0]]
    """
    n_draws, n_items = repairings.shape
    cells = (repairings + n_items * np.arange(n_items)).ravel()
    picks = sparse.csr_array(
        (np.ones(cells.size), cells, n_items * np.arange(n_draws + 1)), shape=(n_draws, n_items**2)
    )
    return picks @ table.reshape(n_items**2, -1)


def repaired_products(
    x: Float[np.ndarray, "sequence time unit"],
    y: Float[np.ndarray, "sequence time unit"],
    repairings: Int[np.ndarray, "draw sequence"],
) -> Float[np.ndarray, "draw unit"]:
    """Return Σ_i Σ_t x_i(t)·y_π(i)(t) of each unit, for each permutation π of the sequences of `y`."""
    parts = []
    for start in range(0, x.shape[2], UNITS_AT_ONCE):
        units = slice(start, start + UNITS_AT_ONCE)
        table = x[..., units].transpose(2, 0, 1).copy() @ y[..., units].transpose(2, 1, 0).copy()
        parts.append(repaired_sums(np.ascontiguousarray(np.moveaxis(table, 0, 2)), repairings))
    return np.concatenate(parts, axis=1)
