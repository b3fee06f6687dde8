"""`mirror experiment`: one of the systems beside the paper's, learned from many seeds, as a table."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mirror_core.checks import MOST
from mirror_core.commands.common import check_target, clear_errors, kept_when_interrupted, store_option, table_option


@click.command(short_help="Run one of the systems beside the paper's, and write one table.")
@click.argument("name", required=False)
@table_option(None, "The table, in Parquet; by default NAME.parquet.")
@store_option
@click.option("--seed", type=click.IntRange(0), help="First seed; by default that of the published table.")
@click.option("--number", type=click.IntRange(1, MOST), help="How many seeds; by default as many as published.")
@click.option("--condition", default="all", help="Conditions, separated by commas; by default all.")
@click.option("--list", "listed", is_flag=True, help="Only list the experiments and their conditions.")
def experiment(
    name: str | None, out: Path | None, folder: Path | None, seed: int | None, number: int | None, condition: str,
    listed: bool,
) -> None:  # fmt: skip
    """Learn a system from many seeds under all of its conditions, and measure every learner.

    What is finished is kept at once; after Ctrl-C the same command does the rest.

    \b
    Exit status: 0 if the table was written, 1 if the work failed, 2 for a wrong option, 130 after Ctrl-C.
    """
    with clear_errors():
        from mirror_core.experiments import EXPERIMENTS, experiment_named
        from mirror_core.experiments.base import FIRST_SEED, N_SEEDS
        from mirror_core.experiments.study import study
        from mirror_core.runs.store import RunStore
        from mirror_core.studies.data import write_data
        from mirror_core.studies.grid import names

        if name is None and not listed and (out or seed is not None or number or condition != "all"):
            raise click.UsageError("NAME is missing: `mirror experiment` lists the experiments.")
        if listed or name is None:
            for one in EXPERIMENTS.values():
                click.echo(f"{one.name}: {one.title}; a seed takes some {one.seconds:.0f} s on one core")
                for known, said in one.conditions.items():
                    click.echo(f"    {known}: {said}")
            return
        chosen = experiment_named(name)
        out = Path(f"{chosen.name}.parquet") if out is None else out
        check_target(out, [".parquet"])
        first, many = FIRST_SEED if seed is None else seed, N_SEEDS if number is None else number
        asked = None if condition == "all" else names("condition", condition, chosen.conditions)
        with kept_when_interrupted():
            table = study(chosen, first, many, asked, store=RunStore(folder))
        command = ["mirror", "experiment", chosen.name, "--seed", str(first), "--number", str(many)]
        command += [] if asked is None else ["--condition", condition]
        table.attrs["command"] = shlex.join([*command, "--out", str(out)])
        write_data(table, out)
    click.echo(f"{len(table)} rows in {out}")
