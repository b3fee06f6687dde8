"""What the specification curve answers, each computed once: what matches the paper, and what each choice does."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from mirror_core.seeding import stream
from mirror_core.studies.specification.choices import Choice
from mirror_core.studies.specification.effects_of_settings import compare_levels, explained, holm, level_means
from mirror_core.studies.specification.matching import Target, scores, targets
from mirror_core.studies.specification.table import Specification

OUTCOMES = ("strong_raw", "strong_passing_raw")
"""What is compared between levels: the share with r > .75, and the share that also passes tuning mismatch."""
N_NEAREST = 5
"""Networks that are shown as the nearest to the paper's numbers."""


@dataclass
class Answers:
    """Everything that the page says, each computed once."""

    of: Specification
    """The networks."""
    seed: int
    """Of the resampling behind the intervals."""
    n_draws: int
    """Its number of resamples."""

    @cached_property
    def targets(self) -> dict[str, dict[str, Target]]:
        """Where the headline numbers have to lie, by reading and column."""
        return {reading: targets(under(reading, self.of.paper)) for reading in self.of.readings}

    @cached_property
    def scores(self) -> pd.DataFrame:
        """How far each network with a shared core is from the paper's numbers."""
        return scores(self.of.shared, self.targets)

    @property
    def matching(self) -> pd.Series:
        """Whether a network matches all four numbers."""
        return self.scores["all"] <= 1

    @property
    def nearest(self) -> list[int]:
        """The networks nearest to a match, the nearest first."""
        return list(self.scores["all"].sort_values(kind="stable").index[:N_NEAREST])

    @cached_property
    def means(self) -> dict[str, pd.DataFrame]:
        """Mean of each outcome at each level of each choice, by reading; the core's from the sample that draws it."""
        return {
            outcome: pd.concat([self._means(outcome, reading) for reading in self.of.readings], ignore_index=True)
            for outcome in OUTCOMES
        }

    def _means(self, outcome: str, reading: str) -> pd.DataFrame:
        parts = []
        for table, choices, wanted in self._samples(reading):
            rng = stream(self.seed, f"level means/{wanted[0]}/{outcome}/{reading}")
            means = level_means(table, choices, outcome, rng, n_draws=self.n_draws)
            parts.append(means[means.choice.isin(wanted)])
        return pd.concat(parts).assign(reading=reading)

    def _samples(self, reading: str) -> list[tuple[pd.DataFrame, Sequence[Choice], list[str]]]:
        """Return both random samples, what each draws, and the choices that are judged by it."""
        gru = under(reading, self.of.gru), self.of.choices, [choice.name for choice in self.of.choices]
        return [gru, (under(reading, self.of.cores), self.of.core_choices, ["core"])]

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Whether each choice moves the share with r > .75: `reading`, `choice`, `p`, and `holm`, corrected for all."""
        parts = []
        for reading in self.of.readings:
            for table, choices, wanted in self._samples(reading):
                tested = compare_levels(table, choices, OUTCOMES[0])
                parts.append(tested[tested.choice.isin(wanted)].assign(reading=reading))
        found = pd.concat(parts, ignore_index=True)
        return found.assign(holm=holm(found.p))

    @cached_property
    def variance(self) -> dict[str, float]:
        """Share of the variance between GRUs explained by the reading, and by all choices under each reading."""
        reading = Choice("reading", self.of.readings, values=self.of.readings)
        return {"reading": explained(self.of.gru, [reading], OUTCOMES[0])} | {
            name: explained(under(name, self.of.gru), self.of.choices, OUTCOMES[0]) for name in self.of.readings
        }


def under(reading: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one reading."""
    return table[table.reading == reading]
