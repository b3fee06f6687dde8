"""`mirror sweep`: run what files declare, and write one table."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirror_core.checks import OptionError
from mirror_core.commands.common import INTERRUPTED, check_target, clear_errors, store_option
from mirror_core.runs.interrupts import terminated_as_interrupted
from mirror_core.runs.workers import MOST_WORKERS

if TYPE_CHECKING:
    from mirror_core.runs.store import RunStore
    from mirror_core.studies.sweeps.running import Survey


@click.command(short_help="Run what a file declares, and write one table.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The table: .parquet, .csv, .csv.gz or .tsv; by default FILE's name and .parquet, in the current folder.",
)
@store_option
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    help="Worker processes on this machine; by default one a processor.",
)
@click.option("--dask", metavar="ADDRESS", help="Work on a Dask cluster instead: the address of its scheduler.")
@click.option("--dry-run", is_flag=True, help="Only say how many runs there are and what they would cost.")
@click.option("--weights/--no-weights", default=True, help="Whether trained networks are kept, or their measures only.")
def sweep(
    files: tuple[Path, ...], out: Path | None, folder: Path | None, workers: int | None, dask: str | None,
    dry_run: bool, weights: bool,
) -> None:  # fmt: skip
    """Train and measure every network that FILE declares, and write one table with a row for each.

    FILE is a short TOML file: lists of values (all combinations), random ranges, readings, conditions and seeds.
    Of several, the rows come one file after the other, and a column `sweep` names the file of each. Each finished run
    is kept at once. After Ctrl-C, a crash or a killed machine, the same command does the rest.

    \b
    Exit status: 0 if every network has its row, 1 if some failed (they are named at the end) or the work as a whole
    did, 2 for a wrong option or a FILE that cannot be read, 130 after Ctrl-C.

    \b
    An example of FILE:
        readings = ["as-written", "self-observation"]
        seeds = { first = 42, count = 5 }
        [grid]
        n_actions = [4, 6, 8]
        infer_weight = [0.5, 1.0]
    """
    if workers and dask:
        raise click.UsageError("--workers is for this machine; a Dask cluster has its own number of workers.")
    if out is None and len(files) > 1:
        raise click.UsageError("several files make one table: name it with --out.")
    out = out or Path(f"{files[0].stem}.parquet")
    with clear_errors():
        from mirror_core.runs.store import RunStore
        from mirror_core.studies.sweeps.plan import read_sweep
        from mirror_core.studies.sweeps.running import run_sweep, survey
        from mirror_core.studies.sweeps.tables import WRITERS, joined, write_table
        from mirror_core.studies.wording import counted

        declared, store = {file.stem: read_sweep(file) for file in files}, RunStore(folder)
        if len(declared) < len(files):
            raise OptionError("two files have the same name: the table could not tell their rows apart.")
        check_target(out, WRITERS)
        found = [survey(one, store, keep_weights=weights) for one in declared.values()]
        click.echo(_plan(found, store, workers, dask), err=not dry_run)
        if dry_run:
            return
        try:
            with terminated_as_interrupted():
                results = {
                    name: run_sweep(one, store, workers=workers, dask=dask, keep_weights=weights)
                    for name, one in declared.items()
                }
        except KeyboardInterrupt:
            _say_interrupted([survey(one, store, keep_weights=weights) for one in declared.values()], store)
            sys.exit(INTERRUPTED)
        tables = {name: result.table for name, result in results.items()}
        table = joined(tables) if len(tables) > 1 else results[files[0].stem].table
        table.attrs["command"] = _command(files, out, weights)
        if len(table) or not out.exists():  # nothing takes the place of an older table
            write_table(table, out)
            click.echo(f"{counted(len(table), 'row')} in {out}")
        else:
            click.echo(f"No network has a row: {out} is left as it was.", err=True)
    if failures := [failure for result in results.values() for failure in result.failures]:
        named = [f"  {failure.name}: {failure.reason}" for failure in failures]
        click.echo("\n".join([f"{len(failures)} failed:", *named]), err=True)
        sys.exit(1)


def _command(files: tuple[Path, ...], out: Path, weights: bool) -> str:
    """Return the command that makes the table again, without what only decides where and how fast."""
    parts = ["mirror", "sweep", *map(str, files), *([] if weights else ["--no-weights"]), "--out", str(out)]
    return shlex.join(parts)


def _plan(found: list[Survey], store: RunStore, workers: int | None, dask: str | None) -> str:
    """Say how much there is to do."""
    from mirror_core.runs.workers import n_workers
    from mirror_core.studies.sweeps.cost import estimate
    from mirror_core.studies.sweeps.running import merged
    from mirror_core.studies.wording import counted, duration

    every = merged(found)
    kept, missing = len(every.rows), len(every.missing)
    impossible = sum(c.config is None for c in every.combinations)
    lines = [f"{counted(kept + missing, 'run')}: {kept} kept in {store.root}, {missing} to do."]
    if impossible:
        lines.append(f"{impossible} combinations are impossible; they will be named at the end.")
    if missing:
        cost = estimate(every)
        n = min(workers or n_workers(), missing)
        where = "divided by the cluster's processors" if dask else f"{duration(cost.seconds / n)} with {n} workers"
        lines.append(f"About {duration(cost.seconds)} on one processor, {where}, going by {cost.source}.")
    return "\n".join(lines)


def _say_interrupted(found: list[Survey], store: RunStore) -> None:
    from mirror_core.studies.sweeps.running import merged

    left = merged(found)
    click.echo(
        f"Interrupted. {len(left.rows)} of {len(left.rows) + len(left.missing)} runs are kept in {store.root}; "
        "the same command does the rest.",
        err=True,
    )
