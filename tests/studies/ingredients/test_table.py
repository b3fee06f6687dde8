"""The committed factorial: all cells and seeds, small, by a command that can be given, and made again where cheap."""

import shlex

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.seeding import stream
from mirror_core.studies.data import DATA
from mirror_core.studies.ingredients.factorial import Cell, obtain_factorial
from mirror_core.studies.ingredients.measures import measure_factorial
from mirror_core.studies.ingredients.table import (
    TABLE,
    everything,
    measure_everything,
    read_factorial,
    write_factorial,
)


@pytest.fixture(scope="module")
def table():
    return read_factorial(TABLE, everything())


def test_every_cell_has_the_same_ten_seeds(table):
    for cell in everything():
        assert table[table.cell == cell].seed.tolist() == list(range(42, 52)), cell.name
    assert (DATA / TABLE).stat().st_size < 3e5


def test_provenance_names_a_command_that_can_be_given(table):
    words = shlex.split(table.attrs["command"])
    assert words[:2] == ["mirror", "ingredients"] and words[-1] == f"book/data/{TABLE}"
    assert table.attrs["seconds"] > 0 and len(table.attrs["code"]) == 20


def test_a_few_rows_come_out_again(table, tmp_path, monkeypatch):
    monkeypatch.setenv("MIRROR_CORE_STORE", str(tmp_path))
    rng = stream(0, "factorial made again")
    # forward objective alone: the cheapest to train
    cheap = [
        cell
        for cell in dict.fromkeys(table.cell)
        if not cell.has("both objectives") and not cell.has("self-observation")
    ]
    chosen = {cheap[i]: int(rng.integers(42, 52)) for i in rng.choice(len(cheap), 2, replace=False)}
    with threadpool_limits(1):
        for cell, seed in chosen.items():
            again = measure_factorial(obtain_factorial(Config(), [cell], [seed], progress=False), 300, progress=False)
            kept = table[(table.cell == cell) & (table.seed == seed)]
            for name in ("strong", "centred", "significant"):  # shares of 96 units: one may cross a threshold
                np.testing.assert_allclose(again[name], kept[name], atol=1.01 / 96, err_msg=f"{cell.name}: {name}")
            for name in ("explained", "named", "chance"):
                np.testing.assert_allclose(again[name], kept[name], atol=0.005, err_msg=f"{cell.name}: {name}")


def test_all_of_it_can_be_measured_at_any_size(tmp_path, monkeypatch):
    monkeypatch.setenv("MIRROR_CORE_STORE", str(tmp_path))
    small = Config().change(hidden_size=8, input_size=6, n_sequences=64, n_heldout=10, n_epochs=1, sequence_length=6)
    found = measure_everything([3], small, 20)
    write_factorial(found.assign(seed=found.seed), tmp_path / "small.parquet")
    assert list(dict.fromkeys(found.cell)) == everything()
    assert 0 < found.attrs["networks"] < len(everything())  # some cells are one experiment


def test_a_table_that_lacks_a_combination_is_named(tmp_path, table):
    path = tmp_path / "few.parquet"
    few = table[table.cell != Cell(frozenset())]
    write_factorial(few, path)
    with pytest.raises(OptionError, match="lacks the combination 'none': mirror ingredients"):
        read_factorial(str(path), everything())
    pd.testing.assert_frame_equal(read_factorial(str(path), list(dict.fromkeys(few.cell))), few.reset_index(drop=True))
    with pytest.raises(OptionError, match="mirror ingredients"):
        read_factorial("nowhere.parquet", everything())
