"""The committed table of the specification curve, and what its four sweeps are for."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from mirror_core.checks import OptionError, one_of
from mirror_core.studies.data import find_data
from mirror_core.studies.specification.choices import Choice, random_sweep

GRU, CORES, PAPER, CONTROLS = (f"specification-{name}" for name in ("gru", "cores", "paper", "controls"))
"""The sweeps in the table: the paper's core under all choices; other cores; seeds alone; paired controls."""


@dataclass(frozen=True)
class Specification:
    """The networks of the specification curve, those of some readings."""

    readings: tuple[str, ...]
    everything: pd.DataFrame
    """The whole table, all readings; its `attrs` say how it came about."""
    shared: pd.DataFrame
    """Every network with a shared core, of all sweeps but the controls."""
    gru: pd.DataFrame
    """The random sample of the paper's core."""
    cores: pd.DataFrame
    """The random sample of all cores."""
    paper: pd.DataFrame
    """Networks at the paper's settings that differ by their seed."""
    controls: pd.DataFrame
    """Untrained and separate cores at the settings of the first networks of `gru`."""
    choices: tuple[Choice, ...]
    """What `gru` draws."""
    core_choices: tuple[Choice, ...]
    """What `cores` draws, the core first."""

    @property
    def all_choices(self) -> tuple[Choice, ...]:
        """The choices of `gru`, and the core."""
        return (*self.choices, *(choice for choice in self.core_choices if choice.name == "core"))


def read_specification(table: str | pd.DataFrame, readings: Sequence[str]) -> Specification:
    """Read the table of the specification curve.

    Parameters
    ----------
    table
        A path as it is, else a file of the checkout's data folder; or the table itself.
    readings
        Those to keep, in this order.

    Raises
    ------
    OptionError
        If the file is missing, or lacks one of the sweeps or of the readings.
    """
    everything = table if isinstance(table, pd.DataFrame) else pd.read_parquet(find_data("table", table, "*.parquet"))
    for name in (PAPER, CONTROLS):
        if name not in everything.attrs.get("sweeps", {}):
            raise OptionError(f"the table lacks the sweep {name}.")
    for reading in readings:
        one_of("reading", reading, list(dict.fromkeys(everything.reading)))
    kept = everything[everything.reading.isin(readings)]
    kept = kept.assign(reading=pd.Categorical(kept.reading, readings)).sort_values("reading", kind="stable")
    kept = kept.astype({"reading": "str"})
    kept.attrs = everything.attrs
    gru, choices = random_sweep(kept, GRU)
    cores, core_choices = random_sweep(kept, CORES)
    core_choices.sort(key=lambda choice: choice.name != "core")
    return Specification(
        tuple(readings), everything, kept[kept.sweep != CONTROLS], gru, cores,
        kept[kept.sweep == PAPER], kept[kept.sweep == CONTROLS], tuple(choices), tuple(core_choices),
    )  # fmt: skip
