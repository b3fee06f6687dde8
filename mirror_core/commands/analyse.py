"""`mirror analyse`: recordings of anybody's network, tested as this project tests its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from mirror_core.checks import MOST
from mirror_core.commands.common import INTERRUPTED, check_target, clear_errors, layout_options, usage_errors
from mirror_core.recordings.layout import Layout

RESULT = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Test recordings of your own network.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=RESULT, help="The HTML report; by default STEM-report.html in the current folder.")
@click.option("--json", "as_json", type=RESULT, help="Also write tables, verdict and settings as JSON.")
@click.option("--csv", "as_csv", type=RESULT, help="Also write one row a unit as CSV.")
@click.option("--no-actions", is_flag=True, help="Leave the actions out, and skip what needs them.")
@click.option(
    "--drop-nan",
    type=click.Choice(["sequences", "units"]),
    help="Leave out sequences or units with values that are not finite; by default they are an error.",
)
@click.option("--seed", type=click.IntRange(0), default=42, show_default=True, help="Decides every random draw.")
@click.option(
    "--permutations", type=click.IntRange(1, MOST), default=2000, show_default=True, help="Draws of each null."
)
@click.option(
    "--alpha",
    type=click.FloatRange(1e-6, 1 - 1e-6),
    default=0.05,
    show_default=True,
    help="Largest p that counts as significant.",
)
@layout_options
def analyse(
    file: Path,
    out: Path | None,
    as_json: Path | None,
    as_csv: Path | None,
    no_actions: bool,
    drop_nan: str | None,
    seed: int,
    permutations: int,
    alpha: float,
    layout: Layout,
) -> None:
    """Ask of the recordings in FILE whether there are mirror units: tables here, and a report with figures as HTML.

    FILE is a .npz file (numpy.savez) or a NetCDF file (.nc) with the arrays `perform` and `observe`, activations with
    dimensions (sequence, time, unit): sequence i and timestep t of both are the same moment of the same episode. An
    array `actions` (sequence, time) of whole numbers says what was done; without it, decoding and what else needs it
    is skipped. In NetCDF dimensions are found by name, in any order.

    Where the two modes have trials of their own, which have only the condition in common, FILE may also be NWB, MATLAB
    (.mat), Octave's HDF5, pynapple's .npz, a table (CSV, Parquet), or a folder or .zip file with a file for each unit
    or session; options say what in it is what. `mirror inspect FILE` lists what there is and proposes them.

    A file that --out, --json or --csv names is replaced, once the new one is complete; one that has the default's name
    is not.

    \b
    Exit status: 0 if the report was written, 1 if the work failed (a full disk, too little memory), 2 for a wrong
    option or a FILE that cannot be read or analysed, 130 after Ctrl-C.
    """
    with clear_errors(reads_recordings=True):
        by_default = Path(f"{file.absolute().stem}-report.html")  # a folder may be called "."
        if out is None and os.path.lexists(by_default):
            raise click.UsageError(f"{by_default} exists already: name a report that may be replaced with --out.")
        wanted = {".html": out or by_default, ".json": as_json, ".csv": as_csv}
        wanted = {ending: path for ending, path in wanted.items() if path is not None}
        for ending, path in wanted.items():
            check_target(path, [ending])
            if path.exists() and file.exists() and path.samefile(file):
                raise click.UsageError(f"cannot write to {path}: it is the file to be read.")
        os.environ["MPLBACKEND"] = "agg"  # draws into files: needs no screen, nor what a profile names
        import matplotlib

        matplotlib.use("agg")  # where it is loaded already
        from mirror_core import report as door
        from mirror_core.analysis import RecordingError
        from mirror_core.recordings.formats import read_recording
        from mirror_core.recordings.trials import Trials

        written: list[Path] = []
        options = dict(name=file.name, seed=seed, n_permutations=permutations, alpha=alpha, progress=True)
        try:
            with usage_errors():
                door.Settings(seed, permutations, alpha)
                recording = read_recording(file, layout, seed=seed)
            if isinstance(recording, Trials) and (no_actions or drop_nan):
                raise click.UsageError(
                    "--no-actions and --drop-nan are for files with the same sequences in both modes: here each trial "
                    "has a condition, and what is missing stays missing."
                )
            try:
                if isinstance(recording, Trials):
                    report = door.analyse_trials(recording, **options)
                else:
                    perform, observe, actions = recording
                    actions = None if no_actions else actions
                    report = door.analyse(perform, observe, actions, drop_nan=drop_nan, **options)
            except RecordingError as error:
                raise RecordingError(f"{file}: {error}") from error
            failed = []  # one file that cannot be written takes neither the others nor the text with it
            for path in wanted.values():
                try:
                    report.save(path)
                    written.append(path)
                except OSError as error:
                    failed.append(f"cannot write {path} ({error.strerror or error}).")
            for path in written:
                click.echo(f"Written: {path}", err=True)
            click.echo(str(report))
            if failed:
                raise OSError(" ".join(failed))
        except KeyboardInterrupt:
            said = f"Written before: {', '.join(map(str, written))}." if written else "Nothing was written."
            click.echo(f"Interrupted. {said}", err=True)
            sys.exit(INTERRUPTED)
