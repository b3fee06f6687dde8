"""Which networks match the numbers of the paper, one by one and all at once.

The rules were written before any network of the sweep was looked at. A share matches if it lies in the range that the
paper gives over its runs. The largest and the smallest r are single numbers of one network: another matches if it is
no further from what the paper states than 1.96 standard deviations between seeds, at the paper's settings.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirror_core.config.paper import Reported
from mirror_core.studies.measures.shares import HEADLINE

HEADLINES: dict[str, Reported] = {f"{measure.name}_raw": measure.reported for measure in HEADLINE}
"""Column of a sweep's table → what the paper reports."""

WITH_RANGE = ("strong_raw", "moderate_raw")
"""Numbers whose range over runs the paper gives; the others get the spread between seeds around theirs."""

SPREADS = 1.96
"""Half of the range in which 95 % of networks lie that differ by their seed alone, in standard deviations."""


@dataclass(frozen=True)
class Target:
    """Where a network's number has to lie to match the paper's."""

    low: float
    high: float

    def score(self, values: pd.Series) -> pd.Series:
        """Return the distance from the middle of the target, in units of its half width: up to 1 is a match."""
        # a value on the border matches, whatever the rounding of the border
        return (values - (self.low + self.high) / 2).abs() / ((self.high - self.low) / 2) / (1 + 1e-9)


def targets(seeds: pd.DataFrame) -> dict[str, Target]:
    """Return the target of each headline number.

    Parameters
    ----------
    seeds
        Networks of one reading at the paper's settings, which differ by their seed alone.
    """
    found = {}
    for column, reported in HEADLINES.items():
        margin = 0 if column in WITH_RANGE else SPREADS * seeds[column].std(ddof=1)
        found[column] = Target(reported.low - margin, reported.high + margin)
    return found


def scores(table: pd.DataFrame, by_reading: dict[str, dict[str, Target]]) -> pd.DataFrame:
    """Return how far each network is from each target of its reading, see `Target.score`.

    Returns
    -------
    pandas.DataFrame
        One row a network, same index as `table`; a column for each headline number and `all`, the largest of them: a
        network matches all numbers jointly if it is at most 1. A number that is not defined is infinitely far.
    """
    found = pd.DataFrame(np.inf, index=table.index, columns=list(HEADLINES))
    for reading, goals in by_reading.items():
        rows = table.index[table.reading == reading]
        for column, goal in goals.items():
            found.loc[rows, column] = goal.score(table.loc[rows, column]).fillna(np.inf)
    return found.assign(all=found.max(axis=1))
