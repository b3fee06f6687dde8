"""Units of several animals: whom a unit may be exchanged with, and what is said with the animal as the sampling unit.

The rules, written before any number was seen. A group of units by one of the names in `SAMPLED` says which animal a
unit is of; the first of them with two or more members counts. There, a unit is exchanged with units of its
own animal only: what all units of an animal have in common, such as a response to reward or to its own movement, would
else make each unit more alike itself than units of others are. A unit that is alone in its animal has nobody to be
exchanged with and is left out; where that is so of every animal, all are exchanged with all, and the report says so.
Whether it holds over animals is asked of one number an animal, the mean of its units minus the mean when these are
exchanged: by flips of its sign (`mirror_core.analysis.sign_flips`), all of them where there are few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from mirror_core.analysis.inference import Interval, mean_interval
from mirror_core.analysis.sign_flips import sign_flip_p
from mirror_core.recordings.cleaned import Recordings
from mirror_core.recordings.trials import Trials

SAMPLED = ("animal", "subject", "participant", "patient", "monkey", "mouse", "rat", "session")
"""Names of groups, in lower case and perhaps with "_id", whose members are samples: units of one have more in common
than units of two."""


@dataclass(frozen=True)
class Animals:
    """Which animal each unit is of."""

    kind: str
    """What they are called, a name in `SAMPLED`."""
    of_unit: Shaped[np.ndarray, " unit"]
    """Label of each unit's animal; "" where it is not known."""

    @property
    def names(self) -> list[str]:
        """The different animals, in ascending order."""
        return np.unique(self.of_unit[self.of_unit != ""]).tolist()

    def exchangeable(self, there: Bool[np.ndarray, " unit"]) -> Bool[np.ndarray, " unit"]:
        """Return which of the units that are there have another one of the same animal."""
        own = np.where(there, self.of_unit, "")
        _, index, count = np.unique(own, return_inverse=True, return_counts=True)
        return (own != "") & (count[index] > 1)


@dataclass(frozen=True)
class OverAnimals:
    """One number an animal, and what they say of animals."""

    quantity: str
    """What was measured of every unit."""
    names: tuple[str, ...]
    gain: Float[np.ndarray, " animal"]
    """Mean of the animal's units minus their mean when they are exchanged."""
    p_of_each: Float[np.ndarray, " animal"]
    """p of each animal alone, over exchanges of its units."""

    @property
    def interval(self) -> Interval:
        """Mean over animals and its Student-t interval."""
        return mean_interval(self.gain)

    @property
    def p(self) -> float:
        """One-sided p over flips of the animals' signs."""
        return sign_flip_p(self.gain)

    @property
    def smallest_p(self) -> float:
        """The smallest p that so many animals can give."""
        return sign_flip_p(np.ones(len(self.gain)))


def animals_of(recordings: Recordings | Trials) -> Animals | None:
    """Return which animal each unit is of; None where that is not known, or there is one."""
    named = {name.strip().lower().removesuffix("id").rstrip("_ "): name for name in recordings.groups}
    for kind in SAMPLED:
        if kind in named:
            found = Animals(kind, np.asarray(recordings.groups[named[kind]]))
            if len(found.names) > 1:
                return found
    return None
