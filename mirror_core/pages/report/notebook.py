"""A report inside a notebook: the command that makes it, its verdict, tables and reading as HTML."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from html import escape
from pathlib import Path

from IPython.display import HTML

from mirror_core.pages.report.text import shown
from mirror_core.pages.tables import show, statement
from mirror_core.studies.report.results import Report


def scratch_folder() -> Path:
    """Return a new folder for the files of a page."""
    return Path(tempfile.mkdtemp(prefix="mirror-"))


def run_command(folder: Path, *command: object) -> None:
    """Run a subcommand of `mirror` in a folder, and print it with what it prints.

    Raises
    ------
    RuntimeError
        If it fails, with what it said.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        [sys.executable, "-m", "mirror_core.cli", *words[1:]], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
    print(f"$ {' '.join(words)}\n\n{done.stdout}", end="")


def table(report: Report, name: str) -> HTML:
    """Show a table of a report with what could not be done."""
    section = report.sections[name]
    if section.table is None:
        return HTML(f"<p>Skipped: {escape(section.skipped)}</p>")
    notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in section.notes)
    return HTML(show(shown(section.table).map(escape).rename(columns=escape)).data + notes)


def verdict(report: Report) -> HTML:
    """Show the verdict."""
    return HTML(f"<p><strong>{escape(report.reading.verdict)}</strong></p>")


def reading(report: Report) -> HTML:
    """Show what a report says and what it does not say."""
    parts = (("What it says", report.reading.says), ("What it does not say", report.reading.does_not_say))
    return HTML(
        "".join(
            f'<p class="table-title">{title}</p><ul>{"".join(f"<li>{escape(s)}</li>" for s in sentences)}</ul>'
            for title, sentences in parts
        )
    )


def finding_of(plain: str, verdicts: Mapping[str, str]) -> HTML:
    """Say what was found in one plain sentence, then the verdict on each of some recordings, by its name."""
    return statement(plain, " ".join(f"{name}: {_inside(said)}" for name, said in verdicts.items()))


def _inside(sentence: str) -> str:
    return escape(sentence[0].lower() + sentence[1:])
