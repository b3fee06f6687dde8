"""The tests that every experiment shares: does the same unit do the same, and does a code of the action carry over?

A pair of recordings is made of the same actions once done and once shown, the other input absent or unrelated. Units go
through the test to trust, decoders across modes through relabelled actions, as in the paper's experiment.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from mirror_core.analysis import cross_decoding, null_test, unit_correlation
from mirror_core.arrays import MODES
from mirror_core.seeding import stream
from mirror_core.studies.measures import Measure, register
from mirror_core.studies.measures.base import CORRELATION, COUNT, SHARE
from mirror_core.studies.measures.decoding import ACROSS, MAIN_DECODER
from mirror_core.studies.measures.significance import ALPHA, TRUSTED, passing

N_DRAWS = 999
"""Exchanges of labels that decide which units are tuned, and relabellings of actions."""

MIRRORING = ("mirror_units", "mirror_share", "mean_r", "code_gain", "code_p")
"""What `mirroring` measures, by name."""

_TUNED = "tuned units paired with other tuned units"
_RELABELLED = "actions relabelled"

register(Measure("mirror_units", "units with the same tuning in both modes", COUNT, _TUNED, digits=1))
register(Measure("mirror_share", "share of units with the same tuning in both modes", SHARE, _TUNED))
register(Measure("mean_r", "mean r of the units, without timestep means", CORRELATION, _TUNED))
register(
    Measure(
        "code_gain", "decoding across modes, the worse way: balanced accuracy minus chance", CORRELATION, _RELABELLED
    )
)
register(Measure("code_p", "p of that among renamings of the actions, the larger way", SHARE, _RELABELLED, sign=-1))


def mean_r(perform: Float[np.ndarray, "sequence time unit"], observe: Float[np.ndarray, "sequence time unit"]) -> float:
    """Return the mean r of the units that vary in both modes, without timestep means; NaN if none does."""
    r = unit_correlation(perform, observe, centre_timesteps=True)
    return float(np.nanmean(r)) if np.isfinite(r).any() else np.nan


def mirroring(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    actions: Int[np.ndarray, "sequence time"],
    seed: int,
    name: str,
    *,
    n_draws: int = N_DRAWS,
) -> dict[str, float]:
    """Test a pair of recordings of the same actions.

    Parameters
    ----------
    perform, observe
        Activations while the actions are done, and while they are shown.
    actions
        The action of each timestep, any integers. How often each occurs does not matter: units are compared by their
        mean responses, decoders by balanced accuracy.
    seed
        Of the learner; with `name`, decides every random draw.
    name
        Of the experiment and condition.

    Returns
    -------
    dict
        `mirror_units` and `mirror_share`, which units pass the test to trust, one-sided at a false discovery rate of
        .05 (NaN with so few units that none could, whatever they did); `mean_r`, over units that vary in both modes
        (NaN if none does); of decoders from one mode to the other, the worse way: `code_gain`, balanced accuracy minus
        chance, and `code_p`, the larger p among renamings.

    Raises
    ------
    RecordingError
        If the arrays do not fit together, or there are fewer than four sequences.
    """
    found = null_test(
        perform, observe, TRUSTED, n_draws, stream(seed, f"{name}/{TRUSTED}"),
        actions=actions, alternative="greater",
    )  # fmt: skip
    passed = passing(found)
    n_units = len(passed)
    testable = n_units > 1 and 1 / (1 + n_units * (n_units - 1)) <= ALPHA  # p of a unit beyond all pairs of others
    transfer = cross_decoding(
        perform, observe, actions, stream(seed, f"{name}/decoding"), MAIN_DECODER, n_permutations=n_draws
    )
    ways = [(MODES.index(train), MODES.index(test)) for train, test in ACROSS]
    chance = 1 / len(np.unique(actions))
    return {
        "mirror_units": float(passed.sum()) if testable else np.nan,
        "mirror_share": float(passed.mean()) if testable else np.nan,
        "mean_r": mean_r(perform, observe),
        "code_gain": float(min(transfer.balanced[way] for way in ways) - chance),
        "code_p": float(max(transfer.relabelled_p[way] for way in ways)),
    }
