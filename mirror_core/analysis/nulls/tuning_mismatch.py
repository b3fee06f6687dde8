"""Tuned units paired with other tuned units: the test to trust for a mirror unit."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from mirror_core.analysis.nulls.base import SAME_CODE, Draws, Null, Request, register
from mirror_core.analysis.permutations import random_derangements
from mirror_core.analysis.tuning import Tuning, tuning

LEAST_RELIABILITY = 0.8
"""Correlations are corrected for the noise of mean responses as if none were less reliable: where noise is most of a
mean, dividing by what is left of it would make noise of everything."""


def tuning_mismatch(asked: Request) -> Draws:
    """Compare the two tunings of every unit that is tuned in both modes with those of different tuned units."""
    modes = (tuning(mode, asked.actions, asked.n_draws, asked.rng) for mode in (asked.perform, asked.observe))
    return compare(*modes, asked.n_draws, asked.rng)


def compare(perform: Tuning, observe: Tuning, n_draws: int, rng: np.random.Generator) -> Draws:
    """Correlate tunings across modes, of the same unit and of different ones.

    Only tuned units are compared: a unit without a code would make luck look rare, since pairs with it correlate with
    nothing. Correlations are those of mean responses, corrected for their noise (Spearman 1904) and cut at ±1: a unit
    that responds strongly or with little noise in both modes must not stand out by that. All that were cut count as
    equal: ranked by what they were before the cut, .10 of 300 data sets without a shared code had a false unit (six
    actions, tunings in bumps, counts of spikes), and ranked without the correction up to .45 of 60 (log-normal noise).
    """
    n_units = len(perform.p)
    r = np.full((n_units, n_units), np.nan)
    rows, columns = np.flatnonzero(perform.tuned), np.flatnonzero(observe.tuned)
    r[np.ix_(rows, columns)] = corrected_correlation(perform, observe)[np.ix_(rows, columns)]
    pairs = r[~np.eye(n_units, dtype=bool)]
    pairs = pairs[np.isfinite(pairs)]
    observed = np.diag(r).copy()
    if not len(pairs):
        observed[:] = np.nan  # nothing to compare with
    null = np.full((n_draws, n_units), np.nan)
    both = np.flatnonzero(np.isfinite(observed))
    if len(both) > 1:
        null[:, both] = r[both, both[random_derangements(len(both), n_draws, rng)]]
    return Draws(observed, null, pairs)


def corrected_correlation(perform: Tuning, observe: Tuning) -> Float[np.ndarray, "unit unit"]:
    """Return the correlation of each unit's tuning when performing with each unit's when observing, without noise.

    The correction for attenuation (Spearman 1904), from `Tuning.reliability`.
    """
    lengths = [np.sqrt((one.means**2).sum(axis=0)) for one in (perform, observe)]
    noise = [np.sqrt(np.maximum(one.reliability, LEAST_RELIABILITY)) for one in (perform, observe)]
    x, y = (
        one.means / np.where(length > 0, length * root, np.nan)
        for one, length, root in zip((perform, observe), lengths, noise, strict=True)
    )
    return np.clip(x.T @ y, -1, 1)


register(
    Null(
        "tuning-mismatch",
        SAME_CODE,
        keeps="the episodes, which units are tuned in each mode, and what tunings there are",
        breaks="which tuning when performing goes with which when observing",
        draw=tuning_mismatch,
        # of two actions, any two tunings are the same or opposite
        arrangements=lambda size: 1 + size.units * (size.units - 1) if size.actions > 2 else 1,
        of=lambda size: f"{size.units} units and {size.actions} actions",
        needs=("actions",),
        draws_all=True,
        centred=False,
    )
)
