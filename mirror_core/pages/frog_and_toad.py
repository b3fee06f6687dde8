"""The page of Frog and Toad: what its index follows, who helps, and a game to step through."""

from __future__ import annotations

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate, difference
from mirror_core.experiments import frog_and_toad
from mirror_core.experiments import frog_and_toad_game as game
from mirror_core.experiments import frog_and_toad_learning as learning
from mirror_core.experiments.judging import judge_study
from mirror_core.figures.frog_and_toad import LOOK, board_picture
from mirror_core.figures.marks import by_seed
from mirror_core.pages.experiment import told, values
from mirror_core.pages.player import player
from mirror_core.pages.tables import show, statement
from mirror_core.seeding import stream
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import agree, with_interval

SHOWN = {
    "distress_index_scaled": "index, in deviations",
    "distress_r": "r of own, partner's rise",
    "help_recall": "help when asked for",
}
"""Measures of the figure → titles of its panels."""
LIMITS = {title: measure_named(measure).limits for measure, title in SHOWN.items()}
"""Title → least and largest possible value."""
TABLE = ("distress_index", "distress_index_scaled", "distress_r", "label_accuracy", "help_recall", "help_owed",
         "game_score", "help_worth")  # fmt: skip
"""Measures of the table of conditions."""
FINDING = {
    "reproduced": "stays whichever way the board is written",
    "partly": "stays under some ways to write the board",
    "not reproduced": "depends on how the board is written",
}
"""Verdict on the claim that the index of networks that help is their own → what the page finds."""
HELPS = 0.5
"""Share of the boards that ask for help from which networks of a condition, in the mean, have learned to help."""
PAIRS = {"labels": "no helping", "long labels": "long no helping"}
"""Way of learning that teaches help → the same without."""


def against(table: pd.DataFrame, coding: str, how: str, than: str) -> Estimate:
    """Return by how much the index, in deviations of units, differs between two ways of learning, matched by seed."""
    return difference(*(values(table, f"{coding} / {one}", "distress_index_scaled") for one in (how, than)))


def raised(table: pd.DataFrame) -> str:
    """Say in which ways of writing learning to help raises the index: "in all", "in some" or "in no" way.

    Of the conditions in which networks have learned to help, it does where the 95 % interval of the difference to the
    same without helping lies above zero.
    """
    helped = [
        against(table, coding, how, PAIRS[how]).low > 0
        for coding, how in (condition.split(" / ") for condition in frog_and_toad.CONDITIONS)
        if how in PAIRS and values(table, f"{coding} / {how}", "help_recall").mean() >= HELPS
    ]
    if not helped:
        return "no network learned to help"
    ways = (
        "in all ways of writing"
        if all(helped)
        else "in some ways of writing only"
        if any(helped)
        else "in no way of writing"
    )
    return f"learning to help raises it {ways}"


def finding(table: pd.DataFrame) -> HTML:
    """Say by the verdict what the index follows, where learning to help raises it, and its numbers."""
    verdict = {one.claim.id: one.verdict for one in judge_study(frog_and_toad.FROG_AND_TOAD, table)}[
        "frog-long-recoding"
    ]
    integers, opposed = (
        {name: told(table, f"{coding} / long labels", name) for name in ("distress_index", "help_recall")}
        for coding in ("integers", "opposed integers")
    )
    more = (
        f"With players written as the source does, it is {integers['distress_index']} thousandths once networks help "
        f"(on {integers['help_recall']} of the boards that ask for it), "
        f"{told(table, 'integers / long no helping', 'distress_index')} if help is not taught and "
        f"{told(table, 'integers / untrained', 'distress_index')} before any learning; with other numbers for the "
        f"same players it is {opposed['distress_index']}, and they help on {opposed['help_recall']} "
        f"(n = {table.seed.nunique()} networks a condition)."
    )
    index = FINDING.get(verdict, "could not be judged")
    return statement(f"A score for empathy-like units here {index}; {raised(table)}.", more)


def panels(table: pd.DataFrame) -> dict[str, dict[tuple[str, str], Estimate]]:
    """Return for each panel of the figure what was found with each coding and way of learning."""
    found: dict[str, dict[tuple[str, str], Estimate]] = {}
    for measure, title in SHOWN.items():
        found[title] = {}
        for condition in frog_and_toad.CONDITIONS:
            coding, how = condition.split(" / ")
            one = by_seed(values(table, condition, measure))
            if how in LOOK and one.n:
                found[title][coding, how] = one
    return found


def taught(table: pd.DataFrame) -> HTML:
    """Show for each coding how often taught networks help, and whether their index differs from its controls'."""

    rows = []
    for condition in frog_and_toad.CONDITIONS:
        coding, how = condition.split(" / ")
        if how in PAIRS:
            rows.append(
                {
                    "coding": coding,
                    "taught": "long" if how.startswith("long") else "as planned",
                    "help when asked for": told(table, condition, "help_recall"),
                    "index minus before learning": with_interval(
                        against(table, coding, how, "untrained").values, digits=3
                    ),
                    "index minus where help is not taught": with_interval(
                        against(table, coding, how, PAIRS[how]).values, digits=3
                    ),
                }
            )
    return show(pd.DataFrame(rows), "Mean and 95 % interval; index in deviations of units, matched by seed")


def played(table: pd.DataFrame) -> HTML:
    """Say how far networks that learned by play come, and what help brings them."""
    sentences = []
    for coding in frog_and_toad.ONLY["play"]:
        owed, worth = (told(table, f"{coding} / play", name) for name in ("help_owed", "help_worth"))
        sentences.append(
            f"<li><strong>By play, {coding}</strong>: games scroll by "
            f"{told(table, f'{coding} / play', 'game_score')} columns (untrained: "
            f"{told(table, f'{coding} / untrained', 'game_score')}); help brings {worth} of them. The partner's "
            f"distress changes the chance of help by {owed}.</li>"
        )
    return HTML(f"<ul>{''.join(sentences)}</ul>")


def lesions_said(table: pd.DataFrame) -> HTML:
    """Say what silencing the units with an index costs more than silencing matched ones, and in how many networks."""
    rows = []
    for condition in frog_and_toad.CONDITIONS:
        coding, how = condition.split(" / ")
        measure = "lesion_help" if how in PAIRS else "lesion_score" if how == "play" else None
        if measure:
            found, n = values(table, condition, measure), table.seed.nunique()
            could, cost = found.notna().sum(), told(table, condition, measure)
            have = f"{could} of {n} networks {agree(could, 'has', 'have')} such units"
            rows.append(f"<li><strong>{coding}, {how}</strong>: {cost} ({have})</li>")
    return HTML(
        "<p>Help lost (share of boards; by play, columns lost), minus the same for matched units:</p>"
        f"<ul>{''.join(rows)}</ul>"
    )


def in_brief() -> HTML:
    """Say what is done, with the constants of the experiment."""
    ways = "; ".join(
        f"{coding}: oneself {a}, in distress {b}, the partner {c}, in distress {d}"
        for coding, (a, b, c, d) in game.SYMBOLS.items()
    )
    items = (
        f"<strong>Board.</strong> {game.COLUMNS} columns, each rough with chance {game.ROUGH}; who stands on rough "
        f"ground is in distress. Energy from 0 to {game.MOST_ENERGY}.",
        "<strong>Labels.</strong> No energy: jump. In the last column: help. From column "
        f"{game.NEAR_END} on (the first is 0), oneself well and the partner in distress: help. Next column solid: hop. "
        "Room: leap. Else hop.",
        f"<strong>Network.</strong> Two layers of {learning.HIDDEN} rectified units, four linear outputs, squared "
        f"error, dropout {learning.DROPOUT}; Adam at {learning.RATE}, {learning.N_BATCHES} batches of "
        f"{learning.BATCH}, or {learning.LONGER} times as many (“long”).",
        "<strong>Play.</strong> One network plays both players and is rewarded by what the board scrolls; proximal "
        f"policy optimisation, {learning.N_GAMES} games, {learning.N_ROUNDS} rounds of {learning.N_STEPS} steps.",
        f"<strong>Index.</strong> {frog_and_toad.N_MATCHED} boards with both players on solid ground, on which only "
        "their symbols change. Each unit's rise over “nobody in distress” when oneself is, and when the partner is; "
        "the smaller of the two, if both are positive; the mean over units. In deviations: each unit's rises divided "
        "by its standard deviation.",
        f"<strong>Ways of writing.</strong> {ways}. The last two have an input for each symbol at each column.",
        "<strong>Lesion.</strong> The fifth of hidden units with the largest index is silenced; for comparison, "
        f"{frog_and_toad.N_LESIONS} times, as many others that vary alike.",
    )
    return HTML(f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")


def live(seed: int, n_batches: int, n_boards: int) -> dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Return the rises of the units of one network a coding, before and after it learned from labels."""
    shared = frog_and_toad.Seed(seed, n_boards, 0, frog_and_toad.N_MATCHED)
    return {
        coding: {
            how: frog_and_toad.rises(
                frog_and_toad.learned(f"{coding} / {how}", shared, n_batches), coding, shared.matched
            ).in_deviations()
            for how in ("untrained", "labels")
        }
        for coding in game.SYMBOLS
    }


def film(network: learning.Perceptron, coding: str, seed: int, n_steps: int = 40) -> HTML:
    """Return a game of a network with itself to step through, actions drawn by its outputs."""
    table, rng = game.Game(1, stream(seed, "frog_and_toad/film")), stream(seed, "frog_and_toad/film actions")
    steps, total = [], 0
    for _ in range(n_steps):
        seen = [table.seen_by(k) for k in range(2)]
        layers = [network.layers(game.encode(one, coding)) for one in seen]
        action = [int(learning.drawn(learning.chances(one[-1]), rng)[0]) for one in layers]
        energy, able = table.energy[0].tolist(), table.energy[0] >= 1
        able[1] |= able[0] and action[0] == game.HELP  # the frog acts first
        steps.append((seen[0], energy, action, able, [one[0] for one in layers[0][1:-1]], total))
        total += int(table.step(np.array([action]))[0])
    most = [max(max(step[4][layer].max() for step in steps), 1e-6) for layer in range(2)]
    pictures, captions = [], []
    for i, (seen, energy, action, able, activity, before) in enumerate(steps):
        names = [
            game.ACTIONS[a] + ("" if ok or a == game.JUMP else ", without energy")
            for a, ok in zip(action, able, strict=True)
        ]
        distress = [bool(seen.distress[0]), bool(seen.partner_distress[0])]
        pictures.append(
            board_picture(
                seen.rough[0], seen.flies[0], [int(seen.me[0]), int(seen.partner[0])], distress, energy, names,
                [units / top for units, top in zip(activity, most, strict=True)],
            )
        )  # fmt: skip
        hurt = [name for name, is_hurt in zip(("frog", "toad"), distress, strict=True) if is_hurt]
        captions.append(
            f"Step {i + 1}, {before} columns scrolled. In distress: {' and '.join(hurt) or 'nobody'}. "
            f"Frog: {names[0]}; toad: {names[1]}."
        )
    return player(pictures, captions, f"A game of a network with itself, reading {coding}", film)
