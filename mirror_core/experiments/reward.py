"""Can a reward replace the error of inferring actions, and is what pays more mirrored more?

The paper proposes reward-modulated plasticity, in analogy to dopamine, to study affective salience; it says neither
how nor what should be seen. Here networks live in the paper's world. What an action will feel like is learned from
errors, as in the paper; which action a sensation came from is learned from pay: a guess is paid if it is right. The
three rules of `reward_rules` do that; they are compared with the paper's gradient, at equal steps and equal accuracy.

**Salience.** Two of the six actions, others with every seed, pay four times as much as the rest. The same two are
looked at where all pay alike. In two conditions nobody is paid for a guess: errors count four times
as much instead, those of inferring the two actions, or those of predicting what they feel like when done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int

from mirror_core.arrays import MODES
from mirror_core.checks import one_of, whole
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.experiments import reward_rules  # noqa: F401 (registers its rules)
from mirror_core.experiments.base import Experiment, Learner, measure_each, register
from mirror_core.experiments.lesions import task_costs
from mirror_core.experiments.mirroring import MIRRORING, N_DRAWS, mirroring
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import make_lessons
from mirror_core.networks.training.life import Curriculum, Life, Step, live
from mirror_core.recordings.of_networks import N_TEST, heldout_episodes, named_actions, record
from mirror_core.runs.workers import one_thread
from mirror_core.seeding import stream
from mirror_core.studies.measures import Measure
from mirror_core.studies.measures import register as register_measure
from mirror_core.studies.measures.base import ANY, CORRELATION, COUNT, SHARE
from mirror_core.worlds.episodes import Episodes

NAME = "reward"
N_UNITS, N_STEPS = 48, 640
"""Units of a core, and steps of learning; a step learns from the paper's 64 episodes."""
EARLY = 4
"""Networks are looked at after a quarter of their steps, too."""
N_CHECKS = 64
"""How often their accuracy is asked for on the way."""
LEVELS = {"_40": 0.4, "_90": 0.9}
"""Accuracies at which networks are compared, when each first reaches them, by the ending of the measures' names."""
N_SALIENT, MUCH, LITTLE = 2, 2.0, 0.5
"""How many of the actions are salient, what they pay, and what others pay; of six actions, the mean is 1."""


@dataclass(frozen=True)
class Plan:
    """How a network of a condition learns."""

    says: str
    rule: str = ""
    """A name in `mirror_core.networks.training.rules.RULES`; empty: it does not learn."""
    pay: str = "flat"
    """"flat": all guesses are paid alike; "salient": some more; "own": the errors of what own actions feel like weigh
    more."""
    reading: str = "self-observation"
    control: str = "shared"


PAYS = ("flat", "salient", "own")
"""What a plan's `pay` can be."""

PLANS = {
    "untrained": Plan("the network as drawn"),
    "gradient": Plan("the paper's rule: both objectives by the gradient of their errors", "gradient"),
    "gradient as written": Plan("the same without seeing oneself act", "gradient", reading="as-written"),
    "gradient with salient pay": Plan("errors of inferring salient actions count four times", "gradient", "salient"),
    "gradient with own salience": Plan("errors of predicting what they feel like count four times", "gradient", "own"),
    "reward": Plan("guesses are paid; credit goes back through time and from unit to unit", "reward"),
    "reward as written": Plan("the same without seeing oneself act", "reward", reading="as-written"),
    "reward shuffled": Plan("guesses are paid by labels of other moments", "reward", control="shuffled-labels"),
    "reward with salient pay": Plan("right guesses of salient actions pay four times as much", "reward", "salient"),
    "eligibility": Plan("guesses are paid; credit by traces that stay within a unit, predictions too", "eligibility"),
    "eligibility as written": Plan("the same without seeing oneself act", "eligibility", reading="as-written"),
    "perturbation": Plan("guesses are paid; noise that raised the pay is kept", "perturbation"),
}  # fmt: skip
"""Condition → its plan. Unless one says otherwise, networks see themselves act."""

CONDITIONS = {name: plan.says for name, plan in PLANS.items()}

WHEN = {"": "at the end", "_early": f"after 1/{EARLY} of the steps"} | {
    ending: f"at an accuracy of {level:g}" for ending, level in LEVELS.items()
}
"""Ending of a measure's name → when it is measured."""
LOOKED = {
    "share": ("share of units with the same tuning in both modes", SHARE, "tuned units paired with other tuned units"),
    "r": ("mean r of the units, without timestep means", CORRELATION, "tuned units paired with other tuned units"),
    "accuracy": ("accuracy of the action inferred", SHARE, "always the same guess"),
    "ahead": ("accuracy of salient actions minus that of others", CORRELATION, "all pay alike"),
    "alike": ("how alike units respond to an action in both modes", CORRELATION, "unrelated responses"),
    "salient": ("the same, of salient actions minus others", CORRELATION, "all pay alike"),
    "excess_named": (
        "accuracy that silencing the units of largest r costs beyond matched ones", CORRELATION, "matched units"
    ),
    "excess_explained": (
        "share of the sensations' variance predicted that this costs beyond matched ones", ANY, "matched units"
    ),
}  # fmt: skip
"""What is measured at each of these times: its label, its limits, and with what it is compared."""
_SHARED = {"reward_share": "mirror_share", "reward_r": "mean_r"}
"""Measures at the end that all experiments have."""

OWN = tuple(f"{NAME}_{what}{ending}" for ending in WHEN for what in LOOKED if f"{NAME}_{what}{ending}" not in _SHARED)
LESIONS = {
    f"{NAME}_{group}_{what}": (f"{lost} lost without {units}", limits)
    for what, lost, limits in (("named", "accuracy", CORRELATION), ("explained", "share of variance predicted", ANY))
    for group, units in (("top", "the units of largest r"), ("matched", "matched units"))
}
"""What lesions cost at the end: measure → its label and limits."""
AT_END = (f"{NAME}_explained", *LESIONS)
"""Measures of the end alone."""
OWN += (*(f"{NAME}_steps{ending}" for ending in LEVELS), *AT_END)
"""Measures beside those that all experiments share."""

for _ending, _when in WHEN.items():
    for _what, (_label, _limits, _null) in LOOKED.items():
        if f"{NAME}_{_what}{_ending}" in OWN:
            register_measure(Measure(f"{NAME}_{_what}{_ending}", f"{_label}, {_when}", _limits, _null))
for _ending, _level in LEVELS.items():
    register_measure(
        Measure(
            f"{NAME}_steps{_ending}", f"steps to an accuracy of {_level:g}", COUNT, "learning by gradient", digits=0,
            sign=-1,
        )
    )  # fmt: skip
register_measure(
    Measure(f"{NAME}_explained", "share of the sensations' variance predicted", (ANY[0], 1.0), "predicting their mean")
)
for _name, (_label, _limits) in LESIONS.items():
    register_measure(Measure(_name, _label, _limits, "matched units"))


def salient_actions(seed: int, n_actions: int) -> Bool[np.ndarray, " action"]:
    """Say of each action whether it is one of those that pay more; with every seed others."""
    chosen = stream(seed, f"{NAME}/salient").choice(n_actions, size=min(N_SALIENT, n_actions - 1), replace=False)
    return np.isin(np.arange(n_actions), chosen)


def pay_of(seed: int, n_actions: int) -> Float[np.ndarray, " action"]:
    """Return what each action pays where pay is not flat."""
    return np.where(salient_actions(seed, n_actions), MUCH, LITTLE).astype(np.float32)


def config_of(condition: str, base: Config) -> Config:
    """Return the world, the network and the passes of a condition.

    Raises
    ------
    OptionError
        For an unknown condition, with the nearest ones.
    """
    one_of(f"condition of {NAME}", condition, PLANS)
    return configure(base, PLANS[condition].reading, PLANS[condition].control)


def days(pay: str, n_steps: int) -> Curriculum:
    """Return the curriculum of a pay: random episodes, and how much each timestep counts for which objective.

    Raises
    ------
    OptionError
        For an unknown pay, with the nearest.
    """
    one_of("pay", pay, PAYS)

    def curriculum(life: Life) -> Iterator[Step]:
        config, lessons = life.config, life.lessons
        rng, each = stream(config.seed, f"{NAME}/days"), pay_of(config.seed, config.world.n_actions)
        for _ in range(n_steps):
            rows = rng.integers(len(lessons), size=config.training.batch_size)
            if pay == "flat":
                yield Step(rows)
            elif pay == "salient":
                yield Step(rows, {"infer": each[lessons.labels[rows].numpy()]})
            else:
                yield Step(rows, {"predict": each[lessons.actions[rows].numpy()]})

    return curriculum


def follow(condition: str, base: Config, n_steps: int, note: Callable[[int, MirrorNetwork], None]) -> MirrorNetwork:
    """Let a network live as a condition says.

    Parameters
    ----------
    note
        Is told the number of steps done and shown the network, before the first and `N_CHECKS` times on the way.
    """
    config, plan = config_of(condition, base), PLANS[condition]
    whole("n_steps", n_steps, 1)
    network = MirrorNetwork(config)
    note(0, network)
    if not plan.rule:
        return network
    lessons = make_lessons(config, "train", config.training.n_sequences)
    weighed = plan.pay != "flat"  # which compiled code cannot
    life = Life(network, config, lessons, plan.rule, "autograd" if weighed else None)
    every = max(1, n_steps // N_CHECKS)

    def on_step(done: int) -> None:
        if done % every == 0:
            note(done, life.settle())

    return live(life, days(plan.pay, n_steps), on_step)


def accuracies(condition: str, base: Config, *, n_steps: int = N_STEPS, n_test: int = N_TEST) -> pd.DataFrame:
    """Let a network live under a condition, and return how well it infers each action on the way.

    Returns
    -------
    pandas.DataFrame
        Index `step`, a column for each action: its accuracy, NaN where the episodes do not have it.
    """
    episodes, found = heldout_episodes(base, n_test, f"{NAME}/on-the-way"), {}

    def note(done: int, network: MirrorNetwork) -> None:
        each = right(network, episodes)[..., None]
        found[done] = of_actions(each, episodes.actions, base.world.n_actions)[:, 0]

    with one_thread():
        follow(condition, base, n_steps, note)
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("step")


def learn(learner: Learner) -> pd.DataFrame:
    """Let the networks of a seed live, and measure them; see `Experiment.learn`."""
    return rows(learner.conditions, Config().change(seed=learner.seed, hidden_size=N_UNITS, input_size=N_UNITS))


def rows(
    conditions: tuple[str, ...], base: Config, *, n_steps: int = N_STEPS, n_test: int = N_TEST, n_draws: int = N_DRAWS
) -> pd.DataFrame:
    """Let a network live under each condition; measure it on `n_test` episodes, and its progress on as many others."""
    with one_thread():
        found = measure_each(conditions, lambda one: measure(one, base, n_steps, n_test, n_draws))
    return found.reindex(columns=["condition", *MIRRORING, *OWN, "seconds"])


def measure(condition: str, base: Config, n_steps: int, n_test: int, n_draws: int) -> dict[str, float]:
    """Let a network live under a condition, and look at it early, at each of `LEVELS`, and at the end."""
    test, other = heldout_episodes(base, n_test), heldout_episodes(base, n_test, f"{NAME}/on-the-way")
    early = max(1, n_steps // N_CHECKS) * (N_CHECKS // EARLY)
    found: dict[str, float] = {}

    def note(done: int, network: MirrorNetwork) -> None:
        accuracy = float(right(network, other).mean())
        reached = [ending for ending, level in LEVELS.items() if accuracy >= level]
        new = [ending for ending in reached if f"{NAME}_steps{ending}" not in found]
        if new or done == early:
            seen = look(network, test, base.seed, f"{condition}/{done}", n_draws)
        for ending in new:
            found.update(_named(seen, ending) | {f"{NAME}_steps{ending}": float(done)})
        if done == early:
            found.update(_named(seen, "_early"))

    network = follow(condition, base, n_steps, note)
    seen = look(network, test, base.seed, condition, n_draws)
    return found | _named(seen, "") | {one: seen[one] for one in (*MIRRORING, *AT_END)}


def _named(seen: Mapping[str, float], ending: str) -> dict[str, float]:
    """Return what was looked at under the names of the time when it was."""
    return {f"{NAME}_{what}{ending}": seen[_SHARED.get(f"{NAME}_{what}", what)] for what in LOOKED}


def look(network: MirrorNetwork, episodes: Episodes, seed: int, name: str, n_draws: int) -> dict[str, float]:
    """Measure a network as it is; see `LOOKED`, `MIRRORING`, `AT_END`."""
    recorded = record(network, episodes)
    perform, observe = (recorded.sel(mode=mode).values for mode in MODES)
    actions, n_actions = episodes.actions, network.embedding.num_embeddings
    each = of_actions(right(network, episodes)[..., None], actions, n_actions)[:, 0]
    alike = likeness(perform, observe, actions, n_actions)
    salient = salient_actions(seed, n_actions)
    with torch.no_grad():
        predicted = network.heads["predict"]["shared"](torch.from_numpy(perform)).numpy()
    variance = episodes.sensations.var(axis=(0, 1)).mean()
    lost = task_costs(network, perform, observe, episodes, seed, f"{NAME}/{name}")
    lost["explained"] = {group: error / float(variance) for group, error in lost.pop("error").items()}
    return mirroring(perform, observe, actions, seed, f"{NAME}/{name}", n_draws=n_draws) | {
        "accuracy": float(right(network, episodes).mean()),
        "ahead": float(each[salient].mean() - each[~salient].mean()),
        "alike": float(alike.mean()),
        "salient": float(alike[salient].mean() - alike[~salient].mean()),
        f"{NAME}_explained": float(1 - np.mean((predicted - episodes.sensations) ** 2) / variance),
        **{f"excess_{what}": lost[what]["excess"] for what in lost},
        **{f"{NAME}_{group}_{what}": lost[what][group] for what in lost for group in ("top", "matched")},
    }


def right(network: MirrorNetwork, episodes: Episodes) -> Bool[np.ndarray, "sequence time"]:
    """Say at which timesteps a network that observes infers the action."""
    return named_actions(network, episodes.sensations) == episodes.actions


def of_actions(
    values: np.ndarray, actions: Int[np.ndarray, "sequence time"], n_actions: int
) -> Float[np.ndarray, "action unit"]:
    """Return the mean of values (sequence, time, unit) over the timesteps of each action; NaN where there is none."""
    done = (actions.reshape(-1, 1) == np.arange(n_actions)).astype(float)
    with np.errstate(invalid="ignore"):
        return done.T @ values.reshape(-1, values.shape[-1]) / done.sum(axis=0)[:, None]


def likeness(
    perform: Float[np.ndarray, "sequence time unit"],
    observe: Float[np.ndarray, "sequence time unit"],
    actions: Int[np.ndarray, "sequence time"],
    n_actions: int,
) -> Float[np.ndarray, " action"]:
    """Return how alike units respond to each action when it is done and when it is seen.

    It is the correlation, over units, of their mean responses: in standard deviations of a unit, and less its mean over
    actions. NaN where it is not defined.
    """
    patterns = []
    for states in (perform, observe):
        scale = states.std(axis=(0, 1))
        means = of_actions(np.divide(states, scale, out=np.zeros_like(states), where=scale > 0), actions, n_actions)
        means -= np.nanmean(means, axis=0)
        patterns.append(means - means.mean(axis=1, keepdims=True))
    one, other = patterns
    with np.errstate(invalid="ignore"):
        return (one * other).sum(axis=1) / np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))


register(
    Experiment(
        NAME,
        "Reward-modulated plasticity",
        "paper2025",
        "",
        "Plasticity that a reward modulates lets affective salience be studied in networks with mirror units.",
        "networks",
        CONDITIONS,
        (*MIRRORING, *OWN),
        learn,
        "reward",
        "untrained",
        group="future work",
        n_actions=6,
        lesion=f"{NAME}_excess_named",
        seconds=70.0,
    )
)
