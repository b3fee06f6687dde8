"""Units chosen on one half of the data and shown on the other: the most mirror-like, and their best lag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mirror_core.analysis import (
    RecordingError,
    lag_test,
    lagged_correlation,
    peak_lag,
    split_half,
    top_units,
    unit_correlation,
)
from mirror_core.analysis.permutations import n_orders
from mirror_core.analysis.unpaired import half_means
from mirror_core.recordings.cleaned import Recordings
from mirror_core.seeding import stream
from mirror_core.studies.report.populations import need_sequences
from mirror_core.studies.report.results import Section, Settings
from mirror_core.studies.report.units import both_modes, repeated
from mirror_core.studies.wording import part_of

N_TOP = 10
"""Units shown and tested one by one: those with the largest r on one half of the sequences."""
MAX_LAG = 5
"""Largest lag in timesteps; half of the timesteps where there are fewer."""


@dataclass(frozen=True)
class Halves:
    """Responses that choose units, and others that show them."""

    choosing: tuple[np.ndarray, np.ndarray]
    """Performing and observing, each (sequence, time, unit); of trials, (condition, time, unit): means over half."""
    testing: tuple[np.ndarray, np.ndarray]
    units: np.ndarray
    """Names of the units that they have."""
    bins: np.ndarray | None = None
    """Which time bins of the trials they have; None where the modes share their sequences."""


def halves(recordings: Recordings, settings: Settings) -> Halves:
    """Split sequences at random, or the trials of each condition in each mode by itself.

    Raises
    ------
    RecordingError
        If there are too few.
    """
    rng = stream(settings.seed, "report/halves")
    if recordings.trials is not None:
        return _halves_of_trials(recordings, rng)
    need_sequences(recordings)
    actions = recordings.actions
    of_trials = actions is not None and bool((actions == actions[:, :1]).all())
    conditions = actions[:, 0] if of_trials else None
    modes = recordings.perform, recordings.observe
    choosing, testing = (
        tuple(mode[half] for mode in modes) for half in split_half(len(recordings.perform), rng, conditions)
    )
    return Halves(choosing, testing, recordings.units)


def _halves_of_trials(recordings: Recordings, rng: np.random.Generator) -> Halves:
    if not repeated(recordings):
        raise RecordingError("it needs at least two trials of each condition in both modes.")
    both = [half_means(activity, labels, rng) for activity, labels in both_modes(recordings.trials)]
    four = np.stack([half for pair in both for half in pair])
    there = np.isfinite(four)
    units = there.any(axis=2).all(axis=(0, 1))
    bins = there[..., units].all(axis=(0, 1, 3))
    if not bins.any():
        raise RecordingError("in no time bin does every condition have a value in both halves of both modes' trials.")
    four = np.ascontiguousarray(four[:, :, bins][..., units])
    return Halves((four[0], four[2]), (four[1], four[3]), recordings.units[units], bins)


def _full_bins(activity: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return in which time bins every condition has a value of every unit."""
    return np.all([np.isfinite(activity[labels == one]).any(axis=0).all(axis=1) for one in np.unique(labels)], axis=0)


def examples(recordings: Recordings, settings: Settings) -> Section:
    """Choose the most mirror-like units on one half of the sequences or trials, and show them on the other."""
    split = halves(recordings, settings)
    of = "sequences" if recordings.trials is None else "trials of each condition"
    chosen_on = unit_correlation(*split.choosing)
    shown_on = {
        name: unit_correlation(*split.testing, centre_timesteps=centre)
        for name, centre in (("raw", False), ("timestep-centred", True))
    }
    top = top_units(chosen_on, min(N_TOP, len(chosen_on)))
    bottom = top_units(chosen_on, 1, sign=-1)
    shown = np.array(list(dict.fromkeys([*top.tolist(), *bottom.tolist()])))
    table = pd.DataFrame(
        {
            "unit": split.units[shown],
            "r, chosen on": chosen_on[shown],
            "r, other half": shown_on["raw"][shown],
            "timestep-centred, other half": shown_on["timestep-centred"][shown],
        }
    )
    return Section(
        "examples",
        "Which units are the most mirror-like?",
        f"The {len(top)} units with the largest r on one random half of the {of}, and last the one with the "
        "smallest; their r on the other half, where having been chosen does not inflate it.",
        table,
        found={"top": top, "bottom": bottom, "split": split, "r": shown_on["raw"]},
    )


def lags(recordings: Recordings, settings: Settings) -> Section:
    """Find at which lag units agree best: the top units tested on the half that did not choose them, and all units."""
    trials = recordings.trials
    if trials is None:
        need_sequences(recordings)
    chosen = trials is None or repeated(recordings)
    every = recordings.perform, recordings.observe
    testing, top, bins = every, np.arange(len(recordings.units)), None
    if not chosen:
        bins = np.logical_and(*(_full_bins(*one) for one in both_modes(trials)))
    else:
        found = examples(recordings, settings).found
        split, top = found["split"], found["top"]
        testing, bins = tuple(half[:, :, top] for half in split.testing), split.bins
    if bins is not None and (np.diff(np.flatnonzero(bins)) > 1).any():
        raise RecordingError("a time bin between others has no value in some condition: lags cannot be counted.")
    n_timesteps = min(testing[0].shape[1], every[0].shape[1])
    if n_timesteps < 3:
        raise RecordingError(f"it needs at least 3 timesteps, and there are {n_timesteps}.")
    max_lag = min(MAX_LAG, n_timesteps // 2)
    test = lag_test(*testing, max_lag, settings.n_permutations, stream(settings.seed, "report/lags"))
    peaks, of_all = (
        peak_lag(r.where(r.notnull().all("lag"), drop=True)).values
        for r in (test.r, lagged_correlation(*every, max_lag))
    )
    if not len(peaks):
        raise RecordingError("no top unit varies over sequences at every lag.")
    band = test.null.quantile([0.025, 0.975], dim=("draw", "unit")).values
    passed = test.peak_p <= settings.alpha
    at = test.r.lag.values
    what = "top units" if chosen else "units"
    columns = {"lag": at}
    if trials is not None and trials.times is not None and len(trials.times) > 1:
        steps = np.diff(trials.times)
        if np.ptp(steps) > 1e-6 * steps.mean():
            raise RecordingError("its time bins are not of one width: lags cannot be counted in them.")
        columns["seconds"] = at * steps.mean()
    columns |= {
        f"mean r, {what}": test.r.mean("unit").values,
        "null, 2.5 %": band[0],
        "null, 97.5 %": band[1],
        f"{what} with peak here": [int(np.sum(peaks == lag)) for lag in at],
        "share of all units": [float(np.mean(of_all == lag)) for lag in at],
    }
    paired = "re-paired sequences" if trials is None else "renamed conditions"
    peaked = part_of(int(passed.sum()), len(top), what.removesuffix("s"), "has", "have")
    notes = [f"{peaked} a peak beyond {paired} (p ≤ {settings.alpha:g})."]
    if trials is not None:
        least = 1 / n_orders(recordings.n_actions)
        if least > settings.alpha:
            notes.append(f"With {recordings.n_actions} conditions no p can fall below {least:.2g}.")
    of = (
        "the top units on the half that did not choose them; null: sequences re-paired."
        if trials is None
        else "the top units, in means over the half of each condition's trials that did not choose them; null: the "
        "conditions of one mode renamed."
        if chosen
        else "all units, in the one response to each condition; null: the conditions of one mode renamed."
    )
    return Section(
        "lags",
        "At which lag do the modes agree?",
        "Timestep-centred r of performing at one timestep with observing some timesteps later (positive) or earlier, "
        f"for {of} A unit peaks where |r| is largest.",
        pd.DataFrame(columns),
        notes=tuple(notes),
        found={"test": test, "band": band, "peaks": peaks, "passed": passed},
    )
