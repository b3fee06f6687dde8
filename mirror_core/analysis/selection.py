"""Which episodes choose units, which show them, and which units are the most extreme."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import OptionError, whole


def split_half(
    n_sequences: int, rng: np.random.Generator, conditions: ArrayLike | None = None
) -> tuple[Int[np.ndarray, " first"], Int[np.ndarray, " second"]]:
    """Return two disjoint random halves of the sequences, as sorted indices; the second has the odd one.

    Units chosen on one half are shown and tested on the other: on the same episodes the largest r is inflated by
    having been chosen.

    Parameters
    ----------
    n_sequences
        At least two.
    rng
        Source of the halves.
    conditions
        The condition of each sequence, such as its action or its block, any labels. Both halves then get the same
        number of each, up to one; without, a rare condition may lie in one half only.

    Raises
    ------
    OptionError
        For fewer than two sequences.
    RecordingError
        If there is not one condition for each sequence.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = split_half(5, np.random.default_rng(0))
    >>> len(first), len(second), sorted([*first.tolist(), *second.tolist()])
    (2, 3, [0, 1, 2, 3, 4])
    >>> first, second = split_half(4, np.random.default_rng(0), ["left", "left", "right", "right"])
    >>> int(sum(first < 2)), int(sum(second < 2))
    (1, 1)
    """
    whole("n_sequences", n_sequences, 2)
    order = rng.permutation(n_sequences)
    if conditions is None:
        return np.sort(order[: n_sequences // 2]), np.sort(order[n_sequences // 2 :])
    conditions = np.asarray(conditions)
    if conditions.shape != (n_sequences,):
        raise RecordingError(
            f"conditions have shape {conditions.shape}: there must be one for each of the {n_sequences} sequences."
        )
    _, label = np.unique(conditions, return_inverse=True)
    dealt = order[np.argsort(label[order], kind="stable")]  # one condition after the other, in turns to each half
    return np.sort(dealt[1::2]), np.sort(dealt[::2])


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
