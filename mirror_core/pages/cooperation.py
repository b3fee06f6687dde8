"""The page of the pairs that cooperate: what they learn, what their units do, and one pair to watch."""

from __future__ import annotations

import ast
from html import escape
from importlib.resources import files

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate
from mirror_core.experiments import EXPERIMENTS
from mirror_core.experiments.cooperation import FULL, LESIONS, MEASURES, NAME, success
from mirror_core.experiments.cooperation_recordings import Played, balanced, paired
from mirror_core.experiments.cooperation_world import COOPERATION, DRINK, FROZEN, MISS, POKE, WAITS
from mirror_core.experiments.elsewhere import system
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.mirroring import MIRRORING
from mirror_core.experiments.planted import power
from mirror_core.experiments.recurrent_agents import Pair
from mirror_core.figures.cooperation import world
from mirror_core.figures.marks import by_seed
from mirror_core.pages.experiment import present, told, values
from mirror_core.pages.player import player
from mirror_core.pages.tables import cell, show, statement
from mirror_core.seeding import stream
from mirror_core.studies.measures import measure_named
from mirror_core.studies.measures.significance import ALPHA
from mirror_core.studies.wording import agree, decimal, side

EXPERIMENT = EXPERIMENTS[NAME]
BEHAVIOUR, UNITS = tuple(MEASURES)[:4], ("partner_unique", *MIRRORING)
"""Measures of the two tables of conditions."""
PANELS = {
    "attempts\nanswered in time": "cooperation_success",
    "variance from\nthe partner": "partner_unique",
    "units that pass\nas mirror units": "mirror_share",
    "decoding across,\nabove chance": "code_gain",
}
"""Title of a panel → its measure."""


def panels(table: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
    """Return what the answer's figure shows; see `mirror_core.figures.cooperation.answer`."""
    return {
        title: {condition: by_seed(values(table, condition, measure)) for condition in present(EXPERIMENT, table)}
        for title, measure in PANELS.items()
    }


def finding(table: pd.DataFrame) -> HTML:
    """Say what pairs learn and whether their units mirror the partner, by the rules of the verdicts."""
    found = {one.claim.id: one.verdict for one in judge_study(EXPERIMENT, table)}
    better = values(table, "together", "cooperation_success") - values(table, "alone", "cooperation_success")
    learn = "learn" if side(better) == "above" else "do not learn"
    mirrors = {
        "yes": "and some of their units come to code a partner's move as their own",
        "no": "but their units are not found to code a partner's move as their own",
        "as without learning": "but units that code a partner's move as their own are there without learning",
        "cannot be told": "but whether their units code a partner's move as their own cannot be told",
    }[system(EXPERIMENT, table).mirrors]

    def of(measure: str, condition: str = "together") -> str:
        return told(table, condition, measure)

    verdicts = list(found.values())
    held = verdicts.count("reproduced")
    more = (
        f"Together, {of('cooperation_success')} of attempts are answered in time (before: "
        f"{of('cooperation_success', 'alone')}). The share of units with the same tuning for own and shown moves is "
        f"{of('mirror_share')} (untrained: {of('mirror_share', 'untrained')}); decoding the move across, minus "
        f"chance, is {of('code_gain')} in the worse agent, the worse way. Silencing the units that most follow the "
        f"partner costs {of('partner_lesion_success')} more of success than silencing units like them. Of "
        f"{len(found)} claims, "
        f"{held} {agree(held, 'is', 'are')} reproduced, {verdicts.count('partly')} partly."
    )
    return statement(f"Two agents {learn} to act together, {mirrors}.", more)


def lesions(table: pd.DataFrame) -> HTML:
    """Show what silencing units costs the pairs that learned together, more than silencing matched units."""
    rows = []
    for name in LESIONS:
        known, found = measure_named(name), values(table, EXPERIMENT.main, name).dropna()
        rows.append(
            {
                "what is lost": escape(known.label),
                "n": len(found),
                "mean over pairs": cell(found, known.limits, known.digits),
                "pairs that lose more": f"{(found > 0).sum()} of {len(found)}",
            }
        )
    return show(pd.DataFrame(rows))


def what_could_be_found(pair: Pair, played: Played, seed: int, n_draws: int) -> HTML:
    """Show what the tests find in the first agent of a pair where some of its units are made mirror units."""
    n, length = FULL.n_sequences, FULL.n_steps
    found = paired(pair[0], played.seen[:length, 0, :n], played.actions[:length, 0, :n], FULL.n_fillings)
    even = balanced(found, stream(seed, f"{NAME}/balanced/0"))
    if even is None:
        return HTML("<p>This agent makes fewer than three different moves: the tests cannot be made.</p>")
    made = power(*even, seed, n_draws=n_draws)
    rows = [
        {
            "units planted": f"{row.planted * 100:.0f} %",
            "units that pass": f"{row.mirror_share * 100:.0f} %",
            "mean r": decimal(row.mean_r),
            "decoding across, above chance": decimal(row.code_gain),
            "its p": decimal(row.code_p),
        }
        for row in made.itertuples()
    ]

    def least(found: pd.Series) -> str:
        if not found.any():
            return "at no share tried here"
        least = made.planted[found].min()
        return "only if all are planted" if least == 1 else f"from {least * 100:.0f} % on"

    says = (
        f"<p>Single units pass {least(made.mirror_units > 0)}; decoding has p ≤ {decimal(ALPHA)} "
        f"{least((made.code_p <= ALPHA) & (made.code_gain > 0))}.</p>"
    )
    return HTML(says + show(pd.DataFrame(rows)).data)


def one_pair(trained: Played, untrained: Played) -> HTML:
    """Say what the pair on the page does, beside the same pair before learning."""
    after, before = success(trained), success(untrained)
    each = (trained.together == COOPERATION).sum(axis=0).mean()
    least = "none was tried" if np.isnan(before) else f"{decimal(before)}, untrained"
    return HTML(
        f"<p>This pair answers {decimal(after)} of its attempts in time ({least}), and cooperates {decimal(each, 1)} "
        "times in an episode.</p>"
    )


def film(played: Played, episode: int, n_steps: int) -> HTML:
    """Show the first timesteps of an episode.

    Parameters
    ----------
    episode
        Its number among those that were played.
    """
    pictures, captions = [], []
    states = played.states[:, episode]
    for t in range(min(n_steps, len(states) - 1)):
        # a step's picture shows where it led, and what it was
        poked = played.did[t, :, episode] % DRINK == POKE
        drank = played.did[t, :, episode] >= DRINK
        together = {COOPERATION: "cooperation", MISS: "miss"}.get(int(played.together[t, episode]), "")
        pictures.append(world(states[t + 1], poked, together))
        who = [
            f"{'AB'[k]} "
            + (
                "pokes"
                if poked[k]
                else "drinks"
                if drank[k]
                else "stands still"
                if body[FROZEN]
                else _where(body, k, played, t, episode)
            )
            for k, body in enumerate(states[t + 1])
        ]
        captions.append(f"Step {t + 1}: {', '.join(who)}{f'; {together}' if together else ''}.")
    return player(pictures, captions, "A trained pair in its world", film, per_second=4)


def _where(body: np.ndarray, k: int, played: Played, t: int, episode: int) -> str:
    if body[WAITS]:
        return "has water waiting"
    away = int(played.distance[t + 1, k, episode])
    return "is in its poke cell" if away == 0 else f"is {away} step{'s' if away > 1 else ''} from its poke cell"


def own_agent() -> HTML:
    """Show how an agent of one's own learns in this world and is recorded: the documentation of the environment."""
    source = files("mirror_core.experiments").joinpath("cooperation_env.py").read_text(encoding="utf-8")
    lines = ast.get_docstring(ast.parse(source)).splitlines()
    code = [line for line in lines if line.startswith("    ") or not line]
    example = "\n".join(line[4:] for line in code).strip()
    return HTML(f'<div class="highlight"><pre>{escape(example)}</pre></div>')
