"""Every parameter of every notebook at its smallest: a page without a warning, or one sentence that says the least."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import warnings
from functools import cache
from pathlib import Path

import jupytext
import matplotlib.pyplot as plt
import pytest
import yaml
from IPython.core.interactiveshell import InteractiveShell

from mirror_core.checks import OptionError
from mirror_core.figures import style
from mirror_core.recordings.cleaned import RecordingError
from mirror_core.runs import pools

ROOT = Path(__file__).resolve().parents[2]
TINY = yaml.safe_load((ROOT / "tests" / "pages" / "tiny.yml").read_text(encoding="utf-8"))

SETTINGS = {
    "seed",
    "n_seeds",
    "n_sequences",
    "n_epochs",
    "hidden_size",
    "habit",
    "n_execute",
    "n_observe",
    "learning_time",
}
"""Parameters that are refused where they are used first."""


@cache
def cells_of(name: str) -> list:
    """Return the code cells of a notebook."""
    notebook = jupytext.read(ROOT / "notebooks" / f"{name}.md", fmt="md:myst")
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@cache
def parameters_of(name: str) -> dict[str, object]:
    """Return what a notebook's cell of parameters sets."""
    cell = next(cell for cell in cells_of(name) if "parameters" in cell.metadata.get("tags", []))
    found: dict[str, object] = {"__builtins__": {"int": int, "float": float, "str": str, "bool": bool}}
    exec(cell.source, found)
    return {parameter: value for parameter, value in found.items() if not parameter.startswith("__")}


FEW = dict(n_seeds=1, n_sequences=1, n_epochs=1, n_test=4, reading="as-written", seed=0)
"""What most notebooks have, as small as it may be: one network, which learned from one sequence."""
NETWORK = dict(FEW, hidden_size=6)

PAGES = {
    "methods": [dict(NETWORK, hidden_size=1)],
    "main_result": [dict(NETWORK, hidden_size=1, n_permutations=1, n_seeds_tested=1)],
    "ablations": [dict(NETWORK, hidden_size=1, condition="separate-cores"), dict(NETWORK, condition="shared")],
    "temporal": [dict(NETWORK, hidden_size=1, n_top=1, max_lag=1, n_permutations=1)],
    "calibration": [dict(NETWORK, n_populations=1, n_permutations=1, n_redraws=1)],
    "specification": [dict(n_draws=1, reading="dual-readout")],
    "ingredients": [dict(NETWORK, hidden_size=1, ingredient="shared core", penalty=1e-9, n_steps=1)],
    "claims": [dict(NETWORK, hidden_size=1, n_seeds_shared=1, n_permutations=1, n_lesions=1)],
    "runs": [dict(NETWORK, hidden_size=1, n_seeds_shared=1)],
    "your_network": [dict(seed=0, n_train=1, n_test=10, n_epochs=1, n_units=1, n_permutations=1)],
    "your_recordings": [
        dict(
            seed=0, n_execute=12, n_observe=12, n_reaches_executed=24, n_reaches_observed=24, n_permutations=1, bin=1.5
        )
    ],
    "cost": [dict(reading="as-written")],
    "one_code": [dict(NETWORK, n_draws=1, n_lesioned=4)],
    "sceptic": [dict(NETWORK, hidden_size=2, habit=0.0, n_draws=1)],
    "turn_taking": [dict(seed=0, delay=0.05, learning_time=1.0, seconds=1.0, film_seconds=0.1)],
    "cooperation": [dict(seed=0, steps_alone=12800, steps_together=12800, n_units=1, n_pictures=1, n_draws=1)],
    "imitation": [dict(n_babbled=1, n_watched=1, n_episodes=1, n_draws=1)],
    "development": [dict(n_steps=10, hidden_size=3, n_test=2)],
    "replay": [dict(NETWORK, n_batches=1, n_draws=1, hidden_size=2), dict(NETWORK, n_batches=5, world="regime")],
    "alignment": [dict(NETWORK, n_sequences=2, n_steps=0, n_draws=1, n_shown=1)],
    "frog_and_toad": [dict(n_boards=40, n_batches=1, n_rounds=1)],
    "vision": [dict(seed=0, n_episodes=1, n_steps=1, batch=1, hidden_size=2, n_test=4, n_draws=1)],
    "elsewhere": [dict(experiment="imitation")],
    "playground": [dict(NETWORK, hidden_size=1, condition="shared")],
    "reward": [
        dict(seed=0, n_sequences=1, n_steps=1, hidden_size=1, n_test=2),
        dict(condition="untrained", hidden_size=1, n_test=2),
    ],
}
"""Notebook → parameters at their smallest that give its page."""

REFUSED = [
    ("methods", dict(n_seeds=0), "n_seeds = 0 is not allowed"),
    ("main_result", dict(FEW, n_test=3), "n_test = 3 is not allowed: it must be a whole number from 4 to"),
    ("one_code", dict(NETWORK, hidden_size=2, n_draws=1, n_lesioned=4), "hidden_size must be larger"),
    ("calibration", dict(NETWORK, hidden_size=1, n_permutations=1, n_redraws=1), "unit mismatch needs at least 2"),
    ("your_network", dict(n_train=1, n_test=4, n_epochs=1, n_units=1, n_permutations=1), "at least 4 are needed"),
    ("sceptic", dict(FEW, hidden_size=1, n_draws=1), "unit mismatch needs at least 2"),
    ("development", dict(n_steps=9), "n_steps = 9 is not allowed: it must be a whole number from 10 to"),
    ("development", dict(body="turned"), "body"),
    ("vision", dict(hidden_size=1), "hidden_size = 1 is not allowed: it must be a whole number from 2 to"),
    ("replay", dict(NETWORK, hidden_size=1, n_batches=1, n_draws=1), "unit mismatch needs at least 2"),
    ("replay", dict(NETWORK, world="regimes"), "unknown world 'regimes'. Did you mean 'regime'"),
    ("replay", dict(NETWORK, n_batches=0), "n_batches = 0 is not allowed"),
    ("alignment", dict(NETWORK), "n_sequences = 1 is not allowed: it must be a whole number from 2 to"),
    ("your_recordings", dict(n_execute=1), "n_execute = 1 is not allowed: it must be a whole number from 6 to"),
    ("your_recordings", dict(n_execute=6, n_observe=6, n_permutations=1, bin=1.5), "one response to each condition"),
    ("ablations", dict(FEW, reading=5), "reading = 5 is not allowed: it must be text"),
    ("ablations", dict(FEW, condition=["shared"]), "unknown condition"),
    ("ingredients", dict(ingredient=2), "ingredient = 2 is not allowed: it must be text"),
    ("reward", dict(condition="rewarded"), "unknown condition of reward 'rewarded'. Did you mean 'reward"),
    ("elsewhere", dict(experiment="nobody"), "unknown experiment 'nobody'"),
    ("playground", dict(FEW, condition="shard"), "Did you mean 'shared'"),
    (
        "turn_taking",
        dict(learning_time=1.0, seconds=0.5),
        "seconds = 0.5 is not allowed: it must be a number at least 1",
    ),
    (
        "cooperation",
        dict(steps_alone=1),
        "steps_alone = 1 is not allowed: it must be a whole number from",
    ),
    ("reward", dict(n_steps=0), "n_steps = 0 is not allowed: it must be a whole number from 1 to"),
    ("ingredients", dict(reading=["as-written"]), "reading = ['as-written'] is not allowed: it must be text"),
    ("reward", dict(table=0), "table = 0 is not allowed: it must be text"),
    ("ingredients", dict(table=[]), "table = [] is not allowed: it must be text"),
    ("ingredients", dict(table=7), "table = 7 is not allowed: it must be text"),
    ("specification", dict(table=1.5), "table = 1.5 is not allowed: it must be text"),
    ("cost", dict(measured=[]), "measured = [] is not allowed: it must be text"),
    ("frog_and_toad", dict(coding=["integers"]), "unknown coding ['integers']. Did you mean 'integers'?"),
    ("replay", dict(world=7), "unknown world 7. Allowed: rare, regime"),
    ("vision", dict(seed="7"), "seed = '7' is not allowed: it must be a whole number from 0 to"),
    ("claims", dict(n_seeds="7"), "n_seeds = '7' is not allowed: it must be a whole number from 1 to"),
    ("runs", dict(n_seeds=[7]), "n_seeds = [7] is not allowed: it must be a whole number from 1 to"),
    ("calibration", dict(FEW, mixed=True), "mixed = True is not allowed: it must be text"),
]
"""Notebook, parameters that it cannot do with, and what it says."""


NUMBERS = {
    name: [
        (parameter, value)
        for parameter, value in defaults.items()
        if isinstance(value, int | float) and parameter not in SETTINGS
    ]
    for name, defaults in ((name, parameters_of(name)) for name in sorted(TINY))
}
"""Notebook → its parameters that are numbers and no settings of a network, with their defaults."""


def run(name: str, parameters: dict, first: int | None = None) -> None:
    """Run the cells of a notebook in this process, draw what they drew, and raise what they raise, warnings too.

    Parameters
    ----------
    first
        How many of them; all if not given.
    """
    shell = InteractiveShell.instance()
    for cell in cells_of(name)[:first]:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="error"):
            shell.showtraceback = lambda *arguments, **options: None
            shell.run_cell(cell.source, store_history=False).raise_error()
            for number in plt.get_fignums():
                plt.figure(number).savefig(io.BytesIO(), format="svg")
        plt.close("all")
        if "parameters" in cell.metadata.get("tags", []):
            assert set(parameters) <= set(shell.user_ns)
            shell.user_ns.update(parameters)


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    InteractiveShell.clear_instance()  # each test has a shell of its own
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "1")
    monkeypatch.chdir(ROOT / "notebooks")
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # which the shell puts itself in place of
    # a figure is drawn once, by `run`, which sees what goes wrong; where IPython draws one, that is only printed
    monkeypatch.setattr(style, "_show_in", lambda shell: None)
    yield
    plt.close("all")
    InteractiveShell.clear_instance()


def test_every_notebook_is_tried():
    assert set(PAGES) | {name for name, _, _ in REFUSED} == set(TINY)


@pytest.mark.parametrize(("name", "parameters"), [(name, one) for name, some in PAGES.items() for one in some])
def test_the_smallest_parameters_give_the_page(name, parameters):
    known = {key: value for key, value in parameters.items() if key in parameters_of(name)}
    run(name, known)


@pytest.mark.parametrize(("name", "parameters", "message"), REFUSED)
def test_what_is_too_small_or_no_text_is_one_sentence(name, parameters, message):
    known = {key: value for key, value in parameters.items() if key in parameters_of(name)}
    with pytest.raises((OptionError, RecordingError)) as caught:
        run(name, known)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [name for name, numbers in NUMBERS.items() if numbers])
def test_a_number_that_is_impossible_is_refused_before_anything_is_trained(name, monkeypatch):
    """Also one for which no memory would do."""
    monkeypatch.setattr(pools, "_here", lambda function, tasks: pytest.fail("something was trained"))
    for parameter, value in NUMBERS[name]:
        for wrong in (type(value)(-1), type(value)(10**23)):
            with pytest.raises(OptionError, match=re.escape(f"{parameter} = {wrong!r} is not allowed")):
                run(name, {parameter: wrong}, first=2)
