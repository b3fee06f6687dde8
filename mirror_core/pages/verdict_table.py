"""The table of the verdicts, and how each of them follows from its parts and runs."""

from collections.abc import Sequence
from html import escape

import numpy as np
from IPython.display import HTML

from mirror_core.config.conditions import READINGS
from mirror_core.pages.anchors import group_anchor, run_anchor
from mirror_core.studies.claims.rules_of_parts import RULES
from mirror_core.studies.claims.statements import Claim
from mirror_core.studies.claims.verdicts import SYMBOLS, Evidence, Judgement, PartResult
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import decimal, listed

COUNT = 5
"""Values from here on are counts of units, and shown with one decimal."""


def verdict_table(
    judgements: Sequence[Judgement],
    source: str = "the paper",
    ours: Sequence[str] = (),
    page: str = "",
    folds: str = "",
) -> HTML:
    """Show one row for each claim, one column for each reading: verdict, value with interval, number of networks.

    Parameters
    ----------
    source
        Who makes the claims, as the head of a column.
    ours
        Heads of the columns of verdicts, if not the readings.
    page
        Where the table stands: what is shown there needs no link.
    folds
        Address of the page that says how each verdict follows, if not that of the table.
    """
    by_claim = _by_claim(judgements)
    head = "".join(f"<th>{name}</th>" for name in ("claim", source, *(ours or (one.reading for one in by_claim[0]))))
    rows = "".join(_row(found[0].claim, found, source, page, folds) for found in by_claim)
    return HTML(
        f'<div class="scroll-table"><table class="table dataframe claims"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(claim: Claim, found: Sequence[Judgement], source: str, page: str, folds: str) -> str:
    quantities = list(dict.fromkeys(_where(one.main) for one in found))
    ours = "".join(f'<td data-label="{_whose(one)}">{badge(one.verdict)}<br>{ours_of(one.main)}</td>' for one in found)
    link = f'; shown in <a href="{claim.page}.html#{claim.figure}">{claim.page.replace("_", " ")}</a>'
    return (
        f'<tr><td data-label="claim"><a href="{folds}#claim-{claim.id}"><strong>{escape(claim.title)}</strong></a><br>'
        f"{escape(claim.says)}<br><small>our value: {escape('; '.join(quantities))}"
        f"{link if claim.page != page else ''}</small></td>"
        f'<td data-label="{source}">{escape(claim.paper)}</td>{ours}</tr>'
    )


def badge(verdict: str) -> str:
    """Return a verdict as a symbol and a word, with a class for its colour."""
    return f'<span class="verdict {verdict.replace(" ", "-")}">{SYMBOLS[verdict]} {verdict}</span>'


def ours_of(result: PartResult) -> str:
    """Return the value behind a part: mean and 95 % interval, or in how many networks; differences with effect size
    and p."""
    check = result.decisive
    found = check.found
    if not found.n:
        return "<small>no network</small>"
    digits = 1 if max(abs(found.mean), abs(found.high)) >= COUNT else 2
    value = decimal(found.mean, digits)
    if found.n > 1:
        low, high = found.low, found.high
        if not RULES[result.part.rule].of_difference:  # a symmetric interval that leaves what is possible is cut there
            low, high = np.clip([low, high], *measure_named(check.measure).limits)
        value += f" <small>[{decimal(low, digits)}, {decimal(high, digits)}]</small>"
    n = f"n = {found.n}" if result.share is None else f"{round(result.share * found.n)} of {found.n} networks"
    parts = [value, f"<small>{n}</small>"]
    if found.effect_size == found.effect_size:  # a difference that varies over seeds
        parts.append(f"<small>d = {decimal(found.effect_size, 1)}, {p_value(found.p)}</small>")
    return "<br>".join(parts)


def p_value(p: float) -> str:
    """Return p with two digits, or a bound where it is very small."""
    return "p < .0001" if p < 1e-4 else f"p = {p:.2g}"


def how_each_follows(judgements: Sequence[Judgement], evidence: Evidence) -> HTML:
    """Show, folded for each claim, every part with its rule, what was found under each reading, and the runs behind
    it."""
    return HTML("".join(_details(found[0].claim, found, evidence) for found in _by_claim(judgements)))


def _by_claim(judgements: Sequence[Judgement]) -> list[list[Judgement]]:
    """Return the judgements of each claim, one for each reading."""
    found: dict[str, list[Judgement]] = {}
    for one in judgements:
        found.setdefault(one.claim.id, []).append(one)
    return list(found.values())


def _whose(one: Judgement) -> str:
    """Return under which reading a verdict was found; an experiment has none, and its name is the page's."""
    return one.reading if one.reading in READINGS else "here"


def _details(claim: Claim, found: Sequence[Judgement], evidence: Evidence) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("part, and its rule", *map(_whose, found)))
    rows = ""
    for i, part in enumerate(claim.parts):
        limits = ", ".join(f"{name} {decimal(value)}" for name, value in part.limits.items())
        rule = RULES[part.rule].says + (f" ({limits})" if limits else "")
        n = len(part.checks)
        several = "" if n < 2 else f"; the {'worst' if part.of == 'all' else 'best'} of {n}"
        role = "; essential" if part.essential else "; a precondition" if part.precondition else ""
        cells = "".join(
            f'<td data-label="{_whose(one)}"><strong>{one.parts[i].outcome}</strong><br>'
            f"<small>{escape(_where(one.parts[i]))}</small><br>{ours_of(one.parts[i])}</td>"
            for one in found
        )
        rows += (
            f'<tr><td data-label="part">{escape(part.says)}<br><small>{escape(rule + several + role)}</small></td>'
            f"{cells}</tr>"
        )
    verdicts = " · ".join(f"{_whose(one)}: {badge(one.verdict)}" for one in found)
    runs = "; ".join(_runs(one, evidence) for one in found if one.runs)
    where = f"Stated in: {escape(claim.place)}." + (f" Runs: {runs}." if runs else "")
    return (
        f'<details class="claim"><summary><strong>{escape(claim.title)}</strong> {verdicts}</summary>'
        # inside, so that following a link to it opens the fold
        f'<div class="scroll-table" id="claim-{claim.id}"><table class="table dataframe claims">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>{where}</p></details>"
    )


def _where(result: PartResult) -> str:
    check, than = result.decisive, result.part.than
    alone = "" if check.condition == "shared" else f", {check.condition}"
    where = f", {check.condition} minus {than}" if than else alone
    return measure_named(check.measure).label + where


def _runs(one: Judgement, evidence: Evidence) -> str:
    """Link the networks behind a verdict: for each condition the first by its fingerprint, and all of them."""
    links = []
    for condition in one.claim.conditions:
        runs = evidence.fingerprints(one.reading, [condition])
        if runs:
            links.append(
                f'<a href="runs.html#{group_anchor(one.reading, condition)}">{condition}, {len(runs)}</a> '
                f'(first: <a href="runs.html#{run_anchor(runs[0])}"><code>{runs[0][:8]}</code></a>)'
            )
    return f"{one.reading}: {listed(links)}"
