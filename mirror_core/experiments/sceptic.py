"""The sceptic: is a visual system that predicts enough, without anything that mirrors?

Schad (*Mirror neuron: a beautiful unnecessary concept*, J. Neurol. Stroke 11:172–174, 2021,
doi 10.15406/jnsk.2021.11.00481; first as arXiv 1911.08583) argues that vision alone explains what mirror neurons were
brought up for. The argument is in words, without a model; this is the smallest experiment that takes it at its word.
The world and the core are the paper's. A core that has only ever learned to foresee the next sensation (the condition
`vision`) is frozen, and learns to act afterwards, by a motor input and heads around it. Does it read actions? Does it
look as if it had mirror units? Is anything missing that seeing oneself act would add?

Where actions are independent there is nothing to foresee, so that networks live in a world with habits: an action is
followed by the next one of a cycle with probability .8. They are tested on independent actions, about which a habit
says nothing: only what is seen now can.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from mirror_core.analysis import cross_decoding
from mirror_core.analysis.correlation import unit_by_unit
from mirror_core.arrays import MODES
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.experiments.base import Experiment, Learner, measure_each, register, register_measures
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mirroring
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import make_lessons
from mirror_core.networks.training.loop import Trained, train
from mirror_core.recordings.of_networks import N_TEST, heldout_episodes, record
from mirror_core.runs.workers import one_thread
from mirror_core.seeding import stream
from mirror_core.studies.measures.base import ANY, CORRELATION, SHARE
from mirror_core.studies.measures.decoding import MAIN_DECODER
from mirror_core.worlds.episodes import Episodes
from mirror_core.worlds.linear import make_world

HABIT = 0.8
"""Probability that an action is followed by the next one of the cycle, in the episodes that networks learn from."""

CONDITIONS = {
    "no network": "the last two sensations as they are",
    "untrained": "the network as drawn",
    "random core": "a random core; the motor input and the heads learn: vision without its first stage",
    "vision": "the core learns to predict the next sensation and stays so; then the motor input and the heads learn",
    "inverse-only": "the core learns which action a sensation came from; it never acts",
    "as-written": "acting predicts sensations, seeing names actions, in passes of their own",
    "dual-readout": "acting and seeing are each asked for both",
    "self-observation": "as written, and the core also sees itself act",
}

OWN = ("read_action", "explained", "foresight", "matched_r")
"""Measures beside those that all experiments share."""

register_measures(
    {
        "read_action": ("accuracy of the action decoded from what is seen", SHARE, "always the most frequent action"),
        "foresight": (
            "share of what the next action adds to a sensation that watching foresees",
            (ANY[0], 1.0),
            "only that sensations decay",
        ),
        "matched_r": (
            "r of units when watching with the best matched ones of another network that acts",
            CORRELATION,
            "an untrained network that watches",
        ),
    }
)


def config_of(condition: str, base: Config) -> Config:
    """Return what a condition trains, in the world with habits of a base configuration."""
    if condition in ("dual-readout", "self-observation"):
        return configure(base, condition)
    if condition == "random core":
        return base.change(trained="motor-and-heads")
    return configure(base, condition="shared" if condition == "as-written" else condition)


def another_actor(base: Config) -> MirrorNetwork:
    """Train another network in the same world: other weights at the start, and it only ever acts."""
    other = int(stream(base.seed, "sceptic/another").integers(2**32))
    start = MirrorNetwork(base.change(seed=other))
    return train(configure(base, condition="forward-only"), curves=False, start=start).network


def learn(learner: Learner) -> pd.DataFrame:
    """Train the networks of a seed in the paper's size, and measure them; see `Experiment.learn`."""
    return rows(learner.conditions, Config().change(seed=learner.seed, habit=HABIT))


def rows(conditions: tuple[str, ...], base: Config, *, n_test: int = N_TEST, n_draws: int = N_DRAWS) -> pd.DataFrame:
    """Train a network under each condition and measure it.

    Parameters
    ----------
    base
        World with its habit, network, training, and the seed.
    n_test
        Episodes of independent actions to test on.
    """
    with one_thread():
        began = time.process_time()
        acting, test = another_actor(base), heldout_episodes(base.change(habit=0), n_test)
        acted = record(acting, test).sel(mode="perform").values
        shared = (time.process_time() - began) / len(conditions)

        def measured(condition: str) -> dict[str, float]:
            if condition == "no network":
                return {"read_action": read_action(two_frames(test), test.actions, base.seed)}
            trained = train(config_of(condition, base), curves=False)
            return measure(condition, trained, base, test, acted, n_draws)

        found = measure_each(conditions, measured)
    return found.assign(seconds=found.seconds + shared).reindex(columns=["condition", *MIRRORING, *OWN, "seconds"])


def measure(
    condition: str, trained: Trained, base: Config, test: Episodes, acted: np.ndarray, n_draws: int
) -> dict[str, float]:
    """Measure a network on episodes of independent actions, each once done and once shown."""
    perform, observe = (record(trained.network, test).sel(mode=mode).values for mode in MODES)
    found = mirroring(perform, observe, test.actions, base.seed, f"sceptic/{condition}", n_draws=n_draws)
    found["read_action"] = read_action(observe, test.actions, base.seed)
    with torch.no_grad():
        predicted = trained.network.heads["predict"]["shared"](torch.from_numpy(perform)).numpy()
    found["explained"] = explained(predicted, test.sensations)
    watched = trained.history[(trained.history["mode"] == "watch") & (trained.history.split == "held-out")]
    if len(watched):
        found["foresight"] = 1 - watched.loss.iloc[-1] / unforeseen(base)
    found["matched_r"] = matched_r(acted, observe, stream(base.seed, "sceptic/halves"))
    return found


def read_action(
    seen: Float[np.ndarray, "sequence time unit"], actions: Int[np.ndarray, "sequence time"], seed: int
) -> float:
    """Return how often a linear decoder names the action of a timestep, on episodes that it did not learn from."""
    halves = cross_decoding(seen, seen, actions, stream(seed, "sceptic/reading"), MAIN_DECODER, n_permutations=1)
    return float(halves.accuracy[1, 1])


def two_frames(episodes: Episodes) -> Float[np.ndarray, "sequence time feature"]:
    """Return each sensation with the one before it; before the first there was rest."""
    before = np.pad(episodes.sensations[:, :-1], ((0, 0), (1, 0), (0, 0)))
    return np.concatenate([episodes.sensations, before], axis=2)


def explained(predicted: np.ndarray, sensations: np.ndarray) -> float:
    """Return which share of the sensations' variance over episodes and timesteps is predicted; can be negative."""
    return float(1 - np.mean((predicted - sensations) ** 2) / sensations.var(axis=(0, 1)).mean())


def unforeseen(base: Config) -> float:
    """Return the squared error, per feature, of the best guess that knows how sensations decay and no habit."""
    lessons = make_lessons(base.change(watching=True), "held-out", base.training.n_heldout)
    added = lessons.sensations - base.world.decay * lessons.observed
    return float(added.var(dim=(0, 1), correction=0).mean())


def matched_r(
    acting: Float[np.ndarray, "sequence time unit"],
    watching: Float[np.ndarray, "sequence time unit"],
    rng: np.random.Generator,
) -> float:
    """Return the mean r of the units of one network with those of another that are most like them.

    Units are paired one to one, so that their r is largest in total on one half of the episodes; r is that of the other
    half. A unit that does not vary counts as r = 0.
    """
    order = rng.permutation(len(acting))
    first, second = order[::2], order[1::2]
    chosen, judged = (np.nan_to_num(unit_by_unit(acting[half], watching[half])) for half in (first, second))
    return float(judged[linear_sum_assignment(chosen, maximize=True)].mean())


@dataclass(frozen=True)
class Foreseen:
    """What a watching network foresees in episodes of habits."""

    episodes: Episodes
    following: Float[np.ndarray, "sequence time feature"]
    """The sensation that it foresees for the timestep after."""
    expected: Float[np.ndarray, "sequence time action"]
    """How much of each action's effect it foresees there; of a network that knows all probabilities, these."""


def foresee(base: Config, n_episodes: int) -> Foreseen:
    """Let a network watch and do nothing else, the first stage of `vision`, and ask it what will follow."""
    world = make_world(base.world, base.seed)
    episodes = world.episodes(n_episodes, base.training.sequence_length, stream(base.seed, "sceptic/shown"))
    with one_thread():
        network = train(base.change(watching=True), curves=False).network
    with torch.no_grad():
        states = network.hidden("shared", network.drive(None, torch.from_numpy(episodes.sensations)))
        following = network.heads["predict"]["shared"](states).numpy()
    added = (following - base.world.decay * episodes.sensations).reshape(-1, base.world.sensory_dim)
    expected = np.linalg.lstsq(world.effects.T, added.T, rcond=None)[0].T
    return Foreseen(episodes, following, expected.reshape(*episodes.actions.shape, base.world.n_actions))


register(
    Experiment(
        "sceptic",
        "The sceptic: is vision enough?",
        "schad2021",
        "10.15406/jnsk.2021.11.00481",
        "A visual system that predicts explains what mirror neurons were brought up for, so that none are needed.",
        "networks",
        CONDITIONS,
        (*MIRRORING, *OWN),
        learn,
        "vision",
        "untrained",
        n_actions=6,
        seconds=14.0,
    )
)
