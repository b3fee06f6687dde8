"""The sums of the row null in machine code: the same additions in the same order as NumPy's, to the last bit."""

from collections.abc import Callable

import numba
import numpy as np


def _compiled(function: Callable) -> Callable:
    try:
        return numba.njit(cache=True)(function)
    except RuntimeError:  # no folder in which to keep it can be written
        return numba.njit(function)


@_compiled
def paired_sums(x, y, orders, out):
    """Write Σ_row x[row]·y[order[row]] of each unit to `out` (draw, unit), for each of `orders` (draw, row)."""
    for draw in range(len(orders)):
        order = orders[draw]
        sums = np.zeros(x.shape[1])
        for row in range(len(x)):
            one, other = x[row], y[order[row]]
            for unit in range(len(sums)):
                sums[unit] += one[unit] * other[unit]
        out[draw] = sums
