"""`mirror inspect`, and `mirror analyse` with what it proposes: from a file in a laboratory's form to its trials."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from scipy.io import savemat

import mirror_core.report
from mirror_core.cli import main
from mirror_core.recordings.trials import Trials

RNG = np.random.default_rng(6)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with the same kind of trials as NWB and as MATLAB, and pairs of sequences as NPZ."""
    monkeypatch.chdir(tmp_path)
    with h5py.File("mine.nwb", "w") as file:
        file.attrs["nwb_version"] = "2.7.0"
        columns = {"id": np.arange(8), "onset": np.arange(8) * 2.0 + 1, "start_time": np.arange(8) * 2.0}
        columns |= {"mode": ["execute", "observe"] * 4, "grip": ["hook", "hook", "palm", "palm"] * 2}
        for name, values in columns.items():
            file[f"intervals/trials/{name}"] = values
        file["units/id"] = np.arange(2)
        file["units/spike_times"] = np.concatenate([np.sort(RNG.uniform(0, 17, 100)) for _ in range(2)])
        file["units/spike_times_index"] = np.array([100, 200], np.uint8)
    labels = np.array(["a", "b"] * 5, object)
    savemat("mine.mat", {"raster": RNG.random((10, 40)), "label": labels})
    np.savez("mine.npz", perform=RNG.normal(size=(6, 3, 2)), observe=RNG.normal(size=(6, 3, 2)))
    return tmp_path


@pytest.fixture
def given(monkeypatch):
    """Collect what the analysis is given, in its place."""
    calls = []

    class Report:
        def save(self, path):
            Path(path).write_text("report")

    def analyse_trials(trials, **options):
        calls.append((trials, options))
        return Report()

    monkeypatch.setattr(mirror_core.report, "analyse_trials", analyse_trials, raising=False)
    return calls


def mirror(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.mark.parametrize("name", ["mine.nwb", "mine.mat"])
def test_the_proposed_command_and_layout_are_those_that_read_the_file(name, folder, given):
    found = json.loads(mirror("inspect", name, "--json").stdout)
    told = mirror("inspect", name)
    assert told.exit_code == 0 and found["command"] in told.stdout
    assert all(one["name"] in told.stdout for one in found["fields"])
    toml = told.stdout.split("--layout:")[1]
    Path("layout.toml").write_text(toml)
    assert mirror(*shlex.split(found["command"])[1:], "--seed", 3).exit_code == 0
    assert mirror("analyse", name, "--layout", "layout.toml", "--seed", 3, "--out", "x.html").exit_code == 0
    (one, options), (other, _) = given
    assert isinstance(one, Trials)
    np.testing.assert_array_equal(one.perform, other.perform)
    assert options == {"name": name, "seed": 3, "n_permutations": 2000, "alpha": 0.05, "progress": True}
    assert Path(name.replace(".nwb", "").replace(".mat", "") + "-report.html").read_text() == "report"


def test_an_option_counts_more_than_the_file_of_options(folder, given):
    options = json.loads(mirror("inspect", "mine.nwb", "--json").stdout)["layout"]
    Path("layout.toml").write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in options.items()))
    done = mirror("analyse", "mine.nwb", "--layout", "layout.toml", "--window", -0.1, 0.2, "--bin", 0.1)
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(given[0][0].times, [-0.05, 0.05, 0.15])


def test_a_file_that_needs_no_options_is_said_to_need_none(folder):
    assert mirror("inspect", "mine.npz").stdout.rstrip().endswith("mirror analyse mine.npz")
