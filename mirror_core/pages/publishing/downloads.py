"""All that the site computed, to take along: one archive, every file singly, checksums, and what each column means."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from mirror_core.config.settings import Config
from mirror_core.pages.publishing.pictures import PRINT, SVG, with_words
from mirror_core.pages.publishing.quick import EXECUTED
from mirror_core.studies.wording import counted, size

PAGE = "downloads"
"""Name of the page, `book/downloads.md`."""
FOLDER = "downloads"
"""Folder of the files in the built site."""
ARCHIVE, CHECKSUMS, DICTIONARY = "supplement.zip", "SHA256SUMS", "columns.csv"
MARK = '<div class="mirror-downloads"></div>'
"""What the list of files takes the place of."""

COMMON = {
    "seed": "seed behind every random draw of the network or learner",
    "reading": "reading of the paper's method",
    "condition": "what is changed about the experiment",
    "cell": "ingredients that a network has",
    "sweep": "which of the sweeps in the table's metadata the network belongs to",
    "run": "fingerprint of the network: its configuration and the code that made it",
    "seconds": "processor time of one core, in seconds",
    "seconds_training": "processor time of training, in seconds",
    "seconds_measuring": "processor time of measuring, in seconds",
    "claim": "claim of the paper",
    "verdict": "what our rule says of the claim",
}
"""Columns that several tables have, and what they mean."""
OF_FIGURES = {
    "panel": "panel of the figure",
    "mode": "performing or observing",
    "mean": "mean of what has an interval, for most over networks",
    "low": "lower end of the interval",
    "high": "upper end of the interval",
    "from": "lower edge of a bin of the histogram",
    "to": "upper edge of a bin of the histogram",
    "count": "how many lie in the bin",
    "picture": "number of the film's picture",
    "what it shows": "what is said under it",
}
"""Columns of what figures draw, and what they mean there."""


@dataclass(frozen=True)
class File:
    """A file to take along."""

    name: str
    """With its folder in the archive."""
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def files(book: Path) -> list[File]:
    """Return everything: executed notebooks, what they glued, figures as SVG, PDF and CSV, tables measured once.

    Parameters
    ----------
    book
        Folder of the book, with executed notebooks.
    """
    found = [
        File(f"data/{path.name}", path.read_bytes()) for path in sorted((book / "data").glob("*")) if path.is_file()
    ]
    for path in sorted((book / EXECUTED).glob("*.ipynb")):
        content = path.read_bytes()
        found.append(File(f"notebooks/{path.name}", content))
        found += [File(f"figures/{path.stem}-{name}", data) for name, data in _figures(json.loads(content))]
    for path in sorted((book / EXECUTED / "glued").glob("*/*")):
        if path.suffix in {".csv", ".json", ".nc"}:
            found.append(File(f"results/{path.parent.name}-{path.name}", path.read_bytes()))
    tables = [one for one in found if one.name.endswith((".parquet", ".csv"))]
    found.append(File(DICTIONARY, _dictionary(tables).encode()))
    return found


def _figures(notebook: dict) -> Iterator[tuple[str, bytes]]:
    """Yield every figure of an executed notebook, named by its label on the page."""
    number = 0
    for cell in notebook["cells"]:
        name = cell.get("metadata", {}).get("mystnb", {}).get("figure", {}).get("name", "")
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if not {SVG, PRINT} & set(data):
                continue
            number += 1
            label = name or f"figure-{number}"
            if SVG in data:  # of a film there is none
                yield f"{label}.svg", with_words("".join(data[SVG])).encode()
            if PRINT in data:
                yield f"{label}.pdf", base64.b64decode("".join(data[PRINT]))
            if table := output.get("metadata", {}).get(PRINT, {}).get("csv"):
                yield f"{label}.csv", table.encode()


def meaning(column: str) -> str:
    """Return what a column means, as the registry of measures or the settings say it; nothing if neither does."""
    from mirror_core.pages.tables import notes_of  # here, as below: few builds make this page, and all start with this
    from mirror_core.studies.measures import MEASURES

    settings = notes_of(Config)
    stem, _, centring = column.rpartition("_")
    if column in MEASURES:
        return MEASURES[column].label
    if centring in {"raw", "centred"} and stem in MEASURES:
        return f"{MEASURES[stem].label}, {'raw' if centring == 'raw' else 'timestep-centred'}"
    return COMMON.get(column) or settings.get(column, "")


def _dictionary(tables: list[File]) -> str:
    """Return a table of all columns of all tables, with their meanings."""
    import pyarrow.parquet

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "column", "type", "meaning"])
    for one in tables:
        if one.name.endswith(".parquet"):
            schema = pyarrow.parquet.read_schema(io.BytesIO(one.content))
            columns = [(name, str(kind)) for name, kind in zip(schema.names, schema.types, strict=True)]
        else:
            columns = [(name, "") for name in next(csv.reader(io.StringIO(one.content.decode("utf-8-sig"))), [])]
        drawn = OF_FIGURES if one.name.startswith("figures/") else {}
        writer.writerows((one.name, name, kind, drawn.get(name) or meaning(name)) for name, kind in columns)
    return out.getvalue()


def listing(found: list[File], numbers: Mapping[str, int], *, names: bool = True) -> str:
    """Return the list of files as HTML: what is in each folder, with size and checksum.

    Parameters
    ----------
    found
        The files.
    numbers
        Page and label of a figure, as its files are called → its number.
    names
        Whether each file is named, or their number alone.
    """
    total = sum(len(one.content) for one in found)
    parts = [
        f'<p><a download href="{FOLDER}/{ARCHIVE}"><strong>Everything in one archive</strong></a>: '
        f"{len(found)} files, {size(total)} unpacked, with their checksums.</p>"
    ]
    for folder, what in _FOLDERS.items():
        chosen = [one for one in found if one.name.rpartition("/")[0] == folder]
        said = f"<strong>{what}</strong>: {counted(len(chosen), 'file')}"
        if chosen and not names:
            parts.append(f"<p>{said}</p>")
        elif chosen:
            rows = "".join(_row(one, numbers) for one in chosen)
            parts.append(
                f"<details><summary>{said}</summary>"
                '<div class="scroll-table"><table class="table"><thead><tr><th>file</th><th>size</th>'
                f"<th>SHA-256 begins</th></tr></thead><tbody>{rows}</tbody></table></div></details>"
            )
    return "\n".join(parts)


def _row(one: File, numbers: Mapping[str, int]) -> str:
    name = one.name.rpartition("/")[2]
    number = numbers.get(name.rpartition(".")[0])
    figure = f" (Figure {number})" if number else ""
    return (
        f'<tr><td><a download href="{FOLDER}/{escape(one.name)}">{escape(name)}</a>{figure}</td>'
        f"<td>{size(len(one.content))}</td><td><code>{one.sha256[:16]}</code></td></tr>"
    )


_FOLDERS = {
    "results": "Results, and recordings of the paper's own seed (NetCDF)",
    "figures": "Figures, as SVG and PDF, with their data as CSV",
    "notebooks": "Executed notebooks",
    "data": "Tables that were measured once, and what declares them",
    "": "What every column means",
}
"""Folder of the archive → what is in it."""


def write(found: list[File], html: Path) -> None:
    """Write every file singly, the archive and the checksums into a built site."""
    folder = html / FOLDER
    sums = "".join(f"{one.sha256}  {one.name}\n" for one in found)
    for one in [*found, File(CHECKSUMS, sums.encode())]:
        path = folder / one.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.content)
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in [*found, File(CHECKSUMS, sums.encode())]:
            # dates as in 1980, so that the same files give the same archive
            archive.writestr(zipfile.ZipInfo(f"supplement/{one.name}"), one.content, zipfile.ZIP_DEFLATED)
