"""The evidence: for every network the quantities that the claims name, measured once and kept beside the runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from mirror_core.analysis import DECODERS
from mirror_core.arrays import MODES
from mirror_core.config.conditions import configure
from mirror_core.config.paper import MODERATE_THRESHOLD, STRONG_THRESHOLD
from mirror_core.config.settings import Config
from mirror_core.recordings.of_networks import N_TEST
from mirror_core.runs.files import digest_of_file
from mirror_core.runs.kept import analyse_runs
from mirror_core.runs.making import obtain
from mirror_core.runs.store import Run, RunStore
from mirror_core.studies.claims.probing import Probe, probe, probe_lags
from mirror_core.studies.data import DATA
from mirror_core.studies.grid import seeds_from
from mirror_core.studies.measures import MEASURES, Measure
from mirror_core.studies.measures.basic import measure_run
from mirror_core.studies.measures.decoding import ACROSS, above_chance_name
from mirror_core.studies.measures.shares import measured_on_r
from mirror_core.studies.measures.tasks import ABLATIONS

BEYOND_R = (
    *(above_chance_name(decoder, train, test) for decoder in DECODERS for train, test in ACROSS),
    "row_units",
    "sequence_units",
    "same_code_units",
    "anti_units",
    "near_zero_lag",
    "near_zero_lag_excess",
    "opposed",
    "anti_congruence",
    *(f"lesion_{mode}_{ablation}" for mode in MODES for ablation in ABLATIONS),
    *(f"anti_lesion_{mode}" for mode in MODES),
)
"""What is measured beside the functions of r."""

OF_CHOICES = "strong_of_choices"
"""The share of strong units, of the networks of the specification table's random sample."""


def of_r() -> list[Measure]:
    """Return every measure that is a function of r."""
    return [measure for measure in MEASURES.values() if measure.of_r]


def claimable() -> list[str]:
    """Return the names of everything that a claim may measure."""
    return [*(measure.name for measure in of_r()), *BEYOND_R, OF_CHOICES]


OF_UNITS = ("strong", "moderate", "near_zero_lag", "opposed")
"""Those that are means over units, whose values are kept."""

PROBED = ("shared",)
"""Conditions whose networks are probed beyond r and decoders."""
TIMED = ("untrained", "separate-cores")
"""Those whose lags are measured, as controls."""
MORE_SEEDS = ("shared", "separate-cores")
"""Conditions of which there are more networks."""

CHOICES = DATA / "specification.parquet"
"""The specification table, where the checkout has it."""

CHOICES_SWEEP = "specification-gru"
"""Its random sample of the paper's core: not other cores, nor the paper's own settings again."""


@dataclass(frozen=True)
class Evidence:
    """What the verdicts are computed from."""

    networks: pd.DataFrame
    """One row a network, index (reading, condition, seed): its quantities (NaN where not measured), and `run`, its
    fingerprint."""
    units: dict[str, dict[tuple[str, str, int], np.ndarray]]
    """Quantity → network → values of the units whose mean is the network's value."""
    choices: dict[str, np.ndarray]
    """Reading → `strong` of the networks of the specification table's random sample."""
    settings: dict[str, object]
    """What was asked for: seeds, sizes and numbers of draws."""
    runs: dict[tuple[str, str, int], Run]

    def values(self, quantity: str, reading: str, condition: str) -> pd.Series:
        """Return one value a network, indexed by seed; of the specification table, by number."""
        if quantity == OF_CHOICES:
            return pd.Series(self.choices.get(reading, []), dtype=float)
        if (reading, condition) not in self.networks.index.droplevel("seed"):
            return pd.Series(dtype=float)
        return self.networks.loc[(reading, condition), quantity]

    def fingerprints(self, reading: str, conditions: Sequence[str]) -> list[str]:
        """Return the runs of some conditions under a reading."""
        chosen = (c for c in conditions if (reading, c) in self.networks.index.droplevel("seed"))
        return [run for condition in chosen for run in self.networks.loc[(reading, condition), "run"]]


def claim_grid(
    base: Config, readings: Sequence[str], conditions: Sequence[str], seed: int, n_seeds: int, n_seeds_shared: int
) -> dict[tuple[str, str, int], Config]:
    """Return the configurations of all networks behind the claims: `n_seeds` of each control, and of the conditions in
    `MORE_SEEDS` `n_seeds_shared` where these are more."""
    return {
        (reading, condition, one): configure(base.change(seed=one), reading, condition)
        for reading in readings
        for condition in conditions
        for one in seeds_from(seed, max(n_seeds, n_seeds_shared) if condition in MORE_SEEDS else n_seeds)
    }


def gather(
    grid: dict[tuple[str, str, int], Config],
    n_test: int = N_TEST,
    n_permutations: int = 400,
    n_lesions: int = 10,
    *,
    choices: Path | None = CHOICES,
    store: RunStore | None = None,
    progress: bool = True,
) -> Evidence:
    """Measure every network of a grid, training those that the store lacks.

    Parameters
    ----------
    choices
        The specification table in Parquet; None or a file that is not there: no network of other settings.
    """
    store = RunStore() if store is None else store
    runs = dict(zip(grid, obtain(list(grid.values()), store, progress=progress), strict=True))
    measured = analyse_runs(measure_run, list(runs.values()), store=store, progress=progress, n_test=n_test)
    probed = {key: run for key, run in runs.items() if key[1] in PROBED}
    probes = analyse_runs(
        probe, list(probed.values()), store=store, progress=progress,
        n_test=n_test, n_permutations=n_permutations, n_lesions=n_lesions,
    )  # fmt: skip
    probes_of = dict(zip(probed, probes, strict=True))
    timed = {key: run for key, run in runs.items() if key[1] in TIMED}
    lags = analyse_runs(
        probe_lags, list(timed.values()), store=store, progress=progress, n_test=n_test, n_permutations=n_permutations
    )
    probes_of |= dict(zip(timed, lags, strict=True))
    rows, units = [], {name: {} for name in OF_UNITS}
    for (key, run), measures in zip(runs.items(), measured, strict=True):
        values, of_units = network_evidence(measures, probes_of.get(key))
        rows.append({"run": run.fingerprint} | values)
        for name, one in of_units.items():
            units[name][key] = one
    index = pd.MultiIndex.from_tuples(list(runs), names=["reading", "condition", "seed"])
    networks = pd.DataFrame(rows, index=index).reindex(columns=["run", *claimable()]).sort_index()
    settings = {
        "configuration": next(iter(grid.values())).change(seed=0).fingerprint()[:12],
        "choices": digest_of_file(choices)[:12] if choices and choices.is_file() else None,
        "seeds": sorted({key[2] for key in grid}),
        "n_networks": len(grid),
        "hidden_size": next(iter(grid.values())).network.hidden_size,
        "n_test": n_test, "n_permutations": n_permutations, "n_lesions": n_lesions,
    }  # fmt: skip
    return Evidence(networks, units, read_choices(choices), settings, runs)


def network_evidence(measures: xr.Dataset, probed: Probe | None) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return the quantities of one network, and the values of its units behind some of them.

    Parameters
    ----------
    probed
        What `mirror_core.studies.claims.probing.probe` returns; None where the network was not probed.
    """
    r = measures.r.sel(centring="raw").values
    values = measured_on_r(r, of_r())
    for decoder, (train, test) in product(DECODERS, ACROSS):
        accuracy = measures.accuracy.sel(decoder=decoder, train_mode=train, test_mode=test)
        values[above_chance_name(decoder, train, test)] = accuracy.item() - measures.chance.item()
    defined = np.where(np.isfinite(r), 1.0, np.nan)
    units = {"strong": defined * (r > STRONG_THRESHOLD), "moderate": defined * (np.abs(r) > MODERATE_THRESHOLD)}
    if probed is not None:
        values |= probed["values"]
        units |= {name: np.array(one) for name, one in probed["units"].items()}
    return values, units


def read_choices(path: Path | None) -> dict[str, np.ndarray]:
    """Return, for each reading, `strong` of every network of the specification table's random sample of GRUs."""
    if path is None or not path.is_file():
        return {}
    table = pd.read_parquet(path, columns=["sweep", "reading", "strong_raw"])
    table = table[(table.sweep == CHOICES_SWEEP) & table.strong_raw.notna()]
    return {reading: one.to_numpy(dtype=float) for reading, one in table.strong_raw.groupby(table.reading)}
