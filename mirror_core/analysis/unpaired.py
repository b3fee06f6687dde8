"""What needs the same episodes in both modes, for trials that have only the condition in common.

No trial is left out and no number is cut to that of another: a condition with fewer trials in one mode keeps them all.
A file of its own, since what is computed from `generalisation` is kept by its code.
"""

from __future__ import annotations

import warnings

import numpy as np
from jaxtyping import Float, Shaped

from mirror_core.analysis.generalisation import Cloud, Generalisation, _scores, random_geometry
from mirror_core.analysis.geometry import Measure
from mirror_core.analysis.linear_classifiers import DECODERS
from mirror_core.analysis.validation import RecordingError
from mirror_core.checks import one_of, whole


def half_means(
    activity: Float[np.ndarray, "trial time unit"], conditions: Shaped[np.ndarray, " trial"], rng: np.random.Generator
) -> tuple[Float[np.ndarray, "condition time unit"], Float[np.ndarray, "condition time unit"]]:
    """Return the mean response to each condition over one half of its trials and over the other.

    Each unit's trials are dealt in turns, of those in which it has values: a unit that is missing in some has its
    own halves. The second half has the odd one.

    Parameters
    ----------
    activity
        One mode; NaN where there is no value.
    conditions
        Label of each trial's condition.
    rng
        Source of the halves.

    Returns
    -------
    tuple of arrays
        Conditions in ascending order; NaN at a time bin without a value, and for a unit with fewer than two trials
        of a condition in that condition's first half.

    Examples
    --------
    >>> import numpy as np
    >>> activity = np.array([1.0, 2.0, 4.0, 8.0])[:, None, None]
    >>> first, second = half_means(activity, np.array(list("aabb")), np.random.default_rng(0))
    >>> (first + second)[:, 0, 0].tolist()
    [3.0, 12.0]
    """
    order = rng.permutation(len(activity))
    activity, conditions = activity[order], np.asarray(conditions)[order]
    halves = [], []
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a mean of nothing is NaN
        for name in np.unique(conditions):
            own = activity[conditions == name]
            turn = np.cumsum(np.isfinite(own).any(axis=1), axis=0)  # (trial, unit), from 1 at a unit's first trial
            for half, means in enumerate(halves):
                means.append(np.nanmean(np.where((turn % 2 == half)[:, None], own, np.nan), axis=0))
    return np.stack(halves[0]), np.stack(halves[1])


def ccgp_of_trials(
    perform: Float[np.ndarray, "performed time unit"],
    observe: Float[np.ndarray, "observed time unit"],
    perform_conditions: Shaped[np.ndarray, " performed"],
    observe_conditions: Shaped[np.ndarray, " observed"],
    n_draws: int,
    rng: np.random.Generator,
    *,
    decoder: str = "logistic",
) -> Generalisation:
    """Return `ccgp` of trials that the modes do not share: of the condition across modes, and of the mode.

    A trial's row is each unit's mean over its time bins. What is decoded is always tested on conditions, or on the
    mode, that the decoder never saw, so all trials train and all test. In training, a condition with fewer trials
    than another has some of them repeated, so that each counts alike; in testing each trial counts once, and each
    class alike. Units are standardised once, over both modes, which count alike; one that is missing in a trial has
    its mean there.

    Parameters
    ----------
    perform, observe
        One mode each, of the same units; NaN where there is no value.
    perform_conditions, observe_conditions
        Label of each trial's condition; both modes must have the same, at least two.
    n_draws
        Random geometries of the null, see `ccgp`; each trains every decoder again.
    rng
        Source of what is repeated and of the random geometries.
    decoder
        A name in `mirror_core.analysis.DECODERS`.

    Raises
    ------
    RecordingError
        If the modes have other conditions or units than each other, or fewer than two conditions.
    OptionError
        For an unknown decoder or fewer than one draw.
    """
    one_of("decoder", decoder, DECODERS)
    whole("n_draws", n_draws, 1)
    labels = [np.asarray(perform_conditions), np.asarray(observe_conditions)]
    names, others = map(np.unique, labels)
    if len(names) < 2 or not np.array_equal(names, others):
        has = " and observe ".join(", ".join(map(str, one)) for one in (names, others))
        raise RecordingError(f"perform has conditions {has}: both must have the same, at least two.")
    if perform.shape[2] != observe.shape[2]:
        raise RecordingError(
            f"perform has {perform.shape[2]} unit(s) and observe {observe.shape[2]}: both must have the same."
        )
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        rows = [np.nanmean(mode, axis=1) for mode in (perform, observe)]
        mean = np.nanmean([np.nanmean(one, axis=0) for one in rows], axis=0)
        spread = np.sqrt(np.nanmean([np.nanmean((one - mean) ** 2, axis=0) for one in rows], axis=0))
    rows = [np.nan_to_num((one - mean) / np.where(spread > 0, spread, np.nan)) for one in rows]
    most = int(max(np.unique(one, return_counts=True)[1].max() for one in labels))
    clouds = [
        [_cloud(own[label == name], most, rng) for name in names] for own, label in zip(rows, labels, strict=True)
    ]
    value = _scores(clouds, decoder)
    null = np.array([_scores(random_geometry(clouds, rng), decoder) for _ in range(n_draws)])
    return Generalisation(Measure(value[0], null[:, 0]), Measure(value[1], null[:, 1]))


def _cloud(rows: Float[np.ndarray, "row unit"], most: int, rng: np.random.Generator) -> Cloud:
    """Return the trials of a condition, and as many to train on as the most frequent condition has."""
    order = rng.permutation(len(rows))
    return Cloud(rows[order[np.arange(most) % len(rows)]], rows)
