"""A made-up session of a laboratory, whose truth is known: spike trains, and trials that the modes do not share."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.checks import whole

KINDS = ("mirror", "other grips", "burst alone", "performing alone")
"""What a unit is: one tuning to the grips in both modes; another in each (of directions: "other directions"); a burst
at movement onset, the same for all grips; tuned when performing and silent but for its baseline when observing."""
WAVES = 2
"""Of a tuning to direction: sines and cosines that repeat up to so often in a turn."""
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
    "observe") and `grip`, or `direction` in degrees."""


def simulate_session(
    rng: np.random.Generator, *, n_execute: int = 60, n_observe: int = 45, n_mirror: int = 8, n_other: int = 8,
    n_burst: int = 4, n_alone: int = 4, directions: bool = False,
) -> Session:  # fmt: skip
    """Return a session in which some units are mirror units for the grip, or for the direction.

    Spikes are Poisson events whose rate is the baseline times the exponential of the tuning, which comes and goes
    around movement onset.

    Parameters
    ----------
    rng
        Source of tunings, trials and spikes.
    n_execute, n_observe
        Trials of each mode; every grip in turn, in random order.
    n_mirror, n_other, n_burst, n_alone
        Units of each of `KINDS`.
    directions
        Whether each trial has a direction of its own, anywhere in a circle, instead of one of six grips.

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
    # the weights of all waves together vary as much, at any direction, as the response to a grip
    n_weights, size = (2 * WAVES, MODULATION / np.sqrt(WAVES)) if directions else (len(GRIPS), MODULATION)
    tuning = size * rng.standard_normal((2, n_weights, len(kinds)))
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
    observing = (modes == "observe").astype(int)
    if directions:
        angles = rng.uniform(0, 360, len(modes))
        turns = np.deg2rad(angles)[:, None] * np.arange(1, WAVES + 1)
        responses = np.einsum("tw,twu->tu", np.hstack([np.cos(turns), np.sin(turns)]), tuning[observing])
        responses[:, kinds == "burst alone"] = BURST
        kinds = np.where(kinds == "other grips", "other directions", kinds)
    else:
        responses = tuning[observing, grips]
    spikes = []
    for unit, rate in enumerate(baseline):
        response = responses[trial, unit]
        counts = rng.poisson(rate * np.exp(response * course) * STEP)
        within = rng.uniform(0, STEP, counts.sum())
        spikes.append(np.sort(np.repeat(times, counts) + within))
    columns = {"start_time": starts, "stop_time": starts + lengths, "movement_onset": onsets, "mode": modes}
    condition = {"direction": angles} if directions else {"grip": np.array(GRIPS)[grips]}
    return Session(spikes, tuple(kinds.tolist()), pd.DataFrame(columns | condition))
