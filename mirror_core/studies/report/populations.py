"""What the population carries across modes: the action, and the geometry."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.analysis import (
    CLASSES,
    DECODERS,
    RecordingError,
    alignment_index,
    ccgp,
    cka_test,
    congruence,
    cross_decoding,
)
from mirror_core.analysis.decoding import recalls
from mirror_core.analysis.linear_classifiers import by_modes
from mirror_core.analysis.permutations import all_or_random_permutations, n_orders, repaired_sums
from mirror_core.analysis.significance import share_beyond
from mirror_core.analysis.unpaired import ccgp_of_trials
from mirror_core.recordings.cleaned import LEAST_SEQUENCES, Recordings
from mirror_core.seeding import stream
from mirror_core.studies.measures.decoding import DECODER_NAMES
from mirror_core.studies.report.results import Section, Settings
from mirror_core.studies.report.units import beyond_limit, both_modes, repeated, too_large, too_many_actions, tunings
from mirror_core.studies.wording import counted

MAX_DIMS = 10
"""Dimensions of the compared subspaces (Elsayed et al. 2016); half of the units where there are fewer."""
CKA_DRAWS, CKA_WORK = 500, 1e8
"""Most draws of the CKA null, which goes through all rows for each, and the values that they go through together at
most, unless that leaves fewer than 99."""
MOST_FOLDS = 5
"""Parts into which trials are cut to test a decoder within a mode; fewer where a condition has fewer trials."""
MOST_ACTIONS = 12
"""Most actions for generalisation, which trains a decoder for every pair of them, again for every draw."""

MOST_DRAWS = 99
"""Most draws of its null, for the same reason: a smaller α than one hundredth cannot be reached."""


def need_actions(recordings: Recordings) -> np.ndarray:
    """Return the actions, or say that there are none."""
    if recordings.actions is None:
        raise RecordingError("it needs actions: whole numbers (sequence, time).")
    return recordings.actions


def need_sequences(recordings: Recordings) -> None:
    """Say if there are too few sequences to choose on one half and test on the other, or each mode has its own."""
    if recordings.trials is not None:
        raise RecordingError("it needs the same trials in both modes.")
    n = len(recordings.perform)
    if n < LEAST_SEQUENCES:
        raise RecordingError(f"it needs at least {LEAST_SEQUENCES} sequences, two in each half, and there are {n}.")


def decoding(recordings: Recordings, settings: Settings) -> Section:
    """Decode the action within and across modes, with every linear decoder."""
    if recordings.trials is not None:
        return decoding_of_trials(recordings, settings)
    actions = need_actions(recordings)
    need_sequences(recordings)
    transfers = {
        name: cross_decoding(
            recordings.perform,
            recordings.observe,
            actions,
            stream(settings.seed, f"report/decoding/{name}"),
            name,
            n_permutations=settings.n_permutations,
        )
        for name in DECODERS
    }
    tables = {
        DECODER_NAMES[name]: one.table().rename(columns={"relabelled_p": "p, relabelled"})
        for name, one in transfers.items()
    }
    return Section(
        "decoding",
        "Does a code of the action carry over?",
        "A linear decoder of the action, trained in one mode on half of the sequences and tested on the other half in "
        "both. Ceiling: tested in the mode it was trained in. Chance: always the most frequent action. p: against "
        "labels of other sequences (does it know what is done when?). p, relabelled: among all renamings of the "
        "actions (does each action mean itself?); two unrelated codes pass the first and only by luck the second. "
        "Where actions lie in a circle or in an order, as directions and sizes do, few of all renamings keep the "
        "neighbours together, and p, relabelled is too small.",
        _of_decoders(tables),
        notes=_too_few(recordings.n_actions, "actions", settings.alpha),
        found={
            "accuracy": {DECODER_NAMES[name]: transfer.accuracy for name, transfer in transfers.items()},
            "null": {DECODER_NAMES[name]: transfer.null for name, transfer in transfers.items()},
            "beyond": {DECODER_NAMES[name]: transfer.beyond_ceiling for name, transfer in transfers.items()},
            "chance": next(iter(transfers.values())).chance,
        },
    )


def decoding_of_trials(recordings: Recordings, settings: Settings) -> Section:
    """Decode the condition of single trials within and across modes, whose trials differ in number and order."""
    from sklearn.model_selection import StratifiedKFold  # here: it takes its time to import

    modes = [(_standardised(activity), labels) for activity, labels in both_modes(recordings.trials)]
    least = min(np.unique(labels, return_counts=True)[1].min() for _, labels in modes)
    if least < 2:
        raise RecordingError("it needs at least two trials of each condition in both modes.")
    parts = StratifiedKFold(int(min(MOST_FOLDS, least)), shuffle=True, random_state=settings.seed % 2**32)
    rng = stream(settings.seed, "report/decoding/trials")
    n_actions = recordings.n_actions
    truths = [labels for _, labels in modes]
    tables, accuracy, null, beyond = {}, {}, {}, {}
    for name, decoder in DECODERS.items():
        answers = np.empty((2, 2), dtype=object)
        for i, (x, y) in enumerate(modes):
            trained = decoder(x, y)
            for j, (tested, _) in enumerate(modes):
                answers[i, j] = trained.predict(tested) if i != j else _left_out(decoder, x, y, parts)
        confusion = np.stack(
            [recalls(truths[j], answers[i, j][None], n_actions)[..., 0] for i, j in np.ndindex(2, 2)], 2
        )
        found = np.einsum("aam->m", confusion).reshape(2, 2) / n_actions
        exchanged = np.empty((settings.n_permutations, 2, 2))
        for i, j in np.ndindex(2, 2):
            exchanged[:, i, j] = [
                _balanced(rng.permutation(truths[j]), answers[i, j], n_actions) for _ in range(settings.n_permutations)
            ]
        renamings = all_or_random_permutations(n_actions, settings.n_permutations, rng)
        renamed = repaired_sums(confusion, renamings)
        table = {"accuracy": found, "ceiling": np.diag(found)[None], "chance": 1 / n_actions}
        table["p"] = share_beyond(found.ravel(), exchanged.reshape(-1, 4)).reshape(2, 2)
        table["p, relabelled"] = share_beyond(found.ravel(), renamed / n_actions).reshape(2, 2)
        tables[DECODER_NAMES[name]] = by_modes(table)
        accuracy[DECODER_NAMES[name]], null[DECODER_NAMES[name]] = found, exchanged
        beyond[DECODER_NAMES[name]] = _beyond_ceiling(truths, answers, n_actions)
    return Section(
        "decoding",
        "Does a code of the condition carry over?",
        "A linear decoder of a trial's condition from each unit's mean activity, standardised in each mode by itself. "
        "Accuracy is the mean over conditions, so that frequent ones count no more. Within a mode: trials left out in "
        "turn, of every condition alike; across: trained on all trials of one mode, tested on all of the other. "
        "Ceiling: within the tested mode, with fewer trials to train on. p: against conditions exchanged among trials; "
        "p, relabelled: among all renamings of the conditions.",
        _of_decoders(tables),
        notes=_too_few(n_actions, "conditions", settings.alpha),
        found={"accuracy": accuracy, "null": null, "chance": 1 / n_actions, "beyond": beyond},
    )


def _of_decoders(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of all decoders as one, with their names in front."""
    return pd.concat(tables, names=["decoder"]).reset_index("decoder").reset_index(drop=True)


def _too_few(n: int, what: str, alpha: float) -> tuple[str, ...]:
    """Say if there are so few actions that no p among all of their names can be small enough."""
    if (least := 1 / n_orders(n)) <= alpha:
        return ()
    said = f"With {n} {what} p among relabellings cannot fall below {least:.2g}"
    return (f"{said}: whether it is the same code cannot be tested.",)


def _beyond_ceiling(
    truths: Sequence[np.ndarray], answers: np.ndarray, n_actions: int
) -> tuple[Float[np.ndarray, "train_mode test_mode"], Float[np.ndarray, "train_mode test_mode"]]:
    """Return how far balanced accuracy lies above that within the tested mode, on the same trials, and its standard
    error over these, condition by condition."""
    difference, variance = np.zeros((2, 2)), np.zeros((2, 2))
    for i, j in np.ndindex(2, 2):
        gain = (answers[i, j] == truths[j]).astype(float) - (answers[j, j] == truths[j])
        of_action = [gain[truths[j] == action] for action in range(n_actions)]
        difference[i, j] = np.mean([one.mean() for one in of_action])
        variance[i, j] = np.sum([one.var(ddof=1) / len(one) for one in of_action]) / n_actions**2
    return difference, np.sqrt(variance)


def _left_out(decoder: Callable, rows: np.ndarray, labels: np.ndarray, parts: Any) -> np.ndarray:
    """Return what decoders answer to trials that they were not trained on."""
    answers = np.empty_like(labels)
    for train, test in parts.split(rows, labels):
        answers[test] = decoder(rows[train], labels[train]).predict(rows[test])
    return answers


def _standardised(activity: np.ndarray) -> np.ndarray:
    """Return each trial's mean over time, minus its mean over trials, in standard deviations; 0 where unknown."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a unit that was not there is NaN
        means = np.nanmean(activity, axis=1)
        deviation = means - np.nanmean(means, axis=0)
        spread = np.nanstd(means, axis=0)
    return np.nan_to_num(deviation / np.where(spread > 0, spread, np.nan))


def _balanced(truth: np.ndarray, answers: np.ndarray, n_actions: int) -> float:
    right = np.bincount(truth, answers == truth, n_actions)
    return float((right / np.bincount(truth, minlength=n_actions)).mean())


def congruences(recordings: Recordings, settings: Settings) -> Section:
    """Sort units by how the actions that drive them correspond across modes."""
    actions = need_actions(recordings)
    if not repeated(recordings):
        raise RecordingError("there is one response to each condition: which units respond to it cannot be tested.")
    perform, observe, _ = tunings(recordings, settings)
    both = perform.tuned & observe.tuned
    if not both.any():
        raise RecordingError("no unit is tuned to the actions in both modes.")
    if reason := too_many_actions(recordings, int(both.sum())):
        raise RecordingError(reason)
    found = congruence(
        recordings.perform[..., both],
        recordings.observe[..., both],
        actions,
        settings.n_permutations,
        stream(settings.seed, "report/congruence"),
        least_selectivity=0,
    )
    table = found.shares().iloc[:-1]
    table.insert(1, "units", [int(np.sum(found.kind == name)) for name in table["class"]])
    kind = np.full(len(both), CLASSES[-1], dtype=object)
    kind[both] = found.kind
    notes = []
    if (least := 1 / n_orders(recordings.n_actions)) > settings.alpha:
        notes.append(f"With {recordings.n_actions} actions p cannot fall below {least:.2g}.")
    return Section(
        "congruence",
        "Do units prefer the same actions?",
        "Effective actions of a unit: those that drive it at least half as far above its mean as its best one. "
        "Strictly congruent: the same in both modes; broadly: some in common; incongruent: none. Share: of the units "
        "that are tuned to the actions in both modes; all others have no class. By chance, and p: when the actions of "
        "one mode are renamed.",
        table.rename(columns={"by_chance": "by chance"}),
        notes=tuple(notes),
        found={"kind": kind},
    )


def geometry(recordings: Recordings, settings: Settings) -> Section:
    """Compare the geometry of the two modes: CKA, and alignment of the leading subspaces."""
    if reason := too_large(recordings):
        raise RecordingError(reason)
    n_units = recordings.perform.shape[2]
    rows, notes, found = [], [], {}
    try:
        n_draws = min(settings.n_permutations, CKA_DRAWS, max(99, int(CKA_WORK / recordings.perform.size)))
        if (least := 1 / n_orders(len(recordings.perform))) > settings.alpha:
            rows_of = counted(len(recordings.perform), recordings.of_row)
            raise RecordingError(f"with {rows_of} its p cannot fall below {least:.2g}.")
        cka = cka_test(recordings.perform, recordings.observe, n_draws, stream(settings.seed, "report/cka"))
        found["cka"] = cka
        rows.append(("CKA: distances between rows", cka.value, cka.null.mean(), cka.p, cka.p_less, n_draws))
    except RecordingError as error:
        notes.append(f"CKA was skipped: {error}")
    n_dims, n_draws = min(MAX_DIMS, n_units // 2), max(2, settings.n_permutations)
    too_many = beyond_limit(f"{n_draws} draws of {n_dims} dimensions", 3 * n_draws * n_units * n_dims, "units")
    if n_units < 4:
        notes.append(f"Alignment was skipped: it needs at least 4 units, and there are {n_units}.")
    elif too_many:
        notes.append(f"Alignment was skipped: {too_many}")
    else:
        rng = stream(settings.seed, "report/alignment")
        aligned = alignment_index(
            recordings.perform, recordings.observe, n_dims, n_draws, rng, null="units", standardise=True
        )
        found["alignment"] = aligned
        for label, measure in (
            (f"performing's variance in observing's {n_dims} dimensions", aligned.perform_in_observe),
            (f"observing's variance in performing's {n_dims} dimensions", aligned.observe_in_perform),
        ):
            rows.append((label, measure.value, measure.null.mean(), measure.p, measure.p_less, n_draws))
    if not rows:
        raise RecordingError(" ".join(notes))
    return Section(
        "geometry",
        "Do the two modes use the same dimensions?",
        "CKA is 1 if the modes are rotations of each other and about 0 if unrelated; its null re-pairs "
        f"{recordings.of_row}s, so it asks whether both follow the same "
        "events. Alignment: the variance of one mode that the leading dimensions of the other hold, of the most "
        "possible, each unit in its own standard deviations; its null exchanges units of one mode with units like "
        "them, so it asks whether the same units go together. p: more alike than the null (a smaller angle is more "
        "alike); p, less: less alike.",
        pd.DataFrame(rows, columns=["measure", "value", "null, mean", "p", "p, less", "draws"]),
        notes=tuple(notes),
        found=found,
    )


def generalisation(recordings: Recordings, settings: Settings) -> Section:
    """Measure whether distinctions hold in conditions that a decoder never saw (CCGP)."""
    actions = need_actions(recordings)
    if recordings.trials is None:
        need_sequences(recordings)
    if recordings.n_actions > MOST_ACTIONS:
        raise RecordingError(
            f"it trains a decoder for every pair of actions; {recordings.n_actions} are too many, up to "
            f"{MOST_ACTIONS} are possible."
        )
    # the fewest that can give p = α, up to a number that ends in time: each draw trains every decoder again
    n_draws = min(settings.n_permutations, math.ceil(1 / settings.alpha) - 1, MOST_DRAWS)
    rng = stream(settings.seed, "report/ccgp")
    if recordings.trials is None:
        found = ccgp(recordings.perform, recordings.observe, actions, n_draws, rng)
    else:
        (perform, performed), (observe, observed) = both_modes(recordings.trials)
        found = ccgp_of_trials(perform, observe, performed, observed, n_draws, rng)
    rows = [
        (label, measure.value, measure.null.mean(), measure.p, n_draws)
        for label, measure in (
            ("which of two actions, in the other mode", found.action),
            ("which mode, for an action left out", found.mode),
        )
    ]
    of_trials = " Of single trials, each unit's mean activity; all of them train and all test."
    notes = ()
    if (namings := n_orders(recordings.n_actions)) * settings.alpha < 1:
        notes = (
            f"With {recordings.n_actions} actions unrelated codes in which they differ along one line agree in 1 of "
            f"{namings} namings: p does not rule that out.",
        )
    return Section(
        "generalisation",
        "Do distinctions hold where no decoder was trained?",
        "Accuracy (chance .5) of linear decoders in conditions they never saw (cross-condition generalisation, "
        "Bernardi et al. 2020). The null moves each condition to a random place with the same spread. An action that "
        "generalises over modes is the shared code; a mode that generalises over actions says that acting and "
        f"observing can be told apart.{'' if recordings.trials is None else of_trials}",
        pd.DataFrame(rows, columns=["decoded", "accuracy", "null, mean", "p", "draws"]),
        notes=notes,
        found={"ccgp": found},
    )
