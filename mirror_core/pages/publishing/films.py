"""Pictures that a page draws itself, steps of its films above all, as files to take along."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mirror_core.runs.files import whole_file, write_text

if TYPE_CHECKING:
    from fpdf import FPDF

_FILM = re.compile(
    r'<div (?P<said>[^>]*class="player"[^>]*)>'
    r'(?P<rest>.*?<script [^>]*class="player-frames"[^>]*>(?P<frames>.*?)</script>)',
    re.DOTALL,
)
_BY = re.compile(r'data-by="([^"]*)"')
_LINE = re.compile(r'data-line="(\d+)"')
"""Of a film, whose attributes a page may have in another order than it was given them."""
_THEMED = re.compile(r"var\(--[\w-]+(?:, *([^)]+))?\)")
"""A colour that the theme has, and what it is where there is no theme."""
_BOX = re.compile(r"viewBox=[\"'][-\d.]+ [-\d.]+ (?P<width>[\d.]+) (?P<height>[\d.]+)[\"']")
_LINK = re.compile(r"</?a\b[^>]*>|<title>.*?</title>")
_NOTHING = re.compile(r"""<path d=(["'])\1[^>]*/>""")
"""Valid, and not understood by what draws the PDF."""
_FONTS = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}
"""Those that Matplotlib brings: a PDF's own have no letters beyond Latin."""
_MARGIN, _LETTERS = 12, 10
"""Around a picture and what is said under it, and the size of that, in points."""


@dataclass(frozen=True)
class Film:
    """A film of a page, see `mirror_core.pages.player`."""

    by: str
    """The function that made it, with its module."""
    line: int
    """Where it begins in the module's file."""
    pictures: tuple[str, ...]
    """SVG elements."""
    captions: tuple[str, ...]
    """What each shows."""

    @property
    def name(self) -> str:
        """Of its files among the site's images, without the ending."""
        return f"film-{hashlib.sha256(json.dumps([self.pictures, self.captions]).encode()).hexdigest()}"

    @property
    def pdf(self) -> bytes:
        """A page for each picture."""
        return to_pdf(self.pictures, self.captions)

    @property
    def csv(self) -> str:
        """A row for each picture."""
        import pandas as pd  # here, as in `to_pdf`: every build starts with this module

        table = pd.DataFrame({"picture": range(1, len(self.captions) + 1), "what it shows": self.captions})
        return table.to_csv(index=False, lineterminator="\n")


def films(output: Mapping) -> list[Film]:
    """Return the films of a notebook's output."""
    return [_film(found) for found in _FILM.finditer("".join(output.get("data", {}).get("text/html", "")))]


def _film(found: re.Match[str]) -> Film:
    frames = json.loads(found["frames"])
    pictures, captions = (tuple(one[what] for one in frames) for what in ("picture", "caption"))
    return Film(_BY.search(found["said"])[1], int(_LINE.search(found["said"])[1]), pictures, captions)


def with_films(html: str, images: Path, to_images: str, sources: str = "") -> str:
    """Write the films of a page as PDF and CSV, and say in it where these are, and where the functions are to be read.

    Parameters
    ----------
    images, to_images
        Folder of the site's images, and the way to it from the page.
    sources
        Address of the repository's files; nothing if it has none.
    """

    def located(found: re.Match[str]) -> str:
        if "data-pdf=" in found["said"]:
            return found[0]
        film = _film(found)
        pdf, csv = (images / f"{film.name}.{ending}" for ending in ("pdf", "csv"))
        if not pdf.exists():
            images.mkdir(exist_ok=True)
            write_text(csv, film.csv)
            with whole_file(pdf) as part:  # last, since it stands for both
                part.write_bytes(film.pdf)
        said = f'{found["said"]} data-pdf="{to_images}/{pdf.name}" data-csv="{to_images}/{csv.name}"'
        if sources:
            said += f' data-source="{source_address(film.by, film.line, sources)}"'
        return f"<div {said}>{found['rest']}"

    return _FILM.sub(located, html)


def source_address(by: str, line: int, sources: str) -> str:
    """Return where a function is to be read in the repository; nothing if that has no address."""
    module = "/".join(by.split(".")[:-1])
    return f"{sources}/{module}.py#L{line}" if sources and by else ""


def without_links(svg: str) -> str:
    """Return a picture without links, and without the names that are shown where the mouse is."""
    return _LINK.sub("", svg)


def standalone(svg: str) -> str:
    """Return a picture of a page as a file of its own, on white: without links, with every colour written out.

    A colour of the theme with no other to stand for it is black.

    Examples
    --------
    >>> standalone('<svg><a href="b"><path fill="var(--c, red)" stroke="currentColor"/></a></svg>')
    '<svg xmlns="http://www.w3.org/2000/svg"><path fill="red" stroke="#000000"/></svg>'
    """
    plain = _NOTHING.sub("", without_links(svg)).replace("currentColor", "#000000")
    plain = _THEMED.sub(lambda colour: colour[1] or "#000000", plain)
    return plain.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)


@cache  # the menu and the archive have the same
def to_pdf(pictures: tuple[str, ...], captions: tuple[str, ...]) -> bytes:
    """Return pictures of a page as PDF, one on each sheet with what it shows: lines and letters.

    Parameters
    ----------
    pictures
        SVG elements of one size, with a `viewBox` of which a unit becomes a point.
    """
    from fpdf.svg import SVGObject

    width, height = (max(float(_BOX.search(picture)[side]) for picture in pictures) for side in ("width", "height"))
    said = {"w": width, "h": 1.2 * _LETTERS, "align": "L"}
    tried, pdf = _document(), _document()
    tried.add_page(format=(width + 2 * _MARGIN, height))  # lines are broken only on a page
    lines = [tried.multi_cell(**said, text=caption, dry_run=True, output="LINES") for caption in captions]
    for picture, caption in zip(pictures, captions, strict=True):
        pdf.add_page(format=(width + 2 * _MARGIN, height + said["h"] * max(map(len, lines)) + 3 * _MARGIN))
        sized = standalone(picture).replace("<svg", f'<svg width="{width}pt" height="{height}pt"', 1)
        SVGObject(sized).draw_to_page(pdf, _MARGIN, _MARGIN)
        pdf.set_xy(_MARGIN, height + 2 * _MARGIN)
        pdf.multi_cell(**said, text=caption)
    return bytes(pdf.output())


def _document() -> FPDF:
    """Return an empty PDF, the same at any time."""
    import matplotlib
    from fpdf import FPDF

    pdf = FPDF(unit="pt")
    pdf.set_creation_date(datetime(1980, 1, 1, tzinfo=UTC))
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(False)
    for style, file in _FONTS.items():
        pdf.add_font("sans-serif", style, Path(matplotlib.get_data_path(), "fonts", "ttf", file))
    pdf.set_font("sans-serif", size=_LETTERS)
    return pdf
