"""The claims as `claims.yml` states them: what the paper says, where, and by which rules ours is judged."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import product
from typing import Any

import yaml

from mirror_core.checks import OptionError, flag, one_of
from mirror_core.config.conditions import CONDITIONS
from mirror_core.studies.claims.evidence import OF_UNITS, claimable
from mirror_core.studies.claims.rules_of_parts import RULES

INTERVALS = ("networks", "units")
"""Where an interval comes from: Student's t over networks, or the hierarchical bootstrap of units in networks."""


@dataclass(frozen=True)
class Part:
    """One thing that a claim says, and the rule by which it holds or fails."""

    says: str
    measure: tuple[str, ...]
    """Names of `mirror_core.studies.claims.evidence.claimable`; with several, the worst decides (see `of`)."""
    rule: str
    """A name in `mirror_core.studies.claims.rules_of_parts.RULES`."""
    limits: dict[str, float]
    """What the rule compares with."""
    condition: tuple[str, ...] = ("shared",)
    than: str | None = None
    """Condition whose networks, matched by seed, are subtracted; None where the rule takes no difference."""
    essential: bool = False
    """Whether the claim is not reproduced where this part fails."""
    precondition: bool = False
    """Whether it is no evidence for the claim, which is not reproduced where it fails."""
    of: str = "all"
    """Whether the worst ("all") or the best ("any") of several measures or conditions decides."""
    interval: str = "networks"

    @property
    def conditions(self) -> tuple[str, ...]:
        """Conditions whose networks decide it."""
        return (*self.condition, *([self.than] if self.than else []))

    @property
    def checks(self) -> list[tuple[str, str]]:
        """Every measure under every condition."""
        return list(product(self.measure, self.condition))


@dataclass(frozen=True)
class Claim:
    """A claim of the paper."""

    id: str
    title: str
    """The claim in a few words, for figures."""
    says: str
    paper: str
    """The paper's number or words, short."""
    place: str
    """Where the paper states it."""
    page: str
    """Notebook that shows what we found."""
    figure: str
    """Name of the figure on that page."""
    parts: tuple[Part, ...]

    @property
    def conditions(self) -> list[str]:
        """Conditions whose networks decide the claim."""
        return list(dict.fromkeys(condition for part in self.parts for condition in part.conditions))


def load_claims(
    path: Traversable | None = None, measures: Sequence[str] | None = None, conditions: Sequence[str] | None = None
) -> list[Claim]:
    """Read the claims.

    Parameters
    ----------
    path
        A YAML file; the paper's claims, `claims.yml`, if not given.
    measures, conditions
        What claims may name; those of the paper's experiment if not given.

    Raises
    ------
    OptionError
        If it is no list of claims, or one has an unknown field, rule, measure or condition, or a missing one.
    """
    source = files("mirror_core.studies.claims") / "claims.yml" if path is None else path
    found = yaml.safe_load(source.read_text(encoding="utf-8"))
    if not isinstance(found, list):
        raise OptionError(f"{source.name}: it must be a list of claims.")
    known = claimable() if measures is None else measures, CONDITIONS if conditions is None else conditions
    claims = [_claim(entry, *known) for entry in found]
    ids = [claim.id for claim in claims]
    if twice := {name for name in ids if ids.count(name) > 1}:
        raise OptionError(f"{source.name}: claim {', '.join(sorted(twice))} is there twice.")
    return claims


_CLAIM_FIELDS = ("id", "title", "says", "paper", "place", "page", "figure", "parts")
_PART_FIELDS = ("says", "measure", "rule", "condition", "than", "essential", "precondition", "of", "interval")


def _claim(entry: Any, measures: Sequence[str], conditions: Sequence[str]) -> Claim:
    name = entry.get("id", entry) if isinstance(entry, dict) else entry
    if not isinstance(entry, dict) or set(entry) != set(_CLAIM_FIELDS):
        raise OptionError(f"claim {name}: it must have the fields {', '.join(_CLAIM_FIELDS)}, and no others.")
    if not isinstance(entry["parts"], list) or not entry["parts"]:
        raise OptionError(f"claim {name}: parts must be a list of at least one part.")
    try:
        parts = tuple(_part(part, measures, conditions) for part in entry["parts"])
    except (OptionError, KeyError, TypeError) as error:
        raise OptionError(f"claim {name}: {error}") from error
    return Claim(**{field: entry[field] for field in _CLAIM_FIELDS[:-1]}, parts=parts)


def _part(entry: dict[str, Any], measures: Sequence[str], conditions: Sequence[str]) -> Part:
    one_of("rule", entry.get("rule"), RULES)
    rule = RULES[entry["rule"]]
    known = {field: entry[field] for field in _PART_FIELDS if field in entry}
    limits = {key: float(value) for key, value in entry.items() if key not in _PART_FIELDS}
    for several in {"measure", "condition"} & known.keys():
        known[several] = tuple(known[several]) if isinstance(known[several], list) else (known[several],)
    part = Part(**known, limits=limits)
    try:
        inspect.signature(rule.judge).bind(None, **limits)
    except TypeError as error:
        raise OptionError(f"rule {part.rule} with {limits or 'no limits'}: {error}.") from error
    if rule.of_difference != (part.than is not None):
        raise OptionError(f"rule {part.rule} {'needs' if rule.of_difference else 'takes no'} `than`.")
    for measure in part.measure:
        one_of("measure", measure, measures)
    for condition in part.conditions:
        one_of("condition", condition, conditions)
    one_of("of", part.of, ("all", "any"))
    one_of("interval", part.interval, INTERVALS)
    if part.interval == "units":
        for measure in part.measure:
            one_of("measure with an interval over units", measure, OF_UNITS)
    flag("essential", part.essential)
    flag("precondition", part.precondition)
    return part


def conditions_of(claims: Sequence[Claim]) -> list[str]:
    """Return the conditions whose networks decide some claim, in the order of the table of conditions."""
    wanted = {condition for claim in claims for condition in claim.conditions}
    return [condition for condition in CONDITIONS if condition in wanted]
