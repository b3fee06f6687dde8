"""Conditions that are numbers, such as angles: cut into bins where tests need classes, and kept as numbers beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mirror_core.arrays import MODES
from mirror_core.checks import OptionError, unknown
from mirror_core.recordings.containers import LARGE
from mirror_core.recordings.layout import BINS, Layout
from mirror_core.recordings.sessions import Session

MISSING = ("", "nan", "NaN", "NA")
"""How a table says that there is no number."""
IN_A_BIN = 2
"""Trials of a mode that a bin must have: noise is told from how they differ."""
TURNS, PART = 2.0, 0.1
"""Turns that a circular condition may span at most, and at least: others are in another unit than its length."""
FEW = 12
"""Different numbers that may be names of conditions, however seldom they recur."""


def cut(sessions: Sequence[Session], layout: Layout) -> list[Session]:
    """Return sessions whose continuous condition has become bins, with its numbers beside them.

    Bins are equally full over all trials of both modes in all sessions; what is at an edge is in the bin
    above. A bin of which a mode has fewer than two trials is left out, with a note.

    Raises
    ------
    OptionError
        If the condition does not hold numbers or hardly any, does not vary in a mode, or the layout's `bins` or
        `circular` do not fit them.
    """
    if len(layout.condition) > 1:
        raise OptionError(
            f"continuous is not allowed with {len(layout.condition)} conditions ({', '.join(layout.condition)}): it "
            "takes one."
        )
    (name,) = layout.condition
    numbers = [_numbers(name, one, layout.circular) for one in sessions]
    every = np.concatenate(numbers)
    of_mode = {mode: there & np.isfinite(every) for mode, there in _modes(sessions, layout).items()}
    used, least = every[np.any(list(of_mode.values()), axis=0)], IN_A_BIN * (2 if layout.halves else 1)
    n_bins = _fitting(name, every, of_mode, used, least, layout)
    edges = np.quantile(used, np.arange(1, n_bins) / n_bins)
    of_bin = np.searchsorted(edges, every, side="right")
    counts = np.stack([np.bincount(of_bin[there], minlength=n_bins) for there in of_mode.values()])
    ends = [*((0.0,) if layout.circular else (used.min(),)), *edges, layout.circular or used.max()]
    digits = 4 + max(0, int(np.log10(np.abs(used).max() / np.ptp(used))))  # far from 0, edges differ in later ones
    labels = np.array(
        [f"bin {k + 1:0{len(str(n_bins))}d} ({ends[k]:.{digits}g} to {ends[k + 1]:.{digits}g})" for k in range(n_bins)]
    )
    each = ", ".join(
        f"{few}–{many} {mode}" for mode, few, many in zip(of_mode, counts.min(1), counts.max(1), strict=True)
    )
    turn = f", an angle that begins again after {layout.circular:g}," if layout.circular else ""
    notes = [
        f"{name}{turn} was cut into {n_bins} equally full bins at "
        f"{', '.join(f'{edge:.{digits}g}' for edge in edges)}: they are the conditions (trials a bin: {each})."
    ]
    lost = (counts < least).any(axis=0)
    if (~lost).sum() < 2:
        raise OptionError(
            f"condition = {name!r} is not allowed with continuous: {(~lost).sum()} bin(s) of {n_bins} have at "
            f"least {least} trials of each mode, and two are needed; do the modes have the same numbers?"
        )
    if lost.any():
        notes.append(f"{', '.join(labels[lost])} left out: a mode has fewer than {least} trials there.")
    made, start = [], 0
    for one, own in zip(sessions, numbers, strict=True):
        bins = of_bin[start : start + len(own)]
        start += len(own)
        column = np.where(np.isfinite(own) & ~lost[bins.clip(max=n_bins - 1)], labels[bins.clip(max=n_bins - 1)], "")
        trials = one.trials | {name: column}
        made.append(replace(one, trials=trials, numbers=own, notes=(*one.notes, *notes)))
    return made


def check_names(session: Session, layout: Layout) -> None:
    """Refuse numbers that hardly recur as names of conditions: nothing would be left.

    Raises
    ------
    OptionError
        If a condition has more than `FEW` different numbers, and fewer than half of the trials have one that the other
        mode has as well (that occurs twice, where one mode is halved).
    """
    if len(layout.condition) != 1 or layout.condition[0] not in session.trials:
        return
    (name,) = layout.condition
    column = session.trials[name]
    try:
        different = len(np.unique(column[~np.isin(column, MISSING)].astype(float)))
    except ValueError:
        return
    modes = [column[there & (column != "")] for there in _modes([session], layout).values()]
    if len(modes) == 2:
        recurs = np.concatenate([np.isin(modes[0], modes[1]), np.isin(modes[1], modes[0])])
    else:
        _, which, counts = np.unique(modes[0], return_inverse=True, return_counts=True)
        recurs = counts[which] > 1
    if different > FEW and recurs.sum() < len(recurs) / 2:
        raise OptionError(
            f"condition = {name!r} has {different} different numbers in {len(column)} trials, which hardly recur as "
            "names of conditions must: continuous (--continuous) takes them as numbers."
        )


def _modes(sessions: Sequence[Session], layout: Layout) -> dict[str, np.ndarray]:
    """Return which trials are of each mode; of a mode that is halved, or is not known, all."""
    every = np.ones(sum(len(one.data) for one in sessions), bool)
    if layout.halves or not all(layout.mode in one.trials for one in sessions):
        return {"in both halves": every}
    mode = np.concatenate([one.trials[layout.mode] for one in sessions])
    found = {name.removesuffix("e") + "ing": mode == getattr(layout, name) for name in MODES}
    return found if all(there.any() for there in found.values()) else {"in all": every}


def _numbers(name: str, session: Session, period: float | None) -> np.ndarray:
    """Return a column as floats, NaN where it has none; of angles from 0 to the period."""
    if name not in session.trials:
        raise unknown("column of the trials", name, session.trials)
    column = session.trials[name]
    missing = np.isin(column, MISSING)
    found = np.full(len(column), np.nan)
    for i in np.flatnonzero(~missing):
        try:
            found[i] = float(column[i])
        except ValueError:
            found[i] = np.inf
        if not np.isfinite(found[i]):
            raise OptionError(
                f"condition = {name!r} is not allowed with continuous: it has {str(column[i])!r}, and must hold finite "
                "numbers, or nothing."
            )
    if missing.all():
        raise OptionError(
            f"condition = {name!r} is not allowed with continuous: none of {len(column)} trial(s) has a number."
        )
    low, high = np.nanmin(found), np.nanmax(found)
    if max(-low, high) > LARGE or 0 < high - low < 1 / LARGE:
        raise OptionError(
            f"condition = {name!r} is not allowed with continuous: it goes from {low:g} to {high:g}, and must be at "
            f"most {LARGE:g} in size and span {1 / LARGE:g}: write it in another unit."
        )
    if period is None:
        return found
    if not PART * period <= high - low <= TURNS * period:
        raise OptionError(
            f"circular = {period:g} is not allowed: {name} goes from {low:g} to {high:g}, and must span from "
            f"{PART:g} to {TURNS:g} turns; a turn is 360 in degrees, {2 * np.pi:.4f} in radians."
        )
    return found % period


def _fitting(
    name: str, every: np.ndarray, of_mode: dict[str, np.ndarray], used: np.ndarray, least: int, layout: Layout
) -> int:
    """Return the number of bins, if trials and numbers of each mode are enough for it, `least` trials a bin."""
    bins = layout.bins or BINS
    said = f"bins = {bins}{'' if layout.bins else ' (the default)'} is not allowed"
    for mode, there in sorted(of_mode.items(), key=lambda one: one[1].sum()):  # that with fewest trials allows least
        n, different = int(there.sum()), len(np.unique(every[there]))
        if n < 2 * least:
            raise OptionError(
                f"condition = {name!r} is not allowed with continuous: it has a number in {n} trial(s) {mode}, and "
                f"at least {2 * least} are needed."
            )
        if different == 1:
            raise OptionError(
                f"condition = {name!r} is not allowed with continuous: it is {every[there][0]:g} in all {n} trials "
                f"{mode}, and must vary."
            )
        if different < bins:
            raise OptionError(
                f"{said}: {name} has {different} different numbers {mode}, and bins must be from 2 to {different}; or "
                "leave continuous out, and each number is a condition."
            )
        if n < least * bins:
            raise OptionError(
                f"{said}: {name} has a number in {n} trials {mode}, and with at least {least} trials a bin it must be "
                f"from 2 to {n // least}."
            )
    if not _separate(used, bins):
        most = next((k for k in range(bins - 1, 1, -1) if _separate(used, k)), 0)
        allowed = f"it must be from 2 to {most}" if most else "leave continuous out, and each number is a condition"
        raise OptionError(f"{said}: some numbers of {name} recur too often for equally full bins: {allowed}.")
    return bins


def _separate(values: np.ndarray, n: int) -> bool:
    """Return whether values can be cut into n bins none of which is empty."""
    edges = np.quantile(values, np.arange(1, n) / n)
    return len(np.unique(np.searchsorted(edges, values, side="right"))) == n
