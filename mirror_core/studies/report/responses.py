"""What noise lets one see: reliability, and the population before its units."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Shaped

from mirror_core.analysis import RecordingError
from mirror_core.analysis.correlation import unit_by_unit
from mirror_core.analysis.nulls.tuning_mismatch import corrected_correlation
from mirror_core.analysis.permutations import random_permutations, units_alike
from mirror_core.analysis.significance import share_beyond
from mirror_core.analysis.tuning import Tuning, tuning_length
from mirror_core.arrays import CENTRINGS, MODES
from mirror_core.recordings.cleaned import Recordings
from mirror_core.seeding import stream
from mirror_core.studies.report.animals import Animals, OverAnimals, animals_of
from mirror_core.studies.report.populations import need_actions
from mirror_core.studies.report.results import Section, Settings
from mirror_core.studies.report.units import repeated, too_large, tunings
from mirror_core.studies.wording import part_of

ALIKE = 10
"""Units of like selectivity among which partners are exchanged."""


def need_repeats(recordings: Recordings, settings: Settings) -> tuple[Tuning, Tuning]:
    """Return the tunings, or say why noise cannot be told from them."""
    need_actions(recordings)
    if not repeated(recordings):
        raise RecordingError("there is one response to each condition: what of it is noise cannot be told.")
    return tunings(recordings, settings)[:2]


def reliability(recordings: Recordings, settings: Settings) -> Section:
    """Say how reliable each unit's mean responses are, and how many units respond to the actions at all."""
    modes = need_repeats(recordings, settings)
    both = np.logical_and(*(one.tuned for one in modes))
    rows = []
    for name, one in zip(MODES, modes, strict=True):
        quartiles = np.quantile(one.reliability, [0.25, 0.5, 0.75])
        rows.append((name, int(one.tuned.sum()), *quartiles))
    table = pd.DataFrame(rows, columns=["mode", "tuned units", "reliability, quarter", "median", "three quarters"])
    lengths = [tuning_length(one.means) for one in modes]
    raw, corrected = np.einsum("au,au->u", *lengths), np.diag(corrected_correlation(*modes))
    notes = [f"{part_of(int(both.sum()), recordings.n_recorded, 'unit', 'is', 'are')} tuned in both modes."]
    if both.sum() > 1:
        notes.append(
            f"Of these, the mean correlation of the two tunings is {np.mean(raw[both]):.2f} as it is and "
            f"{np.mean(corrected[both]):.2f} corrected for noise."
        )
    return Section(
        "reliability",
        "How much of the responses is not noise?",
        "Reliability: the share of the variation of a unit's mean responses to the actions that is not noise of the "
        "means, from how trials or sequences differ; it is what two halves with as many trials each would correlate. "
        "Tuned: responds differently to different actions, labels exchanged among trials, false discovery rate .05.",
        table,
        notes=tuple(notes),
        found={"tunings": modes, "both": both, "r": raw, "corrected": corrected},
    )


def population(recordings: Recordings, settings: Settings) -> Section:
    """Ask whether the same unit is more alike across modes than units exchanged among those of like selectivity."""
    if reason := too_large(recordings):
        raise RecordingError(reason)
    matrices = {
        f"r, {name}": unit_by_unit(recordings.perform, recordings.observe, centre) for name, centre in CENTRINGS.items()
    }
    strength, known = np.ones(len(recordings.units)), repeated(recordings)
    if known:
        modes = tunings(recordings, settings)[:2]
        strength = np.prod([one.reliability for one in modes], axis=0)
        if recordings.n_actions > 2:
            x, y = (np.nan_to_num(tuning_length(one.means)) for one in modes)
            matrices["correlation of tunings"] = x.T @ y
    animals, notes = animals_of(recordings), []
    if animals is not None and not animals.exchangeable(np.ones(len(strength), bool)).any():
        notes.append(
            f"Each {animals.kind} has one unit: they are exchanged across these, so that a difference between them may "
            "pass for units that are alike."
        )
        animals = None
    rows, found = [], {}
    for name, r in matrices.items():
        kept = np.isfinite(np.diag(r))
        if animals is not None:
            kept = animals.exchangeable(kept)
        if kept.sum() < 2:
            continue
        rng = stream(settings.seed, f"report/population/{name}")
        of = None if animals is None else animals.of_unit[kept]
        null = exchanged_means(r[np.ix_(kept, kept)], strength[kept], settings.n_permutations, rng, of)
        found[name] = _compared(np.diag(r)[kept], null)
        rows.append((name, *found[name], int(kept.sum())))
        decisive = (name, r, kept)
    if not rows:
        raise RecordingError("it needs at least two units.")
    table = pd.DataFrame(rows, columns=["quantity", "same unit", "exchanged", "p", "units"])
    among = f"groups of about {ALIKE} of like reliability" if known else "all units"
    over = None
    if animals is not None:
        among += f", of one {animals.kind} each time"
        if left := len(animals.of_unit) - int(decisive[2].sum()):
            notes.append(
                f"{left} of {len(animals.of_unit)} units left out: no other unit of their {animals.kind} is there."
            )
        over, table = _over_animals(animals, *decisive, strength, table, settings)
        notes += [] if over is None else [_over_said(over, animals.kind)]
    return Section(
        "population",
        "Is the same unit more alike than other units, on average?",
        f"The mean over units, and what it is when partners are exchanged among {among}; p: how often an exchange "
        "gives as much. It can answer where no single unit can.",
        table,
        notes=tuple(notes),
        found={"means": found, "animals": over, "kind": None if animals is None else animals.kind},
    )


def _compared(same: Float[np.ndarray, " unit"], null: Float[np.ndarray, " draw"]) -> tuple[float, float, float]:
    """Return the mean of units, the mean when they are exchanged, and p."""
    value = float(same.mean())
    return value, float(null.mean()), float(share_beyond(np.array([value]), null[:, None])[0])


def _over_animals(
    animals: Animals,
    quantity: str,
    r: Float[np.ndarray, "unit unit"],
    kept: Bool[np.ndarray, " unit"],
    strength: Float[np.ndarray, " unit"],
    table: pd.DataFrame,
    settings: Settings,
) -> tuple[OverAnimals | None, pd.DataFrame]:
    """Return what the animals say, one by one and together, and the table with a row for each of them."""
    rows, gain = [], []
    names = np.unique(animals.of_unit[kept]).tolist()
    for name in names:
        own = kept & (animals.of_unit == name)
        rng = stream(settings.seed, f"report/population/{quantity}/{name}")
        null = exchanged_means(r[np.ix_(own, own)], strength[own], settings.n_permutations, rng)
        value, exchanged, p = _compared(np.diag(r)[own], null)
        rows.append((f"{quantity}, {name}", value, exchanged, p, int(own.sum())))
        gain.append(value - exchanged)
    table = pd.concat([table, pd.DataFrame(rows, columns=table.columns)], ignore_index=True)
    if len(names) < 2:
        return None, table
    p_of_each = np.array([row[3] for row in rows])
    return OverAnimals(quantity, tuple(names), np.array(gain), p_of_each), table


def _over_said(over: OverAnimals, kind: str) -> str:
    """Say what follows with the animal as the sampling unit."""
    mean, low, high = over.interval
    said = (
        f"With the {kind} as the sampling unit, {over.quantity} of the same unit exceeds that of exchanged ones by "
        f"{mean:.2f} (95 % interval {low:.2f} to {high:.2f}, n = {len(over.names)}); p = {over.p:.3g} over flips of "
        "its sign"
    )
    if over.p <= over.smallest_p:
        said += ", the smallest that so many can give"
    return f"{said}."


def exchanged_means(
    r: Float[np.ndarray, "unit unit"],
    strength: Float[np.ndarray, " unit"],
    n_draws: int,
    rng: np.random.Generator,
    animals: Shaped[np.ndarray, " unit"] | None = None,
) -> Float[np.ndarray, " draw"]:
    """Return the mean of r(i, π(i)) for permutations π among units that are next to each other in strength.

    Where units are of several animals, among those of one.
    """
    sums = np.zeros(n_draws)
    for part in units_alike(strength, ALIKE, animals):
        sums += r[part, part[random_permutations(len(part), n_draws, rng)]].sum(axis=1)
    return sums / len(r)
