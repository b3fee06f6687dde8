"""Verdicts as tables and files, and what changed since they were last written."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mirror_core.checks import OptionError
from mirror_core.runs.files import read_json
from mirror_core.studies.claims.verdicts import Evidence, Judgement, PartResult
from mirror_core.studies.data import DATA
from mirror_core.studies.measures import measure_named

COMMITTED = DATA / "claims.json"
"""The verdicts of the site, as last written, where the checkout has them."""

FORMAT = 1
"""Version of the JSON file."""

_DIGITS = 4


def tidy(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """Return one row for each claim and reading.

    Returns
    -------
    pandas.DataFrame
        `claim` (id), `says`, `paper`, `place`, `reading`, `verdict`; of the claim's first part `quantity`, `value` (the
        mean over networks, or the mean difference), `low` and `high` (95 % interval), `n_networks`, `effect_size` and
        `p` (differences only); `page`, `figure`; `runs`, the fingerprints, separated by spaces.
    """
    rows = []
    for one in judgements:
        found = one.main.decisive.found
        measured = {"quantity": quantity(one.main), "value": found.mean, "low": found.low, "high": found.high}
        measured |= {"n_networks": found.n, "effect_size": found.effect_size, "p": found.p}
        rows.append(_about(one) | measured | _shown(one) | {"runs": " ".join(one.runs)})
    return pd.DataFrame(rows)


def _about(one: Judgement) -> dict[str, str]:
    """Return the claim in its words, the reading and the verdict."""
    claim = one.claim
    words = {"claim": claim.id, "says": claim.says, "paper": claim.paper, "place": claim.place}
    return words | {"reading": one.reading, "verdict": one.verdict}


def _shown(one: Judgement) -> dict[str, str]:
    return {"page": one.claim.page, "figure": one.claim.figure}


def quantity(result: PartResult) -> str:
    """Name what the value of a part is: the measure, where, and what is subtracted."""
    check, than = result.decisive, result.part.than
    where = f"{check.condition} minus {than}" if than else check.condition
    return f"{measure_named(check.measure).label} ({where})"


def to_csv(judgements: Sequence[Judgement]) -> str:
    """Return `tidy` as CSV."""
    return tidy(judgements).round(_DIGITS).to_csv(index=False, lineterminator="\n")


def to_json(judgements: Sequence[Judgement], evidence: Evidence) -> str:
    """Return every verdict with all its parts as JSON, see `read_verdicts`."""
    entries = [
        _about(one) | _shown(one) | {"parts": [_part(result) for result in one.parts], "runs": list(one.runs)}
        for one in judgements
    ]
    content = {"format": FORMAT, "settings": evidence.settings, "verdicts": entries}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _part(result: PartResult) -> dict[str, Any]:
    part = result.part
    stated = {name: getattr(part, name) for name in ("says", "rule", "limits", "essential", "precondition")}
    checks = [
        {"measure": check.measure, "condition": check.condition, "than": part.than, "outcome": check.outcome}
        | {name: _number(getattr(check.found, name)) for name in ("mean", "low", "high", "effect_size", "p")}
        | {"n_networks": check.found.n}
        for check in result.checks
    ]
    return stated | {"outcome": result.outcome, "checks": checks}


def _number(value: float) -> float | None:
    return round(value, _DIGITS) if math.isfinite(value) else None


@dataclass(frozen=True)
class Verdict:
    """A verdict as written to a file: enough to see whether it changed."""

    claim: str
    reading: str
    verdict: str
    values: tuple[tuple[str, float | None], ...]
    """What was measured, by name, for every check of every part."""


@dataclass(frozen=True)
class Change:
    """A verdict, or a value behind it, that is not what it was."""

    claim: str
    reading: str
    what: str
    """"verdict", or the name of the value."""
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.claim}, {self.reading}: {self.what} was {self.old}, is {self.new}"


def read_verdicts(text: str) -> tuple[list[Verdict], dict[str, Any]]:
    """Read what `to_json` wrote: the verdicts, and the settings behind them.

    Raises
    ------
    OptionError
        If it is not such a file, or of another version.
    """
    try:
        content = read_json(text)
        if content["format"] != FORMAT:
            raise OptionError(f"claims file of format {content['format']}: only {FORMAT} can be read.")
        verdicts = [
            Verdict(one["claim"], one["reading"], one["verdict"], tuple(
                (f"{check['measure']} ({check['condition']}{' minus ' + check['than'] if check['than'] else ''})",
                 check["mean"])
                for part in one["parts"] for check in part["checks"]
            ))
            for one in content["verdicts"]
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, OptionError):
            raise
        raise OptionError(f"not a claims file: {error!r}.") from error
    return verdicts, content["settings"]


def changes(old: Sequence[Verdict], new: Sequence[Verdict], tolerance: float | None = None) -> list[Change]:
    """Return which verdicts differ between two files, with the first value behind each.

    Parameters
    ----------
    tolerance
        If given, also every value that differs by more than this; a number of units, by more than one.
    """
    before = {(one.claim, one.reading): one for one in old}
    after = {(one.claim, one.reading): one for one in new}
    found = []
    for claim, reading in dict.fromkeys([*before, *after]):
        was, now = before.get((claim, reading)), after.get((claim, reading))
        if was is None or now is None or was.verdict != now.verdict:
            found.append(Change(claim, reading, "verdict", _said(was), _said(now)))
        if tolerance is not None and was is not None and now is not None:
            values = dict(was.values), dict(now.values)
            for name in dict.fromkeys([*values[0], *values[1]]):
                pair = [one.get(name) for one in values]
                if _differ(*pair, max(tolerance, float(_counts_units(name)))):
                    found.append(Change(claim, reading, name, *("none" if v is None else f"{v:.4f}" for v in pair)))
    return found


def _said(one: Verdict | None) -> str:
    if one is None:
        return "not there"
    values = "; ".join(f"{name} {'none' if value is None else f'{value:.3f}'}" for name, value in one.values)
    return f"{one.verdict} [{values}]"


def _counts_units(name: str) -> bool:
    measure = name.partition(" ")[0]
    return measure.startswith("n_") or measure.endswith("_units")


def _differ(old: float | None, new: float | None, tolerance: float) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) > tolerance
