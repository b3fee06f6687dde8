"""From evidence to verdicts: every part of every claim under every reading, by the rules of `claims.yml`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from mirror_core.analysis.estimates import Estimate, difference, estimate, estimate_from_units
from mirror_core.seeding import stream
from mirror_core.studies.claims.rules_of_parts import OUTCOMES, RULES, UNTESTED, judge, share_of_networks
from mirror_core.studies.claims.statements import Claim, Part

VERDICTS = ("reproduced", "partly", "not reproduced", UNTESTED)
SYMBOLS = dict(zip(VERDICTS, ("✓", "◐", "✗", "–"), strict=True))


class Evidence(Protocol):
    """What verdicts are computed from, see `mirror_core.studies.claims.evidence.Evidence`."""

    @property
    def settings(self) -> dict[str, object]: ...

    def values(self, quantity: str, reading: str, condition: str) -> pd.Series: ...

    def fingerprints(self, reading: str, conditions: Sequence[str]) -> list[str]: ...


@dataclass(frozen=True)
class Check:
    """One measure under one condition, and what the part's rule makes of it."""

    measure: str
    condition: str
    found: Estimate
    outcome: str


@dataclass(frozen=True)
class PartResult:
    """What became of a part of a claim under a reading."""

    part: Part
    outcome: str
    checks: tuple[Check, ...]

    @property
    def decisive(self) -> Check:
        """The first check with the outcome that decides the part."""
        return next(check for check in self.checks if check.outcome == self.outcome)

    @property
    def share(self) -> float | None:
        """Share of networks that reach the limit, where the rule asks for that."""
        found = self.decisive.found
        return share_of_networks(found, **self.part.limits) if self.part.rule == "in-most" and found.n else None


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim under a reading, with all that it follows from."""

    claim: Claim
    reading: str
    verdict: str
    parts: tuple[PartResult, ...]
    runs: tuple[str, ...]
    """Fingerprints of the runs behind it."""

    @property
    def main(self) -> PartResult:
        """The part whose value stands for the verdict.

        It is the first that was required and failed; else, of a claim that is not reproduced in full, the first that
        does not hold; else the first that counts.
        """
        counted = [one for one in self.parts if not one.part.precondition]
        failed = [one for one in self.parts if (one.part.essential or one.part.precondition) and one.outcome == "fails"]
        short = [one for one in counted if one.outcome in OUTCOMES[:-1]]
        return next(iter((failed if self.verdict == "not reproduced" else []) or short or counted))


def evaluate(claims: Sequence[Claim], evidence: Evidence, readings: Sequence[str]) -> list[Judgement]:
    """Return the verdict on every claim under every reading."""
    found = []
    for claim in claims:
        for reading in readings:
            parts = tuple(judge_part(part, evidence, reading) for part in claim.parts)
            verdict = verdict_of(parts)
            runs = tuple(evidence.fingerprints(reading, claim.conditions))
            found.append(Judgement(claim, reading, verdict, parts, runs))
    return found


def verdict_of(results: Sequence[PartResult]) -> str:
    """Return the verdict from what became of each part.

    Not tested if no part was that counts, or an essential part or a precondition was not; not reproduced if one of
    these fails or no part that counts holds, not even in part; reproduced if all parts that count hold; else partly,
    also where a part could not be tested.
    """
    counted = {one.outcome for one in results if not one.part.precondition}
    required = {one.outcome for one in results if one.part.essential or one.part.precondition}
    if counted <= {UNTESTED} or UNTESTED in required:
        return UNTESTED
    if "fails" in required or counted <= {"fails", UNTESTED}:
        return "not reproduced"
    return "reproduced" if counted == {"holds"} else "partly"


def judge_part(part: Part, evidence: Evidence, reading: str) -> PartResult:
    """Return the outcome of a part under a reading, with every check behind it."""
    checks = []
    for measure, condition in part.checks:
        found = _estimate(part, measure, condition, evidence, reading)
        checks.append(Check(measure, condition, found, judge(part.rule, found, part.limits)))
    tested = [check.outcome for check in checks if check.outcome != UNTESTED]
    decide = min if part.of == "all" else max
    return PartResult(part, decide(tested, key=OUTCOMES.index) if tested else UNTESTED, tuple(checks))


def _estimate(part: Part, measure: str, condition: str, evidence: Evidence, reading: str) -> Estimate:
    values = evidence.values(measure, reading, condition)
    if RULES[part.rule].of_difference:
        return difference(values, evidence.values(measure, reading, part.than))
    if part.interval == "units":
        units = [evidence.units[measure].get((reading, condition, seed)) for seed in values.index]
        rng = stream(0, f"claims/{measure}/{reading}/{condition}")
        return estimate_from_units(values, [one for one in units if one is not None], rng)
    return estimate(values)
