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
from mirror_core.studies.wording import counted, listed, side, under_readings, with_interval

PAPERS_CONTROLS = ("separate-cores", "forward-only", "shuffled-labels")
"""The controls that the paper reports, each said to eliminate or reduce mirroring."""
TWO_CORES = "separate-cores-shared-heads"
"""The control that tells sharing a core from sharing heads."""


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
    """Say whether strong mirror units take one core, then how many there are, and what the paper's controls do to that.

    The rule of the first sentence: see `_one_core`. That of the others: a control lowers (raises) the share
    under a reading if the 95 % interval of the difference between the shared core and the control, matched by seed,
    lies above (below) zero. Where the interval of the shared core's own share reaches zero, there is nothing to lower.
    """
    table = shares_table(measures.r.sel(centring="raw"))
    found = differences(table, "strong")
    shares_said, apart_said, verdicts = [], [], []
    for reading, one in table.groupby("reading", sort=False):
        shared = one[one.condition == "shared"].strong.values
        controls = {c: found[reading, c] for c in PAPERS_CONTROLS if (reading, c) in found}
        shares_said.append(f"{with_interval(shared, SHARE)} under {reading}")
        verdicts.append(f"under {reading}, {_verdict(shared, controls)}")
        if (reading, TWO_CORES) in found:
            apart = one[one.condition == TWO_CORES].strong
            apart_said.append(f"{with_interval(apart, SHARE)} under {reading}")
    apart = f"; with two cores that share their heads it is {listed(apart_said)}" if apart_said else ""
    return statement(
        _one_core(table, found),
        f"With a shared core, the share of strong mirror units (r > .75) is {listed(shares_said)}{apart} "
        f"(means over {counted(table.seed.nunique(), 'network')} of each, with 95 % intervals). "
        f"The paper's controls ({listed(PAPERS_CONTROLS)}) should each lower it: {'; '.join(verdicts)}.",
    )


def _one_core(table: pd.DataFrame, found: dict[tuple[str, str], np.ndarray]) -> str:
    """Say in one plain sentence whether strong mirror units take one core, from two cores that share their heads.

    The rule: under a reading, two cores have more (fewer) strong units if the 95 % interval of the difference, matched
    by seed, lies beyond zero; else about as many, where the interval of one core's share lies above zero. The sentence
    says the first of these that is the case under some reading: more; about as many; fewer; none to compare.

    Parameters
    ----------
    table
        Shares of every network, as `mirror_core.studies.grid.shares_table` returns them.
    found
        The shared core's share of strong units minus each control's, by (reading, condition).
    """
    readings = list(dict.fromkeys(table.reading))
    compared = {one: found[one, TWO_CORES] for one in readings if (one, TWO_CORES) in found}
    if not compared:
        return "Two cores that share their heads were not run, so whether one core is needed cannot be said."
    if max(len(differences) for differences in compared.values()) < 2:
        return "One network of each kind gives no interval to tell by whether one core is needed."
    shared = table[table.condition == "shared"].groupby("reading").strong
    has = {one: side(values) == "above" for one, values in shared}
    places = {one: side(differences) for one, differences in compared.items()}
    more = [one for one, place in places.items() if place == "below"]
    alike = [one for one, place in places.items() if place == "around" and has[one]]
    fewer = [one for one, place in places.items() if place == "above"]
    if more:
        said = "One core is not needed: two cores that share heads have more strong mirror units than one"
    elif alike:
        said = "One core is not shown to matter: two, sharing heads, have about as many strong mirror units"
    elif fewer:
        said = "One core matters: two cores have fewer strong mirror units than one, even if they share heads"
    else:
        return "There are too few strong mirror units for the number of cores to matter."
    return f"{said}, {under_readings(more or alike or fewer, readings)}."
