"""The page of the calibration: which test can say no, and which can still say yes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis import nulls_table
from mirror_core.analysis.nulls import SAME_EVENTS
from mirror_core.pages.tables import cell, show, statement
from mirror_core.studies.calibration.design import CODE_NULLS, CURVES, TRUSTED, Calibration
from mirror_core.studies.calibration.limit import limit
from mirror_core.studies.calibration.summary import ALPHA, overlap_table, share_interval
from mirror_core.studies.calibration.tables import all_calls, interval, means, powers, unrelated_calls
from mirror_core.studies.measures.base import SHARE
from mirror_core.studies.wording import decimal, listed, with_interval

TARGETS = {6: 0.75, 9: 0.95, 10: 0.95, 11: 0.95, 12: 0.95}
"""K → power asked of the one-sided trusted test under BH at similarity .95, stated before these populations were
drawn, from an earlier, smaller simulation."""
SIDES = {"two-sided": "two-sided", "greater": "one-sided"}
"""How the alternatives are called."""
QUESTIONS = dict(nulls_table()[["null", "question"]].itertuples(index=False))
"""Null → the question it answers."""


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
    by = ["null", "alternative", "situation", "centring"]
    for (null, side, situation, centring), one in every.groupby(by, sort=False):
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
    chosen = chosen[chosen.centring == centring]
    rows = [
        {"situation": situation} | {null: cell(one[one.null == null].called, SHARE, 3) for null in QUESTIONS}
        for situation, one in chosen.groupby("situation", sort=False)
    ]
    return show(pd.DataFrame(rows), f"Share of units called, {SIDES[alternative]}, {centring}")


def discoveries_shown(found: Calibration, alternative: str) -> HTML:
    """Show in how many networks and populations without a shared code any unit is called, after each correction."""
    by_k = unrelated_calls(found).assign(situation=lambda t: "independent tunings, K = " + t.n_actions.astype(str))
    calls = all_calls(found)
    every = pd.concat([calls[~calls.situation.isin(["independent tunings", "planted mirror units"])], by_k])
    every = every[(every.null == TRUSTED) & (every.alternative == alternative) & (every.centring == "raw")]
    every = pd.concat([every, every[every.n_actions.notna()].assign(situation="independent tunings, all K")])
    rows = []
    for situation, one in every.groupby("situation", sort=False):
        row = {"situation": situation, "networks": int((one.correction == "none").sum())}
        for correction, part in one[one.correction != "none"].groupby("correction", sort=False):
            row[correction] = _cell(*share_interval(int(part["any"].sum()), len(part)))
        rows.append(row)
    return show(pd.DataFrame(rows), f"Share of networks in which {TRUSTED} calls any unit, {SIDES[alternative]}")


def _cell(mean: float, low: float, high: float) -> str:
    """Return a table cell: a share, and its interval smaller below."""
    low, high = np.clip([low, high], *SHARE)
    return f"{decimal(mean, 3)}<br><small>[{decimal(low, 3)}, {decimal(high, 3)}]</small>"


def power_shown(stated: pd.DataFrame) -> HTML:
    """Show power and false discoveries at similarity .95, and whether the power asked for is reached."""
    rows = []
    for k, of_k in stated.groupby("n_actions"):
        row = {"K": k, "populations": of_k.n.max()}
        for quantity, title in (("power", "power"), ("false", "false among called")):
            for side in ("greater", "two-sided"):
                one = of_k[(of_k.alternative == side) & (of_k.quantity == quantity)].iloc[0]
                row[f"{title}, {SIDES[side]}"] = _cell(one["mean"], one.low, one.high)
        row["in the limit, one-sided"] = decimal(limit(k))
        asked = TARGETS.get(k)
        row["asked for, one-sided"] = "–" if asked is None else f"{decimal(asked)}: {reached(of_k, 'greater', asked)}"
        rows.append(row)
    return show(pd.DataFrame(rows), "Unit mismatch under BH, planted units of tuning similarity .95")


def limit_said(stated: pd.DataFrame) -> HTML:
    """Say whether the power of the one-sided test can be told from that of the limit: by its 95 % interval."""
    power = stated[(stated.alternative == "greater") & (stated.quantity == "power")]
    outside = [row for row in power.itertuples() if not row.low <= limit(row.n_actions) <= row.high]
    where = "every K"
    if outside:
        parts = [
            f"{row.n_actions} ({decimal(row.mean, 3)} against {decimal(limit(row.n_actions), 3)})" for row in outside
        ]
        where = f"{len(power) - len(outside)} of {len(power)} K, outside it at K = {listed(parts)}"
    return HTML(f"<p>The limit lies inside the 95 % interval of the one-sided power at {where}.</p>")


def reached(stated: pd.DataFrame, side: str, asked: float) -> str:
    """Say whether the power of one K reaches what is asked for: the rule of the page.

    "reached" if the mean over populations does, else "not distinguishable" if its 95 % interval does, else "not
    reached".
    """
    one = stated[(stated.alternative == side) & (stated.quantity == "power")].iloc[0]
    return "reached" if one["mean"] >= asked else "not distinguishable" if one.high >= asked else "not reached"


def few_actions(found: Calibration) -> HTML:
    """Say how often an unrelated unit looks like a mirror unit, and what that leaves a test."""
    table = overlap_table({k: found.stated[k] for k in (3, *CURVES)})
    _, stated = powers(found)
    parts = []
    for k, one in table.groupby("n_actions"):
        of_k = stated[(stated.n_actions == k) & (stated.alternative == "greater") & (stated.quantity == "power")]
        parts.append(f"{with_interval(one.beyond, SHARE, 3)} at K = {k} (power {decimal(of_k['mean'].item())})")
    return HTML(
        f"<p>The share of unrelated units whose r is at least that of a typical planted unit is {listed(parts)}; "
        "power is that of one-sided unit mismatch under BH.</p>"
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
    verdicts_on_power = []
    for side, name in (("greater", "one-sided"), ("two-sided", "two-sided")):
        by_verdict: dict[str, list[str]] = {}
        for k, value in TARGETS.items():
            by_verdict.setdefault(reached(stated[stated.n_actions == k], side, value), []).append(str(k))
        parts = [f"{verdict} at K = {listed(which)}" for verdict, which in by_verdict.items()]
        verdicts_on_power.append(f"{name}, {'; '.join(parts)}")
    return statement(
        "Where no code is shared, the row, sequence and pseudosession nulls still call "
        f"{decimal(events['mean'].min())}–{decimal(events['mean'].max())} of units (two-sided), "
        f"and unit mismatch calls {decimal(min(shares['one-sided']), 3)}–"
        f"{decimal(max(shares['one-sided']), 3)} one-sided and {decimal(min(shares['two-sided']), 3)}–"
        f"{decimal(max(shares['two-sided']), 3)} two-sided, at a nominal .05 "
        f"({verdicts.count('within')} of {len(verdicts)} intervals hold .05).",
        f"Of planted mirror units of tuning similarity .95, one-sided unit mismatch finds {said} (BH). The power "
        f"asked for, {decimal(TARGETS[6])} at K = 6 and {decimal(TARGETS[9])} from K = 9: "
        f"{' · '.join(verdicts_on_power)}.",
    )
