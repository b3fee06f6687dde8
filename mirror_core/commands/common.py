"""What the subcommands share: the store they work on, the file they write, and how they end when something is wrong."""

import os
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TextIO

import click

from mirror_core.checks import OptionError
from mirror_core.config.declared import is_special
from mirror_core.recordings.layout import Layout, read_layout, says
from mirror_core.runs.interrupts import terminated_as_interrupted

LONGEST_NAME = 255
"""Bytes that a file's name may have on the disks of today's machines."""

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
        number = float if "float" in one.type else int if "int" in one.type else str
        kind = {"is_flag": True} if one.type == "bool" else {"type": number}
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


def check_target(path: Path, endings: Collection[str]) -> None:
    """Refuse, before the work begins, a file that cannot be written under its name.

    Raises
    ------
    click.UsageError
        For a name that ends in none of `endings`, which say what is written, or that is a folder's or a pipe's; if its
        folder does not exist, or nothing can be written into that.
    """
    if not path.name.lower().endswith(tuple(endings)):
        raise click.UsageError(f"cannot write to {path}: its name must end in {' or '.join(endings)}.")
    if len(os.fsencode(path.name)) > LONGEST_NAME:
        raise click.UsageError(f"cannot write to {path}: its name is longer than {LONGEST_NAME} bytes.")
    if path.is_dir():
        raise click.UsageError(f"cannot write to {path}: it is a folder.")
    if is_special(path):
        raise click.UsageError(f"cannot write to {path}: it is a pipe or a device, and a file would take its place.")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise click.UsageError(f"cannot write {path}: its folder does not exist.")
    try:
        with tempfile.TemporaryFile(dir=folder):  # permissions tell nothing of disks that only look writable
            pass
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: its folder may not be written to ({error.strerror}).") from error


class _Steady:
    """A stream that may be gone or full: what it can no longer take is lost, not what was computed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.full: OSError | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._forgiving():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._forgiving():
            self._stream.flush()

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:  # all that follows, Python's own last flush too, goes nowhere
            if not isinstance(error, BrokenPipeError):  # there, nobody reads any more
                self.full = error
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def steady_streams() -> None:
    """Let the terminal take what it can: a letter that it lacks becomes its number, a closed pipe ends no work."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, _Steady):
            continue
        if stream is None:  # closed by whoever started this: libraries write to it, and a file may get its number
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (until the process ends)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, _Steady(stream))


class SteadyGroup(click.Group):
    """A command that works to its end whatever its streams can take; a table that is not all there is an error."""

    def main(self, *arguments: object, **options: object) -> object:
        steady_streams()
        try:
            return super().main(*arguments, **options)
        except SystemExit as end:
            sys.stdout.flush()
            if sys.stdout.full is None:
                raise
            reason = sys.stdout.full.strerror or sys.stdout.full
            click.echo(f"Error: what is printed could not be written to its end: {reason}.", err=True)
            sys.exit(end.code or 1)


@contextmanager
def clear_errors(*, reads_recordings: bool = False) -> Iterator[None]:
    """Turn the errors that a user can do something about into one line and an exit status.

    It is `WRONG_INPUT` for what was asked or given, 1 where the work failed, `INTERRUPTED` after Ctrl-C.

    Parameters
    ----------
    reads_recordings
        Whether recordings are what was given: what is wrong with them is then wrong input, not failed work.
    """
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        sys.exit(INTERRUPTED)
    except MemoryError as error:
        raise click.ClickException(f"there is too little memory for this ({error}).") from error
    except (ValueError, OSError, RuntimeError) as error:
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] != "mirror_core":
            raise  # a fault of ours: its traceback is worth seeing
        said = click.ClickException(str(error))
        if isinstance(error, OptionError) or (reads_recordings and isinstance(error, ValueError)):
            said.exit_code = WRONG_INPUT
        raise said from error


WRONG_INPUT = 2
"""Exit status for an option or a file that cannot be used, as click has it for wrong usage."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def table_option(default: str | None, help: str = "The table, in Parquet.") -> Callable:
    """Return the option --out of a command that writes one table."""
    kind = click.Path(dir_okay=False, path_type=Path)
    return click.option("--out", type=kind, default=default, show_default=default is not None, help=help)


@contextmanager
def kept_when_interrupted() -> Iterator[None]:
    """Let Ctrl-C, or the signal to end, stop work of which what is finished is kept: say so, and exit with 130."""
    try:
        with terminated_as_interrupted():
            yield
    except KeyboardInterrupt:
        click.echo("Interrupted. What was finished is kept; the same command does the rest.", err=True)
        sys.exit(INTERRUPTED)
