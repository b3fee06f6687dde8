"""How far networks learned: loss curves, their floors, and what guessing would give."""

import math

import pandas as pd
import torch

from mirror_core.config.settings import Config
from mirror_core.networks.training.loop import make_lessons, train
from mirror_core.runs.kept import analyse_runs
from mirror_core.runs.store import Run
from mirror_core.studies.grid import Grid
from mirror_core.worlds.linear import predictable_error


def loss_curves(run: Run) -> pd.DataFrame:
    """Return a run's loss curves: those that it has, or of another training where it lacks held-out losses."""
    has_all = (run.history.epoch[run.history.split == "held-out"] == 0).any()  # the first is from before training
    return run.history if has_all else train(run.config).history


def histories(grid: Grid) -> pd.DataFrame:
    """Return the loss curves of all runs, with columns `reading`, `condition` and `seed` at the end.

    Most runs have only their last held-out losses, since few are looked at closer: those are trained again, once.
    """
    found = analyse_runs(loss_curves, list(grid.values()))
    parts = [
        history.assign(reading=reading, condition=condition, seed=seed)
        for history, (reading, condition, seed) in zip(found, grid, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def floors(config: Config) -> dict[str, float]:
    """Return the least loss that is possible, for the objectives where it is known."""
    return {"predict": predictable_error(config.world, config.training.sequence_length)}


def levels(grid: Grid) -> dict[str, float]:
    """Return the loss of a constant guess for each objective: the sensations' variance, and ln K."""
    configs = {run.config.seed: run.config for run in grid.values()}.values()
    variances = [
        torch.var(make_lessons(c, "held-out", c.training.n_heldout).sensations, dim=(0, 1)).mean().item()
        for c in configs
    ]
    return {"predict": sum(variances) / len(variances), "infer": math.log(next(iter(configs)).world.n_actions)}


def final_heldout(history: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the held-out losses after the last epoch."""
    return history[(history.split == "held-out") & (history.epoch == history.epoch.max())]
