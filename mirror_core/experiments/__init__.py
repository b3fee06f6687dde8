"""Systems beside the paper's, under the paper's tests. A member is one file, named here."""

from mirror_core.experiments.base import EXPERIMENTS, Experiment, Learner, experiment_named, of_group, register

# in the order in which they are shown
from mirror_core.experiments import frog_and_toad, cooperation, turn_taking, imitation, sceptic  # isort: skip
from mirror_core.experiments import vision, replay, reward, development, alignment  # isort: skip

__all__ = [
    "EXPERIMENTS",
    "Experiment",
    "Learner",
    "alignment",
    "cooperation",
    "development",
    "experiment_named",
    "frog_and_toad",
    "imitation",
    "of_group",
    "register",
    "replay",
    "reward",
    "sceptic",
    "turn_taking",
    "vision",
]
