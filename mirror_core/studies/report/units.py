"""How strong the units are, and which nulls they pass."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mirror_core.analysis import CORRECTIONS, NULLS, NullTest, RecordingError, null_test, shares, unit_correlation
from mirror_core.analysis.nulls import SAME_CODE
from mirror_core.analysis.nulls.base import Draws, Size
from mirror_core.analysis.nulls.tuning_mismatch import compare
from mirror_core.analysis.significance import permutation_p, share_beyond
from mirror_core.analysis.tuning import Tuning, tuning
from mirror_core.arrays import CENTRINGS
from mirror_core.config.paper import MODERATE_THRESHOLD, STRONG_THRESHOLD
from mirror_core.recordings import sessions
from mirror_core.recordings.cleaned import Recordings
from mirror_core.recordings.trials import Trials
from mirror_core.seeding import stream
from mirror_core.studies.measures.shares import HEADLINE
from mirror_core.studies.measures.significance import TRUSTED, passing
from mirror_core.studies.report.results import Section, Settings
from mirror_core.studies.wording import counted

SHORT_QUESTION = {True: "same code, same unit", False: "same events"}
"""The two questions of `mirror_core.analysis.nulls`, in a few words; True for that of a mirror unit."""


ROW_BY_ROW, ROW_WORK = ("row",), 1e9
"""Nulls whose every draw goes through all rows again, and the values that their draws go through together at most,
a few seconds of work, unless that leaves fewer than `FEWEST` draws."""
FEWEST = 199

SQUARES = 5
"""Tables of every unit with every other that there are at a time."""


def too_large(recordings: Recordings) -> str:
    """Return what comparing each unit with each other would take, where that is more than `LIMIT`; "" if it is not."""
    n = recordings.perform.shape[2]
    return beyond_limit(f"comparing each of {n} units with each other", SQUARES * n**2, "units")


def too_many_actions(recordings: Recordings, n_units: int) -> str:
    """Return the same of comparing each action with each other in so many units, of which there are two tables."""
    n = recordings.n_actions
    return beyond_limit(
        f"comparing each of {n} actions with each other in {n_units} units", 2 * n**2 * n_units, "units"
    )


def beyond_limit(what: str, n_numbers: int, fewer: str) -> str:
    """Return a sentence on what would take more than `LIMIT` bytes in so many numbers; "" if it would not."""
    n_bytes = 8.0 * n_numbers
    if n_bytes <= sessions.LIMIT:
        return ""
    return (
        f"{what} would take {n_bytes / 2**30:.1f} GiB of memory, and at most {sessions.LIMIT / 2**30:.1f} are taken: "
        f"take fewer {fewer}."
    )


def draws_of(null: str, recordings: Recordings, settings: Settings) -> int:
    """Return how many draws a null gets."""
    if null not in ROW_BY_ROW:
        return settings.n_permutations
    return min(settings.n_permutations, max(FEWEST, int(ROW_WORK / recordings.perform.size)))


def size_of(recordings: Recordings) -> Size:
    """Return how much of everything there is."""
    return Size(*recordings.perform.shape, 0 if recordings.actions is None else recordings.n_actions)


def impossible(null: str, recordings: Recordings, settings: Settings) -> str:
    """Return why a null cannot give p ≤ α here; "" if it can."""
    asked, size = NULLS[null], size_of(recordings)
    if "actions" in asked.needs and recordings.actions is None:
        return "it needs actions."
    if null == TRUSTED and not repeated(recordings):
        return "it needs at least two trials of each condition in both modes."
    if recordings.trials is not None and asked.question != SAME_CODE:
        return "the modes have no trials in common."
    if asked.question == SAME_CODE and (reason := too_large(recordings)):
        return reason
    if null == "action-relabelling" and (reason := too_many_actions(recordings, size.units)):
        return reason
    n_draws = draws_of(null, recordings, settings)
    least = asked.smallest_p(size, n_draws)
    if least <= settings.alpha:
        return ""
    what = asked.limits(size, n_draws)
    return f"with {what} p cannot fall below {least:.2g}, which is above {settings.alpha:g}."


def repeated(recordings: Recordings) -> bool:
    """Return whether noise can be told from what an action does: it occurs twice or more, in either mode."""
    if (trials := recordings.trials) is None:
        return recordings.actions is not None
    labels = (trials.perform_conditions, trials.observe_conditions)
    return all(np.unique(one, return_counts=True)[1].min() > 1 for one in labels)


def both_modes(trials: Trials) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return activity (trial, time, unit) and the number of each trial's condition, of each mode."""
    names = np.unique(trials.perform_conditions)
    return (
        (trials.perform, np.searchsorted(names, trials.perform_conditions)),
        (trials.observe, np.searchsorted(names, trials.observe_conditions)),
    )


def at_each_time(labels: Int[np.ndarray, " trial"], activity: Float[np.ndarray, "trial time unit"]) -> np.ndarray:
    """Return the condition of each trial at each of its timesteps."""
    return np.repeat(labels[:, None], activity.shape[1], axis=1)


@lru_cache(maxsize=1)  # most sections ask for them, of the same recordings
def tunings(recordings: Recordings, settings: Settings) -> tuple[Tuning, Tuning, Draws]:
    """Return how units are tuned in each mode, and how their tunings compare with those of other units.

    Where the modes have trials of their own, each mode is asked with its own.

    Raises
    ------
    RecordingError
        If there are too many units to compare each with each other.
    """
    if reason := too_large(recordings):
        raise RecordingError(reason)
    rng = stream(settings.seed, f"report/{TRUSTED}/raw")
    if (trials := recordings.trials) is None:
        modes = [(mode, recordings.actions) for mode in (recordings.perform, recordings.observe)]
    else:
        modes = [(mode, at_each_time(labels, mode)) for mode, labels in both_modes(trials)]
    perform, observe = (tuning(mode, actions, settings.n_permutations, rng) for mode, actions in modes)
    return perform, observe, compare(perform, observe, settings.n_permutations, rng)


def run_null(
    recordings: Recordings, settings: Settings, null: str, centring: str, alternative: str = "two-sided"
) -> NullTest:
    """Test every unit against a null, with a random stream of its own."""
    if null == TRUSTED:
        return tunings(recordings, settings)[2].test(null, alternative)
    return null_test(
        recordings.perform,
        recordings.observe,
        null,
        draws_of(null, recordings, settings),
        stream(settings.seed, f"report/{null}/{centring}"),
        actions=recordings.actions,
        alternative=alternative,
        centre_timesteps=CENTRINGS[centring],
    )


def one_sided(recordings: Recordings, settings: Settings, test: NullTest, centring: str, alternative: str) -> NullTest:
    """Return the same test, with the same draws, for mirror units ("greater") or anti-mirror units ("less") alone."""
    if test.pooled:
        return run_null(recordings, settings, test.name, centring, alternative)
    return replace(test, alternative=alternative, p=permutation_p(test.observed, test.null, alternative))


def nulls(recordings: Recordings, settings: Settings) -> Section:
    """Test every unit against every null that the recordings allow, raw and timestep-centred."""
    tests: dict[tuple[str, str], NullTest] = {}
    notes = []
    for null in NULLS:
        if "pseudo" in NULLS[null].needs:
            continue  # needs episodes that only their owner can make
        if reason := impossible(null, recordings, settings):
            notes.append(f"{null} was skipped: {reason}")
            continue
        for centring in CENTRINGS if NULLS[null].centred else ("raw",):
            tests[null, centring] = run_null(recordings, settings, null, centring)
    for null in dict.fromkeys(null for null, _ in tests):
        n_draws = draws_of(null, recordings, settings)
        if n_draws < settings.n_permutations:
            notes.append(f"{null}: {n_draws} draws, each of which goes through all rows.")
        least = NULLS[null].smallest_p(size_of(recordings), n_draws)
        if least > settings.alpha / recordings.perform.shape[2]:
            notes.append(
                f"{null}: no single unit can pass Bonferroni's correction, since p cannot fall below {least:.2g}."
            )
    sided = {
        (*key, side): passing(one_sided(recordings, settings, test, key[1], side), settings.alpha)
        for key, test in tests.items()
        for side in ("greater", "less")
    }
    rows = [
        _null_row(*key, test, settings.alpha)
        | {"r > 0, FDR": int(sided[*key, "greater"].sum()), "r < 0, FDR": int(sided[*key, "less"].sum())}
        for key, test in tests.items()
    ]
    return Section(
        "nulls",
        "Is it more than chance, and which chance?",
        f"Units with p ≤ {settings.alpha:g}, two-sided, without correction and corrected for the number of units; "
        "last, one-sided for positive and for negative r. Tuning mismatch compares the mean responses to the actions "
        "of units that are tuned in both modes with those of pairs of different tuned units: the test to trust. Unit "
        "mismatch compares r of each unit with pairs of any different units; where many carry nothing, it calls others "
        "by luck. Action relabelling compares with renamed actions, row (the paper's own) and sequence with other "
        "pairings of those. Only the first question is that of a mirror unit. The second is passed by any two "
        "unrelated populations that are tuned to the same actions, so passing it is no evidence for mirror units.",
        pd.DataFrame(rows).sort_values("question", kind="stable", ignore_index=True) if rows else None,
        "" if rows else "no null can give a small enough p here.",
        tuple(notes),
        {"tests": tests, "sided": sided},
    )


def _null_row(null: str, centring: str, test: NullTest, alpha: float) -> dict[str, object]:
    passed = {name: test.significant(alpha, name) for name in CORRECTIONS}
    labels = {"none": "uncorrected", "bh": "FDR (BH)", "bonferroni": "Bonferroni", "max-t": "max-T"}
    return {
        "question": SHORT_QUESTION[NULLS[null].question == SAME_CODE],
        "null": null,
        "r": centring,
        "tested": int(np.isfinite(test.p).sum()),
        **{labels[name]: int(units.sum()) for name, units in passed.items()},
    }


def headline(recordings: Recordings, settings: Settings) -> Section:
    """Return shares of units and extreme r, beside what units make that are paired with other units at random."""
    r = {
        name: unit_correlation(recordings.perform, recordings.observe, centre_timesteps=centre)
        for name, centre in CENTRINGS.items()
    }
    reason = impossible("unit-mismatch", recordings, settings)
    mismatched = {} if reason else {name: run_null(recordings, settings, "unit-mismatch", name).null for name in r}
    found = {name: shares(values) for name, values in r.items()}
    notes = [f"Unit mismatch: skipped, {reason}"] if reason else []
    if n := found["timestep-centred"].n_excluded:
        every = f"every {recordings.of_row} of a mode"
        notes.append(f"Timestep-centred r leaves {counted(n, 'unit')} out: the same in {every}.")
    by_chance = {name: _shares_of_draws(draws) for name, draws in mismatched.items()}
    p = {name: _p(r[name], draws) for name, draws in by_chance.items()}
    rows = [
        {
            "quantity": what.label,
            "r": name,
            "value": what.of_r(values),
            **({"unit mismatch": by_chance[name][what.name].mean(), "p": p[name][what.name]} if mismatched else {}),
        }
        for what in HEADLINE
        for name, values in r.items()
    ]
    of = "sequences" if recordings.trials is None else "mean responses to conditions"
    return Section(
        "headline",
        "How many units respond alike in both modes?",
        "r is the correlation of a unit's activation while performing with its activation while observing, over all "
        f"{of} and timesteps. Timestep-centred: the mean over {of} is removed from each timestep first, and with it "
        f"what all {of} have in common. Unit mismatch: the mean when each unit performing is paired with another unit "
        "observing; p: how often that gives as much (for the smallest r: as little).",
        pd.DataFrame(rows),
        notes=tuple(notes),
        found={"r": r, "shares": found, "mismatched": mismatched, "p": p},
    )


def _shares_of_draws(draws: np.ndarray) -> dict[str, np.ndarray]:
    """Return each quantity for each draw of mismatched units."""
    found = [shares(draw, STRONG_THRESHOLD, MODERATE_THRESHOLD) for draw in draws]
    return {what.name: np.array([getattr(one, what.name) for one in found]) for what in HEADLINE}


def _p(r: np.ndarray, draws: dict[str, np.ndarray]) -> dict[str, float]:
    """Return one-sided p of each quantity: as large, and for the smallest r as small."""
    return {
        what.name: float(share_beyond(np.array([what.sign * what.of_r(r)]), what.sign * draws[what.name][:, None])[0])
        for what in HEADLINE
    }
