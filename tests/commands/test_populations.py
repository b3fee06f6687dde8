"""`mirror populations`: the table that it writes, and what it refuses."""

import pandas as pd
import pytest
from click.testing import CliRunner

from mirror_core.cli import main
from mirror_core.studies.calibration import mixed
from mirror_core.studies.calibration.mixed import Situation, read_mixed


@pytest.fixture
def few(monkeypatch):
    """Two situations in place of all, in this process."""
    some = [Situation(4, 0.1, "normal", "equal", 0.0), Situation(4, 1.0, "normal", "Poisson", 0.3)]
    monkeypatch.setattr(mixed, "situations", lambda: some)
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "1")
    return some


def populations(*arguments):
    return CliRunner().invoke(main, ["populations", *map(str, arguments)])


def test_it_writes_a_table_that_says_where_it_comes_from_and_is_the_same_again(few, tmp_path):
    tables = []
    for store in ("one", "other"):
        path = tmp_path / f"{store}.parquet"
        done = populations("--seed", 3, "--number", 2, "--store", tmp_path / store, "--out", path)
        assert done.exit_code == 0, done.output
        assert f"8 rows in {path}" in done.output
        tables.append(read_mixed(path))
        assert tables[-1].attrs["command"] == f"mirror populations --seed 3 --number 2 --out {path}"
        assert tables[-1].attrs["n_populations"] == 2
    pd.testing.assert_frame_equal(*tables, check_like=True)
    assert tables[0].groupby(["n_actions", "tuned_share"]).size().tolist() == [4, 4]
    assert tables[0].found.isna().sum() == 4
    # what is kept is taken: a longer table begins with the same populations
    path = tmp_path / "longer.parquet"
    assert populations("--seed", 3, "--number", 3, "--store", tmp_path / "one", "--out", path).exit_code == 0
    pd.testing.assert_frame_equal(
        read_mixed(path).query("population < 2").reset_index(drop=True), tables[0].reset_index(drop=True)
    )
