"""MyST Markdown notebooks through papermill: in Python, and on the command line in every form of a path."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import nbformat
import papermill
import pytest

from mirror_core.pages.publishing.reader import NotebookFileError, NotebookReader, parse_notebook

NOTEBOOKS = sorted((Path(__file__).resolve().parents[3] / "notebooks").glob("*.md"))
SOURCE = """---
kernelspec:
  name: python3
  display_name: Python 3
---

# A page

```{code-cell} ipython3
:tags: [parameters]

seed: int = 42  # first seed
```

```{code-cell} ipython3
print("seed", seed)
```
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with notebooks/ablations.md in it."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "ablations.md").write_text(SOURCE)
    return tmp_path


def run_papermill(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("papermill"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def printed(path: Path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return "".join(output.text for cell in cells for output in cell.get("outputs", []))


@pytest.mark.parametrize(
    ("where", "source", "output"),
    [
        (".", "notebooks/ablations.md", "out.ipynb"),
        (".", "./notebooks/ablations.md", "./out.ipynb"),
        ("notebooks", "../notebooks/ablations.md", "../out.ipynb"),
        ("notebooks", "ablations.md", "../out.ipynb"),
        (".", "{folder}/notebooks/ablations.md", "{folder}/out.ipynb"),
    ],
)
def test_each_form_of_a_path(folder, where, source, output):
    arguments = [source.format(folder=folder), output.format(folder=folder), "-p", "seed", "7"]
    done = run_papermill(*arguments, cwd=folder / where)
    assert done.returncode == 0, done.stderr
    assert "does not end in" not in done.stderr
    assert printed(folder / "out.ipynb") == "seed 7\n"


@pytest.mark.filterwarnings("ignore:The specified file")  # pytest puts the filters back that the reader set
def test_path_objects_and_another_working_directory(folder, monkeypatch):
    monkeypatch.chdir(folder)
    source = Path("./notebooks/ablations.md")
    papermill.execute_notebook(source, Path("out.ipynb"), {"seed": 8}, cwd="/", progress_bar=False)
    assert printed(folder / "out.ipynb") == "seed 8\n"


def test_help_lists_the_parameters(folder):
    done = run_papermill("--help-notebook", "notebooks/ablations.md", cwd=folder)
    assert done.returncode == 0
    assert "seed: int (default 42)" in done.stdout and "first seed" in done.stdout


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file or directory"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"---\nkernelspec: [\n---\n```{code-cell}\nx = 1\n```\n", "cannot be read as a MyST Markdown notebook"),
        (b"# Words\n\n```python\nx = 1\n```\n", "no code cell"),
    ],
    ids=["missing", "binary", "broken header", "another dialect"],
)
def test_what_cannot_be_read_gets_one_line(folder, content, reason):
    if content is not None:
        (folder / "notebooks" / "broken.md").write_bytes(content)
    done = run_papermill("notebooks/broken.md", "out.ipynb", cwd=folder)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: notebooks/broken.md") and reason in last
    assert not (folder / "out.ipynb").exists()


def test_a_failing_cell_ends_with_its_status(folder):
    source = folder / "notebooks" / "ablations.md"
    source.write_text(SOURCE + '\n```{code-cell}\nraise ValueError("no")\n```\n')
    assert run_papermill("notebooks/ablations.md", "out.ipynb", cwd=folder).returncode == 1


def test_a_source_is_never_overwritten(folder):
    source = folder / "notebooks" / "ablations.md"
    done = run_papermill("notebooks/ablations.md", "notebooks/ablations.md", cwd=folder)
    assert done.returncode == 1 and "name a file ending in .ipynb" in done.stderr
    assert source.read_text() == SOURCE


def test_other_files_pass_through(folder):
    notebook = parse_notebook(SOURCE, "here")
    path = str(folder / "plain.ipynb")
    NotebookReader.write(nbformat.writes(notebook), path)
    assert NotebookReader.read(path) == nbformat.writes(notebook)
    assert sorted(NotebookReader.listdir(str(folder))) == [str(folder / "notebooks"), path]
    with pytest.raises(NotebookFileError, match="No such file"):
        NotebookReader.read(str(folder / "absent.md"))


def test_a_missing_kernel_is_supplied_and_a_given_one_kept():
    assert parse_notebook("```{code-cell}\n1\n```\n", "here").metadata.kernelspec.name == "python3"
    named = parse_notebook(SOURCE.replace("python3", "mine").replace("Python 3", "Mine"), "here")
    assert named.metadata.kernelspec == {"name": "mine", "display_name": "Mine", "language": "python"}
    assert "jupytext" not in named.metadata


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_is_read_under_its_bare_name(path):
    assert path.stem in {entry.name for entry in entry_points(group="papermill.io")}


def test_the_reader_is_light():
    """papermill loads it for every notebook of this environment, whatever project it is from."""
    code = (
        "import sys, mirror_core.pages.publishing.reader; sys.exit('torch' in sys.modules or 'jupytext' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=os.sep, check=False).returncode == 0
