"""How alike each unit responds when performing and when observing: Pearson r, and the share of units beyond a bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.analysis.validation import checked_pair
from mirror_core.checks import number


def unit_correlation(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    *,
    centre_timesteps: bool = False,
) -> Float[np.ndarray, " unit"]:
    """Return Pearson r of each unit between performing and observing the same episodes.

    A row is one timestep of one sequence, paired across the modes (the paper, *Methods: evaluation*).

    Parameters
    ----------
    perform, observe
        Activations in the two modes, any unit of measurement.
    centre_timesteps
        Remove each timestep's mean over sequences first, and with it what all sequences have in common, such as
        a transient after the initial state.

    Returns
    -------
    numpy.ndarray
        r in [−1, 1]; NaN for a unit that is constant in a mode, where r is not defined.

    Raises
    ------
    RecordingError
        See `mirror_core.analysis.validation.checked_pair`.

    Examples
    --------
    >>> import numpy as np
    >>> perform = np.random.default_rng(0).standard_normal((50, 4, 2))
    >>> unit_correlation(perform, perform * [1, -2]).round(2)
    array([ 1., -1.])
    """
    perform, observe = checked_pair(perform, observe)
    x, y = unit_length(perform, centre_timesteps), unit_length(observe, centre_timesteps)
    return np.clip(np.einsum("ntu,ntu->u", x, y), -1, 1)


def unit_by_unit(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time other"],
    centre_timesteps: bool = False,
) -> Float[np.ndarray, "unit other"]:
    """Return r of every unit of one recording with every unit of another; NaN where a unit is constant."""
    x, y = unit_length(perform, centre_timesteps), unit_length(observe, centre_timesteps)
    return np.einsum("ntu,ntv->uv", x, y, optimize=True)


def centred(
    activity: Float[np.ndarray, "sequence time unit"], centre_timesteps: bool = False
) -> Float[np.ndarray, "sequence time unit"]:
    """Return activations minus each unit's mean, over all rows or at each timestep, in double precision."""
    activity = activity.astype(float)
    return activity - activity.mean(axis=0 if centre_timesteps else (0, 1))


def unit_length(
    activity: Float[np.ndarray, "sequence time unit"], centre_timesteps: bool = False
) -> Float[np.ndarray, "sequence time unit"]:
    """Return centred activations scaled so that each unit's squares sum to one: r is then a sum of products.

    A unit whose values differ by no more than their rounding is constant, and NaN throughout.
    """
    rows = 0 if centre_timesteps else (0, 1)
    rounding = 8 * np.finfo(activity.dtype).eps * np.abs(activity).max(axis=(0, 1))
    constant = np.atleast_2d(np.ptp(activity, axis=rows) <= rounding).all(axis=0)
    deviation = centred(activity, centre_timesteps)
    length = np.sqrt(np.einsum("ntu,ntu->u", deviation, deviation))
    return deviation / np.where(constant, np.nan, length)


@dataclass(frozen=True)
class Shares:
    """The paper's headline numbers for one network, over the units whose r is defined."""

    strong: float
    """Share of units with r above the strong threshold."""
    moderate: float
    """Share of units with |r| above the moderate threshold."""
    largest: float
    """Largest r."""
    smallest: float
    """Smallest r."""
    n_units: int
    """Number of units, excluded ones among them."""
    n_excluded: int
    """Number of units left out because r is not defined (constant in a mode)."""


def shares(r: Float[np.ndarray, " unit"], strong: float = 0.75, moderate: float = 0.6) -> Shares:
    """Return the shares of units with r > `strong` and |r| > `moderate`, and the extreme r.

    Every number but the counts is NaN where no unit has a defined r.

    Raises
    ------
    OptionError
        If a threshold is outside [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> found = shares(np.array([0.9, 0.7, -0.8, 0.1]))
    >>> found.strong, found.moderate, found.smallest
    (0.25, 0.75, -0.8)
    """
    number("strong", strong, 0, 1)
    number("moderate", moderate, 0, 1)
    defined = r[np.isfinite(r)]
    counts = {"n_units": len(r), "n_excluded": len(r) - len(defined)}
    if len(defined) == 0:
        return Shares(np.nan, np.nan, np.nan, np.nan, **counts)
    return Shares(
        strong=float(np.mean(defined > strong)),
        moderate=float(np.mean(np.abs(defined) > moderate)),
        largest=float(defined.max()),
        smallest=float(defined.min()),
        **counts,
    )


def shares_over_thresholds(
    r: Float[np.ndarray, " unit"], thresholds: Sequence[float] | Float[np.ndarray, " threshold"]
) -> pd.DataFrame:
    """Return the share of units beyond each threshold, over the units whose r is defined.

    Returns
    -------
    pandas.DataFrame
        Columns `threshold`, `positive` (share with r > threshold), `either` (share with |r| > threshold),
        `n_units` and `n_excluded` (see `Shares`).

    Raises
    ------
    OptionError
        If a threshold is outside [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> shares_over_thresholds(np.array([0.9, -0.8]), [0.5]).positive.tolist()
    [0.5]
    """
    rows = []
    for threshold in thresholds:
        number("threshold", threshold, 0, 1)
        found = shares(r, strong=threshold, moderate=threshold)
        rows.append((threshold, found.strong, found.moderate, found.n_units, found.n_excluded))
    return pd.DataFrame(rows, columns=["threshold", "positive", "either", "n_units", "n_excluded"])
