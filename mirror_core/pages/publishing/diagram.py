"""One picture of what was computed from what: networks and tables at the left, then analyses, then pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from mirror_core.pages.publishing.films import to_pdf
from mirror_core.pages.publishing.origins import EXECUTED, RUNS, Origin, named
from mirror_core.studies.wording import counted

MARK = '<div class="mirror-map"></div>'
"""What the picture takes the place of."""
ROW, TOP, WIDTH = 22, 46, 960
"""Height of a row, where the first begins, and the width of the picture, in its own units."""
LEFT, MIDDLE, RIGHT, FAR = (4, 214), (262, 420), (470, 822), 830
"""Where the boxes of sources, analyses and pages begin and end, and where it is said what is on a page."""
_LINE = 'fill="none" stroke="currentColor" opacity="0.35"'
_FACE = 'fill="var(--pst-color-surface, #f3f4f5)" stroke="var(--pst-color-border, #c9c9c9)"'
LETTERS, IN_PDF = 13, 11.5
"""Size of letters; those of a PDF are wider."""
LONGEST = {"source": 32, "analysis": 23, "page": 52}
"""Letters that a box has room for."""


class Map(SphinxDirective):
    """The picture as a figure with a number: its argument is the label, its content the caption."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the figure, with the mark in it."""
        said = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, said)
        figure = nodes.figure("", nodes.raw("", MARK, format="html"))
        figure += nodes.caption("", "", *(part for paragraph in said for part in paragraph.children))
        self.options["name"] = self.arguments[0]
        self.add_name(figure)
        return [figure]


def joins(pages: Sequence[Origin]) -> set[tuple[str, str, str]]:
    """Return what is joined to what: source (a table, or a reading's networks), analysis and page, one of them empty.

    An analysis is joined to what the pages that ask for it were computed from: of which of a page's networks each of
    its analyses is, the build does not note.
    """
    found = set()
    for one in pages:
        for reading in {named(group["changes"])[0] for group in one.groups}:
            found |= {(reading, name, "") for name in one.analyses} or {(reading, "", one.name)}
        found |= {(table, "", one.name) for table in one.tables} | {("", name, one.name) for name in one.analyses}
    return found


def write_map(pages: Sequence[Origin], drawn: str, images: Path) -> str:
    """Write the picture as PDF and what it joins as CSV, and return it as HTML that says where they are."""
    import pandas as pd  # here: every build starts with this module

    images.mkdir(parents=True, exist_ok=True)
    (images / "map.pdf").write_bytes(to_pdf([drawn.replace(f'"{LETTERS}"', f'"{IN_PDF}"', 1)], [""]))
    table = pd.DataFrame([[part for part in one if part] for one in sorted(joins(pages))], columns=["from", "to"])
    table.to_csv(images / "map.csv", index=False, lineterminator="\n")
    files = f'data-pdf="{images.name}/map.pdf" data-csv="{images.name}/map.csv"'
    return f'<div class="origins-map" data-by="{diagram.__module__}.{diagram.__qualname__}" {files}>{drawn}</div>'


def diagram(pages: Sequence[Origin], claims: Mapping[str, int]) -> str:
    """Return the picture as SVG, with links; it says nothing that the list below it does not say in words.

    Parameters
    ----------
    pages
        From top to bottom.
    claims
        Page → how many claims it answers.
    """
    at = {one.name: TOP + ROW * i for i, one in enumerate(pages)}
    sources: dict[str, list[str]] = {}
    analyses: dict[str, list[str]] = {}
    networks: dict[str, set[str]] = {}
    for one in pages:
        for group in one.groups:
            networks.setdefault(named(group["changes"])[0], set()).update(group["seeds"].values())
        for source in dict.fromkeys([*(named(group["changes"])[0] for group in one.groups), *one.tables]):
            sources.setdefault(source, []).append(one.name)
        for name in one.analyses:
            analyses.setdefault(name, []).append(one.name)
    left, middle = (_spread({name: sum(at[page] for page in of) / len(of) for name, of in column.items()}, len(pages))
                    for column in (sources, analyses))  # fmt: skip
    drawn = [
        _line(LEFT[1], left[a], MIDDLE[0], middle[b]) if not page
        else _line(MIDDLE[1], middle[b], RIGHT[0], at[page]) if b
        else _line(LEFT[1], left[a], RIGHT[0], at[page])
        for a, b, page in sorted(joins(pages))
    ]  # fmt: skip
    for x, words in (
        (LEFT[0], "networks; tables measured before"), (MIDDLE[0], "analyses"), (RIGHT[0], "pages"), (FAR, "on them"),
    ):  # fmt: skip
        drawn.append(f'<text x="{x}" y="{TOP - 22}" font-weight="bold" opacity="0.7">{words}</text>')
    for name, y in left.items():
        said = f"{name}: {counted(len(networks[name]), 'network')}" if name in networks else name
        drawn.append(_box(LEFT, y, said, "source", f"{EXECUTED}/{RUNS}.html" if name in networks else ""))
    drawn += [_box(MIDDLE, y, name.rpartition(".")[2], "analysis", "") for name, y in middle.items()]
    for one in pages:
        there = [(len(one.figures), "figure"), (claims.get(one.name, 0), "claim")]
        drawn.append(_box(RIGHT, at[one.name], one.title, "page", f"{EXECUTED}/{one.name}.html"))
        drawn.append(
            f'<text x="{FAR}" y="{at[one.name] + 4}">{", ".join(counted(n, what) for n, what in there if n)}</text>'
        )
    height = TOP + ROW * max(len(pages), len(left), len(middle))
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="{LETTERS}" fill="currentColor" '
        f'role="group" aria-label="Map: networks and tables, analyses, pages">{"".join(drawn)}</svg>'
    )


def _spread(wanted: Mapping[str, float], n_rows: int) -> dict[str, float]:
    """Place boxes near where they are wanted, none over another and none above the first row."""
    found, below = {}, float(TOP)
    room = max(n_rows - len(wanted), 0) * ROW + TOP
    for i, (name, y) in enumerate(sorted(wanted.items(), key=lambda one: one[1])):
        found[name] = max(below, min(y, room + ROW * i))
        below = found[name] + ROW
    return found


def _line(x: int, y: float, to_x: int, to_y: float) -> str:
    bend = (to_x - x) / 2 if to_x - x < 200 else (to_x - x) / 3
    return f'<path d="M{x} {y:.0f}C{x + bend:.0f} {y:.0f} {to_x - bend:.0f} {to_y:.0f} {to_x} {to_y:.0f}" {_LINE}/>'


def _box(ends: tuple[int, int], y: float, words: str, kind: str, to: str) -> str:
    longest = LONGEST[kind]
    short = words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"
    drawn = (
        f'<rect x="{ends[0]}" y="{y - 9:.0f}" width="{ends[1] - ends[0]}" height="18" rx="3" {_FACE}/>'
        f'<text x="{ends[0] + 6}" y="{y + 4:.0f}">{escape(short)}</text>'
        + (f"<title>{escape(words)}</title>" if short != words else "")
    )
    return f'<a href="{to}">{drawn}</a>' if to else f"<g>{drawn}</g>"
