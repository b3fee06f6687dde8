"""Pictures that a page draws itself, steps of its films above all, as files to take along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

_FILM = re.compile(r'<div ([^>]*class="player"[^>]*)>')
_KNOWN = re.compile(r'data-(film|by|line)="([^"]*)"')
"""What a film says of itself, in whichever order a page has it."""
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


def with_films(html: str, to_images: str, sources: str = "") -> str:
    """Say of the films of a page where their files are, and where their functions are to be read.

    Parameters
    ----------
    to_images
        The way from the page to the site's images, see `mirror_core.pages.publishing.pictures.write_beside`.
    sources
        Address of the repository's files; nothing if it has none.
    """

    def located(found: re.Match[str]) -> str:
        known = dict(_KNOWN.findall(found[1]))
        if "data-pdf=" in found[1] or "film" not in known:
            return found[0]
        said = "".join(f' data-{kind}="{to_images}/{known["film"]}.{kind}"' for kind in ("pdf", "csv"))
        if sources:
            said += f' data-source="{source_address(known["by"], int(known["line"]), sources)}"'
        return f"<div {found[1]}{said}>"

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


def to_pdf(pictures: Sequence[str], captions: Sequence[str]) -> bytes:
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
