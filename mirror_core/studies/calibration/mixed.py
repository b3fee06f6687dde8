"""Populations in which units differ: few of them tuned, noisier ones among them, tunings in a circle or a line.

What a test of single units calls there, many populations a situation, is measured by `mirror populations` and kept as
one table; the calibration page reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from mirror_core.analysis import null_test
from mirror_core.checks import MOST, whole
from mirror_core.recordings.simulated import TUNINGS, UNIT_NOISES, Population, simulate_population
from mirror_core.runs.kept import analyse_runs, code_of
from mirror_core.runs.store import RunStore
from mirror_core.seeding import stream
from mirror_core.studies.calibration.summary import ALPHA
from mirror_core.studies.data import read_data
from mirror_core.studies.measures.significance import passing

TESTS = ("unit-mismatch", "tuning-mismatch")
"""The tests compared, one-sided under BH: all units, and those that are tuned."""
N_UNITS, N_SEQUENCES, N_TIMESTEPS = 96, 100, 12
"""Size of a population: the units of the paper's core, a third of its held-out episodes."""
PLANTED = 0.3
"""Share of the tuned units with one code in both modes, where there are any."""
N_DRAWS = 999
"""Exchanges of labels that decide which units are tuned."""
CHUNK = 20
"""Populations that a worker process tests at a time."""


@dataclass(frozen=True)
class Situation:
    """How the units of a population differ, see `mirror_core.recordings.simulated.simulate_population`."""

    n_actions: int
    tuned_share: float
    tuning: str
    unit_noise: str
    planted_share: float


def situations() -> list[Situation]:
    """Return all situations: how many units are tuned; how, and how noisily; and the same with planted mirror units."""
    shares = product((3, 6, 12), (0.05, 0.1, 0.2, 0.5, 1.0), TUNINGS[:1], UNIT_NOISES[:1], (0.0,))
    kinds = product((6, 12), (0.1, 1.0), TUNINGS, UNIT_NOISES, (0.0,))
    planted = product((4, 6, 9, 12), (0.1, 1.0), TUNINGS[:1], UNIT_NOISES, (PLANTED,))
    return list(dict.fromkeys(Situation(*one) for one in (*shares, *kinds, *planted)))


@dataclass(frozen=True)
class Chunk:
    """Some populations of a situation."""

    situation: Situation
    seed: int
    first: int
    n_populations: int

    @property
    def fingerprint(self) -> str:
        """Name under which the analysis is kept: 20 hexadecimal digits."""
        return hashlib.sha256(f"{type(self).__name__} {astuple(self)}".encode()).hexdigest()[:20]


def try_populations(chunk: Chunk) -> pd.DataFrame:
    """Return one row for each population and test.

    Returns
    -------
    pandas.DataFrame
        The situation's columns; `population`; `test`; `tested` (share of units); `called` (share of the units without
        one code that have p ≤ .05, not corrected; a unit that is not tested is not called); `any_false` (whether BH
        calls any of these); `found` (share of the planted units that BH calls; NaN where none is planted) and
        `false_share` (share of those called that are not planted; 0 where none is called).
    """
    rows = []
    for index in range(chunk.first, chunk.first + chunk.n_populations):
        made = make(chunk.situation, chunk.seed, index)
        for test in TESTS:
            rng = stream(chunk.seed, f"mixed/{test}/{astuple(chunk.situation)}/{index}")
            found = null_test(
                made.perform, made.observe, test, N_DRAWS if test == TESTS[1] else 1, rng,
                actions=made.actions, alternative="greater",
            )  # fmt: skip
            passed = passing(found)
            n_false, n_called = int((passed & ~made.planted).sum()), int(passed.sum())
            rows.append(
                {
                    **{part.name: getattr(chunk.situation, part.name) for part in fields(Situation)},
                    "population": index,
                    "test": test,
                    "tested": float(np.isfinite(found.p).mean()),
                    "called": float((found.p[~made.planted] <= ALPHA).mean()),
                    "any_false": n_false > 0,
                    "found": float(passed[made.planted].mean()) if made.planted.any() else np.nan,
                    "false_share": n_false / max(1, n_called),
                }
            )
    return pd.DataFrame(rows)


def make(situation: Situation, seed: int, index: int) -> Population:
    """Return a population; it depends on the situation, the seed and its place alone."""
    return simulate_population(
        situation.n_actions, stream(seed, f"mixed/made/{astuple(situation)}/{index}"),
        tuned_share=situation.tuned_share, tuning=situation.tuning, unit_noise=situation.unit_noise,
        planted_share=situation.planted_share, n_units=N_UNITS, n_sequences=N_SEQUENCES, n_timesteps=N_TIMESTEPS,
    )  # fmt: skip


def chunks(seed: int, n_populations: int) -> Iterator[Chunk]:
    """Yield all that is to be tested, in parts."""
    for situation in situations():
        for first in range(0, n_populations, CHUNK):
            yield Chunk(situation, seed, first, min(CHUNK, n_populations - first))


def measure_mixed(
    seed: int, n_populations: int, *, store: RunStore | None = None, progress: bool = True
) -> pd.DataFrame:
    """Test the populations of all situations; what the store has kept is taken from there.

    Raises
    ------
    OptionError
        For less than one population.
    """
    whole("n_populations", n_populations, 1, MOST)
    parts = analyse_runs(try_populations, list(chunks(seed, n_populations)), store=store, progress=progress)
    table = pd.concat(parts, ignore_index=True)
    table.attrs |= {"seed": seed, "n_populations": n_populations, "code": code_of(try_populations)}
    return table


def read_mixed(path: Path) -> pd.DataFrame:
    """Read a table of `measure_mixed`.

    Raises
    ------
    OptionError
        If it cannot be read or is another table.
    """
    wanted = [*(part.name for part in fields(Situation)), "population", "test", "any_false", "found"]
    return read_data(path, wanted, "mirror populations makes one.")
