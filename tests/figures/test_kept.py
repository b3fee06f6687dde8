"""What a figure keeps: tables worked by hand, kinds of content in a notebook, and that every figure function keeps."""

import ast
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from IPython.core.formatters import DisplayFormatter

import mirror_core.figures
from mirror_core.analysis.estimates import estimate
from mirror_core.figures import style as look
from mirror_core.figures.kept import (
    histogram,
    keep,
    kept,
    means_seen,
    name_marks,
    named_marks,
    of_estimates,
    sentence,
    tidy,
)  # fmt: skip
from mirror_core.figures.marks import by_seed, difference_by_seed

FUNCTIONS = [
    pytest.param(node, id=f"{path.stem}.{node.name}")
    for path in sorted(Path(mirror_core.figures.__file__).parent.glob("*.py"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name != "keep"
    if node.returns is not None and ast.unparse(node.returns) == "Figure"
]
"""All functions that return a figure, and nothing beside it."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_figure_keeps_its_data_under_its_own_name(function):
    end = function.body[-1]
    assert isinstance(end, ast.Return) and isinstance(end.value, ast.Call) and end.value.func.id == "keep"
    assert [ast.unparse(one) for one in end.value.args[:2]] == ["fig", function.name]


@pytest.fixture
def fig():
    yield plt.subplots()[0]
    plt.close("all")


def draw():
    """Stand for a function that draws."""


def test_an_array_has_a_row_for_every_value_that_is_defined():
    values = xr.DataArray([[0.5, np.nan], [1.0, 2.0]], {"seed": [1, 2], "unit": [7, 8]}, ["seed", "unit"], "r")
    assert tidy(values.assign_coords(centring="raw")).to_csv(index=False) == "seed,unit,r\n1,7,0.5\n2,7,1.0\n2,8,2.0\n"


def test_several_tables_follow_each_other_by_name(fig):
    keep(fig, draw, {"A": pd.DataFrame({"x": [1]}), "B": pd.DataFrame({"y": [1 / 3]})}, "Seen.")
    one = kept(fig)
    assert one.csv == "panel,x,y\nA,1,\nB,,0.333333\n"
    assert one.by == f"{__name__}.draw" and one.beside["seen"] == one.seen == "Seen."
    assert Path(__file__).read_text(encoding="utf-8").splitlines()[one.line - 1] == "def draw():"


def test_named_marks_lie_where_they_are_drawn(fig):
    left, right = fig.axes[0], fig.add_axes([0.5, 0, 0.5, 1])
    left.set_position([0, 0, 0.5, 1])
    for axis in (left, right):
        axis.set(xlim=(0, 2), ylim=(0, 4))
    name_marks(left, [1, np.nan], [1, 1], ["seed 1", "seed 2"])
    name_marks(right, [0, 2], 4, ["seed 1", "seed 3"])
    fig.canvas.draw()
    assert named_marks(fig) == {"seed 1": [2500, 7500, 5000, 0], "seed 3": [10000, 0]}
    with pytest.raises(ValueError, match="2 marks have 1 names"):
        name_marks(left, [1, 2], 0, ["seed 1"])


def test_estimates_know_their_seeds_where_values_are_indexed_by_them():
    found = by_seed(pd.Series([1.0, np.nan, 3.0], index=[7, 8, 9]))
    assert found.seeds == (7, 9) and found.values.tolist() == [1, 3]
    assert vars(found) | {"values": None} == vars(estimate([1.0, 3.0])) | {"values": None, "seeds": (7, 9)}


def test_differences_know_the_seeds_that_both_conditions_have():
    first = pd.Series([5.0, np.nan, 3.0, 9.0], index=[7, 8, 9, 10])
    found = difference_by_seed(first, pd.Series([1.0, 2.0, 4.0], index=[9, 8, 7]))
    assert dict(zip(found.seeds, found.values, strict=True)) == {7: 1.0, 9: 2.0}


def test_marks_of_a_part_of_a_figure_are_the_whole_figures():
    fig = plt.figure(layout=None)
    left, right = (part.add_axes([0, 0, 1, 1]) for part in fig.subfigures(1, 2, wspace=0))
    for axis in (left, right):
        axis.set(xlim=(0, 2), ylim=(0, 4))
        name_marks(axis, [1], [1], ["seed 1"])
    fig.canvas.draw()
    assert named_marks(fig) == {"seed 1": [2500, 7500, 7500, 7500]}
    plt.close(fig)


def test_estimates_have_a_row_a_value():
    table = of_estimates({("a", 1): estimate([0.0, 1.0]), ("b", 2): estimate([3.0])}, ["what", "n"])
    assert table[["what", "n", "value", "mean"]].values.tolist() == [
        ["a", 1, 0.0, 0.5], ["a", 1, 1.0, 0.5], ["b", 2, 3.0, 3.0]
    ]  # fmt: skip


def test_a_histogram_counts_what_is_defined():
    table = histogram(np.array([0.1, 0.2, 0.9, np.nan]), np.array([0.0, 0.5, 1.0]), unit="u")
    assert table.values.tolist() == [["u", 0.0, 0.5, 2], ["u", 0.5, 1.0, 1]]


def test_means_are_said_by_panel_in_the_order_of_the_table():
    table = pd.DataFrame(
        {"reading": ["z", "z", "a", "a"], "condition": ["q", "q", "q", "p"], "r": [-0.5, 0.0, 0.25, np.nan]}
    )
    assert (
        means_seen(table, "r", "condition", "reading", what="Mean")
        == "Mean (range). z: q −0.25 (−0.50 to 0.00). a: q 0.25."
    )
    many = pd.DataFrame({"condition": [str(i) for i in range(20)] * 2, "r": [0.0] * 20 + [1.0] * 20})
    assert means_seen(many, "r", "condition", what="Mean").startswith("Mean: 0 0.50; 1 0.50; ")
    assert sentence([]) == "" and sentence(["a", "b"]) == "a; b."


def test_a_notebook_keeps_data_and_origin_beside_the_picture(fig):
    class Shell:
        display_formatter = DisplayFormatter(active_types=["text/plain", "application/pdf"])

    look._also_to_take_along(Shell)
    data, metadata = Shell.display_formatter.format(fig)
    assert data["application/pdf"].startswith(b"%PDF") and not metadata.get("application/pdf")
    keep(fig, draw, pd.DataFrame({"x": [1]}), "Seen.")
    data, metadata = Shell.display_formatter.format(fig)
    assert data["application/pdf"].startswith(b"%PDF")
    kept_with = metadata["application/pdf"]
    assert kept_with["csv"] == "x\n1\n" and kept_with["seen"] == "Seen."
