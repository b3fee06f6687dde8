"""The report as a file, complete or not at all."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

from mirror_core import __version__
from mirror_core.checks import OptionError
from mirror_core.pages.report.page import as_page
from mirror_core.runs.files import write_text
from mirror_core.studies.report.results import Report


def write(report: Report, path: Path) -> None:
    """Write a report in the form that the path's ending asks for; see `Report.save`."""
    check_ending(path)
    write_text(path, KINDS[path.suffix.lower()](report))


def check_ending(path: Path) -> None:
    """Raise `OptionError` unless a report can be written under such a name."""
    if path.suffix.lower() not in KINDS:
        raise OptionError(f"cannot write a report to {path}: its name must end in {', '.join(KINDS)}.")


def as_json(report: Report) -> str:
    """Return everything but the figures as JSON; a number that is not defined is null."""
    sections = {
        name: {"title": section.title, "notes": list(section.notes)}
        | ({"skipped": section.skipped} if section.table is None else {"rows": _rows(section.table)})
        for name, section in report.sections.items()
    }
    content = {
        "mirror_core": __version__,
        **report.facts(),
        "left_out": list(report.recordings.notes),
        "verdict": report.reading.verdict,
        "mirror_units": report.reading.mirror,
        "code_carries_over": report.reading.carried,
        "says": list(report.reading.says),
        "does_not_say": list(report.reading.does_not_say),
        "tables": sections,
        "unit_table": _rows(report.units),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _rows(table: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {str(name): _plain(value) for name, value in zip(table.columns, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


KINDS = {
    ".html": as_page,
    ".json": as_json,
    ".csv": lambda report: report.units.to_csv(index=False, lineterminator="\n"),
}
"""Ending of a file → what is written into it."""
