"""Terms of the glossary, marked where a page first uses them, with what they mean at hand."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString

PAGE = "glossary"
"""Name of the page that says what terms mean, `book/glossary.md`."""

_LEFT_ALONE = {
    "a", "button", "code", "pre", "script", "style", "svg", "math", "h1", "h2", "h3", "h4", "summary", "th", "label",
}  # fmt: skip
"""Elements in which no term is marked."""
_WORK = "doc-biblioentry"
"""Role of what is listed of a work: its title uses words as its authors do."""

_OTHERWISE = re.compile(
    r"processor cores?|\d\s(?:s|min|minutes|h|hours) (?:of|on) one core|cores busy|one core makes|\d+ cores"
    r"|a minute of one core|[Rr]eading (?:an|the|it) |heads reading|pairing of them|\bK\."
)
"""Words that hold a term and mean something else: the core of a processor, a verb, an author's initial."""


@cache
def definitions(page: Path) -> dict[str, str]:
    """Return what each term of a glossary means.

    Parameters
    ----------
    page
        A MyST Markdown file with one `glossary` directive: terms at the margin, what they mean indented below.
    """
    block = re.search(r"(?ms)^```\{glossary\}\n(.*?)^```", page.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    term = ""
    for line in block[1].splitlines() if block else ():
        if line and not line[0].isspace():
            term = line.strip()
            found[term] = []
        elif line.strip() and term:
            found[term].append(line.strip())
    return {term: " ".join(lines) for term, lines in found.items()}


def anchor(term: str) -> str:
    """Return where Sphinx puts a term on the glossary's page."""
    return "term-" + re.sub(r"[^A-Za-z0-9]+", "-", term).strip("-")


def _spoken(words: str) -> str:
    """Return a term as it is compared: "Dual readout" is "dual-readout", but R is not r."""
    return " ".join(re.split(r"[\s-]+", words)).lower() if len(words) > 1 else words


def _pattern(term: str) -> str:
    if len(term) == 1:
        return f"(?-i:{term})"
    return r"[\s-]+".join(re.escape(word) for word in _spoken(term).split())


def mark_terms(body: str, terms: dict[str, str], address: str) -> str:
    """Return a page with the first use of each term marked, in capitals or not, with a hyphen or a space.

    A figure that is shown on wide screens alone has marks of its own.

    Parameters
    ----------
    address
        Of the glossary, as seen from the page.
    """
    if not terms:
        return body
    left_of = {"wide-only": dict(terms), "": dict(terms)}
    known = {_spoken(name): name for name in terms}
    # the longest first, marked or not, so that a strong mirror unit is not a strong "mirror unit"
    names = "|".join(map(_pattern, sorted(terms, key=len, reverse=True)))
    pattern = re.compile(rf"(?<![-\w])({names})(s?)(?![-\w])", re.IGNORECASE)
    soup = BeautifulSoup(body, "html.parser")
    for text in list(soup.find_all(string=True)):
        left_alone = any(one.name in _LEFT_ALONE or one.get("role") == _WORK for one in text.parents)
        if type(text) is not NavigableString or left_alone:
            continue
        left = left_of["wide-only" if any("wide-only" in one.get("class", ()) for one in text.parents) else ""]
        others = [found.span() for found in _OTHERWISE.finditer(text)]
        parts, at = [], 0
        for found in pattern.finditer(text):
            term = known[_spoken(found[1])]
            if term not in left or any(begin <= found.start() < end for begin, end in others):
                continue
            link = soup.new_tag("a", href=f"{address}#{anchor(term)}", attrs={"class": "term"})
            link["data-definition"] = left.pop(term)
            link.string = found[0]
            parts += [text[at : found.start()], link]
            at = found.end()
        if parts:
            text.replace_with(*[part for part in (*parts, text[at:]) if part])
    return str(soup)
