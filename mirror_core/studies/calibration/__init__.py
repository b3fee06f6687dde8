"""Can each null say no? What it calls where no code is shared, and what it finds where one is planted.

`recorded` and `simulated` ask the nulls, once for each network or batch of populations; `summary` turns their p-values
into shares of units, false discoveries and power; `limit` is the power that very many units would give; `study` and
`tables` are what the page shows.
"""

from mirror_core.studies.calibration.recorded import ask_nulls, calibrate_run
from mirror_core.studies.calibration.simulated import Batch, calibrate_batch
from mirror_core.studies.calibration.summary import (
    band,
    called,
    calls_table,
    distribution_of_p,
    overlap_table,
    power_table,
    share_interval,
)

__all__ = [
    "Batch",
    "ask_nulls",
    "band",
    "calibrate_batch",
    "calibrate_run",
    "called",
    "calls_table",
    "distribution_of_p",
    "overlap_table",
    "power_table",
    "share_interval",
]
