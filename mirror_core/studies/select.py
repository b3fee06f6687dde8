"""Rows of a long table, by what its columns say."""

import numpy as np
import pandas as pd


def where(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Return the rows that have these values in these columns."""
    return table[np.logical_and.reduce([table[column] == value for column, value in values.items()])]
