"""The page of the specification curve: whether the number of mirror-like units depends on the choices."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.config.paper import STRONG
from mirror_core.config.settings import DEFAULTS
from mirror_core.pages.tables import cell, show, statement
from mirror_core.studies.measures.base import CORRELATION, SHARE
from mirror_core.studies.specification.answers import OUTCOMES, Answers, under
from mirror_core.studies.specification.choices import Choice, value_text
from mirror_core.studies.specification.matching import HEADLINES
from mirror_core.studies.wording import decimal, listed, span

ALPHA = 0.05
"""A choice moves the share if its levels differ with a p of at most this, corrected for all that are tested."""
_NO_MATTER = ("shared_heads", ("as-written", "self-observation"))
"""A choice that cannot matter under these readings, where each head reads one mode or is the only one of its kind."""


def finding(answers: Answers) -> HTML:
    """Say whether settings move the share and networks match the paper; then how it is spread, and how many match.

    The rules: settings move the share if any choice does under any reading, by the rule of `ALPHA`. A network matches
    if all four headline numbers are in their targets, `mirror_core.studies.specification.matching.targets`.
    """
    of = answers.of
    spreads = []
    for reading in of.readings:
        strong = under(reading, of.shared).strong_raw.dropna()
        low, middle, high = np.quantile(strong, [0.025, 0.5, 0.975])
        spreads.append(f"{decimal(middle)} under {reading} (middle 95 %: {decimal(low)} to {decimal(high)})")
    matched = [(reading, int(answers.matching[of.shared.reading == reading].sum())) for reading in of.readings]
    where = listed([f"{n} under {reading}" for reading, n in matched if n])
    n_matching = sum(n for _, n in matched)
    match = {0: "None of them matches", 1: "One of them matches"}.get(n_matching, f"{n_matching} of them match")
    depends = "depends" if (answers.effects.holm <= ALPHA).any() else "is not shown to depend"
    return statement(
        f"How many strong mirror units emerge {depends} on a network's settings; "
        f"{_MATCH.get(n_matching, f'{n_matching:,} networks match')} all of the paper's main numbers.",
        f"Across {len(of.shared):,} networks that differ in what the paper leaves open and in some of what it "
        f"fixes, the median share of units with r > .75 is {listed(spreads)}. "
        f"{_by_heads(answers)}{match} the paper's four headline numbers at once{f' ({where})' if n_matching else ''}.",
    )


_MATCH = {0: "no network matches", 1: "one network matches"}
"""Number of networks that match → how the plain sentence says so."""


def _by_heads(answers: Answers) -> str:
    """Split the readings in which sharing the heads can matter by whether they are: one median would hide both."""
    name, alike = _NO_MATTER
    said = []
    for reading in (one for one in answers.of.readings if one not in alike):
        networks = under(reading, answers.of.shared)
        medians = networks.groupby(networks[name].astype(bool)).strong_raw.median()
        if set(medians.index) == {True, False}:
            said.append(
                f"Under {reading} the median is {decimal(medians[True])} where both modes share the heads and "
                f"{decimal(medians[False])} where each has its own. "
            )
    return "".join(said)


def movers(answers: Answers) -> HTML:
    """Say what moves the share: the reading, and the choices under each, by the rule of `ALPHA`."""
    effects, variance = answers.effects, answers.variance
    labels = {choice.name: choice.label for choice in answers.of.all_choices}
    parts = []
    for reading in answers.of.readings:
        one = under(reading, effects)
        moving = one[one.holm <= ALPHA].sort_values("p")
        names = [f"{labels[name]} ({_extremes(answers, reading, name)})" for name in moving.choice]
        parts.append(
            f"Under {reading}: {listed(names)}; "
            f"all choices but the core explain {_percent(variance[reading])} of the variance between GRUs."
        )
    between = ""
    if len(answers.of.readings) > 1:
        percent = _percent(variance["reading"])
        between = f"The reading alone explains {percent} of the variance of the share between GRUs. "
    return HTML(
        f"<p>{between}Choices that move the share, with its lowest and highest mean over their values:</p>"
        f"<ul>{''.join(f'<li>{part}</li>' for part in parts)}</ul>"
    )


def _extremes(answers: Answers, reading: str, choice: str) -> str:
    """Return the lowest and the highest mean over the values of a choice; a mean below zero, by adjustment, is zero."""
    means = under(reading, answers.means[OUTCOMES[0]])
    means = means[means.choice == choice]["mean"].clip(lower=0)
    return f"{decimal(means.min())} to {decimal(means.max())}"


def _percent(share: float) -> str:
    return "–" if not np.isfinite(share) else f"{100 * max(share, 0):.0f} %"


def placebo(answers: Answers) -> HTML:
    """Say what was found for the choice that cannot matter."""
    name, readings = _NO_MATTER
    effects = answers.effects
    found = [
        f"{decimal(p, 3) if (p := one.p.item()) >= 0.001 else 'below .001'} under {reading}"
        for reading in readings
        if len(one := effects[(effects.reading == reading) & (effects.choice == name)]) and np.isfinite(one.p.item())
    ]
    said = f": p, not corrected, is {listed(found)}" if found else ""
    return HTML(f"<p>Whether heads are shared cannot matter where a head reads one mode only{said}.</p>")


def numbers(answers: Answers) -> HTML:
    """Show how the networks of each reading are spread."""
    rows = []
    for reading in answers.of.readings:
        one = under(reading, answers.of.shared)
        rows.append(
            {
                "reading": reading,
                "networks": len(one),
                "r > .75": _quantiles(one.strong_raw),
                "and passes": _quantiles(one.strong_passing_raw),
                "unit mismatch": _quantiles(one.strong_mismatched_raw),
                "r > .75, centred": _quantiles(one.strong_centred),
                f"r > .75 in at least {decimal(STRONG.low)} of units": _count(one.strong_raw >= STRONG.low),
                "code transfers": _count(_transfers(one)),
            }
        )
    return show(pd.DataFrame(rows), "Shares of units: median and middle 95 % of networks; number and share of networks")


def matches(answers: Answers) -> HTML:
    """Show how many networks match each of the paper's numbers, most of them, and all."""
    rows = []
    for reading in answers.of.readings:
        inside = answers.scores[answers.of.shared.reading == reading][list(HEADLINES)] <= 1
        rows.append(
            {"reading": reading, "networks": len(inside)}
            | {reported.name: _count(inside[column]) for column, reported in HEADLINES.items()}
            | {"both shares": _count(inside[["strong_raw", "moderate_raw"]].all(axis=1))}
            | {"three of four": _count(inside.sum(axis=1) == 3), "all four": _count(inside.all(axis=1))}
        )
    return show(pd.DataFrame(rows), "Networks that match the paper's numbers")


def _transfers(table: pd.DataFrame) -> pd.Series:
    """Return whether the code of the action is the same in both modes: both decoders, both ways, p ≤ ALPHA."""
    return (table.filter(regex="_same_code_p$") <= ALPHA).all(axis=1)


def _quantiles(values: pd.Series) -> str:
    low, middle, high = values.quantile([0.025, 0.5, 0.975])
    return f"{decimal(middle)}<br><small>{decimal(low)} to {decimal(high)}</small>"


def _count(found: pd.Series) -> str:
    return f"{int(found.sum())}<br><small>{100 * found.mean():.1f} %</small>"


def goals(answers: Answers) -> HTML:
    """Show where each headline number has to lie, under each reading."""
    rows = [
        {"number": reported.name, "the paper": span(reported)}
        | {
            reading: f"{decimal(max(goal[column].low, -1), 3)} to {decimal(min(goal[column].high, 1), 3)}"
            for reading, goal in answers.targets.items()
        }
        for column, reported in HEADLINES.items()
    ]
    return show(pd.DataFrame(rows), "What counts as a match")


def nearest(answers: Answers) -> HTML:
    """Show the networks nearest to the paper's numbers, with their choices."""
    names = [choice.name for choice in answers.of.all_choices]
    table = answers.of.shared.loc[answers.nearest]
    rows = [
        {"distance": decimal(answers.scores.loc[index, "all"]), "reading": row.reading}
        | {reported.name: decimal(getattr(row, column)) for column, reported in HEADLINES.items()}
        | {"choices other than ours": _differences(row, names)}
        for index, row in zip(table.index, table.itertuples(), strict=True)
    ]
    return show(pd.DataFrame(rows), "Nearest to the paper's numbers; a distance of at most 1 is a match")


def _differences(row: object, names: Sequence[str]) -> str:
    changed = [name for name in names if getattr(row, name) != DEFAULTS[name]]
    return ", ".join(f"{name} = {value_text(name, getattr(row, name))}" for name in changed) or "none"


def where_matches_lie(answers: Answers) -> HTML:
    """Show, for each reading with matches, how often each level occurs among them and among all its networks."""
    of, parts = answers.of, []
    for reading in of.readings:
        one = under(reading, of.shared)
        found = one[answers.matching[one.index]]
        if found.empty:
            continue
        rows = []
        for choice in of.all_choices:
            level, every = choice.level_of(found[choice.name]), choice.level_of(one[choice.name])
            counts = [
                f"{name}: {int((level == i).sum())} of {int((every == i).sum())}"
                for i, name in enumerate(choice.levels)
                if (every == i).any()
            ]
            rows.append({"choice": choice.label, "matching": ", ".join(counts)})
        parts.append(show(pd.DataFrame(rows), f"{reading}: networks that match, of all with the value").data)
    return HTML("".join(parts) or "<p>No network matches, so that there is no region to describe.</p>")


def controls(answers: Answers) -> HTML:
    """Show what is left of the share without training and without a shared core, at equal settings and seed."""
    rows = []
    for reading in answers.of.readings:
        main = under(reading, answers.of.gru)
        for condition, one in under(reading, answers.of.controls).groupby("condition", sort=False):
            partner = _partners(main, one)
            row = {"reading": reading, "control": condition, "networks": len(one)}
            for outcome, what, more in zip(OUTCOMES, ("r > .75", "and passes"), ("", ", and passes"), strict=True):
                difference = partner[outcome].to_numpy() - one[outcome].to_numpy()
                row |= {what: cell(one[outcome], SHARE), f"shared minus control{more}": cell(difference, CORRELATION)}
            rows.append(row)
    return show(pd.DataFrame(rows), "Controls at the settings of the first networks of the sample")


def _partners(main: pd.DataFrame, controls: pd.DataFrame) -> pd.DataFrame:
    """Return the network of the main sample with the settings of each control, in its order."""
    return main.set_index("seed").loc[controls.seed]


def varied(answers: Answers) -> HTML:
    """Show what was drawn, and what the paper says."""
    rows = []
    for choice in answers.of.all_choices:
        values = ", ".join(choice.levels) if choice.values else _range_text(choice)
        ours = DEFAULTS[choice.name]
        rows.append({"choice": choice.label, "setting": f"<code>{choice.name}</code>", "drawn": values,
                     "on the other pages": value_text(choice.name, ours)})  # fmt: skip
    return show(pd.DataFrame(rows))


def _range_text(choice: Choice) -> str:
    ends = choice.edges[0], choice.edges[-1]
    low, high = (value_text(choice.name, int(end) if end == int(end) else end) for end in ends)
    return f"{low} to {high}" + (", all ratios equally likely" if choice.log else "")


def provenance(answers: Answers) -> HTML:
    """Show how the table came about."""
    about = answers.of.everything.attrs
    made = about["made"]
    rows = [
        ("rows", f"{len(answers.of.everything):,}"),
        ("command", f"<code>{about['command']}</code>"),
        ("mirror_core", f"{about['mirror_core']}, code of training {about['code']}, of measuring {about['analysis']}"),
        ("processor", listed(made["processors"])),
        ("made", f"{made['first'][:16].replace('T', ' ')} to {made['last'][:16].replace('T', ' ')} UTC"),
        ("training and measuring", f"{made['seconds'] / 3600:.1f} h, added up over networks"),
    ]
    return show(pd.DataFrame(rows, columns=["", "value"]))
