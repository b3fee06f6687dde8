"""The claims of the paper: their rules, the evidence for them from trained networks, and the verdicts."""

from mirror_core.studies.claims.evidence import CHOICES, Evidence, claim_grid, gather
from mirror_core.studies.claims.results import COMMITTED, Change, changes, read_verdicts, tidy, to_csv, to_json
from mirror_core.studies.claims.rules import RULES
from mirror_core.studies.claims.statements import Claim, Part, conditions_of, load_claims
from mirror_core.studies.claims.verdicts import SYMBOLS, VERDICTS, Judgement, evaluate

__all__ = [
    "CHOICES",
    "COMMITTED",
    "RULES",
    "SYMBOLS",
    "VERDICTS",
    "Change",
    "Claim",
    "Evidence",
    "Judgement",
    "Part",
    "changes",
    "claim_grid",
    "conditions_of",
    "evaluate",
    "gather",
    "load_claims",
    "read_verdicts",
    "tidy",
    "to_csv",
    "to_json",
]
