"""MyST Markdown notebooks through papermill: in Python, and on the command line in every form of a path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import forked
import nbformat
import papermill
import pytest

from mirror_core.pages.publishing.reader import NotebookFileError, NotebookReader, parse_notebook

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
    for name in ("a copy (2).md", "without_an_ending"):  # as an editor on another machine saves it
        source = SOURCE.replace("name: python3", "name: conda-env-mirror-py")
        (tmp_path / "notebooks" / name).write_text(source, encoding="utf-8-sig")
    return tmp_path


def run_papermill(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return forked.Started(["papermill", *arguments], cwd, os.environ).finish()


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
        ("..", "{folder.name}/notebooks/ablations.md", "{folder.name}/out.ipynb"),
        ("notebooks", "a copy (2).md", "../out.ipynb"),
        ("notebooks", "without_an_ending", "../out.ipynb"),
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


def test_a_kernel_that_is_missing_here_is_supplied_and_one_that_is_there_kept(tmp_path, monkeypatch):
    assert parse_notebook("```{code-cell}\n1\n```\n", "here").metadata.kernelspec.name == "python3"
    mine = SOURCE.replace("python3", "mine").replace("Python 3", "Mine")
    assert parse_notebook(mine, "here").metadata.kernelspec.name == "python3"
    (tmp_path / "kernels" / "mine").mkdir(parents=True)
    (tmp_path / "kernels" / "mine" / "kernel.json").write_text('{"argv": ["x"], "display_name": "Mine"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    named = parse_notebook(mine, "here")
    assert named.metadata.kernelspec == {"name": "mine", "display_name": "Mine", "language": "python"}
    assert "jupytext" not in named.metadata
    other = mine.replace("display_name: Mine", "display_name: R\n  language: R")
    assert parse_notebook(other, "here").metadata.kernelspec.name == "mine"


def test_the_reader_is_light():
    """papermill loads it for every notebook of this environment, whatever project it is from."""
    code = (
        "import sys, mirror_core.pages.publishing.reader; sys.exit('torch' in sys.modules or 'jupytext' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=os.sep, check=False).returncode == 0
