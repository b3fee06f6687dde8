"""Effects of ingredients: differences between cells of a factorial, matched by seed; the network is the sampling unit.

A *background* of an ingredient is a choice of all others. The ingredient's effect is the mean over backgrounds of the
difference it makes there; the interaction of two is how much the effect of one is larger where the other is present.
Both are formed for each seed, so that an interval over seeds is an interval over networks.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations

import pandas as pd

from mirror_core.analysis import Difference, Interval, mean_interval, paired_difference
from mirror_core.checks import OptionError
from mirror_core.studies.ingredients.factorial import INGREDIENTS, Cell

Values = Mapping[Cell, pd.Series]
"""A measure of every cell, one value a seed (the index)."""


def values_of(table: pd.DataFrame, quantity: str) -> dict[Cell, pd.Series]:
    """Return a column of a table with columns `cell` and `seed`, as one series over seeds for each cell."""
    return {cell: one.set_index("seed")[quantity] for cell, one in table.groupby("cell", sort=False)}


def backgrounds(cells: Iterable[Cell], *ingredients: str) -> list[Cell]:
    """Return the cells that lack the ingredients, of which every combination with them is among `cells` too."""
    cells = set(cells)
    found = []
    for cell in cells:
        if not cell.present & set(ingredients):
            variants = [Cell(cell.present | set(c), cell.variation) for n in range(len(ingredients) + 1)
                        for c in combinations(ingredients, n)]  # fmt: skip
            if set(variants) <= cells:
                found.append(cell)
    return sorted(found, key=lambda cell: [name not in cell.present for name in INGREDIENTS])


def differences(values: Values, ingredient: str) -> dict[Cell, pd.Series]:
    """Return what the ingredient changes in each background: the measure with it minus without it, by seed."""
    return {
        cell: values[Cell(cell.present | {ingredient}, cell.variation)] - values[cell]
        for cell in backgrounds(values, ingredient)
    }


def main_effect(values: Values, ingredient: str) -> Difference:
    """Return the mean difference over backgrounds, with its interval over seeds.

    Raises
    ------
    OptionError
        If there is no background, of which both cells are among the values.
    """
    found = differences(values, ingredient)
    if not found:
        raise OptionError(f"no background has cells with and without {ingredient!r}: it has no effect to estimate.")
    return _summary(sum(found.values()) / len(found))


def interaction(values: Values, first: str, second: str) -> Difference | None:
    """Return how much larger the effect of one ingredient is where the other is present; None if none can be formed."""
    found = [
        values[Cell(cell.present | {first, second}, cell.variation)]
        - values[Cell(cell.present | {first}, cell.variation)]
        - values[Cell(cell.present | {second}, cell.variation)]
        + values[cell]
        for cell in backgrounds(values, first, second)
    ]
    return _summary(sum(found) / len(found)) if found else None


def _summary(per_seed: pd.Series) -> Difference:
    """Return the mean over seeds with its interval; of a single seed, the value without one."""
    if len(per_seed) < 2:
        value = float(per_seed.iloc[0])
        return Difference(value, float("nan"), float("nan"), float("nan"), float("nan"), 1)
    return paired_difference(per_seed, 0 * per_seed)


def interval(values: pd.Series) -> Interval:
    """Return mean and 95 % interval over networks; of one network, the value and no interval."""
    if len(values) < 2:
        return Interval(float(values.iloc[0]), float("nan"), float("nan"))
    return mean_interval(values.to_numpy())


def smallest_sets(values: Values, at_least: float) -> list[Cell]:
    """Return the cells whose mean reaches a value while that of no cell with fewer of their ingredients does."""
    enough = [cell for cell, one in values.items() if one.mean() >= at_least]
    return [cell for cell in enough if not any(other.present < cell.present for other in enough)]
