"""What notebooks glued, as files that any page of the book can show.

MyST-NB shows a glued vector figure, or glued Markdown, only on the page of its own notebook. As a file,
`notebooks/glued/NOTEBOOK/KEY.svg` (.png, .md), it goes through the ordinary `figure` and `include` directives, with
alternative text and a caption. A glued `TextFile` (.csv, .json) goes through the `download` role. One of kind .html is
a page of its own, one of kind .js a script that pages load: the built site has them at the same place,
`glued/NOTEBOOK/KEY.html` as the notebooks' pages see it.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mirror_core.pages.publishing.files import KINDS, NETCDF

FOLDER = "glued"
"""Folder of the files, beside the executed notebooks."""

SUFFIXES = {"image/svg+xml": ".svg", "image/png": ".png", "text/markdown": ".md", NETCDF: ".nc"} | {
    mime: f".{kind}" for kind, mime in KINDS.items()
}
"""Kinds of content that become files, the preferred first."""


def write_glued(executed: Path) -> None:
    """Write what an executed notebook glued; a file whose content is the same is not touched."""
    folder = executed.parent / FOLDER / executed.stem
    folder.mkdir(parents=True, exist_ok=True)
    current = dict(_glued(nbformat.read(executed, as_version=4)))
    for path in folder.iterdir():
        if path.name not in current:
            path.unlink()
    for name, content in current.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)


def copy_whole_pages(notebooks: Path, built: Path) -> None:
    """Copy the glued HTML files and scripts beside the built pages of the notebooks, where the browser finds them."""
    for path in (path for kind in ("html", "js") for path in notebooks.glob(f"{FOLDER}/*/*.{kind}")):
        copy = built / path.relative_to(notebooks)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _glued(notebook: NotebookNode) -> Iterator[tuple[str, bytes]]:
    """Yield file name and content of everything glued."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            label = output.get("metadata", {}).get("scrapbook")
            if label is None:
                continue
            for kind, suffix in SUFFIXES.items():
                content = output.data.get(label.get("mime_prefix", "") + kind)
                if content is not None:
                    encoded = suffix in (".png", ".nc")
                    yield label["name"] + suffix, base64.b64decode(content) if encoded else content.encode()
                    break
