"""The power of these very data: what the test would find in them if some of their units were mirror units."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.analysis import RecordingError
from mirror_core.analysis.nulls.tuning_mismatch import compare
from mirror_core.analysis.tuning import Tuning, tuning_length
from mirror_core.recordings.cleaned import Recordings
from mirror_core.seeding import stream
from mirror_core.studies.measures.significance import TRUSTED, passing
from mirror_core.studies.report.responses import need_repeats
from mirror_core.studies.report.results import Section, Settings
from mirror_core.studies.report.units import impossible

SIMULATIONS = 100
"""Populations behind the power."""
SIMILARITY, PLANTED = 0.95, 0.3
"""Mirror units of the power: similarity of their true tunings, and their share of the units tuned in both modes."""


def power(recordings: Recordings, settings: Settings) -> Section:
    """Say what the test would find if some of these units were mirror units: with their tunings, noise and number."""
    modes = need_repeats(recordings, settings)
    if reason := impossible(TRUSTED, recordings, settings):
        raise RecordingError(reason)
    tuned = [np.flatnonzero(one.tuned) for one in modes]
    both = np.intersect1d(*tuned)
    found = 0.0
    if len(both) > 1:
        rng = stream(settings.seed, "report/power")
        found = float(np.mean([_share_found(modes, tuned, both, settings, rng) for _ in range(SIMULATIONS)]))
    n_planted = max(1, round(PLANTED * len(both))) if len(both) else 0
    row = {"tuned in both modes": len(both), "planted": n_planted, "share found": found, "populations": SIMULATIONS}
    return Section(
        "power",
        "Would mirror units be found in such data?",
        f"Simulated populations with the kinds of tunings, reliabilities and numbers of tuned units of these data, in "
        f"which {100 * PLANTED:.0f} % of the units tuned in both modes are mirror units (a similarity of {SIMILARITY}, "
        "as on the calibration page) and the tunings of the others are unrelated: the mean share of these that tuning "
        "mismatch finds.",
        pd.DataFrame([row]),
        found={"power": found, "both": len(both)},
    )


def _share_found(
    modes: tuple[Tuning, Tuning], tuned: list[np.ndarray], both: np.ndarray, settings: Settings,
    rng: np.random.Generator,
) -> float:  # fmt: skip
    """Plant mirror units in a population like this one, add its noise, and return the share of them that is found."""
    n_units = len(modes[0].p)
    planted = rng.permutation(both)[: max(1, round(PLANTED * len(both)))]
    true, other = (
        [_like(one.means[:, units], n_units, rng) for one, units in zip(modes, tuned, strict=True)] for _ in range(2)
    )
    mixed = SIMILARITY * true[0] + np.sqrt(1 - SIMILARITY**2) * other[1]
    true[1][:, planted] = tuning_length(mixed)[:, planted]
    drawn = []
    for one, own in zip(modes, true, strict=True):
        noise = tuning_length(rng.standard_normal(own.shape))
        seen = np.sqrt(one.reliability) * own + np.sqrt(1 - one.reliability) * noise
        drawn.append(Tuning(seen - seen.mean(axis=0), one.reliability, np.where(one.tuned, 0.0, 1.0)))
    test = compare(*drawn, 1, rng).test(TRUSTED, "greater")
    found = np.zeros(n_units, bool)
    if np.isfinite(test.p).any():
        found = passing(test, settings.alpha)
    return float(found[planted].mean())


def _like(
    means: Float[np.ndarray, "action unit"], n: int, rng: np.random.Generator
) -> Float[np.ndarray, "action other"]:
    """Return independent tunings that lie in the same directions as given ones: in a circle, if these do."""
    lengths = tuning_length(means)
    return tuning_length(lengths @ rng.standard_normal((lengths.shape[1], n)))
