"""Where a test of single units keeps its level, and what it finds, in populations whose units differ."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd

from mirror_core.studies.calibration.mixed import Situation, read_mixed
from mirror_core.studies.calibration.summary import ALPHA, share_interval
from mirror_core.studies.calibration.tables import interval
from mirror_core.studies.data import find_data

COMMAND = "mirror populations --out book/data/mixed.parquet"
"""What makes the table that the page reads."""
SITUATION = [part.name for part in fields(Situation)]
"""Columns that say how the units of a population differ."""


def find_mixed(name: str) -> pd.DataFrame:
    """Return the table of a file: a path, or a file of the checkout's data folder.

    Raises
    ------
    OptionError
        If there is none, or it is another table.
    """
    return read_mixed(find_data("mixed", name, "*.parquet", f" Make one with {COMMAND}."))


def levels(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each situation and test.

    Parameters
    ----------
    table
        What `mirror_core.studies.calibration.mixed.measure_mixed` returns.

    Returns
    -------
    pandas.DataFrame
        The situation's columns; `test`; `n` populations; and, each with the limits of its 95 % interval in `_low` and
        `_high`: `false`, the share of data sets in which BH calls any unit without one code (exact); `level`, the share
        of tested units without one code with p ≤ .05, not corrected, in populations without planted units; `found`, the
        share of planted units that BH calls; `false_share`, the share of those called that are not planted. `holds`
        says whether the test keeps its level: where nothing is planted, unless the interval of `false` lies above .05;
        else, unless that of `false_share` does, which is what BH bounds there.
    """
    rows = []
    for key, one in table.groupby([*SITUATION, "test"], sort=False):
        row = dict(zip([*SITUATION, "test"], key, strict=True)) | {"n": len(one)}
        tested = one[one.tested > 0]
        quantities = {
            "false": share_interval(int(one.any_false.sum()), len(one)),
            "level": interval([] if row["planted_share"] else tested.called / tested.tested),
            "found": interval(one.found),
            "false_share": interval(one.false_share),
        }
        for name, (value, low, high) in quantities.items():
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        row["holds"] = row["false_share_low" if row["planted_share"] else "false_low"] <= ALPHA
        rows.append(row)
    return pd.DataFrame(rows)


def by_share(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that differ in the share of tuned units: normal tunings, equal noise, nothing planted."""
    plain = (summary.tuning == "normal") & (summary.unit_noise == "equal") & (summary.planted_share == 0)
    return summary[plain].sort_values("tuned_share", kind="stable")


def by_kind(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every kind of tuning and noise, for the K and shares of tuned units that have them all."""
    unplanted = summary[summary.planted_share == 0]
    kinds = unplanted.groupby(["n_actions", "tuned_share"])[["tuning", "unit_noise"]].transform("nunique")
    return unplanted[(kinds > 1).all(axis=1)]


def of_planted(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with planted mirror units."""
    return summary[summary.planted_share > 0].sort_values("n_actions", kind="stable")


def above_level(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in which single units are called too often, not corrected: whose interval lies above .05."""
    return summary[np.isfinite(summary.level_low) & (summary.level_low > ALPHA)]
