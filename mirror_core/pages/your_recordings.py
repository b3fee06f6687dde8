"""The page that tests a laboratory's recordings: what is in a file, the verdict, and the truth beside it."""

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.pages.report.notebook import finding_of, reading, run_command, scratch_folder, table, verdict
from mirror_core.pages.tables import show
from mirror_core.recordings.simulated_session import Session
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
        for kind in dict.fromkeys(units.kind)
    ]
    return show(pd.DataFrame(rows))


def _number(units: pd.DataFrame, kind: str, what: str) -> int | str:
    """Return how many units of a kind were found to be something; a dash where units could not be tested."""
    if "found to be" not in units:
        return "–"
    return int(((units.kind == kind) & (units["found to be"] == what)).sum())


def finding(found: Report, of_means: Report, of_numbers: Report) -> HTML:
    """Say what is found in the session and in its means, and whether it is true; then the verdict on each.

    The rule: what is found is true, if every unit that is found to be a mirror unit was made to be one.
    """
    units = found.units
    true = (units.kind[units["found to be"] == "mirror"] == "mirror").all()
    of_trials = {None: "cannot tell mirror neurons", 0: "finds no mirror neurons"}.get(
        found.reading.mirror, f"finds mirror neurons, {'all' if true else 'not all'} of them true"
    )
    alone = {None: "it cannot tell", 0: "it finds none"}.get(of_means.reading.mirror, "it finds some")
    return finding_of(
        f"In a made-up session the test {of_trials}; from means over trials alone {alone}.",
        {
            "A made-up session of single trials": found.reading.verdict,
            "Its means over trials alone": of_means.reading.verdict,
            "A session in which each trial has a direction of its own": of_numbers.reading.verdict,
        },
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
