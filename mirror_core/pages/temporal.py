"""The page of lags and anti-mirror units."""

import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import HTML

from mirror_core.analysis import unit_correlation
from mirror_core.config.paper import MODERATE_THRESHOLD, SMALLEST
from mirror_core.pages.tables import show, statement
from mirror_core.recordings.chosen import Chosen, both_modes
from mirror_core.studies.measures.base import CORRELATION, SHARE
from mirror_core.studies.measures.lags import Key, LagStudy
from mirror_core.studies.wording import decimal, listed, with_interval


def finding(lags: LagStudy, anti: dict[Key, Chosen]) -> HTML:
    """Say in two sentences where top units agree best, and how negative the most negative unit stays."""
    at_zero, lowest = [], []
    for reading in lags.r.reading.values:
        share = with_interval(lags.peak_share.sel(reading=reading, lag=0).values, SHARE)
        near = lags.peak_share.sel(reading=reading, lag=slice(-1, 1)).sum("lag").values
        at_zero.append(f"{share} under {reading} ({with_interval(near, SHARE)} within one timestep)")
        r = np.array([chosen.r.values[0] for key, chosen in anti.items() if key[0] == reading])
        below = f"below −.6 in {np.sum(r < -MODERATE_THRESHOLD)} of {len(r)} networks"
        lowest.append(f"{with_interval(r, CORRELATION)} under {reading} ({below})")
    return statement(
        f"The share of top mirror units whose r is largest at lag 0 is {listed(at_zero)}.",
        f"The most negative unit of a network has, on episodes that did not choose it, r = {listed(lowest)}; the paper "
        f"reports {SMALLEST.as_printed}.",
    )


def anti_table(recorded: dict[Key, xr.DataArray], anti: dict[Key, Chosen]) -> HTML:
    """Show the most negative unit of every network: r where it was chosen, and on the other episodes."""
    rows = []
    for key, chosen in anti.items():
        of_all = unit_correlation(*both_modes(recorded[key]))
        rows.append(
            {
                "reading": key[0],
                "seed": key[2],
                "most negative unit": chosen.units[0],
                "r on other episodes": decimal(chosen.r.values[0]),
                "timestep-centred": decimal(unit_correlation(*both_modes(chosen.of_units), centre_timesteps=True)[0]),
                "units with r < −.6, all episodes": int(np.sum(of_all < -MODERATE_THRESHOLD)),
            }
        )
    return show(pd.DataFrame(rows))
