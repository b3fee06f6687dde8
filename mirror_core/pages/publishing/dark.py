"""A figure for the dark theme: the same drawing with paper, letters and greys turned round, and hues that stay."""

from __future__ import annotations

import base64
import io
import re

import numpy as np

from mirror_core.figures.letters import ON_DARK, ON_LIGHT

PAPER, INK = (0x12, 0x12, 0x12), (0xE6, 0xE6, 0xE6)
"""What white and black become: the dark theme's page and its letters."""

HUES = {
    "#0072b2": "#56a8dd",
    "#002f4d": "#2a79b0",
    "#56b4e9": "#c4e3f6",
    "#946200": "#f0b840",
    "#007a59": "#2fbf98",
    "#009e73": "#2fbf98",
    "#1b7837": "#6fcf87",
    "#8a6d00": "#e0c45c",
    "#9c3a6b": "#e58fbd",
    "#00523b": "#7fd8bd",
}
"""Colours too dark for a dark page → what the site's own style has for them, or a lighter shade."""

LEAST = 3.0
"""Contrast with the page that a line or an area keeps at least."""

_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_STYLE = re.compile(r'(?:style|fill|stroke)="[^"]*"')
_PICTURE = re.compile(r'(xlink:href="data:image/png;base64,)([^"]*)"')
_KEPT = {ON_LIGHT.lower(), ON_DARK.lower()}


def darkened(svg: str) -> str:
    """Return an SVG drawn on white as one for a dark page."""
    turned = _STYLE.sub(lambda style: _COLOUR.sub(lambda found: dark_colour(found[0]), style[0]), svg)
    turned = _PICTURE.sub(lambda found: f'{found[1]}{_dark_picture(found[2])}"', turned)
    # what names no colour is black
    return turned.replace("<svg ", f'<svg fill="{_hex(INK)}" ', 1)


def dark_colour(colour: str) -> str:
    """Return what a colour of a figure on white becomes on a dark page.

    Examples
    --------
    >>> dark_colour("#ffffff"), dark_colour("#000000"), dark_colour("#e69f00")
    ('#121212', '#e6e6e6', '#e69f00')
    """
    if colour in _KEPT:
        return colour
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)
    if np.ptp(rgb) == 0:
        return _hex(_turned(rgb))
    if colour in HUES:
        return HUES[colour]
    while contrast(rgb, PAPER) < LEAST:
        rgb = rgb + 0.1 * (255 - rgb)
    return _hex(rgb)


def contrast(one: np.ndarray | tuple[float, ...], other: np.ndarray | tuple[float, ...]) -> float:
    """Return the contrast of two colours (red, green, blue from 0 to 255), as WCAG 2 defines it.

    Examples
    --------
    >>> contrast((0, 0, 0), (255, 255, 255))
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return round((light + 0.05) / (dark + 0.05), 6)


def _luminance(colour: np.ndarray | tuple[float, ...]) -> float:
    part = np.asarray(colour, dtype=float) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _turned(grey: np.ndarray) -> np.ndarray:
    paper, letters = np.array(PAPER, dtype=float), np.array(INK, dtype=float)
    return letters + grey / 255 * (paper - letters)


def _hex(rgb: np.ndarray | tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(float(part)):02x}" for part in rgb)


def _dark_picture(encoded: str) -> str:
    """Turn round a picture within a figure, if it is all grey; one of hues stays as its scale says."""
    from matplotlib.image import imread, imsave  # here: few figures hold one, and every build starts with this module

    picture = imread(io.BytesIO(base64.b64decode(encoded)), format="png")
    if picture.ndim < 3 or np.ptp(picture[picture[..., -1] > 0][:, :3], axis=-1).max(initial=0) > 1 / 255:
        return encoded
    turned = np.dstack([_turned(255 * picture[..., :3]) / 255, picture[..., 3:]])
    out = io.BytesIO()
    imsave(out, turned, format="png")
    return base64.b64encode(out.getvalue()).decode()
