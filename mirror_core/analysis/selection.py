"""Which episodes choose units, which show them, and which units are the most extreme."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from mirror_core.checks import OptionError, whole


def split_half(
    n_sequences: int, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " first"], Int[np.ndarray, " second"]]:
    """Return two disjoint random halves of the sequences, as sorted indices; the second has the odd one.

    Units chosen on one half are shown and tested on the other: on the same episodes the largest r is inflated by
    having been chosen.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = split_half(5, np.random.default_rng(0))
    >>> len(first), len(second), sorted([*first.tolist(), *second.tolist()])
    (2, 3, [0, 1, 2, 3, 4])
    """
    whole("n_sequences", n_sequences, 2)
    order = rng.permutation(n_sequences)
    return np.sort(order[: n_sequences // 2]), np.sort(order[n_sequences // 2 :])


def top_units(r: Float[np.ndarray, " unit"], n: int, sign: int = 1) -> Int[np.ndarray, " top"]:
    """Return the units with the largest r (`sign` 1) or the smallest (−1), the most extreme first.

    At most `n`; fewer where fewer units have a defined r, since one without it is never chosen.

    Raises
    ------
    OptionError
        If `n` is not a positive whole number or `sign` neither 1 nor −1.

    Examples
    --------
    >>> import numpy as np
    >>> top_units(np.array([0.1, 0.9, np.nan, 0.5]), 2).tolist()
    [1, 3]
    """
    whole("n", n, 1)
    if sign not in (1, -1):
        raise OptionError(f"sign = {sign!r} is not allowed: it must be 1 (largest r) or -1 (smallest).")
    order = np.argsort(-sign * r, kind="stable")
    return order[np.isfinite(r[order])][:n]
