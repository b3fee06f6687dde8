"""The report as a file, complete or not at all."""

from __future__ import annotations

import contextlib
import json
import math
import os
import uuid
from pathlib import Path

import numpy as np
import pandas as pd

from mirror_core import __version__
from mirror_core.analysis.validation import OptionError
from mirror_core.report.results import Report

KINDS = {
    ".html": Report.to_html,
    ".json": Report.to_json,
    ".csv": lambda report: report.units.to_csv(index=False, lineterminator="\n"),
}
"""Ending of a file → what is written into it."""


def write(report: Report, path: Path) -> None:
    """Write a report in the form that the path's ending asks for; see `Report.save`."""
    check_ending(path)
    write_text(path, KINDS[path.suffix.lower()](report))


def check_ending(path: Path) -> None:
    """Raise `OptionError` unless a report can be written under such a name."""
    if path.suffix.lower() not in KINDS:
        raise OptionError(f"cannot write a report to {path}: its name must end in {', '.join(KINDS)}.")


def write_text(path: Path, text: str) -> None:
    """Write a file in one step: an interruption leaves the old one, or none."""
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # on the disk before the rename says that it is there
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


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
