"""What an analysis of recordings returns: sections with tables, a verdict, and ways to keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from mirror_core.checks import number, whole
from mirror_core.recordings.cleaned import Recordings


def in_words_of(recordings: Recordings, text: str) -> str:
    """Return what is said of actions as it is said of these recordings: trials of an animal have conditions.

    Names of nulls, such as action-relabelling, stay.
    """
    if recordings.trials is None:
        return text
    text = re.sub(r"(?<![\w-])([Aa])n action(?![\w-])", r"\1 condition", text)
    return re.sub(r"(?<![\w-])action(s?)(?![\w-])", r"condition\1", text)


@dataclass(frozen=True)
class Settings:
    """What the user decides about the tests."""

    seed: int = 42
    """Decides every random draw."""
    n_permutations: int = 2000
    """Draws of each null; those that train decoders again take fewer, and say how many."""
    alpha: float = 0.05
    """A result counts as significant at p up to this, in (0, 1)."""

    def __post_init__(self) -> None:
        whole("seed", self.seed, 0)
        whole("n_permutations", self.n_permutations, 1)
        number("alpha", self.alpha, 1e-6, 1 - 1e-6)


@dataclass(frozen=True)
class Section:
    """One question with its table."""

    name: str
    """A word, for links and files."""
    title: str
    """The question."""
    explanation: str
    """What the table shows, and what it can and cannot tell."""
    table: pd.DataFrame | None
    """None where the analysis was not possible."""
    skipped: str = ""
    """Why it was not possible."""
    notes: tuple[str, ...] = ()
    """What could be done only in part, a sentence each."""
    found: Mapping[str, Any] = field(default_factory=dict)
    """The results behind the table, as `mirror_core.analysis` returns them."""


@dataclass(frozen=True)
class Reading:
    """The tables in plain words, by the rules of `mirror_core.studies.report.verdict`."""

    mirror: int | None
    """Number of mirror units; None where it cannot be told which units are."""
    carried: str
    """Whether a code of the action carries over, a word of `mirror_core.studies.report.verdict.CARRIES`."""
    verdict: str
    says: tuple[str, ...]
    does_not_say: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All that was found about one pair of recordings."""

    name: str
    """What the recordings are called, such as the file's name."""
    recordings: Recordings
    """What was analysed, after exclusions."""
    settings: Settings
    sections: Mapping[str, Section]
    """By name, in the order in which they are shown."""
    units: pd.DataFrame
    """One row a unit: r, p and class."""
    reading: Reading

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The table of each section that was possible."""
        return {name: section.table for name, section in self.sections.items() if section.table is not None}

    def facts(self) -> dict[str, Any]:
        """Return what was analysed, and how, as plain values."""
        n_sequences, n_timesteps, n_units = self.recordings.perform.shape
        return {
            "name": self.name,
            "sequences": n_sequences,
            "timesteps": n_timesteps,
            "units": n_units,
            "actions": self.recordings.n_actions,
            **asdict(self.settings),
        }
