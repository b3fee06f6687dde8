"""`mirror sweep`: run what a file declares, and write one table."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirror_core.checks import ConfigError
from mirror_core.commands.common import clear_errors, store_option

if TYPE_CHECKING:
    from mirror_core.runs import RunStore
    from mirror_core.sweeps import Failure, Survey, Sweep

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


@click.command(short_help="Run what a file declares, and write one table.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The table, in Parquet; by default named like FILE, in the current folder.",
)
@store_option
@click.option("--workers", type=click.IntRange(1), help="Worker processes on this machine; by default one a processor.")
@click.option("--dask", metavar="ADDRESS", help="Work on a Dask cluster instead: the address of its scheduler.")
@click.option("--dry-run", is_flag=True, help="Only say how many runs there are and what they would cost.")
@click.option("--weights/--no-weights", default=True, help="Whether trained networks are kept, or their measures only.")
def sweep(
    file: Path, out: Path | None, folder: Path | None, workers: int | None, dask: str | None, dry_run: bool, weights: bool
) -> None:
    """Train and measure every network that FILE declares, and write one table with a row for each.

    FILE is a short TOML file: lists of values (all combinations), random ranges, readings, conditions and seeds.
    Each finished run is kept at once. After Ctrl-C, a crash or a killed machine, the same command does the rest.

    \b
    Exit status: 0 if every network has its row, 1 if some failed (they are named at the end) or nothing could be
    done, 2 for a wrong option, 130 after Ctrl-C.

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
    out = out or Path(f"{file.stem}.parquet")
    with clear_errors():
        from mirror_core.runs import RunStore
        from mirror_core.sweeps import read_sweep, run_sweep, survey, write_table

        declared, store = read_sweep(file), RunStore(folder)
        if not out.absolute().parent.is_dir():
            raise ConfigError(f"cannot write {out}: its folder does not exist.")
        click.echo(_plan(survey(declared, store, keep_weights=weights), store, workers, dask), err=not dry_run)
        if dry_run:
            return
        try:
            with terminated_as_interrupted():
                result = run_sweep(declared, store, workers=workers, dask=dask, keep_weights=weights)
        except KeyboardInterrupt:
            _say_interrupted(declared, store, weights)
            sys.exit(INTERRUPTED)
        write_table(result.table, out)
    click.echo(f"{len(result.table)} rows in {out}")
    if result.failures:
        _say_failures(result.failures)
        sys.exit(1)


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM, by which clusters end a job, do what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _plan(found: Survey, store: RunStore, workers: int | None, dask: str | None) -> str:
    """Say how much there is to do."""
    from mirror_core.making import n_workers
    from mirror_core.sweeps.cost import estimate

    kept, missing = len(found.rows), len(found.missing)
    impossible = sum(c.config is None for c in found.combinations)
    lines = [f"{kept + missing} runs: {kept} kept in {store.root}, {missing} to do."]
    if impossible:
        lines.append(f"{impossible} combinations are impossible; they will be named at the end.")
    if missing:
        cost = estimate(found)
        n = min(workers or n_workers(), missing)
        where = "divided by the cluster's processors" if dask else f"{duration(cost.seconds / n)} with {n} workers"
        lines.append(f"About {duration(cost.seconds)} on one processor, {where}, going by {cost.source}.")
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Return a time in the largest unit of which it has two: "4.2 s", "15 min", "2.5 h"."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            break
    else:
        unit, length = "s", 1
    return f"{seconds / length:.2g} {unit}" if seconds < 10 * length else f"{seconds / length:,.0f} {unit}"


def _say_interrupted(declared: Sweep, store: RunStore, weights: bool) -> None:
    from mirror_core.sweeps import survey

    left = survey(declared, store, keep_weights=weights)
    click.echo(
        f"Interrupted. {len(left.rows)} of {len(left.rows) + len(left.missing)} runs are kept in {store.root}; "
        "the same command does the rest.",
        err=True,
    )


def _say_failures(failures: list[Failure]) -> None:
    click.echo(f"{len(failures)} failed:", err=True)
    for failure in failures:
        click.echo(f"  {failure.name}: {failure.reason}", err=True)
