"""Every page in a real browser, opened from disk: who does not see well can read it too, and paper cuts nothing.

Needs Playwright's Python package with Chromium, and axe-core (`make test` installs both where it can).
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest

PAPER = 700
"""Pixels between the margins of a sheet: A4 has 717, US Letter 739."""

READABLE = 6
"""Points of the smallest letters in a printed table."""

# Cells are where letters end, too: what a fixed width cannot hold would be printed over its neighbour.
TABLES = """() => {
    dispatchEvent(new Event("beforeprint"));
    return [...document.querySelectorAll(".bd-article table")].map((table) => {
        const words = document.createRange(), cells = [...table.querySelectorAll("th, td")];
        words.selectNodeContents(table);
        return {
            name: `${table.closest("section")?.id}: ${table.rows[0].innerText}`,
            right: Math.max(table.getBoundingClientRect().left + table.scrollWidth,
                            ...[...words.getClientRects()].map((one) => one.right)),
            points: Math.min(...cells.map((one) => parseFloat(getComputedStyle(one).fontSize) * 0.75)),
        };
    });
}"""

# Contrast takes its time, and is a matter of a letter's colour, size and weight and of what lies behind it: of letters
# that are alike in these, on whichever page, some are looked at.
VIOLATIONS = """async (known) => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));  // sizes are observed then
    const behind = new Map([[null, ""]]), looks = new Set(known);
    const backgrounds = (one) => {
        if (!behind.has(one)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(one);
            const own = /, 0\\)$/.test(backgroundColor) && backgroundImage === "none" && opacity === "1";
            const said = own ? "" : backgroundColor + backgroundImage + opacity;
            behind.set(one, said + backgrounds(one.parentElement));
        }
        return behind.get(one);
    };
    for (const one of document.querySelectorAll("body *")) {
        delete one.dataset.look;
        const letters = [...one.childNodes].some((part) => part.nodeType === 3 && part.data.trim());
        if (!letters || !one.checkVisibility()) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(one);
        const look = [color, fontSize, fontWeight, backgrounds(one)].join();
        if (!looks.has(look)) one.dataset.look = "";
        looks.add(look);
    }
    const options = { resultTypes: ["violations"], rules: { "color-contrast": { enabled: false } } };
    const found = (await axe.run(document, options)).violations;
    if (document.querySelector("[data-look]")) {
        const contrast = { resultTypes: ["violations"], runOnly: ["color-contrast"] };
        found.push(...(await axe.run({ include: [["[data-look]"]] }, contrast)).violations);
    }
    return [[...looks], found.filter((one) => ["serious", "critical"].includes(one.impact))
        .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)}`))];
}"""


@pytest.fixture(scope="module")
def pages(html):
    """Return the pages of the tiny site."""
    found = sorted([*html.glob("*.html"), *html.glob("notebooks/*.html")])
    assert len(found) > 25
    return found


# What may scroll is printed with a bar where a page ends in it.
SCROLLING = """() => [...document.querySelectorAll(".bd-article *")]
    .filter((one) => !one.closest("svg") && /auto|scroll/.test(getComputedStyle(one).overflow))
    .map((one) => one.outerHTML.slice(0, 80))"""


def test_no_table_is_cut_on_paper(browser, pages):
    page, widest = browser.new_context(viewport={"width": PAPER, "height": 1000}, color_scheme="dark").new_page(), 0
    page.emulate_media(media="print")
    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate(SCROLLING) == [], path.stem
        for table in page.evaluate(TABLES):
            assert table["right"] <= PAPER + 1, (path.stem, table)
            assert table["points"] >= READABLE, (path.stem, table)
            widest = max(widest, table["right"])
        theme = "document.documentElement.dataset.theme"
        assert page.evaluate(theme) == "light", "letters are printed dark"
        assert page.evaluate(f"dispatchEvent(new Event('afterprint')) && {theme}") == "dark"
    page.close()
    assert widest > PAPER - 5  # tables fill the paper: what was measured is tables at its width


def test_who_does_not_see_well_can_read_every_page(browser, pages):
    """Colours go with the theme, places with the width: two of the four combinations show all of both."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed").Axe()
    page, found, looks = browser.new_context().new_page(), [], {"light": [], "dark": []}
    for path in pages:
        page.set_viewport_size({"width": 1300, "height": 900})
        page.goto(path.as_uri())
        page.add_style_tag(content="* { transition: none !important; }")  # colours and side bars are there at once
        page.evaluate(axe.axe_script)
        for theme, width in (("light", 1300), ("dark", 375)):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            looks[theme], wrong = page.evaluate(VIOLATIONS, looks[theme])
            found += [(path.stem, theme, one) for one in wrong]
    page.close()
    assert not found, found
    assert min(len(of_theme) for of_theme in looks.values()) > 20


LARGEST, PLAYGROUND = 1_000_000, 2_000_000
"""Bytes of all files that the first view of a page may ask for."""


def test_the_first_view_of_a_page_asks_for_little(browser, pages):
    """Of the pages whose files are largest, and of the playground; what lies far below is not asked for."""
    page, asked, figures = browser.new_context(viewport={"width": 1300, "height": 900}).new_page(), [], {}
    page.on("request", lambda request: asked.append(request.url))
    for path in pages:
        names = re.findall(r'src="([^"]*_images/[^"]*)" ?/?>', path.read_text(encoding="utf-8"))
        figures[path] = {(path.parent / name).resolve() for name in names}
    size = lambda files: sum(Path(one).stat().st_size for one in files)  # noqa: E731
    largest = sorted(pages, key=lambda path: size([path, *figures[path]]))[-4:]
    for path in {*largest, *(one for one in pages if one.stem == "playground")}:
        asked.clear()
        page.goto(path.as_uri(), wait_until="networkidle")
        files = {Path(url2pathname(urlparse(url).path)) for url in asked if url.startswith("file:")}
        assert size(files) <= (PLAYGROUND if path.stem == "playground" else LARGEST), path.stem
        assert len(files & figures[path]) <= 0.5 * len(figures[path]), path.stem  # one theme, some of the figures
    page.close()
    assert figures[largest[-1]]


# Where the rings of the named mark are, and where its figure says that marks of this name lie.
NAMED = """(selector) => {
    const image = document.querySelector(selector), inside = image.getBoundingClientRect();
    const shown = image.dataset.marks ? image : image.previousElementSibling;
    const over = image.parentElement.querySelector(".marks-over");
    if (!over || !over.childElementCount) return null;
    const name = over.querySelector(".mark-name").textContent, at = JSON.parse(shown.dataset.marks)[name];
    const middle = (one) => [(one.left + one.right) / 2, (one.top + one.bottom) / 2];
    return {
        name,
        rings: [...over.querySelectorAll(".mark-ring")].map((one) => middle(one.getBoundingClientRect())),
        marks: Array.from({ length: at.length / 2 }, (_, i) =>
            [inside.left + at[2 * i] / 1e4 * inside.width, inside.top + at[2 * i + 1] / 1e4 * inside.height]),
    };
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_mark_says_which_network_it_is_and_rings_it_in_the_other_panels(browser, html, theme):
    page = browser.new_context(viewport={"width": 1300, "height": 900}, color_scheme=theme).new_page()
    page.goto((html / "notebooks" / "ablations.html").as_uri())
    selector = {"light": "img[data-marks]", "dark": "img[data-marks] + img"}[theme]
    image = page.locator(selector).first
    image.scroll_into_view_if_needed()
    page.wait_for_function("(one) => one.complete && one.naturalWidth", arg=image.element_handle())
    places = next(iter(json.loads(page.locator("img[data-marks]").first.get_attribute("data-marks")).values()))
    assert len(places) > 2
    box = image.bounding_box()
    page.mouse.move(box["x"] + places[0] / 1e4 * box["width"], box["y"] + places[1] / 1e4 * box["height"])
    found = page.evaluate(NAMED, selector)
    assert found["name"].startswith("seed ") and len({round(x / 50) for x, _ in found["rings"]}) > 1
    for ring, mark in zip(found["rings"], found["marks"], strict=True):
        assert ring == pytest.approx(mark, abs=1.5)
    page.mouse.move(box["x"] - 20, box["y"] - 20)
    assert page.evaluate(NAMED, selector) is None
    page.close()


def test_arrow_keys_and_taps_name_the_marks_of_a_figure(browser, html):
    still = {"has_touch": True, "reduced_motion": "reduce"}  # nothing glides
    page = browser.new_context(viewport={"width": 375, "height": 900}, **still).new_page()
    page.goto((html / "notebooks" / "ablations.html").as_uri())
    image, stops = page.locator("img[data-marks]").first, page.locator(".marks-over")
    assert stops.count() == page.locator("img[data-marks]").count()
    marks = json.loads(image.get_attribute("data-marks"))
    names, stop = list(marks), stops.first
    page.locator("figure a, figure button").first.focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.className") == "marks-over"
    first = page.evaluate(NAMED, "img[data-marks]")
    assert first["name"] == names[0] == stop.get_attribute("aria-valuetext") and len(first["rings"]) > 1
    for key, place in (("ArrowRight", 1), ("ArrowUp", 0), ("ArrowLeft", 0), ("End", -1), ("PageDown", -1), ("Home", 0)):
        page.keyboard.press(key)
        found = page.evaluate(NAMED, "img[data-marks]")
        assert found["name"] == names[place] == stop.get_attribute("aria-valuetext"), key
        for ring, mark in zip(found["rings"], found["marks"], strict=True):
            assert ring == pytest.approx(mark, abs=1.5)
    page.keyboard.press("Escape")
    assert page.evaluate(NAMED, "img[data-marks]") is None
    box, (x, y) = image.bounding_box(), marks[names[0]][:2]
    page.touchscreen.tap(box["x"] + x / 1e4 * box["width"] + 5, box["y"] + y / 1e4 * box["height"])
    assert page.evaluate(NAMED, "img[data-marks]")["name"] in names
    page.locator(".bd-article h1").tap()
    assert page.evaluate(NAMED, "img[data-marks]") is None
    page.context.close()


@pytest.mark.parametrize("page_and_figure", ["notebooks/imitation.html", "downloads.html"])
def test_what_a_page_draws_itself_can_be_taken_along(browser, html, tmp_path, page_and_figure):
    page = browser.new_context(accept_downloads=True, color_scheme="dark").new_page()
    page.goto((html / page_and_figure).as_uri())
    menu = page.locator("figure:has(.player, .origins-map) .figure-menu").first
    assert menu.locator("a, button").all_inner_texts()[:4] == ["SVG", "PDF", "CSV", "link"]
    for kind in ("PDF", "CSV"):
        where = menu.get_by_text(kind, exact=True).evaluate("one => one.href")
        assert Path(url2pathname(urlparse(where).path)).is_file()
    with page.expect_download() as saved:
        menu.get_by_text("SVG", exact=True).click()
    saved.value.save_as(tmp_path / "picture.svg")
    root = ET.parse(tmp_path / "picture.svg").getroot()
    assert root.tag.endswith("svg") and len(list(root.iter())) > 10
    assert not [one for one in root.iter() if one.tag.endswith("}a") or "var(" in "".join(one.attrib.values())]
    page.context.close()
