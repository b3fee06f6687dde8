"""What a null is: the contract of the family, and the test that every member goes through.

Two questions, two families. *Do the two modes follow the same events?* is asked by breaking the pairing of rows or
sequences; any two populations tuned to the same actions pass. *Is it the same code in the same unit?*, the claim
of a mirror unit, is asked by breaking which unit, or which action, goes with which.

A null is one file beside this one: a function from a `Request` to `Draws`, and its `register(Null(...))`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mirror_core.analysis.correlation import unit_length
from mirror_core.analysis.significance import ALTERNATIVES, NullTest, permutation_p, pooled_p
from mirror_core.analysis.validation import Recording, checked_actions, checked_pair
from mirror_core.checks import OptionError, one_of, whole

SAME_EVENTS = "Do the two modes follow the same events?"
SAME_CODE = "Is it the same code in the same unit?"


@dataclass(frozen=True)
class Request:
    """What a null is given."""

    perform: Recording
    observe: Recording
    n_draws: int
    rng: np.random.Generator
    actions: Int[np.ndarray, "sequence time"] | None
    pseudo: Iterable[Recording] | None
    centre_timesteps: bool

    @cached_property
    def x(self) -> Recording:
        """Performing, the squares of each unit summing to one."""
        return unit_length(self.perform, self.centre_timesteps)

    @cached_property
    def y(self) -> Recording:
        """Observing, the squares of each unit summing to one."""
        return unit_length(self.observe, self.centre_timesteps)

    @cached_property
    def r(self) -> Float[np.ndarray, " unit"]:
        """The observed r."""
        return np.einsum("ntu,ntu->u", self.x, self.y)


@dataclass(frozen=True)
class Draws:
    """What a null makes of a request."""

    observed: Float[np.ndarray, " unit"]
    null: Float[np.ndarray, "draw unit"]
    pool: Float[np.ndarray, " value"] | None = None
    """Values that every unit is compared with; where there are none, each unit is compared with its own draws."""

    def test(self, null: str, alternative: str) -> NullTest:
        """Return p of every unit."""
        pooled = self.pool is not None
        p = (
            pooled_p(self.observed, self.pool, alternative)
            if pooled
            else permutation_p(self.observed, self.null, alternative)
        )
        return NullTest(null, alternative, self.observed, self.null, p, pooled)


@dataclass(frozen=True)
class Size:
    """How much of everything a pair of recordings has."""

    sequences: int
    timesteps: int
    units: int
    actions: int
    """Different actions; 0 where they are not known."""


@dataclass(frozen=True)
class Null:
    """A null distribution: the question it answers, what it keeps of the recordings and what it breaks."""

    name: str
    question: str
    """`SAME_EVENTS` or `SAME_CODE`."""
    keeps: str
    breaks: str
    draw: Callable[[Request], Draws]
    arrangements: Callable[[Size], int]
    """How many different arrangements there are, the observed one among them: with few, p cannot be small."""
    of: Callable[[Size], str]
    """What that number comes from, such as "6 actions"; "" where there are always enough."""
    needs: tuple[str, ...] = ()
    """Arguments of `null_test` that it cannot do without."""
    draws_all: bool = False
    """Whether p is formed from all arrangements, whatever the number of draws."""
    centred: bool = True
    """Whether it is worth asking of timestep-centred r too."""

    def answer(self, asked: Request) -> Draws:
        """Draw what is asked for, or say what it lacks."""
        for argument in self.needs:
            if getattr(asked, argument) is None:
                raise OptionError(f"the {self.name} null needs {argument}{ARGUMENTS[argument]}.")
        return self.draw(asked)

    def smallest_p(self, size: Size, n_draws: int) -> float:
        """Return the smallest p that it can give: 1 over the number of different arrangements, drawn or in all."""
        there = self.arrangements(size)
        return 1 / (there if self.draws_all else min(there, 1 + n_draws))

    def limits(self, size: Size, n_draws: int) -> str:
        """Say what its smallest p comes from."""
        return " and ".join(filter(None, [self.of(size), "" if self.draws_all else f"{n_draws} draws"]))


NULLS: dict[str, Null] = {}
"""All nulls by name, in the order in which they are shown. `tuning-mismatch` is the test to trust for a mirror unit."""


def register(null: Null) -> None:
    """Add a null to the family.

    Raises
    ------
    OptionError
        If one of that name is there already, or a part is missing.
    """
    missing = [part.name for part in fields(Null) if part.default is MISSING and not getattr(null, part.name)]
    if missing:
        raise OptionError(f"null {null.name!r} lacks {', '.join(missing)}.")
    if null.name in NULLS:
        raise OptionError(f"null {null.name!r} is registered already.")
    one_of("question", null.question, (SAME_EVENTS, SAME_CODE))
    NULLS[null.name] = null


ARGUMENTS = {"actions": "", "pseudo": ": recordings of observing freshly generated episodes"}
"""What a null may need, and what is to be said of it in an error."""


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
    asked = Request(perform, observe, n_permutations, rng, actions, pseudo, centre_timesteps)
    return NULLS[null].answer(asked).test(null, alternative)
