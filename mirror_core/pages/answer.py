"""The answer on the title page: do mirror units emerge, and what does it take?"""

import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import difference, estimate
from mirror_core.config.paper import STRONG
from mirror_core.studies.claims.verdicts import Evidence


def answer(evidence: Evidence) -> HTML:
    """Answer the site's question in at most three sentences, each with one number.

    The rules: mirror units emerge under a reading if the 95 % interval of the share of strong units reaches the paper's
    range or lies above it; a shared core is not needed if two cores that share heads have no fewer, the interval of the
    difference, matched by seed, not lying below zero; nor are both tasks, if networks trained on either alone have no
    fewer; heads of their own leave hardly any if there they do not emerge.
    """

    def share(condition: str = "shared", reading: str = "self-observation") -> pd.Series:
        return evidence.values("strong", reading, condition)

    def percent(values: pd.Series) -> str:
        mean = 100 * values.mean()
        return f"<strong>{'under 1' if mean < 0.5 else f'{mean:.0f}'}\u00a0%</strong>"

    def emerge(values: pd.Series) -> bool:
        found = estimate(values)
        return bool(found.n and found.high >= STRONG.low)

    def no_fewer(values: pd.Series, than: pd.Series) -> bool:
        gap = difference(values, than)
        return gap.n > 1 and gap.high >= 0

    written, sensed = share(reading="as-written"), share()
    said = []
    if len(written):
        so = "yes: its training makes" if emerge(written) else "no: its training makes hardly any"
        said.append(f"As the paper is written, {so} strong mirror units, {percent(written)} of all units.")
    if len(sensed):
        other = estimate(sensed)
        beside = "about as many as" if other.low <= STRONG.high and other.high >= STRONG.low else "not as many as"
        beside = "more than" if other.low > STRONG.high else beside
        so = "yes" if emerge(sensed) else "no"
        where = "Where the network also senses the effects of its own acts, "
        said.append(f"{where}{so}: {percent(sensed)}, {beside} the paper reports.")
    apart, own = share("separate-cores-shared-heads"), share("separate-cores")
    if len(apart) and len(sensed):
        but = "A shared core matters"
        if no_fewer(apart, sensed):
            both = all(no_fewer(share(task), sensed) for task in ("forward-only", "inverse-only"))
            less = "neither a shared core nor both tasks are" if both else "a shared core is not"
            but = f"But with such sensing {less} needed"
        alone = ", and hardly any with heads of their own" if len(own) and not emerge(own) else ""
        are = f"with two separate cores, {percent(apart)} of units are strong if the cores share output heads"
        said.append(f"{but}: {are}{alone}.")
    return HTML(f'<p class="answer">{" ".join(said)}</p>')
