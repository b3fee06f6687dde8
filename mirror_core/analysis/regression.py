"""Regression across modes of what is continuous, where the modes may have trials of their own.

What `ridge_transfer` is to the same episodes in both modes, with a null that one axis can pass as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Shaped
from scipy import linalg

from mirror_core.analysis.linear_classifiers import by_modes, standardisation
from mirror_core.analysis.permutations import random_permutations, repaired_sums, rows_at_once, units_alike
from mirror_core.analysis.significance import TIE, share_beyond
from mirror_core.analysis.transfer import _correlation, _p_turned, _turns, _whitening
from mirror_core.analysis.validation import RecordingError
from mirror_core.arrays import MODES
from mirror_core.checks import number, whole

MOST_FOLDS = 5
"""Parts into which trials are cut to test a regression on those that it was not fitted to."""
TUNED = 0.05
"""Largest p, in each mode, of the units that are exchanged."""
ALIKE = 10
"""Units of like strength that are exchanged with each other."""
DRAWS_AT_ONCE = 50
"""Regressions that are fitted to exchanged targets together."""


@dataclass(frozen=True)
class Regression:
    """How well regressions work within and across modes; modes in the order perform, observe."""

    c: Float[np.ndarray, "train_mode test_mode"]
    """Correlation of what is predicted with the target on trials that were left out, mean over axes."""
    r2: Float[np.ndarray, "train_mode test_mode"]
    """Share of the target's variance that is predicted; at most 1, below 0 where predictions are of another size."""
    p: Float[np.ndarray, "train_mode test_mode"]
    """One-sided p of c with targets exchanged among the trials: is anything known of them? Within a mode regressions
    are fitted to each exchange again."""
    p_turned: Float[np.ndarray, "train_mode test_mode"]
    """One-sided p among turned axes: does each direction mean itself? About .5 at least where there is one axis."""
    p_units: Float[np.ndarray, "train_mode test_mode"]
    """One-sided p of the answers' covariance with the target, with the directions in which units follow it exchanged
    among units of like strength: does the same unit mean the same? NaN within a mode."""
    least_p: Float[np.ndarray, "train_mode test_mode"]
    """What `p_units` cannot fall below, by how many arrangements of the directions differ; NaN within a mode."""
    follow: Bool[np.ndarray, " unit"]
    """Which units follow the target in both modes: those whose directions are exchanged."""
    answers: tuple[tuple[Float[np.ndarray, "_ axis"], ...], ...]
    """What is predicted on trials that were left out, by train mode and test mode, in standard deviations of the tested
    mode's targets from their mean; rows that have a target, in order."""

    def table(self) -> pd.DataFrame:
        """Return one row for each pair of modes, c within the tested mode beside it."""
        found = {"c": self.c, "ceiling": np.diag(self.c)[None], "r2": self.r2}
        return by_modes(found | {"p": self.p, "p, turned": self.p_turned, "p, units": self.p_units})


def regression(
    activities: Sequence[np.ndarray],
    targets: Sequence[np.ndarray],
    rng: np.random.Generator,
    n_draws: int = 999,
    *,
    groups: Shaped[np.ndarray, " unit"] | None = None,
    penalty: float = 0.01,
) -> Regression:
    """Regress a continuous target on the activity of one mode, and test the regression on both.

    The trials of either mode are dealt into parts at random; a regression is fitted to all but one of them and tested
    on the part with its number in both modes, so that tests within and across modes are of regressions of the same
    size. Units are standardised in each mode by itself.

    Three nulls. Targets exchanged among the trials: is anything known of them? Axes turned, as in
    `ridge_transfer`: does each direction mean itself? The direction in which each unit of the tested mode follows the
    target (whether it rises or falls, where there is one axis) exchanged among units: does the same unit mean the same?
    The last is the one that a single axis can pass: of unrelated codes, c is then above 0 in one half of the cases. How
    strongly each unit follows the target stays as it is, since units that are tuned in one mode, or noisy, may be so in
    the other, whatever they mean.

    Exchanged are, in groups of about `ALIKE` that follow it about as strongly, units that follow the target in both
    modes, each by itself (p ≤ `TUNED`); and the mean weight of a group, by how strongly its units follow, is removed.
    Units that all rise in both modes, whatever the reason, then do not pass: units that follow nothing would lend
    places in which a direction costs nothing, and where most units are alike, those that are not are weak. (Of six
    such rules, compared by simulation, the most powerful of those that hold; of ten units in 96 that prefer nearly one
    direction, of two axes, it passes in .07 of ways.) The price is power where few units can be
    seen to follow the target one by one: `least_p` says what p could not fall below.

    Parameters
    ----------
    activities
        Of performing and observing (trial, time, unit): the same units, each its own number of trials and timesteps;
        NaN where there is no value. A unit without a value counts as at its mean.
    targets
        The same trials and timesteps of either mode (trial, time, axis), in any unit of measurement; NaN where there
        is no value. One timestep for targets that are one a trial, with the mean over time as activity.
    rng
        Source of the parts and of the draws.
    n_draws
        Draws of each null; p is at least 1 / (1 + draws).
    groups
        What units exchange within, such as the animal of each; None: all.
    penalty
        Of squared weights, for each fitted row, where a standardised unit's mean square is 1.

    Raises
    ------
    RecordingError
        If arrays do not fit together, a mode has fewer than four trials, or an axis does not vary in a mode, or
        follows from the others.
    OptionError
        For fewer than one draw, or a penalty that is not positive.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> code = rng.standard_normal((1, 30))
    >>> targets = [rng.standard_normal((n, 1, 1)) for n in (60, 40)]
    >>> noisy = [target @ code + rng.standard_normal((len(target), 1, 30)) for target in targets]
    >>> found = regression(noisy, targets, rng, 99)
    >>> bool(found.c.min() > 0.9), float(found.p_units[0, 1])
    (True, 0.01)
    """
    whole("n_draws", n_draws, 1)
    number("penalty", penalty, 0, open_low=True)
    made = [_Mode.of(*pair) for pair in zip(MODES, activities, targets, strict=True)]
    if made[0].x.shape[1] != made[1].x.shape[1] or made[0].y.shape[1] != made[1].y.shape[1]:
        raise RecordingError(
            f"perform has {made[0].x.shape[1]} units and {made[0].y.shape[1]} axes, observe {made[1].x.shape[1]} and "
            f"{made[1].y.shape[1]}: both must have the same."
        )
    n_folds = min(MOST_FOLDS, *(one.n_trials for one in made))
    folds = [rng.permutation(one.n_trials) % n_folds for one in made]
    parts = [fold[one.trial] for fold, one in zip(folds, made, strict=True)]
    ridges = [
        [_ridge(one.x[part != k], penalty) for k in range(n_folds)] for one, part in zip(made, parts, strict=True)
    ]
    weights = [
        [ridge(one.y[part != k]) for k, ridge in enumerate(own)]
        for one, part, own in zip(made, parts, ridges, strict=True)
    ]
    groups = np.zeros(made[0].x.shape[1]) if groups is None else np.asarray(groups)
    if groups.shape != made[0].x.shape[1:]:
        raise RecordingError(
            f"groups has shape {groups.shape} for {made[0].x.shape[1]} units: one label a unit is needed."
        )
    within = [
        _fitted_again(one, own_part, own, n_draws, rng) for one, own_part, own in zip(made, parts, ridges, strict=True)
    ]
    follow = np.all(
        [share_beyond(one.strength, drawn) <= TUNED for one, (_, drawn) in zip(made, within, strict=True)], axis=0
    )
    who = np.flatnonzero(follow)
    turns = _turns(made[0].y.shape[1], n_draws, rng)
    c, r2, p, p_turned = (np.empty((2, 2)) for _ in range(4))
    p_units, least_p = np.full((2, 2, 2), np.nan)
    said = [[], []]
    for i, j in np.ndindex(2, 2):
        tested, part = made[j], parts[j]
        answers = np.empty_like(tested.y)
        for k, own in enumerate(weights[i]):
            answers[part == k] = tested.x[part == k] @ own
        said[i].append(answers.copy())
        r2[i, j] = 1 - ((answers - tested.y) ** 2).sum() / (tested.y**2).sum()
        answers -= answers.mean(axis=0)
        answers *= np.sqrt((answers**2).mean(axis=0)) > TIE * np.sqrt((tested.y**2).mean(axis=0))
        c[i, j] = _correlation(answers, tested.y)
        exchanged = within[i][0] if i == j else _exchanged(answers, tested, n_draws, rng)
        p[i, j] = (1 + np.sum(exchanged >= c[i, j] - TIE)) / (1 + n_draws)
        p_turned[i, j] = _p_turned(answers @ _whitening(made[i].y), tested.y @ _whitening(tested.y), turns)
        if i != j:
            alike = [who[part] for part in units_alike(tested.strength[who], ALIKE, groups[who])]
            drawn, arrangements = _of_other_units(np.mean(weights[i], axis=0), tested, alike, n_draws, rng)
            p_units[i, j] = (1 + np.sum(drawn[1:] >= drawn[0] - TIE)) / (1 + n_draws)
            least_p[i, j] = 1 / min(arrangements, 1 + n_draws)
    return Regression(c, r2, p, p_turned, p_units, least_p, follow, tuple(map(tuple, said)))


@dataclass(frozen=True)
class _Mode:
    """One mode as rows that have a target."""

    x: Float[np.ndarray, "row unit"]
    y: Float[np.ndarray, "row axis"]
    trial: Int[np.ndarray, " row"]
    n_trials: int

    @classmethod
    def of(cls, name: str, activity: np.ndarray, target: np.ndarray) -> _Mode:
        activity, target = np.asarray(activity, float), np.asarray(target, float)
        if activity.ndim != 3 or target.ndim != 3 or activity.shape[:2] != target.shape[:2] or not target.shape[2]:
            raise RecordingError(
                f"{name} has shape {activity.shape} and its target {target.shape}: (trial, time, unit) and (trial, "
                "time, axis) of the same trials and timesteps are needed."
            )
        there = np.isfinite(target).all(axis=2) & np.isfinite(activity).any(axis=2)
        kept = np.flatnonzero(there.any(axis=1))
        if len(kept) < 4:
            raise RecordingError(f"{name} has {len(kept)} trial(s) with a target: at least 4 are needed.")
        rows, y = activity[there], target[there]
        if still := np.flatnonzero(np.ptp(y, axis=0) == 0).tolist():
            raise RecordingError(f"axis {still[0]} of the target is always {y[0, still[0]] + 0:g} in {name}.")
        y = np.ldexp(y, -np.frexp(np.abs(y).max(axis=0))[1])  # so that floats hold its squares, whatever its unit
        mean = np.divide(np.nansum(rows, axis=0), np.isfinite(rows).sum(axis=0), where=np.isfinite(rows).any(axis=0),
                         out=np.zeros(rows.shape[1]))  # fmt: skip
        rows = np.where(np.isfinite(rows), rows, mean)
        trial = np.searchsorted(kept, np.nonzero(there)[0])
        return cls(standardisation(rows)(rows), (y - y.mean(axis=0)) / y.std(axis=0), trial, len(kept))

    @property
    def strength(self) -> Float[np.ndarray, " unit"]:
        """How much of each unit follows the target: its squared correlation with every axis, added up."""
        return ((self.x.T @ self.y / len(self.y)) ** 2).sum(axis=1)

    @property
    def at(self) -> Int[np.ndarray, " row"]:
        """Which row of its trial each row is."""
        rows = np.arange(len(self.trial))
        return rows - np.maximum.accumulate(np.where(np.r_[True, np.diff(self.trial) > 0], rows, 0))


def _ridge(x: Float[np.ndarray, "row unit"], penalty: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return what gives the weights (unit, axis) of any targets (row, axis), by the smaller of two equal systems."""
    by_row = len(x) < x.shape[1]
    square = x @ x.T if by_row else x.T @ x
    factor = linalg.cho_factor(square + penalty * len(x) * np.eye(len(square)))
    if by_row:
        return lambda y: x.T @ linalg.cho_solve(factor, y)
    return lambda y: linalg.cho_solve(factor, x.T @ y)


def _of_other_units(
    weights: Float[np.ndarray, "unit axis"],
    tested: _Mode,
    parts: list[Int[np.ndarray, " _"]],
    n_draws: int,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, " one_and_draw"], int]:
    """Return the covariance of answers and target, added up over axes, as it is and with directions exchanged within
    parts, and how many arrangements differ. What the weights of a part have in common is removed from each.

    Not the correlation: noise that units share in both modes makes the answers of the units themselves smaller than
    those of others, whatever they say of the target.
    """
    follows = tested.x.T @ tested.y / len(tested.y)
    values, arrangements = np.zeros(1 + n_draws), 1
    for units in parts:
        size = np.linalg.norm(follows[units], axis=1, keepdims=True)
        direction = follows[units] / size
        own = size * (weights[units] - (size * weights[units]).sum(axis=0) / size.sum())
        orders = np.vstack([np.arange(len(units)), random_permutations(len(units), n_draws, rng)])
        values += np.einsum("ua,dua->d", own, direction[orders])
        alike = np.unique(direction.round(9), axis=0, return_counts=True)[1].tolist()
        arrangements *= math.factorial(len(units)) // math.prod(map(math.factorial, alike))
    return values, arrangements


def _fitted_again(
    tested: _Mode, part: Int[np.ndarray, " row"], ridges: list[Callable], n_draws: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, " draw"], Float[np.ndarray, "draw unit"]]:
    """Return c of regressions within a mode that are fitted to exchanged targets, on trials left out, and how strongly
    each unit follows these targets.

    What is tested on is fitted to in another part: of answers that stay as they are, chance would be taken too small.
    """
    at, n_axes = tested.at, tested.y.shape[1]
    of_trial = np.zeros((tested.n_trials, at.max() + 1, n_axes))
    of_trial[tested.trial, at] = tested.y
    found, strengths = [], []
    for orders in np.array_split(random_permutations(tested.n_trials, n_draws, rng), max(1, n_draws // DRAWS_AT_ONCE)):
        y = np.stack([of_trial[order[tested.trial], at] for order in orders], axis=1).reshape(len(at), -1)
        y -= y.mean(axis=0)
        answers = np.empty_like(y)
        for k, ridge in enumerate(ridges):
            answers[part == k] = tested.x[part == k] @ ridge(y[part != k])
        answers -= answers.mean(axis=0)
        size = np.sqrt((answers**2).sum(axis=0) * (y**2).sum(axis=0))
        c = np.divide((answers * y).sum(axis=0), size, out=np.zeros_like(size), where=size > TIE)
        found.append(c.reshape(len(orders), n_axes).mean(axis=1))
        follows = (tested.x.T @ y / len(y)).reshape(-1, len(orders), n_axes)
        strengths.append((follows**2).sum(axis=2).T)
    return np.concatenate(found), np.concatenate(strengths)


def _exchanged(
    answers: Float[np.ndarray, "row axis"], tested: _Mode, n_draws: int, rng: np.random.Generator
) -> Float[np.ndarray, " draw"]:
    """Return c with the targets of whole trials exchanged; where one of two trials has ended, both count nothing."""
    size = np.sqrt((answers**2).sum(axis=0) * (tested.y**2).sum(axis=0))
    at = tested.at
    of_trial = np.zeros((2, len(size), tested.n_trials, at.max() + 1))
    of_trial[0, :, tested.trial, at], of_trial[1, :, tested.trial, at] = answers, tested.y
    orders = random_permutations(tested.n_trials, n_draws, rng)
    found, varies = np.zeros(n_draws), np.flatnonzero(size > 0)
    if not len(varies):
        return found
    for rows in rows_at_once(tested.n_trials, 1):
        table = sum(of_trial[0, a, rows] @ of_trial[1, a].T / size[a] for a in varies)
        found += repaired_sums(table[..., None], orders[:, rows])[:, 0]
    return found / len(size)
