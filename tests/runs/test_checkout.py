"""A copied checkout with the environment of another: nothing is done with the wrong library, store or data."""

import pickle
import sys
from pathlib import Path

import pytest

from mirror_core.checks import OptionError
from mirror_core.runs import checkout as place
from mirror_core.runs.checkout import OtherCheckout, own_checkout, refuse_another_checkout
from mirror_core.runs.store import RunStore, StoreError, default_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def other(tmp_path):
    """Return what looks like another checkout, with a page."""
    folder = tmp_path / "other"
    for name in ("mirror_core/__init__.py", "pyproject.toml", "_config.yml", "_toc.yml", "book/index.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("# A page\n" if name.endswith(".md") else "")
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "page.md").write_text("# A page\n\n```{code-cell}\nprint(1)\n```\n")
    return folder


def test_the_own_checkout_a_folder_in_it_and_any_other_folder_are_fine(tmp_path):
    assert own_checkout() == ROOT
    for folder in (ROOT, ROOT / "notebooks", tmp_path):
        refuse_another_checkout(folder)


def test_a_checkout_that_is_a_link_to_this_library_is_fine(tmp_path):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "mirror_core").symlink_to(ROOT / "mirror_core")
    refuse_another_checkout(tmp_path)


def test_another_checkout_is_refused_by_the_store_and_wherever_it_is_read(other, monkeypatch, store):
    with pytest.raises(OtherCheckout, match=f"{other} would be worked on with .* of {ROOT}.*make env"):
        refuse_another_checkout(other / "notebooks")
    monkeypatch.chdir(other)
    assert default_store() == store  # named by the variable: nothing is mistaken
    monkeypatch.delenv("MIRROR_CORE_STORE")
    with pytest.raises(OtherCheckout):
        default_store()


def test_the_commands_of_a_copied_environment_are_refused_wherever_they_are_called(other, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "prefix", str(ROOT / ".venv"))
    with monkeypatch.context() as copied:  # a copied script names the Python of the place where it was made
        copied.setattr(sys, "argv", [str(other / ".venv" / "bin" / "mirror")])
        with pytest.raises(OtherCheckout, match=f"{other} would be worked on"):
            refuse_another_checkout()
    monkeypatch.setattr(sys, "prefix", str(other / ".venv"))
    with pytest.raises(OtherCheckout, match=f"{other} would be worked on"):
        refuse_another_checkout()
    refuse_another_checkout(ROOT)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # who says which library is meant
    refuse_another_checkout()


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "mirror_core.cli", "runs"),
        ("-m", "papermill", "notebooks/page.md", "out.ipynb"),
        ("-c", "from jupyter_book.cli.main import main; main(['build', 'book'])"),
    ],
    ids=["mirror", "papermill", "jupyter-book"],
)
def test_every_way_in_says_so_in_one_line(other, call, command):
    config = "sphinx: {extra_extensions: [mirror_core.pages.publishing.extension]}\n"
    (other / "book" / "_config.yml").write_text(config)
    (other / "book" / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    # as with a copied environment, the library is not that of the current folder
    script = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; import runpy; sys.argv = {list(command)!r}[1:]; "
    run = f"runpy.run_module({command[1]!r}, run_name='__main__', alter_sys=True)" if command[0] == "-m" else command[1]
    done = call(sys.executable, "-P", "-c", script + run, cwd=other)
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if "would be worked on with the library" in line]
    assert len(said) == 1 and "Traceback" not in done.stderr
    assert not (other / "out.ipynb").exists()


def test_a_store_is_the_same_wherever_a_process_starts(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRROR_CORE_STORE", "runs")
    with pytest.raises(OptionError, match="MIRROR_CORE_STORE = 'runs' is not allowed: it must be a whole path"):
        default_store()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MIRROR_CORE_STORE", "~/runs")
    assert default_store() == tmp_path / "runs"
    monkeypatch.chdir(tmp_path)
    assert str(RunStore("here").root) == "here"  # as it was named
    sent = pickle.dumps(RunStore("here"))
    monkeypatch.chdir("/")
    assert pickle.loads(sent).root == tmp_path / "here"


def test_without_a_checkout_and_a_home_the_store_has_to_be_named(monkeypatch):
    monkeypatch.delenv("MIRROR_CORE_STORE")
    monkeypatch.setattr(place, "_LIBRARY", Path("/nowhere/mirror_core"))
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(StoreError, match="no home folder .* MIRROR_CORE_STORE"):
        default_store()
