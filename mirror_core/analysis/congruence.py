"""Does a unit prefer the same actions in both modes? The congruence index and the classes of mirror neurons.

Gallese et al. (1996) sorted mirror neurons by how the observed and the executed actions that drive them correspond:
strictly congruent if they are the same, broadly congruent if they overlap, incongruent otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from mirror_core.analysis.correlation import unit_length
from mirror_core.analysis.nulls import null_test
from mirror_core.analysis.permutations import all_or_random_permutations, repaired_sums
from mirror_core.analysis.significance import NullTest, share_beyond
from mirror_core.analysis.tuning import action_means, tuning
from mirror_core.analysis.validation import Recording, checked_actions, checked_pair
from mirror_core.checks import number, whole

Actions = Int[np.ndarray, "sequence time"]

CLASSES = ("strictly congruent", "broadly congruent", "incongruent", "not selective")
"""Effective actions of the two modes: the same, some in common, none in common; or no effective actions in a mode."""


@dataclass(frozen=True)
class Congruence:
    """How the tunings of each unit correspond across modes."""

    test: NullTest
    """The congruence index of each unit (`test.observed`): the correlation over actions of its mean responses when
    performing and when observing, in [−1, 1], with its null of relabelled actions."""
    kind: np.ndarray
    """Class of each unit, a name in `CLASSES`, dimension (unit)."""
    null_counts: Float[np.ndarray, "draw class"]
    """Units in each class when the actions of one mode are relabelled."""

    def shares(self) -> pd.DataFrame:
        """Return, for each class, the share of all units in it, the share by chance and one-sided p for more than that.

        Chance is the mean over relabellings of the actions, which keep what each unit's tunings look like. The
        share of units that are not selective does not depend on labels: its p is 1.
        """
        counts = np.array([np.sum(self.kind == name) for name in CLASSES], dtype=float)
        return pd.DataFrame(
            {
                "class": CLASSES,
                "share": counts / len(self.kind),
                "by_chance": self.null_counts.mean(axis=0) / len(self.kind),
                "p": share_beyond(counts, self.null_counts),
            }
        )


def congruence(
    perform: Recording,
    observe: Recording,
    actions: Actions,
    n_permutations: int,
    rng: np.random.Generator,
    *,
    effective: float = 0.5,
    least_selectivity: float | None = 0.05,
    centre_timesteps: bool = False,
) -> Congruence:
    """Compare each unit's mean responses to the actions across modes.

    The rule for the classes: an action is effective for a unit in a mode if its mean response lies at least
    `effective` of the way from the unit's mean over actions to its largest response. A unit is selective if the
    action explains at least `least_selectivity` of its variance in both modes, or, without such a share, if it is
    tuned to the actions in both by the test of `mirror_core.analysis.tuning.tuning`.

    Parameters
    ----------
    perform, observe
        Activations in the two modes.
    actions
        The action at each timestep.
    n_permutations
        Relabellings of the actions; all of them where there are no more than this.
    rng
        Source of the relabellings.
    effective
        In [0, 1]; with 1 only the preferred action is effective.
    least_selectivity
        In [0, 1], for activations of one kind and timesteps of one length: the share that the action explains
        shrinks with the timestep, since counts of spikes in narrow bins are mostly noise. With None a unit is
        selective if its responses differ between actions more than when labels are exchanged among sequences
        (`n_permutations` times in either mode; false discovery rate .05 over units), each timestep's mean removed.
    centre_timesteps
        See `unit_correlation`.

    Raises
    ------
    RecordingError
        If the arrays cannot be analysed.
    OptionError
        If an option is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from mirror_core.recordings.simulated import simulate_population
    >>> rng = np.random.default_rng(0)
    >>> made = simulate_population(6, rng, planted_share=1, similarity=1, n_units=3, n_sequences=20)
    >>> found = congruence(made.perform, made.observe, made.actions, 20, rng)
    >>> bool((found.test.observed > 0.9).all())
    True
    """
    perform, observe = checked_pair(perform, observe)
    actions = checked_actions(actions, perform.shape)
    whole("n_permutations", n_permutations, 1)
    number("effective", effective, 0, 1)
    if least_selectivity is not None:
        number("least_selectivity", least_selectivity, 0, 1)

    test = null_test(
        perform, observe, "action-relabelling", n_permutations, rng, actions=actions, centre_timesteps=centre_timesteps
    )
    driving = [
        effective_actions(action_means(mode, actions, centre_timesteps=centre_timesteps), effective)
        for mode in (perform, observe)
    ]
    n_effective = np.stack([mode.sum(axis=0) for mode in driving])
    shared = np.einsum("au,bu->abu", *(mode.astype(float) for mode in driving))
    relabellings = all_or_random_permutations(len(shared), n_permutations, rng)
    if least_selectivity is None:
        selective = np.all([tuning(mode, actions, n_permutations, rng).tuned for mode in (perform, observe)], axis=0)
    else:
        explained = [selectivity(mode, actions, centre_timesteps=centre_timesteps) for mode in (perform, observe)]
        selective = np.min(explained, axis=0) >= least_selectivity
    null = _classes(repaired_sums(shared, relabellings), n_effective, selective)
    observed = _classes(np.einsum("aau->u", shared)[None], n_effective, selective)[0]
    counts = np.stack([(null == i).sum(axis=1) for i in range(len(CLASSES))], axis=1).astype(float)
    return Congruence(test, np.array(CLASSES)[observed], counts)


def selectivity(activity: Recording, actions: Actions, *, centre_timesteps: bool = False) -> Float[np.ndarray, " unit"]:
    """Return the share of each unit's variance that the timestep's action explains (η²); 0 for a constant unit."""
    scaled = unit_length(activity, centre_timesteps)
    _, label = np.unique(actions, return_inverse=True)
    explained = action_means(scaled, actions)[label.reshape(actions.shape)]
    return np.nan_to_num((explained**2).sum(axis=(0, 1)))


def effective_actions(tuning: Float[np.ndarray, "action unit"], effective: float) -> Bool[np.ndarray, "action unit"]:
    """Return which actions drive each unit: at least `effective` of the way from its mean to its largest response."""
    deviation = tuning - tuning.mean(axis=0)
    return deviation >= effective * deviation.max(axis=0)


def _classes(
    n_shared: Float[np.ndarray, "draw unit"],
    n_effective: Int[np.ndarray, "2 unit"],
    selective: Bool[np.ndarray, " unit"],
) -> Int[np.ndarray, "draw unit"]:
    """Return the index in `CLASSES` of each unit, from how many effective actions its two modes share."""
    strict = (n_shared == n_effective[0]) & (n_shared == n_effective[1])
    return np.select([~selective[None] & np.ones_like(strict), strict, n_shared > 0], [3, 0, 1], default=2)
