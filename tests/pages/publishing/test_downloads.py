"""What can be taken along: every file with its checksum, the archive the same twice, and columns that are explained."""

import base64
import csv
import hashlib
import json
import zipfile

import pandas as pd
import pytest

from mirror_core.pages.publishing.downloads import (
    ARCHIVE,
    CHECKSUMS,
    DICTIONARY,
    FOLDER,
    files,
    listing,
    meaning,
    write,
)


@pytest.fixture
def book(tmp_path):
    (tmp_path / "data").mkdir()
    pd.DataFrame({"seed": [1], "strong_raw": [0.5], "n_actions": [6], "odd": [0]}).to_parquet(
        tmp_path / "data" / "t.parquet"
    )
    folder = tmp_path / "notebooks" / "glued" / "some"
    folder.mkdir(parents=True)
    (folder / "verdicts.csv").write_text("claim,verdict\na,partly\n")
    (folder / "report.html").write_text("not a result")
    data = {"image/svg+xml": "<svg/>", "application/pdf": base64.b64encode(b"%PDF").decode()}
    cell = {
        "metadata": {"mystnb": {"figure": {"name": "fig-1"}}},
        "outputs": [{"data": data, "metadata": {"application/pdf": {"csv": "mean\n1\n"}}}],
    }
    (tmp_path / "notebooks" / "some.ipynb").write_text(json.dumps({"cells": [cell, {"metadata": {}}]}))
    return tmp_path


def test_every_kind_of_file_is_there(book):
    assert [one.name for one in files(book)] == [
        "data/t.parquet", "notebooks/some.ipynb", "figures/some-fig-1.svg", "figures/some-fig-1.pdf",
        "figures/some-fig-1.csv",
        "results/some-verdicts.csv", DICTIONARY,
    ]  # fmt: skip


def test_a_film_has_its_pictures_and_captions_in_the_archive(book):
    film = {
        "data": {"text/html": "<div></div>", "application/pdf": base64.b64encode(b"%PDF").decode()},
        "metadata": {"application/pdf": {"csv": "picture\n1\n"}},
    }
    label = {"mystnb": {"figure": {"name": "fig-2"}}}
    cells = [{"metadata": label, "outputs": [film]}, {"metadata": {}, "outputs": [film]}]
    (book / "notebooks" / "other.ipynb").write_text(json.dumps({"cells": cells}))
    found = {one.name: one.content for one in files(book) if one.name.startswith("figures/other-")}
    assert found == {
        f"figures/other-{label}.{kind}": content
        for label in ("fig-2", "figure-2")
        for kind, content in (("pdf", b"%PDF"), ("csv", b"picture\n1\n"))
    }


def test_files_archive_and_checksums_agree(book, tmp_path):
    found = files(book)
    write(found, tmp_path / "html")
    folder = tmp_path / "html" / FOLDER
    for line in (folder / CHECKSUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        assert zipfile.ZipFile(folder / ARCHIVE).read(f"supplement/{name}") == (folder / name).read_bytes()
    first = (folder / ARCHIVE).read_bytes()
    write(found, tmp_path / "html")
    assert (folder / ARCHIVE).read_bytes() == first


def test_columns_are_explained(book):
    rows = {row["column"]: row["meaning"] for row in csv.DictReader(files(book)[-1].content.decode().splitlines())}
    assert (
        rows["strong_raw"] == "share of units with r > .75, raw" and "Number of discrete actions" in rows["n_actions"]
    )
    assert rows["verdict"] and rows["odd"] == ""
    assert meaning("strong_centred").endswith("timestep-centred")


def test_the_list_names_every_file(book):
    html = listing(files(book), {"some-fig-1": 12})
    assert html.count("<tr><td>") == 7 and f"{FOLDER}/{ARCHIVE}" in html
    assert html.count("</a> (Figure 12)</td>") == 3  # SVG, PDF and CSV
    assert "<table" not in listing(files(book), {}, names=False)
