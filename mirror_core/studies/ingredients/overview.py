"""The factorial in tables: what each combination of ingredients reaches, and what each ingredient does."""

from itertools import combinations

import numpy as np
import pandas as pd

from mirror_core.studies.ingredients.effects import differences, interaction, interval, main_effect, values_of
from mirror_core.studies.ingredients.factorial import INGREDIENTS, Cell, coincidences

LEARNT = 0.5
"""A task is learnt if the mean score lies more than this share of the way from a guess to perfect."""


def learnt(one: pd.DataFrame) -> dict[str, bool]:
    """Return which modes learnt their own task, from the rows of one cell (see `LEARNT`)."""
    chance = one.chance.mean()
    named = (one.named.mean() - chance) / (1 - chance)
    return {"perform": bool(one.explained.mean() > LEARNT), "observe": bool(named > LEARNT)}


def sound(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of cells that are asked for nothing they cannot know."""
    return table[[cell.answerable for cell in table.cell]]


def overview(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each cell, the largest share of strong units first; ties by number of ingredients.

    Returns
    -------
    pandas.DataFrame
        Columns `cell`, `mean`, `low`, `high` (NaN with one network), `values` (one a network), `answerable`, `perform`
        and `observe` (whether that task is learnt) and `twin` (the number of the first cell that it coincides with, or
        its own).
    """
    rows = []
    for cell, one in table.groupby("cell", sort=False):
        about = {"cell": cell, **interval(one.strong)._asdict(), "values": one.strong.to_numpy()}
        rows.append(about | {"answerable": cell.answerable, **learnt(one)})
    rows.sort(key=lambda row: (-row["mean"], -len(row["cell"].present), row["cell"].name))
    found = pd.DataFrame(rows)
    first = {cell: group[0] for group in coincidences(list(found.cell)) for cell in group}
    place = {cell: i for i, cell in enumerate(found.cell)}
    found["twin"] = [place[first.get(cell, cell)] for cell in found.cell]
    return found


def effects(table: pd.DataFrame, quantity: str = "strong") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return main effects and interactions over backgrounds in which every cell is answerable.

    Returns
    -------
    tuple of pandas.DataFrame
        The effects: `ingredient`, `mean`, `low`, `high`, `effect_size`, `n_backgrounds`, `n`; and the interactions:
        `first`, `second`, `mean`, `low`, `high`, all NaN where none can be formed.
    """
    values = values_of(sound(table), quantity)
    main = [
        {"ingredient": name, **main_effect(values, name)._asdict(), "n_backgrounds": len(differences(values, name))}
        for name in INGREDIENTS
        if differences(values, name)
    ]
    pairs = []
    for first, second in combinations([row["ingredient"] for row in main], 2):
        found = interaction(values, first, second)
        limits = (found.mean, found.low, found.high) if found else (np.nan,) * 3
        pairs.append({"first": first, "second": second} | dict(zip(("mean", "low", "high"), limits, strict=True)))
    return pd.DataFrame(main), pd.DataFrame(pairs)


def background_effects(table: pd.DataFrame) -> pd.DataFrame:
    """Return the mean difference of strong units that each ingredient makes in each background, answerable or not.

    Returns
    -------
    pandas.DataFrame
        Columns `ingredient`, `difference`, `answerable` (both cells) and `same` (both cells coincide).
    """
    values = values_of(table, "strong")
    twins = [set(group) for group in coincidences(list(values))]
    rows = []
    for name in INGREDIENTS:
        for without, found in differences(values, name).items():
            pair = {without, Cell(without.present | {name})}
            rows.append(
                {"ingredient": name, "difference": found.mean(), "answerable": all(c.answerable for c in pair),
                 "same": any(pair <= group for group in twins)}
            )  # fmt: skip
    return pd.DataFrame(rows)
