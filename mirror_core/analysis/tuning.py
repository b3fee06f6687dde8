"""What each unit does on average for each action, in each mode: its tuning, and how far noise lets one see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from mirror_core.analysis.correlation import centred, unit_length
from mirror_core.analysis.permutations import random_permutations
from mirror_core.analysis.significance import benjamini_hochberg, share_beyond

TUNED_AT = 0.05
"""False discovery rate, over units, at which a unit counts as tuned in a mode."""
FIRST_DRAWS, UNSETTLED = 99, 0.1
"""After this many exchanges of labels, units with a larger p are given up (Besag & Clifford 1991)."""
SINGLE = 1e-6
"""Rounding of exchanges, which are summed in single precision: shares of variance this close count as equal."""
VALUES_AT_ONCE = 2**22
"""Relabelled indicators of actions in memory together, a matrix product each time."""


def action_means(
    activity: Float[np.ndarray, "sequence time unit"],
    actions: Int[np.ndarray, "sequence time"],
    *,
    centre_timesteps: bool = False,
) -> Float[np.ndarray, "action unit"]:
    """Return each unit's mean response to each action that occurs, actions in ascending order.

    Parameters
    ----------
    centre_timesteps
        Remove each timestep's mean over sequences first (see `unit_correlation`).

    Examples
    --------
    >>> import numpy as np
    >>> action_means(np.array([[[1.0], [3.0], [5.0]]]), np.array([[0, 1, 0]])).tolist()
    [[3.0], [3.0]]
    """
    if centre_timesteps:
        activity = centred(activity, True)
    return np.stack([activity[actions == action].mean(axis=0, dtype=float) for action in np.unique(actions)])


def tuning_length(tuning: Float[np.ndarray, "action unit"]) -> Float[np.ndarray, "action unit"]:
    """Return tunings minus their mean over actions, scaled so that each unit's squares sum to one; NaN if flat."""
    return unit_length(tuning[:, None, :])[:, 0]


@dataclass(frozen=True)
class Tuning:
    """How the units of one mode respond to the actions."""

    means: Float[np.ndarray, "action unit"]
    """Mean responses minus their mean over actions, actions in ascending order."""
    reliability: Float[np.ndarray, " unit"]
    """Share of the variation of a unit's mean responses that is not noise of the means, in [0, 1]."""
    p: Float[np.ndarray, " unit"]
    """p of responding alike to all actions; NaN for a unit that is constant."""

    @property
    def tuned(self) -> Bool[np.ndarray, " unit"]:
        """Which units are tuned to the actions, at a false discovery rate of `TUNED_AT` over all units."""
        return _discovered(self.p)


def tuning(
    activity: Float[np.ndarray, "sequence time unit"],
    actions: Int[np.ndarray, "sequence time"],
    n_draws: int,
    rng: np.random.Generator,
) -> Tuning:
    """Return mean responses to the actions, their reliability, and which units respond to the actions at all.

    Each timestep's mean over sequences is removed first, and with it what all actions have in common. A sequence, or
    trial, is what is independent of others: the noise of a mean is told from how sequences differ (the sandwich
    estimator for clusters; Liang & Zeger 1986), and labels are exchanged among whole sequences, so that a response
    which lasts for many timesteps does not count many times.

    Parameters
    ----------
    activity
        One mode; NaN where there is no value, such as after the end of a trial.
    actions
        Any integers.
    n_draws
        Exchanges of labels: p is at least 1 / (1 + n_draws). Where `FIRST_DRAWS` settle which units are tuned, no
        others are made.
    rng
        Source of these.

    Examples
    --------
    >>> import numpy as np
    >>> from mirror_core.recordings.simulated import simulate_population
    >>> rng = np.random.default_rng(0)
    >>> made = simulate_population(6, rng, n_units=3, n_sequences=40)
    >>> found = tuning(made.perform, made.actions, 99, rng)
    >>> found.means.shape, bool((found.reliability > 0.9).all()), found.tuned.tolist()
    ((6, 3), True, [True, True, True])
    """
    there = np.isfinite(activity)
    if complete := bool(there.all()):
        there = there[..., :1]  # units alike; what is counted need not be counted for each
    else:
        activity = np.where(there, activity, 0)
    mean = _ratio(activity.sum(axis=0, dtype=float), there.sum(axis=0))
    deviation = activity - mean if complete else np.where(there, activity - mean, 0)
    shown = actions == np.unique(actions)[:, None, None]  # (action, sequence, time)
    if (actions == actions[:, :1]).all():  # of a trial with one action, its sum over time says all
        shown, there = shown[..., :1], there.sum(axis=1, keepdims=True)
        deviation = deviation.sum(axis=1, keepdims=True)
    sums = np.einsum("ant,ntu->nau", shown.astype(float), deviation, optimize=True)
    counts = np.einsum("ant,ntu->nau", shown.astype(float), there.astype(float), optimize=True)
    n, occurs = counts.sum(axis=0), (counts > 0).sum(axis=0)
    means = _ratio(sums.sum(axis=0), n)
    rest = ((sums - counts * means) ** 2).sum(axis=0)
    noise = _ratio(rest, n) * _ratio(occurs, occurs - 1)  # n times the variance of a mean
    of_noise = (noise * (1 - _ratio(n, n.sum(axis=0)))).sum(axis=0)
    between = (n * means**2).sum(axis=0)
    variation = (deviation**2).sum(axis=(0, 1))
    rounding = 8 * np.finfo(deviation.dtype).eps * np.abs(activity).max(axis=(0, 1))
    defined = variation > rounding**2 * activity[..., 0].size
    scale = np.where(defined, variation, 1)
    share, deviation = np.where(defined, between / scale - SINGLE, np.nan), deviation / np.sqrt(scale)
    drawn = _exchanged(shown, deviation, there, min(n_draws, FIRST_DRAWS), rng)
    p = share_beyond(share, drawn)
    unsettled = np.flatnonzero(p <= UNSETTLED)
    if n_draws > FIRST_DRAWS and not _discovered(p)[unsettled].all():
        of_these = there if complete else there[..., unsettled]
        more = _exchanged(shown, deviation[..., unsettled], of_these, n_draws - FIRST_DRAWS, rng)
        p[unsettled] = share_beyond(share[unsettled], np.concatenate([drawn[:, unsettled], more]))
    return Tuning(means - means.mean(axis=0), np.clip(1 - _ratio(of_noise, between), 0, 1), p)


def _exchanged(
    shown: Bool[np.ndarray, "action sequence time"],
    deviation: Float[np.ndarray, "sequence time unit"],
    there: Int[np.ndarray, "sequence time #unit"] | Bool[np.ndarray, "sequence time #unit"],
    n_draws: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "draw unit"]:
    """Return the variation between actions when their labels are exchanged among sequences."""
    n_actions, n_rows, n_units = len(shown), shown[0].size, deviation.shape[2]
    values, counted = (a.reshape(n_rows, -1).astype(np.float32) for a in (deviation, there))
    labels, full = shown.astype(np.float32), bool((there == 1).all())
    orders = random_permutations(shown.shape[1], n_draws, rng)
    found = []
    for some in np.array_split(orders, max(1, n_draws * shown.size // VALUES_AT_ONCE)):
        moved = labels.take(some, axis=1).reshape(-1, n_rows)  # (action × draw, row)
        # where nothing is missing, labels are as many in any order
        n = labels.sum(axis=(1, 2)).repeat(len(some))[:, None] if full else moved @ counted
        found.append(_ratio((moved @ values) ** 2, n).reshape(n_actions, -1, n_units).sum(axis=0))
    return np.concatenate(found).astype(float)


def _discovered(p: Float[np.ndarray, " unit"]) -> Bool[np.ndarray, " unit"]:
    defined = np.isfinite(p)
    passed = np.zeros(len(p), bool)
    passed[defined] = benjamini_hochberg(p[defined]) <= TUNED_AT
    return passed


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return a ratio; 0 where there is nothing to divide by."""
    return np.where(below > 0, above, 0) / np.where(below > 0, below, 1)
