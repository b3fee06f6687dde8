"""The factorial as a table that is measured once: `mirror ingredients` makes it, the page reads it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.recordings.of_networks import N_TEST
from mirror_core.runs.kept import code_of
from mirror_core.runs.provenance import code_fingerprint
from mirror_core.runs.store import RunStore
from mirror_core.studies.data import find_data, made_by, read_data, write_data
from mirror_core.studies.ingredients.factorial import INGREDIENTS, Cell, checks_of, combinations_of, obtain_factorial
from mirror_core.studies.ingredients.measures import check_network, measure_factorial

COMMAND = "mirror ingredients --out FILE"
"""What makes the table."""

TABLE = "ingredients.parquet"
"""Its name among the data that come with the checkout."""


def everything() -> list[Cell]:
    """Return all combinations of all ingredients, and what they are checked by."""
    cells = combinations_of(INGREDIENTS)
    return cells + checks_of(cells)


def measure_everything(
    seeds: Sequence[int], base: Config | None = None, n_test: int = N_TEST, *, store: RunStore | None = None
) -> pd.DataFrame:
    """Return `mirror_core.studies.ingredients.measures.measure_factorial` of all cells, training what is missing.

    `attrs` say by which code and on which processor, and the `seconds` of one core that the training took.

    Parameters
    ----------
    base
        Settings of all networks but those that the ingredients decide; the paper's if not given.
    """
    factorial = obtain_factorial(base or Config(), everything(), seeds, store=store)
    table = measure_factorial(factorial, n_test, store=store)
    made = {run.fingerprint: run.provenance for run in factorial.values()}
    seconds = sum(one["seconds"] for one in made.values())
    more = {"analysis": code_of(check_network), "n_test": n_test, "networks": len(made)}
    table.attrs = made_by(code_fingerprint()[:20], seconds, **more)
    return table


def write_factorial(table: pd.DataFrame, path: Path) -> None:
    """Write a factorial, its cells by name, with its provenance."""
    named = table.assign(cell=[cell.name for cell in table.cell])
    named.attrs = table.attrs
    write_data(named, path)


def read_factorial(name: str, cells: Sequence[Cell]) -> pd.DataFrame:
    """Read a factorial that `write_factorial` wrote: the rows of some cells.

    Parameters
    ----------
    name
        A path as it is, else a file of the checkout's data folder.

    Raises
    ------
    OptionError
        If the file is missing, cannot be read, or lacks a column or a cell.
    """
    hint = f"{COMMAND} makes one."
    path = find_data("table", name, "*.parquet", f" {hint}")
    table = read_data(path, ["cell", "seed", "strong", "centred", "significant", "explained", "named", "chance"], hint)
    named = {cell.name: cell for cell in cells}
    if missing := sorted(set(named) - set(table.cell)):
        raise OptionError(f"{path} lacks the combination {missing[0]!r}: {hint}")
    chosen = table[table.cell.isin(named)]
    chosen = chosen.assign(cell=[named[name] for name in chosen.cell]).reset_index(drop=True)
    chosen.attrs = table.attrs
    return chosen
