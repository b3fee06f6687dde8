"""The page of reward: can it replace the error of inferring, and is what pays more mirrored more?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate, difference
from mirror_core.experiments import experiment_named
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.reward import PLANS, WHEN, salient_actions
from mirror_core.pages import experiment
from mirror_core.pages.experiment import apart, lesion_costs, panels_of, present, told, values
from mirror_core.pages.tables import statement
from mirror_core.studies.wording import agree, listed, side

EXPERIMENT = experiment_named("reward")

SHOWN = {
    "reward_accuracy": "infers the\naction",
    "mirror_share": "units that\npass",
    "mean_r": "mean r of\nunits",
    "code_gain": "code across\nmodes",
}
"""Measure → its panel of the first figure."""
IN_TABLE = (
    "reward_accuracy", "reward_steps_90", "mirror_share", "mean_r", "reward_share_90", "reward_r_90", "code_gain",
    "code_p", "reward_explained", "reward_excess_named", "reward_excess_explained",
)  # fmt: skip
"""Measures of the table of conditions."""
LEVELS = {SHOWN["reward_accuracy"]: (1 / EXPERIMENT.n_actions, "chance"), SHOWN["code_gain"]: (0.0, "chance")}

RULES = ("gradient", "reward", "eligibility", "perturbation", "reward shuffled")
"""Conditions of the second figure: they differ in the rule alone, the last in what is paid."""
TIMES = {
    "mirror_share": "all steps",
    "reward_share_early": "a quarter of\nthe steps",
    "reward_share_40": "accuracy .4",
    "reward_share_90": "accuracy .9",
}
"""Share of units, at equal steps and at equal accuracy → its panel."""

SALIENCE = {
    "reward with salient pay": "reward",
    "gradient with salient pay": "gradient",
    "gradient with own salience": "gradient",
}
"""Condition → the one that differs from it in that no action is salient."""
GAINS = {
    "reward_ahead_early": "accuracy,\nearly",
    "reward_salient_early": "alike in both\nmodes, early",
    "reward_salient_40": "alike, at\naccuracy .4",
    "reward_salient": "alike, in\nthe end",
}
"""Salient actions minus others → its panel of the third figure."""

LESIONS = {
    "reward_excess_named_90": "naming, at\naccuracy .9",
    "reward_excess_named": "naming, in\nthe end",
    "reward_excess_explained_90": "predicting, at\naccuracy .9",
    "reward_excess_explained": "predicting, in\nthe end",
}
"""What silencing the units of largest r costs beyond matched ones → its panel of the figure of lesions."""

ZERO = dict.fromkeys(LESIONS.values(), (0.0, ""))
"""No cost, in each of these panels."""


def conditions(table: pd.DataFrame) -> list[str]:
    """Return the conditions of a table, in the experiment's order."""
    return present(EXPERIMENT, table)


def panels(table: pd.DataFrame) -> dict[str, list[Estimate]]:
    """Return what the first figure draws: panel → what was found in each condition."""
    return panels_of(table, conditions(table), SHOWN)


def rules(table: pd.DataFrame) -> tuple[list[str], dict[str, list[Estimate]]]:
    """Return what the second figure draws: which conditions, and panel → the share of units in each."""
    names = [one for one in RULES if one in conditions(table)]
    return names, panels_of(table, names, TIMES)


def gained(table: pd.DataFrame) -> tuple[list[str], dict[str, list[Estimate]]]:
    """Return what the third figure draws: by how much salient actions gain on others, matched by seed."""
    names = [one for one in SALIENCE if one in conditions(table) and SALIENCE[one] in conditions(table)]
    found = {words: [_gain(table, one, what) for one in names] for what, words in GAINS.items()}
    return names, found


def lesions(table: pd.DataFrame) -> dict[str, dict[str, list[Estimate]]]:
    """Return what the figure of lesions draws: panel → the world → what was found in each condition."""
    return {words: {"the paper's world": of} for words, of in panels_of(table, conditions(table), LESIONS).items()}


def _gain(table: pd.DataFrame, condition: str, measure: str) -> Estimate:
    return difference(values(table, condition, measure), values(table, SALIENCE[condition], measure))


def finding(table: pd.DataFrame) -> HTML:
    """Say in one sentence what a reward teaches, and in another by how much; the words follow the claims."""
    claims = {one.claim.id.removeprefix("reward-"): one for one in judge_study(EXPERIMENT, table)}
    learns = claims["replaces"].verdict == "reproduced"
    mirrors = claims["mirrors"].verdict in ("reproduced", "partly")
    mirrored = {"reproduced": "is mirrored more", "partly": "is partly mirrored more"}
    salience = mirrored.get(claims["salience"].verdict, "is not mirrored more")
    joint = f"{'and' if learns == mirrors else 'but'} has {'' if mirrors else 'no '}"
    infers, units = (
        {one: told(table, one, measure) for one in PLANS} for measure in ("reward_accuracy", "mirror_share")
    )
    return statement(
        f"A network that is only paid for right guesses {'learns' if learns else 'hardly learns'} to infer actions, "
        f"{joint}mirror units; what pays more {salience}.",
        f"By reward it infers {infers['reward']} of the actions, by local traces {infers['eligibility']}, by "
        f"perturbation {infers['perturbation']}, by gradient {infers['gradient']}. A share of {units['reward']} of its "
        f"units has the same tuning in both modes, without seeing itself act {units['reward as written']}; by gradient "
        f"{units['gradient']}. Where some actions pay more, units respond more alike to these than to the rest by "
        f"{apart(_gain(table, 'reward with salient pay', 'reward_salient'))}, against equal pay for all.",
    )


def rules_said(table: pd.DataFrame) -> HTML:
    """Say how rules compare with the gradient at equal steps and at equal accuracy; the words follow the intervals."""
    words = {"above": "more units pass", "below": "fewer units pass", "around": "no more and no fewer are seen to pass"}
    said = []
    for measure, when in (
        ("mirror_share", "after all steps"), ("reward_share_40", f"{WHEN['_40']}"), ("reward_share_90", WHEN["_90"])
    ):  # fmt: skip
        found = difference(values(table, "reward", measure), values(table, "gradient", measure))
        said.append(f"{when} {words[side(found.values)]} ({apart(found)})" if found.n else f"{when}: not reached")
    perturbed = values(table, "perturbation", "reward_steps_90")
    n = int(perturbed.notna().sum())
    return HTML(
        f"<p>By reward, compared with the gradient: {'; '.join(said)}. An accuracy of .9 takes the gradient "
        f"{told(table, 'gradient', 'reward_steps_90')} steps, reward {told(table, 'reward', 'reward_steps_90')}, "
        f"traces {told(table, 'eligibility', 'reward_steps_90')}; {n} of {len(perturbed)} networks that are perturbed "
        f"{agree(n, 'reaches', 'reach')} it.</p>"
    )


def shuffled_said(table: pd.DataFrame) -> HTML:
    """Say what is left where the pay tells nothing; that it needs no reward, if it is more than without learning."""
    more = difference(*(values(table, one, "mirror_share") for one in ("reward shuffled", EXPERIMENT.control)))
    needless = side(more.values) == "above"
    return HTML(
        "<p>Where the pay has nothing to do with the guess, the action is inferred with accuracy "
        f"{told(table, 'reward shuffled', 'reward_accuracy')}, and decoding across modes, the worse way, lies above "
        f"chance by {told(table, 'reward shuffled', 'code_gain')}; {told(table, 'reward shuffled', 'mirror_share')} of "
        f"the units pass, and their mean r is {told(table, 'reward shuffled', 'mean_r')}. "
        f"{'So much needs no reward, only predictions, and seeing oneself act. ' if needless else ''}"
        "That units respond alike does not yet mean that they say which action it is.</p>"
    )


def salience_said(table: pd.DataFrame) -> HTML:
    """Say what salience changes, in accuracy and in how alike units respond in both modes."""
    said = [
        f"{name}: accuracy early {apart(_gain(table, name, 'reward_ahead_early'))}, alike at an accuracy of .4 "
        f"{apart(_gain(table, name, 'reward_salient_40'))}, alike in the end "
        f"{apart(_gain(table, name, 'reward_salient'))}"
        for name in gained(table)[0]
    ]
    return HTML(f"<p>Salient actions minus others, against the same network where none is: {'; '.join(said)}.</p>")


def lesions_said(table: pd.DataFrame) -> HTML:
    """Say what silencing units costs, beside matched ones."""
    tasks = {"accuracy": "named", "what is predicted of the sensations' variance": "explained"}
    costs = {
        said: tuple(f"{EXPERIMENT.name}_{group}_{what}" for group in ("top", "matched", "excess"))
        for said, what in tasks.items()
    }
    asked = ("gradient", "reward", "eligibility", "reward as written")
    return lesion_costs(table, "In the end, silencing the units of largest <em>r</em> costs:", asked, costs)


def seconds_said(table: pd.DataFrame) -> HTML:
    """Say what a network takes."""
    return experiment.seconds_said(table[table.condition != EXPERIMENT.control], "A network is trained and measured")


# -- live --


def salient_said(seed: int, n_actions: int) -> HTML:
    """Say which actions are the salient ones of a seed."""
    chosen = [str(one + 1) for one in np.flatnonzero(salient_actions(seed, n_actions))]
    return HTML(f"<p>Of the {n_actions} actions, the salient ones of seed {seed} are {listed(chosen)}.</p>")
