"""The verdict on every claim under every reading, in one glance."""

import pandas as pd
from matplotlib.figure import Figure

from mirror_core.figures.kept import keep, name_marks
from mirror_core.figures.marks import BESIDE, note
from mirror_core.figures.style import row_of_panels

LOOK = {
    "reproduced": {"marker": "o", "color": "#1B7837", "fillstyle": "full"},
    "partly": {"marker": "o", "color": "#8A6D00", "fillstyle": "left", "markerfacecoloralt": "white"},
    "not reproduced": {"marker": "x", "color": "#9C3A6B", "markeredgewidth": 2},
    "not tested": {"marker": "_", "color": "0.45", "markeredgewidth": 2},
}
"""How each verdict is drawn: shape tells it as well as colour."""


def verdict_matrix(table: pd.DataFrame, titles: dict[str, str], paper: dict[str, str]) -> Figure:
    """Draw one row for each claim, one column for each reading.

    Parameters
    ----------
    table
        Columns `claim`, `reading` and `verdict`.
    titles
        Claim → what stands at the left of its row.
    paper
        Claim → what the paper reports, which stands at the right.
    """
    claims, readings = list(titles), list(dict.fromkeys(table.reading))
    fig, axes = row_of_panels([""], 1.0 + 0.27 * len(claims), lone=1)
    axis = axes[0, 0]
    place = {name: i for i, name in enumerate(claims)}
    said_of = {
        claim: f"{titles[claim]}: {'; '.join(f'{row.reading} {row.verdict}' for row in rows.itertuples())}"
        for claim, rows in table.groupby("claim")
    }
    for row in table.itertuples():
        axis.plot(
            readings.index(row.reading), place[row.claim], linestyle="none", markersize=9, clip_on=False,
            **LOOK[row.verdict],
        )  # fmt: skip
        name_marks(axis, [readings.index(row.reading)], [place[row.claim]], [said_of[row.claim]])
    for y in range(len(claims) - 1):
        axis.axhline(y + 0.5, color="0.9", linewidth=0.8, zorder=0)
    axis.set(xlim=(-0.5, len(readings) - 0.5), ylim=(len(claims) - 0.5, -0.5))
    axis.set_yticks(range(len(claims)), titles.values())
    counts = [int(((table.reading == name) & (table.verdict == "reproduced")).sum()) for name in readings]
    labels = [f"{name}\n{n} of {len(claims)}" for name, n in zip(readings, counts, strict=True)]
    axis.set_xticks(range(len(readings)), labels)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    for y, name in enumerate(claims):
        note(axis, paper[name], (1, y), (8, 0), BESIDE, va="center", color="0.3")
    note(axis, "the paper", (1, 1), (8, 5), va="bottom", fontsize=9, color="0.3")
    for side in axis.spines.values():
        side.set_visible(False)
    present = [verdict for verdict in LOOK if (table.verdict == verdict).any()]
    for verdict in present:
        axis.plot([], [], linestyle="none", markersize=8, label=verdict, **LOOK[verdict])
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=len(present), columnspacing=1.5)
    said = table.assign(claim=table.claim.map(titles), paper=table.claim.map(paper))
    seen = " ".join(
        f"{reading}: {'; '.join(f'{verdict} {n}' for verdict in present if (n := int((of == verdict).sum())))}."
        for reading, of in table.groupby("reading", sort=False).verdict
    )
    return keep(fig, verdict_matrix, said[["claim", "reading", "verdict", "paper"]], f"Claims, {seen}")
