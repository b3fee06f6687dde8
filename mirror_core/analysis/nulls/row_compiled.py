"""The sums of the row null in machine code: the same additions in the same order as NumPy's, to the last bit."""

import numpy as np

from mirror_core.analysis.compiled import keep_compiled


@keep_compiled
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
