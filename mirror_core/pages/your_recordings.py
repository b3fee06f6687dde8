"""The page that tests a laboratory's recordings: what is in a file, the verdict, and the truth beside it."""

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.pages.report.notebook import finding_of, reading, run_command, scratch_folder, table, verdict
from mirror_core.pages.tables import show
from mirror_core.recordings.simulated_session import KINDS, Session
from mirror_core.studies.report.results import Report

__all__ = ["finding", "means", "reading", "run_command", "scratch_folder", "table", "truth", "verdict"]


def truth(found: Report) -> HTML:
    """Show what units of each kind were found to be."""
    units = found.units
    rows = [
        {
            "units made to be": kind,
            "number": int((units.kind == kind).sum()),
            "found to be mirror units": _number(units, kind, "mirror"),
            "to be anti-mirror units": _number(units, kind, "anti-mirror"),
        }
        for kind in KINDS
    ]
    return show(pd.DataFrame(rows))


def _number(units: pd.DataFrame, kind: str, what: str) -> int | str:
    """Return how many units of a kind were found to be something; a dash where units could not be tested."""
    if "found to be" not in units:
        return "–"
    return int(((units.kind == kind) & (units["found to be"] == what)).sum())


def finding(found: Report, of_means: Report) -> HTML:
    """Say in two sentences what the session and its means are found to be."""
    return finding_of(
        {
            "A made-up session of single trials": found.reading.verdict,
            "Its means over trials alone": of_means.reading.verdict,
        }
    )


def means(session: Session, window: tuple[float, float], bin: float) -> np.ndarray:
    """Return the mean responses of a session as an array of structures, as MATLAB keeps them: one a condition and mode.

    Returns
    -------
    numpy.ndarray
        Fields `rates` (time, unit) in spikes a second, `times` (time,) in seconds from movement onset, `subject` and
        `grip`.
    """
    edges = np.arange(window[0], window[1] + bin / 2, bin)
    keys, rows = ["mode", "grip"], []
    for (mode, grip), trials in session.trials.groupby(keys):
        counts = [
            [np.histogram(spikes - onset, edges)[0] for spikes in session.spike_times]
            for onset in trials.movement_onset
        ]
        rows.append((np.mean(counts, axis=0).T / bin, edges[:-1] + bin / 2, mode, grip))
    made = np.empty(len(rows), dtype=[("rates", object), ("times", object), ("subject", object), ("grip", object)])
    made[:] = rows
    return made
