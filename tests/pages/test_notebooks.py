"""Notebooks have typed parameters, run through papermill with small settings, and give the same tables again under
nbval.

They run when tests/pages/test_site.py builds the whole site; here one runs by itself, and those of the paper's sections
again.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import papermill
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.md"))
SETTINGS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
QUICK = SETTINGS["mirror_notebooks_quick"]
TINY = yaml.safe_load((ROOT / "tests" / "pages" / "tiny.yml").read_text(encoding="utf-8"))

SECTIONS = [ROOT / "notebooks" / f"{name}.md" for name in ("methods", "main_result", "ablations", "temporal")]

each_notebook = pytest.mark.parametrize("source", NOTEBOOKS, ids=lambda path: path.stem)
each_section = pytest.mark.parametrize("source", SECTIONS, ids=lambda path: path.stem)


def test_the_site_runs_every_notebook():
    names = {path.stem for path in NOTEBOOKS}
    assert names == set(SETTINGS["mirror_notebooks"]) == set(QUICK) == set(TINY)


def test_every_work_that_is_listed_is_cited():
    listed = re.findall(r"(?m)^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"))
    sources = [*NOTEBOOKS, *ROOT.glob("book/*.md"), *ROOT.glob("mirror_core/pages/**/*.py")]
    said = " ".join(source.read_text(encoding="utf-8") for source in sources)
    assert len(listed) > 20 and [key for key in listed if not re.search(rf"\b{key}\b", said)] == []


@each_notebook
@pytest.mark.filterwarnings("ignore:The specified file")  # pytest puts the filters back that the reader set
def test_parameters_are_typed_and_explained(source):
    parameters = papermill.inspect_notebook(source)
    assert parameters
    for parameter in parameters.values():
        assert parameter["inferred_type_name"] != "None" and parameter["help"], parameter["name"]
    for mapping in (SETTINGS["mirror_notebooks"], QUICK, TINY):
        assert set(mapping[source.stem]) <= set(parameters)


@each_section
@pytest.mark.filterwarnings("ignore:The specified file")
def test_sections_of_the_paper_take_seeds_and_readings(source):
    parameters = papermill.inspect_notebook(source)
    assert {"seed", "n_seeds", "reading"} <= set(parameters)
    assert parameters["seed"]["default"] == "42"


def test_runs_through_papermill(tmp_path, call):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    small = TINY["ablations"] | {"n_sequences": 64, "n_epochs": 1}
    parameters = [part for name, value in small.items() for part in ("-p", name, str(value))]
    command = ["papermill", "notebooks/ablations.md", "out.ipynb", "-p", "seed", "7", *parameters]
    done = call(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def compare_tables(path: Path) -> int:
    """Tag the cells of an executed notebook that show no image, for nbval to compare; return how many there are.

    Cells that glue are left out: they train and measure, and nbval, which does not know how to clear an output,
    sees their progress bars.
    """
    notebook = nbformat.read(path, as_version=4)
    compared = 0
    for cell in notebook.cells:
        kinds = [kind for output in cell.get("outputs", []) for kind in output.get("data", {"text/plain": ""})]
        if kinds and not any("image/" in kind or kind.startswith("application/papermill") for kind in kinds):
            cell.metadata.tags.append("nbval-check-output")
            compared += 1
    nbformat.write(notebook, path)
    return compared


def test_gives_the_same_tables_under_nbval(build, checkout, tmp_path, call):
    executed = [tmp_path / f"{source.stem}.ipynb" for source in SECTIONS]
    for path in executed:
        shutil.copy(checkout / "_quick" / "book" / "notebooks" / path.name, path)
    assert sum(compare_tables(path) for path in executed) > 0
    options = ["-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", "--nbval-lax", "--nbval-current-env"]
    options += ["--nbval-cell-timeout=300", "--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg")]
    done = call("pytest", *options, *[path.name for path in executed], cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-4000:]
