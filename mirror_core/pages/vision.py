"""The page on pictures, continuous movement and another viewpoint: does anything of mirroring survive them?"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.image import imsave

from mirror_core.analysis import unit_correlation
from mirror_core.analysis.estimates import Estimate, difference, estimate
from mirror_core.experiments import experiment_named
from mirror_core.experiments.judging import judge_study
from mirror_core.experiments.vision import KINDS, MAIN, Recorded
from mirror_core.figures.marks import by_seed
from mirror_core.figures.style import MODE_THEMED
from mirror_core.pages.experiment import apart, beyond_matched, told, values
from mirror_core.pages.player import drawn, player
from mirror_core.pages.tables import digits_of, show, statement
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import decimal
from mirror_core.worlds.episodes import Episodes

EXPERIMENT = experiment_named("vision")

SHOWN = {
    "mismatch_share": "units beyond\nunit mismatch",
    "mean_r": "mean r",
    "transfer_c": "code across\nmodes, c",
    "mirror_view_r": "mean r,\nmirrored view",
}
"""Measure → its panel of the figure."""

LEVELS = {SHOWN["mean_r"]: (0.0, ""), SHOWN["transfer_c"]: (0.2, ".2"), SHOWN["mirror_view_r"]: (0.0, "")}

IN_TABLE = (
    "explained", "command_r2", "mismatch_share", "mean_r", "strong", "transfer_c", "transfer_p", "mirror_view_r",
    "mirror_view_c", "command_lesion",
)  # fmt: skip
"""Measures of the table of conditions."""

CORNERS = {
    "continuous frames": "pictures,\ncontinuous",
    "continuous angles": "angles,\ncontinuous",
    "discrete frames": "pictures,\nsix commands",
    "discrete angles": "angles,\nsix commands",
}
"""Kind of command and sensation → its row of the figure."""

CONTROLS = {"untrained": "untrained", "mispaired": "mispaired", "as-written": "as written"}
"""Further controls of the first → their rows."""


LESION = {"command_r2": "R² of torques\ninferred", "command_lesion": "lost beyond\nmatched units"}
"""Measure → its panel of the figure of lesions."""
NO_COST = {LESION["command_lesion"]: (0.0, "")}
"""Where nothing is lost."""


def panels(table: pd.DataFrame, shown: Mapping[str, str] = SHOWN) -> dict[str, dict[str, dict[str, Estimate]]]:
    """Return what a figure draws: panel → row → lane → what was found; `shown` is measure → panel."""

    def of(measure: str, condition: str) -> Estimate:
        return by_seed(values(table, condition, measure))

    def rows(measure: str) -> dict[str, dict[str, Estimate]]:
        found = {
            words: {
                "one core": of(measure, name),
                "one core, no inertia": of(measure, f"{name} without inertia"),
                "separate cores": of(measure, f"{name} in separate cores"),
            }
            for name, words in CORNERS.items()
        }
        found[CORNERS[MAIN]]["mirrored experience"] = of(measure, "mirrored experience")
        return found | {words: {"another control": of(measure, name)} for name, words in CONTROLS.items()}

    return {words: rows(measure) for measure, words in shown.items()}


def lesion_panels(table: pd.DataFrame) -> dict[str, dict[str, dict[str, Estimate]]]:
    """Return what the figure of lesions draws, as `panels` does."""
    return panels(table, LESION)


FEW = 0.1
"""Share of the units below which mirror units are called few."""
_SURVIVE = {"reproduced": "survive", "partly": "survive in part", "not reproduced": "do not survive"}
_DOES = {"reproduced": "does", "partly": "does in part", "not reproduced": "does not"}


def finding(table: pd.DataFrame) -> HTML:
    """Say in one sentence what survives, and in others by how much; the words follow the verdicts."""
    verdict = {one.claim.id.removeprefix("vision-"): one.verdict for one in judge_study(EXPERIMENT, table)}
    if "not tested" in (verdict["units"], verdict["code"]):
        units = "the table does not say whether mirror units survive"
    else:
        share = estimate(table[table.condition == MAIN].mismatch_share).mean
        few = "few " if verdict["units"] != "not reproduced" and share < FEW else ""
        units = f"{few}mirror units {_SURVIVE[verdict['units']]}, one code of the commands {_DOES[verdict['code']]}"
    if verdict["viewpoint"] == "reproduced":
        view = "what is alike stays so in a mirror"
    elif verdict["experience"] == "reproduced":
        view = "a mirrored view has to be learned"
    else:
        view = "a mirrored view shows little, learned or not"
    separate = f"{MAIN} in separate cores"
    return statement(
        f"With pictures and continuous commands, {units}; {view}.",
        f"A share of {told(table, MAIN, 'mismatch_share')} of the units goes beyond unit mismatch, with separate cores "
        f"{told(table, separate, 'mismatch_share')}; their mean r is {told(table, MAIN, 'mean_r')} against "
        f"{told(table, separate, 'mean_r')}. A regression of the torques carries over with c = "
        f"{told(table, MAIN, 'transfer_c')}, the worse way, against {told(table, separate, 'transfer_c')}. With angles "
        f"and six commands, the share is {told(table, 'discrete angles', 'mismatch_share')} and c "
        f"{told(table, 'discrete angles', 'transfer_c')}. Of a mirrored view, the mean r is "
        f"{told(table, MAIN, 'mirror_view_r')}, and {told(table, 'mirrored experience', 'mirror_view_r')} once "
        "mirrored views were learned from.",
    )


def _words(corner: str) -> str:
    return CORNERS[corner].replace(",\n", " and ").replace("continuous", "continuous commands")


def matters_said(table: pd.DataFrame) -> HTML:
    """Say what each of the things that are varied makes of the mean r, matched by seed."""

    def change(condition: str, than: str) -> str:
        r = {one: table[table.condition == one].set_index("seed").mean_r for one in (condition, than)}
        return apart(difference(r[condition], r[than]))

    return HTML(
        "<p>What each change makes of the mean r, matched by seed: six commands instead of continuous ones, "
        f"{change('discrete frames', 'continuous frames')} with pictures and "
        f"{change('discrete angles', 'continuous angles')} with angles; pictures instead of angles, "
        f"{change('continuous frames', 'continuous angles')} with continuous commands and "
        f"{change('discrete frames', 'discrete angles')} with six; inertia, "
        f"{change('continuous frames', 'continuous frames without inertia')} with pictures and continuous commands and "
        f"{change('discrete angles', 'discrete angles without inertia')} with angles and six.</p>"
    )


def learned_said(table: pd.DataFrame) -> HTML:
    """Say how well the tasks are learned: without that, nothing else means anything."""
    r2 = {one: estimate(table[table.condition == one].command_r2).mean for one in CORNERS}
    hardest, easiest = min(r2, key=r2.get), max(r2, key=r2.get)
    return HTML(
        "<p>Every kind is learned, not equally well: R² of the inferred torques is "
        f"{told(table, easiest, 'command_r2')} with {_words(easiest)} and {told(table, hardest, 'command_r2')} with "
        f"{_words(hardest)}; performing predicts {told(table, MAIN, 'explained')} of the variance of pictures "
        f"and {told(table, 'continuous angles', 'explained')} of that of angles (continuous commands). The untrained "
        f"network infers {told(table, 'untrained', 'command_r2')}.</p>"
    )


def ways_said(table: pd.DataFrame) -> HTML:
    """Say how a code carries over each way, how large, and how often each direction means itself."""

    def passing(condition: str) -> str:
        p = table[table.condition == condition].transfer_p
        return f"{int((p <= 0.05).sum())} of {len(p)}"

    return HTML(
        f"<p>From observing to performing c is {told(table, MAIN, 'c_to_perform')}, from performing to observing "
        f"{told(table, MAIN, 'c_to_observe')}. Both ways go beyond turned axes in {passing(MAIN)} networks, with "
        f"separate cores in {passing(f'{MAIN} in separate cores')}, untrained in {passing('untrained')}: p asks only "
        f"whether each direction means itself, so read c beside it. The median R² of the same regressions is "
        f"{decimal(table[table.condition == MAIN].transfer_r2.median(), 1)}, the worse way: what carries over differs "
        "in size and mean.</p>"
    )


def trust_said(table: pd.DataFrame) -> HTML:
    """Say which test of units can be trusted where, by what both say where both can be asked."""
    shown = " and ".join(
        f"{told(table, one, 'mismatch_share')} by unit mismatch, {told(table, one, 'mirror_share')} by tuning mismatch "
        f"({_words(one)})"
        for one in ("discrete angles", "discrete frames")
    )
    unshared = told(table, "discrete angles in separate cores", "mismatch_share")
    return HTML(
        "<p>The test of single units that can be trusted most, tuning mismatch, needs actions that are classes. Where "
        f"there are six commands, both can be asked; the share of units that pass is {shown}. Where cores share "
        f"nothing, unit mismatch passes {unshared} (angles and six commands).</p>"
    )


def views_said(table: pd.DataFrame) -> HTML:
    """Say what a network takes a mirrored arm for."""
    taken = estimate(table[table.condition == MAIN].mirror_view_c)
    words = (
        "takes its movement for the opposite one, as if it were its own arm"
        if taken.high < 0
        else "tells its movement"
        if taken.low > 0
        else "does not tell its movement"
    )
    return HTML(
        f"<p>Whoever has never seen an arm in a mirror {words}: the inferred torques go with the true ones by "
        f"{told(table, MAIN, 'mirror_view_c')}. With mirrored experience they do by "
        f"{told(table, 'mirrored experience', 'mirror_view_c')}, at some cost for the view that it knew: R² "
        f"{told(table, 'mirrored experience', 'command_r2')} instead of {told(table, MAIN, 'command_r2')}.</p>"
    )


def lesions_said(table: pd.DataFrame) -> HTML:
    """Say what silencing units costs beyond matched ones."""
    names = [*CORNERS, f"{MAIN} in separate cores", "mirrored experience"]
    lead = "Silencing the sixth of the units of largest <em>r</em> while it watches"
    return beyond_matched(table, lead, names, "command_lesion", "R² of the inferred torques that is")


def seconds_said(table: pd.DataFrame) -> HTML:
    """Say what a network takes."""
    by_kind = table[table.condition.map(lambda one: KINDS[one].trained)].groupby("condition").seconds.median()
    pictures = [one for one in by_kind.index if KINDS[one].world.sensation == "frames"]
    return HTML(
        f"<p>A network that sees pictures is trained and measured in {decimal(by_kind[pictures].median(), 1)} s of one "
        f"core, one that sees angles in {decimal(by_kind.drop(pictures).median(), 1)} s (medians).</p>"
    )


# -- live --


def network_table(found: Mapping[str, float]) -> HTML:
    """Show the measures of the network trained here."""
    rows = [
        {"measure": escape(measure_named(name).label), "here": decimal(found[name], digits_of(name))}
        for name in IN_TABLE
    ]
    return show(pd.DataFrame(rows))


def unit_r(views: Mapping[str, Recorded]) -> dict[str, np.ndarray]:
    """Return r of each unit, between performing and observing, from every view."""
    return {name: unit_correlation(one.perform, one.observe, centre_timesteps=True) for name, one in views.items()}


SIZE = (470, 330)
"""Width and height of a picture of the film: narrow enough to be read on a phone."""
_SIDE = 140
_TORQUE = 22
"""Pixels for a torque of 1."""


def film(test: Episodes, own: Recorded, mirrored: Recorded, seen_mirrored: np.ndarray, episode: int = 0) -> HTML:
    """Show an episode: the arm, what a network predicts of its own movement, and what it infers from either view.

    Parameters
    ----------
    test
        Episodes with frames and two torques.
    own, mirrored
        What the network makes of them, see `mirror_core.experiments.vision.record`: watched as they are, and mirrored.
    seen_mirrored
        The mirrored frames (sequence, time, row, column).
    """
    captions = [_caption(test, own, mirrored, episode, t) for t in range(test.actions.shape[1])]
    pictures = []
    for t in range(len(captions)):
        frames = {
            "what is seen": test.sensations[episode, t],
            "what acting predicts": own.predicted[episode, t],
            "seen in a mirror": seen_mirrored[episode, t],
        }
        torques = {
            "applied": test.actions[episode, t],
            "inferred from what is seen": own.inferred[episode, t],
            "inferred from the mirror": mirrored.inferred[episode, t],
        }
        pictures.append(_picture(frames, torques))
    return player(pictures, captions, "An arm, as a network predicts and infers its movement", film, per_second=1.5)


def _caption(test: Episodes, own: Recorded, mirrored: Recorded, episode: int, t: int) -> str:
    def pair(torques: np.ndarray) -> str:
        return " and ".join(decimal(one, 1) for one in torques)

    error = np.sqrt(np.mean((own.predicted[episode, t] - test.sensations[episode, t]) ** 2))
    return (
        f"Step {t + 1} of {test.actions.shape[1]}: torques {pair(test.actions[episode, t])} are applied; "
        f"{pair(own.inferred[episode, t])} are inferred from what is seen, {pair(mirrored.inferred[episode, t])} from "
        f"its mirror image. The predicted picture is off by {decimal(error)} (root mean square)."
    )


_LOOK = {
    "applied": ("currentColor", ""),
    "inferred from what is seen": (MODE_THEMED["perform"], ""),
    "inferred from the mirror": (MODE_THEMED["observe"], ' stroke-dasharray="5 3"'),
}


def _picture(frames: Mapping[str, np.ndarray], torques: Mapping[str, np.ndarray]) -> str:
    parts = []
    for k, (name, frame) in enumerate(frames.items()):
        x = 5 + k * (_SIDE + 20)
        parts.append(f'<text x="{x + _SIDE / 2:.0f}" y="14" text-anchor="middle">{name}</text>')
        parts.append(
            f'<image x="{x}" y="22" width="{_SIDE}" height="{_SIDE}" href="{_png(frame)}" image-rendering="pixelated"/>'
        )
    across, down = 100, 250
    parts.append(f'<text x="{across}" y="186" text-anchor="middle">torques</text>')
    parts.append(
        f'<path d="M{across - 70} {down}h140M{across} {down - 55}v110" fill="none" stroke="currentColor" '
        'stroke-width=".5" opacity=".5"/>'
    )
    parts.append(f'<text x="{across + 74}" y="{down + 4}">shoulder</text>')
    parts.append(f'<text x="{across}" y="{down + 70}" text-anchor="middle">elbow</text>')
    for k, (name, torque) in enumerate(torques.items()):
        colour, dashes = _LOOK[name]
        x, y = across + _TORQUE * np.clip(torque[0], -3, 3), down - _TORQUE * np.clip(torque[1], -2.5, 2.5)
        stroke = f'stroke="{colour}" stroke-width="{4 - k}"{dashes}'
        parts.append(f'<path d="M{across} {down}L{x:.1f} {y:.1f}" fill="none" {stroke}/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')
        parts.append(f'<path d="M258 {216 + 24 * k}h30" fill="none" {stroke}/>')
        parts.append(f'<text x="296" y="{220 + 24 * k}">{name}</text>')
    return drawn(*SIZE, parts)


def _png(frame: np.ndarray) -> str:
    """Return a frame, brightness 0 to 1, as an address that holds the picture itself."""
    held = io.BytesIO()
    imsave(held, frame, cmap="gray", vmin=0, vmax=1, format="png", metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(held.getvalue()).decode()
