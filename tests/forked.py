"""Commands without the seconds in which each would import the same libraries: forked from a process that has done so.

What a command is given, says and ends with is what it would be on its own: arguments, folder, variables, both streams,
exit status. Only what depends on how Python itself starts is not seen here; tests of that start the program.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

MAIN = {
    "jupyter-book": ("jupyter_book.cli.main", "main"),
    "mirror": ("mirror_core.cli", "main"),
    "papermill": ("papermill.__main__", "papermill"),
}
"""Program → the module and the name in it of what it calls."""

LIBRARIES = [
    *(module for module, _ in MAIN.values()),
    "jupyter_book.sphinx",
    "jupyter_client",
    "mirror_core.pages.publishing.extension",
    "mirror_core.report",
    "mirror_core.studies.sweeps.running",
    "myst_nb.sphinx_ext",
    "numba",
    "sklearn.linear_model",
    "sphinx.builders.html",
    "sphinx_book_theme",
    "sphinx_design",
    "sphinx_external_toc.api",
    "sphinx_thebe",
    "sphinxcontrib.bibtex",
    "torch",
]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(LIBRARIES)


class Started:
    """A command that runs.

    Parameters
    ----------
    command
        The program and its arguments.
    cwd, environment
        Where, and all of its variables.
    """

    def __init__(self, command: Sequence[str | Path], cwd: Path, environment: Mapping[str, str]) -> None:
        self._command, self._folder = [str(part) for part in command], TemporaryDirectory()
        self._told = [Path(self._folder.name, name) for name in ("stdout", "stderr")]
        for path in self._told:
            path.touch()
        self.process = _context.Process(target=_be, args=(self._command, cwd, dict(environment), *self._told))
        self.process.start()

    def finish(self) -> subprocess.CompletedProcess[str]:
        """Wait until it has ended, and return how."""
        self.process.join()
        with self._folder:
            said = [path.read_text(encoding="utf-8") for path in self._told]
        return subprocess.CompletedProcess(self._command, self.process.exitcode, *said)


def _be(command: list[str], cwd: Path, environment: dict[str, str], stdout: Path, stderr: Path) -> None:
    """Be that program."""
    for number, path in enumerate((os.devnull, stdout, stderr)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY)
        os.dup2(file, number)
        os.close(file)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored in the background of a shell
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = command
    try:
        module, name = MAIN[Path(command[0]).name]
        getattr(importlib.import_module(module), name)()
    finally:
        atexit._run_exitfuncs()  # which a forked process does not do by itself
