"""`mirror runs`: what is kept."""

from pathlib import Path

import click

from mirror_core.commands.common import clear_errors, store_option


@click.command(short_help="List the runs that are kept.")
@store_option
def runs(folder: Path | None) -> None:
    """List the runs that are kept, the oldest first: name, reading, condition, seed, seconds, date, what is kept.

    A reading and a condition are named where the configuration has everything that they ask for.
    """
    with clear_errors():
        from mirror_core.runs.store import RunStore
        from mirror_core.studies.sweeps.listing import listing

        store = RunStore(folder)
        table = listing(store)
        if table.empty:
            click.echo(f"No runs in {store.root}.")
        else:
            click.echo(table.to_string(index=False))
