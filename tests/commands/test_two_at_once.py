"""Two of the same command at once, with the same store and files: both end well, and nothing is half written."""

from __future__ import annotations

import json
import os

import forked
import numpy as np
import pandas as pd
import pytest

from mirror_core.recordings.simulated import simulate_population

SWEEP = "seeds = [1, 2]\n[base]\nhidden_size = 4\ninput_size = 4\nn_sequences = 20\nn_heldout = 5\nn_epochs = 1\n"


@pytest.fixture
def twice(tmp_path):
    """Run a subcommand twice at once."""

    def run(*arguments: str) -> None:
        variables = os.environ | {"MIRROR_CORE_STORE": str(tmp_path / "store")}
        both = [forked.Started(["mirror", *arguments], tmp_path, variables) for _ in range(2)]
        done = [one.finish() for one in both]
        assert [one.returncode for one in done] == [0, 0], done

    return run


def test_two_sweeps(twice, tmp_path):
    (tmp_path / "sweep.toml").write_text(SWEEP)
    twice("sweep", "sweep.toml", "--workers", "1")
    assert pd.read_parquet(tmp_path / "sweep.parquet").seed.tolist() == [1, 2]
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_two_reports(twice, tmp_path):
    made = simulate_population(4, np.random.default_rng(0), n_units=6, n_sequences=24, n_timesteps=3)
    np.savez(tmp_path / "mine.npz", perform=made.perform, observe=made.observe, actions=made.actions)
    twice("analyse", "mine.npz", "--permutations", "19", "--json", "all.json", "--csv", "units.csv")
    assert json.loads((tmp_path / "all.json").read_text())["verdict"]
    assert (tmp_path / "mine-report.html").read_text().rstrip().endswith("</html>")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
