"""The command `mirror`: what it says, what it ends with, and what is left when it is interrupted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import forked
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from mirror_core.cli import main
from mirror_core.commands.common import INTERRUPTED
from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.settings import Config
from mirror_core.recordings.layout import Layout
from mirror_core.runs.files import write_text
from mirror_core.runs.making import make
from mirror_core.runs.provenance import code_fingerprint, provenance
from mirror_core.runs.store import RunStore
from mirror_core.studies.sweeps.kept_rows import obtain_row
from mirror_core.studies.sweeps.listing import labels, listing

SETTINGS = """
[base]
hidden_size = 4
input_size = 4
n_sequences = 20
n_heldout = 5
n_epochs = 1
sequence_length = 3
"""
TINY = Config().change(hidden_size=4, input_size=4, n_sequences=20, n_heldout=5, n_epochs=1, sequence_length=3)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with a sweep of two networks in `sweep.toml`."""
    monkeypatch.chdir(tmp_path)
    Path("sweep.toml").write_text("seeds = [1, 2]" + SETTINGS)
    return tmp_path


def mirror(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_says_what_there_is():
    assert "sweep Run what a file declares" in " ".join(mirror("--help").output.split())
    told = mirror("sweep", "--help").output
    for word in ("FILE", "--out", "--store", "--workers", "--dask ADDRESS", "--dry-run", "--no-weights", "Exit status"):
        assert word in told
    assert "--store" in mirror("runs", "-h").output


def test_help_is_fast_since_it_imports_nothing_large():
    code = (
        "import sys, mirror_core.cli; print([m for m in ('torch', 'pandas', 'numpy', 'IPython') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_it_is_installed_under_its_name(call, tmp_path):
    assert call("mirror", "--version", cwd=tmp_path).stdout.startswith("mirror, version ")


def test_a_dry_run_counts_and_estimates_and_does_nothing(folder):
    told = mirror("sweep", "sweep.toml", "--dry-run", "--store", "runs", "--workers", 2)
    assert told.exit_code == 0
    assert "2 runs: 0 kept in runs, 2 to do." in told.stdout
    assert "on one processor" in told.stdout and "with 2 workers" in told.stdout and "a formula" in told.stdout
    assert [path.name for path in folder.iterdir()] == ["sweep.toml"]


def test_a_sweep_writes_its_table_and_a_second_one_does_only_what_is_missing(folder):
    obtain_row(TINY.change(seed=1), RunStore("runs"))
    done = mirror("sweep", "sweep.toml", "--store", "runs", "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "1 kept in runs, 1 to do" in done.stderr and "going by the 1 runs that are kept" in done.stderr
    assert "2 rows in sweep.parquet" in done.stdout
    first = pd.read_parquet("sweep.parquet")
    assert first.seed.tolist() == [1, 2]
    again = mirror("sweep", "sweep.toml", "--store", "runs", "--out", "again.parquet")
    assert again.exit_code == 0 and "2 kept in runs, 0 to do." in again.stderr
    pd.testing.assert_frame_equal(pd.read_parquet("again.parquet"), first)


def test_several_files_make_one_table_that_says_how_it_came_about(folder):
    Path("more.toml").write_text("seeds = [2, 3]" + SETTINGS)
    both = ["sweep.toml", "more.toml", "--store", "runs", "--workers", 1, "--no-weights"]
    done = mirror("sweep", *both, "--out", "both.parquet")
    assert done.exit_code == 0, done.output
    assert "3 runs: 0 kept in runs, 3 to do." in done.stderr, "a run of both files is made once"
    table = pd.read_parquet("both.parquet")
    assert list(zip(table.sweep, table.seed, strict=True)) == [("sweep", 1), ("sweep", 2), ("more", 2), ("more", 3)]
    about = table.attrs
    assert about["command"] == "mirror sweep sweep.toml more.toml --no-weights --out both.parquet"
    assert about["sweeps"]["more"]["seeds"] == [2, 3]
    assert about["code"] == code_fingerprint()[:20] and about["made"]["processors"] == [provenance(0, 0)["processor"]]
    timed = table[["seconds_training", "seconds_measuring"]].to_numpy().sum()
    assert about["made"]["seconds"] == pytest.approx(timed, abs=0.2)
    assert about["made"]["first"] <= about["made"]["last"]
    again = mirror("sweep", *both, "--out", "both.csv")
    assert "3 kept in runs, 0 to do." in again.stderr
    pd.testing.assert_frame_equal(pd.read_csv("both.csv"), table, rtol=1e-5, check_dtype=False)


def test_failures_are_named_and_the_exit_status_says_so(folder):
    Path("sweep.toml").write_text(SETTINGS + '[grid]\nn_actions = [20]\neffect_distribution = ["orthogonal"]')
    done = mirror("sweep", "sweep.toml", "--store", "runs")
    assert done.exit_code == 1
    assert "1 combinations are impossible" in done.stderr
    assert "1 failed:\n  as-written, shared, n_actions = 20, effect_distribution = 'orthogonal'" in done.stderr
    assert len(pd.read_parquet("sweep.parquet")) == 0
    Path("sweep.parquet").write_text("an older table")
    again = mirror("sweep", "sweep.toml", "--store", "runs")
    assert again.exit_code == 1 and "sweep.parquet is left as it was" in again.stderr
    assert Path("sweep.parquet").read_text() == "an older table"


def test_a_number_of_workers_that_is_no_number_is_refused(folder, monkeypatch):
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "many")
    done = mirror("sweep", "sweep.toml")
    assert done.exit_code == 2 and "Error: MIRROR_CORE_WORKERS = 'many' is not allowed" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_says_what_is_kept(folder, how):
    Path("sweep.toml").write_text("seeds = { first = 1, count = 2000 }" + SETTINGS)
    command = ["mirror", "sweep", "sweep.toml", "--store", "runs", "--workers", "1"]
    sweep = forked.Started(command, Path.cwd(), os.environ)
    while not list(Path("runs").glob("measures/*/*.json")):
        assert sweep.process.is_alive(), sweep.finish()
        time.sleep(0.02)
    os.kill(sweep.process.pid, how)
    done = sweep.finish()
    assert done.returncode == INTERRUPTED
    told = done.stderr
    last = told.splitlines()[-1]
    kept = len(list(Path("runs").glob("measures/*/*.json")))
    assert last.endswith(f"Interrupted. {kept} of 2000 runs are kept in runs; the same command does the rest.")
    assert "Traceback" not in told and not Path("sweep.parquet").exists()


@pytest.fixture
def full(monkeypatch):
    """Let a stream of this process lead to a full disk, and call `mirror`; return how that ends."""

    def call(stream: str, *arguments: str) -> int:
        with monkeypatch.context() as there, open("/dev/full", "w") as file:
            there.setattr(sys, stream, file)
            with pytest.raises(SystemExit) as end:
                main.main(list(arguments), prog_name="mirror")
            sys.stdout.flush()
        return end.value.code

    return call


@pytest.mark.parametrize(
    "command", ["--help", "--version", "runs", "experiment", "inspect mine.npz", "sweep sweep.toml --dry-run"]
)
def test_what_is_printed_to_a_full_disk_is_one_line_and_a_status(command, folder, full, capsys):
    np.savez("mine.npz", perform=np.ones((4, 3, 2)), observe=np.ones((4, 3, 2)))
    assert full("stdout", *command.split()) == 1
    said = capsys.readouterr().err
    assert said == "Error: what is printed could not be written to its end: No space left on device.\n"
    assert full("stderr", *command.split()) == 0
    assert capsys.readouterr().out


def test_a_full_disk_behind_a_stream_takes_neither_report_nor_status(folder, full, capsys):
    rng = np.random.default_rng(0)
    arrays = {mode: rng.normal(size=(20, 3, 3)) for mode in ("perform", "observe")}
    np.savez("mine.npz", **arrays)
    command = ["analyse", "mine.npz", "--permutations", "19", "--out"]
    assert full("stdout", *command, "one.html") == 1 and full("stderr", *command, "two.html") == 0
    assert Path("one.html").read_text() == Path("two.html").read_text()
    assert full("stderr", "analyse", "none.npz") == full("stderr", "analyse") == 2


def test_a_file_is_written_whatever_its_name_and_what_names_it(tmp_path):
    path = tmp_path / f"{'é' * 120}.html"
    write_text(path, os.fsdecode(b"of \xff.npz"))
    assert path.read_text() == "of \\udcff.npz" and [*tmp_path.iterdir()] == [path]
    assert "analyse ./-a.npz" in Layout().as_command("-a.npz")


def test_streams_that_are_closed_take_what_is_written(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(SystemExit) as end:
        main.main(["runs"], prog_name="mirror")
    assert end.value.code == 0


def test_runs_are_listed(folder):
    store = RunStore("runs")
    assert mirror("runs", "--store", "runs").output == "No runs in runs.\n"
    both = obtain_row(configure(TINY, "self-observation", "untrained"), store)
    weights = make(TINY.change(seed=1), store)
    row = obtain_row(TINY.change(seed=2), store, keep_weights=False)
    broken = make(TINY.change(seed=3), store)
    (store.folder(broken.config) / "run.json").write_text("{")
    table = listing(store).set_index("run")
    assert table.kept.to_dict() == {
        both.run: "weights, measures",
        weights.fingerprint: "weights",
        row.run: "measures",
        broken.fingerprint: "damaged",
    }
    assert table.loc[both.run, ["reading", "condition", "seed"]].tolist() == ["self-observation", "untrained", 42]
    assert table.loc[row.run, "seconds"] == row.seconds_training
    told = mirror("runs", "--store", "runs")
    assert told.exit_code == 0 and all(name in told.output for name in table.index)


def test_readings_and_conditions_are_recognised():
    for reading in READINGS:
        for condition in CONDITIONS:
            assert labels(configure(TINY, reading, condition).to_dict()) == (reading, condition)
    assert labels(TINY.change(infer_weight=0.5).to_dict()) == ("as-written", "shared")
    assert labels(TINY.to_dict() | {"world": {"gravity": 9.8}}) == ("?", "?")
