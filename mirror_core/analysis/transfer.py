"""Does a code of what is continuous carry over from one mode to the other? Ridge regression across modes.

What decoding across modes (`decoding`) is to actions that are classes, this is to those with axes: torques, positions.
Two questions, two numbers. *How much carries over* is a correlation, c. *Does each direction mean itself* is a p: of a
code whose directions are turned in the other mode, a part carries over by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import linalg

from mirror_core.analysis.linear_classifiers import by_modes, standardisation
from mirror_core.analysis.selection import split_half
from mirror_core.analysis.significance import TIE
from mirror_core.analysis.validation import RecordingError, checked_pair, checked_target
from mirror_core.checks import number, whole


@dataclass(frozen=True)
class RidgeTransfer:
    """How well regressions of a target work within and across modes; modes in the order perform, observe.

    The diagonals are the ceilings within a mode. Read c and p together: p knows nothing of size, and with enough
    timesteps a c of .02 passes; c knows nothing of chance.
    """

    c: Float[np.ndarray, "train_mode test_mode"]
    """Correlation of what is predicted with the target, mean over axes, in [−1, 1]; 0 of a constant prediction."""
    r2: Float[np.ndarray, "train_mode test_mode"]
    """Share of the target's variance, over axes, that is predicted; at most 1. Across modes it can be far below 0 where
    c is high: activity of another size or mean is enough."""
    p: Float[np.ndarray, "train_mode test_mode"]
    """One-sided p of the prediction among turned axes: does each direction mean itself?"""

    def table(self) -> pd.DataFrame:
        """Return one row for each pair of modes, the ceiling within the trained mode beside it."""
        return by_modes({"c": self.c, "ceiling": np.diag(self.c)[:, None], "r2": self.r2, "p": self.p})


def ridge_transfer(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    target: ArrayLike,
    rng: np.random.Generator,
    n_turns: int = 999,
    *,
    penalty: float = 0.01,
) -> RidgeTransfer:
    """Regress a continuous target on the activity of one mode and test the regression on both.

    The sequences are split into two random halves; a regression is fitted to one and tested on the other, in every
    combination of modes, and the halves then change places. Units are standardised by the trained mode's mean and
    standard deviation in either mode.

    The null turns the axes of the target: random rotations and reflections, uniform over all of them, of axes made
    uncorrelated and of equal variance. A mode whose code is any such turn of the other's has a uniform p. With one axis
    there are two turns, and p is about .5 at least. With two, a code that is turned by less than a right angle has p of
    about its angle in degrees / 360: p ≤ .05 asks for less than 18°.

    Parameters
    ----------
    perform, observe
        Activations in the two modes, while the same episodes are done and shown.
    target
        What is regressed, such as the commands: real numbers (sequence, time, axis), in any unit of measurement.
    rng
        Source of the halves and of the turns.
    n_turns
        Draws of the null; p is at least 1 / (1 + draws).
    penalty
        Of squared weights, for each fitted timestep, where a standardised unit's mean square is 1.

    Raises
    ------
    RecordingError
        If the arrays do not fit together, an axis of the target does not vary, or there are fewer than four sequences.
    OptionError
        For fewer than one turn, or a penalty that is not positive.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> torques = rng.standard_normal((40, 5, 2))
    >>> perform = torques @ rng.standard_normal((2, 9))
    >>> found = ridge_transfer(perform, 3 * perform + 1, torques, rng, 99)
    >>> found.c.round(2).tolist(), float(found.p[0, 1])
    ([[1.0, 1.0], [1.0, 1.0]], 0.01)
    """
    modes = checked_pair(perform, observe, min_sequences=4)
    target = checked_target(target, modes[0].shape)
    whole("n_turns", n_turns, 1)
    number("penalty", penalty, 0, open_low=True)

    halves = split_half(len(target), rng)
    answers = np.empty((2, 2, *target.shape))
    for train, test in (halves, halves[::-1]):
        for i, trained_on in enumerate(modes):
            rows, wanted = _rows(trained_on[train]), _rows(target[train])
            standardised = standardisation(rows)
            weights = _weights(standardised(rows), wanted - wanted.mean(axis=0), penalty * len(rows))
            for j, tested_on in enumerate(modes):
                answered = standardised(_rows(tested_on[test])) @ weights + wanted.mean(axis=0)
                answers[i, j, test] = answered.reshape(target[test].shape)

    spread = _rows(target) - _rows(target).mean(axis=0)
    r2 = 1 - ((answers - target) ** 2).sum(axis=(2, 3, 4)) / (spread**2).sum()
    # two regressions answered, one a half: what they say is compared within the half, without their offsets
    answers, target = (_without_means(values, halves) for values in (answers, target))
    rounding = TIE * np.sqrt((target**2).mean(axis=0))
    answers *= np.sqrt((answers**2).mean(axis=-2, keepdims=True)) > rounding
    turns = _turns(target.shape[-1], n_turns, rng)
    whitening = _whitening(target)
    c, p = np.empty((2, 2)), np.empty((2, 2))
    for i, j in np.ndindex(2, 2):
        c[i, j] = _correlation(answers[i, j], target)
        p[i, j] = _p_turned(answers[i, j] @ whitening, target @ whitening, turns)
    return RidgeTransfer(c, r2, p)


def _rows(values: Float[np.ndarray, "sequence time any"]) -> Float[np.ndarray, "row any"]:
    return values.reshape(-1, values.shape[-1]).astype(float)


def _weights(
    rows: Float[np.ndarray, "row unit"], wanted: Float[np.ndarray, "row axis"], penalty: float
) -> Float[np.ndarray, "unit axis"]:
    return linalg.solve(rows.T @ rows + penalty * np.eye(rows.shape[1]), rows.T @ wanted, assume_a="pos")


def _without_means(values: np.ndarray, halves: tuple[np.ndarray, np.ndarray]) -> Float[np.ndarray, "*any row axis"]:
    """Return values (…, sequence, time, axis) as rows, without the mean of each axis in either half."""
    found = values.astype(float)
    for half in halves:
        found[..., half, :, :] -= found[..., half, :, :].mean(axis=(-3, -2), keepdims=True)
    return found.reshape(*values.shape[:-3], -1, values.shape[-1])


def _correlation(answers: Float[np.ndarray, "row axis"], target: Float[np.ndarray, "row axis"]) -> float:
    """Return the mean over axes of the correlation of centred columns; a column that does not vary counts as 0."""
    size = np.sqrt((answers**2).sum(axis=0) * (target**2).sum(axis=0))
    together = (answers * target).sum(axis=0)
    return float(np.divide(together, size, out=np.zeros_like(size), where=size > 0).mean())


def _whitening(target: Float[np.ndarray, "row axis"]) -> Float[np.ndarray, "axis axis"]:
    """Return what makes axes uncorrelated with variance 1 and moves them least: the inverse root of the covariance.

    A regression is linear in its target: what it answers of turned axes is what it answers, turned.
    """
    values, vectors = linalg.eigh(target.T @ target / len(target))
    if values[0] <= TIE * values[-1]:
        raise RecordingError(
            f"target has {len(values)} axes, of which one follows from the others: each must vary by itself."
        )
    return (vectors / np.sqrt(values)) @ vectors.T


def _turns(n_axes: int, n_turns: int, rng: np.random.Generator) -> Float[np.ndarray, "turn axis axis"]:
    """Draw orthogonal matrices, uniformly over all: without the signs, QR would give reflections alone for two axes."""
    q, r = np.linalg.qr(rng.standard_normal((n_turns, n_axes, n_axes)))
    return q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]


def _p_turned(
    answers: Float[np.ndarray, "row axis"],
    target: Float[np.ndarray, "row axis"],
    turns: Float[np.ndarray, "turn axis axis"],
) -> float:
    """Return the one-sided p of whitened answers among turns of their axes."""
    together = answers.T @ target
    together = together / (np.abs(together).max() or 1.0)
    turned = np.einsum("ab,nba->n", together, turns)
    return (1 + np.sum(turned >= np.trace(together) - TIE)) / (1 + len(turns))
