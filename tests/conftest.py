"""What all tests share: array shapes are checked while they run, and they keep their trained networks to themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import forked
import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import settings
from jaxtyping import install_import_hook

ROOT = Path(__file__).resolve().parents[1]

# Of each worker, since the workers share the cores: threads that wait for each other there took half of the time.
os.environ["OMP_NUM_THREADS"] = "1"

LONGEST = (
    "tests/pages/test_site.py",
    "tests/studies/test_sweeps.py",
    "tests/pages/test_smallest.py",
    "tests/commands/test_readme.py",
    "tests/experiments/test_sceptic.py",
)
"""Files that take longest: they run first, so that no worker is left alone with one at the end."""
USE_THE_SITE = ("tests/pages/test_browser.py", "tests/pages/test_every_page.py", "tests/pages/test_notebooks.py")
BESIDE = dict.fromkeys(USE_THE_SITE, "tests/pages/test_site.py")
"""File → file whose worker it runs in, since both use the same site."""

SMALL_NOTEBOOK = """# A small page

```{code-cell}
:tags: [parameters]

seed: int = 42
```

```{code-cell}
from myst_nb import glue

glue("number", seed, display=False)
```
"""
SMALL_INDEX = """# A small site

The seed is {glue:text}`notebooks/small.ipynb::number:.1f`.
"""


def modules_with_shapes() -> list[str]:
    """Return the modules that annotate array shapes; what Numba compiles cannot be wrapped."""
    paths = (ROOT / "mirror_core").rglob("*.py")
    text = {path: path.read_text(encoding="utf-8") for path in paths}
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in text
        if not re.search("import numba|import keep_compiled", text[path]) and "from jaxtyping import" in text[path]
    ]


# Before any test module imports the library. An int is fine where a float is asked for, as everywhere in Python.
install_import_hook(modules_with_shapes(), "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")


# The same examples each time, and none that fails because the machine was busy.
settings.register_profile("same-everywhere", deadline=None, derandomize=True)
settings.load_profile("same-everywhere")


COMPILE = "from mirror_core.runs.compiling import compile_training; compile_training()"


def pytest_configure(config: pytest.Config) -> None:
    """Keep machine code where builds do, and have it made once, while the workers collect what they will run."""
    from mirror_core.runs.compiling import keep_machine_code

    keep_machine_code()
    if getattr(config.option, "numprocesses", None):
        config.add_cleanup(subprocess.Popen([sys.executable, "-c", COMPILE], cwd=ROOT).wait)


def file_of(nodeid: str) -> str:
    """Return the file that a test counts as a part of."""
    file = nodeid.split("::", 1)[0]
    return BESIDE.get(file, file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first."""
    place = {file: i for i, file in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(file_of(item.nodeid), len(LONGEST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give each worker whole files, in this order, and those that share a site to the same one."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return file_of(nodeid)

    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the networks that tests train in a folder of their own, for all tests of a session."""
    from mirror_core.runs.compiling import compile_training

    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIRROR_CORE_STORE", str(folder))
        # tests of worker processes ask for two: elsewhere to start them takes longer than what they do
        patch.setenv("MIRROR_CORE_WORKERS", "1")
        if "PYTEST_XDIST_WORKER" in os.environ:
            compile_training()  # or wait until it is done
        yield folder


def copy_checkout(copy: Path) -> Path:
    """Copy what the commands and the site need, links and all, so that a test's builds do not touch this checkout."""
    copy.mkdir(parents=True, exist_ok=True)
    for name in ("_config.yml", "_toc.yml", "Makefile", "make_env.py", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "mirror_core").symlink_to(ROOT / "mirror_core")
    built = shutil.ignore_patterns("_build", "notebooks", "*.ipynb", ".*")
    shutil.copytree(ROOT / "book", copy / "book", symlinks=True, ignore=built)
    shutil.copytree(ROOT / "notebooks", copy / "notebooks", ignore=built)
    return copy


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the checkout, for all tests of a session."""
    return copy_checkout(tmp_path_factory.mktemp("session") / "checkout")


def make_small_checkout(folder: Path) -> Path:
    """Copy the checkout, with a site of one small notebook, which trains nothing, and a title page; return the copy."""
    copy = copy_checkout(folder)
    shutil.rmtree(copy / "notebooks")
    (copy / "notebooks").mkdir()
    (copy / "notebooks" / "small.md").write_text(SMALL_NOTEBOOK, encoding="utf-8")
    (copy / "book" / "index.md").write_text(SMALL_INDEX, encoding="utf-8")
    (copy / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n  - file: notebooks/small\n")
    config = yaml.safe_load((copy / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["config"] |= {"mirror_notebooks": {"small": {"seed": 7}}, "mirror_notebooks_quick": {}}
    (copy / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return copy


@pytest.fixture
def small_checkout(tmp_path: Path) -> Path:
    """Return a copy of the checkout whose site is small."""
    return make_small_checkout(tmp_path / "checkout")


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory, call: Callable[..., subprocess.CompletedProcess[str]]) -> Path:
    """Return one whose site is built, to be copied."""
    folder = make_small_checkout(tmp_path_factory.mktemp("small") / "checkout")
    done = call("jupyter-book", "build", "book", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def built_checkout(small_site: Path, tmp_path: Path) -> Path:
    """Return a copy of it, for one test."""
    return shutil.copytree(small_site, tmp_path / "checkout", symlinks=True)


@pytest.fixture
def style() -> Iterator[None]:
    """Draw in the style of the site, and leave no figure open."""
    import matplotlib.pyplot as plt

    from mirror_core.figures.style import use_style

    use_style()
    yield
    plt.close("all")


@pytest.fixture
def legible(style: None) -> Callable[..., None]:
    """Return a check of a figure: no letter below 8 points or under a legend, no wider than the text of a page."""
    from matplotlib.text import Text

    def check(figure) -> None:
        figure.draw_without_rendering()
        shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
        assert min(text.get_fontsize() for text in shown) >= 8
        assert figure.get_figwidth() <= 7.7
        labels = [*figure.texts, *(label for axes in figure.axes for label in (axes.xaxis.label, axes.yaxis.label))]
        for legend in figure.legends:
            place = legend.get_window_extent()
            met = [one.get_text() for one in labels if one in shown and one.get_window_extent().overlaps(place)]
            assert not met, f"under the legend: {met}"

    return check


@pytest.fixture(scope="session")
def plain() -> Callable[[str], str]:
    """Return a function that reads the sentence that a page opens with, and checks that anybody can read it."""
    from mirror_core.experiments import EXPERIMENTS
    from mirror_core.experiments.judging import claims_of
    from mirror_core.studies.claims.statements import load_claims

    claims = {claim.id for claim in load_claims()}
    claims |= {claim.id for one in EXPERIMENTS.values() for claim in claims_of(one)}

    def opening(html: str) -> str:
        said = BeautifulSoup(html, "html.parser").select_one("p.finding strong").get_text()
        assert len(said.split()) <= 25, said
        assert said[0].isupper() and said.endswith(".") and "nan" not in said, said
        assert not re.search(r"[][<>=|_]", said), f"notation: {said}"
        assert len(re.findall(r"\d[\d.,]*", said)) <= 1, f"more than one number: {said}"
        assert not [name for name in claims if re.search(rf"(?<![\w-]){name}(?![\w-])", said)], said
        return said

    return opening


@pytest.fixture(scope="session")
def call(store: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a command with the programs of this environment first."""

    def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        programs = str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
        # a make inside `make test` must not take itself for a part of it
        outer = {name: value for name, value in os.environ.items() if name not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS")}
        environment = outer | {"PATH": programs} | variables
        if Path(command[0]).name in ("jupyter-book", "mirror"):
            return forked.Started(command, cwd, environment).finish()
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    return run
