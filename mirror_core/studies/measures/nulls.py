"""How many units of a network pass each test of the main result, under each correction."""

import numpy as np

from mirror_core.analysis import null_test
from mirror_core.recordings.chosen import Chosen, both_modes
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.seeding import stream
from mirror_core.studies.measures.significance import ALPHA, TRUSTED

NULL_NAMES = {
    "row": "rows shuffled (the paper's test)",
    "sequence": "episodes shuffled",
    "tuning-mismatch": "tuning mismatch",
}
"""The nulls of the page, and how it calls them: the paper's test, the one that keeps the time course, and the one that
asks for the same code in the same unit."""

CORRECTIONS = {"none": "uncorrected", "bh": "FDR (Benjamini–Hochberg)", "bonferroni": "Bonferroni"}
"""Those that the paper names, and none, and how the page calls them."""


def passing_units(run: Run, n_test: int, n_permutations: int) -> dict[str, dict[str, float]]:
    """Return null → correction → share of units with a two-sided p ≤ .05 on `n_test` held-out episodes."""
    recording = record(run.network, heldout_episodes(run.config, n_test))
    actions = recording.action.values
    found = {}
    for null in NULL_NAMES:
        rng = stream(run.config.seed, f"null/{null}")
        test = null_test(*both_modes(recording), null, n_permutations, rng, actions=actions)
        found[null] = {name: float(test.significant(ALPHA, name).mean()) for name in CORRECTIONS}
    return found


def null_draws(
    examples: dict[str, Chosen], n_permutations: int, seed: int
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, dict[str, float]], dict[str, int]]:
    """Return what Fig. 2A draws: null draws and what was observed, by reading and null, and the first chosen unit.

    Observed is r, under tuning mismatch the correlation of tunings: NaN, without draws, for a unit that is not tuned.
    """
    draws, observed, units = {}, {}, {}
    for reading, chosen in examples.items():
        units[reading] = unit = chosen.units[0]
        draws[reading], observed[reading] = {}, {}
        for null, name in NULL_NAMES.items():
            # a single unit for nulls that shuffle its events; all of them for one that compares units
            of = chosen.recording if null == TRUSTED else chosen.recording.sel(unit=[unit])
            place = list(of.unit.values).index(unit)
            rng, actions = stream(seed, f"null/{null}/example"), of.action.values
            test = null_test(*both_modes(of), null, n_permutations, rng, actions=actions)
            draws[reading][name] = test.null[:, place]
            observed[reading][name] = float(test.observed[place])
    return draws, observed, units
