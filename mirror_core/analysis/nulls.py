"""What r would be without what is claimed: five null distributions behind one function.

Two questions, two families. *Do the two modes follow the same events?* is asked by breaking the pairing of rows or
sequences; any two populations tuned to the same actions pass. *Is it the same code in the same unit?*, the claim
of a mirror unit, is asked by breaking which unit, or which action, goes with which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int

from mirror_core.analysis.null_draws import (
    Draws,
    Recording,
    Request,
    action_relabelling,
    pseudosession,
    row,
    sequence,
    unit_mismatch,
)
from mirror_core.analysis.significance import ALTERNATIVES, NullTest, permutation_p, pooled_p
from mirror_core.analysis.validation import checked_actions, checked_pair
from mirror_core.checks import one_of, whole

SAME_EVENTS = "Do the two modes follow the same events?"
SAME_CODE = "Is it the same code in the same unit?"


@dataclass(frozen=True)
class Null:
    """A null distribution: the question it answers, what it keeps of the recordings and what it breaks."""

    question: str
    keeps: str
    breaks: str
    draw: Callable[[Request], Draws]


NULLS: dict[str, Null] = {
    "row": Null(
        SAME_EVENTS,
        keeps="every activation of every unit",
        breaks="which rows go together across modes, the order of timesteps and which rows are one sequence",
        draw=row,
    ),
    "sequence": Null(
        SAME_EVENTS,
        keeps="the time course of every sequence in each mode, and what all sequences share at a timestep",
        breaks="which sequence of one mode goes with which of the other",
        draw=sequence,
    ),
    "pseudosession": Null(
        SAME_EVENTS,
        keeps="everything about how episodes are made and how the network observes them (Harris 2020)",
        breaks="that the observed episodes are the performed ones",
        draw=pseudosession,
    ),
    "unit-mismatch": Null(
        SAME_CODE,
        keeps="the episodes, and how all units respond to them in each mode",
        breaks="which unit of one mode goes with which of the other",
        draw=unit_mismatch,
    ),
    "action-relabelling": Null(
        SAME_CODE,
        keeps="how strongly each unit distinguishes the actions in each mode",
        breaks="which action of one mode goes with which of the other",
        draw=action_relabelling,
    ),
}
"""All nulls by name. `unit-mismatch` is the test to trust for a mirror unit."""


def nulls_table() -> pd.DataFrame:
    """Return one row for each null: its name, question, what it keeps and what it breaks."""
    rows = [(name, null.question, null.keeps, null.breaks) for name, null in NULLS.items()]
    return pd.DataFrame(rows, columns=["null", "question", "keeps", "breaks"])


def null_test(
    perform: Recording,
    observe: Recording,
    null: str,
    n_permutations: int,
    rng: np.random.Generator,
    *,
    actions: Int[np.ndarray, "sequence time"] | None = None,
    pseudo: Iterable[Recording] | None = None,
    alternative: str = "two-sided",
    centre_timesteps: bool = False,
    progress: bool = False,
) -> NullTest:
    """Test every unit against a null distribution.

    The statistic is r (see `unit_correlation`), but for action relabelling, which tests the correlation of the
    unit's mean responses to the K actions across modes: K! relabellings are all there are, so with K = 3 no unit
    can reach p ≤ .05, and with K = 2 the statistic is always ±1.

    Parameters
    ----------
    perform, observe
        Activations in the two modes.
    null
        A name in `NULLS`, which says what it asks, keeps and breaks.
    n_permutations
        Number of draws. p is at least 1 / (1 + draws), so Bonferroni's correction for U units passes a unit at
        level α only if n_permutations ≥ U / α − 1. Unit mismatch forms p from all pairs of different units, and
        uses its draws for the max-T correction only; action relabelling enumerates all relabellings where there
        are no more than this.
    rng
        Source of the permutations.
    actions
        The action at each timestep; needed by action relabelling.
    pseudo
        Recordings of the network observing freshly generated episodes, of the same shape as `observe`; needed by
        the pseudosession null. A generator is read no further than `n_permutations`.
    alternative
        "two-sided"; "greater" asks for mirror units alone, and finds more of them; "less" for anti-mirror units.
    centre_timesteps
        See `unit_correlation`.
    progress
        Show a progress bar where draws are made one by one.

    Raises
    ------
    RecordingError
        If the arrays cannot be analysed.
    OptionError
        For an unknown null or alternative (with the nearest names), fewer than one permutation, or a missing argument.
    """
    one_of("null", null, NULLS)
    one_of("alternative", alternative, ALTERNATIVES)
    whole("n_permutations", n_permutations, 1)
    perform, observe = checked_pair(perform, observe)
    if actions is not None:
        actions = checked_actions(actions, perform.shape)
    asked = Request(perform, observe, n_permutations, rng, actions, pseudo, centre_timesteps, progress)
    drawn = NULLS[null].draw(asked)
    pooled = drawn.pool is not None
    if pooled:
        p = pooled_p(drawn.observed, drawn.pool, alternative)
    else:
        p = permutation_p(drawn.observed, drawn.null, alternative)
    return NullTest(null, alternative, drawn.observed, drawn.null, p, pooled)
