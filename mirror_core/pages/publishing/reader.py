"""A papermill reader for notebooks kept as MyST Markdown.

papermill reads only JSON. It chooses a reader by the beginning of a path, among the entry points of the group
`papermill.io` (declared in `pyproject.toml`); this one turns `.md` into the JSON that papermill expects and leaves
every other file to papermill.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from click import ClickException

if TYPE_CHECKING:
    from nbformat import NotebookNode

# papermill warns about every extension but its own, before it asks a reader. It loads this module when it is
# imported itself, so the filter is in place in time.
warnings.filterwarnings("ignore", message=r"The specified file \(.*\.md\) does not end in one of")

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
"""What papermill wants to know of a kernel; a header often leaves out part of it, or all."""


class NotebookFileError(ClickException, ValueError):
    """A notebook cannot be read or written; on papermill's command line this is one line and exit status 1."""


def parse_notebook(text: str, name: str) -> NotebookNode:
    """Return the notebook that a MyST Markdown text describes.

    Parameters
    ----------
    text
        The whole file.
    name
        What to call it in an error, usually its path.

    Raises
    ------
    NotebookFileError
        If the text is not a MyST notebook, or has no code cell (most likely another dialect of Markdown).
    """
    import jupytext

    try:
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as error:  # jupytext passes on whatever its YAML parser and its own reader raise
        reason = " ".join(str(error).split())
        raise NotebookFileError(f"{name} cannot be read as a MyST Markdown notebook: {reason}") from error
    if not any(cell.cell_type == "code" for cell in notebook.cells):
        raise NotebookFileError(f"{name} has no code cell (```{{code-cell}}); it is not a MyST Markdown notebook")
    notebook.metadata["kernelspec"] = KERNEL | notebook.metadata.get("kernelspec", {})
    # jupytext's notes belong to the source: kept, Jupyter Lab would pair the executed copy with a new text file.
    notebook.metadata.pop("jupytext", None)
    return notebook


class NotebookReader:
    """Reads `.md` notebooks; everything else is papermill's own local reader.

    papermill keeps the working directory it was given in that local reader, so files are opened through it.
    """

    @classmethod
    def read(cls, path: str) -> str:
        """Return a notebook as JSON text.

        Raises
        ------
        NotebookFileError
            If a `.md` file is missing or cannot be read as a notebook, or is in another checkout than the library.
        """
        if not path.endswith(".md"):
            return _local().read(path)
        import nbformat

        from mirror_core.runs.checkout import OtherCheckout, refuse_another_checkout

        try:
            refuse_another_checkout(Path(path).absolute().parent)
        except OtherCheckout as error:
            raise NotebookFileError(str(error)) from error
        try:
            text = _local().read(path)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or f"not a text file ({error})"
            raise NotebookFileError(f"{path} cannot be read: {reason}") from error
        return nbformat.writes(parse_notebook(text, path))

    @classmethod
    def write(cls, text: str, path: str) -> None:
        """Write an executed notebook; a `.md` source is never overwritten with one.

        Raises
        ------
        NotebookFileError
            If `path` is a `.md` file.
        """
        if path.endswith(".md"):
            raise NotebookFileError(f"the executed notebook cannot be written to {path}: name a file ending in .ipynb")
        _local().write(text, path)

    @classmethod
    def listdir(cls, path: str) -> list[str]:
        """Return the files of a folder."""
        return _local().listdir(path)

    @classmethod
    def pretty_path(cls, path: str) -> str:
        """Return the path as it is shown."""
        return path


def _local():
    # Imported late: papermill loads this module while it is being imported.
    from papermill.iorw import papermill_io

    return papermill_io.get_handler("local")
