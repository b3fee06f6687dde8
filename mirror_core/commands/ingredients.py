"""`mirror ingredients`: networks with every combination of the ingredients, as one table."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mirror_core.checks import MOST
from mirror_core.commands.common import check_target, clear_errors, kept_when_interrupted, store_option, table_option


@click.command(short_help="Train every combination of the ingredients, and write one table.")
@table_option("ingredients.parquet")
@store_option
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True, help="First seed.")
@click.option(
    "--n-seeds", type=click.IntRange(1, MOST), default=10, show_default=True, help="Networks of each combination."
)
def ingredients(out: Path, folder: Path | None, seed: int, n_seeds: int) -> None:
    """Train networks with every combination of five ingredients of mirror units, and measure each.

    What is finished is kept at once; after Ctrl-C the same command does the rest.

    \b
    Exit status: 0 if the table was written, 1 if the work failed, 2 for a wrong option, 130 after Ctrl-C.
    """
    with clear_errors():
        from mirror_core.runs.store import RunStore
        from mirror_core.studies.grid import seeds_from
        from mirror_core.studies.ingredients.table import measure_everything, write_factorial

        check_target(out, [".parquet"])
        with kept_when_interrupted():
            table = measure_everything(seeds_from(seed, n_seeds), store=RunStore(folder))
        words = ["mirror", "ingredients", "--seed", str(seed), "--n-seeds", str(n_seeds), "--out", str(out)]
        table.attrs["command"] = shlex.join(words)
        write_factorial(table, out)
    click.echo(f"{len(table)} rows in {out}")
