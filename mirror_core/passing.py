"""How many units of a network pass each test of the main result, under each correction."""

from __future__ import annotations

from mirror_core.analysis import null_test
from mirror_core.examples import both_modes
from mirror_core.recording import heldout_episodes, record
from mirror_core.runs import Run
from mirror_core.seeding import stream

NULLS = ("row", "sequence", "unit-mismatch")
"""The paper's test, the one that keeps the time course, and the one that asks for the same code in the same unit."""

CORRECTIONS = ("none", "bh", "bonferroni")
"""Those that the paper names, and none."""

ALPHA = 0.05


def passing_units(run: Run, n_test: int, n_permutations: int) -> dict[str, dict[str, float]]:
    """Return null → correction → share of units with a two-sided p of at most .05.

    Parameters
    ----------
    n_test
        Held-out episodes.
    n_permutations
        Draws of each null.
    """
    perform, observe = both_modes(record(run.network, heldout_episodes(run.config, n_test)))
    found = {}
    for null in NULLS:
        test = null_test(perform, observe, null, n_permutations, stream(run.config.seed, f"null/{null}"))
        found[null] = {name: float(test.significant(ALPHA, name).mean()) for name in CORRECTIONS}
    return found
