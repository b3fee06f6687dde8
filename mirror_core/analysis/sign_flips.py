"""Do a few animals, sessions or networks agree on a sign? Flips of the signs of their values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from jaxtyping import Float

from mirror_core.analysis.significance import TIE
from mirror_core.analysis.validation import RecordingError

FLIPPED_IN_ALL_WAYS = 16
"""Values up to which all flips of their signs are gone through; of more, as many at random."""


def sign_flip_p(values: Sequence[float] | Float[np.ndarray, " sample"]) -> float:
    """Return one-sided p of a mean above zero: the share of flips of the values' signs that give as large a mean.

    Exact for values that are symmetric around zero where there is nothing (Fisher 1935): of n values p is at least
    2⁻ⁿ. Up to `FLIPPED_IN_ALL_WAYS` values it comes from all flips, of more from random ones, the same each time.

    Parameters
    ----------
    values
        One a network, an animal or a session.

    Raises
    ------
    RecordingError
        With fewer than two values, or any that is not finite.

    Examples
    --------
    >>> sign_flip_p([0.1, 0.3, 0.2]), sign_flip_p([0.1, 0.3, -0.2])
    (0.125, 0.375)
    """
    values = np.asarray(values, float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise RecordingError(f"values are {values.tolist()}: they must be at least two finite numbers.")
    if len(values) <= FLIPPED_IN_ALL_WAYS:
        signs = np.array(list(product((1, -1), repeat=len(values))))
    else:
        signs = np.random.default_rng(0).choice((1, -1), size=(2**FLIPPED_IN_ALL_WAYS, len(values)))
        signs[0] = 1
    sums = signs @ values
    return float(np.mean(sums >= sums[0] - TIE))
