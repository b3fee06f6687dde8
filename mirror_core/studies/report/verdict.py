"""The tables in plain words. Every sentence is chosen by a rule on the numbers; the rules were written first.

A *mirror unit* here is tuned to the actions in both modes, and passes one-sided tuning mismatch under
Benjamini–Hochberg; an *anti-mirror unit* the same with opposed tunings. Where the actions are not known, or there is
one response to each condition, it has r > 0 (r < 0) and passes unit mismatch, raw and timestep-centred. Where none is
found, that says something only if the power of these data is at least `ENOUGH`. *As a population* the same unit is
more alike than others if the mean correlation of tunings (of timestep-centred r, where there are none) has p ≤ α. A
code of the action *carries over* if a decoder beats the renamings of the actions in both directions under every
decoder; *in part* if in some of them; and there is no code to carry over unless every decoder finds one within the
same mode. Of a continuous condition a code carries over if a regression across modes passes the exchange of what
units mean in both directions, in part if in one of them at half of α; there is none unless a regression within a mode
has p ≤ α. The decoders of its bins do not decide: what lies in an order or a circle passes the renaming of classes too
often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from scipy.special import ndtri

from mirror_core.analysis import CLASSES
from mirror_core.arrays import CENTRINGS
from mirror_core.config.paper import STRONG_THRESHOLD
from mirror_core.recordings.cleaned import Recordings
from mirror_core.studies.measures.significance import TRUSTED
from mirror_core.studies.report.animals import OverAnimals
from mirror_core.studies.report.results import Reading, Section, Settings, in_words_of
from mirror_core.studies.wording import agree, counted, decimal, part_of

ENOUGH = 0.5
"""Power from which finding no mirror unit says something."""

DECODER = ", or not with every decoder"
"""How else a code may carry over in part, where decoders decide."""

COMMON_COURSE = 0.5
"""r of strong units comes from a common time course if, timestep-centred, its median is below this share of it."""


def judge(recordings: Recordings, settings: Settings, sections: Mapping[str, Section]) -> Reading:
    """Return the verdict, and what the tables say and do not say."""
    units = confirmed_units(sections)
    mirror, anti = (None, None) if units is None else (int(which.sum()) for which in units)
    carried = carries_over(sections, settings)
    says = _says(recordings, settings, sections, mirror, anti, carried)
    does_not = _does_not_say(recordings, settings, sections, mirror, carried)
    return Reading(
        mirror if by_tuning(sections) else None,
        carried,
        in_words_of(recordings, verdict(recordings, settings, sections, mirror, carried)),
        tuple(in_words_of(recordings, sentence) for sentence in says),
        tuple(in_words_of(recordings, sentence) for sentence in does_not),
    )


def by_tuning(sections: Mapping[str, Section]) -> bool:
    """Return whether units were tested by tuning mismatch."""
    return (TRUSTED, "raw", "greater") in sections["nulls"].found.get("sided", {})


def confirmed_units(sections: Mapping[str, Section]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return which units are mirror and which anti-mirror units; None where no test was possible."""
    sided = sections["nulls"].found.get("sided", {})
    if by_tuning(sections):
        return sided[TRUSTED, "raw", "greater"], sided[TRUSTED, "raw", "less"]
    if ("unit-mismatch", "raw", "greater") not in sided:
        return None
    return tuple(
        np.all([sided["unit-mismatch", centring, side] for centring in CENTRINGS], axis=0)
        for side in ("greater", "less")
    )


def carries_over(sections: Mapping[str, Section], settings: Settings) -> str:
    """Return whether a code of the action carries over from one mode to the other: yes, in part, no, none, cannot be
    tested or no actions."""
    if (section := sections.get("continuous")) is not None and section.table is not None:
        found = section.found["regression"]
        if min(np.diag(found.p)) > settings.alpha:
            return "none"
        if np.nanmin(found.least_p) > settings.alpha:
            return "cannot be tested"
        across = [found.p_units[way] for way in ((0, 1), (1, 0))]
        return "yes" if max(across) <= settings.alpha else "in part" if min(across) <= settings.alpha / 2 else "no"
    section = sections["decoding"]
    if section.table is None:
        return "no actions"
    within = section.table.trained == section.table.tested
    if not (section.table[within].groupby("trained").p.max() <= settings.alpha).any():
        return "none"
    if section.notes:
        return "cannot be tested"
    passed = section.table[~within]["p, relabelled"] <= settings.alpha
    return "yes" if passed.all() else "in part" if passed.any() else "no"


def verdict(
    recordings: Recordings, settings: Settings, sections: Mapping[str, Section], mirror: int | None, carried: str
) -> str:
    """Return the answer: the units, the population and the code, in one sentence each."""
    n, power = recordings.n_recorded, sections["power"].found
    alike = population_alike(sections, settings)
    if mirror is None:
        units = "Whether single units are mirror units cannot be tested here"
    elif not by_tuning(sections):
        passes = agree(mirror or 1, "passes", "pass")
        units = "Whether single units are mirror units cannot be told here: "
        units += f"{mirror or 'none'} of {n} {passes} unit mismatch, raw and centred"
        units += ", which is more than luck only where all units respond alike strongly" if mirror else ""
    elif mirror:
        units = part_of(mirror, n, "unit", "is a mirror unit", "are mirror units")
        units += ": tuned more alike in the two modes than different units are"
    elif power["power"] >= ENOUGH:
        units = f"No mirror unit is found among {counted(n, 'unit')}, where a share of {decimal(power['power'])} of "
        units += "mirror units would be found"
    else:
        are = agree(power["both"], "is", "are")
        units = f"Too noisy or too few to tell: no mirror unit is found among {counted(n, 'unit')}, but "
        units += f"{power['both'] or 'none'} {are} tuned in both modes"
        if power["both"]:
            units += f", and of mirror units among these a share of {decimal(power['power'])} would be found"
    population = {
        None: "",
        True: " On average the same unit is more alike in the two modes than units like it.",
        False: " Nor is the same unit, on average, more alike in the two modes than units like it."
        if not mirror
        else " On average the same unit is not more alike in the two modes than units like it.",
    }[alike]
    number = of_number(recordings)
    what, each, few = (
        (f"of {number}", "", "units that follow it, or so many alike")
        if number
        else ("of the action", DECODER, "actions")
    )
    joined = {
        "yes": f"A code {what} carries over between the modes, both ways.",
        "in part": f"A code {what} carries over in part: not both ways{each}.",
        "no": f"No code {what} is found to carry over between the modes.",
        "none": f"No code {what} can be read from either mode, so none can carry over.",
        "cannot be tested": f"Whether a code {what} carries over cannot be tested with so few {few}.",
        "no actions": f"Nothing can be said about a code of the action: {sections['decoding'].skipped}",
    }[carried]
    if (over := sections["population"].found.get("animals")) is not None:
        kind = sections["population"].found["kind"]
        population = population[:-1] + f" of its own {kind}; " + _over_animals(over, kind, settings.alpha)
    return f"{units}.{population} {joined}"


def of_number(recordings: Recordings) -> str:
    """Return the name of the continuous condition; "" if there is none."""
    trials = recordings.trials
    return "" if trials is None or trials.continuous is None else trials.continuous.name


def population_alike(sections: Mapping[str, Section], settings: Settings) -> bool | None:
    """Return whether the same unit is, on average, more alike than units exchanged; None where that was not asked."""
    means = sections["population"].found.get("means", {})
    for name in ("correlation of tunings", "r, timestep-centred", "r, raw"):
        if name in means:
            value, exchanged, p = means[name]
            return bool(p <= settings.alpha and value > exchanged)
    return None


def _over_animals(over: OverAnimals, kind: str, alpha: float) -> str:
    """Say whether it holds over animals, each of which is one observation."""
    n = len(over.names)
    alone = f"{int((over.p_of_each <= alpha).sum())} of {n} show it alone"
    if over.smallest_p > alpha:
        return f"{alone}, and {n} are too few to tell whether another {kind} would ({p_text(over.p)})."
    holds = "it holds" if over.p <= alpha else "it does not hold"
    return f"{alone}, and {holds} with the {kind} as the sampling unit ({p_text(over.p)})."


def p_text(p: float) -> str:
    """Write a p value; one that rounds to nothing is said to be smaller than what can be written."""
    return "p < .001" if p < 0.001 else f"p = {decimal(p, 3)}"


def _says(
    recordings: Recordings,
    settings: Settings,
    sections: Mapping[str, Section],
    mirror: int | None,
    anti: int | None,
    carried: str,
) -> list[str]:
    says = []
    if mirror is not None:
        said = (
            f"{counted(mirror, 'mirror unit')} and {counted(anti, 'anti-mirror unit')} pass tuning mismatch, one-sided,"
        )
        if not by_tuning(sections):
            said = f"{counted(mirror, 'unit')} with r > 0 and {anti} with r < 0 pass unit mismatch, one-sided, raw and "
            said += "centred,"
        says.append(f"{said} at a false discovery rate of {settings.alpha:g}.")
    for name, (value, exchanged, p) in sections["population"].found.get("means", {}).items():
        says.append(
            f"Mean {' '.join(reversed(name.split(', ')))} of the same unit: {decimal(value)}; of units exchanged among "
            f"like ones: {decimal(exchanged)} ({p_text(p)})."
        )
    says += [*_strength(sections, settings.alpha, recordings.of_row), *_geometry(sections, settings)]
    tests = sections["nulls"].found.get("tests", {})
    if ("sequence", "raw") in tests:
        n = int(tests["sequence", "raw"].significant(settings.alpha, "bh").sum())
        says.append(
            f"{part_of(n, len(recordings.units), 'unit', 'follows', 'follow')} the same sequences in both modes."
            + (" That is expected of any two populations that follow the same actions." if n else
               " Is row i of perform the same episode as row i of observe?")
        )  # fmt: skip
    if "continuous" in sections and sections["continuous"].table is not None:
        table = sections["continuous"].table
        across, within = table.query("trained != tested"), table.query("trained == tested")
        p = " and ".join(p_text(one) for one in across["p, units"])
        says.append(
            f"What a regression reads of {of_number(recordings)} in the other mode correlates with it by "
            f"{' and '.join(map(decimal, across.correlation))} ({p} with what units mean exchanged among them), within "
            f"a mode by {' and '.join(map(decimal, within.correlation))}."
        )
    if sections["decoding"].table is not None and carried not in ("no actions", "cannot be tested"):
        table = sections["decoding"].table
        across = table.query("trained != tested")
        say = (
            f"Decoders that cross modes are right in {_span(across.accuracy)} of cases; within their own mode they are "
            f"in {_span(table.query('trained == tested').accuracy)}, and chance is {decimal(across.chance.iloc[0])}."
        )
        says.append(say + _beyond(sections["decoding"].found["beyond"].values(), settings.alpha))
    if (classes := sections["congruence"].table) is not None:
        strict = classes[classes["class"] == CLASSES[0]].iloc[0]
        n, more = int(classes.units.sum()), "more than" if strict.p <= settings.alpha else "not more than"
        says.append(
            f"Of {counted(n, 'unit')} tuned in both modes, {int(strict.units)} {agree(strict.units, 'is', 'are')} "
            f"strictly congruent, {more} renamed actions give ({decimal(strict['by chance'] * n, 1)} on average)."
        )
    return says


def _beyond(found: Iterable[tuple[np.ndarray, np.ndarray]], alpha: float) -> str:
    """Say whether decoders that do better across modes than within one do so by chance: whether the furthest above is
    so by fewer standard errors than a normal deviate is at `alpha`, corrected for how many are looked at."""
    ways = [(difference[way], error[way]) for difference, error in found for way in ((0, 1), (1, 0))]
    above = [way for way in ways if way[0] > 0]
    if not above:
        return ""
    difference, error = max(above, key=lambda way: way[0] / max(way[1], 1e-12))
    why = "which is chance"
    if difference > -ndtri(alpha / len(ways)) * error:
        why = "more than chance: one mode has cleaner cases, or more of them"
    return (
        f" Where crossing does better than staying, it does so by at most {decimal(difference)} (standard error "
        f"{decimal(error)}), {why}."
    )


def _strength(sections: Mapping[str, Section], alpha: float, of: str) -> list[str]:
    """Say how strong units are, and whether a common time course makes them so."""
    headline = sections["headline"].found
    raw, centred = (headline["shares"][name] for name in CENTRINGS)
    says = [
        f"The share of units with r > .75 is {decimal(raw.strong)} ({decimal(centred.strong)} timestep-centred), "
        f"with |r| > .6 {decimal(raw.moderate)} ({decimal(centred.moderate)})."
    ]
    if p := headline["p"]:
        more = "more" if p["raw"]["strong"] <= alpha else "not more"
        says.append(f"Units with r > .75 are {more} than unit mismatch gives ({p_text(p['raw']['strong'])}).")
    of_raw, of_centred = (headline["r"][name] for name in CENTRINGS)
    strong = of_raw > STRONG_THRESHOLD
    if strong.any() and np.median(np.nan_to_num(of_centred[strong])) < COMMON_COURSE * np.median(of_raw[strong]):
        says.append(
            f"The r of most units with r > .75 comes from a time course that all {of}s share, not from what differs "
            f"between them: its median falls from {decimal(np.median(of_raw[strong]))} to "
            f"{decimal(np.median(np.nan_to_num(of_centred[strong])))} when each timestep's mean is removed."
        )
    return says


def _geometry(sections: Mapping[str, Section], settings: Settings) -> list[str]:
    found = sections["geometry"].found
    if "alignment" not in found:
        return []
    both = [found["alignment"].perform_in_observe, found["alignment"].observe_in_perform]
    if all(measure.p <= settings.alpha for measure in both):
        return ["The same units go together in both modes: their dimensions are more alike than with units exchanged."]
    if all(measure.p_less <= settings.alpha for measure in both):
        return [
            "Different units go together in the two modes: their dimensions are less alike than with units exchanged."
        ]
    return [
        "Whether the modes share dimensions more, or less, than with units exchanged cannot be told in both directions."
    ]


def _does_not_say(
    recordings: Recordings, settings: Settings, sections: Mapping[str, Section], mirror: int | None, carried: str
) -> list[str]:
    over = sections["population"].found.get("animals")
    of = "this is one" if over is None else f"these are {len(over.names)}"
    does_not = [
        f"Whether another network, or another animal, gives the same: {of}. The network or the animal is the "
        "sampling unit, not the unit within it.",
        "Whether these units matter for either task: being alike is no sign of use. Silence them, and units matched to "
        "them.",
    ]
    if not by_tuning(sections):
        why = sections["reliability"].skipped or "there are too few actions."
        does_not.append(f"Which units are mirror units: the test that tells, tuning mismatch, was not possible: {why}")
    elif (found := sections["power"].found) and found["power"] < 1:
        does_not.append(
            f"That a unit which fails is no mirror unit: of mirror units planted in simulated populations with the "
            f"tunings and the noise of these data the test finds a share of {decimal(found['power'])}, and "
            f"{part_of(found['both'], recordings.n_recorded, 'unit', 'is', 'are')} tuned in both modes; the others "
            "cannot be tested."
        )
    number = of_number(recordings)
    if mirror and carried in ("no", "in part", "none"):
        what, how = (number, "regressions") if number else ("the action", "decoders")
        does_not.append(f"That the population codes {what} in the same way: {how} do not carry over both ways.")
    if number:
        does_not.append(
            f"Which units are mirror units among those that only rise or only fall with {number}: half of such tunings "
            "agree by chance. What single units cannot tell, the mean over units and the regression may."
            if recordings.trials.continuous.period is None
            else f"Which units are mirror units among those with one broad peak over {number}: such tunings are often "
            "close to each other by chance, and few pass. What single units cannot tell, the mean over units and the "
            "regression may."
        )
    p = sections["headline"].found["p"]
    if mirror and p and p["raw"]["strong"] > settings.alpha:
        does_not.append(
            f"That there are many: among populations without any, a share of up to {settings.alpha:g} has some unit "
            "that passes, and the share of units with r > .75 is no larger than luck gives."
        )
    return does_not


def _span(values: np.ndarray) -> str:
    """Return values as a range: ".20–.35"."""
    low, high = decimal(min(values)), decimal(max(values))
    return low if low == high else f"{low}–{high}"
