"""The page of the ingredients: which combinations make mirror units, and what each ingredient adds."""

import numpy as np
import pandas as pd
from IPython.display import HTML

from mirror_core.config.paper import STRONG
from mirror_core.pages.tables import cell as shown
from mirror_core.pages.tables import show, statement
from mirror_core.studies.ingredients.effects import smallest_sets, values_of
from mirror_core.studies.ingredients.factorial import INGREDIENTS, INVERSE_ONLY, OWN_HEADS_READ_BOTH, Cell, coincidences
from mirror_core.studies.ingredients.overview import effects, learnt, overview, sound
from mirror_core.studies.measures.base import CORRELATION, SHARE
from mirror_core.studies.measures.decoding import ACROSS, MAIN_DECODER, accuracy_name
from mirror_core.studies.wording import counted, decimal, listed, sentence, span, with_interval

QUANTITIES = {
    "strong": "r > .75",
    "centred": "r > .75, centred",
    "significant": "pass tuning mismatch",
    **{accuracy_name(MAIN_DECODER, train, test): f"{train} → {test}" for train, test in ACROSS},
    "explained": "performing explains",
    "named": "observing names",
}
"""Column of the table of measures → heading."""


def ingredients_table() -> HTML:
    """Show what it means to have and to lack each ingredient."""
    rows = [{"ingredient": name, "present": has, "absent": lacks} for name, (has, lacks) in INGREDIENTS.items()]
    return show(pd.DataFrame(rows))


def effects_table(table: pd.DataFrame) -> HTML:
    """Show every ingredient's effect on strong units, on significant units and on decoders across modes."""
    found = {quantity: effects(table, quantity)[0] for quantity in ("strong", "centred", "significant", *_ACROSS)}
    strong = found["strong"]
    rows = []
    for i, name in enumerate(strong.ingredient):
        row = {"ingredient": name, "backgrounds": strong.n_backgrounds[i]}
        row |= {QUANTITIES[quantity]: _signed(one.iloc[i]) for quantity, one in found.items()}
        row["d, r > .75"] = decimal(strong.effect_size[i], 1) if np.isfinite(strong.effect_size[i]) else "–"
        rows.append(row)
    return show(pd.DataFrame(rows), "Mean difference over backgrounds, with minus without")


_ACROSS = tuple(accuracy_name(MAIN_DECODER, *pair) for pair in ACROSS)


def _signed(row: pd.Series) -> str:
    """Return a difference with its sign and, smaller below, its interval."""
    mean = ("+" if round(row["mean"], 2) > 0 else "") + decimal(row["mean"])
    if not np.isfinite(row["low"]):
        return mean
    return f"{mean}<br><small>{_limits(*np.clip([row['low'], row['high']], *CORRELATION))}</small>"


def cells_table(table: pd.DataFrame) -> HTML:
    """Show everything measured on every combination, in the order of the figure."""
    rows = []
    for row in overview(table).itertuples():
        name = row.cell.name + ("" if row.answerable else " *")
        rows.append({"ingredients": name} | _measures(table[table.cell == row.cell]))
    return show(pd.DataFrame(rows), "All combinations (* a pass is asked for something that it cannot know)")


_BESIDE = {OWN_HEADS_READ_BOTH: "each mode asked for its own target", INVERSE_ONLY: "forward objective alone"}


def checks_table(table: pd.DataFrame, checks: pd.DataFrame) -> HTML:
    """Show what the factorial is checked by: each variation beside the one that it varies."""
    rows = []
    for cell, one in checks.groupby("cell", sort=False):
        there = shown(table[table.cell == Cell(cell.present)].strong, SHARE)
        about = {"combination": cell.name, "beside": _BESIDE[cell.variation], "r > .75 there": there}
        rows.append(about | _measures(one))
    return show(pd.DataFrame(rows))


def _measures(one: pd.DataFrame) -> dict[str, str]:
    limits = dict.fromkeys(QUANTITIES, SHARE) | {"explained": (-np.inf, 1.0)}
    return {heading: shown(one[quantity], limits[quantity]) for quantity, heading in QUANTITIES.items()}


def same_by_construction(cells: list[Cell]) -> HTML:
    """Say which cells are one experiment, and which are asked for something that cannot be known."""
    groups = [f"<em>{listed([cell.name for cell in group])}</em>" for group in coincidences(cells)]
    n_asked = sum(not cell.answerable for cell in cells)
    return HTML(
        f"<p>Equal configurations, trained once: {'; '.join(groups) or 'none'}. "
        f"Asked for something that a pass cannot know: {n_asked} of {len(cells)} combinations, those with shared heads "
        "and without pairing.</p>"
    )


def finding(table: pd.DataFrame) -> HTML:
    """Say which ingredients suffice, then all the smallest sets, what they share, and which ingredient adds most.

    The rule: a set suffices if the mean share of strong units reaches the lower end of the paper's range and no pass is
    asked for what it cannot know. The first sentence names that of the fewest ingredients; of several, that with the
    largest share. Then come all sets of which no part suffices, what all of them have, and what else all sets have with
    which both tasks are learnt as well.
    """
    values = values_of(sound(table), "strong")
    smallest = smallest_sets(values, STRONG.low)
    main, _ = effects(table)
    most = main.loc[main["mean"].idxmax()]
    added = f"over all choices of the others, {most.ingredient} changes the share most, by {_plain(most)}"
    n = f"{counted(table.seed.nunique(), 'network')} a combination"
    if not smallest:
        none = f"No set of the varied ingredients gives {decimal(STRONG.low)} of the units an r > .75 ({n})."
        first = "No combination of the ingredients varied here makes as many strong mirror units as the paper reports."
        return statement(first, f"{none} {sentence(added)}")
    sets = [f"{cell.name.replace(' + ', ', ')} ({with_interval(values[cell], SHARE)})" for cell in smallest]
    numbers = (
        f"The smallest set{'s' if len(sets) > 1 else ''} of ingredients with which at least {decimal(STRONG.low)} of "
        f"the units have r > .75 (the paper: {span(STRONG)}): {'; or '.join(sets)}; {n}."
    )
    common = _common(smallest)
    learning = [cell for cell, one in sound(table).groupby("cell", sort=False) if all(learnt(one).values())]
    both = [cell for cell in learning if values[cell].mean() >= STRONG.low]
    more = [name for name in _common(both) if name not in common]
    parts = [f"all of them have {listed(common)}"] if len(sets) > 1 and common else []
    if not both:
        parts.append("with none that reaches it are both tasks learnt")
    elif more:
        parts.append(f"both tasks are learnt as well only with {listed(more)}")
    return statement(
        _enough(min(smallest, key=lambda cell: (len(cell.present), -values[cell].mean()))),
        f"{numbers} {sentence('; '.join([*parts, added]))}",
    )


_PLAIN = {"shared core": "one core", "pairing": "paired episodes"}
"""Ingredient → what it is called in a plain sentence, if not by its name."""


def _enough(cell: Cell) -> str:
    """Say in one plain sentence that a combination is enough, and whether one core is part of it."""
    names = [_PLAIN.get(name, name) for name in INGREDIENTS if cell.has(name)]
    if not names:
        return "None of the ingredients varied here is needed for as many strong mirror units as the paper reports."
    verb = "is" if len(names) == 1 and not names[0].endswith("s") else "are"
    core = "" if cell.has("shared core") else "; one core is not needed"
    return sentence(f"{listed(names)} {verb} enough for as many strong mirror units as the paper reports{core}")


def _common(cells: list[Cell]) -> list[str]:
    """Return the ingredients that all cells have."""
    return [name for name in INGREDIENTS if cells and all(cell.has(name) for cell in cells)]


def effects_said(table: pd.DataFrame) -> HTML:
    """Say what every ingredient does to the share of strong units, by whether the interval excludes zero."""
    main, _ = effects(table)
    text = listed([_said(row) for row in main.itertuples()])
    return HTML(f"<p>On average over backgrounds, {text}.</p>")


def checks_said(table: pd.DataFrame, checks: pd.DataFrame) -> HTML:
    """Say what asking each mode for both targets does without sharing the heads."""
    parts = []
    for cell, one in checks.groupby("cell", sort=False):
        if cell.variation == OWN_HEADS_READ_BOTH:
            sharing = table[table.cell == Cell(cell.present | {"shared heads"})]
            core = "a shared core" if cell.has("shared core") else "separate cores"
            parts.append(
                f"with {core}, {with_interval(one.strong, SHARE)} of the units have r > .75 where each mode is asked "
                f"for both targets through heads of its own, {with_interval(sharing.strong, SHARE)} where heads are "
                f"shared"
            )
    text = "; ".join(parts) or "the combinations that tell asking from sharing were not run"
    return HTML(f"<p>{sentence(text)}</p>")


def _plain(row: pd.Series) -> str:
    """Return an effect with its interval, if there is one."""
    return decimal(row["mean"]) + (f" {_limits(row.low, row.high)}" if np.isfinite(row.low) else "")


def _limits(low: float, high: float) -> str:
    return f"[{decimal(low)}, {decimal(high)}]"


def _said(row) -> str:
    """Return an effect in words, by its interval."""
    if not np.isfinite(row.low):
        return f"{row.ingredient} changes the share by {decimal(row.mean)}"
    if row.low <= 0 <= row.high:
        said = f"{decimal(row.mean)} {_limits(row.low, row.high)}"
        return f"the effect of {row.ingredient} cannot be told from none ({said})"
    verb, limits = ("raises", (row.low, row.high)) if row.low > 0 else ("lowers", (-row.high, -row.low))
    return f"{row.ingredient} {verb} the share by {decimal(abs(row.mean))} {_limits(*limits)}"
