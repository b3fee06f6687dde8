"""A papermill reader for notebooks kept as MyST Markdown.

papermill reads only JSON. When it is imported it loads the entry points of the group `papermill.io`, of which one leads
here (declared in `pyproject.toml`); then its reader of local files also turns MyST Markdown into the JSON that it
expects, and every other file is read as before.
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
    name
        What to call it in an error, usually its path.

    Raises
    ------
    NotebookFileError
        If the text is not a MyST notebook, or has no code cell (most likely another dialect of Markdown).
    """
    import jupytext

    try:
        notebook = jupytext.reads(text.removeprefix("\ufeff"), fmt="md:myst")
    except Exception as error:  # jupytext passes on whatever its YAML parser and its own reader raise
        reason = " ".join(str(error).split())
        raise NotebookFileError(f"{name} cannot be read as a MyST Markdown notebook: {reason}") from error
    if not any(cell.cell_type == "code" for cell in notebook.cells):
        raise NotebookFileError(f"{name} has no code cell (```{{code-cell}}); it is not a MyST Markdown notebook")
    kernel = KERNEL | notebook.metadata.get("kernelspec", {})
    if kernel["language"] == KERNEL["language"] and not _is_there(kernel["name"]):
        kernel = KERNEL  # an editor wrote the name that this environment has on another machine
    notebook.metadata["kernelspec"] = kernel
    # jupytext's notes belong to the source: kept, Jupyter Lab would pair the executed copy with a new text file.
    notebook.metadata.pop("jupytext", None)
    return notebook


def _is_there(kernel: str) -> bool:
    """Return whether Jupyter finds a kernel of this name."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return bool(KernelSpecManager().get_kernel_spec(kernel))
    except NoSuchKernel:
        return False


class NotebookReader:
    """What papermill asks for paths that begin as its entry point is named: its own local reader, which reads text too.

    It is there so that papermill loads this module.
    """

    @classmethod
    def read(cls, path: str) -> str:
        """Return a notebook as JSON text.

        Raises
        ------
        NotebookFileError
            If the file is missing or cannot be read as a notebook, or is in another checkout than the library.
        """
        return _local().read(path)

    @classmethod
    def write(cls, text: str, path: str) -> None:
        """Write an executed notebook; a source that is text is never overwritten with one.

        Raises
        ------
        NotebookFileError
            If `path` is a `.md` file.
        """
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
    from papermill.iorw import papermill_io

    return papermill_io.get_handler("local")


def _read_text_too() -> None:
    """Let papermill's reader of local files read notebooks that are text, whatever their path begins with.

    papermill chooses a reader by the beginning of a path, which says nothing: `work/notebooks/ablations.md` begins as
    any path does. What a file is, its content says: JSON is papermill's own.
    """
    from papermill.iorw import LocalHandler

    own_read, own_write = LocalHandler.read, LocalHandler.write

    def read(handler: LocalHandler, path: str) -> str:
        is_text = str(path).lower().endswith(".md")
        try:
            text = own_read(handler, path)
        except (OSError, UnicodeDecodeError) as error:
            if not is_text:
                raise
            reason = getattr(error, "strerror", None) or f"not a text file ({error})"
            raise NotebookFileError(f"{path} cannot be read: {reason}") from error
        if text.lstrip("\ufeff \t\r\n").startswith("{") or not (is_text or "{code-cell}" in text):
            return text
        import nbformat

        from mirror_core.runs.checkout import OtherCheckout, refuse_another_checkout

        try:
            refuse_another_checkout(Path(path).absolute().parent)
        except OtherCheckout as error:
            raise NotebookFileError(str(error)) from error
        return nbformat.writes(parse_notebook(text, path))

    def write(handler: LocalHandler, text: str, path: str) -> None:
        if str(path).lower().endswith(".md"):
            raise NotebookFileError(f"the executed notebook cannot be written to {path}: name a file ending in .ipynb")
        own_write(handler, text, path)

    LocalHandler.read, LocalHandler.write = read, write


# Last, since papermill loads this module while it is being imported, and is imported here if it was not.
_read_text_too()
