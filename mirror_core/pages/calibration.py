"""The page of the calibration: which test can say no, and which can still say yes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis import nulls_table
from mirror_core.analysis.nulls import SAME_EVENTS
from mirror_core.pages.tables import cell, show, statement
from mirror_core.studies.calibration.design import CODE_NULLS, CURVES, EARLIER, TRUSTED, Calibration
from mirror_core.studies.calibration.levels import SITUATION, above_level
from mirror_core.studies.calibration.limit import limit
from mirror_core.studies.calibration.summary import ALPHA, overlap_table, share_interval
from mirror_core.studies.calibration.tables import all_calls, interval, means, powers, unrelated_calls
from mirror_core.studies.measures.base import SHARE
from mirror_core.studies.wording import decimal, listed, with_interval

TARGETS = {6: 0.75, 9: 0.95, 10: 0.95, 11: 0.95, 12: 0.95}
"""K → power asked of the one-sided trusted test under BH at similarity .95, stated before these populations were
drawn, from an earlier, smaller simulation of unit mismatch."""
LISTED = 10
"""Situations that are listed openly; a longer list is folded."""
SIDES = {"two-sided": "two-sided", "greater": "one-sided"}
"""How the alternatives are called."""
QUESTIONS = dict(nulls_table()[["null", "question"]].itertuples(index=False))
"""Null → the question it answers."""
NAMES = {null: null.replace("-", " ") for null in (EARLIER, TRUSTED)}
"""How the two tests are called in a sentence."""


def judged(values: np.ndarray) -> str:
    """Say whether a share of units called can be told from the nominal one: the rule of the page.

    "within" if the 95 % interval of the mean over networks holds .05, else "below" or "above"; "–" where fewer than
    two networks have tested units.
    """
    if np.isfinite(values).sum() < 2:
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


def power_shown(stated: pd.DataFrame, earlier: pd.DataFrame) -> HTML:
    """Show power and false discoveries at similarity .95, whether the power asked for is reached, and `EARLIER`'s."""
    before = earlier[(earlier.alternative == "greater") & (earlier.quantity == "power")].set_index("n_actions")
    rows = []
    for k, of_k in stated.groupby("n_actions"):
        row = {"K": k, "populations": of_k.n.max()}
        for quantity, title in (("power", "power"), ("false", "false among called")):
            for side in ("greater", "two-sided"):
                one = of_k[(of_k.alternative == side) & (of_k.quantity == quantity)].iloc[0]
                row[f"{title}, {SIDES[side]}"] = _cell(one["mean"], one.low, one.high)
        row["in the limit, one-sided"] = decimal(limit(k))
        row[f"{NAMES[EARLIER]}: power, one-sided"] = _cell(*before.loc[k, ["mean", "low", "high"]])
        asked = TARGETS.get(k)
        row["asked for, one-sided"] = "–" if asked is None else f"{decimal(asked)}: {reached(of_k, 'greater', asked)}"
        rows.append(row)
    return show(pd.DataFrame(rows), f"{NAMES[TRUSTED].capitalize()} under BH, planted units of tuning similarity .95")


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
        f"power is that of one-sided {NAMES[TRUSTED]} under BH.</p>"
    )


def finding(found: Calibration, mixed: pd.DataFrame) -> HTML:
    """Say how often the two tests of single units keep what they promise, then in numbers what they call where units
    differ, what all nulls do where no code is shared, and what the trusted test finds where one is.

    The rules: see `keeping` for the first sentence; where units differ, see `holding`; else a test is calibrated in a
    situation if the 95 % interval of the mean share of units called, over networks or populations, holds .05. Power is
    the mean over populations.
    """
    calls = all_calls(found)
    raw = calls[(calls.correction == "none") & (calls.centring == "raw") & (calls.alternative == "two-sided")]
    events = means(raw[~raw.situation.str.startswith("planted") & (raw.null.map(QUESTIONS) == SAME_EVENTS)],
                   ["situation", "null"], "called")  # fmt: skip
    trusted = [row for row in uncalibrated(found) if row[1] == TRUSTED and row[4] == "raw"]
    shares = {side: [interval(values)[0] for _, _, s, *_, values in trusted if s == side] for side in SIDES.values()}
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
        keeping(mixed),
        f"{differing(mixed)} Where no code is shared, the row, sequence and pseudosession nulls still call "
        f"{decimal(events['mean'].min())}–{decimal(events['mean'].max())} of units (two-sided), "
        f"and {NAMES[TRUSTED]} calls {_range(shares['one-sided'])} one-sided and {_range(shares['two-sided'])} "
        f"two-sided, at a nominal .05 "
        f"({verdicts.count('within')} of {len(verdicts)} intervals hold .05). "
        f"Of planted mirror units of tuning similarity .95, one-sided {NAMES[TRUSTED]} finds {said} (BH). The power "
        f"asked for, {decimal(TARGETS[6])} at K = 6 and {decimal(TARGETS[9])} from K = 9: "
        f"{' · '.join(verdicts_on_power)}.",
    )


def _range(values: list[float]) -> str:
    """Return shares from the smallest to the largest; in so few units that none can be tested there is none."""
    values = [value for value in values if np.isfinite(value)]
    return f"{decimal(min(values), 3)}–{decimal(max(values), 3)}" if values else "nothing that can be tested"


def keeping(mixed: pd.DataFrame) -> str:
    """Say in one plain sentence in how many situations without mirror units each of the two tests holds.

    The rule: a test holds in a situation as in `holding`; in "most" if in at least half.
    """
    unplanted = mixed[mixed.planted_share == 0]

    def part(test: str) -> str:
        holds = unplanted[unplanted.test == test].holds
        return "all" if holds.all() else "none" if not holds.any() else "most" if holds.mean() >= 0.5 else "a minority"

    of = {"all": "all", "none": "none of the", "most": "most", "a minority": "a minority of"}[part(TRUSTED)]
    return (
        f"Of two tests, {NAMES[TRUSTED]} keeps its promised rate of false finds in {of} simulated situations, "
        f"{NAMES[EARLIER]} in {part(EARLIER)}."
    )


def differing(mixed: pd.DataFrame) -> str:
    """Say in one sentence what each of the two tests calls where units differ and none has one code in both modes."""
    unplanted = mixed[mixed.planted_share == 0]
    said = []
    for test in (EARLIER, TRUSTED):
        one = unplanted[unplanted.test == test]
        said.append(
            f"{NAMES[test]} calls a unit falsely in {decimal(one.false.min())}–{decimal(one.false.max())} of data sets "
            f"and keeps its level in {int(one.holds.sum())} of {len(one)} situations"
        )
    return f"Where units differ in tuning and noise, {said[0]}; {said[1]} (one-sided, BH, nominal .05)."


def kind(row: pd.Series) -> str:
    """Say how the units of a situation differ."""
    return f"K = {row.n_actions}, {100 * row.tuned_share:.0f} % tuned, {row.tuning} tunings, {row.unit_noise} noise"


def holding(mixed: pd.DataFrame) -> HTML:
    """List where each test does not hold, by the rule of the page, and where it calls single units too often.

    The rule: a test holds in a situation if the 95 % interval of the share of data sets with any false unit holds .05
    or lies below. Where mirror units are planted, BH bounds the share of false ones among the units called instead,
    and the rule is asked of its interval. What is not corrected is held to the same: the share of tested units called.
    """
    parts = []
    for test in (TRUSTED, EARLIER):
        for planted, name in ((False, "nothing planted, data sets with any false unit"),
                              (True, "mirror units planted, false units among those called")):  # fmt: skip
            own = mixed[(mixed.test == test) & ((mixed.planted_share > 0) == planted)]
            parts.append(_outside(test, name, own, own[~own.holds], "false_share" if planted else "false"))
        own = mixed[(mixed.test == test) & (mixed.planted_share == 0)]
        parts.append(_outside(test, "nothing planted, units called, not corrected", own, above_level(own), "level"))
    return HTML("".join(parts))


def _outside(test: str, name: str, own: pd.DataFrame, bad: pd.DataFrame, quantity: str) -> str:
    """Return a paragraph on the situations of a test in which an interval lies above .05."""
    items = "".join(
        f"<li>{kind(row)}: {_share(row, quantity, ' ')}</li>"
        for _, row in bad.sort_values(quantity, ascending=False).iterrows()
    )
    said = f"<strong>{test}</strong>, {name}: holds in {len(own) - len(bad)} of {len(own)} situations"
    if not len(bad):
        return f"<p>{said}.</p>"
    if len(bad) <= LISTED:
        return f"<p>{said}; above .05 in:</p><ul>{items}</ul>"
    return f"<p>{said}.</p><details><summary>Show where it is above .05</summary><ul>{items}</ul></details>"


def _share(row: pd.Series, quantity: str, joint: str) -> str:
    """Return a share with its interval; "–" where there is none."""
    value, low, high = (row[f"{quantity}{end}"] for end in ("", "_low", "_high"))
    if not np.isfinite(value):
        return "–"
    bounds = f"[{decimal(max(low, 0), 3)}, {decimal(min(high, 1), 3)}]"
    return f"{decimal(value, 3)}{joint}{bounds}"


def mixed_shown(mixed: pd.DataFrame, *, planted: bool) -> HTML:
    """Show all numbers of the populations that differ, with planted mirror units or without."""
    wanted = (("planted units found", "found"), ("false among called", "false_share"))
    if not planted:
        wanted = (("data sets with any false unit", "false"), ("units called, not corrected", "level"))
    chosen = mixed[(mixed.planted_share > 0) == planted]
    columns = ["n_actions", "tuned_share", "tuning", "unit_noise"]
    rows = []
    for key, one in chosen.groupby(columns, sort=False):
        row = dict(zip(("K", "tuned", "tunings", "noise"), key, strict=True)) | {"data sets": one.n.max()}
        for test in (EARLIER, TRUSTED):
            own = one[one.test == test].iloc[0]
            for title, quantity in wanted:
                value, _, bounds = _share(own, quantity, "|").partition("|")
                row[f"{title}, {NAMES[test]}"] = f"{value}<br><small>{bounds}</small>" if bounds else value
            row[f"holds, {NAMES[test]}"] = "yes" if own.holds else "no"
        rows.append(row)
    return show(pd.DataFrame(rows), "With planted mirror units" if planted else "Without any mirror unit")


def losses(mixed: pd.DataFrame) -> HTML:
    """Say where the trusted test finds fewer planted units than the earlier one, and whether that one held its level.

    The rule: fewer if the mean share found is; the numbers are means with their 95 % intervals.
    """
    planted = mixed[mixed.planted_share > 0]
    lost, n = [], 0
    for _, one in planted.groupby(SITUATION, sort=False):
        new, old = (one[one.test == test].iloc[0] for test in (TRUSTED, EARLIER))
        if new.found < old.found:
            lost.append(f"<li>{kind(new)}: {_share(new, 'found', ' ')} against {_share(old, 'found', ' ')}"
                        f"{'' if old.holds else ', where that does not hold its level'}</li>")  # fmt: skip
        n += 1
    return HTML(
        f"<p>Of planted mirror units, {NAMES[TRUSTED]} finds fewer than {NAMES[EARLIER]} in {len(lost)} of {n} "
        f"situations{':' if lost else '.'}</p><ul>{''.join(lost)}</ul>"
    )
