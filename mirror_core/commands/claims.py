"""`mirror claims`: the verdict on every claim, in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mirror_core.checks import MOST
from mirror_core.commands.common import INTERRUPTED, check_target, clear_errors, store_option
from mirror_core.runs.interrupts import terminated_as_interrupted

if TYPE_CHECKING:
    from mirror_core.config.settings import Config
    from mirror_core.runs.store import RunStore
    from mirror_core.studies.claims.results import Change
    from mirror_core.studies.claims.verdicts import Evidence, Judgement

CHANGED = 3
"""Exit status of --check where a verdict changed."""

ENDINGS = {"table": ".txt", "csv": ".csv", "json": ".json"}
"""What can be written, and how the name of such a file ends."""

_SITE = 10, 20
"""Networks of each control, and of the main experiment and separate cores, that the site has."""


@click.command(short_help="Judge the paper's claims from trained networks.")
@store_option
@click.option(
    "--of",
    "whose",
    default="paper",
    show_default=True,
    help="Whose claims: the paper's, or those of an experiment beside it (several: separated by commas; all: "
    '"experiments"; a group: "related systems", "future work"), which are judged from the tables that come with the '
    "checkout.",
)
@click.option("--reading", default="all", help="Readings, separated by commas; by default all.")
@click.option("--seed", default=42, show_default=True, help="First seed.")
@click.option(
    "--n-seeds", type=click.IntRange(1, MOST), default=_SITE[0], show_default=True, help="Networks of each control."
)
@click.option(
    "--n-seeds-shared",
    type=click.IntRange(1, MOST),
    help=f"Of shared and separate cores; by default {_SITE[1]}, or --n-seeds if given.",
)
@click.option("--format", "form", type=click.Choice([*ENDINGS]), help="What to write; by default what --out ends in.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"A file to write to, instead of the terminal: {', '.join(ENDINGS.values())}.",
)
@click.option(
    "--dry-run", is_flag=True, help="Only say how many networks there are and what the missing ones would cost."
)
@click.option("--check", is_flag=True, help="Compare with the committed verdicts: exit status 3 if one changed.")
def claims(
    folder: Path | None, whose: str, reading: str, seed: int, n_seeds: int, n_seeds_shared: int | None,
    form: str | None, out: Path | None, dry_run: bool, check: bool,
) -> None:  # fmt: skip
    """Judge every claim of the paper under each reading, from networks at the paper's size.

    Networks that the store lacks are trained first. Each is kept at once: after Ctrl-C the same command does the rest.

    \b
    Exit status: 0, or with --check 3 if a verdict is not the committed one; 1 if the work failed, 2 for a wrong
    option, 130 after Ctrl-C.
    """
    with clear_errors():
        from mirror_core.checks import OptionError
        from mirror_core.config.conditions import READINGS
        from mirror_core.config.settings import Config
        from mirror_core.runs.store import RunStore
        from mirror_core.studies.claims.evidence import claim_grid, gather
        from mirror_core.studies.claims.results import COMMITTED, to_json
        from mirror_core.studies.claims.statements import conditions_of, load_claims
        from mirror_core.studies.claims.verdicts import evaluate
        from mirror_core.studies.data import DATA, WITH_A_CHECKOUT
        from mirror_core.studies.grid import names

        if out:
            check_target(out, ENDINGS.values() if form is None else [ENDINGS[form]])
        form = form or next((known for known in ENDINGS if out and out.name.lower().endswith(ENDINGS[known])), "table")
        if check and not COMMITTED.is_file():  # before hours of work, not after
            missing = f"no verdicts to compare with: {COMMITTED} does not exist."
            raise OptionError(missing if DATA.is_dir() else f"{missing} {WITH_A_CHECKOUT}")
        if check and whose != "paper":
            raise click.UsageError(
                "--check is for the paper's claims: those of an experiment are judged from its table."
            )
        if whose != "paper":
            _of_experiments(whose, form, out)
            return
        more = n_seeds_shared or (_SITE[1] if n_seeds == _SITE[0] else n_seeds)
        readings = list(READINGS) if reading == "all" else names("reading", reading, READINGS)
        stated, store = load_claims(), RunStore(folder)
        grid = claim_grid(Config(), readings, conditions_of(stated), seed, n_seeds, more)
        click.echo(_plan(list(grid.values()), store), err=not dry_run)
        if dry_run:
            return
        try:
            with terminated_as_interrupted():
                evidence = gather(grid, store=store)
        except KeyboardInterrupt:
            said = f"Interrupted. What is finished is kept in {store.root}; the same command does the rest."
            click.echo(said, err=True)
            sys.exit(INTERRUPTED)
        judgements = evaluate(stated, evidence, readings)
        _write(judgements, evidence, form, out)
        if check and (changed := _changed(to_json(judgements, evidence), readings)):
            said = [f"{len(changed)} verdicts are not the committed ones:", *map(str, changed)]
            click.echo("\n".join(said), err=True)
            sys.exit(CHANGED)


def _of_experiments(whose: str, form: str, out: Path | None) -> None:
    from mirror_core.experiments import EXPERIMENTS, of_group
    from mirror_core.experiments.judging import judge_kept
    from mirror_core.studies.grid import names

    chosen = [] if whose == "experiments" else list(of_group(whose)) or names("experiment", whose, EXPERIMENTS)
    _write(*judge_kept(chosen), form, out)


def _write(judgements: list[Judgement], evidence: Evidence, form: str, out: Path | None) -> None:
    from mirror_core.runs.files import write_text
    from mirror_core.studies.claims.results import to_csv, to_json

    written = {"table": as_text, "csv": to_csv, "json": lambda found: to_json(found, evidence)}[form](judgements)
    if out:
        write_text(out, written)
        click.echo(f"{len(judgements)} verdicts in {out}")
    else:
        click.echo(written.rstrip("\n"))


def _plan(configs: list[Config], store: RunStore) -> str:
    """Say how many networks there are, and what the missing ones cost."""
    from mirror_core.runs.workers import n_workers
    from mirror_core.studies.sweeps.cost import expected_seconds
    from mirror_core.studies.wording import counted, duration

    missing = [config for config in configs if not store.folder(config).is_dir()]
    plan = f"{counted(len(configs), 'network')}: {len(configs) - len(missing)} kept in {store.root}"
    plan += f", {len(missing)} to train."
    if not missing:
        return plan
    seconds, workers = sum(map(expected_seconds, missing)), min(n_workers(), len(missing))
    return f"{plan}\nAbout {duration(seconds)} on one processor, {duration(seconds / workers)} with {workers} workers."


def _changed(new: str, readings: list[str]) -> list[Change]:
    """Return which verdicts under these readings are not the committed ones.

    Raises
    ------
    OptionError
        If other networks are behind them.
    """
    from mirror_core.checks import OptionError
    from mirror_core.studies.claims.results import COMMITTED, changes, read_verdicts

    old, settings = read_verdicts(COMMITTED.read_text(encoding="utf-8-sig"))
    found, now = read_verdicts(new)
    differing = {name for name in {*settings, *now} - {"n_networks"} if settings.get(name) != now.get(name)}
    if differing:
        named = ", ".join(f"{name} = {settings.get(name)} instead of {now.get(name)}" for name in sorted(differing))
        raise OptionError(f"the committed verdicts cannot be compared with: they have {named}.")
    return changes([one for one in old if one.reading in readings], found)


def as_text(judgements: list[Judgement]) -> str:
    """Return the verdicts as a plain table: claim, the paper's number, and under each reading verdict and value."""
    from mirror_core.studies.claims.verdicts import SYMBOLS
    from mirror_core.studies.wording import decimal

    def said(one: Judgement) -> str:
        found = one.main.decisive.found
        value = f" {decimal(found.mean)} [{decimal(found.low)}, {decimal(found.high)}] n={found.n}" if found.n else ""
        return f"{SYMBOLS[one.verdict]} {one.verdict}{value}"

    readings = list(dict.fromkeys(one.reading for one in judgements))
    n_reproduced = [
        f"{sum(one.verdict == 'reproduced' for one in judgements if one.reading == reading)} under {reading}"
        for reading in readings
    ]
    paper = {one.claim.id: one.claim.paper for one in judgements}
    if len(judgements) > len(paper):
        cells = {(one.claim.id, one.reading): said(one) for one in judgements}
        rows = [["claim", "the paper", *readings]]
        rows += [[claim, number, *(cells[claim, reading] for reading in readings)] for claim, number in paper.items()]
    else:  # one reading, or experiments, each of which has claims of its own
        rows = [["", "claim", "the source", "verdict"]]
        rows += [[one.reading, one.claim.id, one.claim.paper, said(one)] for one in judgements]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", f"Reproduced, of {len(paper)}: {', '.join(n_reproduced)}."]) + "\n"
