"""What a user's profile, configuration and home folder can do to a page: nothing, or it is said."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
import pytest

from mirror_core.checks import OptionError
from mirror_core.pages.publishing.execute import NotebookFailure, execute_notebook
from mirror_core.pages.publishing.fingerprint import MODULES, page_fingerprint
from mirror_core.pages.publishing.kernel_environment import own_home, refuse_other_modules
from mirror_core.pages.publishing.running import Stale, run_notebooks

FIGURE = """import os, sys
import matplotlib
import matplotlib.pyplot as plt
print(matplotlib.get_cachedir(), matplotlib.rcParams["lines.linewidth"], "seen" in globals())
plt.plot([1, 2]);"""


@pytest.fixture
def notebook(tmp_path):
    def write(*cells: str) -> Stale:
        source = tmp_path / "notebooks" / "page.md"
        source.parent.mkdir(exist_ok=True)
        source.write_text(
            "# A page\n\n" + "\n\n".join(f"```{{code-cell}}\n{cell}\n```" for cell in cells) + "\n\n## End\n"
        )
        return Stale(source, tmp_path / "out" / "page.ipynb", {})

    return write


def outputs(stale: Stale) -> list:
    return [one for cell in nbformat.read(stale.output, as_version=4).cells for one in cell.get("outputs", [])]


def test_neither_variables_nor_the_home_folder_reach_a_page(notebook, tmp_path, monkeypatch):
    home = tmp_path / "home"
    start_up = home / ".ipython" / "profile_default" / "startup" / "a.py"
    for path, text in {
        start_up: "seen = 1",
        home / "start.py": "seen = 1",
        home / ".config" / "matplotlib" / "matplotlibrc": "lines.linewidth: 7\nno.such.setting: 1",
        home / ".jupyter" / "jupyter_config.py": "1 / 0",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, value in {
        "HOME": home,
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": home / ".config" / "matplotlib",
        "MATPLOTLIBRC": home / ".config" / "matplotlib",
        "IPYTHONDIR": home / ".ipython",
        "JUPYTER_CONFIG_DIR": home / ".jupyter",
        "PYTHONSTARTUP": home / "start.py",
        "PYTHONWARNINGS": "always",
    }.items():
        monkeypatch.setenv(name, str(value))
    stale = notebook(FIGURE, "import os\nprint(os.listdir(os.environ['MPLCONFIGDIR']))")
    before = sorted(home.rglob("*"))
    list(run_notebooks([stale], timeout=60, at_once=1))
    said, figure, listed = outputs(stale)
    cache, width, seen = said.text.split()
    assert str(home) not in cache and (width, seen) == ("1.5", "False")
    assert "image/png" in figure.data
    # fonts are listed before the first cell, which would otherwise say on stderr how long that takes
    assert "fontlist" in listed.text
    assert sorted(home.rglob("*")) == before


def test_a_home_folder_that_cannot_be_written_is_not_needed(notebook, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    for name in ("HOME", "IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    stale = notebook(FIGURE)
    list(run_notebooks([stale], timeout=60, at_once=1))
    assert [one.output_type for one in outputs(stale)] == ["stream", "display_data"]


def test_what_can_change_the_last_bits_counts(monkeypatch):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE"):
        monkeypatch.delenv(name, raising=False)
    plain = page_fingerprint("text", {})
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert page_fingerprint("text", {}) == plain
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    threads = page_fingerprint("text", {})
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    instructions = page_fingerprint("text", {})
    monkeypatch.setenv("NUMBA_OPT", "0")
    assert len({plain, threads, instructions, page_fingerprint("text", {})}) == 4


def test_what_a_profile_says_of_text_and_order_is_not_seen(notebook, monkeypatch):
    odd = {"COLUMNS": "20", "NO_COLOR": "1", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "77", "LC_ALL": "C",
           "PYTHONWARNDEFAULTENCODING": "1", "NUMBA_DUMP_BYTECODE": "1", "OMP_DISPLAY_ENV": "TRUE", "MKL_VERBOSE": "1",
           "PYTHONPROFILEIMPORTTIME": "1", "TORCH_LOGS": "+all", "PYTHONVERBOSE": "1"}  # fmt: skip
    for name, value in odd.items():
        monkeypatch.setenv(name, value)
    code = f"import os, shutil, time\nprint([os.environ.get(name) for name in {list(odd)}], time.localtime(0).tm_hour)"
    stale = notebook(code, "print('\u00e9', shutil.get_terminal_size().columns, hash('a') == hash('b'))")
    list(run_notebooks([stale], timeout=60, at_once=1))
    first, second = outputs(stale)
    assert first.text.strip() == "[None, None, 'UTC', '0', 'C', None, None, None, None, None, None, None] 0"
    assert second.text.strip() == "\u00e9 80 False"


def test_packages_from_elsewhere_are_refused(tmp_path, monkeypatch):
    refuse_other_modules(MODULES)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "unheard_of.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "elsewhere"), sys.prefix]))
    refuse_other_modules([*MODULES, "json"])  # an environment inside such a folder is still the environment
    with pytest.raises(OptionError, match=rf"PYTHONPATH = {tmp_path}.* is not allowed: unheard_of would come from"):
        refuse_other_modules(["unheard_of"])


def test_a_figure_that_cannot_be_drawn_is_said_of_its_cell(notebook):
    cells = ["import matplotlib.pyplot as plt", 'plt.figure()\nplt.title(r"$r_{$");', "later = 1", "last = 2"]
    stale = notebook(*cells)
    with pytest.raises(NotebookFailure, match=r"page failed in code cell 2 \(`plt.figure\(\)`\): ValueError"):
        execute_notebook(stale.source, stale.output, {}, timeout=60, show_progress=False)


def test_the_folders_are_closed_to_others(tmp_path):
    variables = own_home(tmp_path / "home")
    assert {Path(path).stat().st_mode & 0o077 for path in variables.values()} == {0}
