"""What a sweep will cost: a formula fitted to one machine, corrected by the sweep's own runs once there are some."""

from dataclasses import dataclass
from statistics import median

from mirror_core.config.curricula import stages
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.studies.sweeps.running import Survey

# One core of an AMD EPYC (Zen 4), Numba installed; `python -m benchmarks.sweeps` measures the paper's configuration.
_PER_TIMESTEP = 0.28e-6
"""Seconds that every timestep of an episode costs in every pass, whatever the number of units."""
_PER_UNIT = 0.01e-6
"""Seconds that each unit adds to that."""
_PER_WEIGHT = 0.19e-9
"""Seconds that each recurrent connection, units × units, adds to that."""
_OTHER_CORES = 3.0
"""How much longer cores other than the GRU take, which learn by automatic differentiation, roughly."""
_MEASURING = 0.2
"""Seconds that measuring a network takes."""


@dataclass(frozen=True)
class Cost:
    """Processor time of the missing runs."""

    seconds: float
    source: str
    """Where the number comes from."""


def estimate(found: Survey) -> Cost:
    """Estimate what is missing of a sweep."""
    expected = sum(map(expected_seconds, found.missing.values()))
    if not found.rows:
        return Cost(expected, "a formula fitted to one core of a 2023 server")
    ratio = median(
        (row.seconds_training + row.seconds_measuring) / expected_seconds(Config.from_dict(row.config))
        for row in found.rows.values()
    )
    return Cost(expected * ratio, f"the {len(found.rows)} runs that are kept")


def expected_seconds(config: Config) -> float:
    """Return what training and measuring one network is expected to take."""
    units, plan = config.network.hidden_size, config.training
    each = _PER_TIMESTEP + _PER_UNIT * units + _PER_WEIGHT * units**2
    if config.network.core != "gru":
        each *= _OTHER_CORES
    epochs = 0 if plan.trained == "nothing" else plan.n_epochs
    n_passes = sum(len(passes(stage)) for stage in stages(config))
    return each * n_passes * epochs * plan.n_sequences * plan.sequence_length + _MEASURING
