"""Small tables for pages: settings, readings and conditions, and measures with intervals."""

import ast
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from html import escape

import pandas as pd
from IPython.display import HTML

from mirror_core.config.conditions import Variant
from mirror_core.config.settings import Config
from mirror_core.studies.measures import measure_named
from mirror_core.studies.wording import counted, duration, with_interval

AT_ONCE = 65
"""Words of numbers that a page opens with: more is folded, to be opened by who wants it."""

_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z<])")

LONG = 20
"""Rows beyond which a table is folded, to be opened by who wants it."""


def show(table: pd.DataFrame, caption: str = "", *, of: str = "Table") -> HTML:
    """Return a table as plain HTML that scrolls on a narrow screen instead of breaking the page.

    A long one is folded under its caption, or what it is a table `of`.
    """
    html = table.to_html(index=False, border=0, escape=False, classes="table", justify="left")
    scrolls = f'<div class="scroll-table">{html}</div>'
    if len(table) > LONG:
        name = f"<strong>{caption or of}</strong>: {counted(len(table), 'row')}"
        return HTML(f'<details class="runs"><summary>{name}</summary>{scrolls}</details>')
    title = f'<p class="table-title">{caption}</p>' if caption else ""
    return HTML(f"{title}{scrolls}")


def cell(values: Sequence[float], within: tuple[float, float], digits: int = 2) -> str:
    """Return a table cell: the mean over networks, and its 95 % interval smaller below."""
    mean, _, interval = with_interval(values, within, digits, joint="|").partition("|")
    return f"{mean}<br><small>{interval}</small>" if interval else mean


def digits_of(measure: str) -> int:
    """Return with how many decimals a measure is shown; a p with at least three, lest a small one look like zero."""
    digits = measure_named(measure).digits
    return max(digits, 3) if measure.endswith("_p") else digits


def statement(finding: str, more: str) -> HTML:
    """Return what a page opens with: the finding in bold, then the numbers, those beyond some `AT_ONCE` words folded.

    Parameters
    ----------
    finding
        One sentence of at most 25 words that a first-year student understands: no name of a claim, no interval, no
        symbol, at most one number. Rules on the data choose its words.
    more
        Sentences; the first of them, and the first with a number, are never folded.
    """
    shown, *folded = _SENTENCE_ENDS.split(more)
    while folded and (
        len(_text(f"{shown} {folded[0]}").split()) <= AT_ONCE
        or not re.search(r"\d", _text(shown))
        or shown.count("<") != 2 * shown.count("</")  # what a tag encloses is not parted
    ):
        shown = f"{shown} {folded.pop(0)}"
    said = f'<p class="finding"><strong>{finding}</strong> {shown}</p>'
    if folded:
        said += f'<details class="runs"><summary>More numbers</summary><p>{" ".join(folded)}</p></details>'
    return HTML(said)


def _text(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


def where_from(table: pd.DataFrame) -> HTML:
    """Say which command made a table that was measured once, when, by which code and in how long.

    Parameters
    ----------
    table
        With a column `seed`; its `attrs` have `command`, `seconds` (of one core), `processor`, `code` and `written`.
    """
    made = {name: escape(str(table.attrs.get(name, "unknown"))) for name in ("command", "processor", "code", "written")}
    return HTML(
        f"<p>The table was measured once: seeds {table.seed.min()} to {table.seed.max()}, by "
        f"<code>{made['command']}</code>, in {duration(float(table.attrs.get('seconds', 0)))} of one core "
        f"({made['processor']}; code <code>{made['code'][:12]}</code>; {made['written'][:10]}). A test makes a few of "
        "its rows again.</p>"
    )


def variants_table(kind: str, variants: Mapping[str, Variant]) -> HTML:
    """Show a table of readings or conditions: the name, what it means, and the settings that it changes."""
    rows = [
        {
            kind: f"<code>{name}</code>",
            "what it means": variant.meaning,
            "change to the configuration": ", ".join(f"<code>{k} = {v}</code>" for k, v in variant.changes.items())
            or "none",
        }
        for name, variant in variants.items()
    ]
    return show(pd.DataFrame(rows))


def settings_table(base: Config) -> HTML:
    """Show every setting with its value and what it means, as its documentation in the code says."""
    values = {name: value for part in asdict(base).values() if isinstance(part, dict) for name, value in part.items()}
    values["seed"] = base.seed
    rows = [
        {"setting": f"<code>{name}</code>", "value": values[name], "what it is": note}
        for name, note in notes_of(Config).items()
    ]
    return show(pd.DataFrame(rows), of="Settings")


def _notes(cls: type) -> dict[str, str]:
    """Return the string that stands under each field of a dataclass."""
    body = ast.parse(inspect.getsource(cls)).body[0].body
    return {
        field.target.id: " ".join(note.value.value.split())
        for field, note in zip(body, body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(note, ast.Expr)
    }


@cache
def notes_of(config: type) -> dict[str, str]:
    """Return what every setting of a configuration means, sections and all."""
    found = {}
    for section in fields(config):
        owner = section.type if is_dataclass(section.type) else type(getattr(config(), section.name))
        found |= _notes(owner) if is_dataclass(owner) else {section.name: _notes(config)[section.name]}
    return found
