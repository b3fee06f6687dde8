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
from mirror_core.studies.wording import decimal, listed, side, under_readings, with_interval

MOST = 0.5
"""Modes agree in time if more than this share of top units have their largest r within one timestep of lag 0."""


def finding(lags: LagStudy, anti: dict[Key, Chosen], untrained: LagStudy) -> HTML:
    """Say whether the modes agree in time, and more so than without training; then where, and how negative units stay.

    The rules: they agree under a reading if the 95 % interval over networks of the share of top units within one
    timestep lies above `MOST`, and more so than in untrained networks if that of the difference to these, matched by
    seed, lies above zero.

    Parameters
    ----------
    lags, untrained
        Of trained networks, and of untrained ones of the same seeds under one reading.
    anti
        The most negative units of every trained network.
    """
    at_zero, lowest = [], []
    near_in = {reading: _near_zero(lags, reading) for reading in lags.r.reading.values}
    before = _near_zero(untrained, untrained.r.reading.values[0])
    for reading, near in near_in.items():
        share = with_interval(lags.peak_share.sel(reading=reading, lag=0).values, SHARE)
        at_zero.append(f"{share} under {reading} ({with_interval(near.values, SHARE)} within one timestep)")
        r = np.array([chosen.r.values[0] for key, chosen in anti.items() if key[0] == reading])
        below = f"below −.6 in {np.sum(r < -MODERATE_THRESHOLD)} of {len(r)} networks"
        lowest.append(f"{with_interval(r, CORRELATION)} under {reading} ({below})")
    return statement(
        _in_time(near_in, before),
        f"The share of top mirror units whose r is largest at lag 0 is {listed(at_zero)}; in untrained networks "
        f"{with_interval(before.values, SHARE)} lie within one timestep. "
        f"The most negative unit of a network has, on episodes that did not choose it, r = {listed(lowest)}; the paper "
        f"reports {SMALLEST.as_printed}.",
    )


def _near_zero(lags: LagStudy, reading: str) -> xr.DataArray:
    """Return the share of top units whose r is largest within one timestep of lag 0, dimension (seed)."""
    share = lags.peak_share.sel(reading=reading)
    # where r is undefined in all top units of a network, there is no share either
    return share.sel(lag=slice(-1, 1)).sum("lag", skipna=False)


def _in_time(near_in: dict[str, xr.DataArray], before: xr.DataArray) -> str:
    """Say in one plain sentence what `finding` found of time."""
    readings = list(near_in)
    if before.sizes["seed"] < 2:
        return "One network gives no interval to tell by whether the two modes agree in time."
    agree = [one for one in readings if side(near_in[one].values, MOST) == "above"]
    if not agree:
        return "In mirror-like units the two modes are not shown to agree in time under any reading."
    more = [one for one in agree if side((near_in[one] - before).values) == "above"]
    tail = "more so than in untrained networks"
    if not more:
        alike = side(before.values, MOST) == "above"
        tail = "but so they do in untrained networks" if alike else "but not surely more so than in untrained networks"
    elif len(more) < len(agree):
        tail = f"partly {tail}"
    return f"In mirror-like units the two modes agree in time {under_readings(agree, readings)}, {tail}."


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
