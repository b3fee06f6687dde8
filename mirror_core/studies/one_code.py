"""Is it one code: what the modes share beyond r, and what lesions cost, over the networks of a grid."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mirror_core.checks import OptionError
from mirror_core.runs.kept import analyse_runs
from mirror_core.studies.grid import Grid, combined
from mirror_core.studies.measures.beyond_r import beyond_r
from mirror_core.studies.measures.decoding import ACROSS, MAIN_DECODER, accuracy_name
from mirror_core.studies.measures.lesions import DOSES, against_draws, lesion_effects
from mirror_core.studies.select import where

CONDITIONS_SHOWN = ("shared", "separate-cores", "untrained")
"""The main experiment, and two in which no code is shared."""

LESIONED = CONDITIONS_SHOWN[:2]
"""The conditions with something to lose."""

MAIN_DOSE = 16
"""Number of silenced units behind the finding, the middle of the doses."""


def once(function: Callable[..., Any], grid: Grid, **settings: Any) -> dict[tuple[str, str, int], Any]:
    """Return the analysis of every network; untrained ones, the same under every reading, are analysed once."""
    first = next(iter(grid))[0]
    same = {key: (first, *key[1:]) if key[1] == "untrained" else key for key in grid}
    keys = [key for key in grid if same[key] == key]
    found = dict(zip(keys, analyse_runs(function, [grid[key] for key in keys], **settings), strict=True))
    return {key: found[same[key]] for key in grid}


def beyond_grid(grid: Grid, **settings: int) -> xr.Dataset:
    """Return what `mirror_core.studies.measures.beyond_r.beyond_r` measures, with dimensions (reading, condition,
    seed) in front."""
    return combined(grid, list(once(beyond_r, grid, **settings).values()))


def values_table(beyond: xr.Dataset, measures: xr.Dataset) -> pd.DataFrame:
    """Return one row for each quantity and network.

    Parameters
    ----------
    measures
        From `mirror_core.studies.grid.measure`, of the same networks.

    Returns
    -------
    pandas.DataFrame
        Columns `reading`, `condition`, `seed`, `quantity`, `value`, `null` (mean of the network's draws), `low` and
        `high` (central 95 % of the draws of all networks together; for decoding, no more than chance is kept).
    """
    parts = []
    for train, test in ACROSS:
        value = measures.accuracy.sel(decoder=MAIN_DECODER, train_mode=train, test_mode=test, drop=True)
        one = xr.Dataset({"value": value} | dict.fromkeys(("null", "low", "high"), measures.chance))
        parts.append(one.expand_dims(quantity=[accuracy_name(MAIN_DECODER, train, test)]))
    low, high = (beyond.null.quantile(q, ["seed", "draw"], skipna=True).drop_vars("quantile") for q in (0.025, 0.975))
    parts.append(xr.Dataset({"value": beyond.value, "null": beyond.null.mean("draw"), "low": low, "high": high}))
    columns = ["reading", "condition", "seed", "quantity", "value", "null", "low", "high"]
    tables = [part.to_dataframe(dim_order=columns[:4]).reset_index()[columns] for part in parts]
    return pd.concat(tables, ignore_index=True)


def lesion_table(grid: Grid, **settings: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what lesions cost every network, and how the chosen units compare with other sets.

    Returns
    -------
    effects, compared
        Tables of `mirror_core.studies.measures.lesions.lesion_effects` and `against_draws` with columns `reading`,
        `condition`, `seed` in front.
    """
    found = once(lesion_effects, {key: run for key, run in grid.items() if key[1] in LESIONED}, **settings)
    able = {key[0] for key, effects in found.items() if key[1] == "shared" and (effects.group == "top").any()}
    for reading, _, _ in grid:
        if reading not in able:
            raise OptionError(
                f"no shared core under {reading} has {min(DOSES)} units with r > 0 to silence: hidden_size must be "
                "larger."
            )
    return _joined(found), _joined({key: against_draws(effects) for key, effects in found.items()})


def _joined(tables: Mapping[tuple[str, str, int], pd.DataFrame]) -> pd.DataFrame:
    names = ["reading", "condition", "seed"]
    return pd.concat(tables, names=names).reset_index(names, allow_duplicates=True).reset_index(drop=True)


def main_dose(compared: pd.DataFrame) -> int:
    """Return the dose behind the finding: `MAIN_DOSE`, or the largest below where cores are small."""
    doses = sorted(compared.n_units.unique())
    return int(max([dose for dose in doses if dose <= MAIN_DOSE], default=doses[0]))


def cost_ratio(compared: pd.DataFrame, reading: str, dose: int) -> np.ndarray:
    """Return, for each network, the top units' cost over the matched sets' mean, averaged over modes and ablations."""
    matched = {"null": "variance-matched", "group": "top", "n_units": dose}
    at = where(compared, reading=reading, condition="shared", **matched)
    return (at.loss_change / at.null_mean).groupby(at.seed).mean().values
