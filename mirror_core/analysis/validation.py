"""Checks of what an analysis is given: each error names the thing, its value and what is allowed."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from mirror_core.arrays import DIMENSIONS

Recording = Float[np.ndarray, "sequence time unit"]
"""Activations in one mode."""


class RecordingError(ValueError):
    """A recording cannot be analysed: wrong shape, missing values, too little of it."""


def checked_pair(perform: ArrayLike, observe: ArrayLike, *, min_sequences: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return two recordings as float arrays of one shape, or say what is wrong with them.

    Parameters
    ----------
    perform, observe
        Activations (sequence, time, unit) while performing and while observing the same episodes.
    min_sequences
        The fewest that the analysis can do with.

    Raises
    ------
    RecordingError
        If either is not numeric, not three-dimensional, too small or not finite, or the shapes differ.
    """
    perform, observe = checked_recording("perform", perform), checked_recording("observe", observe)
    if perform.shape != observe.shape:
        raise RecordingError(
            f"perform has shape {perform.shape} and observe {observe.shape}: "
            "both must have the same sequences, timesteps and units."
        )
    for size, low, name in zip(perform.shape, (min_sequences, 1, 1), DIMENSIONS, strict=True):
        if size < low:
            raise RecordingError(f"perform and observe have {size} {name}(s): at least {low} are needed.")
    return perform, observe


def checked_recording(name: str, activity: ArrayLike) -> np.ndarray:
    """Return one recording as a float array (sequence, time, unit).

    Raises
    ------
    RecordingError
        If it is not numeric, not three-dimensional or not finite.
    """
    activity = np.asarray(activity)
    if activity.dtype.kind not in "fiu":
        raise RecordingError(f"{name} has dtype {activity.dtype}: it must hold real numbers.")
    if activity.ndim != len(DIMENSIONS):
        raise RecordingError(f"{name} has shape {activity.shape}: it must have dimensions ({', '.join(DIMENSIONS)}).")
    if not (finite := np.isfinite(activity)).all():
        bad = np.argwhere(~finite)
        where = ", ".join(f"{d} {i}" for d, i in zip(DIMENSIONS, bad[0], strict=True))
        raise RecordingError(
            f"{name} has {len(bad)} values that are not finite, the first ({activity[tuple(bad[0])]}) at {where}: "
            "all must be finite numbers."
        )
    return activity if activity.dtype.kind == "f" else activity.astype(float)


def checked_actions(actions: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Return the actions of a recording of the given shape as an integer array (sequence, time).

    Raises
    ------
    RecordingError
        If they are not integers, do not fit the recording, or are all the same.
    """
    actions = np.asarray(actions)
    if actions.dtype.kind not in "iu":
        instead = ", a class each; for continuous ones there is ridge_transfer" if actions.dtype.kind == "f" else ""
        raise RecordingError(f"actions have dtype {actions.dtype}: they must be integers{instead}.")
    if actions.shape != shape[:2]:
        raise RecordingError(
            f"actions have shape {actions.shape} and the recording {shape}: "
            f"there must be one for each sequence and timestep, shape {shape[:2]}."
        )
    if np.all(actions == actions.flat[0]):
        raise RecordingError(f"actions are all {actions.flat[0]}: at least two different ones are needed.")
    return actions


def checked_target(target: ArrayLike, shape: tuple[int, ...]) -> np.ndarray:
    """Return a continuous target of a recording of the given shape as a float array (sequence, time, axis).

    Raises
    ------
    RecordingError
        If it does not hold finite real numbers, does not fit the recording, or an axis does not vary.
    """
    target = np.asarray(target)
    if target.ndim == 2 and target.dtype.kind in "iu":
        raise RecordingError(
            f"target has dtype {target.dtype} and shape {target.shape}: it must be (sequence, time, axis); "
            "for actions that are classes there is cross_decoding."
        )
    target = checked_recording("target", target)
    if target.shape[:2] != shape[:2] or not target.shape[2]:
        raise RecordingError(
            f"target has shape {target.shape} and the recording {shape}: it must have the same sequences, timesteps "
            f"and at least one axis, shape {(*shape[:2], 1)} or more."
        )
    if still := np.flatnonzero(np.ptp(target, axis=(0, 1)) == 0).tolist():
        raise RecordingError(f"axis {still[0]} of the target is always {target[0, 0, still[0]] + 0:g}: it must vary.")
    return target
