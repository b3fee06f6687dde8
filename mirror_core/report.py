"""The door for other people's recordings: are there mirror units in this network?

`analyse` takes arrays, `analyse_trials` trials that the modes do not share, `analyse_recording` labelled arrays,
`analyse_file` a file; each returns a `Report` that can be
printed, drawn and saved.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

from mirror_core.recordings.formats import read_file
from mirror_core.studies.report import analysing
from mirror_core.studies.report.results import Reading, Section, Settings
from mirror_core.studies.report.results import Report as Findings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Reading",
    "Report",
    "Section",
    "Settings",
    "analyse",
    "analyse_file",
    "analyse_recording",
    "analyse_trials",
    "read_file",
]


class Report(Findings):
    """All that was found about one pair of recordings, and ways to read and keep it."""

    def __str__(self) -> str:
        """Return the report as text for a terminal."""
        from mirror_core.pages.report.text import as_text  # here as below: drawing and HTML take their time to import

        return as_text(self)

    def figure(self, name: str) -> Figure:
        """Return a figure by its name in `mirror_core.pages.report.drawing.PICTURES`.

        Raises
        ------
        OptionError
            For an unknown name, or if there is nothing to draw.
        """
        from mirror_core.pages.report.drawing import picture_of

        return picture_of(self, name)

    def to_html(self) -> str:
        """Return the report as one self-contained HTML page with figures."""
        from mirror_core.pages.report.page import as_page

        return as_page(self)

    def to_json(self) -> str:
        """Return tables, verdict, exclusions and settings as JSON."""
        from mirror_core.pages.report.writing import as_json

        return as_json(self)

    def save(self, path: str | Path) -> None:
        """Write the report: as HTML, JSON or (the units alone) CSV, by the ending of the path.

        A file of that name is replaced, once the new one is complete.

        Raises
        ------
        OptionError
            For another ending.
        OSError
            If the file cannot be written.
        """
        from mirror_core.pages.report.writing import write

        write(self, Path(path))


def _readable(function: Callable[..., Findings]) -> Callable[..., Report]:
    """Let an analysis return what it found as a `Report`."""

    @wraps(function)
    def analysed(*args: object, **options: object) -> Report:
        return Report(**vars(function(*args, **options)))

    return analysed


analyse = _readable(analysing.analyse)
analyse_trials = _readable(analysing.analyse_trials)
analyse_recording = _readable(analysing.analyse_recording)
analyse_file = _readable(analysing.analyse_file)
