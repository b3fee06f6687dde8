"""The verdicts on what the sources of experiments claim, by the rules and the machinery of the paper's claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import pandas as pd

from mirror_core.experiments.base import EXPERIMENTS, Experiment
from mirror_core.experiments.study import read_study
from mirror_core.studies.claims.statements import Claim, load_claims
from mirror_core.studies.claims.verdicts import Judgement, evaluate


@dataclass(frozen=True)
class StudyEvidence:
    """Tables of experiments as the evidence of claims; what is called a reading there is an experiment here."""

    tables: dict[str, pd.DataFrame]
    """Experiment → its table, see `mirror_core.experiments.study.study`."""

    @property
    def settings(self) -> dict[str, object]:
        """Which tables, by their code, and which seeds."""
        return {
            name: {"code": table.attrs.get("code"), "seeds": sorted({int(seed) for seed in table.seed})}
            for name, table in self.tables.items()
        }

    def values(self, quantity: str, reading: str, condition: str) -> pd.Series:
        """Return one value a learner, indexed by seed."""
        table = self.tables[reading]
        return table[table.condition == condition].set_index("seed")[quantity]

    def fingerprints(self, reading: str, conditions: Sequence[str]) -> list[str]:
        """Return no runs: the rows of the table are all that is kept."""
        return []


def claims_of(experiment: Experiment) -> list[Claim]:
    """Return what an experiment's source claims, from `NAME.yml` beside its module.

    Raises
    ------
    OptionError
        As `mirror_core.studies.claims.statements.load_claims` does.
    """
    path = files("mirror_core.experiments") / f"{experiment.name}.yml"
    return load_claims(path, measures=experiment.measures, conditions=tuple(experiment.conditions))


def judge_study(experiment: Experiment, table: pd.DataFrame) -> list[Judgement]:
    """Return the verdict on every claim of an experiment, from its table."""
    return evaluate(claims_of(experiment), StudyEvidence({experiment.name: table}), [experiment.name])


def judge_kept(names: Sequence[str] = ()) -> tuple[list[Judgement], StudyEvidence]:
    """Return the verdicts on the claims of some experiments, by default all, from the checkout's tables.

    Raises
    ------
    OptionError
        If a table is missing or foreign.
    """
    chosen = [EXPERIMENTS[name] for name in names or EXPERIMENTS]
    evidence = StudyEvidence({one.name: read_study(one) for one in chosen})
    found = [judgement for one in chosen for judgement in evaluate(claims_of(one), evidence, [one.name])]
    return found, evidence
