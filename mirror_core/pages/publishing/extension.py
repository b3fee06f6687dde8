"""The Sphinx extension: before the site is read, every notebook whose inputs changed is run again.

Configured in `_config.yml` under `sphinx: config:`

mirror_notebooks
    Notebook name → papermill parameters. They run in this order.
mirror_notebooks_quick
    The same, laid over `mirror_notebooks` when the environment variable `MIRROR_CORE_QUICK` is 1.
mirror_sources
    Folder of the sources, relative to the book.
mirror_timeout
    Seconds that one cell may take, with the time that it waits for its turn to compute.
mirror_at_once
    Notebooks that may run at the same time.
mirror_early
    Seconds after which the pages that are done become readable, and again each time.
mirror_costs
    Measured costs of the pages, relative to the book: quick and full settings → page → see
    `mirror_core.pages.publishing.progress.Costs`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.config import Config
from sphinx.util import logging

import mirror_core
from mirror_core import __version__
from mirror_core.checks import OptionError, number, unknown, whole
from mirror_core.pages.publishing import formulas, shell
from mirror_core.pages.publishing.early import MARK, may_publish, publish
from mirror_core.pages.publishing.execute import PROVENANCE, NotebookFailure, content_digest, data_folder
from mirror_core.pages.publishing.fingerprint import MODULES, page_fingerprint
from mirror_core.pages.publishing.glued import copy_whole_pages, write_glued
from mirror_core.pages.publishing.kernel_environment import refuse_other_modules
from mirror_core.pages.publishing.offline import leave_thebe_out
from mirror_core.pages.publishing.progress import Costs
from mirror_core.pages.publishing.quick import EXECUTED, QUICK_VARIABLE
from mirror_core.pages.publishing.reader import NotebookFileError
from mirror_core.pages.publishing.running import Stale, run_notebooks
from mirror_core.runs.checkout import OtherCheckout, refuse_another_checkout
from mirror_core.runs.files import alone, digest_of_file, digest_of_files, read_json, write_text

NOTE = "good-build.json"
"""File beside the built pages with what the last good build has read and written."""

MEASURED = "costs.json"
"""File beside the built pages, with what this build's pages took, in the form of `mirror_costs`."""

LOGGER = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the settings and the steps."""
    os.environ.pop("SOURCE_DATE_EPOCH", None)  # Sphinx would write another year beside the copyright
    app.add_config_value("mirror_notebooks", {}, "", [dict])
    app.add_config_value("mirror_notebooks_quick", {}, "", [dict])
    app.add_config_value("mirror_sources", "../notebooks", "", [str])
    app.add_config_value("mirror_timeout", 3600, "", [int, float])
    app.add_config_value("mirror_at_once", 2, "", [int])
    app.add_config_value("mirror_early", 240, "", [int, float])
    app.add_config_value("mirror_costs", "data/build.json", "", [str])
    app.connect("config-inited", wait_for_other_builds, priority=50)
    # Before sphinx-external-toc looks at which pages exist, at the default priority of 500.
    app.connect("config-inited", run_stale_notebooks, priority=100)
    app.connect("config-inited", start_anew_unless_nothing_changed)
    app.connect("config-inited", leave_thebe_out)
    app.connect("html-page-context", title_without_repetition)
    app.connect("build-finished", add_whole_pages)
    formulas.setup(app)
    shell.setup(app)
    app.connect("build-finished", note_a_good_build, priority=900)  # after whatever else writes into the pages
    return {"version": __version__, "parallel_read_safe": True}


def run_stale_notebooks(app: Sphinx, config: Config) -> None:
    """Run the notebooks whose source, parameters, library or key packages changed since they last ran.

    A failure ends the process: jupyter-book would bury the message of an exception under a traceback of its own.
    """
    try:
        _refuse_wrong_numbers_and_paths(config)
        sources = Path(app.srcdir, config.mirror_sources).resolve()
        refuse_other_modules(MODULES)
        refuse_another_checkout(Path(app.srcdir))
        stale = []
        for name, parameters in chosen_settings(config, sources).items():
            source, output = sources / f"{name}.md", Path(app.srcdir, EXECUTED, f"{name}.ipynb")
            text, data = source.read_text(encoding="utf-8"), data_folder(source)
            if is_current(output, page_fingerprint(text, parameters, data=data), data):
                LOGGER.info("notebook %s: nothing changed", name)
                write_glued(output)
            else:
                stale.append(Stale(source, output, parameters))
        _execute(stale, app, config)
    except (NotebookFailure, NotebookFileError, OptionError, OtherCheckout, OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"\nerror: {error}\nThe pages of the last good build are kept.") from error


def _refuse_wrong_numbers_and_paths(config: Config) -> None:
    """Refuse what Sphinx would warn of only when all notebooks have run, if it came to that."""
    for name in ("mirror_sources", "mirror_costs"):
        if not isinstance(value := getattr(config, name), str):
            raise NotebookFailure(f"{name} in _config.yml is {value!r}; it must be a path.")
    for name, check, low in (("mirror_timeout", number, 1), ("mirror_at_once", whole, 1), ("mirror_early", number, 0)):
        check(f"{name} in _config.yml", getattr(config, name), low)


def _execute(stale: list[Stale], app: Sphinx, config: Config) -> None:
    """Run notebooks, and make the pages that are done readable now and then."""
    settings = "quick" if os.environ.get(QUICK_VARIABLE) == "1" else "full"
    html, missing, last = Path(app.outdir), [one.source.stem for one in stale], time.monotonic()
    costs = _costs(Path(app.srcdir, config.mirror_costs), settings)
    options = {"timeout": config.mirror_timeout, "at_once": config.mirror_at_once, "costs": costs}
    for done, board in run_notebooks(stale, **options):
        write_glued(done.output)
        missing.remove(done.source.stem)
        if missing and time.monotonic() - last > config.mirror_early and may_publish(html):
            if publish(Path(app.srcdir).parent, html, missing):
                board.say(f"{len(stale) - len(missing)} pages can be read: {html / 'index.html'}")
            last = time.monotonic()
        if not missing:
            measured = {settings: board.measured()}
            html.parent.mkdir(parents=True, exist_ok=True)
            (html.parent / MEASURED).write_text(json.dumps(measured, indent=1), encoding="utf-8")


def _costs(path: Path, settings: str) -> Costs:
    """Return what was measured; without it, or with a broken or foreign file, the time that is shown is a guess."""
    try:
        pages = read_json(path.read_text(encoding="utf-8"))[settings]
        return {
            name: {what: (float(n), float(seconds)) for what, (n, seconds) in parts.items()}
            for name, parts in pages.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def wait_for_other_builds(app: Sphinx, config: Config) -> None:
    """Let one build of a book end before the next begins: both write the same files."""
    app.mirror_lock = alone(Path(app.outdir).parent, lambda: LOGGER.info("waiting for another build of this book"))


def start_anew_unless_nothing_changed(app: Sphinx, config: Config) -> None:
    """Have Sphinx read and write every page, unless all that it reads and has written is that of the last good build.

    Sphinx goes by dates: a page that is put back with an older one would stay as it is. Nor does it know that any page
    may show a notebook's number, or look at what a killed build or a full disk has left of its own files.
    """
    note = Path(app.doctreedir).with_name(NOTE)
    if _noted(note) != _state(app):
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)
    note.unlink(missing_ok=True)  # of a build that is killed, or fails, or warns, nothing counts


def note_a_good_build(app: Sphinx, exception: Exception | None) -> None:
    """Note what was read and written, if all went well; a build that warned is to warn again."""
    if exception is None and not app._warncount:
        write_text(Path(app.doctreedir).with_name(NOTE), json.dumps(_state(app)))


def _noted(note: Path) -> dict[str, str] | None:
    try:
        return read_json(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _state(app: Sphinx) -> dict[str, str]:
    """Return digests of what the pages are made from, and of all that a build has made of it."""
    built = Path(app.outdir).parent
    # the folders say names and versions; to read all the files in them takes longer than a page
    packages = sorted(path.name for at in sys.path for path in Path(at).glob("*.*-info"))
    library = [path for path in Path(mirror_core.__file__).parent.rglob("*") if "__pycache__" not in path.parts]
    return {
        "packages": hashlib.sha256("\n".join(packages).encode()).hexdigest(),
        "library": digest_of_files(library),
        "sources": digest_of_files(path for path in Path(app.srcdir).rglob("*") if built not in path.parents),
        "built": digest_of_files(path for folder in (app.doctreedir, app.outdir) for path in Path(folder).rglob("*")),
    }


def title_without_repetition(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Keep the browser's title of the first page from naming the site twice; the logo is named as on other pages."""
    if pagename == app.config.root_doc:
        context["theme_logo"]["alt_text"] = f"{context['docstitle']} - Home"
        context["docstitle"] = ""


def add_whole_pages(app: Sphinx, exception: Exception | None) -> None:
    """Put the HTML files and scripts that notebooks glued into the built site."""
    if exception is None and app.builder.format == "html":
        copy_whole_pages(Path(app.srcdir, EXECUTED), Path(app.outdir, EXECUTED))
        Path(app.outdir, MARK).unlink(missing_ok=True)


def chosen_settings(config: Config, sources: Path) -> dict[str, dict[str, Any]]:
    """Return the parameters of each notebook, full or quick.

    Raises
    ------
    NotebookFailure
        If the settings are not mappings of parameters, or name a notebook that does not exist.
    """
    settings = _checked(config.mirror_notebooks, "mirror_notebooks", sources)
    if os.environ.get(QUICK_VARIABLE) != "1":
        return settings
    quick = _checked(config.mirror_notebooks_quick, "mirror_notebooks_quick", sources)
    return {name: parameters | quick.get(name, {}) for name, parameters in settings.items()}


def _checked(settings: dict[str, Any], field: str, sources: Path) -> dict[str, dict[str, Any]]:
    if not isinstance(settings, dict):
        raise NotebookFailure(f"{field} in _config.yml is {settings!r}; it must be a mapping of notebooks.")
    available = sorted(path.stem for path in sources.glob("*.md"))
    for name, parameters in settings.items():
        if name not in available:
            said = unknown("notebook", name, available)
            raise NotebookFailure(f"{field} in _config.yml: {said} They are in {sources}.")
        if not isinstance(parameters, dict | None):
            raise NotebookFailure(
                f"{field}.{name} in _config.yml is {parameters!r}; it must be a mapping of parameters."
            )
        for parameter, value in (parameters or {}).items():
            if not isinstance(value, str | int | float | list | dict | None):
                raise NotebookFailure(
                    f"{field}.{name}.{parameter} in _config.yml is {value!r}; it must be text, a number, True or False."
                )
    return {name: dict(parameters or {}) for name, parameters in settings.items()}


def is_current(output: Path, fingerprint: str, data: Path | None = None) -> bool:
    """Whether an executed notebook is there, whole, and made from what the fingerprint stands for.

    What it read of the data folder, whether its text names that or not, must be as it was.
    """
    try:
        notebook = read_json(output.read_text(encoding="utf-8"))
        stamp = notebook["metadata"][PROVENANCE]
        if stamp["fingerprint"] != fingerprint or stamp["content"] != content_digest(notebook):
            return False
        return all(data and digest_of_file(data / name) == read for name, read in stamp.get("read", {}).items())
    except (OSError, ValueError, KeyError, TypeError):
        return False
