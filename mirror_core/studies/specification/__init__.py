"""Does a result depend on the choices? What a table of a random sweep says about each of them.

The sampling unit is the trained network, one row of the table. Choices are drawn independently of each other, so that
the networks that share a value are a fair sample of all others: differences between them are the choice's own effect.
"""

from mirror_core.studies.specification.choices import Choice, choices_of, random_sweep, value_text
from mirror_core.studies.specification.curve import N_PLACES, presence, ranked
from mirror_core.studies.specification.effects import compare_levels, explained, holm, level_means
from mirror_core.studies.specification.matching import HEADLINES, Target, scores, targets

__all__ = [
    "HEADLINES",
    "N_PLACES",
    "Choice",
    "Target",
    "choices_of",
    "compare_levels",
    "explained",
    "holm",
    "level_means",
    "presence",
    "random_sweep",
    "ranked",
    "scores",
    "targets",
    "value_text",
]
