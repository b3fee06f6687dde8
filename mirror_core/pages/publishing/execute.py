"""Run one notebook with its parameters and keep the result, or say in one line why there is none."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from mirror_core.checks import unknown
from mirror_core.pages.publishing.fingerprint import data_digests, page_fingerprint, versions
from mirror_core.pages.publishing.kernel_environment import kernel_variables, left_out
from mirror_core.pages.publishing.kernels import forked, without_configuration
from mirror_core.pages.publishing.reader import KERNEL, parse_notebook
from mirror_core.runs.files import write_text
from mirror_core.runs.turns import TURNS_VARIABLE
from mirror_core.runs.used import NOTES_VARIABLE, read_notes

PROVENANCE = "mirror_core"
"""Key of the executed notebook's metadata under which its provenance is kept."""

LONGEST_SOCKET = 90
"""Bytes of a socket's path, before its number; systems allow 104 or 108 in all."""


class NotebookFailure(RuntimeError):
    """A notebook did not give a page; the message names notebook, cell and reason."""


class _KernelManager(AsyncKernelManager):
    """Starts kernels that do not take each other's ports, and whose own stderr leads nowhere.

    Over TCP a kernel is told five ports that were free a moment ago; of two kernels that start at the same time, one
    may
    find its port taken, and dies. Sockets in a folder of their own cannot collide. They have no room for a long path,
    so that under a very long one TCP remains.

    What a cell writes travels as a message and does not need stderr. What is left is what a kernel says after its last
    message, while it is being shut down: at times the traceback of a socket that is closed already, which would look
    like the reason of a failure.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # beside a build's lock file, if there is one: the build removes that folder even if this process is killed
        beside = os.path.dirname(os.environ.get(TURNS_VARIABLE, "")) or None
        self._folder = tempfile.TemporaryDirectory(prefix="mirror-", dir=beside, ignore_cleanup_errors=True)
        sockets = os.path.join(self._folder.name, "kernel")
        if len(os.fsencode(sockets)) <= LONGEST_SOCKET:
            self.transport, self.ip = "ipc", sockets

    async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
        folder = kw.get("cwd") or os.getcwd()
        kernel = forked(kernel_cmd, folder, kw["env"])
        if kernel is None:
            quiet = kw | {"stderr": subprocess.DEVNULL}
            await super()._async_launch_kernel(without_configuration(kernel_cmd), **quiet)
        else:
            at = self.provisioner
            at.process, at.pid, at.pgid, at.cwd = kernel, kernel.pid, kernel.pid, folder
            self._reconcile_connection_info(at.connection_info)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            self._folder.cleanup()

    cleanup_resources = _async_cleanup_resources  # the name that others call; theirs is bound to the method above


def execute_notebook(
    source: Path,
    output: Path,
    parameters: Mapping[str, Any],
    *,
    timeout: float,
    show_progress: bool = True,
) -> None:
    """Run a MyST Markdown notebook and write the executed one, in one step at the very end.

    Parameters
    ----------
    source, output
        The `.md` to run and the `.ipynb` to write. Whatever was in `output` stays if the notebook fails.
    parameters
        Values for the names in the notebook's parameters cell.
    timeout
        Seconds that one cell may take, with the time that it waits for its turn (see `mirror_core.runs.turns`).
    show_progress
        Whether to show in the terminal what the notebook writes to stderr, such as its own progress bars.

    Raises
    ------
    NotebookFailure
        If a parameter is unknown, a cell fails, takes too long or kills its kernel, the result holds an error or
        anything written to stderr, or it cannot be written.
    NotebookFileError
        If the source is not a MyST Markdown notebook.
    """
    text = source.read_text(encoding="utf-8")
    notebook = parse_notebook(text, str(source))
    name = source.stem
    _check_parameters(name, notebook, parameters)
    fingerprint = page_fingerprint(text, parameters, data=data_folder(source))
    with tempfile.TemporaryDirectory(prefix="mirror-") as notes:
        noted = Path(notes, "used")
        variables = kernel_variables() | {NOTES_VARIABLE: str(noted)}
        executed = _run(name, notebook, parameters, source.parent, timeout, show_progress, variables)
        used = read_notes(noted)
    _refuse_noise(name, executed)
    _tidy(executed)
    executed.metadata[PROVENANCE] = {
        "fingerprint": fingerprint,
        "source": source.name,
        "parameters": dict(parameters),
        "used": used | {"tables": sorted({*data_digests(text, parameters, data_folder(source)), *used["tables"]})},
        "read": used["tables"],
        "versions": versions(),
        "executed": datetime.now(UTC).isoformat(timespec="seconds"),
        "content": content_digest(json.loads(nbformat.writes(executed))),
    }
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_text(output, nbformat.writes(executed))
    except OSError as error:
        raise NotebookFailure(f"notebook {name}: {output} cannot be written ({error.strerror}).") from error


def content_digest(notebook: Mapping[str, Any]) -> str:
    """Return the SHA-256 of an executed notebook, as its JSON has it, without its provenance.

    Opened and saved in an editor, a page keeps its provenance, and may hold anything.
    """
    metadata = {name: value for name, value in notebook["metadata"].items() if name != PROVENANCE}
    return hashlib.sha256(json.dumps({**notebook, "metadata": metadata}, sort_keys=True).encode()).hexdigest()


def data_folder(source: Path) -> Path:
    """Return the folder of the measured tables that the notebooks beside this one may read."""
    return source.parent.parent / "book" / "data"


def _check_parameters(name: str, notebook: NotebookNode, parameters: Mapping[str, Any]) -> None:
    allowed = list(papermill.inspect_notebook(notebook))
    for parameter in parameters:
        if parameter not in allowed:
            raise NotebookFailure(f"notebook {name}: {unknown('parameter', parameter, allowed)}")


def _run(
    name: str,
    notebook: NotebookNode,
    parameters: Mapping[str, Any],
    folder: Path,
    timeout: float,
    show_progress: bool,
    variables: Mapping[str, str],
) -> NotebookNode:
    running: list[NotebookNode] = []  # the cells started so far, so that a dead kernel can be traced to the last
    try:
        with environment(variables, left_out()):
            return papermill.execute_notebook(
                notebook,
                None,  # nothing is written before all cells have run
                parameters=dict(parameters),
                kernel_name=KERNEL["name"],
                kernel_manager_class=_KernelManager,
                cwd=folder,
                execution_timeout=timeout,
                start_timeout=120,
                progress_bar=False,
                stderr_file=sys.stderr if show_progress else None,
                record_timing=False,  # no times in the cells: the same run gives the same file
                on_cell_start=lambda cell, cell_index: running.append(cell),
            )
    except PapermillExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
        # not the last that started: Jupyter draws a cell's figures after it has ended, and goes on if it cannot
        failed = next((i for i, cell in enumerate(running) if _errors(cell)), len(running) - 1)
        running = running[: failed + 1]
    except CellTimeoutError:
        reason = f"it took longer than {timeout:g} s, waiting for its turn included (mirror_timeout in _config.yml)."
    except DeadKernelError:
        reason = "its kernel died (killed from outside, or out of memory)."
    except RuntimeError as error:
        reason = f"its kernel did not start ({error})."
    where = _place(running, len(running) - 1) if running else "before its first cell"
    raise NotebookFailure(f"notebook {name} failed {where}: {reason}") from None


def _errors(cell: NotebookNode) -> list[NotebookNode]:
    return [output for output in cell.get("outputs", []) if output.output_type == "error"]


@contextmanager
def environment(variables: Mapping[str, str], without: Sequence[str] = ()) -> Iterator[None]:
    """Take away and set variables for the processes that are started meanwhile, and leave no trace of that."""
    before = dict(os.environ)
    try:
        for name in without:
            os.environ.pop(name, None)
        os.environ.update(variables)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _place(cells: list[NotebookNode], index: int) -> str:
    """Say where a cell is: its number among the code cells of the source, and its first line."""
    number = sum(
        cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
        for cell in cells[: index + 1]
    )
    first_line = next((line.strip() for line in cells[index].source.splitlines() if line.strip()), "")
    return f"in code cell {number} (`{first_line}`)"


def _refuse_noise(name: str, notebook: NotebookNode) -> None:
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise NotebookFailure(
                    f"notebook {name} left an error {_place(notebook.cells, index)}: {output.ename}: {output.evalue}"
                )
            if output.output_type == "stream" and output.name == "stderr":
                raise NotebookFailure(
                    f"notebook {name} left a message on stderr {_place(notebook.cells, index)}: {output.text.strip()}"
                )


def _tidy(notebook: NotebookNode) -> None:
    """Fold the parameters, and those that a page was run with, and drop papermill's own notes."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        tags = cell.metadata.get("tags", [])
        if "injected-parameters" in tags:
            cell.source = cell.source.replace("# Parameters", "# This page was run with", 1)
            tags.append("hide-input")
        elif "parameters" in tags and "hide-input" not in tags:
            tags.append("hide-input")
