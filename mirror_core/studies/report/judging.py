"""The tables in plain words. Every sentence is chosen by a rule on the numbers; the rules were written first.

A *mirror unit* here has r > 0 and passes one-sided unit mismatch under Benjamini–Hochberg, both raw and
timestep-centred;
an *anti-mirror unit* the same with r < 0. A code of the action *carries over* if a decoder beats the renamings of the
actions
in both directions under every decoder; *in part* if in some of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mirror_core.analysis import CLASSES
from mirror_core.arrays import CENTRINGS
from mirror_core.recordings.cleaned import Recordings
from mirror_core.studies.report.results import Reading, Section, Settings
from mirror_core.studies.wording import decimal

POWER = {4: 0.29, 6: 0.76, 9: 0.97}
"""Number of actions → share of planted mirror units (tuning similarity .95, 30 % of 96 units) that one-sided unit
mismatch
finds at a false discovery rate of .05: as the calibration page has it, mean of 60 simulated populations, 1,600 at K =
6."""

CARRIES = ("yes", "in part", "no", "cannot be tested", "no actions")


def judge(recordings: Recordings, settings: Settings, sections: Mapping[str, Section]) -> Reading:
    """Return the verdict, and what the tables say and do not say."""
    units = confirmed_units(sections)
    mirror, anti = (None, None) if units is None else (int(which.sum()) for which in units)
    carried = carries_over(sections, settings)
    return Reading(
        verdict(mirror, carried, len(recordings.units)),
        tuple(_says(recordings, settings, sections, mirror, anti, carried)),
        tuple(_does_not_say(recordings, settings, sections, mirror, carried)),
    )


def confirmed_units(sections: Mapping[str, Section]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return which units are mirror and which anti-mirror units; None where unit mismatch was not possible."""
    sided = sections["nulls"].found.get("sided", {})
    if ("unit-mismatch", "raw", "greater") not in sided:
        return None
    return tuple(
        np.all([sided["unit-mismatch", centring, side] for centring in CENTRINGS], axis=0)
        for side in ("greater", "less")
    )


def carries_over(sections: Mapping[str, Section], settings: Settings) -> str:
    """Return whether a code of the action carries over from one mode to the other, a word of `CARRIES`."""
    section = sections["decoding"]
    if section.table is None:
        return "no actions"
    if section.notes:
        return "cannot be tested"
    across = section.table[section.table.trained != section.table.tested]
    passed = across["p, relabelled"] <= settings.alpha
    return "yes" if passed.all() else "in part" if passed.any() else "no"


def verdict(mirror: int | None, carried: str, n_units: int) -> str:
    """Return the answer in one sentence, by both tests together."""
    if mirror is None:
        units = "Whether single units are mirror units cannot be tested here"
    elif mirror:
        responds = "units responds" if mirror == 1 else "units respond"
        units = f"{mirror} of {n_units} {responds} more alike in the two modes than different units do"
    else:
        units = f"None of {n_units} units can be told from units paired at random"
    agree = bool(mirror) == (carried == "yes")
    joined = {
        "yes": f"{'and' if agree else 'but'} a code of the action carries over between the modes, both ways",
        "in part": "and a code of the action carries over in part: not both ways, or not with every decoder",
        "no": f"{'but' if mirror else 'and'} no code of the action carries over between the modes",
        "cannot be tested": "and whether a code of the action carries over cannot be tested with so few actions",
        "no actions": "and without the actions nothing can be said about a code for them",
    }[carried]
    return f"{units}, {joined}."


def _says(
    recordings: Recordings,
    settings: Settings,
    sections: Mapping[str, Section],
    mirror: int | None,
    anti: int | None,
    carried: str,
) -> list[str]:
    says = [*_strength(sections, settings.alpha), *_geometry(sections, settings)]
    if mirror is not None:
        says.insert(
            1,
            f"{mirror} mirror and {anti} anti-mirror units: they pass one-sided unit mismatch at a false discovery "
            f"rate of "
            f"{settings.alpha:g}, raw and timestep-centred.",
        )
    tests = sections["nulls"].found.get("tests", {})
    if ("sequence", "raw") in tests:
        n = int(tests["sequence", "raw"].significant(settings.alpha, "bh").sum())
        says.append(
            f"{n} of {len(recordings.units)} units follow the same sequences in both modes."
            + (" That is expected of any two populations that follow the same actions." if n else
               " Is row i of perform the same episode as row i of observe?")
        )  # fmt: skip
    if carried not in ("no actions", "cannot be tested"):
        across = sections["decoding"].table.query("trained != tested")
        says.append(
            f"Decoders that cross modes are right in {_span(across.accuracy)} of timesteps, where in their own mode "
            f"they "
            f"are in {_span(across.ceiling)} and chance is {decimal(across.chance.iloc[0])}."
        )
    if (classes := sections["congruence"].table) is not None:
        strict = classes[classes["class"] == CLASSES[0]].iloc[0]
        more = "more than" if strict.p <= settings.alpha else "not more than"
        says.append(
            f"{int(strict.units)} units are strictly congruent, {more} renamed actions give "
            f"({decimal(strict['by chance'] * len(recordings.units), 1)} on average)."
        )
    return says


def _strength(sections: Mapping[str, Section], alpha: float) -> list[str]:
    """Say how strong units are, and whether a common time course makes them so."""
    raw, centred = (sections["headline"].found["shares"][name] for name in CENTRINGS)
    says = [
        f"The share of units with r > .75 is {decimal(raw.strong)} ({decimal(centred.strong)} timestep-centred), "
        f"with |r| "
        f"> .6 {decimal(raw.moderate)} ({decimal(centred.moderate)})."
    ]
    if p := sections["headline"].found["p"]:
        more = "more" if p["raw"]["strong"] <= alpha else "not more"
        says.append(
            f"Units with r > .75 are {more} than units paired at random give (p = {decimal(p['raw']['strong'], 3)})."
        )
    if raw.strong > 0 and not centred.strong >= raw.strong / 2:
        says.append(
            "More than half of the units with r > .75 lose it when each timestep's mean is removed: their r comes "
            "from a time "
            "course that all sequences share, not from what differs between them."
        )
    return says


def _geometry(sections: Mapping[str, Section], settings: Settings) -> list[str]:
    found = sections["geometry"].found
    if "alignment" not in found:
        return []
    both = [found["alignment"].perform_in_observe, found["alignment"].observe_in_perform]
    if all(measure.p <= settings.alpha for measure in both):
        return ["The modes vary in the same dimensions, more than random ones of this population."]
    if all(measure.p_less <= settings.alpha for measure in both):
        return ["The modes vary in different dimensions: less shared than random ones of this population."]
    return ["Whether the modes share dimensions more, or less, than random ones cannot be told in both directions."]


def _does_not_say(
    recordings: Recordings, settings: Settings, sections: Mapping[str, Section], mirror: int | None, carried: str
) -> list[str]:
    does_not = [
        "Whether another network of the same kind gives the same: this is one network. Train some with other seeds; "
        "the "
        "network is the sampling unit, not the unit within it.",
        "Whether these units matter for either task: a high r is no sign of use. Silence them, and units matched to "
        "them.",
    ]
    if recordings.actions is not None:
        nearest = min(POWER, key=lambda k: abs(k - recordings.n_actions))
        if nearest < max(POWER):
            does_not.append(
                f"That a unit which fails is no mirror unit: tunings to few actions agree by luck. Of mirror units "
                f"planted in "
                f"simulated populations the test finds a share of {decimal(POWER[nearest])} with {nearest} actions; "
                f"there are "
                f"{recordings.n_actions} here."
            )
    if mirror and carried in ("no", "in part"):
        does_not.append(
            "That the units code the action: correlation across modes can come from anything both modes share."
        )
    if mirror and sections["headline"].found["p"]["raw"]["strong"] > settings.alpha:
        does_not.append(
            f"That this network has mirror units at all: among networks without any, a share of up to "
            f"{settings.alpha:g} has some "
            "unit that passes, and the share of units with r > .75 is no larger than luck gives."
        )
    return does_not


def _span(values: np.ndarray) -> str:
    """Return values as a range: ".20–.35"."""
    low, high = decimal(min(values)), decimal(max(values))
    return low if low == high else f"{low}–{high}"
