"""What the claims ask of a network beyond r and decoders: tests of its units, their lags, anti-mirror units,
lesions."""

from typing import TypedDict

import numpy as np
from jaxtyping import Float

from mirror_core.analysis import NullTest, congruence, lag_test, null_test
from mirror_core.arrays import MODES
from mirror_core.checks import whole
from mirror_core.recordings.chosen import Chosen, both_modes, choose_units
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.seeding import stream
from mirror_core.studies.measures.lesions import against_draws, lesion_effects
from mirror_core.studies.measures.significance import TRUSTED, passing
from mirror_core.studies.measures.tasks import ABLATIONS

TOP_UNITS, ANTI_UNITS = 10, 3
"""How many units count as a network's most mirror-like, and as its most negative."""
MAX_LAG, NEAR_ZERO = 5, 1
"""Lags looked at, and those near zero, in timesteps."""
MIRROR_SHARE = 0.1
"""Share of the units that a lesion takes away: those with the largest r."""


class Probe(TypedDict):
    """What was found on one network."""

    values: dict[str, float]
    """Quantity → value; NaN where the network has none."""
    units: dict[str, list[float]]
    """Quantity → values of the units whose mean is the network's value."""


def probe(run: Run, n_test: int, n_permutations: int, n_lesions: int) -> Probe:
    """Probe a run's network on `n_test` held-out episodes, by so many draws of each null, and lesions of random sets.

    Raises
    ------
    OptionError
        For fewer than four episodes, or less than one draw or set.
    """
    whole("n_test", n_test, 4)
    whole("n_lesions", n_lesions, 1)
    seed = run.config.seed
    recording = record(run.network, heldout_episodes(run.config, n_test))
    values = significant_units(*both_modes(recording), recording.action.values, n_permutations, seed)
    lags = probe_lags(run, n_test, n_permutations)
    values |= lags["values"]
    anti = choose_units(recording, ANTI_UNITS, seed, sign=-1)
    opposed, values["anti_congruence"] = opposition(anti, seed)
    values["opposed"] = _mean(opposed)
    units = lags["units"] | {"opposed": opposed.tolist()}
    return Probe(values=values | lesion_costs(run, n_test, n_lesions), units=units)


def probe_lags(run: Run, n_test: int, n_permutations: int) -> Probe:
    """Probe the lags alone, of a network that is a control for those: `probe` finds the same for them."""
    whole("n_test", n_test, 4)
    recording = record(run.network, heldout_episodes(run.config, n_test))
    near, near_null = near_zero_lag(
        choose_units(recording, TOP_UNITS, run.config.seed), n_permutations, run.config.seed
    )
    values = {"near_zero_lag": _mean(near), "near_zero_lag_excess": _mean(near) - near_null}
    return Probe(values=values, units={"near_zero_lag": near.tolist()})


def significant_units(
    perform: np.ndarray, observe: np.ndarray, actions: np.ndarray, n_permutations: int, seed: int
) -> dict[str, float]:
    """Return how many units pass each test of the claims, see `mirror_core.studies.measures.significance`."""

    def test(null: str, alternative: str) -> NullTest:
        rng = stream(seed, f"claims/{null}/{alternative}")
        return null_test(perform, observe, null, n_permutations, rng, actions=actions, alternative=alternative)

    asked = {
        # max-T controls the family-wise error as Bonferroni does, without needing thousands of draws to pass any unit
        "row_units": ("row", "greater", "max-t"),
        "sequence_units": ("sequence", "greater", "max-t"),
        "same_code_units": (TRUSTED, "greater", "bh"),
        "anti_units": (TRUSTED, "less", "bh"),
    }
    found = {}
    for name, (null, alternative, correction) in asked.items():
        found[name] = float(np.sum(passing(test(null, alternative), correction=correction)))
    return found


def near_zero_lag(top: Chosen, n_permutations: int, seed: int) -> tuple[Float[np.ndarray, " unit"], float]:
    """Return which units (1 or 0) have their largest r near lag zero, and the share that do when episodes are
    re-paired.

    r is timestep-centred, on episodes that did not choose the units.
    """
    perform, observe = both_modes(top.of_units)
    max_lag = min(MAX_LAG, perform.shape[1] - 1)
    found = lag_test(perform, observe, max_lag, n_permutations, stream(seed, "lag null"))
    near = np.abs(found.r.lag.values) <= NEAR_ZERO
    observed = near[found.r.fillna(-np.inf).values.argmax(axis=0)].astype(float)
    observed[found.r.isnull().all("lag").values] = np.nan
    by_chance = near[found.null.fillna(-np.inf).values.argmax(axis=1)]
    return observed, float(by_chance.mean())


def opposition(anti: Chosen, seed: int) -> tuple[Float[np.ndarray, " unit"], float]:
    """Return which units (1 or 0) are above rest in one mode and below it in the other, and their mean congruence
    index.

    Above rest: a mean activation over episodes and timesteps above zero, the state in which an episode starts.
    """
    perform, observe = both_modes(anti.of_units)
    product = perform.mean(axis=(0, 1), dtype=float) * observe.mean(axis=(0, 1), dtype=float)
    found = congruence(perform, observe, anti.recording.action.values, 1, stream(seed, "claims/congruence"))
    return (product < 0).astype(float), _mean(found.test.observed)


def lesion_costs(run: Run, n_test: int, n_lesions: int) -> dict[str, float]:
    """Return how much more each mode loses without its most mirror-like units than without random ones.

    The most mirror-like are compared with sets matched in size and variance; the most negative units, held at their
    mean, with sets of the same size. NaN where the network has too few units with a negative r.
    """
    n_top = max(1, round(MIRROR_SHARE * run.config.network.hidden_size))
    effects = against_draws(lesion_effects(run, n_test, n_lesions, sorted({n_top, ANTI_UNITS})))
    excess = effects.set_index(["group", "null", "ablation", "n_units", "mode"]).excess
    found = {}
    for mode in MODES:
        for ablation in ABLATIONS:
            found[f"lesion_{mode}_{ablation}"] = excess.get(("top", "variance-matched", ablation, n_top, mode), np.nan)
        found[f"anti_lesion_{mode}"] = excess.get(("anti", "random", "mean", ANTI_UNITS, mode), np.nan)
    return {name: float(value) for name, value in found.items()}


def _mean(values: Float[np.ndarray, " unit"]) -> float:
    """Return the mean over units that have a value; NaN if none has."""
    finite = np.isfinite(values)
    return float(values[finite].mean()) if finite.any() else np.nan
