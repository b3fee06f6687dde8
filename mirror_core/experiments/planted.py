"""What a mirror test could have found in a system: the same recordings, with mirror units planted in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from mirror_core.checks import number
from mirror_core.experiments.mirroring import mirroring
from mirror_core.seeding import stream

SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)


def planted(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    share: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "sequence time unit"]:
    """Return the observed activity with mirror units: some units do in it what they do when performing.

    Parameters
    ----------
    share
        Of the units, drawn at random. A planted unit has half the variance of what it does when performing and half of
        noise; its mean and deviation stay those that it has when observing.

    Raises
    ------
    OptionError
        If the share is outside [0, 1].
    """
    number("share", share, 0, 1)
    chosen = rng.choice(perform.shape[2], round(share * perform.shape[2]), replace=False)
    own, shown = perform[..., chosen], observe[..., chosen]
    z = (own - own.mean(axis=(0, 1))) / np.maximum(own.std(axis=(0, 1)), 1e-9)
    made = observe.copy()
    made[..., chosen] = shown.mean(axis=(0, 1)) + shown.std(axis=(0, 1)) * (z + rng.normal(size=z.shape)) / np.sqrt(2)
    return made


def power(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    actions: Int[np.ndarray, "sequence time"],
    seed: int,
    shares: Sequence[float] = SHARES,
    *,
    n_draws: int = 999,
) -> pd.DataFrame:
    """Return what the shared tests find where a share of the units mirrors: a row for each, `planted` and the measures.

    Parameters
    ----------
    perform, observe, actions, n_draws
        See `mirror_core.experiments.mirroring.mirroring`.
    """
    rows = []
    for share in shares:
        made = planted(perform, observe, share, stream(seed, f"planted/{share}"))
        rows.append({"planted": share, **mirroring(perform, made, actions, seed, "planted", n_draws=n_draws)})
    return pd.DataFrame(rows)
