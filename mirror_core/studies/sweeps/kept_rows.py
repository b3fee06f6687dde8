"""The row of a run: what was measured on its network, kept beside the store's runs as soon as it is known.

A row is one small file, `<store>/measures/<two digits>/<run>-<analysis>.json`, named by the run's fingerprint and
that of the code that measures, and kept as all results are (`mirror_core.runs.kept`): JSON below a line with its
checksum. A row needs no weights: thousands of runs can be kept as rows only.
"""

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mirror_core.analysis import DECODERS, null_test, unit_correlation
from mirror_core.arrays import MODES
from mirror_core.config.paper import MODERATE_THRESHOLD, STRONG_THRESHOLD
from mirror_core.config.settings import Config
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.kept import code_of, load_result, save_result
from mirror_core.runs.making import make
from mirror_core.runs.store import Run, RunStore, run_fingerprint
from mirror_core.runs.workers import one_thread
from mirror_core.seeding import stream
from mirror_core.studies.measures.basic import measure_one
from mirror_core.studies.measures.decoding import ACROSS, TRANSFERS, accuracy_name, same_code_name
from mirror_core.studies.measures.shares import HEADLINE, N_EXCLUDED, measured_on_r
from mirror_core.studies.measures.significance import TRUSTED, passing
from mirror_core.studies.measures.tasks import LOSSES

_CENTRINGS = {"raw": "raw", "timestep-centred": "centred"}
_OF_R = (*HEADLINE, N_EXCLUDED)
_AGAINST_LUCK = ("mean", "strong_passing", "strong_mismatched", "moderate_mismatched")
N_DRAWS, N_MISMATCHES = 999, 100
"""Exchanges of actions that decide which units are tuned; and random pairings of each unit with another, over which
the share of mismatched units beyond a threshold is formed."""

_BY_CENTRING = (*(measure.name for measure in _OF_R), *_AGAINST_LUCK)

COLUMNS = (
    *(f"{name}_{centring}" for centring in _CENTRINGS.values() for name in _BY_CENTRING),
    "passing",
    *(accuracy_name(decoder, train, test) for decoder in DECODERS for train, test in TRANSFERS),
    *(same_code_name(decoder, train, test) for decoder in DECODERS for train, test in ACROSS),
    "chance",
    *(f"loss_{loss}" for loss in LOSSES),
)
"""What a row tells about a network, from raw and from timestep-centred r: the paper's headline numbers, `strong` …
`smallest`; the mean r; the share of units with r > .75 that pass the test to trust; and the shares of *mismatched*
pairs of units beyond the paper's thresholds, `strong_mismatched` and `moderate_mismatched`: what luck alone would
give. Then the share that passes, whatever its r. All shares are over units whose r is defined. Then accuracy of each
decoder by the modes that it learnt from and was tested on; its p among relabellings of the actions, across modes;
accuracy of always naming the most frequent action; the last held-out loss of each pass and objective, NaN for those
that the network does not have."""


@dataclass(frozen=True)
class Row:
    """What is kept of one measured run."""

    run: str
    """Fingerprint of the run."""
    config: dict[str, Any]
    """What `Config.to_dict` returns."""
    measures: dict[str, float]
    """A value for each of `COLUMNS`."""
    provenance: dict[str, Any]
    """How the network was trained, see `mirror_core.runs.provenance`."""
    seconds_measuring: float

    @property
    def seconds_training(self) -> float:
        return self.provenance["seconds"]


@cache
def analysis_fingerprint() -> str:
    """Return 12 hexadecimal digits for the code that measures, and the versions it computes with."""
    return code_of(measured)[:12]


class RowStore:
    """The rows of a store's runs, kept in its folder."""

    def __init__(self, store: RunStore) -> None:
        self.root = store.root / "measures"

    def path(self, run: str) -> Path:
        """Return where the row of a run is, or would be."""
        return self.root / run[:2] / f"{run}-{analysis_fingerprint()}.json"

    def load(self, config: Config) -> Row | None:
        """Return the row of a configuration's run, or None if it has to be made.

        A damaged row is never used: a warning names it, and it counts as missing.
        """
        run = run_fingerprint(config)
        row = _row(load_result(self.path(run)))
        if row is not None and (row.run != run or Config.from_dict(row.config) != config):
            warnings.warn(
                f"kept row {self.path(run)} belongs to another configuration; it will be made again.", stacklevel=2
            )
            return None
        return row

    def save(self, row: Row) -> None:
        """Keep a row.

        Raises
        ------
        StoreError
            If it cannot be written. Nothing half-written stays behind.
        """
        save_result(self.path(row.run), vars(row))

    def rows(self) -> Iterator[Row]:
        """Read every undamaged row, whichever code measured it."""
        for path in sorted(self.root.glob("??/*.json")):
            # warnings are silent for the reading alone, not for whoever uses a row in between
            with warnings.catch_warnings(action="ignore"):
                kept = load_result(path)
            try:
                row = _row(kept)
            except TypeError:  # other code may have kept other fields
                continue
            if row is not None:
                yield row


def _row(kept: tuple[dict[str, Any]] | None) -> Row | None:
    return None if kept is None else Row(**kept[0])


def obtain_row(config: Config, store: RunStore, *, keep_weights: bool = True) -> Row:
    """Return the row of a configuration's run, training and measuring only what is not kept.

    Parameters
    ----------
    keep_weights
        Whether the network goes to the store too; without, training it again is the only way back to it.

    Raises
    ------
    FloatingPointError
        If training fails, see `mirror_core.networks.training.loop.train`.
    StoreError
        If run or row cannot be kept.
    """
    rows = RowStore(store)
    row = rows.load(config)
    run = store.load(config) if keep_weights or row is None else None
    if row is not None and (run is not None or not keep_weights):
        return row
    row = measured(run or make(config, store if keep_weights else None))
    rows.save(row)
    return row


def measured(run: Run) -> Row:
    """Measure a run's network on held-out episodes."""
    clock = time.perf_counter()
    with one_thread():
        recording = record(run.network, heldout_episodes(run.config))
        found = measure_one(recording, run.config.seed)
        values = _shares(found.r) | _against_luck(recording, run.config.seed) | _accuracies(found) | _losses(run)
    values["chance"] = float(found.chance)
    seconds = round(time.perf_counter() - clock, 3)
    measures = {name: values[name] for name in COLUMNS}
    return Row(run.fingerprint, run.config.to_dict(), measures, run.provenance, seconds)


def _shares(r: xr.DataArray) -> dict[str, float]:
    return {
        f"{name}_{short}": value
        for centring, short in _CENTRINGS.items()
        for name, value in measured_on_r(r.sel(centring=centring).values, _OF_R).items()
    }


def _against_luck(recording: xr.DataArray, seed: int) -> dict[str, float]:
    """Return what tests of single units say, see `COLUMNS`; NaN with fewer than two units that have an r.

    A unit passes where the test to trust gives p ≤ α, one-sided, with the false discovery rate controlled over units.
    """
    perform, observe = (recording.sel(mode=mode).values for mode in MODES)
    found = dict.fromkeys(
        ["passing", *(f"{name}_{short}" for short in _CENTRINGS.values() for name in _AGAINST_LUCK)], np.nan
    )
    defined = np.isfinite(unit_correlation(perform, observe))
    if defined.sum() < 2:
        return found
    actions = recording.action.values
    trusted = null_test(
        perform, observe, TRUSTED, N_DRAWS, stream(seed, TRUSTED), actions=actions, alternative="greater"
    )
    passed = passing(trusted)
    found["passing"] = float(passed[defined].mean())
    for centring, short in _CENTRINGS.items():
        options = {"centre_timesteps": centring != "raw"}
        r = unit_correlation(perform, observe, **options)
        defined = np.isfinite(r)
        if defined.sum() < 2:
            continue
        modes = perform[..., defined], observe[..., defined]
        luck = null_test(*modes, "unit-mismatch", N_MISMATCHES, stream(seed, "unit-mismatch"), **options).null
        values = {
            "mean": r[defined].mean(),
            "strong_passing": (passed & (r > STRONG_THRESHOLD))[defined].mean(),
            "strong_mismatched": (luck > STRONG_THRESHOLD).mean(),
            "moderate_mismatched": (np.abs(luck) > MODERATE_THRESHOLD).mean(),
        }
        found |= {f"{name}_{short}": float(value) for name, value in values.items()}
    return found


def _accuracies(found: xr.Dataset) -> dict[str, float]:
    values = {}
    for decoder, (train, test) in product(DECODERS, TRANSFERS):
        one = found.sel(decoder=decoder, train_mode=train, test_mode=test)
        values[accuracy_name(decoder, train, test)] = float(one.accuracy)
        values[same_code_name(decoder, train, test)] = float(one.same_code_p)
    return values


def _losses(run: Run) -> dict[str, float]:
    heldout = run.history[run.history.split == "held-out"]
    last = heldout[heldout.epoch == heldout.epoch.max()]
    found = {f"{one.mode}_{one.objective}": one.loss for one in last.itertuples()}
    return {f"loss_{name}": found.get(name, np.nan) for name in LOSSES}
