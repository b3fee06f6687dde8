"""An experiment for many seeds: made by worker processes, kept seed by seed, written as one table with provenance."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from mirror_core.checks import OptionError
from mirror_core.experiments.base import FIRST_SEED, N_SEEDS, Experiment
from mirror_core.runs.kept import analyse_runs, code_of
from mirror_core.runs.store import RunStore
from mirror_core.studies.data import find_data, made_by, read_data
from mirror_core.studies.grid import seeds_from

INDEX = ["condition", "seed"]


def study(
    experiment: Experiment,
    seed: int = FIRST_SEED,
    n_seeds: int = N_SEEDS,
    conditions: Sequence[str] | None = None,
    *,
    store: RunStore | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Return one row for each condition and seed; what the store has kept is taken from there.

    Returns
    -------
    pandas.DataFrame
        `condition`, `seed`, `seconds` and the experiment's measures, conditions in its order. `attrs` say by which
        code, when and on which processor; the seconds are those of one core.

    Raises
    ------
    OptionError
        For an unknown condition, or less than one seed.
    """
    asked = tuple(conditions) if conditions is not None else None
    learners = [experiment.learner(one, asked) for one in seeds_from(seed, n_seeds)]
    found = analyse_runs(experiment.learn, learners, store=store, progress=progress)
    rows = [one.assign(seed=learner.seed) for learner, one in zip(learners, found, strict=True)]
    table = pd.concat(rows, ignore_index=True)[[*INDEX, *experiment.measures, "seconds"]]
    order = {name: place for place, name in enumerate(experiment.conditions)}
    table = table.sort_values(INDEX, key=lambda one: one.map(order) if one.name == "condition" else one)
    table = table.reset_index(drop=True)
    table.attrs = made_by(code_of(experiment.learn), float(table.seconds.sum()), experiment=experiment.name)
    return table


def read_study(experiment: Experiment, table: str | None = None) -> pd.DataFrame:
    """Read the table of an experiment that `mirror experiment` wrote.

    Parameters
    ----------
    table
        A path as it is, else a file of the checkout's data folder; by default the experiment's own.

    Raises
    ------
    OptionError
        If it is missing, cannot be read, or is that of another experiment or of other measures.
    """
    hint = f" mirror experiment {experiment.name} --out FILE makes one."
    path = find_data("table", f"{experiment.name}.parquet" if table is None else table, "*.parquet", hint)
    found = read_data(path, INDEX, hint.strip())
    if found.attrs.get("experiment") != experiment.name:
        raise OptionError(f"{path} is not a table of {experiment.name}:{hint}")
    if missing := [name for name in experiment.measures if name not in found]:
        raise OptionError(f"{path} lacks the column(s) {', '.join(missing)}:{hint}")
    if unknown := sorted(set(found.condition) - set(experiment.conditions)):
        raise OptionError(f"{path} has the unknown condition(s) {', '.join(unknown)}:{hint}")
    return found
