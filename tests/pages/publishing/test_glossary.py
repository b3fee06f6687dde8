"""Terms are marked once a page, the longest first, and never in links, code or headings."""

from pathlib import Path

from bs4 import BeautifulSoup

from mirror_core.pages.publishing.glossary import anchor, definitions, mark_terms

BOOK = Path(__file__).resolve().parents[3] / "book"
TERMS = {"mirror unit": "Does the same.", "strong mirror unit": "Above .75.", "null": "What nothing gives."}


def test_the_first_use_of_each_term_is_marked_the_longest_first():
    body = "<p>Strong mirror units are mirror units; a null, another Null.</p>"
    assert mark_terms(body, TERMS, "g.html") == (
        '<p><a class="term" data-definition="Above .75." href="g.html#term-strong-mirror-unit">Strong mirror units</a>'
        " are "
        '<a class="term" data-definition="Does the same." href="g.html#term-mirror-unit">mirror units</a>; a '
        '<a class="term" data-definition="What nothing gives." href="g.html#term-null">null</a>, another Null.</p>'
    )


def test_a_term_is_found_across_a_line_with_or_without_its_hyphen_and_once_more_where_its_first_use_is_hidden():
    terms = {"dual-readout": "Both.", "r": "Correlation."}
    body = '<p class="wide-only">Dual\nreadout, r</p><p>R, dual-readout, r, dual readout</p>'
    marked = [one.get_text() for one in BeautifulSoup(mark_terms(body, terms, "g.html"), "html.parser").select("a")]
    assert marked == ["Dual\nreadout", "r", "dual-readout", "r"]


def test_links_code_headings_titles_of_works_and_parts_of_words_are_left_alone():
    work = '<h2>The null</h2><p role="doc-biblioentry">A null</p>'
    body = f'{work}<p><a href="x">null</a> <code>null</code> nullify &lt;annull&gt;</p>'
    assert mark_terms(body, TERMS, "g.html") == body


def test_the_core_of_a_processor_is_none_of_a_network():
    body = "<p>1.88 s of one processor core, 7.4 min on one core; with one core, two cores.</p>"
    marked = mark_terms(body, {"core": "The recurrent layer."}, "g.html")
    assert marked.startswith("<p>1.88 s of one processor core, 7.4 min on one core; with one <a ")
    assert marked.count("<a ") == 1


def test_the_sites_glossary_can_be_read_and_says_something_of_each_term():
    found = definitions(BOOK / "glossary.md")
    assert len(found) > 20 and all(len(said) > 20 for said in found.values())
    assert list(found) == sorted(found, key=str.lower)


def test_an_anchor_is_sphinxs():
    assert anchor("false discovery rate") == "term-false-discovery-rate" and anchor("CKA") == "term-CKA"
