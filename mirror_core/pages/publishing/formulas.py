"""Formulas as MathML, which browsers draw by themselves: nothing is fetched for them, and no script runs."""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)

_ACCENTED = re.compile(r"\\(?:hat|bar|tilde|dot|vec)(?:\{[^{}]*\}| *[A-Za-z])(?=[_^])")
"""A letter with an accent and an index, which docutils would put below the letter; with an empty group it does not."""


def setup(app: Sphinx) -> None:
    """Draw formulas so in every HTML; beside the script that Sphinx loads by itself, a registered way is preferred."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_displayed, None))


def mathml(latex: str, *, block: bool = False) -> str:
    """Return a formula in LaTeX as MathML on one line.

    Parameters
    ----------
    latex
        Without dollar signs.
    block
        Whether it stands on a line of its own.

    Raises
    ------
    docutils.utils.math.MathError
        If it is no LaTeX, or has a command that docutils does not know.

    Examples
    --------
    >>> mathml("s_t")
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><msub><mi>s</mi><mi>t</mi></msub></math>'
    """
    drawn = tex2mathml(_ACCENTED.sub(r"{\g<0>{}}", latex), as_block=block)
    return "".join(line.strip() for line in drawn.splitlines())


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_drawn(node))
    raise nodes.SkipNode


def _displayed(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(f"{self.starttag(node, 'div', CLASS='math')}{_drawn(node, block=True)}</div>\n")
    raise nodes.SkipNode


def _drawn(node: nodes.math | nodes.math_block, *, block: bool = False) -> str:
    try:
        return mathml(node.astext(), block=block)
    except MathError as error:
        LOGGER.warning("the formula %r cannot be typeset: %s", node.astext(), error, location=node)
        return ""
