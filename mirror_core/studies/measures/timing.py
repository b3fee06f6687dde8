"""At which lag the two modes agree."""

from mirror_core.studies.measures.base import CORRELATION, SHARE, Measure, register

for _name, _label, _limits in (
    ("lag", "top units that agree best within one timestep", SHARE),
    ("near_zero_lag", "share of the ten top units with their largest r at a lag of at most one timestep", SHARE),
    ("near_zero_lag_excess", "that share minus the share among re-paired episodes", CORRELATION),
):
    register(Measure(_name, _label, _limits, "episodes re-paired"))
