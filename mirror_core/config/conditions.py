"""The readings of the protocol and the conditions of the paper, each a small declared change to one configuration.

A *reading* says how the paper's Methods are understood; a *condition* is the main experiment or one of its
controls, or the sceptic's. Every condition exists under every reading: `configure` applies both to a base
configuration, and `passes` lists what a training step then does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mirror_core.checks import one_of
from mirror_core.config.settings import Config


@dataclass(frozen=True)
class Variant:
    """A named change to a configuration, and what it means in one sentence."""

    changes: Mapping[str, Any]
    meaning: str


READINGS: dict[str, Variant] = {
    "as-written": Variant(
        {},
        "A perform pass and an observe pass of the same episodes, each read by its own head.",
    ),
    "self-observation": Variant(
        {"joint_pass": True},
        "Those two, plus a pass in which action and sensation drive the core together, read by both heads.",
    ),
    "dual-readout": Variant(
        {"dual_readout": True},
        "A perform pass and an observe pass, each read by both heads.",
    ),
}

CONTROLS: dict[str, Variant] = {
    "shared": Variant({}, "The main experiment: one core, both objectives."),
    "separate-cores": Variant(
        {"shared_core": False, "shared_heads": False},
        "Two cores of equal capacity, each trained only with its own mode's loss, through heads of its own; the "
        "embedding "
        "of actions and the projection of sensations stay common.",
    ),
    "separate-cores-shared-heads": Variant(
        {"shared_core": False},
        "Two cores of equal capacity that share the heads, where a head reads more than one mode.",
    ),
    "forward-only": Variant({"infer_weight": 0.0}, "The inverse objective (sensations → actions) is dropped."),
    "inverse-only": Variant({"predict_weight": 0.0}, "The forward objective (actions → sensations) is dropped."),
    "shuffled-labels": Variant({"shuffled_labels": True}, "The inverse objective learns permuted action labels."),
    "mispaired": Variant(
        {"paired": False},
        "The forward objective is asked about some episodes, the inverse objective about other, unrelated ones.",
    ),
    "random-dynamics": Variant({"informative": False}, "Training sensations carry no information about the actions."),
    "untrained": Variant({"trained": "nothing"}, "The network as initialised."),
    "frozen-core": Variant({"trained": "all-but-core"}, "A random core; inputs and heads learn."),
}
"""The main experiment and its controls."""

CONDITIONS: dict[str, Variant] = CONTROLS | {
    "vision": Variant(
        {"curriculum": "vision-first"},
        "The core first learns only to predict the next sensation, and stays so; then the embedding of actions and the "
        "heads learn.",
    ),
}
"""Those, and what only a page of its own asks about: `vision`, of the sceptic, in a world with habits, since there is
nothing to foresee where actions are independent."""


def configure(base: Config, reading: str = "as-written", condition: str = "shared") -> Config:
    """Return `base` under a reading and a condition.

    Raises
    ------
    OptionError
        For an unknown reading or condition, with the nearest names.

    Examples
    --------
    >>> configure(Config(), "self-observation", "forward-only").objective.infer_weight
    0.0
    """
    one_of("reading", reading, READINGS)
    one_of("condition", condition, CONDITIONS)
    return base.change(**READINGS[reading].changes).change(**CONDITIONS[condition].changes)
