"""What the site has beside every figure: its PDF, its data, a version for the dark theme, and what is seen in it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from mirror_core.pages.publishing.dark import darkened
from mirror_core.pages.publishing.films import source_address
from mirror_core.pages.publishing.quick import EXECUTED
from mirror_core.pages.publishing.weight import compact

LAZY = 'loading="lazy" '
"""Of an image that is fetched only when it comes near."""
SVG, PRINT = "image/svg+xml", "application/pdf"
_IMAGE = re.compile(r'<img ((?!data-drawn)[^>]*?src="([^"]*_images/[^"]*)\.svg"[^>]*)>')
_ALT = re.compile(r'\balt="([^"]*)"')
_WORDS = re.compile(
    r"<!-- (.*?) -->(?=\s*<g (?:style=\"[^\"]*\" )?"
    r"transform=\"(translate\([^)]*\)(?: rotate\([^)]*\))?) scale\(([\d.]+) -[\d.]+\)\")"
)
"""What letters drawn as outlines say, as a comment before them, where they lie, and their hundredth part of a size."""
_FORMULA = re.compile(r"\\mathdefault|[${}]")
"""Marks of Matplotlib's formulas around what they say."""
_SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"')


@dataclass(frozen=True)
class Picture:
    """A figure of an executed notebook."""

    names: tuple[str, ...]
    """Of its files among the site's images, without the ending."""
    svg: str
    pdf: bytes | None
    csv: str | None
    by: str
    """The function that drew it, with its module; may be empty."""
    line: int
    seen: str
    page: str = ""
    """The notebook whose figure it is, by its name."""
    marks: str = ""
    """Where marks with names lie, as JSON: see `mirror_core.figures.kept.named_marks`; may be empty."""


def pictures(notebook: dict, page: str = "") -> Iterator[Picture]:
    """Yield the figures of an executed notebook, of which `page` is the name.

    MyST-NB names a picture by the digest of its lines; a glued one goes by its key.
    """
    for output in (output for cell in notebook["cells"] for output in cell.get("outputs", ())):
        data, metadata = output.get("data", {}), output.get("metadata", {})
        label, drawn = metadata.get("scrapbook", {}), metadata.get(PRINT, {})
        for mime in (one for one in data if one.endswith(SVG)):
            svg = "".join(data[mime])
            digest = hashlib.sha256(os.linesep.join(svg.splitlines()).encode()).hexdigest()
            yield Picture(
                (digest, label["name"]) if "name" in label else (digest,),
                svg,
                base64.b64decode("".join(data.get(mime.replace(SVG, PRINT), ""))) or None,
                drawn.get("csv"),
                drawn.get("by", ""),
                drawn.get("line", 0),
                drawn.get("seen", ""),
                page,
                drawn.get("marks", ""),
            )


def write_beside(notebooks: Path, images: Path) -> dict[str, Picture]:
    """Write every figure in fewer letters, and beside it what goes with it; return the figures by their names.

    Of a film, which the page draws, there is what goes with it alone.
    """
    found = {}
    for path in notebooks.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for output in (output for cell in notebook["cells"] for output in cell.get("outputs", ())):
            beside = output.get("metadata", {}).get(PRINT, {})
            if "film" in beside:
                images.mkdir(exist_ok=True)
                pdf = base64.b64decode("".join(output["data"][PRINT]))
                (images / f"{beside['film']}.pdf").write_bytes(pdf)
                (images / f"{beside['film']}.csv").write_text(beside["csv"], encoding="utf-8")
        for one in pictures(notebook, path.stem):
            for name in (name for name in one.names if (images / f"{name}.svg").is_file()):
                svg = compact(with_words(one.svg))
                (images / f"{name}.svg").write_text(svg, encoding="utf-8")
                (images / f"{name}.dark.svg").write_text(darkened(svg), encoding="utf-8")
                if one.pdf:
                    (images / f"{name}.pdf").write_bytes(one.pdf)
                if one.csv:
                    (images / f"{name}.csv").write_text(one.csv, encoding="utf-8")
                found[name] = one
    return found


def with_words(svg: str) -> str:
    """Return a figure whose letters are outlines with their words under them: to be searched, copied and spoken.

    Outlines look the same with every font that a reader may lack; the words themselves are not drawn.

    Examples
    --------
    >>> with_words('<!-- a -->\\n<g transform="translate(1 2) scale(0.09 -0.09)">').splitlines()[0]
    '<text transform="translate(1 2)" font-size="9" fill="none">a</text>'
    """

    def words(found: re.Match[str]) -> str:
        _, place, size = found.groups()
        said = _FORMULA.sub("", found[1])
        return f'<text transform="{place}" font-size="{100 * float(size):g}" fill="none">{said}</text>'

    return _WORDS.sub(words, svg)


def with_pictures(html: str, found: Mapping[str, Picture], sources: str = "") -> str:
    """Say of every figure of a page what there is of it, complete its alternative text, add its dark version.

    Parameters
    ----------
    found
        Name of the SVG → figure.
    sources
        Address of the repository's files; nothing if it has none.
    """

    def complete(image: re.Match[str]) -> str:
        one = found.get(Path(image[2]).name)
        if one is None:
            return image[0]
        tag = _ALT.sub(lambda alt: f'alt="{alt[1]} {escape(one.seen)}"', image[1], 1) if one.seen else image[1]
        said = {
            "pdf": "yes" if one.pdf else "",
            "csv": "yes" if one.csv else "",
            "by": one.by,
            "source": source_address(one.by, one.line, sources),
            "page": f"{image[2].rpartition('_images/')[0]}{EXECUTED}/{one.page}.html" if one.page else "",
            "marks": one.marks,
        }
        more = "".join(f'data-{name}="{escape(value)}" ' for name, value in said.items() if value)
        # fetched only when it comes near, where the theme and the width show it; the page keeps its place
        tag = f"{LAZY}{_size(one.svg)}{tag}"
        dark = tag.replace(f'src="{image[2]}.svg"', f'src="{image[2]}.dark.svg"')
        return f'<img data-drawn="light" {more}{tag}><img data-drawn="dark" {dark}>'

    return _IMAGE.sub(complete, html)


def _size(svg: str) -> str:
    """Return the attributes of an image that say its size in pixels, to the style sheet too; nothing if it has none."""
    found = _SIZE.search(svg)
    if not found:
        return ""
    width, height = (float(points) * 4 / 3 for points in found.groups())
    return f'width="{width:g}" height="{height:g}" style="--drawn: {width:g}px" '
