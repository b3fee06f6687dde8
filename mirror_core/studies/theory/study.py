"""The one-step linear theory beside trained networks, over a grid."""

import pandas as pd
import xarray as xr

from mirror_core.runs.kept import analyse_runs
from mirror_core.studies.grid import Grid, combined
from mirror_core.studies.ingredients.subspaces import look_into
from mirror_core.studies.theory.predictions import predict_run

CONDITIONS = ("shared", "mispaired")
"""Conditions that the mechanism is shown in."""


def spaces(grid: Grid, n_test: int) -> xr.Dataset:
    """Return where the modes of every network live (see `mirror_core.studies.ingredients.subspaces.look_into`)."""
    return combined(grid, analyse_runs(look_into, list(grid.values()), n_test=n_test))


def predictions(grid: Grid, penalty: float, n_steps: int, n_test: int) -> xr.Dataset:
    """Return the theory beside every network (see `mirror_core.studies.theory.predictions.predict_run`)."""
    settings = {"penalty": penalty, "n_steps": n_steps, "n_test": n_test}
    return combined(grid, analyse_runs(predict_run, list(grid.values()), **settings))


def alignments(spaces: xr.Dataset, predicted: xr.Dataset) -> pd.DataFrame:
    """Return the tuning alignment of every network beside the theory's, long.

    Returns
    -------
    pandas.DataFrame
        Columns `reading`, `condition`, `seed`, `source` (network, theory, trained linear) and `alignment`.
    """
    sources = {"network": spaces.tuning_alignment, "theory": predicted.alignment, "trained linear": predicted.trained}
    parts = [
        one.to_dataframe("alignment").reset_index()[["reading", "condition", "seed", "alignment"]].assign(source=source)
        for source, one in sources.items()
    ]
    return pd.concat(parts, ignore_index=True)


def ladder(spaces: xr.Dataset, predicted: xr.Dataset) -> pd.DataFrame:
    """Return the alignments from the theory to the networks, one simplification after another, paired episodes.

    Returns
    -------
    pandas.DataFrame
        Columns `reading`, `seed`, `step`, `alignment`.
    """
    paired = predicted.sel(condition="shared")
    names = {"theory": paired.alignment, **{str(s): paired.steps.sel(step=s) for s in paired.step.values}}
    names["GRU, all timesteps"] = spaces.tuning_alignment.sel(condition="shared")
    columns = ["reading", "seed", "alignment"]
    parts = [
        one.reset_coords(drop=True).to_dataframe("alignment").reset_index()[columns].assign(step=name)
        for name, one in names.items()
    ]
    return pd.concat(parts, ignore_index=True)
