"""What was computed from what: configuration, networks, analyses, figures and claims, as the build has noted it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.settings import Config
from mirror_core.pages.anchors import group_anchor
from mirror_core.pages.publishing.execute import PROVENANCE
from mirror_core.pages.publishing.pictures import PRINT
from mirror_core.pages.publishing.quick import EXECUTED
from mirror_core.runs.used import changes, seeds_said
from mirror_core.studies.wording import counted

if TYPE_CHECKING:
    from mirror_core.studies.claims.statements import Claim

MARK = '<div class="mirror-origins"></div>'
"""What the list of all pages takes the place of."""
ANCHOR = "computed-from"
"""Where a page says what it was computed from."""
RUNS = "runs"
"""The page on which networks are listed."""


@dataclass(frozen=True)
class Origin:
    """What a page was computed from, and what of it is on the page."""

    name: str
    title: str
    parameters: Mapping[str, Any]
    groups: Sequence[Mapping[str, Any]]
    """Networks that differ by seed alone: `changes` to the default configuration, and `seeds`, seed → fingerprint."""
    analyses: Mapping[str, Mapping[str, Any]]
    """Function → what it says of itself, and of how many things it was made."""
    tables: Sequence[str]
    """Files of `book/data` that the page reads."""
    figures: Sequence[tuple[str, str]]
    """Label and function of each."""

    @property
    def runs(self) -> set[str]:
        """The fingerprints of all networks."""
        return {run for group in self.groups for run in group["seeds"].values()}


def origins(book: Path) -> dict[str, Origin]:
    """Return where the pages of a book's executed notebooks come from; without those that a build has not stamped."""
    paths = sorted((book / EXECUTED).glob("*.ipynb"))
    return {path.stem: one for path in paths if (one := origin_of(path)) is not None}


def origin_of(executed: Path) -> Origin | None:
    """Return where the page of an executed notebook comes from; None if a build has not stamped it."""
    return _read(executed, executed.stat().st_mtime_ns) if executed.is_file() else None


@lru_cache(maxsize=100)
def _read(executed: Path, changed: int) -> Origin | None:
    notebook = json.loads(executed.read_text(encoding="utf-8"))
    stamp = notebook["metadata"].get(PROVENANCE)
    if not stamp:
        return None
    return Origin(
        executed.stem,
        _title(notebook) or executed.stem,
        stamp.get("parameters", {}),
        stamp.get("used", {}).get("runs", []),
        stamp.get("used", {}).get("analyses", {}),
        stamp.get("used", {}).get("tables", []),
        _figures(notebook),
    )


def _title(notebook: dict) -> str:
    lines = (line for cell in notebook["cells"] if cell["cell_type"] == "markdown" for line in _lines(cell))
    return next((line.removeprefix("# ") for line in lines if line.startswith("# ")), "")


def _lines(cell: dict) -> list[str]:
    return "".join(cell["source"]).splitlines()


def _figures(notebook: dict) -> list[tuple[str, str]]:
    found = []
    for cell in notebook["cells"]:
        label = cell.get("metadata", {}).get("mystnb", {}).get("figure", {}).get("name", "")
        for output in cell.get("outputs", ()):
            drawn = output.get("metadata", {}).get(PRINT, {}).get("by", "")
            found += [(label, drawn)] if drawn else []
    return list(dict.fromkeys(found))  # one that the title page shows, too, is there in several forms


@cache
def claims_on_pages() -> dict[str, list[Claim]]:
    """Return the claims of the paper and of the other systems' sources by the page that answers them."""
    # here, since a build that shows no map need not load what they load
    from mirror_core.experiments import EXPERIMENTS
    from mirror_core.experiments.judging import claims_of
    from mirror_core.studies.claims.statements import load_claims

    found: dict[str, list[Claim]] = {}
    for claim in [*load_claims(), *(claim for one in EXPERIMENTS.values() for claim in claims_of(one))]:
        found.setdefault(claim.page, []).append(claim)
    return found


def named(changed: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return the reading and the condition that change most of what is changed, and the changes that are left.

    Examples
    --------
    >>> named({"joint_pass": True, "infer_weight": 0.0, "n_actions": 8})
    ('self-observation', 'forward-only', {'n_actions': 8})
    """

    def left(reading: str, condition: str) -> dict[str, Any] | None:
        known = _changes_of(reading, condition)
        if any(name not in changed or changed[name] != value for name, value in known.items()):
            return None
        return {name: value for name, value in changed.items() if name not in known}

    fitting = [(r, c, rest) for r, c in product(READINGS, CONDITIONS) if (rest := left(r, c)) is not None]
    return min(fitting, key=lambda one: len(one[2]))


@cache
def _changes_of(reading: str, condition: str) -> dict[str, Any]:
    return changes(configure(Config(), reading, condition))


def section(origin: Origin, known: Origin | None, to: str = "", anchor: str = ANCHOR) -> str:
    """Return what a page was computed from, folded, as HTML.

    Parameters
    ----------
    known
        Of the page that lists networks: groups with any of its networks are links to it.
    to
        Way to the folder of the notebooks' pages.
    """
    listed = known.runs if known else set()
    parts = []
    if origin.groups:
        rows = "".join(f"<li>{row}</li>" for row in _networks(origin.groups, listed, to))
        parts.append(f"<p>Networks:</p><ul>{rows}</ul>")
    if origin.analyses:
        rows = "".join(
            f"<li><code>{escape(name)}</code>, of {one['of']}: {_marked(one['says'])}</li>"
            for name, one in origin.analyses.items()
        )
        parts.append(f"<p>Analyses, each kept with what it is of:</p><ul>{rows}</ul>")
    if origin.tables:
        tables = ", ".join(f"<code>book/data/{escape(name)}</code>" for name in origin.tables)
        parts.append(f"<p>Measured before, with their provenance: {tables}.</p>")
    if not parts:
        return ""
    summary = f"Computed from {' → '.join(_steps(origin))}"
    return f'<details class="runs origins" id="{anchor}"><summary>{summary}</summary>{"".join(parts)}</details>\n'


def _marked(said: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(said))


def _networks(groups: Sequence[Mapping[str, Any]], listed: set[str], to: str) -> list[str]:
    """Return a line for each reading, other changes and seeds, with the conditions that have them."""
    lines: dict[str, list[str]] = {}
    for group in groups:
        reading, condition, rest = named(group["changes"])
        changed = "".join(f", <code>{escape(name)} = {escape(str(value))}</code>" for name, value in rest.items())
        seeds = f"{'seed' if len(group['seeds']) == 1 else 'seeds'} {seeds_said([int(one) for one in group['seeds']])}"
        words = condition
        if listed & set(group["seeds"].values()):
            words = f'<a href="{to}{RUNS}.html#{group_anchor(reading, condition)}">{condition}</a>'
        lines.setdefault(f"<strong>{reading}</strong>{changed}, {seeds}: ", []).append(words)
    return [line + ", ".join(conditions) for line, conditions in lines.items()]


def _steps(origin: Origin) -> list[str]:
    steps = [
        counted(len(origin.runs), "network") if origin.groups else "",
        _analyses(len(origin.analyses)) if origin.analyses else "",
        counted(len(origin.tables), "table") if origin.tables else "",
    ]
    return [step for step in steps if step]


def _analyses(n: int) -> str:
    return f"{n} {'analysis' if n == 1 else 'analyses'}"


def in_order(found: Mapping[str, Origin], order: Sequence[str]) -> list[Origin]:
    """Return pages in the order of the site; those that it does not name follow."""
    return [found[name] for name in [*(n for n in order if n in found), *(n for n in found if n not in order)]]


def map_of(found: Mapping[str, Origin], order: Sequence[str]) -> str:
    """Return the map of all pages as HTML: what each ran with, and what came of it, step by step.

    Parameters
    ----------
    order
        Names of the pages in the order of the site; others follow.
    """
    known = found.get(RUNS)
    pages = in_order(found, order)
    claims = claims_on_pages()
    runs = set().union(*(one.runs for one in pages)) if pages else set()
    total = [
        counted(len(runs), "network"),
        _analyses(len({name for one in pages for name in one.analyses})),
        counted(sum(len(one.figures) for one in pages), "figure"),
        counted(sum(len(claims.get(one.name, ())) for one in pages), "claim"),
    ]
    rows = "".join(_row(one, known, claims.get(one.name, [])) for one in pages)
    return f'<p class="origins-total">Configuration → {" → ".join(total)}</p>\n{rows}'


def _link(page: str, anchor: str, words: str) -> str:
    return f'<a href="{page}#{escape(anchor)}">{escape(words)}</a>' if words else ""


def _row(origin: Origin, known: Origin | None, claims: Sequence[Claim]) -> str:
    page = f"{EXECUTED}/{origin.name}.html"
    given = ", ".join(f"<code>{escape(k)} = {escape(str(v))}</code>" for k, v in origin.parameters.items())
    figures = "".join(f"<li>{_link(page, label, label)} <code>{escape(by)}</code></li>" for label, by in origin.figures)
    said = "".join(f"<li>{_link(page, claim.figure, claim.title)}</li>" for claim in claims)
    steps = [*_steps(origin), counted(len(origin.figures), "figure") if origin.figures else ""]
    steps += [counted(len(claims), "claim") if claims else ""]
    inside = [
        f'<p><a href="{page}">The page</a>{f", run with {given}" if given else ""}.</p>',
        section(origin, known, f"{EXECUTED}/", f"{ANCHOR}-{origin.name}"),
        f"<p>Figures:</p><ul>{figures}</ul>" if figures else "",
        f"<p>Claims that it answers:</p><ul>{said}</ul>" if said else "",
    ]
    return (
        f'<details class="runs"><summary><strong>{escape(origin.title)}</strong> '
        f"{' → '.join(step for step in steps if step)}</summary>{''.join(inside)}</details>\n"
    )
