"""What the subcommands share: the store they work on, and how they end when something is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

store_option = click.option(
    "--store",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where runs are kept; by default $MIRROR_CORE_STORE, else .runs in the checkout.",
)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn the errors that a user can do something about into one line and exit status 1."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] != "mirror_core":
            raise  # a fault of ours: its traceback is worth seeing
        raise click.ClickException(str(error)) from error


INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""
