"""Pages that can be read while others are still computed."""

from __future__ import annotations

from mirror_core.pages.publishing.downloads import MARK as DOWNLOADS
from mirror_core.pages.publishing.early import MARK, may_publish, publish, unfinished

INDEX = """# A site

Words.

```{glue} one-finding
:doc: notebooks/one.ipynb
```

```{figure} notebooks/glued/two/answer.svg
:alt: Dots.

A caption.
```

```{figure} notebooks/glued/three/answer.svg
:alt: Lines.
```
"""


def test_a_title_page_names_what_is_missing_and_shows_the_rest():
    page = unfinished(INDEX, {"one": "Is it?", "two": "How?"})
    assert "Still being computed: [Is it?](notebooks/one), [How?](notebooks/two)." in page
    assert "one-finding" not in page and "A caption" not in page
    assert page.count("```{figure} notebooks/glued/three/answer.svg") == 1 and "Words." in page


def test_the_pages_that_are_done_can_be_read_until_the_finished_ones_come(small_checkout, call):
    html = small_checkout / "book" / "_build" / "html"
    (small_checkout / "notebooks" / "other.md").write_text("# Another page\n\n```{code-cell}\n1\n```\n")
    toc = small_checkout / "_toc.yml"
    toc.write_text(toc.read_text() + "  - file: notebooks/other\n  - file: downloads\n")
    (small_checkout / "book" / "downloads.md").write_text(f"# Downloads\n\n{DOWNLOADS}\n")
    executed = small_checkout / "book" / "notebooks"
    executed.mkdir()
    (executed / "other.md").write_text("# Another page\n\nIt is done.\n")

    assert may_publish(html)
    assert publish(small_checkout, html, ["small"])
    assert "It is done." in (html / "notebooks" / "other.html").read_text(encoding="utf-8")
    assert "This page is still being computed." in (html / "notebooks" / "small.html").read_text(encoding="utf-8")
    assert "Still being computed:" in (html / "index.html").read_text(encoding="utf-8")
    assert "when all others are done" in (html / "downloads.html").read_text(encoding="utf-8")
    assert not (html / "downloads").exists()  # it takes long, and would be made again
    assert may_publish(html) and sorted(path.name for path in executed.iterdir()) == ["other.md"]

    assert call("jupyter-book", "build", "book", cwd=small_checkout).returncode == 0
    assert "Still being computed" not in (html / "index.html").read_text(encoding="utf-8")
    assert not may_publish(html) and not (html / MARK).exists()
    assert (html / "downloads" / "supplement.zip").exists()
