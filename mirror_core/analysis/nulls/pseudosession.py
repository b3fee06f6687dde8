"""Observing freshly generated episodes: the best null where the experimenter owns the generator (Harris 2020)."""

from __future__ import annotations

import sys
from itertools import islice

import numpy as np

from mirror_core.analysis.correlation import unit_length
from mirror_core.analysis.nulls.base import SAME_EVENTS, Draws, Null, Request, register
from mirror_core.analysis.validation import checked_pair
from mirror_core.checks import OptionError


def pseudosession(asked: Request) -> Draws:
    """Pair performing with observing freshly generated episodes."""
    null = []
    for recording in islice(asked.pseudo, asked.n_draws):
        _, fresh = checked_pair(asked.perform, recording)
        null.append(np.einsum("ntu,ntu->u", asked.x, unit_length(fresh, asked.centre_timesteps)))
    if len(null) < asked.n_draws:
        raise OptionError(f"n_permutations = {asked.n_draws} is not allowed with {len(null)} pseudo recordings.")
    return Draws(asked.r, np.stack(null))


register(
    Null(
        "pseudosession",
        SAME_EVENTS,
        keeps="everything about how episodes are made and how the network observes them (Harris 2020)",
        breaks="that the observed episodes are the performed ones",
        draw=pseudosession,
        arrangements=lambda size: sys.maxsize,  # as many as are generated
        of=lambda size: "",
        needs=("pseudo",),
    )
)
