"""The page of the claims: how many hold under each reading, the rules, and what changed since the committed
verdicts."""

from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd
from IPython.display import HTML

from mirror_core.experiments import Experiment
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.study import read_study
from mirror_core.pages.tables import statement
from mirror_core.pages.verdict_table import verdict_table
from mirror_core.studies.claims.results import COMMITTED, changes, read_verdicts, to_json
from mirror_core.studies.claims.rules_of_parts import RULES
from mirror_core.studies.claims.verdicts import VERDICTS, Evidence, Judgement
from mirror_core.studies.wording import agree, listed

CHANGED_SHOWN = 12
"""Changed verdicts that the note at the top names; the rest are counted."""


def counts(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """Return how many claims got each verdict, one row for each reading, one column for each of `VERDICTS`."""
    table = pd.DataFrame([(one.reading, one.verdict) for one in judgements], columns=["reading", "verdict"])
    found = pd.crosstab(table.reading, table.verdict)
    return found.reindex(index=list(dict.fromkeys(table.reading)), columns=list(VERDICTS), fill_value=0)


def finding(judgements: Sequence[Judgement]) -> HTML:
    """Say what part of the claims is reproduced, then how many under each reading, and which under all or none.

    The rule: "fewer than half", "none" or "all" if that is so under every reading; "at least half" likewise; else it
    depends on the reading.
    """
    of_claim: dict[str, list[str]] = {}
    for one in judgements:
        of_claim.setdefault(one.claim.id, []).append(one.verdict)
    titles = {one.claim.id: f"“{escape(one.claim.title, quote=False)}”" for one in judgements}
    by_verdict = counts(judgements)
    by_reading = [
        f"{row.reproduced} {agree(row.reproduced, 'is', 'are')} reproduced, {row.partly} partly, under {reading}"
        for reading, row in by_verdict.iterrows()
    ]
    everywhere = [titles[name] for name, found in of_claim.items() if set(found) == {"reproduced"}]
    nowhere = [titles[name] for name, found in of_claim.items() if "reproduced" not in found]
    more = f"Reproduced: {listed(everywhere)}."
    if len(by_reading) > 1:
        more = f"Reproduced under every reading: {listed(everywhere)}; under no reading: {listed(nowhere)}."
    return statement(
        _part_of(by_verdict.reproduced, len(of_claim)), f"Of {len(of_claim)} claims, {'; '.join(by_reading)}. {more}"
    )


def _part_of(reproduced: pd.Series, n: int) -> str:
    """Say in one plain sentence what part of `n` claims is reproduced, given how many are under each reading."""
    whichever = ", whichever way its methods are read" if len(reproduced) > 1 else ""
    least, most = reproduced.min(), reproduced.max()
    if most == 0:
        return f"None of the paper's claims is reproduced{whichever}."
    if least < n / 2 <= most:
        return "Whether half of the paper's claims are reproduced depends on how its methods are read."
    part = "All" if least == n else "At least half" if least >= n / 2 else "Fewer than half"
    return f"{part} of the paper's claims are reproduced{whichever}."


def rules_in_words() -> HTML:
    """Show every rule in one sentence."""
    items = "".join(f"<li><code>{name}</code> {escape(rule.says)}.</li>" for name, rule in RULES.items())
    return HTML(f"<ul>{items}</ul>")


def expectations(experiments: Iterable[Experiment]) -> HTML:
    """Show the verdicts on what the paper expects of its future work: counts, then a table for each experiment.

    Raises
    ------
    OptionError
        If the table of an experiment is missing or foreign.
    """
    tables, found = [], []
    for one in experiments:
        judgements = judge_study(one, read_study(one))
        found += judgements
        page = f"{one.name}.html"
        table = verdict_table(judgements, one.whose, [f"here, {one.sampled}"], folds=page)
        tables.append(f'<p class="table-title"><a href="{page}">{escape(one.title)}</a></p>{table.data}')
    number = {verdict: sum(one.verdict == verdict for one in found) for verdict in VERDICTS}
    said = ", ".join(f"{n} {verdict}" for verdict, n in number.items())
    return HTML(f"<p>Of {len(found)} expectations: {said}.</p>{''.join(tables)}")


def changed_since_committed(judgements: Sequence[Judgement], evidence: Evidence) -> HTML | None:
    """Return a note that names each verdict that is not the committed one, with both; None if there is none.

    Only a page made with the committed verdicts' settings is compared with them.
    """
    if not COMMITTED.is_file():
        return None
    old, settings = read_verdicts(COMMITTED.read_text(encoding="utf-8"))
    new, now = read_verdicts(to_json(judgements, evidence))
    if settings != now:
        return None
    if not (found := [str(change) for change in changes(old, new)]):
        return None
    shown = "".join(f"<li>{escape(change)}</li>" for change in found[:CHANGED_SHOWN])
    more = f"<li>and {len(found) - CHANGED_SHOWN} more</li>" if len(found) > CHANGED_SHOWN else ""
    return HTML(
        f'<div class="admonition warning">'
        f'<p class="admonition-title">{len(found)} of the verdicts below differ from the '
        f"committed ones</p><ul>{shown}{more}</ul></div>"
    )
