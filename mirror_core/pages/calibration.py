"""The page of the calibration: which test can say no, and which can still say yes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from IPython.display import HTML

from mirror_core.analysis import Interval, mean_interval, nulls_table
from mirror_core.analysis.nulls import SAME_EVENTS
from mirror_core.calibration.study import CODE_NULLS, CURVES, STATED, Calibration
from mirror_core.calibration.summary import (
    ALPHA,
    band,
    calls_table,
    distribution_of_p,
    overlap_table,
    power_table,
    share_interval,
)
from mirror_core.tables import cell, show, statement
from mirror_core.wording import SHARE, decimal, listed, with_interval

TRUSTED = "unit-mismatch"
"""The test to trust for a mirror unit."""
TARGETS = {6: 0.75, 9: 0.95, 10: 0.95, 11: 0.95, 12: 0.95}
"""K → power that the one-sided trusted test should reach under BH at similarity .95, stated before it was measured."""
SIDES = {"two-sided": "two-sided", "greater": "one-sided"}
"""How the alternatives are called."""
QUESTIONS = dict(nulls_table()[["null", "question"]].itertuples(index=False))
"""Null → the question it answers."""


def interval(values: pd.Series | np.ndarray) -> Interval:
    """Return mean and 95 % interval over networks; of a single network, the value alone."""
    values = np.asarray(values, dtype=float)
    return mean_interval(values) if len(values) > 1 else Interval(*(float(values[0]),) * 3)


def means(table: pd.DataFrame, by: list[str], quantity: str) -> pd.DataFrame:
    """Return mean and 95 % interval over networks of a quantity, for each combination of `by`."""
    rows = [(*key, *interval(one[quantity])) for key, one in table.groupby(by, sort=False)]
    return pd.DataFrame(rows, columns=[*by, "mean", "low", "high"])


def families(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the share of networks with any unit called, with its exact 95 % interval, for each combination of `by`."""
    rows = [(*key, *share_interval(int(one["any"].sum()), len(one))) for key, one in table.groupby(by, sort=False)]
    return pd.DataFrame(rows, columns=[*by, "mean", "low", "high"])


def all_calls(found: Calibration) -> pd.DataFrame:
    """Return what each null calls in every situation, and of the planted populations' planted units."""
    situations = {name: one.p for name, one in found.without_code.items()}
    planted = found.planted.p.isel(unit=found.planted.planted.values)
    return calls_table(situations | {"planted mirror units": planted})


def unrelated_calls(found: Calibration) -> pd.DataFrame:
    """Return what the tests of one code call among independent tunings; `n_actions` in place of `situation`."""
    return calls_table({k: one.p for k, one in found.unrelated.items()}).rename(columns={"situation": "n_actions"})


def p_curves(found: Calibration) -> tuple[dict[str, xr.DataArray], dict[str, xr.DataArray]]:
    """Return the distribution of raw two-sided p in each situation, of each network and over networks."""
    curves = {}
    for name, one in found.without_code.items():
        p = one.p.sel(alternative="two-sided", correction="none", drop=True)
        curves[name] = distribution_of_p(p.sel(centring="raw", drop=True) if "centring" in p.dims else p)
    return curves, {name: band(curve) for name, curve in curves.items()}


def powers(found: Calibration) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return power and false discoveries of the trusted test under BH: for the curves, and for every K at .95."""
    table = power_table(found.sweep, TRUSTED)
    table = table[table.correction == "bh"]
    by = ["n_actions", "similarity", "alternative"]
    both = pd.concat([means(table, by, q).assign(quantity=q) for q in ("power", "false")], ignore_index=True)
    return both[both.n_actions.isin(CURVES)], both[both.similarity == STATED]


def judged(values: np.ndarray) -> str:
    """Say whether a share of units called can be told from the nominal one: the rule of the page.

    "within" if the 95 % interval of the mean over networks holds .05, else "below" or "above"; "–" for one network.
    """
    if len(values) < 2:
        return "–"
    _, low, high = interval(values)
    return "above" if low > ALPHA else "below" if high < ALPHA else "within"


def uncalibrated(found: Calibration) -> Iterator[tuple[str, str, str, str, str, np.ndarray]]:
    """Yield verdict, null, side, situation, centring and shares for each test of one code in each situation."""
    calls = all_calls(found)
    calls = calls[~calls.situation.str.startswith("planted")]
    by_k = unrelated_calls(found)
    by_k["situation"] = "independent tunings, K = " + by_k.n_actions.astype(str)
    # the populations that stand beside the networks are the first of those
    every = pd.concat([calls[calls.situation != "independent tunings"], by_k])
    every = every[(every.correction == "none") & every.null.isin(CODE_NULLS)]
    for (null, side, situation, centring), one in every.groupby(["null", "alternative", "situation", "centring"], sort=False):
        yield judged(one.called.values), null, SIDES[side], situation, centring, one.called.values


def misbehaviour(found: Calibration) -> HTML:
    """List where the share that a test of one code calls can be told from the nominal one."""
    rows = list(uncalibrated(found))
    parts = []
    for null in CODE_NULLS:
        own = [row for row in rows if row[1] == null]
        outside = [row for row in own if row[0] in ("above", "below")]
        named = [
            f"<li>{situation}{f', {centring}' if not situation.startswith('independent') else ''}, {side}: "
            f"{with_interval(values, SHARE, 3)}, {verdict}</li>"
            for verdict, _, side, situation, centring, values in outside
        ]
        parts.append(
            f"<p><strong>{null}</strong>: {len(outside)} of {len(own)} intervals leave out .05 (by chance about "
            f"{decimal(0.05 * len(own), 1)} would).</p><ul>{''.join(named)}</ul>"
        )
    return HTML("".join(parts))


def nulls_shown() -> HTML:
    """Show what each null asks, keeps and breaks."""
    return show(nulls_table())


def shares_shown(calls: pd.DataFrame, alternative: str, centring: str) -> HTML:
    """Show the share of units that each null calls in every situation, not corrected."""
    chosen = calls[(calls.alternative == alternative) & (calls.correction == "none")]
    chosen = chosen[(chosen.centring == centring)]
    rows = [
        {"situation": situation} | {null: cell(one[one.null == null].called, SHARE, 3) for null in QUESTIONS}
        for situation, one in chosen.groupby("situation", sort=False)
    ]
    return show(pd.DataFrame(rows), f"Share of units called, {SIDES[alternative]}, {centring}")


def discoveries_shown(found: Calibration, alternative: str) -> HTML:
    """Show in how many networks and populations without a shared code any unit is called after each correction."""
    by_k = unrelated_calls(found).assign(situation=lambda t: "independent tunings, K = " + t.n_actions.astype(str))
    calls = all_calls(found)
    every = pd.concat([calls[~calls.situation.isin(["independent tunings", "planted mirror units"])], by_k])
    every = every[(every.null == TRUSTED) & (every.alternative == alternative) & (every.centring == "raw")]
    rows = []
    for situation, one in every.groupby("situation", sort=False):
        row = {"situation": situation, "networks": one.network.nunique()}
        for correction, part in one[one.correction != "none"].groupby("correction", sort=False):
            share, low, high = share_interval(int(part["any"].sum()), len(part))
            row[correction] = f"{decimal(share, 3)}<br><small>[{decimal(low, 3)}, {decimal(high, 3)}]</small>"
        rows.append(row)
    return show(pd.DataFrame(rows), f"Share of networks in which {TRUSTED} calls any unit, {SIDES[alternative]}")


def power_shown(stated: pd.DataFrame) -> HTML:
    """Show power and false discoveries at similarity .95, and whether the power asked for is reached."""
    rows = []
    for k, of_k in stated.groupby("n_actions"):
        row = {"K": k}
        for quantity, title in (("power", "power"), ("false", "false among called")):
            for side in ("greater", "two-sided"):
                one = of_k[(of_k.alternative == side) & (of_k.quantity == quantity)].iloc[0]
                row[f"{title}, {SIDES[side]}"] = (
                    f"{decimal(one['mean'], 3)}<br><small>[{decimal(max(one.low, 0), 3)}, {decimal(min(one.high, 1), 3)}]</small>"
                )
        asked = TARGETS.get(k)
        row["asked for, one-sided"] = "–" if asked is None else f"{decimal(asked)}: {_reached(of_k, asked)}"
        rows.append(row)
    return show(pd.DataFrame(rows), "Unit mismatch under BH, planted units of tuning similarity .95")


def _reached(of_k: pd.DataFrame, asked: float) -> str:
    one = of_k[(of_k.alternative == "greater") & (of_k.quantity == "power")]["mean"].item()
    return "reached" if one >= asked else "not reached"


def overlap(found: Calibration) -> tuple[dict, dict[int, str]]:
    """Return r of unrelated and planted units for each K with a curve, and how often the former look like the latter."""
    chosen = {k: found.stated[k] for k in (3, *CURVES)}
    table = overlap_table(chosen)
    r, said = {}, {}
    for k, one in chosen.items():
        values = one.observed.sel(null=TRUSTED).transpose("unit", "network").values
        planted = one.planted.values
        r[k] = values[~planted].ravel(), values[planted].ravel()
        said[k] = f"{decimal(100 * table[table.n_actions == k].beyond.mean(), 1)} % beyond"
    return r, said


def few_actions(found: Calibration) -> HTML:
    """Say how often an unrelated unit looks like a mirror unit, and what that leaves a test."""
    table = overlap_table({k: found.stated[k] for k in (3, *CURVES)})
    _, stated = powers(found)
    parts = []
    for k, one in table.groupby("n_actions"):
        of_k = stated[(stated.n_actions == k) & (stated.alternative == "greater") & (stated.quantity == "power")]
        parts.append(f"{with_interval(one.beyond, SHARE, 3)} at K = {k} (power {decimal(of_k['mean'].item())})")
    return HTML(
        f"<p>The share of unrelated units whose r is at least that of a typical planted unit is {listed(parts)}; power is "
        "that of one-sided unit mismatch under BH.</p>"
    )


def finding(found: Calibration) -> HTML:
    """Say in two sentences what the nulls call where no code is shared, and what the trusted test finds where one is.

    The rules: a test is calibrated in a situation if the 95 % interval of the mean share of units called, over networks
    or populations, holds .05. Power is the mean over populations.
    """
    calls = all_calls(found)
    raw = calls[(calls.correction == "none") & (calls.centring == "raw") & (calls.alternative == "two-sided")]
    events = means(raw[~raw.situation.str.startswith("planted") & (raw.null.map(QUESTIONS) == SAME_EVENTS)],
                   ["situation", "null"], "called")  # fmt: skip
    trusted = [row for row in uncalibrated(found) if row[1] == TRUSTED and row[4] == "raw"]
    shares = {side: [values.mean() for _, _, s, *_, values in trusted if s == side] for side in SIDES.values()}
    verdicts = [row[0] for row in trusted]
    _, stated = powers(found)
    power = stated[(stated.quantity == "power")].set_index(["alternative", "n_actions"])["mean"]
    said = listed([f"{decimal(power['greater', k])} at K = {k}" for k in CURVES])
    met = [k for k, value in TARGETS.items() if power["greater", k] >= value]
    met_by_both = [k for k in met if power["two-sided", k] >= TARGETS[k]]
    return statement(
        f"Where no code is shared, the row, sequence and pseudosession nulls still call {decimal(events['mean'].min())}–"
        f"{decimal(events['mean'].max())} of units, and unit mismatch calls {decimal(min(shares['one-sided']), 3)}–"
        f"{decimal(max(shares['one-sided']), 3)} one-sided and {decimal(min(shares['two-sided']), 3)}–"
        f"{decimal(max(shares['two-sided']), 3)} two-sided, at a nominal .05 "
        f"({verdicts.count('within')} of {len(verdicts)} intervals hold .05).",
        f"Of planted mirror units of tuning similarity .95, one-sided unit mismatch finds {said} (BH); the power asked for "
        f"is reached one-sided for K = {listed([str(k) for k in met])}, two-sided for K = "
        f"{listed([str(k) for k in met_by_both])}.",
    )
