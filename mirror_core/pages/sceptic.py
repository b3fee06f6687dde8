"""The page of the sceptic: is a visual system that foresees enough?"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import Estimate, estimate
from mirror_core.config.settings import Config
from mirror_core.experiments import experiment_named
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.sceptic import Foreseen
from mirror_core.figures.style import MODE_THEMED
from mirror_core.pages import experiment
from mirror_core.pages.experiment import labelled, panels_of, present, told, values
from mirror_core.pages.player import drawn, player
from mirror_core.pages.tables import show, statement
from mirror_core.studies.wording import decimal

EXPERIMENT = experiment_named("sceptic")

SHOWN = {
    "read_action": "reads the\naction",
    "mirror_share": "units that\npass",
    "code_gain": "code across\nmodes",
    "matched_r": "r with one\nwho acts",
}
"""Measure → its panel of the figure."""

IN_TABLE = ("read_action", "mirror_units", "mean_r", "code_gain", "code_p", "explained", "foresight", "matched_r")
"""Measures of the table of conditions."""

LEVELS = {SHOWN["code_gain"]: (0.0, "chance")}


def panels(table: pd.DataFrame) -> dict[str, list[Estimate]]:
    """Return what the figure draws: panel → what was found in each condition."""
    return panels_of(table, present(EXPERIMENT, table), SHOWN)


def finding(table: pd.DataFrame) -> HTML:
    """Say in one sentence what vision has, and in another by how much; the words follow the parts of the claims."""
    claims = {one.claim.id.removeprefix("sceptic-"): one for one in judge_study(EXPERIMENT, table)}
    as_well, better = (part.outcome == "holds" for part in claims["reads"].parts[:2])
    reads = "as well as any" if as_well else "better than untrained" if better else "no better than untrained"
    mirrored, coded = (claims[name].verdict == "reproduced" for name in ("looks-mirrored", "one-code"))
    has = f"has {'' if mirrored else 'no '}mirror units and {'a' if coded else 'no'} shared code"
    joint = "and" if mirrored and coded else "but"
    return statement(
        f"A network that only learned to foresee what it sees reads actions {reads}, {joint} {has}.",
        f"The action is decoded from its states with accuracy {told(table, 'vision', 'read_action')}, from those of "
        f"self-observation with {told(table, 'self-observation', 'read_action')}, and from two frames, without any "
        f"network, with {told(table, 'no network', 'read_action')}. Of its units, a share of "
        f"{told(table, 'vision', 'mirror_share')} passes the test, of self-observation's "
        f"{told(table, 'self-observation', 'mirror_share')}; their mean r is {told(table, 'vision', 'mean_r')} against "
        f"{told(table, 'self-observation', 'mean_r')}, and decoding across modes, minus chance, is "
        f"{told(table, 'vision', 'code_gain')} against {told(table, 'self-observation', 'code_gain')}.",
    )


def matching_said(table: pd.DataFrame) -> HTML:
    """Say what it is worth that units of one network can be matched with those of another."""
    means = {one: estimate(table[table.condition == one].matched_r).mean for one in present(EXPERIMENT, table)}
    most = max((one for one in means if np.isfinite(means[one])), key=means.get)
    largest = "" if most == "untrained" else f"; it is largest, {told(table, most, 'matched_r')}, in {escape(most)}"
    return HTML(
        "<p>Units of another network that acts find partners among those of any network that watches: their r is "
        f"{told(table, 'untrained', 'matched_r')} where the watcher never learned anything, and "
        f"{told(table, 'vision', 'matched_r')} with vision{largest}. A high r after matching is no evidence of "
        "anything learned.</p>"
    )


def acting_said(table: pd.DataFrame) -> HTML:
    """Say how well each system acts, and how much vision foresees, against what can be foreseen at all."""
    return HTML(
        f"<p>Watching foresees {told(table, 'vision', 'foresight')} of what the next action adds to a sensation. "
        "Acting is another matter: around the frozen core of vision it comes to predict "
        f"{told(table, 'vision', 'explained')} of the sensations' variance, around a random core "
        f"{told(table, 'random core', 'explained')}; a core that learned to act predicts "
        f"{told(table, 'as-written', 'explained')} (as written).</p>"
    )


def seconds_said(table: pd.DataFrame) -> HTML:
    """Say what a network takes."""
    vision = decimal(values(table, "vision", "seconds").median(), 1)
    trained = table[table.condition != "no network"]
    return experiment.seconds_said(
        trained, "A network is trained and measured", f"; vision, in two stages, in {vision} s"
    )


# -- live --


def expected_said(found: Foreseen, base: Config) -> HTML:
    """Say how much the watching network expects the next action of the cycle, and what the habit makes it worth."""
    n_actions = base.world.n_actions
    following = (found.episodes.actions[:, 1:-1] + 1) % n_actions
    expected = found.expected[:, 1:-1]
    by_habit = np.take_along_axis(expected, following[..., None], axis=2).mean()
    others = (expected.sum(axis=2).mean() - by_habit) / (n_actions - 1)
    true, rest = base.world.habit + (1 - base.world.habit) / n_actions, (1 - base.world.habit) / n_actions
    return HTML(
        f"<p>Over {len(expected)} episodes that it never saw, it expects the next action of the cycle with weight "
        f"{decimal(by_habit)} (probability {decimal(true)}) and each other one with {decimal(others)} "
        f"({decimal(rest)}).</p>"
    )


def networks_table(found: Mapping[str, Mapping[str, float]], mismatched: Mapping[str, int]) -> HTML:
    """Show the measures of the networks trained here, and how many units pass where each is compared with any other."""
    measures = ("read_action", "mirror_units", "mean_r", "code_gain", "code_p", "explained")
    rows = [
        {"condition": name, **labelled(values, measures), "units that pass unit mismatch": mismatched[name]}
        for name, values in found.items()
    ]
    return show(pd.DataFrame(rows))


SIZE = (470, 250)
"""Width and height of a picture: narrow enough to be read on a phone."""


def film(found: Foreseen, episode: int = 0) -> HTML:
    """Show an episode as the watching network sees it: what there is, what it expects, and what then comes."""
    actions = found.episodes.actions[episode]
    pictures = [_picture(found, episode, t) for t in range(len(actions) - 1)]
    captions = [_caption(found, episode, t) for t in range(len(actions) - 1)]
    return player(pictures, captions, "An episode as a watching network sees it", film, per_second=1.0)


def _caption(found: Foreseen, episode: int, t: int) -> str:
    actions, expected = found.episodes.actions[episode], found.expected[episode, t]
    now, then = actions[t] + 1, actions[t + 1] + 1
    habit = "as the habit has it" if actions[t + 1] == (actions[t] + 1) % len(expected) else "against the habit"
    return (
        f"Step {t + 1} of {len(actions) - 1}: action {now} was done. Most expected next: action "
        f"{expected.argmax() + 1}, with weight {decimal(expected.max())}. Then comes action {then}, {habit}."
    )


def _picture(found: Foreseen, episode: int, t: int) -> str:
    """Draw the cycle of actions with what is expected of each, and the sensation foreseen beside the one that comes."""
    sensations, actions = found.episodes.sensations[episode], found.episodes.actions[episode]
    parts = _cycle(found.expected[episode, t], int(actions[t]), int(actions[t + 1]))
    scale = 85 / max(np.abs(sensations).max(), np.abs(found.following[episode]).max())
    parts += _bars(sensations[t + 1], found.following[episode, t], sensations[t], scale)
    return drawn(*SIZE, parts)


def _cycle(expected: np.ndarray, now: int, then: int) -> list[str]:
    """Draw the actions on a circle: area for what is expected, ringed if it is the one done, dashed if it comes."""
    parts = ['<text x="110" y="16" text-anchor="middle">which action comes next?</text>']
    for k, weight in enumerate(expected):
        angle = 2 * np.pi * k / len(expected) - np.pi / 2
        x, y = 110 + 78 * np.cos(angle), 128 + 78 * np.sin(angle)
        area = 24 * np.sqrt(np.clip(weight, 0, 1))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{area:.1f}" fill="{MODE_THEMED["observe"]}"/>')
        if k == now:
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="26" fill="none" stroke="currentColor" stroke-width="2"/>'
            )
        if k == then:
            dashes = f'stroke="{MODE_THEMED["perform"]}" stroke-width="3" stroke-dasharray="5 3"'
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="29" fill="none" {dashes}/>')
        x, y = 110 + 38 * np.cos(angle), 132 + 38 * np.sin(angle)
        parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{k + 1}</text>')
    parts.append('<text x="110" y="246" text-anchor="middle">ring: done now; dashed: comes</text>')
    return parts


def _bars(comes: np.ndarray, foreseen: np.ndarray, now: np.ndarray, scale: float) -> list[str]:
    """Draw each feature of the sensation: what is seen now, what is foreseen, and what comes."""
    parts = ['<text x="350" y="16" text-anchor="middle">which sensation comes next?</text>']
    parts.append('<line x1="232" y1="128" x2="468" y2="128" stroke="currentColor" stroke-width=".6"/>')
    step = 232 / len(comes)
    for i, (c, f, n) in enumerate(zip(comes, foreseen, now, strict=True)):
        x = 234 + step * i
        top, tall = 128 - scale * max(f, 0), scale * abs(f)
        parts.append(
            f'<rect x="{x + 2:.1f}" y="{top:.1f}" width="{step - 4:.1f}" height="{tall:.1f}" '
            f'fill="{MODE_THEMED["observe"]}" opacity=".75"/>'
        )
        parts.append(f'<circle cx="{x + step / 2:.1f}" cy="{128 - scale * n:.1f}" r="2.5"/>')
        parts.append(
            f'<line x1="{x:.1f}" x2="{x + step:.1f}" y1="{128 - scale * c:.1f}" y2="{128 - scale * c:.1f}" '
            f'stroke="{MODE_THEMED["perform"]}" stroke-width="3"/>'
        )
    parts.append('<text x="350" y="246" text-anchor="middle">bars: foreseen; dots: now; lines: comes</text>')
    return parts
