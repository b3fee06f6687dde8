"""Many re-pairings of sequences at once.

A sum over re-paired sequences i → π(i) needs nothing but the table of all pairs: Σ_i table[i, π(i)]. Ten thousand
permutations are then one sparse product with that table instead of ten thousand passes over the recordings.
"""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
from jaxtyping import Float, Int, Shaped
from scipy import sparse

UNITS_AT_ONCE = 8
"""Units of a table in memory together: wide enough for a cache line, small enough for the cache."""

TABLE_BYTES = 2**28
"""What a table of pairs may take: one of many sequences with each other is made some rows at a time."""


def n_orders(n_items: int) -> int:
    """Return in how many orders items can stand; of more than 20, as of 20: as many draws are never made."""
    return math.factorial(min(n_items, 20))


def random_permutations(n_items: int, n_draws: int, rng: np.random.Generator) -> Int[np.ndarray, "draw item"]:
    """Return independent uniform permutations, one a row."""
    return rng.permuted(np.tile(np.arange(n_items), (n_draws, 1)), axis=1)


def all_or_random_permutations(n_items: int, n_draws: int, rng: np.random.Generator) -> Int[np.ndarray, "draw item"]:
    """Return every permutation but the identity where there are at most `n_draws` of them, else random ones."""
    if n_orders(n_items) - 1 <= n_draws:
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


def units_alike(
    strength: Float[np.ndarray, " unit"], n_alike: int, groups: Shaped[np.ndarray, " unit"] | None = None
) -> list[Int[np.ndarray, " _"]]:
    """Return the units in parts of `n_alike` or a few more that are neighbours in strength, each of one group.

    Parameters
    ----------
    groups
        A label for each unit, such as its animal; None: all are of one.

    Examples
    --------
    >>> [part.tolist() for part in units_alike(np.array([3.0, 0.0, 1.0, 2.0]), 2)]
    [[1, 2], [3, 0]]
    """
    order = np.argsort(strength, kind="stable")
    own = [order] if groups is None else [order[groups[order] == name] for name in np.unique(groups)]
    return [part for units in own for part in np.array_split(units, max(1, len(units) // n_alike))]


def exchanges_of_alike(
    strength: Float[np.ndarray, " unit"], n_alike: int, n_draws: int, rng: np.random.Generator
) -> Int[np.ndarray, "draw unit"]:
    """Return permutations of the units within each part of `units_alike`."""
    exchanged = np.empty((n_draws, len(strength)), dtype=int)
    for part in units_alike(strength, n_alike):
        exchanged[:, part] = part[random_permutations(len(part), n_draws, rng)]
    return exchanged


def rows_at_once(n_items: int, n_columns: int) -> list[slice]:
    """Return the rows of a table (item, item, column) of numbers in parts of at most `TABLE_BYTES`, of a row at least.

    Examples
    --------
    >>> rows_at_once(200, 8)
    [slice(0, 200, None)]
    """
    step = max(1, TABLE_BYTES // (8 * n_items * n_columns))
    return [slice(start, min(start + step, n_items)) for start in range(0, n_items, step)]


def repaired_sums(
    table: Float[np.ndarray, "item other column"], repairings: Int[np.ndarray, "draw item"]
) -> Float[np.ndarray, "draw column"]:
    """Return Σ_i table[i, π(i)] for each permutation π; of some rows of a table, their part of the sums.

    Permutations go through in parts that take at most `TABLE_BYTES`.

    Examples
    --------
    >>> import numpy as np
    >>> repaired_sums(np.array([[[1.0], [2.0]], [[3.0], [4.0]]]), np.array([[0, 1], [1, 0]])).tolist()
    [[5.0], [5.0]]
    """
    n_draws, n_items = repairings.shape
    n_cells = n_items * table.shape[1]
    sums, step = [], max(1, TABLE_BYTES // (8 * n_items))
    for start in range(0, n_draws, step):
        some = repairings[start : start + step]
        cells = (some + table.shape[1] * np.arange(n_items)).ravel()
        ends = n_items * np.arange(len(some) + 1)
        sums.append(
            sparse.csr_array((np.ones(cells.size), cells, ends), (len(some), n_cells)) @ table.reshape(n_cells, -1)
        )
    return np.concatenate(sums)


def repaired_products(
    x: Float[np.ndarray, "sequence time unit"],
    y: Float[np.ndarray, "sequence time unit"],
    repairings: Int[np.ndarray, "draw sequence"],
) -> Float[np.ndarray, "draw unit"]:
    """Return Σ_i Σ_t x_i(t)·y_π(i)(t) of each unit, for each permutation π of the sequences of `y`."""
    parts = []
    for start in range(0, x.shape[2], UNITS_AT_ONCE):
        units = slice(start, start + UNITS_AT_ONCE)
        one, other = x[..., units].transpose(2, 0, 1).copy(), y[..., units].transpose(2, 1, 0).copy()
        sums = 0.0
        for rows in rows_at_once(len(x), len(one)):
            table = np.moveaxis(one[:, rows] @ other, 0, 2)
            sums = sums + repaired_sums(np.ascontiguousarray(table), repairings[:, rows])
        parts.append(sums)
    return np.concatenate(parts, axis=1)
