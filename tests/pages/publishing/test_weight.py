"""What a page weighs: rules that something may use stay, icons that are shown stay, a figure stays where it is."""

import re
from pathlib import Path

import pydata_sphinx_theme
import pytest
import tinycss2
from fontTools.ttLib import TTFont

from mirror_core.pages.publishing.weight import compact, lighten, without_unused

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".a{x:1}.b{x:1}.a.b{x:1}.a .b{x:1}", ".a{x:1}"),
        ("p,.b,.a:hover{x:1}", "p,.a:hover{x:1}"),
        ('.a:not(.b),:is(.b,.a),[title=".b,{"]{x:1}', '.a:not(.b),:is(.b,.a),[title=".b,{"]{x:1}'),
        ("@media (a){.b{x:1}@supports (b){.b{x:1}}}", ""),
        ("@media (a){.b{x:1}@supports (b){.a{x:1}}}p{x:1}", "@media (a){@supports (b){.a{x:1}}}p{x:1}"),
        ("@font-face{src:url(b)}@keyframes b{0%{x:1}to{x:2}}", "@font-face{src:url(b)}@keyframes b{0%{x:1}to{x:2}}"),
        ('@import url("a.b");/* } .a */.a::after{content:"}.b{"}', '@import url("a.b");.a::after{content:"}.b{"}'),
        ("/*! licence */.b{background:url(data:image/svg;a{b})}", "/*! licence */"),
        (r".b\:c{x:1}.pre-any{x:1}.1x{x:1}", r".b\:c{x:1}.pre-any{x:1}.1x{x:1}"),
    ],
)  # fmt: skip
def test_what_something_may_use_stays(css, left):
    assert without_unused(css, {"a", "pre-"}) == left


def test_every_rule_stays_where_every_class_is_used():
    """Nothing but comments and white space is lost of a real theme's style sheet."""
    css = (THEME / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    names = set(re.findall(r"\.(-?[_a-zA-Z][\w-]*)", css))
    plain = lambda text: re.sub(r"(?s)/\*[^!].*?\*/|\s", "", tinycss2.serialize(tinycss2.parse_stylesheet(text)))  # noqa: E731
    assert plain(without_unused(css, names)) == plain(css)
    assert len(without_unused(css, {"fa-solid", "fa-house"})) < 0.3 * len(css)


def test_a_site_keeps_the_icons_that_it_shows_and_is_treated_once(tmp_path):
    for part in ("styles/pydata-sphinx-theme.css", "vendor/fontawesome/webfonts/fa-solid-900.ttf",
                 "vendor/fontawesome/webfonts/fa-solid-900.woff2"):  # fmt: skip
        path = tmp_path / "_static" / part
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((THEME / part).read_bytes())
    (tmp_path / "index.html").write_text("<i class='fa-solid fa-house'></i><i class=\"fas fa-magnifying-glass\"></i>")
    (tmp_path / "some.js").write_text('one.classList.add("fa-bars")')
    lighten(tmp_path)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    lighten(tmp_path)
    assert files == {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    font = tmp_path / "_static/vendor/fontawesome/webfonts/fa-solid-900.ttf"
    there = TTFont(font).getBestCmap()
    assert {0xF015, 0xF002, 0xF0C9} <= set(there) and len(there) < 40
    css = (tmp_path / "_static/styles/pydata-sphinx-theme.css").read_text()
    assert "woff2" not in css and font.name in css and ".fa-bars" in css and ".fa-carrot" not in css


def test_a_figure_has_fewer_letters_and_the_same_places():
    use = '<use xlink:href="#m1" x="12.345678" y="-0.001" style="fill: #777777"/>'
    svg = f"""<svg width="10pt">
 <metadata>
  <made by="x"/>
 </metadata>
 <g clip-path="url(#p)">
  {use}
  {use}
 </g>
 <g>
  {use.replace("fill", "opacity: 0.5; fill")}
  {use.replace("fill", "opacity: 0.5; fill")}
 </g>
 <g style="stroke: #000000">{use}{use}</g>
 <g transform="translate(1.23456 2.5) scale(0.085 -0.085)"><text>1.23456</text></g>
 <path id="d" d="M 1.005 2.999999
L 3e-05 100.128
z
" stroke-width="0.123456"/>
</svg>"""
    short = '<use xlink:href="#m1" x="12.35" y="0"'
    faint, own = (f'{short} style="{look}fill: #777777"/>' for look in ("opacity: 0.5; ", ""))
    assert compact(svg) == (
        f'<svg width="10pt"><g clip-path="url(#p)" style="fill: #777777">{short}/>{short}/></g><g>{faint}{faint}</g>'
        f'<g style="stroke: #000000">{own}{own}</g>'
        '<g transform="translate(1.23 2.5) scale(0.085 -0.085)"><text>1.23456</text></g>'
        '<path id="d" d="M1 3L3e-05 100.13z" stroke-width="0.123456"/></svg>'
    )
    assert compact(compact(svg)) == compact(svg)
