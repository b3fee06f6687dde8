"""From recordings to a report: the entry points for arrays, labelled arrays and files."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from mirror_core.analysis import OptionError, RecordingError
from mirror_core.arrays import CENTRINGS, MODES
from mirror_core.recordings.cleaned import Recordings, from_labelled, of_trials, prepare
from mirror_core.recordings.formats import read_file
from mirror_core.recordings.trials import Trials
from mirror_core.runs.progress import progress_bar
from mirror_core.studies.report.chosen import examples, lags
from mirror_core.studies.report.continuous import readouts
from mirror_core.studies.report.populations import congruences, decoding, generalisation, geometry
from mirror_core.studies.report.power import power
from mirror_core.studies.report.responses import population, reliability
from mirror_core.studies.report.results import Report, Section, Settings, in_words_of
from mirror_core.studies.report.units import beyond_limit, headline, nulls
from mirror_core.studies.report.verdict import by_tuning, confirmed_units, judge

ANALYSES: dict[str, tuple[Callable[[Recordings, Settings], Section], str, float]] = {
    "reliability": (reliability, "How much of the responses is not noise?", 0.5),
    "headline": (headline, "How many units respond alike in both modes?", 0.2),
    "population": (population, "Is the same unit more alike than other units, on average?", 0.5),
    "nulls": (nulls, "Is it more than chance, and which chance?", 3),
    "power": (power, "Would mirror units be found in such data?", 1),
    "continuous": (readouts, "Can the condition be read across the modes?", 1),
    "decoding": (decoding, "Does a code of the action carry over?", 0.5),
    "congruence": (congruences, "Do units prefer the same actions?", 0.1),
    "generalisation": (generalisation, "Do distinctions hold where no decoder was trained?", 4),
    "geometry": (geometry, "Do the two modes use the same dimensions?", 2),
    "lags": (lags, "At which lag do the modes agree?", 0.4),
    "examples": (examples, "Which units are the most mirror-like?", 0.1),
}
"""Section → its analysis, its title where that is not possible, and its share of the time, for the progress bar."""


def analyse(
    perform: ArrayLike,
    observe: ArrayLike,
    actions: ArrayLike | None = None,
    *,
    name: str = "recordings",
    drop_nan: str | None = None,
    seed: int = 42,
    n_permutations: int = 2000,
    alpha: float = 0.05,
    progress: bool = False,
) -> Report:
    """Ask of a network's recordings all that this project asks of its own: are there mirror units?

    Parameters
    ----------
    perform, observe
        Activations (sequence, time, unit) of the same units, any unit of measurement, while the network performs
        and while it observes: sequence i and timestep t of both are the same moment of the same episode.
    actions
        Action of each timestep (sequence, time), whole numbers. Without them, what needs them is skipped.
    name
        What the report calls the recordings.
    drop_nan
        What to leave out where values are not finite: "sequences" or "units"; by default they are an error.
    seed
        Decides every random draw.
    n_permutations
        Draws of each null; those that go through all rows or train decoders again take fewer, and say how many.
    alpha
        Significance level, in (0, 1).
    progress
        Show a progress bar.

    Returns
    -------
    Report
        `print(report)`, `report.tables["nulls"]`, `report.units`, `report.save("report.html")`.

    Raises
    ------
    RecordingError
        If the arrays cannot be analysed: wrong shapes, values that are not finite, all units constant, actions that
        are not
        whole numbers. An analysis for which there is too little is skipped, and the report says why.
    OptionError
        If an option has an impossible value.
    """
    settings = Settings(seed, n_permutations, alpha)
    return _report(prepare(perform, observe, actions, drop_nan=drop_nan), settings, name, progress)


def analyse_trials(
    trials: Trials,
    *,
    name: str = "recordings",
    seed: int = 42,
    n_permutations: int = 2000,
    alpha: float = 0.05,
    progress: bool = False,
) -> Report:
    """Ask the same of recordings whose modes have trials of their own, with nothing but the condition in common.

    r and what is made of it are those of mean responses to the conditions; reliability, tuning and decoding use the
    single trials of each mode, and units are chosen on half of each condition's trials and shown on the other. What
    asks for the same events in both modes is skipped, and the report says so.

    Parameters
    ----------
    trials
        See `mirror_core.recordings.trials.Trials`. One trial a condition, or a mean over trials, gets what it allows.

    Raises
    ------
    RecordingError
        If there are fewer than two conditions, or no unit varies in both modes.
    OptionError
        If an option has an impossible value.
    """
    return _report(of_trials(trials), Settings(seed, n_permutations, alpha), name, progress)


def analyse_recording(recording: xr.DataArray | xr.Dataset, *, use_actions: bool = True, **options: object) -> Report:
    """Analyse labelled arrays, such as the project's own recordings; see `from_labelled` for their form.

    Parameters
    ----------
    recording
        Dimensions are found by name, in any order.
    use_actions
        Whether to use the actions, where there are any.
    """
    perform, observe, actions = from_labelled(recording)
    return analyse(perform, observe, actions if use_actions else None, **options)


def analyse_file(path: str | Path, *, use_actions: bool = True, **options: object) -> Report:
    """Analyse a NPZ or NetCDF file with `perform`, `observe` and perhaps `actions`.

    Parameters
    ----------
    path
        See `mirror_core.recordings.formats.read_file`.
    use_actions
        Whether to use the actions, where there are any.
    options
        See `analyse`; `name` is the file's name if not given.

    Raises
    ------
    RecordingError, OptionError
        As `analyse`, with the file's name in front; also if the file cannot be read.
    """
    perform, observe, actions = read_file(path)
    try:
        options = {"name": Path(path).name} | options
        return analyse(perform, observe, actions if use_actions else None, **options)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error


def _report(recordings: Recordings, settings: Settings, name: str, progress: bool) -> Report:
    n_draws, most = settings.n_permutations, max(len(recordings.perform), recordings.perform.shape[2])
    if reason := beyond_limit(
        f"{n_draws} draws (n_permutations) of {most} sequences or units", 2 * n_draws * most, "draws"
    ):
        raise RecordingError(reason)
    sections = {}
    is_continuous = recordings.trials is not None and recordings.trials.continuous is not None
    asked = {key: one for key, one in ANALYSES.items() if is_continuous or key != "continuous"}
    total = math.ceil(10 * sum(cost for _, _, cost in asked.values()))
    # one thread: arrays of this size gain nothing from more, and lose much where other work goes on
    with threadpool_limits(1), progress_bar(total, "analysing", "part", show=progress) as bar:
        bar.bar_format = "{desc}: {percentage:3.0f}%|{bar}| {elapsed} so far, about {remaining} left"
        for key, (function, title, cost) in asked.items():
            bar.set_description(f"analysing ({key})")
            try:
                sections[key] = function(recordings, settings)
            except (RecordingError, OptionError) as error:
                sections[key] = Section(key, title, "", None, str(error))
            except MemoryError as error:
                if key == "headline":  # all else is read beside it
                    raise RecordingError(f"there is too little memory for these recordings ({error}).") from error
                reason = f"there is too little memory for it ({error}): analyse fewer units or sequences at a time."
                sections[key] = Section(key, title, "", None, reason)
            bar.update(10 * cost)
    reading = judge(recordings, settings, sections)
    sections = {key: _worded(recordings, section) for key, section in sections.items()}
    return Report(name, recordings, settings, sections, _units(recordings, sections), reading)


def _worded(recordings: Recordings, section: Section) -> Section:
    """Return a section whose text has the words for these recordings."""
    said = {name: in_words_of(recordings, getattr(section, name)) for name in ("title", "explanation", "skipped")}
    table = section.table
    if table is not None:
        table = table.map(lambda cell: in_words_of(recordings, cell) if isinstance(cell, str) else cell)
    notes = tuple(in_words_of(recordings, note) for note in section.notes)
    return replace(section, **said, notes=notes, table=table)


def _units(recordings: Recordings, sections: dict[str, Section]) -> pd.DataFrame:
    """Return one row a unit: r, p of every test and what became of it by Benjamini–Hochberg, selectivity, class."""
    columns: dict[str, np.ndarray] = {"unit": recordings.units}
    for centring in CENTRINGS:
        columns[f"r, {centring}"] = sections["headline"].found["r"][centring]
    for (null, centring), test in sections["nulls"].found.get("tests", {}).items():
        columns[f"p {null}, {centring}"] = test.p
        columns[f"p {null}, {centring}, FDR"] = test.corrected("bh")
    if (section := sections["congruence"]).table is not None:
        columns["class"] = section.found["kind"]
    if (section := sections["reliability"]).table is not None:
        for mode, one in zip(MODES, section.found["tunings"], strict=True):
            columns[f"reliability, {mode}"] = one.reliability
            columns[f"p tuned, {mode}"] = one.p
        columns["correlation of tunings"] = section.found["r"]
        columns["correlation of tunings, corrected"] = section.found["corrected"]
    if "continuous" in sections:
        columns |= sections["continuous"].found.get("units", {})
    columns |= {name: labels for name, labels in recordings.groups.items() if name not in columns}
    if by_tuning(sections):
        confirmed = confirmed_units(sections)
        columns["found to be"] = np.select(confirmed, ["mirror", "anti-mirror"], "neither")
    return pd.DataFrame(columns)
