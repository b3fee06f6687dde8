"""The page that asks whether the two modes share one code, by measures beyond r, and whether mirror units matter."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.arrays import MODES
from mirror_core.pages.tables import cell, show, statement
from mirror_core.studies.measures import measure_named
from mirror_core.studies.measures.base import ANY
from mirror_core.studies.measures.lesions import NULL_GROUPS
from mirror_core.studies.measures.tasks import ABLATIONS
from mirror_core.studies.one_code import cost_ratio, main_dose
from mirror_core.studies.select import where
from mirror_core.studies.wording import counted, decimal, listed, side, under_readings, with_interval

VERDICTS = {
    "yes": "yes",
    "controls": "no more than a control",
    "null": "not told from its null",
    "below": "less than its null",
    "few": "–",
}


def verdict(of_quantity: pd.DataFrame, quantity: str) -> str:
    """Return whether the modes share more than chance, and more than in controls, as a key of `VERDICTS`.

    The rule, all intervals being 95 % over networks: "yes" if the shared core's value lies beyond its null, and beyond
    each control that was run matched by seed, each by the interval of the difference; "controls" if beyond its null
    only; "below" if it lies on the other side of its null; "null" otherwise; "few" with fewer than two networks.

    Parameters
    ----------
    of_quantity
        Rows of `values_table` of one quantity and reading.
    """
    sign = measure_named(quantity).sign
    wide = of_quantity.pivot(index="seed", columns="condition", values="value") * sign
    null = of_quantity[of_quantity.condition == "shared"].set_index("seed").null * sign
    if len(wide) < 2:
        return "few"
    place = side((wide.shared - null).values)
    if place != "above":
        return {"below": "below", "around": "null"}[place]
    controls = [c for c in wide.columns if c != "shared"]
    return "yes" if all(side((wide.shared - wide[c]).values) == "above" for c in controls) else "controls"


def verdicts(table: pd.DataFrame) -> pd.Series:
    """Return the verdict of every reading and quantity (index `reading`, `quantity`)."""
    groups = table.groupby(["reading", "quantity"], sort=False)
    return pd.Series({key: verdict(one, key[1]) for key, one in groups})


def summary(table: pd.DataFrame) -> HTML:
    """Show every quantity under every reading: the shared core, its null, the controls, and the verdict."""
    found = verdicts(table)
    rows = []
    for quantity, of_quantity in table.groupby("quantity", sort=False):
        what = measure_named(quantity)
        row: dict[str, str] = {"measure": f"{what.label}<br><small class='wrap'>null: {what.null}</small>"}
        for reading, one in of_quantity.groupby("reading", sort=False):
            shared = one[one.condition == "shared"]
            others = [
                f"{condition} {decimal(c.value.mean(), what.digits)}"
                for condition, c in one[one.condition != "shared"].groupby("condition", sort=False)
            ]
            against = "; ".join([f"null {decimal(shared.null.mean(), what.digits)}", *others])
            row[reading] = (
                f"{cell(shared.value, what.limits, what.digits)}<br><small class='wrap'>{against}</small>"
                f"<br><strong>{VERDICTS[found[reading, quantity]]}</strong>"
            )
        rows.append(row)
    return show(pd.DataFrame(rows), f"{counted(table.seed.nunique(), 'network')} in each condition")


def lesion_numbers(compared: pd.DataFrame, reading: str) -> HTML:
    """Show what silencing the top mirror units costs each mode, beside sets of other units, under one reading."""
    dose = main_dose(compared)
    chosen = where(compared, reading=reading, n_units=dose, group="top")
    rows = []
    for (condition, mode, ablation), one in chosen.groupby(["condition", "mode", "ablation"], sort=False):
        said = partial(cell, within=ANY, digits=2 if mode == "perform" else 3)
        top = said(one[one.null == "random"].loss_change)
        row = {"condition": condition, "mode": mode, "held at": ablation, "top units cost": top}
        for null in NULL_GROUPS:
            of_null = one[one.null == null]
            row[f"{null} sets cost"] = said(of_null.null_mean)
            row[f"top minus {null}"] = said(of_null.excess)
            row[f"p ≤ .05, {null}"] = f"{np.sum(of_null.p <= 0.05)} of {len(of_null)}"
        rows.append(row)
    return show(pd.DataFrame(rows), f"{reading}: {dose} units silenced; performing: squared error, observing: nats")


def more_costly(
    compared: pd.DataFrame, reading: str, null: str = "variance-matched", group: str = "top"
) -> dict[str, str]:
    """Say of each mode whether the chosen units cost it more than other sets, with a shared core.

    The rule, at the main dose: "more" ("less") if the 95 % interval over networks of the excess cost lies above (below)
    zero under both ablations; "unclear" otherwise. One network gives no interval: "unclear".
    """
    at = where(compared, reading=reading, condition="shared", null=null, group=group, n_units=main_dose(compared))
    said = {}
    for mode in MODES:
        sides = {side(where(at, mode=mode, ablation=ablation).excess.values) for ablation in ABLATIONS}
        said[mode] = {("above",): "more", ("below",): "less"}.get(tuple(sides), "unclear")
    return said


def finding(table: pd.DataFrame, compared: pd.DataFrame) -> HTML:
    """Say under which readings one code is shared, and whether its units matter more than others; then in numbers.

    The rule of the first sentence: one code is shared under a reading if more than half of the measures say "yes", see
    `verdict`; mirror units are needed more than others if both modes lose more without them, see `more_costly`.
    """
    found = verdicts(table)
    n_measures = table["quantity"].nunique()
    counts = [f"{sum(found[reading] == 'yes')} under {reading}" for reading in found.index.get_level_values(0).unique()]
    dose = main_dose(compared)
    said = {reading: more_costly(compared, reading) for reading in compared.reading.unique()}
    both = [reading for reading, of_modes in said.items() if set(of_modes.values()) == {"more"}]
    costs = [
        f"under {reading}, {_cost_in_words(of_modes)} (their cost, averaged over modes and ablations: "
        f"{with_interval(cost_ratio(compared, reading, dose))} times)"
        for reading, of_modes in said.items()
    ]
    readings = list(found.index.get_level_values(0).unique())
    shared = [reading for reading in readings if sum(found[reading] == "yes") > n_measures / 2]
    return statement(
        _in_plain_words(readings, shared, both),
        f"Of {n_measures} measures of a common code, those on which the shared core exceeds its null and both controls "
        f"number {listed(counts)}. Silencing the {dose} top mirror units costs both modes more than silencing other "
        f"units of similar variance under {listed(both) if both else 'no reading'}: {'; '.join(costs)}.",
    )


def _in_plain_words(readings: list[str], shared: list[str], needed: list[str]) -> str:
    """Say in one plain sentence under which readings one code is shared, and whether mirror units are needed."""
    more = "need their mirror units more than others"
    if not shared:
        also = f"but {more} {under_readings(needed, readings)}" if needed else f"nor to {more}"
        return f"The tasks are not shown to share a code, {also}."
    also = f"but are not shown to {more}"
    if needed:
        also = f"and {more}" if needed == shared else f"and under some readings {more}"
    return f"Both tasks share one code {under_readings(shared, readings)}, {also}."


def _cost_in_words(said: Mapping[str, str]) -> str:
    """Say what `more_costly` found."""
    if len(set(said.values())) == 1:
        one = said["perform"]
        return "neither mode shows a consistent difference" if one == "unclear" else f"both modes lose {one}"
    doing = {"perform": "performing", "observe": "observing"}
    words = {"more": "loses more", "less": "loses less", "unclear": "shows no consistent difference"}
    return listed([f"{doing[mode]} {words[one]}" for mode, one in said.items()])


def matching(effects: pd.DataFrame) -> HTML:
    """Say how close the variance of the matched sets comes to that of the top units, with a shared core."""
    at = where(effects, condition="shared", n_units=main_dose(effects[effects.group == "top"]))
    mean = at.groupby(["group", "mode", "seed", "reading"]).variance.mean().unstack(["seed", "reading"])
    ratios = [
        f"{decimal((mean.loc['top'] / mean.loc[null]).loc[mode].mean())} ({mode}, {null})"
        for null in NULL_GROUPS for mode in MODES
    ]  # fmt: skip
    return HTML(f"<p>Variance of the top units over that of the other sets, mean over networks: {listed(ratios)}.</p>")


def anti_units(compared: pd.DataFrame) -> HTML:
    """Say whether silencing the anti-mirror units costs more than silencing random units, with a shared core."""
    dose = main_dose(compared)
    parts = []
    for reading in compared.reading.unique():
        n_networks = where(compared, reading=reading, condition="shared", group="anti", n_units=dose).seed.nunique()
        found = _cost_in_words(more_costly(compared, reading, "random", "anti"))
        said = found if n_networks > 1 else "cannot be asked"
        parts.append(f"under {reading}, {said} ({n_networks} of {compared.seed.nunique()} networks)")
    return HTML(
        f"<p>The {dose} units with the most negative r, where a network has as many below zero, against random sets: "
        f"{'; '.join(parts)}.</p>"
    )
