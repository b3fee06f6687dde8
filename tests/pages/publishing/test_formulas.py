"""Formulas: MathML that browsers draw, in every page that has some, and a warning for what cannot be typeset."""

import io
import re
from pathlib import Path

import pytest
from docutils.utils.math import MathError
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from mirror_core.pages.publishing.formulas import mathml

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [*(ROOT / "notebooks").glob("*.md"), *(ROOT / "book").glob("*.md")]


def formulas(source: Path) -> list[tuple[str, bool]]:
    """Return the formulas between dollar signs, and whether each stands on a line of its own."""
    prose = re.sub(r"(?ms)^```.*?^```", "", source.read_text(encoding="utf-8"))
    found = re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", prose, re.DOTALL)
    return [(block or inline, bool(block)) for block, inline in found]


def test_every_formula_of_the_pages_can_be_typeset():
    found = [one for source in SOURCES for one in formulas(source)]
    assert len(found) > 30 and any(block for _, block in found)
    for latex, block in found:
        drawn = mathml(latex.strip(), block=block)
        assert drawn.startswith("<math ") and drawn.endswith("</math>") and "\\" not in drawn, latex


def test_an_accented_letter_has_its_index_beside_it():
    for latex in (r"\hat{s}_t", r"\bar p_u"):
        assert "<munder" not in mathml(latex, block=True) and "<msub>" in mathml(latex, block=True)
    assert "<msubsup>" in mathml(r"\bar{p}_{kv}^2")


def test_what_is_no_formula_is_refused():
    with pytest.raises(MathError, match="unheard"):
        mathml(r"\unheard{s}")


@pytest.mark.parametrize("builder", ["html", "singlehtml"])  # the site; the page that is printed as a PDF
def test_pages_have_formulas_without_a_script_and_name_those_that_cannot_be_typeset(tmp_path, builder):
    text = "# A\n\nIn $s_t$ and\n\n$$ \\hat{s}_t &= W h \\\\ z &= 0 $$\n\nText. $\\unheard$\n"
    (tmp_path / "index.md").write_text(text)
    said = io.StringIO()
    options = {
        "extensions": ["myst_parser", "mirror_core.pages.publishing.formulas"],
        "myst_enable_extensions": ["dollarmath"],
        "html_theme": "basic",
    }
    built = tmp_path / "built"
    with docutils_namespace(), patch_docutils():
        Sphinx(tmp_path, None, built, tmp_path / "kept", builder, options, status=None, warning=said).build()
    page = (built / "index.html").read_text(encoding="utf-8")
    assert page.count("<math ") == 2 and 'display="block"' in page and "<p>Text. </p>" in page
    assert "MathJax" not in page
    assert r"the formula '\\unheard' cannot be typeset" in said.getvalue()
