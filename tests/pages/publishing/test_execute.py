"""One notebook run for the site: what is kept of a good run, and what a bad one says and leaves alone."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

from mirror_core.pages.publishing import execute
from mirror_core.pages.publishing.execute import PROVENANCE, NotebookFailure, execute_notebook
from mirror_core.pages.publishing.fingerprint import page_fingerprint

HEADER = """# A page

```{code-cell}
:tags: [parameters]

seed: int = 42
n_seeds: int = 2
```
"""


@pytest.fixture
def run(tmp_path):
    """Run a notebook with one more cell and return the executed one; it replaces a last good page."""
    output = tmp_path / "book" / "page.ipynb"

    def execute_cell(cell: str, timeout: float = 60, **parameters):
        source = tmp_path / "page.md"
        source.write_text(f"{HEADER}\n```{{code-cell}}\n{cell}\n```\n")
        execute_notebook(source, output, parameters, timeout=timeout, show_progress=False)
        return nbformat.read(output, as_version=4)

    execute_cell.output = output
    return execute_cell


def test_parameters_arrive_and_are_folded_on_the_page_with_those_that_it_was_run_with(run):
    notebook = run("print(seed, n_seeds)", seed=7)
    defaults, injected, cell = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert cell.outputs[0].text == "7 2\n"
    assert "hide-input" in defaults.metadata.tags
    assert injected.source == "# This page was run with\nseed = 7\n" and "hide-input" in injected.metadata.tags


def test_what_a_page_makes_use_of_is_noted(run):
    cell = "from mirror_core.config.settings import Config\nfrom mirror_core.runs.used import note_runs\n"
    notebook = run(f'{cell}note_runs({{"a": Config(seed=seed)}})', seed=7)
    assert notebook.metadata[PROVENANCE]["used"]["runs"] == [{"changes": {}, "seeds": {"7": "a"}}]


def test_provenance_is_stamped_and_nothing_else_is_left_of_the_run(run):
    notebook = run("1", seed=7)
    stamp = notebook.metadata[PROVENANCE]
    source = (run.output.parents[1] / "page.md").read_text()
    assert stamp["fingerprint"] == page_fingerprint(source, {"seed": 7})
    assert stamp["used"] == {"runs": [], "analyses": {}, "tables": []}
    assert stamp["parameters"] == {"seed": 7} and stamp["source"] == "page.md" and "torch" in stamp["versions"]
    assert "papermill" not in notebook.metadata
    assert all("papermill" not in cell.metadata and "execution" not in cell.metadata for cell in notebook.cells)
    assert [path.name for path in run.output.parent.iterdir()] == ["page.ipynb"]


def test_the_kernel_is_this_python_with_one_thread(run, tmp_path, monkeypatch):
    other = tmp_path / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text('{"argv": ["/nonexistent", "{connection_file}"], "display_name": "Other"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    notebook = run('import os, sys\nprint(sys.prefix, os.environ["OMP_NUM_THREADS"])')
    assert notebook.cells[-1].outputs[0].text == f"{sys.prefix} 1\n"
    assert os.environ["JUPYTER_PATH"] == str(tmp_path / "jupyter") and "OMP_NUM_THREADS" not in os.environ


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            '\nraise ValueError("n_seeds = 0 is not allowed")',
            'page failed in code cell 2 (`raise ValueError("n_seeds = 0 is not allowed")`): ValueError: n_seeds = 0',
        ),
        ("import os\nos.kill(os.getpid(), 9)", "page failed in code cell 2 (`import os`): its kernel died"),
        ("raise SystemExit", "left an error in code cell 2 (`raise SystemExit`): SystemExit"),
        ('import warnings; warnings.warn("log noise")', "left a message on stderr in code cell 2"),
        (":tags: [raises-exception]\n1 / 0", "failed in code cell 2 (`1 / 0`): ZeroDivisionError"),
    ],
    ids=["exception", "dead kernel", "exit", "stderr", "tolerated error"],
)
def test_a_failure_names_notebook_and_cell_and_keeps_the_last_good_page(run, cell, message):
    run("print('good')")
    good = run.output.read_bytes()
    with pytest.raises(NotebookFailure) as failure:
        run(cell)
    assert message in str(failure.value)
    assert run.output.read_bytes() == good
    assert [path.name for path in run.output.parent.iterdir()] == ["page.ipynb"]


def test_a_cell_that_takes_too_long_is_named(run):
    with pytest.raises(NotebookFailure, match=r"in code cell 2 \(`import time.*longer than 5 s, .* \(mirror_timeout"):
        run("import time; time.sleep(60)", timeout=5)
    assert not run.output.exists()


def test_progress_that_was_cleared_is_no_noise(run):
    run('import sys\nfrom IPython.display import clear_output\nprint("50 %", file=sys.stderr)\nclear_output()')


def test_an_unknown_parameter_is_named_with_the_nearest_ones(run):
    with pytest.raises(NotebookFailure) as failure:
        run("1", n_seed=3)
    assert str(failure.value) == (
        "notebook page: unknown parameter 'n_seed'. Did you mean 'n_seeds' or 'seed'? Allowed: seed, n_seeds."
    )


def test_a_full_disk_is_said_and_keeps_the_last_good_page(run, monkeypatch):
    run("print('good')")
    good = run.output.read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(execute.os, "fsync", full)
    with pytest.raises(NotebookFailure, match=r"page.ipynb cannot be written \(No space left on device\)"):
        run("print('new')")
    assert run.output.read_bytes() == good
    assert [path.name for path in run.output.parent.iterdir()] == ["page.ipynb"]


def test_kernels_talk_through_sockets_of_their_own_that_are_gone_afterwards(run, monkeypatch):
    found = "IPKernelApp.instance()"
    cell = f"from ipykernel.kernelapp import IPKernelApp\nprint({found}.transport, {found}.ip)"
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        transport, ip = run(cell).cells[-1].outputs[0].text.split()
        assert (transport, ip.startswith(f"{folder}/mirror-")) == ("ipc", True)
        assert not list(Path(folder).glob("mirror-*"))
        # a socket's path has to be short
        monkeypatch.setattr(execute, "LONGEST_SOCKET", 10)
        assert run(cell).cells[-1].outputs[0].text.split()[0] == "tcp"
