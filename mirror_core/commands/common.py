"""What the subcommands share: the store they work on, and how they end when something is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import wraps
from pathlib import Path

import click

from mirror_core.checks import OptionError
from mirror_core.recordings.layout import Layout, read_layout, says

store_option = click.option(
    "--store",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where runs are kept; by default $MIRROR_CORE_STORE, else .runs in the checkout.",
)


def layout_options(command: Callable) -> Callable:
    """Give a command the options of a `Layout`, and --layout with a file of them; it gets them as one `layout`."""

    @wraps(command)
    def with_layout(*arguments: object, layout_file: Path | None, **options: object) -> object:
        given = {one.name: value for one in fields(Layout) if says(value := options.pop(one.name))}
        if "axes" in given:
            given["axes"] = given["axes"].split(",")
        with usage_errors():
            layout = (read_layout(layout_file) if layout_file else Layout()).change(**given)
        return command(*arguments, layout=layout, **options)

    for one in reversed(fields(Layout)):
        many = one.type.startswith("tuple") and one.name not in ("window", "axes")
        kind = {"is_flag": True} if one.type == "bool" else {"type": float if "float" in one.type else str}
        kind |= {"nargs": 2} if one.name == "window" else {"multiple": many}
        flag = "--" + one.name.replace("_", "-")
        with_layout = click.option(flag, one.name, help=one.metadata["help"], **kind)(with_layout)
    help_text = "A TOML file with these options; those given here count more."
    return click.option("--layout", "layout_file", type=click.Path(path_type=Path), help=help_text)(with_layout)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn an impossible option, wherever it is found out, into an error of usage and exit status 2."""
    try:
        yield
    except OptionError as error:
        raise click.UsageError(str(error)) from error


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
