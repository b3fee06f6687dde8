"""A made-up session of a laboratory, whose truth is known: spike trains, and trials that the modes do not share."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.checks import whole

KINDS = ("mirror", "other grips", "burst alone", "performing alone")
"""What a unit is: one tuning to the grips in both modes; another in each; a burst at movement onset, the same for all
grips; tuned when performing and silent but for its baseline when observing."""
GRIPS = ("hook", "lateral", "palm", "power", "precision", "tripod")
BASELINE = (4.0, 15.0)
"""Least and largest baseline of a unit, in spikes a second."""
MODULATION, OBSERVING = 0.6, 0.8
"""Standard deviation over grips of the logarithm of the rate at its height, and its part when observing."""
BURST = 1.2
"""Logarithm of the rate at the height of a burst, over the baseline."""
HEIGHT, WIDTH = 0.25, 0.3
"""When a response is highest, in seconds after movement onset, and the standard deviation of its time course."""
STEP = 0.005
"""Seconds over which a rate is constant."""


@dataclass(frozen=True)
class Session:
    """Spike trains of a session, and its trials."""

    spike_times: list[Float[np.ndarray, " _"]]
    """Of each unit, in seconds from the beginning of the session, ascending."""
    kinds: tuple[str, ...]
    """What each unit is, a name in `KINDS`."""
    trials: pd.DataFrame
    """One row a trial, in order: `start_time`, `stop_time`, `movement_onset` (seconds), `mode` ("execute" or
    "observe") and `grip`."""


def simulate_session(
    rng: np.random.Generator, *, n_execute: int = 60, n_observe: int = 45, n_mirror: int = 8, n_other: int = 8,
    n_burst: int = 4, n_alone: int = 4,
) -> Session:  # fmt: skip
    """Return a session in which some units are mirror units for the grip.

    Spikes are Poisson events whose rate is the baseline times the exponential of the tuning to the grip, which comes
    and goes around movement onset.

    Parameters
    ----------
    rng
        Source of tunings, trials and spikes.
    n_execute, n_observe
        Trials of each mode; every grip in turn, in random order.
    n_mirror, n_other, n_burst, n_alone
        Units of each of `KINDS`.

    Raises
    ------
    OptionError
        For a number below zero, or fewer trials of a mode than grips.

    Examples
    --------
    >>> import numpy as np
    >>> made = simulate_session(np.random.default_rng(0), n_execute=12, n_observe=6)
    >>> len(made.spike_times), made.kinds[0], made.trials["mode"].value_counts().to_dict()
    (24, 'mirror', {'execute': 12, 'observe': 6})
    """
    numbers = {"n_mirror": n_mirror, "n_other": n_other, "n_burst": n_burst, "n_alone": n_alone}
    for name, value in numbers.items():
        whole(name, value, 0)
    for name, value in (("n_execute", n_execute), ("n_observe", n_observe)):
        whole(name, value, len(GRIPS))
    kinds = np.repeat(KINDS, list(numbers.values()))
    tuning = MODULATION * rng.standard_normal((2, len(GRIPS), len(kinds)))
    tuning[1] = OBSERVING * np.where(kinds == "mirror", tuning[0], tuning[1])
    tuning[:, :, kinds == "burst alone"] = BURST
    tuning[1, :, kinds == "performing alone"] = 0
    baseline = rng.uniform(*BASELINE, len(kinds))

    modes = np.repeat(["execute", "observe"], [n_execute, n_observe])
    grips = np.concatenate([rng.permutation(np.arange(n) % len(GRIPS)) for n in (n_execute, n_observe)])
    order = rng.permutation(len(modes))
    modes, grips = modes[order], grips[order]
    lengths = rng.uniform(2.0, 3.5, len(modes))
    starts = np.concatenate([[0], np.cumsum(lengths + 1.0)])[:-1]
    onsets = starts + rng.uniform(0.7, 1.0, len(modes))

    times = np.arange(0, starts[-1] + lengths[-1], STEP)
    trial = np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)
    course = np.exp(-(((times - onsets[trial] - HEIGHT) / WIDTH) ** 2) / 2)
    spikes = []
    for unit, rate in enumerate(baseline):
        response = tuning[(modes == "observe").astype(int)[trial], grips[trial], unit]
        counts = rng.poisson(rate * np.exp(response * course) * STEP)
        within = rng.uniform(0, STEP, counts.sum())
        spikes.append(np.sort(np.repeat(times, counts) + within))
    columns = {"start_time": starts, "stop_time": starts + lengths, "movement_onset": onsets, "mode": modes}
    return Session(spikes, tuple(kinds.tolist()), pd.DataFrame(columns | {"grip": np.array(GRIPS)[grips]}))
