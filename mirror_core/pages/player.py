"""A film that a page can play: one picture a step, drawn from a run, with play, pause, step and a slider.

The pictures are plain SVG text, so that they are sharp, small, follow the theme's colours and can be read. The script
is the site's own, `book/_static/player.js`; without it the first picture stands there. The cell that shows a film makes
it a figure with a number, as any other: `mystnb: figure`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML

from mirror_core.checks import OptionError, number
from mirror_core.pages.publishing.films import to_pdf

_NAMESPACE = re.compile(r' xmlns(:\w+)?="[^"]*"')
"""Names that only a file of its own needs, and that look like addresses to fetch."""


_PRINT = "application/pdf"


class Film(HTML):
    """A film, which a notebook keeps as it does figures: with its PDF and, in the metadata, data and function."""

    def __init__(self, html: str, pictures: Sequence[str], captions: Sequence[str], beside: dict[str, Any]) -> None:
        super().__init__(html)
        self.pictures, self.captions, self.beside = pictures, captions, beside

    def _repr_mimebundle_(self, **chosen: object) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        pdf = base64.b64encode(to_pdf(self.pictures, self.captions)).decode()
        table = pd.DataFrame({"picture": range(1, len(self.captions) + 1), "what it shows": self.captions})
        beside = self.beside | {"csv": table.to_csv(index=False, lineterminator="\n")}
        return {"text/html": self.data, _PRINT: pdf}, {_PRINT: beside}


def player(
    pictures: Sequence[str], captions: Sequence[str], label: str, by: Callable, *, per_second: float = 4.0
) -> Film:
    """Return a film.

    Parameters
    ----------
    pictures
        SVG elements of one size, with `viewBox` and without script; `currentColor` and the variables of `mirror.css`
        follow the theme.
    captions
        What each shows, in words: read aloud at each step.
    label
        What the film is.
    by
        The function that made it.

    Raises
    ------
    OptionError
        If there is no picture, not a caption for each, or no speed.
    """
    if not pictures or len(pictures) != len(captions):
        raise OptionError(
            f"a film needs a caption for each picture: {len(pictures)} pictures, {len(captions)} captions."
        )
    number("per_second", per_second, 0.1, 60)
    pictures = [_named(_NAMESPACE.sub("", one), said) for one, said in zip(pictures, captions, strict=True)]
    frames = json.dumps([{"picture": p, "caption": c} for p, c in zip(pictures, captions, strict=True)])
    frames = frames.replace("</", "<\\/")  # else a picture's end tag could end the script
    beside = {
        "film": f"film-{hashlib.sha256(frames.encode()).hexdigest()}",
        "by": f"{by.__module__}.{by.__qualname__}",
        "line": by.__code__.co_firstlineno,
    }
    made = " ".join(f'data-{name}="{escape(str(value))}"' for name, value in beside.items())
    return Film(
        f'<div class="player" role="group" aria-label="{escape(label)}" {made} data-per-second="{per_second}">'
        f'<div class="player-stage">{pictures[0]}</div>'
        f'<p class="player-caption" aria-live="polite">{escape(captions[0])}</p>'
        f'<script type="application/json" class="player-frames">{frames}</script></div>',
        pictures,
        captions,
        beside,
    )


def drawn(width: int, height: int, parts: Sequence[str]) -> str:
    """Return the marks of a picture as an SVG element, letters of the page's own size; its caption becomes its name."""
    look = 'role="img" font-family="sans-serif" font-size="12" fill="currentColor"'
    return f'<svg viewBox="0 0 {width} {height}" {look}>{"".join(parts)}</svg>'


def _named(picture: str, caption: str) -> str:
    """Return a picture with its caption as its name, unless it has one."""
    head, _, rest = picture.partition(">")
    return picture if "aria-label" in head else f'{head} aria-label="{escape(caption)}">{rest}'
