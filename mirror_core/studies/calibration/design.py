"""The situations of the calibration page: networks without a shared code, and populations with and without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xarray as xr

from mirror_core.analysis import NULLS
from mirror_core.analysis.nulls import SAME_CODE
from mirror_core.checks import whole
from mirror_core.config.settings import Config
from mirror_core.recordings.of_networks import N_TEST
from mirror_core.runs.kept import analyse_runs
from mirror_core.studies.calibration.recorded import calibrate_run
from mirror_core.studies.calibration.simulated import Batch, calibrate_batch
from mirror_core.studies.grid import obtain_grid
from mirror_core.studies.measures.significance import TRUSTED

ACTIONS = tuple(range(3, 13))
"""Numbers of actions K of the populations."""
CURVES = (4, 6, 9, 12)
"""K with a power curve over all similarities; the others have unrelated and `STATED` populations."""
SIMILARITIES = (0.0, 0.5, 0.75, 0.9, 0.95, 1.0)
"""Tuning similarities of planted units; 0 plants nothing."""
STATED = 0.95
"""The similarity at which power is stated."""
CHUNK = 100
"""Populations that one worker process tests at a time, where there are many."""
EARLIER = "unit-mismatch"
"""The test that was trusted before: it compares all units, tuned or not, by r."""
N_DRAWS = 39
"""Draws of `TRUSTED` in planted populations: they decide which units are tuned, and here nearly all are."""
CODE_NULLS = [name for name, null in NULLS.items() if null.question == SAME_CODE]
"""Nulls that ask whether it is the same code in the same unit."""


@dataclass(frozen=True)
class Calibration:
    """What the nulls say in every situation; each value has p (network, null, alternative, correction, unit)."""

    without_code: dict[str, xr.Dataset]
    """Situations in which no unit has one code in both modes: networks and populations, all nulls."""
    planted: xr.Dataset
    """Populations in which some units do, with as many actions as the networks' world: all nulls."""
    sweep: dict[tuple[int, float], xr.Dataset]
    """(K, similarity) → populations: unrelated ones under the nulls that ask about the code, others under `TRUSTED`,
    and under `EARLIER` too where power is stated."""

    @property
    def unrelated(self) -> dict[int, xr.Dataset]:
        """K → populations of independent random tunings, under the nulls that ask about the code."""
        return {k: one for (k, similarity), one in self.sweep.items() if similarity == 0}

    @property
    def stated(self) -> dict[int, xr.Dataset]:
        """K → populations with planted units of similarity .95, under `TRUSTED` and `EARLIER`."""
        return {k: one for (k, similarity), one in self.sweep.items() if similarity == STATED}


def calibrate(
    base: Config,
    readings: Sequence[str],
    seeds: Sequence[int],
    *,
    n_populations: int,
    n_permutations: int,
    n_redraws: int,
    n_test: int = N_TEST,
    progress: bool = True,
) -> Calibration:
    """Ask every null in every situation; what the store has kept is taken from there.

    Parameters
    ----------
    base
        Configuration of the networks. Populations have as many units and timesteps, and `n_test` sequences.
    readings
        Each has separate cores of its own; untrained networks are the same under all.
    seeds
        One network each; as many populations stand beside them.
    """
    whole("n_test", n_test, 4)
    draws = {"n_permutations": n_permutations, "n_redraws": n_redraws}
    runs = obtain_grid(base, readings[:1], ["untrained"], seeds, progress=progress)
    runs |= obtain_grid(base, readings, ["separate-cores"], seeds, progress=progress)
    answers = analyse_runs(calibrate_run, list(runs.values()), progress=progress, n_test=n_test, **draws)
    tested = dict(zip(runs, answers, strict=True))

    def networks(reading: str, condition: str) -> xr.Dataset:
        return xr.concat([tested[reading, condition, seed] for seed in seeds], "network").assign_coords(network=seeds)

    without = {"untrained": networks(readings[0], "untrained")}
    without |= {f"separate cores, {reading}": networks(reading, "separate-cores") for reading in readings}

    size = {"n_units": base.network.hidden_size, "n_sequences": n_test, "n_timesteps": base.training.sequence_length}
    options = {"progress": progress} | draws
    compared = [Batch(seeds[0], base.world.n_actions, one, len(seeds), **size) for one in (0.0, STATED)]
    unrelated, planted = analyse_runs(calibrate_batch, compared, nulls=list(NULLS), **options)
    without["independent tunings"] = unrelated

    def populations(kinds: Sequence[tuple[int, float]], **options: Any) -> dict[tuple[int, float], xr.Dataset]:
        batches = [
            Batch(seeds[0], *kind, min(CHUNK, n_populations - first), **size, first=first)
            for kind in kinds
            for first in range(0, n_populations, CHUNK)
        ]
        parts: dict[tuple[int, float], list[xr.Dataset]] = {kind: [] for kind in kinds}
        for batch, part in zip(batches, analyse_runs(calibrate_batch, batches, **options), strict=True):
            parts[batch.n_actions, batch.similarity].append(part)
        # which units are planted is the same in all populations of a kind
        return {kind: xr.concat(some, "network", data_vars="minimal", compat="equals") for kind, some in parts.items()}

    sweep = populations([(k, 0.0) for k in ACTIONS], nulls=CODE_NULLS, **options)
    few = options | {"n_permutations": N_DRAWS}
    sweep |= populations([(k, STATED) for k in ACTIONS], nulls=[EARLIER, TRUSTED], **few)
    sweep |= populations([(k, s) for k in CURVES for s in SIMILARITIES if s not in (0, STATED)], nulls=[TRUSTED], **few)
    return Calibration(without, planted, sweep)
