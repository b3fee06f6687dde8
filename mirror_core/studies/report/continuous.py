"""A condition that is a number: can a readout of it cross the modes, and what does each unit do as it grows?"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.analysis import RecordingError
from mirror_core.analysis.regression import MOST_FOLDS, TUNED, Regression, regression
from mirror_core.arrays import MODES
from mirror_core.recordings.cleaned import Recordings
from mirror_core.recordings.trials import Continuous
from mirror_core.seeding import stream
from mirror_core.studies.report.animals import animals_of
from mirror_core.studies.report.results import Section, Settings
from mirror_core.studies.report.units import FEWEST, beyond_limit, both_modes
from mirror_core.studies.wording import part_of

WORK = 2e9
"""Values that the draws go through together at most, about ten seconds of work, unless that leaves fewer than `FEWEST`
of them."""
SQUARES = 2 * MOST_FOLDS + 3
"""Tables of every unit, or trial, with every other that there are at a time: one for each part and mode is kept."""
SHOWN = 6
"""Units whose tunings are drawn: those whose responses differ most between bins, in both modes."""


def readouts(recordings: Recordings, settings: Settings) -> Section:
    """Regress a continuous condition on single trials within and across modes; say how each unit follows it."""
    trials, of = recordings.trials, recordings.trials.continuous
    activities = [_over_time(mode) for mode in (trials.perform, trials.observe)]
    targets = [axes_of(numbers, of.period) for numbers in of.numbers]
    n_units = activities[0].shape[1]
    n_solved = min(n_units, max(map(len, activities)))
    what = f"regressions of {max(map(len, activities))} trials on {n_units} units"
    if reason := beyond_limit(what, SQUARES * n_solved**2, "units or trials"):
        raise RecordingError(reason)
    draws = min(settings.n_permutations, max(FEWEST, int(WORK / sum(map(np.size, activities)))))
    found = regression(
        [one[:, None] for one in activities],
        [one[:, None] for one in targets],
        stream(settings.seed, "report/continuous"),
        draws,
        groups=None if (animals := animals_of(trials)) is None else animals.of_unit,
    )
    names = {"c": "correlation", "r2": "R²"}
    table = found.table().drop(columns=["p, turned"]).rename(columns=names)
    follow, least = int(found.follow.sum()), float(np.nanmin(found.least_p))
    notes = [
        f"{part_of(follow, n_units, 'unit', 'follows', 'follow')} {of.name} in both modes, "
        f"each by itself (p ≤ {TUNED:g} in each): among these is exchanged."
    ]
    if least > settings.alpha:
        notes.append(
            f"With so few, or so many alike, p, units cannot fall below {least:.2g}: whether it is the same code "
            "cannot be tested."
        )
    what = f"cosine and sine of {of.name}" if of.period else of.name
    means = f"the {of.name} that each unit prefers" if of.period else f"whether each unit rises or falls with {of.name}"
    return Section(
        "continuous",
        f"Can {of.name} be read across the modes?",
        f"A ridge regression of {what} on the mean response in a trial, fitted in one mode and tested on trials left "
        "out in both, each mode standardised by itself: gain and offset may differ. Ceiling: the correlation within "
        f"the tested mode. p: {of.name} exchanged among trials (is anything known of it?). p, units: {means} in the "
        "tested mode, exchanged among units that follow it in both modes, about as strongly (does the same unit mean "
        "the same?); two unrelated codes pass the first, and only by luck the second"
        f"{'' if of.period else '; units that all rise, or all fall, never do'}. A regression sees what rises or falls"
        f"{' once a turn' if of.period else ''}, the bins of the other tests whatever repeats.",
        table,
        notes=tuple(notes),
        found={
            "regression": found,
            "read": answered(found, of),
            "units": of_units(activities, of),
            "curves": curves(recordings, activities, of),
        },
    )


def axes_of(numbers: Float[np.ndarray, " trial"], period: float | None) -> Float[np.ndarray, "trial axis"]:
    """Return what is regressed: the number itself, of an angle its cosine and sine."""
    if period is None:
        return numbers[:, None]
    turn = 2 * np.pi * numbers / period
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def answered(found: Regression, of: Continuous) -> pd.DataFrame:
    """Return what regressions answer, a row for each pair of modes and trial, in the units of the condition.

    An angle is from 0 to the period, as the true one is.
    """
    parts = []
    for i, trained in enumerate(MODES):
        for j, tested in enumerate(MODES):
            true, own = of.numbers[j], axes_of(of.numbers[j], of.period)
            read = found.answers[i][j] * own.std(axis=0) + own.mean(axis=0)
            if of.period is None:
                read = read[:, 0]
            else:
                read = of.period * np.arctan2(read[:, 1], read[:, 0]) / (2 * np.pi) % of.period
            parts.append(pd.DataFrame({"trained": trained, "tested": tested, "true": true, "read": read}))
    return pd.concat(parts, ignore_index=True)


def of_units(activities: list[Float[np.ndarray, "_ unit"]], of: Continuous) -> dict[str, np.ndarray]:
    """Return how each unit follows the condition in each mode, by least squares: columns of the table of units.

    Of a number the slope, in activity per unit of it, and the correlation; of an angle the preferred one and the depth,
    the amplitude of its cosine.
    """
    columns = {}
    for mode, activity, numbers in zip(MODES, activities, of.numbers, strict=True):
        axes = axes_of(numbers, of.period)
        fitted = [_fit(axes[np.isfinite(own)], own[np.isfinite(own)]) for own in activity.T]
        slopes, r = np.array([slope for slope, _ in fitted]), np.array([r for _, r in fitted])
        if of.period is None:
            columns |= {f"slope, {mode}": slopes[:, 0], f"r with {of.name}, {mode}": r}
        else:
            turn = np.arctan2(slopes[:, 1], slopes[:, 0]) / (2 * np.pi) % 1
            columns |= {f"preferred {of.name}, {mode}": of.period * turn, f"depth, {mode}": np.hypot(*slopes.T)}
    return columns


def curves(recordings: Recordings, activities: list[Float[np.ndarray, "_ unit"]], of: Continuous) -> pd.DataFrame:
    """Return mean response and its standard error in each bin, of the units that differ most between bins.

    Units are chosen by the product over modes of the share of variance between bins, without regard to whether their
    tunings agree.
    """
    labels = [own for _, own in both_modes(recordings.trials)]
    shares = [_between(activity, own) for activity, own in zip(activities, labels, strict=True)]
    chosen = np.argsort(-np.prod(shares, axis=0), kind="stable")[:SHOWN]
    rows = []
    for mode, activity, numbers, own in zip(MODES, activities, of.numbers, labels, strict=True):
        for k in np.unique(own):
            here = activity[own == k][:, chosen]
            n = np.isfinite(here).sum(axis=0)
            with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a unit that a bin lacks is NaN
                mean, error = np.nanmean(here, axis=0), np.nanstd(here, axis=0, ddof=1) / np.sqrt(n)
            rows += [
                {
                    "unit": str(recordings.units[unit]),
                    "mode": mode,
                    "at": numbers[own == k].mean(),
                    "mean": m,
                    "error": e,
                }
                for unit, m, e in zip(chosen, mean, error, strict=True)
            ]
    return pd.DataFrame(rows)


def _over_time(activity: Float[np.ndarray, "trial time unit"]) -> Float[np.ndarray, "trial unit"]:
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a unit without a value stays without
        return np.nanmean(activity.astype(float), axis=1)


def _fit(axes: Float[np.ndarray, "trial axis"], activity: Float[np.ndarray, " trial"]) -> tuple[np.ndarray, float]:
    """Return the slopes of least squares, and the correlation with the first axis; NaN where they are not defined."""
    n_axes = axes.shape[1]
    if len(activity) <= n_axes + 1 or (np.ptp(axes, axis=0) == 0).any() or np.ptp(activity) == 0:
        return np.full(n_axes, np.nan), np.nan
    spread = axes.std(axis=0)  # of any size, and axes far from 0 would hide it from least squares
    slopes = np.linalg.lstsq((axes - axes.mean(axis=0)) / spread, activity - activity.mean(), rcond=None)[0] / spread
    return slopes, float(np.corrcoef(axes[:, 0], activity)[0, 1])


def _between(activity: Float[np.ndarray, "trial unit"], labels: np.ndarray) -> Float[np.ndarray, " unit"]:
    """Return the share of each unit's variance over trials that lies between bins."""
    there = np.isfinite(activity)
    mean = np.nansum(activity, axis=0) / np.maximum(there.sum(axis=0), 1)
    deviation = np.where(there, activity - mean, 0)
    between = sum(
        deviation[labels == k].sum(axis=0) ** 2 / np.maximum(there[labels == k].sum(axis=0), 1)
        for k in np.unique(labels)
    )
    return between / np.maximum((deviation**2).sum(axis=0), np.finfo(float).tiny)
