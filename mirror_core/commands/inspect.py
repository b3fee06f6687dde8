"""`mirror inspect`: what is in a file of recordings, and the options that `mirror analyse` may read it with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from mirror_core.commands.common import clear_errors


@click.command(short_help="List what is in a file of recordings.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print all as JSON.")
def inspect(file: Path, as_json: bool) -> None:
    """List what is in FILE, a file, folder or .zip file of recordings, and propose options for `mirror analyse`.

    Options are proposed by names, values and lengths, for you to check: as a command, and as text for a file that
    `mirror analyse FILE --layout layout.toml` reads.

    \b
    Exit status: 0 if FILE was listed, 1 if the work failed, 2 for a FILE that cannot be read, 130 after Ctrl-C.
    """
    with clear_errors(reads_recordings=True):
        from mirror_core.recordings.formats import contents

        found = contents(file)
    command = found.proposal.as_command(file)
    if as_json:
        fields = [asdict(one) for one in found.fields]
        all_of_it = {"file": str(file), "notes": found.notes, "fields": fields}
        all_of_it |= {"layout": found.proposal.given, "command": command}
        click.echo(json.dumps(all_of_it, indent=1, ensure_ascii=False))
        return
    click.echo(f"{file}: {'; '.join(found.notes)}\n")
    rows = [(one.name, f"one a {one.of}" if one.of else "", str(one.shape), one.kind) for one in found.fields]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row, one in zip(rows, found.fields, strict=True):
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        values = ", ".join(f"{value or 'nothing'} ({n})" for value, n in (one.values or {}).items())
        values = f"{one.span[0]:g} to {one.span[1]:g}" if one.span else values
        click.echo(f"  {line}  {values}".rstrip())
    click.echo(f"\nA guess, to be checked:\n\n  {command}\n")
    if found.proposal.given:
        click.echo("The same as a file for --layout:\n\n" + found.proposal.as_toml())
