"""What a test could find if it knew how unrelated units correlate: the limit of very many units."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import betainc

from mirror_core.checks import number, whole
from mirror_core.seeding import stream
from mirror_core.studies.calibration.design import STATED
from mirror_core.studies.calibration.summary import ALPHA

_VARIANCES = 20_000
"""Pairs of tuning variances over which the distribution of an unrelated unit's r is averaged."""


def power_in_the_limit(
    n_actions: int,
    rng: np.random.Generator,
    *,
    similarity: float = 0.95,
    planted_share: float = 0.3,
    noise: float = 0.3,
    n_units: int = 200_000,
) -> float:
    """Return the power of a one-sided test of r under BH in a population of very many units and timesteps.

    Units are those of `mirror_core.recordings.simulated.simulate_population`. With many timesteps r depends on the two
    tunings alone, and without noise it is the correlation of the tunings; with many units BH calls all with r above the
    lowest value that unrelated units exceed no more often than α times as often as all units do (Genovese & Wasserman
    2002). In this limit no test that looks at a unit's r alone, whose p is valid for unrelated units and which BH
    corrects, has more power.

    Parameters
    ----------
    n_units
        Planted units whose r is drawn. With as many as by default the standard error of the power is .004 at K = 3 and
        4, where few units decide on the threshold, and at most .001 from K = 6.

    Raises
    ------
    OptionError
        For an impossible value.
    """
    whole("n_actions", n_actions, 3)
    whole("n_units", n_units, 1)
    number("similarity", similarity, -1, 1)
    number("planted_share", planted_share, 0, 1)
    number("noise", noise, 0)
    performed, other = rng.standard_normal((2, n_units, n_actions))
    planted = np.sort(_r(performed, similarity * performed + np.sqrt(1 - similarity**2) * other, noise))
    variances = rng.chisquare(n_actions - 1, (2, _VARIANCES)) / n_actions
    shrunk = np.sqrt(np.prod((variances + noise**2) / variances, axis=0))

    def power(threshold: float) -> float:
        return float(1 - np.searchsorted(planted, threshold) / n_units)

    def too_many(threshold: float) -> float:
        unrelated = exceeded(threshold * shrunk, n_actions)
        return unrelated - ALPHA * (planted_share * power(threshold) + (1 - planted_share) * unrelated)

    grid = 1 - np.linspace(1, 0, 101)[:-1] ** 2  # close to 1, where the threshold lies with few actions, in small steps
    enough = next((i for i, threshold in enumerate(grid) if too_many(threshold) < 0), None)
    return 0.0 if not enough else power(brentq(too_many, grid[enough - 1], grid[enough], xtol=1e-6))


def exceeded(r: Float[np.ndarray, " value"], n_actions: int) -> float:
    """Return how often r of two independent normal tunings is above the values ≥ 0 given, on average over these."""
    inside = np.clip(1 - np.square(r), 0, 1)  # r² of n independent normal pairs has a beta distribution
    return float(betainc((n_actions - 2) / 2, 0.5, inside).mean() / 2)


def _r(
    performed: Float[np.ndarray, "unit action"], observed: Float[np.ndarray, "unit action"], noise: float
) -> Float[np.ndarray, " unit"]:
    """Return r of units with these tunings, all actions being equally frequent."""
    performed, observed = (tuning - tuning.mean(axis=1, keepdims=True) for tuning in (performed, observed))
    powers = [(tuning**2).mean(axis=1) + noise**2 for tuning in (performed, observed)]
    return (performed * observed).mean(axis=1) / np.sqrt(powers[0] * powers[1])


@cache
def limit(n_actions: int) -> float:
    """Return the one-sided power that BH would have at similarity .95 in very many units, as many of them planted.

    Without noise: the trusted test compares mean responses, and corrects them for what noise is left.
    """
    rng = stream(0, f"calibration/limit/K = {n_actions}")
    planted = 29 / 96  # .3 of 96 units, whole ones
    return power_in_the_limit(n_actions, rng, similarity=STATED, planted_share=planted, noise=0)
