"""The report as text for a terminal, and how its numbers are written everywhere."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd

from mirror_core.studies.report.results import Report, Section
from mirror_core.studies.wording import counted, decimal

COLUMNS = 100
"""Width of running text in the terminal; tables are as wide as they are."""


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose numbers are text: two decimals, p values three, nothing known as a dash."""
    return pd.DataFrame({name: [_cell(name, value) for value in table[name]] for name in table}, dtype=object)


def _cell(column: str, value: object) -> str:
    if not isinstance(value, float | np.floating):
        return str(value)
    if not np.isfinite(value):
        return "–"
    if column.split(",")[0].split(" ")[0] != "p":
        return decimal(value)
    return "< .001" if value < 0.001 else decimal(value, 3)


def subject(report: Report) -> str:
    """Say what was analysed, in one sentence."""
    n_sequences, n_timesteps, n_units = report.recordings.perform.shape
    if (trials := report.recordings.trials) is not None:
        performed, observed = len(trials.perform), len(trials.observe)
        trials = f"{counted(performed, 'trial')} performing, {observed} observing, {counted(n_sequences, 'condition')}"
        return f"{trials}, {counted(n_timesteps, 'time bin')} × {counted(n_units, 'unit')}"
    actions = f"{report.recordings.n_actions} actions" if report.recordings.actions is not None else "no actions"
    return f"{n_sequences} sequences × {n_timesteps} timesteps × {n_units} units, {actions}"


def method(report: Report) -> str:
    """Say with which settings."""
    s = report.settings
    return f"seed {s.seed}, {s.n_permutations:,} draws of a null unless a table says fewer, α = {s.alpha:g}"


def as_text(report: Report) -> str:
    """Return the whole report as text."""
    parts = [f"{report.name}: {subject(report)}", *_wrapped(report.recordings.notes), ""]
    parts += [*_wrapped([report.reading.verdict], ""), ""]
    for section in report.sections.values():
        parts += [*_section(section), ""]
    parts += ["What this says", *_wrapped(report.reading.says), ""]
    parts += ["What this does not say", *_wrapped(report.reading.does_not_say), "", f"({method(report)})"]
    return "\n".join(parts)


def _section(section: Section) -> list[str]:
    if section.table is None:
        return [section.title, *_wrapped([f"Skipped: {section.skipped}"])]
    table = shown(section.table).to_string(index=False)
    return [section.title, *(f"  {line}" for line in table.splitlines()), *_wrapped(section.notes)]


def _wrapped(sentences: list[str] | tuple[str, ...], mark: str = "- ") -> list[str]:
    indent = " " * len(mark)
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(sentence, COLUMNS, initial_indent=mark, subsequent_indent=indent)
    ]
