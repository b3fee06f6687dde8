"""The contract of a measure: one number of a network, what it is called and how it is written, said once.

A family of measures is a file of this folder that registers its members (see `register`) and is listed in the folder's
`__init__`. Claims, sweeps, pages, the report and the specification ask for a measure by its name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mirror_core.checks import OptionError, one_of, whole
from mirror_core.config.paper import Reported

SHARE = (0.0, 1.0)
"""Range of a share of units, an accuracy or a p."""
CORRELATION = (-1.0, 1.0)
"""Range of a correlation, or of a difference of shares."""
COUNT = (0.0, np.inf)
"""Range of a number of units."""
ANY = (-np.inf, np.inf)

NEEDS = ("actions", "losses", "network")
"""What a measure may need beside the two recordings: the actions, the losses of the training, the network itself."""


@dataclass(frozen=True)
class Measure:
    """One number of a network."""

    name: str
    """Its name in `claims.yml`, and in columns of tables."""
    label: str
    """What it is, as tables and figures say it."""
    limits: tuple[float, float]
    """Least and largest possible value."""
    null: str
    """What the null that it is compared with keeps at random, in a few words."""
    digits: int = 2
    """Decimals in a table."""
    sign: int = 1
    """1 where more of it than its null gives ties the modes together, −1 where less does."""
    needs: tuple[str, ...] = ()
    """Of `NEEDS`."""
    reported: Reported | None = None
    """What the paper reports for it, if anything."""
    of_r: Callable[[Float[np.ndarray, " unit"]], float] | None = None
    """The number from r of every unit (NaN where r is not defined), for a measure that is a function of these alone."""


MEASURES: dict[str, Measure] = {}
"""Every measure by its name, in the order in which they were registered."""


def register(measure: Measure) -> Measure:
    """Add a measure to `MEASURES`, and return it.

    Raises
    ------
    OptionError
        If its name is taken, or a part is missing or impossible.
    """
    kind = f"measure {measure.name!r}"
    if measure.name in MEASURES:
        raise OptionError(f"{kind} is registered already.")
    for part in ("name", "label", "null"):
        if not getattr(measure, part):
            raise OptionError(f"{kind} has no {part}.")
    if not measure.limits[0] < measure.limits[1]:
        raise OptionError(f"{kind} has no limits: {measure.limits!r} must be its least and its largest possible value.")
    if measure.sign not in (1, -1):
        raise OptionError(f"{kind} has no sign: it must be 1 or -1, not {measure.sign!r}.")
    whole(f"digits of {kind}", measure.digits, 0)
    for need in measure.needs:
        one_of(f"need of {kind}", need, NEEDS)
    MEASURES[measure.name] = measure
    return measure


def measure_named(name: str) -> Measure:
    """Return a measure by its name.

    Raises
    ------
    OptionError
        For an unknown name, with the nearest ones.
    """
    one_of("measure", name, MEASURES)
    return MEASURES[name]
