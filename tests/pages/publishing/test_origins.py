"""What was computed from what: read from executed notebooks, named in the paper's words, and complete."""

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.settings import Config, flat
from mirror_core.pages.publishing.diagram import diagram, write_map
from mirror_core.pages.publishing.origins import (
    _changes_of,
    claims_on_pages,
    in_order,
    map_of,
    named,
    origins,
    section,
)


def stamped(folder, name, used, figures=()):
    cell = {
        "cell_type": "code",
        "source": "",
        "metadata": {"mystnb": {"figure": {"name": figures[0]}}} if figures else {},
        "outputs": [{"metadata": {"application/pdf": {"by": f"mirror_core.figures.{label}"}}} for label in figures],
    }
    about = {"cell_type": "markdown", "metadata": {}, "source": [f"# {name} & more\n", "text"]}
    metadata = {"mirror_core": {"parameters": {"seed": 42}, "used": used}}
    (folder / f"{name}.ipynb").write_text(json.dumps({"cells": [about, cell], "metadata": metadata}))


@pytest.fixture
def book(tmp_path):
    (tmp_path / "notebooks").mkdir()
    seeds = {"42": "a" * 20, "43": "b" * 20}
    group = {"changes": {"joint_pass": True, "n_actions": 8}, "seeds": seeds}
    more = {"changes": group["changes"] | {"infer_weight": 0.0}, "seeds": {"42": "d" * 20, "43": "e" * 20}}
    other = {"changes": {"paired": False}, "seeds": {"7": "c" * 20}}
    analyses = {"mirror_core.some.measure": {"says": "Measure `r` > 0.", "of": 2}}
    stamped(
        tmp_path / "notebooks",
        "temporal",
        {"runs": [group, more, other], "analyses": analyses},
        ["paper-fig-4b", "paper-fig-4b"],
    )
    stamped(tmp_path / "notebooks", "runs", {"runs": [group]})
    stamped(tmp_path / "notebooks", "cost", {"tables": ["cost.json"]})
    (tmp_path / "notebooks" / "early.ipynb").write_text(json.dumps({"cells": [], "metadata": {}}))
    return tmp_path


def test_networks_are_called_by_what_the_paper_says(book):
    for reading in READINGS:
        for condition in CONDITIONS:
            assert _changes_of(*named(_changes_of(reading, condition))[:2]) == _changes_of(reading, condition)
    found = named({"seed": 1} | _changes_of("dual-readout", "mispaired"))
    assert found == ("dual-readout", "mispaired", {"seed": 1})
    assert flat(configure(Config(), *found[:2]))["paired"] is False


def test_a_page_says_what_it_was_computed_from(book):
    found = origins(book)
    assert set(found) == {"temporal", "runs", "cost"}
    page = BeautifulSoup(section(found["temporal"], found["runs"]), "html.parser")
    assert page.summary.get_text() == "Computed from 5 networks → 1 analysis"
    rows = [row.get_text() for row in page.find_all("li")]
    assert rows == [
        "self-observation, n_actions = 8, seeds 42–43: shared, forward-only",
        "as-written, seed 7: mispaired",
        "mirror_core.some.measure, of 2: Measure r > 0.",
    ]
    assert [link["href"] for link in page.find_all("a")] == ["runs.html#self-observation--shared"]
    assert "book/data/cost.json" in section(found["cost"], found["runs"])


def test_the_map_has_every_page_and_claim_in_the_order_of_the_site(book):
    page = BeautifulSoup(map_of(origins(book), ["temporal", "cost"]), "html.parser")
    assert page.p.get_text().startswith("Configuration → 5 networks → 1 analysis → 1 figure → ")
    titles = [one.get_text() for one in page.select("details:not(.origins) > summary > strong")]
    assert titles == ["temporal & more", "cost & more", "runs & more"]
    links = {link["href"] for link in page.find_all("a")}
    assert {"notebooks/temporal.html#paper-fig-4b", "notebooks/runs.html#self-observation--shared"} <= links
    said = page.get_text()
    assert all(claim.title in said for claim in claims_on_pages()["temporal"])
    assert len({one["id"] for one in page.select(".origins")}) == len(page.select(".origins"))


def test_the_picture_joins_networks_by_their_analyses_to_pages_and_tables_to_theirs(book):
    found = in_order(origins(book), ["temporal", "cost"])
    page = BeautifulSoup(diagram(found, {"temporal": 3}), "html.parser")
    said = [one.get_text() for one in page.select("a, g")]
    assert said[:3] == ["as-written: 1 network", "self-observation: 4 networks", "cost.json"]
    assert said[3:] == ["measure", "temporal & more", "cost & more", "runs & more"]
    pages = [f"notebooks/{name}.html" for name in ("temporal", "cost", "runs")]
    assert [link["href"] for link in page.select("a")] == ["notebooks/runs.html"] * 2 + pages
    # two readings → one analysis → its page; one table → its page; networks alone → the page that lists them
    assert len(page.select("path")) == 2 + 1 + 1 + 1
    assert "1 figure, 3 claims" in page.get_text()
    boxes = [(one["x"], float(one["y"])) for one in page.select("rect")]
    assert len({x for x, _ in boxes}) == 3
    for column in {x for x, _ in boxes}:
        places = sorted(y for x, y in boxes if x == column)
        assert all(below - above >= 18 for above, below in zip(places, places[1:], strict=False))


def test_the_picture_can_be_taken_along_and_says_in_a_table_what_is_joined(book, tmp_path, caplog):
    found = in_order(origins(book), ["temporal", "cost"])
    shown = BeautifulSoup(write_map(found, diagram(found, {}), tmp_path / "_images"), "html.parser").div
    assert (tmp_path / shown["data-pdf"]).read_bytes().startswith(b"%PDF") and not caplog.records
    assert (tmp_path / shown["data-csv"]).read_text(encoding="utf-8").splitlines() == [
        "from,to", "mirror_core.some.measure,temporal", "as-written,mirror_core.some.measure", "cost.json,cost",
        "self-observation,runs", "self-observation,mirror_core.some.measure",
    ]  # fmt: skip


def test_every_claim_is_on_a_page_of_the_site():
    pages = {path.stem for path in (Path(__file__).resolve().parents[3] / "notebooks").glob("*.md")}
    assert set(claims_on_pages()) <= pages and len(claims_on_pages()) > 5
