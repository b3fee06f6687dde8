"""Linear decoders of the action, trained in one mode and tested in both (the paper, *Cross-condition decoding*)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mirror_core.analysis.linear_classifiers import DECODERS, by_modes, standardisation
from mirror_core.analysis.permutations import (
    all_or_random_permutations,
    random_permutations,
    repaired_sums,
    rows_at_once,
)
from mirror_core.analysis.selection import split_half
from mirror_core.analysis.significance import TIE
from mirror_core.analysis.validation import checked_actions, checked_pair
from mirror_core.checks import one_of, whole


@dataclass(frozen=True)
class Transfer:
    """How well decoders of the action work within and across modes; modes in the order perform, observe."""

    accuracy: Float[np.ndarray, "train_mode test_mode"]
    """Share of correct timesteps. The diagonal is the within-mode ceiling: an estimate from as many timesteps, so that
    noise alone can put a transfer above it. See `beyond_ceiling`."""
    chance: float
    """Accuracy of always naming the most frequent action."""
    null: Float[np.ndarray, "draw train_mode test_mode"]
    """Accuracy against labels whose sequences are permuted."""
    p: Float[np.ndarray, "train_mode test_mode"]
    """One-sided p of `accuracy` in `null`: does the decoder know anything about what is done when?"""
    relabelled_p: Float[np.ndarray, "train_mode test_mode"]
    """One-sided p of `balanced` among relabellings of the actions: does each action mean itself? Two unrelated codes
    send each action of one mode to some action of the other, and now and then to the right one; only this p knows. It
    holds its level with 3 to 9 actions of which the most frequent is up to six times as frequent as the least."""
    balanced: Float[np.ndarray, "train_mode test_mode"]
    """Balanced accuracy, the mean over actions of the share of an action's timesteps that are decoded. Where actions
    are unequally frequent, a decoder that knows nothing and names the frequent one has a larger `accuracy` than under
    most relabellings, but the same balanced one under all; where they are equally frequent, the two are one."""
    of_sequence: Float[np.ndarray, "train_mode test_mode sequence"]
    """Share of correct timesteps of each sequence, by the decoder that was not trained on it."""

    @property
    def beyond_ceiling(
        self,
    ) -> tuple[Float[np.ndarray, "train_mode test_mode"], Float[np.ndarray, "train_mode test_mode"]]:
        """How far `accuracy` lies above the ceiling of the trained mode, and the standard error of that over sequences.

        It is that of these decoders: how they would differ had other sequences trained them is not in it. Both are
        measured on the same sequences, so that this is less than their two errors suggest; 0 on the diagonal.
        """
        difference = self.of_sequence - self.of_sequence[np.arange(2), np.arange(2)][:, None]
        return difference.mean(axis=2), difference.std(axis=2, ddof=1) / np.sqrt(difference.shape[2])

    def table(self) -> pd.DataFrame:
        """Return one row for each pair of modes, the within-mode ceiling of the trained mode beside it."""
        ceiling = np.diag(self.accuracy)[:, None]
        found = {"accuracy": self.accuracy, "ceiling": ceiling, "chance": self.chance}
        return by_modes(found | {"p": self.p, "relabelled_p": self.relabelled_p})


def cross_decoding(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    actions: Int[np.ndarray, "sequence time"],
    rng: np.random.Generator,
    decoder: str = "logistic",
    *,
    n_permutations: int = 1000,
) -> Transfer:
    """Train a linear decoder of the action on one mode and test it on both.

    The sequences are split into two random halves; a decoder is trained on one and tested on the other, in every
    combination of modes, and the halves then change places, so that no episode is trained and tested on, not even
    in different modes. Units are standardised by the training mode's mean and standard deviation in either mode.

    The null permutes which sequence of labels the decoder's answers are compared with, within the tested half: it
    keeps the answers, the order of timesteps and how often each action occurs, whatever the classifier.

    Parameters
    ----------
    perform, observe
        Activations in the two modes.
    actions
        The action at each timestep.
    rng
        Source of the halves and of the permutations.
    decoder
        A name in `DECODERS`.
    n_permutations
        Draws of each null.

    Raises
    ------
    RecordingError
        If the arrays do not fit together, or there are fewer than four sequences.
    OptionError
        For an unknown decoder or fewer than one permutation.

    Examples
    --------
    >>> import numpy as np
    >>> from mirror_core.recordings.simulated import simulate_population
    >>> rng = np.random.default_rng(0)
    >>> made = simulate_population(3, rng, planted_share=1, similarity=1, n_units=9, n_sequences=20)
    >>> found = cross_decoding(made.perform, made.observe, made.actions, rng, "ridge", n_permutations=9)
    >>> bool(found.accuracy.min() > 0.9)
    True
    """

    modes = checked_pair(perform, observe, min_sequences=4)
    actions = checked_actions(actions, modes[0].shape)
    one_of("decoder", decoder, DECODERS)
    whole("n_permutations", n_permutations, 1)
    halves = split_half(len(actions), rng)

    answers = np.empty((2, 2, *actions.shape), dtype=actions.dtype)
    for train, test in (halves, halves[::-1]):
        for i, trained_on in enumerate(modes):
            rows = _rows(trained_on[train])
            standardised = standardisation(rows)
            model = DECODERS[decoder](standardised(rows), actions[train].ravel())
            for j, tested_on in enumerate(modes):
                answers[i, j, test] = model.predict(standardised(_rows(tested_on[test]))).reshape(actions[test].shape)

    correct = answers == actions
    accuracy = np.mean(correct, axis=(2, 3))
    null = _against_other_sequences(answers, actions, halves, n_permutations, rng)
    balanced, relabelled = _against_other_labels(answers, actions, n_permutations, rng)
    chance = float(np.unique(actions, return_counts=True)[1].max() / actions.size)
    return Transfer(
        accuracy,
        chance,
        null,
        _p_above(accuracy, null),
        _p_above(balanced, relabelled),
        balanced,
        correct.mean(axis=3),
    )


Answers = Int[np.ndarray, "2 2 sequence time"]
Accuracies = Float[np.ndarray, "draw 2 2"]


def _against_other_sequences(
    answers: Answers, actions: Int[np.ndarray, "sequence time"], halves: tuple, n_draws: int, rng: np.random.Generator
) -> Accuracies:
    """Return accuracies after permuting the sequences of labels within each tested half."""
    correct = np.zeros((n_draws, 4))
    names = np.unique(actions)
    for half in halves:
        labels = (actions[half, :, None] == names).reshape(len(half), -1).astype(float)
        answered = (answers.reshape(4, *actions.shape)[:, half, :, None] == names).reshape(4, len(half), -1)
        exchanges = random_permutations(len(half), n_draws, rng)
        for rows in rows_at_once(len(half), len(answered)):
            agreement = np.stack([one[rows].astype(float) @ labels.T for one in answered], axis=2)
            correct += repaired_sums(agreement, exchanges[:, rows])
    return correct.reshape(-1, 2, 2) / actions.size


def _against_other_labels(
    answers: Answers, actions: Int[np.ndarray, "sequence time"], n_draws: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "2 2"], Accuracies]:
    """Return balanced accuracies, as the actions are named and after permuting their names."""
    names = np.unique(actions)  # no decoder gives any other answer
    recall = recalls(
        np.searchsorted(names, actions.ravel()), np.searchsorted(names, answers.reshape(4, -1)), len(names)
    )
    table = recall / len(names)
    permuted = repaired_sums(table, all_or_random_permutations(len(names), n_draws, rng))
    return np.einsum("aam->m", table).reshape(2, 2), permuted.reshape(-1, 2, 2)


def recalls(
    done: Int[np.ndarray, " row"], answered: Int[np.ndarray, "decoder row"], n_actions: int
) -> Float[np.ndarray, "action action decoder"]:
    """Return how often each action, done, is answered by each."""
    n = len(answered)
    cells = (done * n_actions + answered) * n + np.arange(n)[:, None]
    table = np.bincount(cells.ravel(), minlength=n * n_actions**2).astype(float).reshape(n_actions, n_actions, n)
    return table / table.sum(axis=1, keepdims=True)


def _p_above(accuracy: Float[np.ndarray, "2 2"], null: Accuracies) -> Float[np.ndarray, "2 2"]:
    return (1 + np.sum(null >= accuracy - TIE, axis=0)) / (1 + len(null))


def _rows(activity: Float[np.ndarray, "sequence time unit"]) -> Float[np.ndarray, "row unit"]:
    return activity.reshape(-1, activity.shape[-1])
