"""Two agents that are paid for poking within a time window: does a unit code the partner as it codes its own agent?

The source (Jiang et al. 2025, doi 10.1126/science.adw8151) trained mice, and pairs of artificial agents, in a task in
which both are paid only if both poke within a short time. They learn to wait for each other, activity comes to carry
information about the partner, and in the agents, silencing the units that carry it lowers cooperation. Whether such
units are mirror units the source does not ask. We do.

The world is `cooperation_world`, the agents are `recurrent_agents`, two separate networks, and how they learn is
`recurrent_ppo`: a million timesteps alone, in which a poke is paid by itself, then two million together.
`cooperation_recordings` has them play and records their units; this module has the conditions and what is measured. Two
things are smaller or other than in the source: the room, and that an agent sees where its cells lie from itself, not
where everything is.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mirror_core.analysis import unit_correlation
from mirror_core.experiments import recurrent_ppo as ppo
from mirror_core.experiments.base import Experiment, Learner, measure_each, register, register_measures
from mirror_core.experiments.cooperation_recordings import Played, balanced, paired, play
from mirror_core.experiments.cooperation_world import COOPERATION, FROZEN, MISS, WAITS
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mirroring
from mirror_core.experiments.recurrent_agents import Pair, new_pair
from mirror_core.seeding import stream
from mirror_core.studies.measures.base import ANY, CORRELATION, COUNT, SHARE

NAME = "cooperation"

CONDITIONS = {
    "together": "paid for poking within the window, after having learned alone",
    "alone": "paid for any poke: the first half of learning only",
    "partner never seen": "as together, but the two never see each other in the second half",
    "untrained": "random weights",
}


@dataclass(frozen=True)
class Sizes:
    """How much is learned and measured."""

    n_units: int = 128
    """Hidden units of an agent."""
    steps_alone: int = 1_000_000
    steps_together: int = 2_000_000
    rate_alone: float = 2e-3
    """Of Adam, at the start."""
    rate_together: float = 1.5e-3
    learning: ppo.Settings = field(default_factory=ppo.Settings)
    n_played: int = 128
    """Episodes from which behaviour is measured."""
    n_lesioned: int = 96
    """Episodes that are played with each set of units silenced."""
    n_matched: int = 5
    """Sets of matched units."""
    n_sequences: int = 64
    """Streams of moves that are done and shown."""
    n_steps: int = 60
    """Timesteps of each."""
    n_fillings: int = 8
    """Unrelated streams that fill the other half of what an agent sees, over which activity is averaged."""
    n_draws: int = N_DRAWS


FULL = Sizes()
SILENCED = 5
"""A lesion silences one unit in so many, in both agents."""
FAR, NEAR = 2, 1
"""A partner is far if more steps than this from its poke cell, and near if at most so many."""

_UNTRAINED = "untrained pairs"
LESIONS = {
    "partner_lesion_success": ("success lost with the units that follow the partner", CORRELATION, 2),
    "partner_lesion_paid": ("paid cooperations lost with those", ANY, 1),
    "partner_lesion_alone": ("paid pokes alone lost with those", ANY, 1),
    "mirror_lesion_success": ("success lost with the units of the largest r", CORRELATION, 2),
}
"""Measure of what silencing costs more than with matched units → label, limits, decimals."""
MEASURES = {
    "cooperation_success": ("share of attempts that are answered in time", SHARE, _UNTRAINED, 2),
    "cooperations_paid": ("paid cooperations in an episode", COUNT, _UNTRAINED, 1),
    "pokes_alone": ("paid pokes in an episode alone", COUNT, _UNTRAINED, 1),
    "waiting": ("probability of not poking, beside the cell: partner far minus near", CORRELATION, _UNTRAINED, 2),
    "partner_unique": ("share of a unit's variance that follows the partner alone", SHARE, _UNTRAINED, 2),
} | {
    name: (f"{label}, minus with matched units", limits, "matched units", digits)
    for name, (label, limits, digits) in LESIONS.items()
}
"""Measure → label, limits, null, decimals."""


def success(played: Played) -> float:
    """Return the share of attempts to cooperate that succeeded, whether paid or not; NaN where there was none."""
    won, lost = (played.together == COOPERATION).sum(), (played.together == MISS).sum()
    return float(won / (won + lost)) if won + lost else np.nan


def paid_in_an_episode(played: Played) -> float:
    """Return how often an agent was paid for a poke in an episode."""
    return float(played.paid.sum(axis=0).mean())


def waiting(played: Played) -> float:
    """Return how much more probable it is, beside the poke cell, not to enter it while the partner is far than near.

    Only timesteps count in which no water waits for either and neither stands still. NaN where there are none.
    """
    busy = (played.states[..., WAITS] + played.states[..., FROZEN]).swapaxes(1, 2)[:-1] > 0
    own, other = played.distance[:-1], played.distance[:-1, ::-1]
    beside, stayed = (own == 1) & ~busy & ~busy[:, ::-1], played.distance[1:] > 0
    far, near = (stayed[beside & where] for where in (other > FAR, other <= NEAR))
    return float(far.mean() - near.mean()) if len(far) and len(near) else np.nan


def matched(chosen: np.ndarray, typical: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return as many other units, each one of the four most like a chosen one in mean and deviation of activity."""
    z = (typical - typical.mean(axis=0)) / (typical.std(axis=0) + 1e-9)
    free, found = np.setdiff1d(np.arange(len(typical)), chosen), []
    for unit in rng.permutation(chosen):
        near = np.argsort(((z[free] - z[unit]) ** 2).sum(axis=1), kind="stable")[:4]
        at = rng.choice(near)
        found.append(free[at])
        free = np.delete(free, at)
    return np.array(found)


def lesion_costs(
    pair: Pair, chosen: list[np.ndarray], typical: list[np.ndarray], seed: int, name: str, sizes: Sizes
) -> np.ndarray:
    """Return what it costs to silence the chosen units of both agents, minus the mean cost of matched ones.

    Of success, paid cooperations, and paid pokes alone; always in the same worlds and with the same random numbers.
    """

    def score(silenced: list[np.ndarray]) -> np.ndarray:
        kept = np.ones((2, len(typical[0])), np.float32)
        for k, units in enumerate(silenced):
            kept[k, units] = 0
        both = play(pair, sizes.n_lesioned, stream(seed, f"{NAME}/lesioned"), kept=kept)
        alone = play(pair, sizes.n_lesioned, stream(seed, f"{NAME}/lesioned alone"), alone=True, kept=kept)
        return np.array([success(both), paid_in_an_episode(both), paid_in_an_episode(alone)])

    rng = stream(seed, f"{NAME}/matched to {name}")
    others = [score([matched(*one, rng) for one in zip(chosen, typical, strict=True)]) for _ in range(sizes.n_matched)]
    return np.mean(others, axis=0) - score(chosen)


def largest(values: np.ndarray) -> np.ndarray:
    """Return the units with the largest values, one in `SILENCED`."""
    return np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[: max(1, len(values) // SILENCED)]


def measure(pair: Pair, condition: str, streams: Played, seed: int, sizes: Sizes) -> dict[str, float]:
    """Return all measures of a pair; `streams` has the moves that are done and shown."""
    sees = condition != "partner never seen"
    played = play(pair, sizes.n_played, stream(seed, f"{NAME}/played"), sees_partner=sees)
    solo = play(pair, sizes.n_played, stream(seed, f"{NAME}/played alone"), alone=True, sees_partner=sees)
    n, length = sizes.n_sequences, sizes.n_steps
    found, mirrors = [], []
    for k, agent in enumerate(pair):
        one = paired(agent, streams.seen[:length, k, :n], streams.actions[:length, k, :n], sizes.n_fillings)
        even = balanced(one, stream(seed, f"{NAME}/balanced/{k}"))
        tested = even and mirroring(*even, seed, f"{NAME}/{condition}/{k}", n_draws=sizes.n_draws)
        mirrors.append(tested or dict.fromkeys(MIRRORING, np.nan))
        found.append(one)
    worse = {"code_gain": min, "code_p": max}  # both agents have to pass
    row = {
        "cooperation_success": success(played),
        "cooperations_paid": paid_in_an_episode(played),
        "pokes_alone": paid_in_an_episode(solo),
        "waiting": waiting(played),
        "partner_unique": float(np.mean([one.unique for one in found])),
        **dict.fromkeys(LESIONS, np.nan),
        **{name: float(worse.get(name, np.mean)([one[name] for one in mirrors])) for name in MIRRORING},
    }
    if condition == "together":
        typical = [one.typical for one in found]
        chosen = [largest(one.unique) for one in found]
        costs = lesion_costs(pair, chosen, typical, seed, "partner units", sizes)
        row |= dict(zip(LESIONS, costs.tolist(), strict=False))
        chosen = [largest(unit_correlation(one.perform, one.observe, centre_timesteps=True)) for one in found]
        row["mirror_lesion_success"] = float(lesion_costs(pair, chosen, typical, seed, "mirror units", sizes)[0])
    return row


def learned(seed: int, conditions: tuple[str, ...], sizes: Sizes) -> tuple[dict[str, Pair], dict[str, float]]:
    """Return the pairs of these conditions and `together`, and how many seconds each took to learn its own part."""
    pairs, seconds = {"untrained": new_pair(sizes.n_units, stream(seed, f"{NAME}/weights"))}, {"untrained": 0.0}

    def train(condition: str, start: str, steps: int, rate: float, on: str, **options: bool) -> None:
        began = time.process_time()
        pairs[condition] = copy.deepcopy(pairs[start])
        ppo.train(pairs[condition], steps, rate, stream(seed, f"{NAME}/{on}"), settings=sizes.learning, **options)
        seconds[condition] = time.process_time() - began

    train("alone", "untrained", sizes.steps_alone, sizes.rate_alone, "alone", alone=True)
    for condition, sees in (("together", True), ("partner never seen", False)):
        if condition == "together" or condition in conditions:
            train(condition, "alone", sizes.steps_together, sizes.rate_together, "together", sees_partner=sees)
    return pairs, seconds


def learn(learner: Learner, sizes: Sizes = FULL) -> pd.DataFrame:
    """Let the pairs of a seed learn, and measure them.

    The moves that are done and shown are in every condition those of the pair that learned together, so that one is
    always made. A row's seconds are those of its own part of learning, and of its measures: what `together` and
    `partner never seen` learn alone first is in those of `alone`.
    """
    pairs, seconds = learned(learner.seed, learner.conditions, sizes)
    n = max(sizes.n_played, sizes.n_sequences)
    streams = play(pairs["together"], n, stream(learner.seed, f"{NAME}/streams"))
    table = measure_each(learner.conditions, lambda name: measure(pairs[name], name, streams, learner.seed, sizes))
    return table.assign(seconds=table.seconds + table.condition.map(seconds))


register(
    Experiment(
        NAME,
        title="Cooperation in a time window",
        source="jiang2025",
        doi="10.1126/science.adw8151",
        claims="Agents that are paid for acting together learn to wait, by units that follow the partner.",
        sampled="pairs",
        conditions=CONDITIONS,
        measures=(*register_measures(MEASURES), *MIRRORING),
        learn=learn,
        main="together",
        control="untrained",
        n_actions=4,
        lesion="partner_lesion_success",
        seconds=45,
    )
)
