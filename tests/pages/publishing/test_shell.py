"""What stands around a page: the command, minutes and description by hand; print versions; what is left out."""

import base64
import hashlib
import json
import os
import shlex
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from bs4 import BeautifulSoup
from matplotlib.image import imread

from mirror_core.pages.publishing import diagram, origins
from mirror_core.pages.publishing.shell import (
    OF_ARTICLE,
    UNUSED,
    address_of_sources,
    built_by,
    command,
    describe,
    figure_numbers,
    finish,
    first_words,
    minutes,
    only_with_an_address,
    page_line,
    purposes,
)

ROOT = Path(__file__).resolve().parents[3]


def test_the_command_comes_back_as_it_was_meant():
    said = command("ablations", {"seed": 7, "reading": "as-written, dual-readout", "table": ""})
    assert shlex.split(said) == [
        "papermill", "notebooks/ablations.md", "out.ipynb",
        "-p", "seed", "7", "-p", "reading", "as-written, dual-readout", "-p", "table", "",
    ]  # fmt: skip


def test_minutes_count_prose_alone():
    assert minutes("<p>" + "word " * 220 + "</p>") == 1
    assert minutes("<p>" + "word " * 221 + "</p><table><tr><td>" + "cell " * 9999 + "</td></tr></table>") == 2
    assert minutes("") == 1


def test_a_page_is_described_by_its_finding_cut_at_a_word():
    body = '<p>First.</p><p class="finding"><strong>Found &lt;this&gt;</strong> and ' + "more " * 60 + "</p>"
    said = first_words(body)
    assert said.startswith("Found <this> and more") and said.endswith("more …") and len(said) <= 202
    assert first_words("<p>Only <em>this</em>.</p>") == "Only this."


def page(tmp_path, parameters):
    (tmp_path / "notebooks").mkdir()
    notebook = {"metadata": {"mirror_core": {"parameters": parameters}}, "cells": []}
    (tmp_path / "notebooks" / "some.ipynb").write_text(json.dumps(notebook))
    body = '<h1>T</h1><p>x</p><section id="run-this-page-yourself"><h2>Run</h2><p>there</p></section>'
    context = {"body": body, "title": "T"}
    describe(SimpleNamespace(srcdir=tmp_path), "notebooks/some", "page.html", context, object())
    return context


def test_a_page_says_what_it_ran_with_at_the_head_of_its_last_section(tmp_path):
    body = page(tmp_path, {"seed": 42, "n_seeds": 10})["body"]
    assert body.index("papermill notebooks/some.md out.ipynb -p seed 42 -p n_seeds 10") < body.index("<p>there</p>")
    assert '<p class="page-line">1 min to read</p>' in body


def test_a_page_says_what_it_is_for_how_long_it_takes_and_what_comes_next(tmp_path):
    (tmp_path / "index.md").write_text("# A\n\n{doc}`some`\n: To see\n  what < is.\n\n{doc}`other`\n: Else.\n\nText.\n")
    assert purposes(tmp_path / "index.md") == {"some": "To see what < is.", "other": "Else."}
    context = {"body": "<h1>T</h1><p>x</p>", "next": {"link": "other.html", "title": "O &amp; P"}}
    describe(SimpleNamespace(srcdir=tmp_path), "some", "page.html", context, object())
    line = page_line("To see what < is.", 1, context["next"])
    assert context["body"] == f"<h1>T</h1>\n{line}<p>x</p>"
    assert line.endswith('what &lt; is. 1 min to read · next: <a href="other.html">O &amp; P</a></p>')


@pytest.mark.parametrize(("builder", "links"), [("html", True), ("singlehtml", False)])
def test_the_map_of_a_printed_site_is_a_picture_without_links(tmp_path, builder, links):
    page(tmp_path, {"seed": 42})
    context = {"body": f"<h1>D</h1>{diagram.MARK}{origins.MARK}", "title": "D"}
    app = SimpleNamespace(srcdir=tmp_path, outdir=tmp_path / "html", builder=SimpleNamespace(name=builder))
    describe(app, "downloads", "page.html", context, object())
    assert "<svg" in context["body"] and (tmp_path / "html" / "_images" / "map.pdf").is_file()
    assert ("<strong>some</strong>" in context["body"]) == ("<a " in context["body"]) == links


def test_the_title_page_lists_the_pages_in_their_order():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    assert list(purposes(ROOT / "book" / "index.md")) == pages
    captions = [f"**{part['caption']}**" for part in toc["parts"]]
    index = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    assert [line for line in index.splitlines() if line in captions] == captions


def site(tmp_path, *, address=""):
    html = tmp_path / "html"
    (html / "_static" / "scripts").mkdir(parents=True)
    (html / "_images").mkdir()
    (html / "_static" / "scripts" / "fontawesome.js").write_text("x")
    svg, pdf = "<svg>\n</svg>\n", b"%PDF-1.4"
    stem = hashlib.sha256(b"<svg>\n</svg>").hexdigest()
    (html / "_images" / f"{stem}.svg").write_text(svg)
    (tmp_path / "notebooks").mkdir()
    data = {"image/svg+xml": svg, "application/pdf": base64.b64encode(pdf).decode()}
    notebook = {"metadata": {}, "cells": [{"outputs": [{"data": data, "metadata": {}}]}, {"cell_type": "markdown"}]}
    (tmp_path / "notebooks" / "some.ipynb").write_text(json.dumps(notebook))
    text = (
        '<script src="_static/scripts/fontawesome.js?digest=1"></script>'
        '<link rel="stylesheet" type="text/css" href="_static/sphinx-thebe.css" /><i class="fas fa-list"></i>'
        f'<img alt="a" src="_images/{stem}.svg" /><span class="mirror-built"></span>'
    )
    (html / "some.html").write_text(text)
    config = SimpleNamespace(html_baseurl=address, html_theme_options={})
    return SimpleNamespace(
        srcdir=tmp_path, outdir=html, builder=SimpleNamespace(format="html", name="html"), config=config
    ), stem


def test_a_finished_site_lacks_what_nothing_uses_and_has_print_versions(tmp_path):
    app, stem = site(tmp_path)
    finish(app, None)
    first = (app.outdir / "some.html").read_text()
    assert (
        "fontawesome" not in first
        and "thebe" not in first
        and 'data-drawn="light" data-pdf="yes"' in first
        and "Built on" in first
        and '<i class="fas fa-list" aria-hidden="true">' in first
    )
    assert (app.outdir / "_images" / f"{stem}.pdf").read_bytes() == b"%PDF-1.4"
    assert not (app.outdir / "_static" / "scripts" / "fontawesome.js").exists()
    finish(app, None)
    assert (app.outdir / "some.html").read_text() == first, "a second time changes nothing"
    assert not (app.outdir / "sitemap.xml").exists()


@pytest.mark.parametrize(("builder", "lazy"), [("html", 2), ("singlehtml", 0)])
def test_figures_are_fetched_when_they_come_near_but_not_for_print(tmp_path, builder, lazy):
    app, _ = site(tmp_path)
    app.builder.name = builder
    finish(app, None)
    assert (app.outdir / "some.html").read_text().count('loading="lazy"') == lazy


def test_a_site_with_an_address_has_a_map(tmp_path):
    app, _ = site(tmp_path, address="https://example.org/book/")
    with (app.outdir / "some.html").open("a") as file:
        file.write(OF_ARTICLE)
    (app.outdir / "index.html").write_text('<title>Why?</title><p class="answer">Because <b>3 &gt; 2</b>.</p>')
    finish(app, None)
    assert "<loc>https://example.org/book/some.html</loc>" in (app.outdir / "sitemap.xml").read_text()
    found = BeautifulSoup((app.outdir / "some.html").read_text(), "html.parser")
    said = {one.get("property", one.get("name")): one["content"] for one in found.select("meta")}
    assert said["og:url"] == "https://example.org/book/some.html"
    image = app.outdir / said["og:image"].removeprefix("https://example.org/book/")
    assert imread(image).shape[:2] == (630, 1200) and said["twitter:card"] == "summary_large_image"


def test_a_failed_build_is_left_as_it_is(tmp_path):
    app, _ = site(tmp_path)
    before = (app.outdir / "some.html").read_text()
    finish(app, RuntimeError())
    assert (app.outdir / "some.html").read_text() == before


def test_sources_have_an_address_where_the_repository_has_one():
    assert address_of_sources({}) == address_of_sources({"repository_url": ""}) == ""
    given = {"repository_url": "https://example.org/a/b/", "repository_branch": "trunk"}
    assert address_of_sources(given) == "https://example.org/a/b/blob/trunk"


@pytest.mark.parametrize(("url", "buttons"), [("", {}), ("https://example.org/a/b", {"binderhub_url": "x"})])
def test_the_repository_has_buttons_if_it_has_an_address_and_only_then(url, buttons):
    config = SimpleNamespace(html_theme_options={"repository_url": url, "launch_buttons": {"binderhub_url": "x"}})
    only_with_an_address(None, config)
    assert config.html_theme_options["launch_buttons"] == buttons
    assert config.html_theme_options["use_repository_button"] is bool(url)


def test_figures_are_found_by_page_and_label_in_one_page_too():
    of = {"fig-a": (1,), "fig-b": (12,)}
    several = SimpleNamespace(toc_fignumbers={"notebooks/some": {"figure": of, "table": {"t": (3,)}}})
    whole = SimpleNamespace(toc_fignumbers={"index": {"notebooks/some/figure": of, "notebooks/some/table": {}}})
    assert figure_numbers(several) == figure_numbers(whole) == {"some-fig-a": 1, "some-fig-b": 12}


def test_what_is_left_out_is_no_script_of_ours():
    for script in ("site.js", "player.js", "clipboard.min.js"):
        assert not any(pattern.search(f'<script src="_static/{script}?v=1"></script>') for pattern in UNUSED)


def test_the_commit_is_that_of_the_sources_in_a_hook_of_another_repository_too(tmp_path, monkeypatch):
    who = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for name in ("own", "other"):
        for asked in (["init", "--quiet", name], ["-C", name, "commit", "--quiet", "--allow-empty", "-m", name]):
            subprocess.run(["git", *asked], cwd=tmp_path, env=os.environ | who, check=True)
    said = built_by(tmp_path / "own")
    assert "commit" in said and said != built_by(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    assert built_by(tmp_path / "own") == said
