"""What stands around every page: what it is for, how long it is, what comes next, what it ran with, what built it.

A page is changed before it is written where all that matters is known then; what depends on the whole build, and what
themes and extensions of others put into every page, is done to the files at the end.
"""

from __future__ import annotations

import logging
import math
import os
import re
import shlex
import subprocess
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import NAMESPACE

from mirror_core import __version__
from mirror_core.pages.publishing import downloads, origins
from mirror_core.pages.publishing.diagram import MARK, Map, diagram, write_map
from mirror_core.pages.publishing.execute import PROVENANCE
from mirror_core.pages.publishing.films import with_films, without_links
from mirror_core.pages.publishing.glossary import PAGE, definitions, mark_terms
from mirror_core.pages.publishing.pictures import LAZY, with_pictures, write_beside
from mirror_core.pages.publishing.quick import EXECUTED
from mirror_core.pages.publishing.weight import lighten
from mirror_core.runs.files import read_json

WORDS_A_MINUTE = 220
"""How fast prose is read, roughly; figures and tables are looked at, not counted."""

UNUSED = (
    # 1.5 MB that draws the icons once more, which the theme's own web font shows already
    re.compile(r'<script[^>]*src="[^"]*fontawesome\.js[^"]*"[^>]*></script>\s*'),
    # a style sheet that its extension names and does not bring
    re.compile(r'<link[^>]*href="[^"]*sphinx-thebe\.css[^"]*"[^>]*/?>\s*'),
    # names that say other words than are seen, so that they cannot be spoken, and a role that its entries contradict
    re.compile(r' aria-label="Toggle hidden content"'),
    re.compile(r'(?<=search-button-field search-button__button pst-js-only" title="Search") aria-label="Search"'),
    re.compile(r'(?<=<div class="citation-list") role="list"'),
)
"""What others put into every page and nothing uses."""

OF_ARTICLE = '<meta property="og:type" content="article"/>'
"""Of a page: the last of what is said to those that show a link to it."""
CARD, CARD_SIZE = "_static/card.png", (12, 6.3)
"""The picture that they show, and its size in hundreds of pixels."""

_FILES = ("_static/scripts/fontawesome.js", "_static/scripts/fontawesome.js.map")
_ICON = re.compile(r'<(?:i|span) class="fa[srb]? [^"]*"(?=>)|<(?:i|span) class="fa-(?:solid|brands) [^"]*"(?=>)')
"""Of the theme: a letter of its own font, which a screen reader has no word for."""
_BUILT = re.compile(r'<span class="mirror-built">.*?</span>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_TO_PAGE = re.compile(r'(?<=href=")(?:\.\./)?(?:notebooks/)?(\w+)\.html(#[^"]*)?(?=")')
_TO_FILE = re.compile(r'(<a\b[^>]*?) href="(?!#|\w+:)[^"]*"')
_RUN = 'id="run-this-page-yourself"'
_PURPOSE = re.compile(r"^\{doc\}`([^`<>]+)`\n: (.+(?:\n {2,}.+)*)", re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Register the steps."""
    app.connect("config-inited", only_with_an_address, priority=100)  # before the theme looks
    app.add_directive("map", Map)
    app.connect("html-page-context", describe, priority=400)
    app.connect("build-finished", finish)
    logging.getLogger(f"{NAMESPACE}.sphinx.util.osutil").addFilter(_not_of_copies)


def _not_of_copies(record: logging.LogRecord) -> bool:
    """Let a line pass unless it says that a copy of a source replaces that of an earlier build, as it has to."""
    return "will overwrite data" not in str(record.msg)


def only_with_an_address(app: Sphinx, config: Config) -> None:
    """Have the theme show its buttons for the repository if `repository: url` is set, and only then."""
    theme = config.html_theme_options
    theme["use_repository_button"] = bool(theme.get("repository_url"))
    if not theme["use_repository_button"]:
        theme["launch_buttons"] = {}


def describe(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Say under the title what the page is for, how long it is and what comes next; at its end what it ran with."""
    context["default_mode"] = "auto"
    body = context.get("body")
    if not body or doctree is None:
        return
    glossary = Path(app.srcdir, f"{PAGE}.md")
    if pagename != PAGE and glossary.is_file():
        address = "" if app.builder.name == "singlehtml" else context["pathto"](PAGE)
        body = context["body"] = mark_terms(body, definitions(glossary), address)
    if downloads.MARK in body:
        found, several = downloads.files(Path(app.srcdir)), app.builder.name != "singlehtml"
        listed = downloads.listing(found, figure_numbers(app.env), names=several)
        body = context["body"] = body.replace(downloads.MARK, listed)
    if MARK in body:
        order = [Path(name).name for name in purposes(Path(app.srcdir, "index.md"))]
        found = origins.origins(Path(app.srcdir))
        answered = {name: len(claims) for name, claims in origins.claims_on_pages().items()}
        pages = origins.in_order(found, order)
        drawn, rows = (
            write_map(pages, diagram(pages, answered), Path(app.outdir, "_images")),
            origins.map_of(found, order),
        )
        if app.builder.name == "singlehtml":  # to be printed: there are no pages to go to, and many to list them on
            drawn, rows = without_links(drawn), "<p>The pages on the web list them one by one.</p>"
        body = context["body"] = body.replace(MARK, drawn).replace(origins.MARK, rows)
    ran = parameters_of(Path(app.srcdir, f"{pagename}.ipynb")) if pagename.startswith(f"{EXECUTED}/") else None
    if summary := first_words(body):
        context["metatags"] = (context.get("metatags") or "") + (
            f'<meta name="description" content="{escape(summary)}"/>\n'
            f'<meta property="og:title" content="{escape(_text(context.get("title", "")))}"/>\n'
            f'<meta property="og:description" content="{escape(summary)}"/>\n'
            f"{OF_ARTICLE}\n"
        )
    purpose = purposes(Path(app.srcdir, "index.md")).get(pagename)
    if ran is not None or purpose:
        line = page_line(purpose, minutes(body), context.get("next"))
        context["body"] = body = body.replace("</h1>", f"</h1>\n{line}", 1)
    if ran is not None:
        folder, name = Path(app.srcdir, EXECUTED), pagename.removeprefix(f"{EXECUTED}/")
        one, runs = (origins.origin_of(folder / f"{part}.ipynb") for part in (name, origins.RUNS))
        context["body"] = _with_command(body, command(name, ran), origins.section(one, runs) if one else "")


def figure_numbers(env: BuildEnvironment) -> dict[str, int]:
    """Return the number of each figure, by its page and label: in a site of many pages, and in one of a single page."""
    return {
        f"{Path(kind.rpartition('/')[0] or page).name}-{label}": number
        for page, kinds in env.toc_fignumbers.items()
        for kind, of_kind in kinds.items()
        for label, (number,) in of_kind.items()
        if kind.endswith("figure")
    }


def purposes(index: Path) -> dict[str, str]:
    """Return what each page is for, as the title page's list of all pages says it.

    Parameters
    ----------
    index
        A MyST Markdown file with a definition list, in which each term is a page: ``{doc}`notebooks/claims` ``.
    """
    listed = _PURPOSE.findall(index.read_text(encoding="utf-8")) if index.is_file() else ()
    return {page: " ".join(said.split()) for page, said in listed}


def page_line(purpose: str | None, long: int, then: Mapping[str, str] | None) -> str:
    """Return one line of HTML: what a page is for, how many minutes it takes, and the page that comes next.

    Examples
    --------
    >>> page_line("What a network costs.", 2, {"link": "runs.html", "title": "The runs"})
    '<p class="page-line">What a network costs. 2 min to read · next: <a href="runs.html">The runs</a></p>'
    """
    said = f"{escape(purpose, quote=False)} " if purpose else ""
    follows = f' · next: <a href="{escape(then["link"])}">{then["title"]}</a>' if then else ""
    return f'<p class="page-line">{said}{long} min to read{follows}</p>'


def parameters_of(executed: Path) -> dict[str, Any] | None:
    """Return what a notebook ran with; None if it is not one that was run here."""
    try:
        return read_json(executed.read_text(encoding="utf-8"))["metadata"][PROVENANCE]["parameters"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def command(name: str, parameters: dict[str, Any]) -> str:
    """Return the command that runs a notebook as the page was run."""
    words = ["papermill", f"notebooks/{name}.md", "out.ipynb"]
    for key, value in parameters.items():
        words += ["-p", key, str(value)]
    return shlex.join(words)


def _with_command(body: str, words: str, origin: str) -> str:
    """Put the command of this very page, and what it was computed from, at the head of its section on running it."""
    at = body.find(_RUN)
    if at < 0:
        return body
    end = body.find("</h2>", at) + len("</h2>")
    said = f'<p>This page was run by</p>\n<pre class="run-command"><code>{escape(words)}</code></pre>\n'
    return body[:end] + said + origin + body[end:]


def minutes(body: str) -> int:
    """Return how many minutes the prose of a page takes: paragraphs, lists and captions, without code and tables."""
    prose = re.sub(r"(?s)<(pre|table|script|style|details)\b.*?</\1>", " ", body)
    return max(1, math.ceil(len(_text(prose).split()) / WORDS_A_MINUTE))


def first_words(body: str, longest: int = 200) -> str:
    """Return the beginning of what a page says: its finding, or else its first paragraph."""
    found = re.search(r'(?s)<p class="finding">(.*?)</p>', body) or re.search(r"(?s)<p>(.*?)</p>", body)
    text = _text(found.group(1)) if found else ""
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0] + " …"


def _text(html: str) -> str:
    return " ".join(unescape(_TAG.sub("", html)).split())


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Leave out of all pages what nothing uses, and say in all of them by what and when the site was built."""
    if exception is not None or app.builder.format != "html":
        return
    html, built = Path(app.outdir), f'<span class="mirror-built">{built_by(Path(app.srcdir))}</span>'
    pictures = write_beside(Path(app.srcdir, EXECUTED), html / "_images")
    sources = address_of_sources(app.config.html_theme_options)
    for path in html.rglob("*.html"):
        before = after = path.read_text(encoding="utf-8")
        for pattern in UNUSED:
            after = pattern.sub("", after)
        after = _ICON.sub(r'\g<0> aria-hidden="true"', _BUILT.sub(built, after))
        after = with_pictures(after, pictures, sources)
        after = with_films(after, "../" * (len(path.relative_to(html).parts) - 1) + "_images", sources)
        if address := app.config.html_baseurl.rstrip("/"):
            after = with_address(after, address, path.relative_to(html).as_posix())
        if app.builder.name == "singlehtml":  # to be printed at once, all of it
            after = links_within(after.replace(LAZY, ""))
        if after != before:
            path.write_text(after, encoding="utf-8")
    for name in _FILES:
        (html / name).unlink(missing_ok=True)
    lighten(html)
    listed = html / f"{downloads.PAGE}.html"
    if listed.exists() and downloads.ARCHIVE in listed.read_text(encoding="utf-8"):  # not so while pages are missing
        downloads.write(downloads.files(Path(app.srcdir)), html)
    if app.config.html_baseurl:
        write_sitemap(html, app.config.html_baseurl)
        write_card(html)


def links_within(html: str) -> str:
    """Return a book on one page with its links between notebooks' pages, which Sphinx leaves alone, as links within it.

    Files beside it are not there for who has it printed: their names stay, without a link.

    Examples
    --------
    >>> links_within('<a href="runs.html#run-1">A</a> <a href="runs.html">B</a> <i id="document-notebooks/runs"></i>')
    '<a href="#run-1">A</a> <a href="#document-notebooks/runs">B</a> <i id="document-notebooks/runs"></i>'
    >>> links_within('<a class="download" href="_downloads/1/cost.json">C</a> <a href="https://doi.org/1">D</a>')
    '<a class="download">C</a> <a href="https://doi.org/1">D</a>'
    """

    def within(link: re.Match[str]) -> str:
        page = f"document-{EXECUTED}/{link[1]}"
        return (link[2] or f"#{page}") if f'id="{page}"' in html else link[0]

    return _TO_FILE.sub(r"\1", _TO_PAGE.sub(within, html.replace('href="index.html#', 'href="#')))


def address_of_sources(theme: Mapping[str, Any]) -> str:
    """Return where the repository shows its files; nothing if it has no address."""
    url = str(theme.get("repository_url") or "").rstrip("/")
    return f"{url}/blob/{theme.get('repository_branch') or 'main'}" if url else ""


def built_by(folder: Path) -> str:
    """Return the library's version, the commit if the sources are in a repository, and the date."""
    try:
        asked = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=10", "--exclude=*"]
        # in a hook, git says in variables which repository it is at
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(asked, env=own, capture_output=True, text=True, timeout=10, check=True)
        commit = done.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        commit = ""
    said = f"mirror_core {__version__}" + (f", commit {commit}" if commit else "")
    return f"Built on {datetime.now(UTC):%d %B %Y} by {escape(said)}."


def with_address(html: str, address: str, page: str) -> str:
    """Say in a page, once, where it is and which picture shows a link to it.

    Parameters
    ----------
    address
        Of the site, without a slash at its end.
    page
        Path within the site.
    """
    said = (
        f'<meta property="og:url" content="{escape(address)}/{escape(page)}"/>\n'
        f'<meta property="og:image" content="{escape(address)}/{CARD}"/>\n'
        '<meta name="twitter:card" content="summary_large_image"/>\n'
    )
    return html if said in html else html.replace(OF_ARTICLE, f"{said}{OF_ARTICLE}", 1)


def write_card(html: Path) -> None:
    """Draw the question and the answer of the title page as the picture that shows a link to the site."""
    from matplotlib.figure import Figure  # here: a site without an address has none

    title, answer = (
        _text(found[1]) if (found := re.search(pattern, (html / "index.html").read_text(encoding="utf-8"))) else ""
        for pattern in (r"(?s)<title>(.*?)</title>", r'(?s)<p class="answer">(.*?)</p>')
    )
    card = Figure(figsize=CARD_SIZE, dpi=100, facecolor="white")
    card.text(0.06, 0.86, textwrap.fill(title, 34), fontsize=38, weight="bold", va="top", parse_math=False)
    card.text(0.06, 0.66, textwrap.fill(answer, 62), fontsize=22, va="top", linespacing=1.45, parse_math=False)
    card.savefig(html / CARD, metadata={"Software": None})


def write_sitemap(html: Path, address: str) -> None:
    """List all pages under their public address."""
    pages = sorted(path.relative_to(html).as_posix() for path in html.rglob("*.html"))
    places = "".join(f"<url><loc>{escape(address.rstrip('/'))}/{escape(page)}</loc></url>\n" for page in pages)
    (html / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n',
        encoding="utf-8",
    )
