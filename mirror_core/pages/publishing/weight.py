"""What a page weighs: style sheets without rules that no page uses, icons that are shown, figures in few letters."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import tinycss2
from tinycss2.ast import Node

_GROUPS = ("media", "supports", "layer", "container")
_WORD = re.compile(r"[\w-]+")
_CLASSES = re.compile(r"""\bclass=(?:"([^"]*)"|'([^']*)')""")
_ICON = re.compile("[\ue000-\uf8ff]")
_WOFF2 = re.compile(r'url\([^()]*/webfonts/fa-[\w-]+\.woff2"?\) format\("woff2"\),')
_FONTS = "_static/vendor/fontawesome/webfonts"

_COORDINATES = re.compile(r'(?<= )(d|x|y|points|transform)="([^"]*)"')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_PLACE = re.compile(r"translate\([^()]*\)")
_LETTER = re.compile(r"\s*([A-Za-z])\s*")
_METADATA = re.compile(r"(?s)\s*<metadata>.*?</metadata>")
_INDENT = re.compile(r">\s+<")
_MARKS = re.compile(r'<g((?:(?! style=)[^<>])*)>(<use [^<>]*(?<= )(style="[^"]*")/>(?:<use [^<>]*(?<= )\3/>)+)</g>')


def lighten(html: Path) -> None:
    """Leave out of a built site's style sheets and icon fonts what no page and no script can show.

    Nothing changes in what is seen; a site that was treated stays as it is.
    """
    names = names_used(html)
    icons: set[int] = set()
    for path in sorted((html / "_static").rglob("*.css")):
        before = path.read_text(encoding="utf-8")
        after = _WOFF2.sub("", without_unused(before, names))
        icons.update(map(ord, _ICON.findall(after)))
        if after != before:
            path.write_text(after, encoding="utf-8")
    for font in (html / _FONTS).glob("*.ttf"):
        only_these(font, icons)
        font.with_suffix(".woff2").unlink(missing_ok=True)


def names_used(html: Path) -> set[str]:
    """Return every name that a class has in a page, and every word of the scripts, which may give it to something."""
    found: set[str] = set()
    for path in html.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for quoted in {one or other for one, other in _CLASSES.findall(text)}:
            found.update(quoted.split())
    for path in html.rglob("*.js"):
        if path.name != "searchindex.js":  # words of the pages, no names
            found.update(_WORD.findall(path.read_text(encoding="utf-8")))
    return found


def without_unused(css: str, names: Collection[str]) -> str:
    """Return a style sheet without the rules for classes that nothing has.

    Parameters
    ----------
    css
        The style sheet.
    names
        Of classes; one that ends in a hyphen stands for all that begin so, as a script may complete it.

    Examples
    --------
    >>> css = ".a,.b>i{color:red}@media print{.c:not(.a){color:blue}}p.a{margin:0}"
    >>> without_unused(css, {"a"})
    '.a{color:red}p.a{margin:0}'
    """
    begun = tuple(name for name in names if name.endswith("-") and name.strip("-"))
    return "".join(_kept(tinycss2.parse_stylesheet(css, skip_whitespace=True), frozenset(names), begun))


def _kept(rules: list[Node], names: frozenset[str], begun: tuple[str, ...]) -> Iterator[str]:
    """Yield the rules that something uses, and what is no rule."""
    for rule in rules:
        if rule.type == "qualified-rule":
            if used := [one for one in _selectors(rule.prelude) if _can_be(one, names, begun)]:
                yield f"{','.join(map(tinycss2.serialize, used))}{{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in _GROUPS and rule.content is not None:
            inside = tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
            if left := "".join(_kept(inside, names, begun)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{left}}}"
        elif rule.type != "comment" or rule.value.startswith("!"):  # a licence
            yield rule.serialize()


def _selectors(prelude: list[Node]) -> Iterator[list[Node]]:
    """Yield the selectors of a rule, which commas part; what stands in brackets is one node."""
    for comma, nodes in itertools.groupby(prelude, lambda node: node == ","):
        if not comma:
            yield list(nodes)


def _can_be(selector: list[Node], names: frozenset[str], begun: tuple[str, ...]) -> bool:
    """Whether there may be something that has every class of a selector; what stands in brackets is not asked."""
    classes = [after.value for dot, after in itertools.pairwise(selector) if dot == "." and after.type == "ident"]
    return all(name in names or name.startswith(begun) or not _WORD.fullmatch(name) for name in classes)


def only_these(font: Path, icons: Iterable[int]) -> None:
    """Leave in a font only the glyphs of these code points."""
    from fontTools.subset import Options, Subsetter  # here: no other step of a build draws letters
    from fontTools.ttLib import TTFont

    one = TTFont(io.BytesIO(font.read_bytes()), recalcTimestamp=False)
    subset = Subsetter(Options(notdef_outline=True, layout_features=[], name_IDs=[0, 1, 2, 4, 6, 13, 14]))
    subset.populate(unicodes=sorted(icons))
    subset.subset(one)
    one.save(font)


def compact(svg: str) -> str:
    """Return a figure in fewer letters: places to a hundredth of a point, no line for each, the style of marks once.

    Examples
    --------
    >>> compact('<svg>\\n <path d="M 0.123456 10 \\nL 5 -2.5004 \\nz\\n" style="fill: none"/>\\n</svg>')
    '<svg><path d="M0.12 10L5 -2.5z" style="fill: none"/></svg>'
    """
    return _MARKS.sub(_style_once, _INDENT.sub("><", _COORDINATES.sub(_in_few_letters, _METADATA.sub("", svg))))


def _style_once(found: re.Match[str]) -> str:
    attributes, marks, style = found.groups()
    if re.search(r"(?<![\w-])opacity:", style):  # of a group it would be that of the whole, not of each mark
        return found[0]
    return f"<g{attributes} {style}>{marks.replace(f' {style}', '')}</g>"


def _in_few_letters(found: re.Match[str]) -> str:
    name, said = found.groups()
    # a scale stays as it is
    said = _PLACE.sub(lambda place: _rounded(place[0]), said) if name == "transform" else _rounded(said)
    if name == "d":
        said = _LETTER.sub(r"\1", said).strip()
    return f'{name}="{said}"'


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda number: f"{round(float(number[0]), 2) + 0.0:.2f}".rstrip("0").rstrip("."), text)
