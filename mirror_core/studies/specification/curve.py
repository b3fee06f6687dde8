"""The specification curve: networks in ascending order of a number, and which choices they were made with."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mirror_core.studies.specification.choices import Choice

N_PLACES = 20
"""Places along the curve, each with equally many networks."""


def ranked(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the networks that have a number, in its ascending order within each reading, with `rank` from 0 to 1."""
    table = table[np.isfinite(table[by])]
    order = {reading: i for i, reading in enumerate(dict.fromkeys(table.reading))}
    table = table.assign(order=table.reading.map(order)).sort_values(["order", by, "run"], ignore_index=True)
    table = table.drop(columns="order")
    place = table.groupby("reading").cumcount() + 0.5
    return table.assign(rank=place / table.groupby("reading")[by].transform("size"))


def presence(table: pd.DataFrame, choices: Sequence[Choice], n_places: int = N_PLACES) -> pd.DataFrame:
    """Return how often each level occurs at each place along the curve, against how often it occurs at all.

    Parameters
    ----------
    table
        What `ranked` returns. A network whose value was not declared counts for no level.

    Returns
    -------
    pandas.DataFrame
        `reading`, `choice`, `level`, `place` (0 to n_places − 1), `ratio`: 1 where the level is as frequent as among
        all networks of the reading, 0 where it is absent, NaN where no network of the reading has it.
    """
    rows = []
    for reading, one in table.groupby("reading", sort=False):
        place = np.minimum((one["rank"] * n_places).astype(int), n_places - 1).to_numpy()
        at = np.bincount(place, minlength=n_places)
        for choice in choices:
            level = choice.level_of(one[choice.name])
            for i, name in enumerate(choice.levels):
                here = np.bincount(place[level == i], minlength=n_places)
                with np.errstate(invalid="ignore", divide="ignore"):
                    ratio = here / at / (level == i).mean()
                rows += [(reading, choice.name, name, k, ratio[k]) for k in range(n_places)]
    return pd.DataFrame(rows, columns=["reading", "choice", "level", "place", "ratio"])
