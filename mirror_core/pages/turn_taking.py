"""The page of the two robots: what their links do, against no links and wrong ones, and a film of a pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.analysis.estimates import difference
from mirror_core.analysis.nulls import NULLS
from mirror_core.analysis.nulls.base import Size
from mirror_core.experiments import experiment_named
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.turn_taking import CONDITIONS, DELAYS, SAMPLES, condition_of, interaction
from mirror_core.experiments.turn_taking_robots import FIELD, LINKS, N_GESTURES, NONE, STEP, Meeting
from mirror_core.figures.turn_taking import GESTURE_COLOURS, GESTURES
from mirror_core.pages.experiment import told, values
from mirror_core.pages.player import player
from mirror_core.pages.tables import show, statement
from mirror_core.seeding import stream
from mirror_core.studies.measures.significance import TRUSTED
from mirror_core.studies.wording import counted, decimal, listed

EXPERIMENT = experiment_named("turn_taking")

MAPPED = {
    "locked_meetings": "in synchrony",
    "in_phase_meetings": "in phase",
    "turn_taking_meetings": "turn-taking",
    "same_gesture_answers": "same gesture\nin answer",
    "time_alike": "same gesture\nat once",
}
"""Measure → title of its panel in the map."""
OF_UNITS = ("own_gesture_units", "mean_r", "code_gain", "code_p", "mirror_units")
"""What the table of units shows."""


def cells(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each kind of link, delay and measure of the map.

    `differs` is true where the 95 % interval of the difference from no links, matched by pair, excludes zero.
    """
    rows = []
    for condition, (_, links, delay) in CONDITIONS.items():
        for measure in MAPPED:
            of, none = (values(table, one, measure).dropna() for one in (condition, NONE))
            if len(of):
                found = difference(of, none)
                rows.append(
                    {
                        "links": links,
                        "delay": np.nan if links == NONE else delay,
                        "measure": measure,
                        "mean": of.mean(),
                        "differs": bool(found.n > 1 and (found.low > 0 or found.high < 0)),
                    }
                )
    return pd.DataFrame(rows)


def link_names(table: pd.DataFrame) -> list[str]:
    """Return the kinds of links in the table, in their order."""
    return [one for one in (NONE, *LINKS) if any(CONDITIONS[condition][1] == one for condition in set(table.condition))]


def finding(table: pd.DataFrame) -> HTML:
    """Say in two sentences what the links make robots do, and whether it matters that they are mirror links.

    The rule: what a claim says is said if it is reproduced, and with "can" if partly; the wrong links count as doing as
    much if no part of the claim that mirror links do more holds. The numbers are of the mirror links with most turns,
    among those judged.
    """
    verdict = {one.claim.id.partition("-")[2]: one.verdict for one in judge_study(EXPERIMENT, table)}
    does = {
        what: verdict[name]
        for name, what in (("synchrony", "fall into step"), ("turns", "take turns"))
        if verdict[name] in ("reproduced", "partly")
    }
    if does:
        can = "can " if "partly" in does.values() else ""
        more = {"reproduced": "more so than", "partly": "partly more so than"}.get(verdict["owed"], "but no more than")
        first = (
            f"Two robots that link seeing to doing {can}{listed(list(does))}, {more} with links to the wrong gesture."
        )
    else:
        first = "Two robots that link seeing to doing neither fall into step nor take turns."
    best = max(_JUDGED, key=lambda one: values(table, one, "turn_taking_meetings").mean())
    mirror, other, none = (
        told(table, one, "turn_taking_meetings") for one in (best, best.replace("mirror", "other gesture"), NONE)
    )
    _, kind, delay = CONDITIONS[best]
    second = (
        f"With {LINKS[kind]}, and lights seen after {delay:g} s, turn-taking emerges in {mirror} of the meetings; with "
        f"links to the wrong gesture in {other}; without links in {none} ({counted(table.seed.nunique(), 'pair')}; "
        f"mean and 95 % interval)."
    )
    return statement(first, second)


_JUDGED = [condition_of(links, delay) for links in ("mirror", "weak mirror") for delay in DELAYS[:2]]
"""Conditions with mirror links that the claims are judged by."""


def beside_said(table: pd.DataFrame) -> HTML:
    """Say how much mirror links make robots answer with the same gesture, and how they gesture where most alike."""
    best = max(_JUDGED, key=lambda one: values(table, one, "same_gesture_answers").mean())
    answers, wrong, none = (
        told(table, one, "same_gesture_answers") for one in (best, best.replace("mirror", "other gesture"), NONE)
    )
    alike = max(_JUDGED, key=lambda one: values(table, one, "time_alike").mean())
    return HTML(
        f"<p>What is answered depends on what is linked: with <em>{best}</em> answers repeat the gesture that was seen "
        f"more often than by chance by {answers}, with <em>{best.replace('mirror', 'other gesture')}</em> by {wrong}, "
        f"without links by {none}. With <em>{alike}</em> both robots make the same gesture in "
        f"{told(table, alike, 'time_alike')} of the time, and begin {told(table, alike, 'gestures_per_minute')} "
        f"gestures a minute, {told(table, NONE, 'gestures_per_minute')} without links.</p>"
    )


def units_said(table: pd.DataFrame) -> HTML:
    """Say why motor populations are mirror units by construction, and why the shared test cannot say so."""
    size = Size(sequences=1, timesteps=SAMPLES, units=N_GESTURES, actions=N_GESTURES)
    smallest = NULLS[TRUSTED].smallest_p(size, 1)
    done, alone = (told(table, condition, "own_gesture_units") for condition in (EXPERIMENT.main, NONE))
    carried, by_chance = (told(table, condition, "code_gain") for condition in (EXPERIMENT.main, NONE))
    return HTML(
        f"<p>The learning rule makes mirror units: it links the sight of a gesture to the population that makes it. So "
        f"{done} of the motor populations respond most to their own gesture when it is shown ({alone} without links; "
        f"{decimal(1 / N_GESTURES)} by chance), and decoders of the gesture, trained in one mode, are right in the "
        f"other more often than by chance by {carried} ({by_chance} without links). The shared test of single units "
        f"cannot find any: a robot has {N_GESTURES} motor populations, and the smallest p among pairs of different "
        f"ones is {decimal(smallest, 3)}. So that none passes is no evidence against mirror units here, and that a "
        f"code carries over is none for the claims, which are judged by what robots do.</p>"
    )


def strips(meeting: Meeting) -> list[list[tuple[float, float, int]]]:
    """Return the gestures of each robot: begin and end in seconds, and which."""
    return [[(begin * STEP, end * STEP, which) for begin, end, which in _runs(meeting.lights[:, r])] for r in range(2)]


def _runs(lights: np.ndarray) -> list[tuple[int, int, int]]:
    """Return where each gesture begins and ends, in steps, and which it is."""
    edges = np.flatnonzero(np.diff(lights, prepend=-1, append=-1))
    return [(int(a), int(b), int(lights[a])) for a, b in zip(edges, [*edges[1:], len(lights)], strict=True)
            if a < len(lights) and lights[a] >= 0]  # fmt: skip


def meetings_table(meetings: dict[str, tuple[Meeting, float]], seed: int) -> HTML:
    """Show of each meeting what is compared with circular shifts, its mean over these and p.

    Parameters
    ----------
    meetings
        Title → a meeting, and the delay of seeing.
    """
    rows = []
    for title, (meeting, delay) in meetings.items():
        found = interaction(meeting, delay, stream(seed, "turn_taking/page"))
        row = {"links": title, "gestures a minute": decimal(found["gestures_per_minute"], 1)}
        for name, heading in (
            ("locking", "phase locking"), ("alternation", "alternation"), ("overlap", "overlap")
        ):  # fmt: skip
            row[heading] = (
                f"{decimal(found[name])}<br><small>shifted {decimal(found[f'{name}_shifted'])}, "
                f"p = {found[f'{name}_p']:.2g}</small>"
                if name in found
                else "–"
            )
        row["angle, cycles"] = decimal(found["angle"] / (2 * np.pi)) if "angle" in found else "–"
        row["same gesture in answer − chance"] = decimal(found["same_gesture_answers"])
        row["turn-taking"] = "yes" if found["turn_taking_meetings"] else "no"
        rows.append(row)
    return show(pd.DataFrame(rows))


# ------------------------------------------------------------------------------------------------------- the film

_WIDE, _HIGH, _WINDOW, _RADIUS, _REACH = 640, 256, 12.0, 34, 84
_AT = ((150.0, 88.0), (490.0, 88.0))


def film(meeting: Meeting, delay: float, begin: float, seconds: float, label: str, *, per_second: float = 5.0) -> HTML:
    """Show a part of a meeting from above, as fast as it was, over the gestures of the last seconds.

    Parameters
    ----------
    delay
        Seconds until a light is seen.
    """
    runs = [_runs(meeting.lights[:, r]) for r in range(2)]
    last = min(round((begin + seconds) / STEP), len(meeting.lights))
    steps = range(min(round(begin / STEP), last - 1), last, round(1 / per_second / STEP))
    drawn = [_picture(meeting, runs, t, round(delay / STEP)) for t in steps]
    return player([one for one, _ in drawn], [said for _, said in drawn], label, film, per_second=per_second)


def _picture(meeting: Meeting, runs: Sequence[Sequence[tuple[int, int, int]]], t: int, lag: int) -> tuple[str, str]:
    """Return the drawing of a step, and what it shows in words."""
    parts, words = [], []
    for r, (x, y) in enumerate(_AT):
        making, off = int(meeting.lights[t, r]), float(meeting.off[t, r])
        heading = (0.0 if r == 0 else np.pi) - off
        sees = int(meeting.lights[t - lag, 1 - r]) if t >= lag and abs(off) < FIELD else -1
        (left, up), (right, down) = (
            (x + _REACH * np.cos(heading + a), y + _REACH * np.sin(heading + a)) for a in (-FIELD, FIELD)
        )
        parts.append(
            f'<path d="M{x:.0f},{y:.0f}L{left:.0f},{up:.0f}A{_REACH},{_REACH} 0 0 1 {right:.0f},{down:.0f}Z" '
            f'fill="currentColor" fill-opacity=".08"/>'
        )
        light = GESTURE_COLOURS[making] if making >= 0 else "none"
        parts.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{_RADIUS}" fill="{light}" stroke="currentColor" stroke-width="2"/>'
        )
        eye = (x + _RADIUS * np.cos(heading), y + _RADIUS * np.sin(heading))
        seen = GESTURE_COLOURS[sees] if sees >= 0 else "var(--pst-color-background, #fff)"
        parts.append(
            f'<circle cx="{eye[0]:.1f}" cy="{eye[1]:.1f}" r="11" fill="{seen}" stroke="currentColor" stroke-width="2"/>'
        )
        if making >= 0:
            parts.append(_text(x, y + 8, GESTURES[making], 24, "#fff" if making != 1 else "#000"))
        if sees >= 0:
            parts.append(_text(eye[0], eye[1] + 5, GESTURES[sees], 14, "#fff" if sees != 1 else "#000"))
        parts.append(_text(x, y + 66, f"robot {r + 1}", 17, "currentColor"))
        does = f"makes gesture {GESTURES[making]}" if making >= 0 else "rests"
        words.append(f"robot {r + 1} {does} and sees {GESTURES[sees] if sees >= 0 else 'none'}")
    scale = (_WIDE - 90) / _WINDOW
    for r in range(2):
        top = 180 + 30 * r
        parts.append(_text(40, top + 18, f"robot {r + 1}", 16, "currentColor"))
        for first, end, which in runs[r]:
            left, right = (
                max(_WINDOW + (step - t) * STEP, 0) * scale for step in (first, min(end, t))
            )  # fmt: skip
            if first <= t and right > left:
                parts.append(
                    f'<rect x="{80 + left:.0f}" y="{top}" width="{right - left:.1f}" height="24" '
                    f'fill="{GESTURE_COLOURS[which]}"/>'
                )
    parts.append(_text(_WIDE - 10, 249, "now", 15, "currentColor", "end"))
    parts.append(_text(80, 249, f"{_WINDOW:.0f} s ago", 15, "currentColor", "start"))
    said = f"{t * STEP:.1f} s: {'; '.join(words)}."
    return f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{said}">{"".join(parts)}</svg>', said


def _text(x: float, y: float, text: str, size: int, colour: str, anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" font-family="sans-serif" text-anchor="{anchor}" '
        f'fill="{colour}">{text}</text>'
    )
