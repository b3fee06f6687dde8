"""The page of the other systems: which of them have mirror units, by one set of tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate
from mirror_core.experiments.elsewhere import System
from mirror_core.figures.marks import by_seed
from mirror_core.pages.tables import show, statement
from mirror_core.pages.verdict_table import badge
from mirror_core.studies.claims.verdicts import VERDICTS
from mirror_core.studies.measures import measure_named
from mirror_core.studies.measures.significance import ALPHA
from mirror_core.studies.wording import agree, decimal, listed, sentence


def name_of(one: System) -> str:
    """Return what a row is called: the system, or the paper's network under a reading."""
    return one.experiment.title if one.judgements else f"the paper's network, {one.condition}"


def finding(rows: Sequence[System]) -> HTML:
    """Say which systems have mirror units, and in which a code carries over, by the rules of the rows."""
    asked = [one for one in rows if one.mirrors != "not asked"]
    have = [name_of(one) for one in asked if one.mirrors == "yes"]
    carry = [name_of(one) for one in rows if one.carries == "yes"]
    claims = [judgement.verdict for one in rows for judgement in one.judgements]
    few = [name_of(one) for one in asked if one.mirrors == "cannot be told"]
    number = {len(asked): "every one", 0: "none"}.get(len(have), str(len(have)))
    verb = agree(len(have), "has", "have") if number.isdigit() else "has"
    first = f"Put to the same test, {number} of the systems that could be asked {verb} mirror units that learning made."
    told = [f"of {len(asked)} asked, {agree(len(have), 'this is', 'these are')} {listed(have)}"] if have else []
    told += [f"it cannot be told in {listed(few)}"] if few else []
    held = claims.count("reproduced")
    more = " ".join(
        [
            *([sentence("; ".join(told))] if told else []),
            f"A code of the action carries over both ways in {listed(carry)}.",
            f"Of {len(claims)} claims of the sources, {held} {agree(held, 'is', 'are')} reproduced here, "
            f"{claims.count('partly')} partly.",
        ]
    )
    return statement(first, more)


def the_table(rows: Sequence[System]) -> HTML:
    """Show one row for each system: units, code, lesions, what the source claims, verdicts."""
    found = []
    for one in rows:
        page = f'<a href="{one.experiment.name}.html">{escape(name_of(one))}</a>'
        label = escape(measure_named(one.experiment.lesion).label) if one.lesion else ""
        claimed = one.experiment.claims if one.judgements else "The paper's claims."
        counts = Counter(judgement.verdict for judgement in one.judgements)
        found.append(
            {
                "system, and what its source claims": (
                    f'{page}, {_n(one)}<br><small class="wrap">{escape(claimed)}</small>'
                ),
                "units that pass": f"<strong>{one.mirrors}</strong>{_of(one.share)}{_of(one.control, 'control: ')}",
                "code carries over": f"<strong>{one.carries}</strong>{_of(one.gain, 'minus chance: ')}",
                "lesions matter": f"<strong>{one.matters}</strong>{_of(one.lesion)}"
                + (f'<br><small class="wrap">{label}</small>' if label else ""),
                "its claims here": "<br>".join(
                    f"{counts[name]}&nbsp;{badge(name)}" for name in VERDICTS if counts[name]
                )
                or '<a href="claims.html">see claims</a>',
            }
        )
    return show(pd.DataFrame(found))


def _n(one: System) -> str:
    known = next((found for found in (one.share, one.gain, one.lesion) if found), None)
    n = known.n if known else max((part.decisive.found.n for j in one.judgements for part in j.parts), default=0)
    return f"{n} {one.experiment.sampled}"


def _of(found: Estimate | None, before: str = "") -> str:
    if found is None:
        return ""
    between = f"[{decimal(found.low)},&nbsp;{decimal(found.high)}]"
    return f'<br><small class="wrap">{before}{decimal(found.mean)} {between}</small>'


def panels(rows: Sequence[System]) -> dict[str, list[tuple[Estimate | None, Estimate | None]]]:
    """Return what the figure draws: for each test and row what was found in the system, and in its control."""

    def named(one: System, what: str) -> Estimate | None:
        return by_seed(one.learners[what]) if getattr(one, what) else None

    return {
        "share of units that pass": [(named(one, "share"), named(one, "control")) for one in rows],
        "decoding across, above chance": [(named(one, "gain"), None) for one in rows],
    }


LEVELS = {"decoding across, above chance": (0.0, "chance")}
"""Test → the value it is compared with, and its name."""


def rules() -> HTML:
    """Say by which rules the words of the table are chosen."""
    items = (
        f"<strong>Units that pass</strong>: tuning mismatch, one-sided, false discovery rate {decimal(ALPHA)}, so that "
        "any share above zero counts. “Yes”: the 95 % interval of the difference to the control, matched by seed, lies "
        "above zero; “as without learning”: only that of the share itself does; “cannot be told”: neither, and the "
        "test finds less than half of the mirror units in made-up populations with as few actions (see calibration).",
        "<strong>Code carries over</strong>: decoders of the action, trained in one mode and tested in the other, the "
        f"worse way: balanced accuracy above chance, p ≤ {decimal(ALPHA)} among renamings of the actions. “Yes”: in "
        "nine of ten learners; “in some”: in half of them.",
        "<strong>Lesions matter</strong>: the 95 % interval of what silencing these units costs more than silencing "
        "matched ones lies above zero, in the measure named.",
        "<strong>Not asked</strong>: the system has no recordings of the same actions once done and once shown, too "
        "few units for any to pass, or none to silence; its page says why.",
    )
    return HTML(f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")
