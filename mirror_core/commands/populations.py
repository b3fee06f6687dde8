"""`mirror populations`: tests of single units in simulated populations whose truth is known."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mirror_core.checks import MOST
from mirror_core.commands.common import check_target, clear_errors, kept_when_interrupted, store_option, table_option


@click.command(short_help="Test made-up populations whose truth is known, and write one table.")
@table_option("populations.parquet")
@store_option
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True, help="Decides every random draw.")
@click.option(
    "--number", type=click.IntRange(1, MOST), default=300, show_default=True, help="Populations in each situation."
)
def populations(out: Path, folder: Path | None, seed: int, number: int) -> None:
    """Ask how often a test of single units calls a unit falsely, and how many mirror units it finds.

    Populations have few or many tuned units, equal or unequal noise, tunings without order, in a circle or in a line.
    What is finished is kept at once; after Ctrl-C the same command does the rest.

    \b
    Exit status: 0 if the table was written, 1 if the work failed, 2 for a wrong option, 130 after Ctrl-C.
    """
    with clear_errors():
        from mirror_core.runs.store import RunStore
        from mirror_core.studies.calibration.mixed import measure_mixed
        from mirror_core.studies.data import write_data

        check_target(out, [".parquet"])
        with kept_when_interrupted():
            table = measure_mixed(seed, number, store=RunStore(folder))
        table.attrs["command"] = shlex.join(
            ["mirror", "populations", "--seed", str(seed), "--number", str(number), "--out", str(out)]
        )
        write_data(table, out)
    click.echo(f"{len(table)} rows in {out}")
