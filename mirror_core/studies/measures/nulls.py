"""How many units of a network pass each test of the main result, under each correction."""

import numpy as np

from mirror_core.analysis import null_test
from mirror_core.recordings.chosen import Chosen, both_modes
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run
from mirror_core.seeding import stream
from mirror_core.studies.measures.significance import ALPHA

NULL_NAMES = {
    "row": "rows shuffled (the paper's test)",
    "sequence": "episodes shuffled",
    "tuning-mismatch": "tuned units shuffled",
}
"""The nulls of the page, and how it calls them: the paper's test, the one that keeps the time course, and the one that
asks for the same code in the same unit."""

DRAWN_NULLS = ("row", "sequence")
"""Those that Fig. 2A draws: nulls of a single unit."""

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
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, float], dict[str, int]]:
    """Return what Fig. 2A draws: null draws, observed r and number of the first chosen unit, by reading."""
    draws, observed, units = {}, {}, {}
    for reading, chosen in examples.items():
        unit = chosen.units[0]
        perform, observe = both_modes(chosen.recording.sel(unit=[unit]))
        tests = {
            null: null_test(perform, observe, null, n_permutations, stream(seed, f"null/{null}/example"))
            for null in DRAWN_NULLS
        }
        draws[reading] = {NULL_NAMES[null]: test.null[:, 0] for null, test in tests.items()}
        observed[reading], units[reading] = float(tests[DRAWN_NULLS[0]].observed[0]), unit
    return draws, observed, units
