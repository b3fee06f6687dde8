"""What a test could find if it knew how r of unrelated units is distributed: the limit of very many units."""

from __future__ import annotations

import numpy as np

from mirror_core.analysis.significance import TIE
from mirror_core.analysis.validation import check_number, check_whole
from mirror_core.calibration.summary import ALPHA


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

    Units are those of `mirror_core.analysis.simulate_population`. With many timesteps r depends on the two tunings
    alone; with many units BH calls all with r above the lowest value that unrelated units exceed no more often than
    α times as often as all units do (Genovese & Wasserman 2002). No test of single units that looks at r and is
    corrected by BH has more power, whatever its null.

    Parameters
    ----------
    n_actions
        K.
    rng
        Source of the tunings.
    similarity, planted_share, noise
        See `simulate_population`.
    n_units
        Units of each kind whose r is drawn; the standard error of the power is at most 0.5 / √n_units.

    Raises
    ------
    OptionError
        For an impossible value.
    """
    check_whole("n_actions", n_actions, 2)
    check_whole("n_units", n_units, 1)
    check_number("similarity", similarity, -1, 1)
    check_number("planted_share", planted_share, 0, 1)
    check_number("noise", noise, 0)
    performed, other = rng.standard_normal((2, n_units, n_actions))
    unrelated = np.sort(_r(performed, other, noise))
    planted = np.sort(_r(performed, similarity * performed + np.sqrt(1 - similarity**2) * other, noise))
    above_unrelated, above_planted = (1 - np.searchsorted(r, unrelated - TIE) / n_units for r in (unrelated, planted))
    called = planted_share * above_planted + (1 - planted_share) * above_unrelated
    passed = np.flatnonzero(above_unrelated <= ALPHA * called)
    return float(above_planted[passed[0]]) if len(passed) else 0.0


def _r(performed: np.ndarray, observed: np.ndarray, noise: float) -> np.ndarray:
    """Return r of units with these tunings (unit, action), all actions being equally frequent."""
    performed, observed = (tuning - tuning.mean(axis=1, keepdims=True) for tuning in (performed, observed))
    powers = [(tuning**2).mean(axis=1) + noise**2 for tuning in (performed, observed)]
    return (performed * observed).mean(axis=1) / np.sqrt(powers[0] * powers[1])
