"""Does a distinction learned in some conditions hold in others? Cross-condition generalisation (Bernardi et al. 2020).

A condition is an action in a mode. A variable is in an abstract format if a linear decoder of it, trained on some
conditions, also works on conditions that it never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

from mirror_core.analysis.correlation import unit_length
from mirror_core.analysis.geometry import Measure
from mirror_core.analysis.linear_classifiers import DECODERS
from mirror_core.analysis.selection import split_half
from mirror_core.analysis.validation import Recording, RecordingError, checked_actions, checked_pair
from mirror_core.checks import one_of, whole


@dataclass(frozen=True)
class Cloud:
    """The rows of one condition, those to train on and those to test on."""

    train: Float[np.ndarray, "train_row unit"]
    test: Float[np.ndarray, "test_row unit"]


@dataclass(frozen=True)
class Generalisation:
    """Accuracy (chance .5) of decoders in conditions that they were not trained on."""

    action: Measure
    """Which of two actions: trained in one mode, tested in the other; mean over pairs of actions and both ways."""
    mode: Measure
    """Performing or observing: trained on all actions but one, tested on that one; mean over actions."""


def ccgp(
    perform: Recording,
    observe: Recording,
    actions: Int[np.ndarray, "sequence time"],
    n_draws: int,
    rng: np.random.Generator,
    *,
    decoder: str = "logistic",
) -> Generalisation:
    """Return the cross-condition generalisation performance of the action across modes, and of the mode across actions.

    Decoders are trained on a random half of the sequences and tested on the other. The null keeps every condition's
    cloud of rows but gives each a random permutation of the units: conditions stay as separable, in random places.

    Units are standardised once, over both modes: by what a pair of actions in one mode leaves of its variance, a unit
    that does not tell them apart would have a huge offset in the other mode.

    Parameters
    ----------
    perform, observe
        Activations in the two modes.
    actions
        The action at each timestep.
    n_draws
        Random geometries of the null; each trains every decoder again.
    rng
        Source of the halves and the random geometries.
    decoder
        A name in `mirror_core.analysis.DECODERS`.

    Raises
    ------
    RecordingError
        If the arrays cannot be analysed, or there are fewer than four sequences.
    OptionError
        For an unknown decoder or fewer than one draw.
    """
    perform, observe = checked_pair(perform, observe, min_sequences=4)
    actions = checked_actions(actions, perform.shape)
    one_of("decoder", decoder, DECODERS)
    whole("n_draws", n_draws, 1)

    train, test = split_half(len(actions), rng)
    together = unit_length(np.concatenate([perform, observe])) * np.sqrt(2 * actions.size)
    clouds = [
        [Cloud(mode[train][actions[train] == a], mode[test][actions[test] == a]) for a in np.unique(actions)]
        for mode in np.split(np.nan_to_num(together), 2)
    ]
    if min(len(rows) for mode in clouds for cloud in mode for rows in (cloud.train, cloud.test)) == 0:
        raise RecordingError("an action does not occur in both halves of the sequences: more of them are needed.")
    value = _scores(clouds, decoder)
    null = np.array([_scores(random_geometry(clouds, rng), decoder) for _ in range(n_draws)])
    return Generalisation(Measure(value[0], null[:, 0]), Measure(value[1], null[:, 1]))


def random_geometry(clouds: list[list[Cloud]], rng: np.random.Generator) -> list[list[Cloud]]:
    """Return the clouds of all modes and actions, the units of each permuted in its own way."""
    moved = []
    for mode in clouds:
        orders = [rng.permutation(cloud.train.shape[1]) for cloud in mode]
        moved.append([Cloud(c.train[:, order], c.test[:, order]) for c, order in zip(mode, orders, strict=True)])
    return moved


def _scores(clouds: list[list[Cloud]], decoder: str) -> tuple[float, float]:
    """Return mean accuracies for the action across modes, and for the mode across actions."""
    n_actions = range(len(clouds[0]))
    by_action = [
        _accuracy([[trained[a]], [trained[b]]], [[tested[a]], [tested[b]]], decoder)
        for a, b in combinations(n_actions, 2)
        for trained, tested in (clouds, clouds[::-1])
    ]
    by_mode = [
        _accuracy([mode[:out] + mode[out + 1 :] for mode in clouds], [[mode[out]] for mode in clouds], decoder)
        for out in n_actions
    ]
    return float(np.mean(by_action)), float(np.mean(by_mode))


def _accuracy(trained: Sequence[list[Cloud]], tested: Sequence[list[Cloud]], decoder: str) -> float:
    """Train a decoder between two classes, each some conditions, and test it on others, classes counting equally."""
    rows = np.concatenate([cloud.train for conditions in trained for cloud in conditions])
    counts = [sum(len(cloud.train) for cloud in conditions) for conditions in trained]
    model = DECODERS[decoder](rows, np.repeat([0, 1], counts))
    right = ([model.predict(cloud.test) == label for cloud in conditions] for label, conditions in enumerate(tested))
    return float(np.mean([np.mean(np.concatenate(one)) for one in right]))
