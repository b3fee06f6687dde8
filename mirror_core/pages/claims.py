"""The page of the claims: how many hold under each reading, the rules, and what changed since the committed
verdicts."""

from collections.abc import Sequence
from html import escape

import pandas as pd
from IPython.display import HTML

from mirror_core.pages.tables import statement
from mirror_core.studies.claims.results import COMMITTED, changes, read_verdicts, to_json
from mirror_core.studies.claims.rules import RULES
from mirror_core.studies.claims.verdicts import VERDICTS, Evidence, Judgement
from mirror_core.studies.wording import listed

CHANGED_SHOWN = 12
"""Changed verdicts that the note at the top names; the rest are counted."""


def counts(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """Return how many claims got each verdict, one row for each reading, one column for each of `VERDICTS`."""
    table = pd.DataFrame([(one.reading, one.verdict) for one in judgements], columns=["reading", "verdict"])
    found = pd.crosstab(table.reading, table.verdict)
    return found.reindex(index=list(dict.fromkeys(table.reading)), columns=list(VERDICTS), fill_value=0)


def finding(judgements: Sequence[Judgement]) -> HTML:
    """Say in two sentences how many claims are reproduced under each reading, and which under all or none."""
    claims = list(dict.fromkeys(one.claim.id for one in judgements))
    of_claim = {name: [one.verdict for one in judgements if one.claim.id == name] for name in claims}
    by_reading = [
        f"{row.reproduced} {'is' if row.reproduced == 1 else 'are'} reproduced, {row.partly} partly, under {reading}"
        for reading, row in counts(judgements).iterrows()
    ]
    everywhere = [name for name, found in of_claim.items() if set(found) == {"reproduced"}]
    nowhere = [name for name, found in of_claim.items() if "reproduced" not in found]
    more = f"Reproduced: {listed(everywhere)}."
    if len(by_reading) > 1:
        more = f"Reproduced under every reading: {listed(everywhere)}; under no reading: {listed(nowhere)}."
    return statement(f"Of the paper's {len(claims)} claims, {'; '.join(by_reading)}.", more)


def rules_in_words() -> HTML:
    """Show every rule in one sentence."""
    items = "".join(f"<li><code>{name}</code> {escape(rule.says)}.</li>" for name, rule in RULES.items())
    return HTML(f"<ul>{items}</ul>")


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
