"""`mirror ingredients`: networks with every combination of the ingredients, as one table."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from mirror_core.commands.common import INTERRUPTED, check_target, clear_errors, store_option
from mirror_core.runs.interrupts import terminated_as_interrupted


@click.command(short_help="Train every combination of the ingredients, and write one table.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("ingredients.parquet"),
    show_default=True,
    help="The table, in Parquet.",
)
@store_option
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True, help="First seed.")
@click.option("--n-seeds", type=click.IntRange(1), default=10, show_default=True, help="Networks of each combination.")
def ingredients(out: Path, folder: Path | None, seed: int, n_seeds: int) -> None:
    """Train networks with every combination of five ingredients of mirror units, and measure each.

    What is finished is kept at once; after Ctrl-C the same command does the rest.

    \b
    Exit status: 0 if the table was written, 1 if it cannot be, 2 for a wrong option, 130 after Ctrl-C.
    """
    with clear_errors():
        from mirror_core.runs.store import RunStore
        from mirror_core.studies.grid import seeds_from
        from mirror_core.studies.ingredients.table import measure_everything, write_factorial

        check_target(out, [".parquet"])
        try:
            with terminated_as_interrupted():
                table = measure_everything(seeds_from(seed, n_seeds), store=RunStore(folder))
        except KeyboardInterrupt:
            click.echo("Interrupted. What was finished is kept; the same command does the rest.", err=True)
            sys.exit(INTERRUPTED)
        words = ["mirror", "ingredients", "--seed", str(seed), "--n-seeds", str(n_seeds), "--out", str(out)]
        table.attrs["command"] = shlex.join(words)
        write_factorial(table, out)
    click.echo(f"{len(table)} rows in {out}")
