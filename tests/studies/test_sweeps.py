"""Sweeps: what is declared is what runs, each once, whatever is killed on the way."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import psutil
import pytest
import xarray as xr

from mirror_core.analysis import cross_decoding, null_test, shares, unit_correlation
from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config, flat
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.cluster import DaskPool
from mirror_core.runs.kept import save_result
from mirror_core.runs.making import make
from mirror_core.runs.pools import TRIES_ALONE, TRIES_TOGETHER, Died, LocalPool, each_result
from mirror_core.runs.store import RunStore, StoreError
from mirror_core.runs.workers import WorkerDied
from mirror_core.seeding import stream
from mirror_core.studies.sweeps import kept_rows as rows_module
from mirror_core.studies.sweeps import running
from mirror_core.studies.sweeps.cost import estimate, expected_seconds
from mirror_core.studies.sweeps.kept_rows import COLUMNS, RowStore, obtain_row
from mirror_core.studies.sweeps.plan import Sample, Sweep, read_sweep
from mirror_core.studies.sweeps.ranges import Range
from mirror_core.studies.sweeps.running import TIMING, run_sweep, survey
from mirror_core.studies.sweeps.tables import joined, write_table

ROOT = Path(__file__).resolve().parents[2]
SMALL = dict(hidden_size=4, input_size=4, n_sequences=20, n_heldout=5, n_epochs=1, sequence_length=3)
TINY = Config().change(**SMALL)
SWEEP = Sweep(base=SMALL, grid={"n_actions": [3, 20], "effect_distribution": ["normal", "orthogonal"]}, seeds=[1, 2])
"""Six networks, and two combinations that are impossible: 20 orthogonal effects in 16 dimensions."""


def without_timing(table):
    return table.drop(columns=list(TIMING))


def assert_same(one, two):
    pd.testing.assert_frame_equal(without_timing(one), without_timing(two), check_exact=True)


# -- what a sweep runs --


def test_the_grid_is_every_combination_in_the_declared_order():
    sweep = Sweep(
        base={"n_epochs": 3},
        grid={"n_actions": [4, 6], "noise_std": [0.0, 0.1]},
        readings=["as-written", "self-observation"],
        conditions=["shared", "untrained"],
        seeds=[7, 8],
    )
    found = sweep.combinations()
    assert len(found) == 32
    first = {"n_actions": 4, "noise_std": 0.0}
    assert [dict(one.chosen) for one in found[:3]] == [
        first | {"seed": 7},
        first | {"seed": 8},
        {"n_actions": 4, "noise_std": 0.1, "seed": 7},
    ]
    assert [(one.reading, one.condition) for one in found[::8]] == [
        ("as-written", "shared"),
        ("as-written", "untrained"),
        ("self-observation", "shared"),
        ("self-observation", "untrained"),
    ]
    base = Config().change(n_epochs=3, n_actions=6, noise_std=0.1, seed=8)
    assert found[-1].config == configure(base, "self-observation", "untrained")
    assert found[-1].name == "self-observation, untrained, n_actions = 6, noise_std = 0.1, seed = 8"


def test_what_a_condition_fixes_is_run_once():
    sweep = Sweep(grid={"infer_weight": [0.5, 1.0]}, conditions=["shared", "forward-only"])
    assert [(one.condition, one.config.objective.infer_weight) for one in sweep.combinations()] == [
        ("shared", 0.5),
        ("shared", 1.0),
        ("forward-only", 0.0),
    ]


def test_impossible_combinations_are_kept_with_their_reason():
    impossible = [one for one in SWEEP.combinations() if one.config is None]
    assert len(SWEEP.combinations()) == 8 and len(impossible) == 2
    assert all("at most sensory_dim = 16" in one.problem for one in impossible)


def test_draws_follow_from_the_named_stream():
    of = {
        "noise_std": Range(0.0, 0.5),
        "n_actions": Range(2, 5),
        "learning_rate": Range(1e-4, 1e-2, log=True),
        "core": ["gru", "lstm", "rnn-tanh"],
    }
    draws = Sample(5, of, seed=3).draws()
    place = {name: stream(3, f"sweep/{name}").random(5) for name in of}
    for i, draw in enumerate(draws):
        assert draw["noise_std"] == pytest.approx(0.5 * place["noise_std"][i], rel=1e-5)
        assert draw["n_actions"] == 2 + int(4 * place["n_actions"][i])
        assert draw["learning_rate"] == pytest.approx(1e-4 * 100 ** place["learning_rate"][i], rel=1e-5)
        assert draw["core"] == of["core"][int(3 * place["core"][i])]
    assert Sample(8, of, seed=3).draws()[:5] == draws, "a larger sample begins with the smaller one"
    fewer = {name: of[name] for name in ("core", "noise_std")}
    assert [one["core"] for one in Sample(5, fewer, seed=3).draws()] == [one["core"] for one in draws]
    assert Sample(5, of, seed=4).draws() != draws


def test_whole_numbers_are_equally_likely_and_stay_in_their_range():
    span = Range(2, 5)
    drawn = [span.at(u, whole_number=True) for u in np.linspace(0, 1, 400, endpoint=False)]
    assert sorted(set(drawn)) == [2, 3, 4, 5] and all(drawn.count(k) == 100 for k in (2, 3, 4, 5))
    logarithmic = Range(16, 128, log=True)
    drawn = [logarithmic.at(u, whole_number=True) for u in np.linspace(0, 1, 400, endpoint=False)]
    assert min(drawn) == 16 and max(drawn) == 128 and abs(np.median(drawn) - np.sqrt(16 * 128)) < 2


def test_a_sample_can_draw_labels_and_is_combined_with_the_grid():
    sample = Sample(4, {"reading": ["as-written", "self-observation"], "seed": Range(0, 1000)})
    found = Sweep(grid={"n_actions": [4, 6]}, sample=sample).combinations()
    assert len(found) == 8
    assert [one.reading for one in found[::2]] == [draw["reading"] for draw in sample.draws()]
    assert [one.config.seed for one in found] == [draw["seed"] for draw in sample.draws() for _ in "ab"]


@pytest.mark.parametrize(
    "make_it, message",
    [
        (lambda: Sample(0, {}), "sample.size = 0"),
        (lambda: Sample(2, {"n_actions": Range(1, 5)}), "sample.of: n_actions = 1 is not allowed"),
        (lambda: Sample(2, {"n_actions": Range(2.5, 5)}), "n_actions = 2.5 is not allowed: it must be a whole number"),
        (lambda: Sample(2, {"core": Range(0, 1)}), "unknown core"),
        (lambda: Range(2, 1), "low = 2 is not allowed: it must be at most high = 1"),
        (lambda: Range(0, 1, log=True), "low = 0 is not allowed with log"),
        (lambda: Sweep(grid={"n_action": [4]}), "grid: unknown setting 'n_action'. Did you mean 'n_actions'"),
        (lambda: Sweep(grid={"n_actions": []}), "the list of n_actions is empty"),
        (
            lambda: Sweep(grid={"n_actions": [4, 1]}),
            "n_actions = 1 is not allowed: it must be a whole number of at least 2",
        ),
        (lambda: Sweep(grid={"n_actions": 4}), "n_actions = 4 is not allowed: it must be a list"),
        (lambda: Sweep(grid={"core": "gru"}), "core = 'gru' is not allowed: it must be a list"),
        (lambda: Sweep(grid={"joint_pass": [True]}), "joint_pass is what a reading decides"),
        (lambda: Sweep(grid={"seed": [1]}), "list it in seeds"),
        (
            lambda: Sweep(base={"noise_std": -0.1}),
            "base: noise_std = -0.1 is not allowed: it must be a number at least 0",
        ),
        (lambda: Sweep(base={"n_actions": 4}, grid={"n_actions": [4]}), "n_actions is in base and in grid"),
        (lambda: Sweep(readings=["as-writen"]), "Did you mean 'as-written'"),
        (lambda: Sweep(conditions=[]), "the list of condition is empty"),
        (lambda: Sweep(seeds=[-1]), "seed = -1"),
        (lambda: Sweep(seeds=[1], sample=Sample(2, {"seed": [1, 2]})), "seed is in seeds and in sample.of"),
    ],
)
def test_a_wrong_declaration_is_one_clear_error(make_it, message):
    with pytest.raises(OptionError, match=re.escape(message)):
        make_it()


def test_a_file_declares_the_same_as_python(tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text(
        """
        readings = ["as-written", "dual-readout"]
        seeds = { first = 5, count = 3 }
        [base]
        n_epochs = 2
        [grid]
        n_actions = [4, 6]
        [sample]
        size = 2
        [sample.of]
        noise_std = { low = 0.0, high = 0.5 }
        effect_distribution = ["normal", "uniform"]
        """
    )
    of = {"noise_std": Range(0.0, 0.5), "effect_distribution": ["normal", "uniform"]}
    assert read_sweep(path) == Sweep(
        base={"n_epochs": 2},
        grid={"n_actions": [4, 6]},
        sample=Sample(2, of),
        readings=["as-written", "dual-readout"],
        seeds=[5, 6, 7],
    )


@pytest.mark.parametrize(
    "text, message",
    [
        ("grid = [", "is not valid TOML"),
        ("grids = {}", "unknown key 'grids'. Did you mean 'grid'"),
        ("grid = 3", "grid must be a table, [grid], not 3"),
        ("[sample]\nsize = 3", "[sample] lacks of"),
        ("[sample]\nsize = 3\n[sample.of]\nnoise_std = { low = 1 }", "the range of noise_std lacks high"),
        ("[sample]\nsize = 3\n[sample.of]\nnoise_std = { low = 0, high = 1, lg = true }", "Did you mean 'log'"),
        ("seeds = { from = 3 }", "seeds must be a list of whole numbers, or { first"),
        ("seeds = 3", "seed = 3 is not allowed: it must be a list"),
    ],
)
def test_a_wrong_file_is_one_clear_error_that_names_it(tmp_path, text, message):
    path = tmp_path / "sweep.toml"
    path.write_text(text)
    with pytest.raises(OptionError, match=re.escape(message)) as caught:
        read_sweep(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_one_that_is_no_text_are_named(tmp_path):
    with pytest.raises(OptionError, match="nowhere.toml cannot be read: No such file"):
        read_sweep(tmp_path / "nowhere.toml")
    (tmp_path / "image.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OptionError, match="image.toml is not a text file"):
        read_sweep(tmp_path / "image.toml")


# -- the row of a run --


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def test_a_row_tells_what_the_analysis_finds(store):
    row = obtain_row(TINY, store)
    assert tuple(row.measures) == COLUMNS
    recording = record(store.load(TINY).network, heldout_episodes(TINY))
    perform, observe = recording.sel(mode="perform").values, recording.sel(mode="observe").values
    trusted = null_test(
        perform, observe, "tuning-mismatch", 999, stream(42, "tuning-mismatch"), actions=recording.action.values,
        alternative="greater",
    )  # fmt: skip
    passing = trusted.significant(0.05, "bh")
    assert row.measures["passing"] == passing.mean()
    for centring, centre in (("raw", False), ("centred", True)):
        expected = shares(unit_correlation(perform, observe, centre_timesteps=centre))
        for name in ("strong", "moderate", "largest", "smallest", "n_excluded"):
            assert row.measures[f"{name}_{centring}"] == getattr(expected, name)
        test = null_test(perform, observe, "unit-mismatch", 100, stream(42, "unit-mismatch"), centre_timesteps=centre)
        assert row.measures[f"strong_passing_{centring}"] == np.mean(passing & (test.observed > 0.75))
        assert row.measures[f"strong_mismatched_{centring}"] == np.mean(test.null > 0.75)
        assert row.measures[f"moderate_mismatched_{centring}"] == np.mean(abs(test.null) > 0.6)
        assert row.measures[f"mean_{centring}"] == pytest.approx(test.observed.mean())
    for decoder in ("logistic", "ridge"):
        found = cross_decoding(perform, observe, recording.action.values, stream(42, "decoding"), decoder)
        assert row.measures[f"{decoder}_perform_observe"] == found.accuracy[0, 1]
        assert row.measures[f"{decoder}_observe_perform"] == found.accuracy[1, 0]
        assert row.measures[f"{decoder}_observe_observe"] == found.accuracy[1, 1]
        assert row.measures[f"{decoder}_perform_observe_same_code_p"] == found.relabelled_p[0, 1]
        assert row.measures[f"{decoder}_observe_perform_same_code_p"] == found.relabelled_p[1, 0]
        assert row.measures["chance"] == found.chance
    history = store.load(TINY).history
    last = history[(history.epoch == 1) & (history.split == "held-out") & (history.objective == "infer")]
    assert row.measures["loss_observe_infer"] == last.loss.item()
    assert np.isnan(row.measures["loss_joint_infer"])


def test_mirror_units_and_units_of_their_own_are_told_from_luck():
    rng = np.random.default_rng(0)
    actions = rng.integers(12, size=(60, 5))
    tunings = rng.standard_normal((2, 12, 40))
    tunings[1, :, :8] = tunings[0, :, :8]  # eight mirror units; the others are tuned to something else in each mode
    own = tunings[:, actions] + 0.1 * rng.standard_normal((2, 60, 5, 40))
    own[1, ..., 8] = 1  # and one is constant
    found = rows_module._against_luck(recording_of(own, actions), seed=1)
    assert found["strong_passing_raw"] == found["strong_passing_centred"] == 8 / 39
    assert found["passing"] == pytest.approx(8 / 39, abs=1.5 / 39), "one in twenty of those called may be false"
    assert found["strong_mismatched_raw"] < 0.01 and found["mean_raw"] == pytest.approx(8 / 39, abs=0.05)
    alike = tunings[:1, :, :1][:, actions] + 0.1 * rng.standard_normal((2, 60, 5, 40))
    found = rows_module._against_luck(recording_of(alike, actions), seed=1)
    assert found["strong_mismatched_raw"] == 1 and found["strong_passing_raw"] < 0.1, "all units do the same"


def test_what_one_unit_has_by_luck_is_not_defined():
    rng = np.random.default_rng(0)
    alone = recording_of(rng.standard_normal((2, 9, 3, 1)), rng.integers(3, size=(9, 3)))
    found = rows_module._against_luck(alone, seed=1)
    assert np.isnan(list(found.values())).all() and len(found) == 9


def recording_of(states, actions):
    labels = {"mode": ["perform", "observe"], "action": (("sequence", "time"), actions)}
    return xr.DataArray(states, labels, ["mode", "sequence", "time", "unit"])


def test_a_row_comes_back_as_it_was_and_nothing_is_done_twice(store, monkeypatch):
    row = obtain_row(TINY, store, keep_weights=False)
    assert not store.folder(TINY).exists()
    monkeypatch.setattr(rows_module, "make", lambda *_: pytest.fail("trained again"))
    monkeypatch.setattr(rows_module, "measured", lambda *_: pytest.fail("measured again"))
    again = obtain_row(TINY, store, keep_weights=False)
    assert again.measures == pytest.approx(row.measures, nan_ok=True, rel=0, abs=0)
    assert (again.run, again.config, again.provenance) == (row.run, row.config, row.provenance)


def test_a_network_that_is_kept_is_only_measured(store, monkeypatch):
    make(TINY, store)
    monkeypatch.setattr(rows_module, "make", lambda *_: pytest.fail("trained again"))
    assert obtain_row(TINY, store).run == store.folder(TINY).name


def test_weights_that_are_wanted_are_made_though_the_row_is_there(store):
    row = obtain_row(TINY, store, keep_weights=False)
    assert survey(Sweep(base=SMALL), store).missing and not survey(Sweep(base=SMALL), store, keep_weights=False).missing
    assert obtain_row(TINY, store).measures["largest_raw"] == row.measures["largest_raw"]
    assert store.load(TINY) is not None


@pytest.mark.parametrize("damage", ["truncated", "altered", "empty", "other"])
def test_a_damaged_row_is_said_and_made_again(store, damage):
    good = obtain_row(TINY, store)
    path = RowStore(store).path(good.run)
    text = path.read_text()
    if damage == "other":
        other = obtain_row(TINY.change(seed=1), store)
        text = RowStore(store).path(other.run).read_text()
    bad = {"truncated": text[: len(text) // 2], "altered": text.replace("0.", "1.", 1), "empty": "", "other": text}
    path.write_text(bad[damage])
    with pytest.warns(UserWarning, match=f"kept .*{good.run}.* (is damaged|another configuration)"):
        assert RowStore(store).load(TINY) is None
    with pytest.warns(UserWarning):
        obtain_row(TINY, store)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert RowStore(store).load(TINY).measures["largest_raw"] == good.measures["largest_raw"]


def test_reading_rows_passes_over_strange_ones_and_leaves_warnings_on(store):
    good = obtain_row(TINY, store)
    folder = RowStore(store).path(good.run).parent
    save_result(folder / "a.json", {"run": "of other fields"})
    (folder / "b.json").write_text("damaged")
    found = RowStore(store).rows()
    assert next(found).run == good.run
    with pytest.warns(UserWarning, match="between two rows"):
        warnings.warn("between two rows", stacklevel=1)
    assert list(found) == []


def test_rows_of_other_analysis_code_are_not_used(store, monkeypatch):
    obtain_row(TINY, store)
    monkeypatch.setattr(rows_module, "analysis_fingerprint", lambda: "0" * 12)
    assert RowStore(store).load(TINY) is None
    assert len(list(RowStore(store).rows())) == 1


def test_a_row_that_cannot_be_kept_is_one_clear_error(store):
    store.root.mkdir()
    (store.root / "measures").write_text("a file in the way")
    with pytest.raises(StoreError, match="cannot keep .*measures"):
        obtain_row(TINY, store, keep_weights=False)


# -- a whole sweep --


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A sweep that nobody disturbed, and its store."""
    store = RunStore(tmp_path_factory.mktemp("undisturbed"))
    return run_sweep(SWEEP, store, workers=2, progress=False), store


def test_the_table_has_a_row_for_each_network_in_order(undisturbed):
    result, store = undisturbed
    table = result.table
    configs = [one.config for one in SWEEP.combinations() if one.config is not None]
    settings = list(flat(Config()))
    assert list(table.columns) == ["reading", "condition", *settings, *COLUMNS, "run", *TIMING]
    assert table.run.tolist() == [store.load(config).fingerprint for config in configs]
    assert table[settings].to_dict("records") == [flat(config) for config in configs]
    assert table.noise_std.dtype == float and table.n_actions.dtype == int and (table[list(TIMING)] > 0).all(axis=None)


def test_a_later_setting_has_a_column_where_it_varies(undisturbed, tmp_path):
    sweep = Sweep(base=SMALL, grid={"habit": [0, 0.5]}, conditions=["untrained", "vision"])
    table = run_sweep(sweep, RunStore(tmp_path), workers=1, progress=False).table
    assert list(zip(table.condition, table.habit, table.curriculum, strict=True)) == [
        ("untrained", 0.0, "at-once"),
        ("untrained", 0.5, "at-once"),
        ("vision", 0.0, "vision-first"),
        ("vision", 0.5, "vision-first"),
    ]
    assert table.habit.dtype == float and "watching" not in table
    both = joined({"old": undisturbed[0].table, "new": table})
    old = both[both.sweep == "old"]
    assert both.habit.dtype == float and (old.habit == 0).all() and (old.curriculum == "at-once").all()


def test_impossible_combinations_are_named_at_the_end(undisturbed):
    result, _ = undisturbed
    assert [failure.name for failure in result.failures] == [
        f"as-written, shared, n_actions = 20, effect_distribution = 'orthogonal', seed = {seed}" for seed in (1, 2)
    ]
    assert "at most sensory_dim" in result.failures[0].reason


def test_the_table_survives_its_file(undisturbed, tmp_path):
    table = undisturbed[0].table
    write_table(table, tmp_path / "table.parquet")
    read = pd.read_parquet(tmp_path / "table.parquet")
    pd.testing.assert_frame_equal(read, table, check_exact=True)
    assert read.attrs["sweep"]["grid"]["n_actions"] == [3, 20] and read.attrs["code"]
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]


def test_tables_of_different_code_are_not_joined(undisturbed):
    table = undisturbed[0].table
    other = table.copy()
    other.attrs = table.attrs | {"code": "0" * 20}
    with pytest.raises(OptionError, match="the tables come from 2 versions of the code"):
        joined({"one": table, "two": other})
    both = joined({"one": table, "two": table})
    assert list(both.columns) == ["sweep", *table.columns] and both.index.tolist() == list(range(2 * len(table)))
    pd.testing.assert_frame_equal(both[both.sweep == "one"].drop(columns="sweep"), table, check_exact=True)


def test_only_what_is_missing_is_done(undisturbed, monkeypatch):
    result, store = undisturbed
    with monkeypatch.context() as patch:
        patch.setattr(running, "LocalPool", lambda *_: pytest.fail("there is nothing to do"))
        again = run_sweep(SWEEP, store, progress=False)
    pd.testing.assert_frame_equal(again.table, result.table, check_exact=True)

    larger = Sweep(base=SMALL, grid=SWEEP.grid, seeds=[1, 2, 3])
    found = survey(larger, store)
    assert len(found.rows) == 6 and [config.seed for config in found.missing.values()] == [3, 3, 3]


def test_a_failing_network_is_named_and_the_others_finish(store, monkeypatch, in_this_process):
    monkeypatch.setattr(running, "LocalPool", in_this_process)
    sweep = Sweep(base=SMALL | {"n_sequences": 200}, grid={"learning_rate": [1e-3, 1e30]}, seeds=[1, 2])
    result = run_sweep(sweep, store, progress=False)
    assert result.table.learning_rate.tolist() == [1e-3, 1e-3]
    assert [failure.name for failure in result.failures] == [
        f"as-written, shared, learning_rate = 1e+30, seed = {seed}" for seed in (1, 2)
    ]
    assert "FloatingPointError" in result.failures[0].reason


def test_a_store_that_cannot_be_written_ends_the_sweep(store, monkeypatch, in_this_process):
    monkeypatch.setattr(running, "LocalPool", in_this_process)
    store.root.write_text("a file, not a folder")
    with pytest.raises(StoreError, match=str(store.root)):
        run_sweep(SWEEP, store, progress=False)


def test_a_worker_with_other_code_ends_the_sweep(store):
    with pytest.raises(running.OtherCode, match="another version"):
        running._obtain(str(store.root), True, "0" * 12, (store.folder(TINY).name, TINY))


def test_the_cost_is_scaled_by_what_was_measured(undisturbed):
    _, store = undisturbed
    paper, twice = Config(), Config().change(n_epochs=40)
    assert expected_seconds(twice) / expected_seconds(paper) == pytest.approx(2, rel=0.1)
    assert expected_seconds(Config().change(trained="nothing")) < 1
    new = Sweep(base=SMALL, seeds=[9])
    assert "formula" in estimate(survey(new, store)).source
    grown = estimate(survey(Sweep(base=SMALL, grid=SWEEP.grid, seeds=[1, 2, 3]), store))
    assert "6 runs" in grown.source and grown.seconds > 0


# -- processes that are killed --


def test_killed_workers_are_replaced_and_the_one_to_blame_is_named(tmp_path):
    def die_until(task):  # within the test, so that workers need not import what the test does
        path, times = task
        with open(path, "a+") as file:
            file.seek(0)
            if len(file.read()) < times:
                file.write("x")
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
        return path

    paths = [str(tmp_path / str(i)) for i in range(5)]
    deadly = TRIES_TOGETHER + TRIES_ALONE
    tasks = [(path, times) for path, times in zip(paths, [0, deadly, 0, 1, 0], strict=True)]
    found = dict(each_result(LocalPool(2), die_until, tasks))
    assert isinstance(found.pop(1), Died)
    assert found == {i: paths[i] for i in (0, 2, 3, 4)}
    assert Path(paths[1]).read_text() == "x" * deadly


def test_random_kills_lose_and_change_nothing():
    """One of the kills of `python -m benchmarks.kills`; which one, its seed decides."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.kills",
        "--of",
        "sweep",
        "--kills",
        "1",
        "--seeds",
        "1",
        "--chance",
        "7",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost or changed: 0\n" in done.stdout and done.stdout.endswith("held\n")


@pytest.fixture
def cluster(tmp_path):
    """Start a Dask scheduler and two worker processes on this machine; yield its address and the workers' keeper."""
    file = tmp_path / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", file]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", *here, "--port", "0"]
    workers = [sys.executable, "-m", "distributed.cli.dask_worker", *here, "--nworkers", "2", "--nthreads", "1"]
    started = []
    with (tmp_path / "dask.log").open("w") as log:
        for command in (scheduler, [*workers, "--local-directory", tmp_path]):
            started.append(psutil.Popen(command, cwd=tmp_path, stdout=log, stderr=log))
    try:
        while not file.exists() or not file.read_text():  # it is there before it is written
            assert started[0].poll() is None, (tmp_path / "dask.log").read_text()
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"], started[1]
    finally:
        for process in [child for one in started for child in one.children(recursive=True)] + started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(started)


def _kill_one_at_the_first_row(store, keeper):
    """Kill a Dask worker process as soon as a row is kept; what keeps them starts another one."""
    while not list(store.root.glob("measures/*/*.json")):
        time.sleep(0.01)
    victims = [child for child in keeper.children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
    victims[0].kill()


def test_a_dask_cluster_makes_the_same_table_though_a_worker_is_killed(undisturbed, store, cluster):
    address, keeper = cluster
    killer = threading.Thread(target=_kill_one_at_the_first_row, args=(store, keeper))
    killer.start()
    result = run_sweep(SWEEP, store, dask=address, progress=False)
    killer.join()
    assert_same(result.table, undisturbed[0].table)
    assert result.failures == undisturbed[0].failures
    assert not survey(SWEEP, store).missing


@pytest.fixture
def scheduler(tmp_path):
    """Start a Dask scheduler without workers; yield its address, and a function that starts a worker of one's own."""
    file = tmp_path / "scheduler.json"
    started = []
    with (tmp_path / "dask.log").open("w") as log:

        def start(*command):
            started.append(psutil.Popen([sys.executable, *command], cwd=tmp_path, stdout=log, stderr=log))

        def worker(before):
            code = f"{before}; from distributed.cli.dask_worker import main; main()"
            start("-c", code, "--scheduler-file", str(file), "--no-nanny", "--no-dashboard", "--nthreads", "1")

        here = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file), "--port", "0"]
        start("-m", "distributed.cli.dask_scheduler", *here)
        while not file.exists() or not file.read_text():
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"], worker
        for process in started:
            process.kill()
        psutil.wait_procs(started)


def test_a_cluster_without_workers_and_one_whose_worker_lacks_the_package_are_one_line(store, scheduler, monkeypatch):
    address, worker = scheduler
    monkeypatch.setattr("mirror_core.runs.cluster._FIRST_SECONDS", 0.5)
    with pytest.raises(OptionError, match=f"the Dask scheduler at '{address}' has no worker, and none came within"):
        run_sweep(SWEEP, store, dask=address, progress=False)
    monkeypatch.setattr("mirror_core.runs.cluster._FIRST_SECONDS", 60)
    worker("import sys; sys.modules['mirror_core'] = None")
    with pytest.raises(running.OtherCode, match=r"the worker tcp://.* does not have mirror_core .*ModuleNotFound"):
        run_sweep(SWEEP, store, dask=address, progress=False)
    assert list(store.root.iterdir()) == []


def test_a_slow_member_of_a_cluster_is_named_and_one_without_the_package_is_not_waited_for(
    scheduler, monkeypatch, capsys
):
    def slow(fails):  # sent as it stands: nobody has to load these tests
        import os
        import time

        seconds = os.environ.get("SLOW", "none")
        if seconds == fails:
            raise ValueError(fails)
        time.sleep(float(seconds) if seconds != "none" else 0)
        return seconds

    address, worker = scheduler
    worker("import os; os.environ['SLOW'] = '2'")
    worker("import os; os.environ['SLOW'] = '0'")
    pool = DaskPool(address)
    pool.client.wait_for_workers(2)
    monkeypatch.setattr("mirror_core.runs.cluster._TELL_SECONDS", 0.5)
    monkeypatch.setattr("mirror_core.runs.cluster._IMPORT_SECONDS", 30)
    answers = pool.ask(slow, "")
    assert sorted(answers.values(), key=str) == ["0", "2", "none"] and next(iter(answers)) == "the scheduler"
    assert re.match(r"Waiting for the worker tcp://\S+ to load what is needed, \d+ s more", capsys.readouterr().err)
    answers = pool.ask(slow, "0")
    assert [type(one) for name, one in answers.items() if name != "the scheduler"] == [ValueError]
    monkeypatch.setattr("mirror_core.runs.cluster._IMPORT_SECONDS", 1)
    with pytest.raises(OptionError, match="had no answer within 1 s from the worker tcp://.*[^,]*"):
        pool.ask(slow, "")
    pool.close()


def test_what_members_of_a_cluster_answer_is_judged(tmp_path):
    here = running._about_here(str(tmp_path))
    assert here[2]
    other, shared = "has another version of mirror_core", "all machines share"
    running.refuse_answers({"the scheduler": (*here[:2], False), "the worker a": here}, tmp_path)
    for answers, error, message in [
        (
            {"the worker a": here, "the worker b": ("0" * 64, *here[1:])},
            running.OtherCode,
            "worker b has another version",
        ),
        ({"the worker a": (here[0], "0" * 12, True)}, running.OtherCode, f"worker a {other}"),
        (
            {"the worker a": (*here[:2], False)},
            StoreError,
            f"worker a cannot write to {tmp_path}: .*{shared}",
        ),
        ({"the scheduler": ModuleNotFoundError("no\nx")}, running.OtherCode, r"scheduler does not have .*: no x\)"),
    ]:
        with pytest.raises(error, match=message):
            running.refuse_answers(answers, tmp_path)


def test_a_cluster_that_stays_without_workers_is_given_up(monkeypatch):
    pool = object.__new__(DaskPool)
    pool.address, pool._somebody = "tcp://here", time.monotonic()
    pool.client = SimpleNamespace(nthreads=dict)
    pool.look()
    monkeypatch.setattr("mirror_core.runs.cluster._NOBODY_SECONDS", -1)
    with pytest.raises(WorkerDied, match="has had no worker for .*run the same command again"):
        pool.look()
    pool.client = SimpleNamespace(nthreads=lambda: {"a": 1})
    pool.look()


def test_whoever_waits_long_for_a_result_looks_whether_anybody_works(monkeypatch):
    monkeypatch.setattr("mirror_core.runs.pools._LOOK_SECONDS", 0.05)
    looks = []
    pool = LocalPool(1)
    pool.look = lambda: looks.append(1)
    assert dict(each_result(pool, time.sleep, [1])) == {0: None}
    assert looks


def test_no_scheduler_at_the_address_is_one_clear_error(store, monkeypatch):
    monkeypatch.setattr("mirror_core.runs.cluster._ANSWER_SECONDS", 0.2)
    for address in ("tcp://127.0.0.1:9", "nowhere at all"):
        with pytest.raises(OptionError, match=f"no Dask scheduler answers at '{address}'"):
            run_sweep(SWEEP, store, dask=address, progress=False)
