"""What networks cost: a measurement read from its file, and what follows from it for very many of them."""

from mirror_core.studies.costs.measured import Measured, read_measured
from mirror_core.studies.costs.scale import RunCost, matrix_flop, run_cost, sweep_seconds

__all__ = ["Measured", "RunCost", "matrix_flop", "read_measured", "run_cost", "sweep_seconds"]
