"""The page of the controls: which of them lowers the number of mirror-like units, and whether a code is shared."""

import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import HTML

from mirror_core.config.paper import STRONG_THRESHOLD
from mirror_core.pages.tables import cell, show, statement
from mirror_core.studies.grid import differences, shares_table
from mirror_core.studies.measures.base import CORRELATION, SHARE
from mirror_core.studies.measures.decoding import ACROSS, MAIN_DECODER, TRANSFERS
from mirror_core.studies.wording import counted, listed, side, with_interval

PAPERS_CONTROLS = ("separate-cores", "forward-only", "shuffled-labels")
"""The controls that the paper reports, each said to eliminate or reduce mirroring."""


def numbers(measures: xr.Dataset, reading: str) -> HTML:
    """Show shares and extreme r of every condition, with the difference of the main experiment to each."""
    table = shares_table(measures.r.sel(reading=[reading]))
    raw, centred = (table[table.centring == name] for name in ("raw", "timestep-centred"))
    lowered = differences(raw, "strong")
    rows = [
        {
            "condition": condition,
            "r > .75": cell(one.strong, SHARE),
            "shared minus control": cell(lowered.get((reading, condition), []), CORRELATION),
            "r > .75, centred": cell(centred[centred.condition == condition].strong, SHARE),
            "|r| > .6": cell(one.moderate, SHARE),
            "largest r": cell(one.largest, CORRELATION),
            "smallest r": cell(one.smallest, CORRELATION),
        }
        for condition, one in raw.groupby("condition", sort=False)
    ]
    return show(pd.DataFrame(rows), f"{reading}, {counted(raw.seed.nunique(), 'network')} in each condition")


def decoding_numbers(measures: xr.Dataset, reading: str) -> HTML:
    """Show decoding accuracy within and across modes in every condition."""
    accuracy = measures.accuracy.sel(reading=reading, decoder=MAIN_DECODER)
    rows = [
        {"condition": condition}
        | {
            f"{train} → {test}": cell(accuracy.sel(condition=condition, train_mode=train, test_mode=test).values, SHARE)
            for train, test in TRANSFERS
        }
        for condition in accuracy.condition.values
    ]
    return show(pd.DataFrame(rows), f"{reading}, {counted(accuracy.sizes['seed'], 'network')} in each condition")


def without_a_code(measures: xr.Dataset) -> HTML:
    """Name the conditions in which many units have a high r and less of the code is shared.

    The rule, where the interval of the shared core's own share lies above zero: at least as many units with r > .75 in
    the mean, and a decoder of the action that transfers less in both directions, the 95 % intervals of both
    differences, matched by seed, lying above zero.
    """
    if measures.sizes["seed"] < 2:
        return HTML("<p>One network gives no interval to compare units with decoders by.</p>")
    strong = (measures.r.sel(centring="raw") > STRONG_THRESHOLD).mean("unit")
    transfer = measures.accuracy.sel(decoder=MAIN_DECODER)
    across = [transfer.sel(train_mode=train, test_mode=test) for train, test in ACROSS]
    parts = []
    for reading in measures.reading.values:
        shares_of = strong.sel(reading=reading)
        shared = shares_of.sel(condition="shared").values
        if side(shared) != "above":
            continue
        found = [
            str(condition)
            for condition in measures.condition.values
            if condition != "shared"
            and shares_of.sel(condition=condition).mean() >= shared.mean()
            and all(side(_lowered(one.sel(reading=reading), condition)) == "above" for one in across)
        ]
        parts.append(f"under {reading}: {listed(found)}")
    which = "; ".join(parts) or "none, since too few units have so high an r with a shared core"
    return HTML(
        "<p>Conditions with at least as many units of r > .75 as the shared core, but decoders that transfer less "
        f"than its decoders in both directions: {which}.</p>"
    )


def _lowered(values: xr.DataArray, condition: str) -> np.ndarray:
    """Return how much lower each network of a condition is than the shared core of the same seed."""
    return values.sel(condition="shared").values - values.sel(condition=condition).values


def _verdict(shared: np.ndarray, controls: dict[str, np.ndarray]) -> str:
    """Say what controls do to the share of strong mirror units, by the interval of each difference.

    `controls` has for each the shared core's share minus the control's, matched by seed.
    """
    if not controls:
        return "none of the paper's controls was run"
    if len(shared) < 2:
        return "one network gives no interval to judge controls by"
    if side(shared) != "above":
        return "too few for a control to lower"
    words = {"above": "{} lower{} it", "below": "{} raise{} it", "around": "the effect of {} cannot be told from none"}
    by_side = {place: [name for name, found in controls.items() if side(found) == place] for place in words}
    return listed([words[place].format(listed(c), "s" if len(c) == 1 else "") for place, c in by_side.items() if c])


def finding(measures: xr.Dataset) -> HTML:
    """Say in two sentences how many strong mirror units a shared core has, and what the paper's controls do to that.

    The rule: a control lowers (raises) the share under a reading if the 95 % interval of the difference between the
    shared core and the control, matched by seed, lies above (below) zero. Where the interval of the shared core's own
    share reaches zero, there is nothing to lower.
    """
    table = shares_table(measures.r.sel(centring="raw"))
    found = differences(table, "strong")
    shares_said, verdicts = [], []
    for reading, one in table.groupby("reading", sort=False):
        shared = one[one.condition == "shared"].strong.values
        controls = {c: found[reading, c] for c in PAPERS_CONTROLS if (reading, c) in found}
        shares_said.append(f"{with_interval(shared, SHARE)} under {reading}")
        verdicts.append(f"under {reading}, {_verdict(shared, controls)}")
    return statement(
        f"With a shared core, the share of strong mirror units (r > .75) is {listed(shares_said)}.",
        f"The paper's controls ({listed(PAPERS_CONTROLS)}) should each lower it: {'; '.join(verdicts)}.",
    )
