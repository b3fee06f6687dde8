"""Does a result depend on the choices? What a table of a random sweep says about each of them.

The sampling unit is the trained network, one row of the table. Choices are drawn independently of each other, so that
the networks that share a value are a fair sample of all others: differences between them are the choice's own effect.
"""

from mirror_core.specification.choices import Choice, choices_of, random_sweep, value_text
from mirror_core.specification.effects import Effect, explained, level_means, test_choices
from mirror_core.specification.matching import HEADLINES, Target, scores, targets

__all__ = [
    "HEADLINES",
    "Choice",
    "Effect",
    "Target",
    "choices_of",
    "explained",
    "level_means",
    "random_sweep",
    "scores",
    "targets",
    "test_choices",
    "value_text",
]
