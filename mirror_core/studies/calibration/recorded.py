"""Every unit of a recording under every null, with both alternatives and every correction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int

from mirror_core.analysis import CORRECTIONS, NULLS, NullTest
from mirror_core.analysis.nulls.base import Request
from mirror_core.analysis.significance import permutation_p, pooled_p
from mirror_core.analysis.validation import checked_actions, checked_pair
from mirror_core.arrays import CENTRINGS, MODES
from mirror_core.checks import one_of, whole
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.seeding import stream

SIDES = ("two-sided", "greater")
"""Alternatives that are calibrated: mirror and anti-mirror units together, and mirror units alone."""
ONE_BY_ONE = ("row", "pseudosession")
"""Nulls whose every draw passes through the recordings again."""
CENTRED_ANYHOW = ("tuning-mismatch",)
"""Nulls that remove the mean of each timestep whatever is asked."""


def ask_nulls(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    actions: Int[np.ndarray, "sequence time"],
    rng: np.random.Generator,
    *,
    nulls: Sequence[str] = tuple(NULLS),
    n_permutations: int,
    n_redraws: int,
    fresh: Iterable[Float[np.ndarray, "sequence time unit"]] | None = None,
    centre_timesteps: bool = False,
) -> xr.Dataset:
    """Test every unit against each null, drawn once for both alternatives.

    Parameters
    ----------
    perform, observe, actions
        A recording in both modes and the action at each timestep.
    nulls
        Names in `mirror_core.analysis.NULLS`.
    n_permutations
        Draws of nulls that need the recordings once.
    n_redraws
        Draws of those that pass through them each time (`ONE_BY_ONE`). α = .05 is met exactly by 19, 39, 59, …
    fresh
        At least `n_redraws` recordings of observing fresh episodes, for the pseudosession null.
    centre_timesteps
        See `mirror_core.analysis.unit_correlation`.

    Returns
    -------
    xarray.Dataset
        `p` (null, alternative, correction, unit) and `observed` (null, unit), the tested statistic: what
        `mirror_core.analysis.null_test` gives.

    Raises
    ------
    RecordingError, OptionError
        As `mirror_core.analysis.null_test`.
    """
    whole("n_permutations", n_permutations, 1)
    whole("n_redraws", n_redraws, 1)
    perform, observe = checked_pair(perform, observe)
    actions = checked_actions(actions, perform.shape)
    p = np.empty((len(nulls), len(SIDES), len(CORRECTIONS), perform.shape[2]))
    observed = np.empty((len(nulls), perform.shape[2]))
    for i, null in enumerate(nulls):
        one_of("null", null, NULLS)
        n_draws = n_redraws if null in ONE_BY_ONE else n_permutations
        drawn = NULLS[null].answer(Request(perform, observe, n_draws, rng, actions, fresh, centre_timesteps))
        observed[i] = drawn.observed
        for j, side in enumerate(SIDES):
            if drawn.pool is None:
                uncorrected = permutation_p(drawn.observed, drawn.null, side)
            else:
                uncorrected = pooled_p(drawn.observed, drawn.pool, side)
            test = NullTest(null, side, drawn.observed, drawn.null, uncorrected, drawn.pool is not None)
            p[i, j] = [test.corrected(correction) for correction in CORRECTIONS]
    coords = {"null": list(nulls), "alternative": list(SIDES), "correction": list(CORRECTIONS)}
    return xr.Dataset(
        {"p": (("null", "alternative", "correction", "unit"), p), "observed": (("null", "unit"), observed)}, coords
    )


def calibrate_run(run: Run, n_test: int, n_permutations: int, n_redraws: int) -> xr.Dataset:
    """Test every unit of a network on `n_test` held-out episodes, see `ask_nulls`, for each centring.

    Nulls `CENTRED_ANYHOW` have p NaN under "timestep-centred", where they would say the same again.
    The pseudosession null observes `n_redraws` other sets of as many episodes from the same world.
    """
    recording = record(run.network, heldout_episodes(run.config, n_test))
    perform, observe = (recording.sel(mode=mode).values for mode in MODES)
    fresh = [_observed(run, n_test, f"pseudosession {i}") for i in range(n_redraws)]
    found = [
        ask_nulls(
            perform, observe, recording.action.values, stream(run.config.seed, "calibration"),
            nulls=[name for name in NULLS if not (centre and name in CENTRED_ANYHOW)],
            n_permutations=n_permutations, n_redraws=n_redraws, fresh=fresh, centre_timesteps=centre,
        ).reindex(null=list(NULLS))
        for centre in CENTRINGS.values()
    ]  # fmt: skip
    return xr.concat(found, "centring").assign_coords(centring=list(CENTRINGS))


def _observed(run: Run, n_test: int, name: str) -> Float[np.ndarray, "sequence time unit"]:
    """Return a network's activations while it observes fresh episodes: half of what `record` computes."""
    episodes = heldout_episodes(run.config, n_test, name)
    with torch.no_grad():
        drive = run.network.drive(None, torch.from_numpy(episodes.sensations))
        return run.network.hidden(run.network.core_of("observe"), drive).numpy()
