"""Systems beside the paper's, under the paper's tests. A member is one file, named here."""

from mirror_core.experiments import (
    cooperation,  # noqa: F401
    frog_and_toad,  # noqa: F401
    imitation,  # noqa: F401
    sceptic,  # noqa: F401
    turn_taking,  # noqa: F401
)
from mirror_core.experiments.base import EXPERIMENTS, Experiment, Learner, experiment_named, register

__all__ = ["EXPERIMENTS", "Experiment", "Learner", "experiment_named", "register"]
