"""Mirror units elsewhere: one row for each system, by the same tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from mirror_core.analysis.estimates import Estimate, difference, estimate
from mirror_core.experiments.base import Experiment, of_group
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.study import read_study
from mirror_core.studies.calibration.levels import find_mixed, levels
from mirror_core.studies.calibration.mixed import PLANTED
from mirror_core.studies.claims.verdicts import Judgement
from mirror_core.studies.measures.significance import ALPHA, TRUSTED
from mirror_core.studies.select import where

ENOUGH = 0.5
"""Power from which on finding no unit says something, as in a report."""

HERE = {"sceptic": ("as-written", "self-observation")}
"""Conditions that have a row of their own: the paper's network among the sceptic's."""


@dataclass(frozen=True)
class System:
    """A system, or a condition of one, under the tests that all share. None where a test cannot be made of it."""

    experiment: Experiment
    condition: str
    share: Estimate | None
    """Share of units that pass the test to trust."""
    control: Estimate | None
    """The same, under the experiment's control."""
    more: Estimate | None
    """Difference of the two, matched by seed."""
    gain: Estimate | None
    """Decoding across modes, the worse way, above chance."""
    carried: float | None
    """Share of learners in which a code carries over both ways: above chance, and p ≤ .05 among renamings."""
    lesion: Estimate | None
    """What silencing the units costs more than silencing matched ones, in the experiment's own measure."""
    judgements: tuple[Judgement, ...]
    """The verdicts on what its source claims; none for a condition that is not the source's."""
    learners: Mapping[str, pd.Series] = field(default_factory=dict)
    """"share", "control" and "gain" → one value a learner, by seed."""

    @property
    def mirrors(self) -> str:
        """Whether there are mirror units: "yes", "no", "as without learning", "cannot be told", or "not asked".

        The test controls false discoveries among the units that it calls, so that any share above zero counts. The
        rule: yes, if the 95 % interval of the difference to the control lies above zero; as without learning, if only
        that of the share itself does; no, otherwise, if the test finds at least half of the mirror units in
        made-up populations with as many actions (see `power`), else it cannot be told.
        """
        if self.share is None:
            return "not asked"
        if self.more is not None and self.more.low > 0:
            return "yes"
        if self.share.low > 0:
            return "as without learning"
        return "no" if power(self.experiment.n_actions) >= ENOUGH else "cannot be told"

    @property
    def carries(self) -> str:
        """Whether a code carries over: "yes" in nine of ten learners, "in some", in half of them, else "no"."""
        if self.carried is None:
            return "not asked"
        return "yes" if self.carried >= 0.9 else "in some" if self.carried >= 0.5 else "no"

    @property
    def matters(self) -> str:
        """Whether the units matter: whether the interval of the lesion's extra cost lies above zero."""
        if self.lesion is None or not self.lesion.n:
            return "not asked"
        return "yes" if self.lesion.low > 0 else "no"


@cache
def power(n_actions: int) -> float:
    """Return which share of planted mirror units the test finds where all units are tuned and equally noisy.

    From the calibration page's populations, `mixed.parquet`: those with as many actions, or the next fewer; 0 with
    fewer than these have.
    """
    table = levels(find_mixed("mixed.parquet"))
    chosen = where(table, test=TRUSTED, tuned_share=1.0, tuning="normal", unit_noise="equal", planted_share=PLANTED)
    chosen = chosen[chosen.n_actions <= n_actions].sort_values("n_actions")
    return float(chosen.found.iloc[-1]) if len(chosen) else 0.0


def system(experiment: Experiment, table: pd.DataFrame, condition: str | None = None) -> System:
    """Return a row: of the source's own condition if none is named."""
    condition, own = condition or experiment.main, condition is None

    def values(measure: str, of: str) -> pd.Series:
        return table[table.condition == of].set_index("seed")[measure].dropna()

    def measured(measure: str, of: str) -> Estimate | None:
        found = values(measure, of) if measure in experiment.measures else ()
        return estimate(found) if len(found) else None

    share, control = (measured("mirror_share", one) for one in (condition, experiment.control))
    more = None
    if share and control:
        more = difference(values("mirror_share", condition), values("mirror_share", experiment.control))
    gain, carried = measured("code_gain", condition), None
    if gain:
        gains, p = values("code_gain", condition), values("code_p", condition)
        carried = float(((gains > 0) & (p <= ALPHA)).mean())
    lesion = measured(experiment.lesion, condition) if experiment.lesion else None
    judged = tuple(judge_study(experiment, table)) if own else ()
    asked = (
        ("share", "mirror_share", condition),
        ("control", "mirror_share", experiment.control),
        ("gain", "code_gain", condition),
    )
    learners = {name: values(measure, of) for name, measure, of in asked if measure in experiment.measures}
    return System(experiment, condition, share, control, more, gain, carried, lesion, judged, learners)


def systems(experiments: Iterable[Experiment] | None = None) -> list[System]:
    """Return a row for every system, from the tables that come with the checkout; the paper's network last.

    Raises
    ------
    OptionError
        If a table is missing or foreign.
    """
    chosen = list(of_group("related systems").values() if experiments is None else experiments)
    tables = {one.name: read_study(one) for one in chosen}
    rows = [system(one, tables[one.name]) for one in chosen]
    return rows + [system(one, tables[one.name], condition) for one in chosen for condition in HERE.get(one.name, ())]
