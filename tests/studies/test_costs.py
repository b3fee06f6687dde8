"""What networks cost: arithmetic by hand, a page from a measurement that was made up, and the command that measures."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from threadpoolctl import threadpool_limits

from benchmarks import growth, machine, sweeps, timings
from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.figures import cost as figures
from mirror_core.networks.network import MirrorNetwork
from mirror_core.pages import cost as page
from mirror_core.pages import cost_scale as scale
from mirror_core.runs.store import Run, RunStore
from mirror_core.studies.costs.measured import PARTS, Measured, read_measured
from mirror_core.studies.costs.scale import (
    INODES,
    METADATA_OPERATIONS,
    RunCost,
    matrix_flop,
    run_cost,
    slope,
    sweep_seconds,
)
from mirror_core.studies.data import find_data
from mirror_core.studies.sweeps.kept_rows import Row, RowStore

ROOT = Path(__file__).resolve().parents[2]


def records(names: str, *rows: tuple) -> list[dict]:
    return [dict(zip(names.split(), row, strict=True)) for row in rows]


def made_up() -> dict:
    """Return a measurement with round numbers: ours takes 3 s, the plain loop 9 s, an epoch in proportion to T."""
    parts = {
        "training": records(
            "reading hidden_size way turn seconds",
            *(("as-written", 96, "plain", turn, 9.0 + turn) for turn in range(3)),
            *(("as-written", 96, "ours", turn, 3.0) for turn in range(3)),
            ("as-written", 16, "plain", 0, 5.0), ("as-written", 16, "ours", 0, 0.5),
            ("self-observation", 96, "ours", 0, 4.5), ("dual-readout", 96, "ours", 0, 3.2),
        ),
        "growth": records(
            "setting value way turn seconds",
            *((name, value, way, turn, factor * value**power)
              for name, values, power in (("hidden_size", (24, 96, 192), 2), ("sequence_length", (6, 12, 48), 1),
                                          ("batch_size", (32, 64, 128), -0.5))
              for value in values for way, factor in (("ours", 0.01), ("plain", 0.03)) for turn in range(2)),
        ),
        "networks": records("networks turn seconds", (1, 0, 0.2), (4, 0, 0.8)),
        "cores": records(
            "core way turn seconds", ("gru", "ours", 0, 0.2), ("gru", "plain", 0, 0.6), ("lstm", "ours", 0, 0.5),
            ("lstm", "plain", 0, 0.5), ("transformer", "ours", 0, 0.8), ("transformer", "plain", 0, 1.2),
        ),
        "workers": records(
            "workers turn networks_per_minute training measuring overhead",
            (1, 0, 20.0, 2.5, 0.4, 0.1), (2, 0, 36.0, 2.6, 0.4, 0.1), (1, 1, 20.0, 2.5, 0.4, 0.1),
            (2, 1, 36.0, 2.6, 0.4, 0.1),
        ),
        "keeping": records(
            "action turn seconds", ("save run", 0, 0.02), ("load run", 0, 0.01), ("save row", 0, 0.015),
            ("load row", 0, 0.001),
        ),
        "sizes": records(
            "what bytes on_disk", ("weights", 241_808, 245_000), ("about", 7_000, 8_000), ("row", 2_600, 4_000),
            ("folder", 0, 3_000),
        ),
        "listing": records(
            "kind entries action turn seconds", ("runs", 100, "list", 0, 0.02), ("runs", 1000, "list", 0, 0.2),
            ("runs", 1000, "find", 0, 1e-5), ("runs", 1000, "save", 0, 0.02), ("rows", 100, "list", 0, 0.01),
            ("rows", 1000, "list", 0, 0.1),
        ),
        "handing_out": records("scheduler tasks turn seconds", ("loky", 100, 0, 0.07), ("dask", 100, 0, 5.0)),
        "declaring": records("runs turn seconds", (1000, 0, 0.5)),
    }  # fmt: skip
    machine = {"processor": "a processor", "cores": 2, "memory_gib": 8.0, "disk": "ext4", "system": "Linux",
               "python": "3.12", "packages": {"torch": "2"}}  # fmt: skip
    settings = {"sweep_networks": 10, "sweep_epochs": 10, "n_epochs": 20}
    about = {"command": "python -m benchmarks.growth", "date": "2026-01-01", "tiny": False, "device": "cpu",
             "machine": machine, "settings": settings}  # fmt: skip
    watch = {"load": 0.2, "seconds": 10.0, "others": 0.01}
    return {"about": about, "parts": {name: watch | {"rows": rows} for name, rows in parts.items()}}


@pytest.fixture
def saved(tmp_path):
    """Return a function that writes a measurement and returns its path, as a reader would name it."""

    def write(content: object) -> str:
        path = tmp_path / "my.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


@pytest.fixture
def measured(saved) -> Measured:
    return read_measured(saved(made_up()))


@pytest.fixture
def cost(measured) -> RunCost:
    return run_cost(measured, "as-written")


@pytest.fixture
def of_any_network() -> tuple[Run, Row]:
    """Return a run and its row, of which nothing is measured."""
    network = MirrorNetwork(Config())
    run = Run(Config(), network, pd.DataFrame({"loss": [1.0]}), {"seconds": 1.0})
    return run, Row(run.fingerprint, run.config.to_dict(), {"chance": 0.2}, run.provenance, 0.1)


def text(html) -> str:
    return re.sub(r"<[^>]+>", " ", html.data).replace("  ", " ")


# -- arithmetic, by hand --


def test_what_one_network_costs(cost, measured):
    # 3 s of training, 0.4 of measuring, 0.1 of the rest; two workers: 36 / 20 of one, 0.9 of two
    assert cost.total == pytest.approx(3.5)
    assert (cost.efficiency, cost.workers) == (pytest.approx(0.9), 2)
    assert cost.hand_over == {"loky": pytest.approx(0.0007), "dask": pytest.approx(0.05)}
    assert cost.declaring == pytest.approx(0.0005)
    assert (cost.with_weights, cost.without_weights) == (245_000 + 8_000 + 4_000 + 3_000, 4_000)
    assert run_cost(measured, "self-observation").total == pytest.approx(5.0)


def test_how_long_very_many_take(cost):
    assert sweep_seconds(cost, 1000, 1) == pytest.approx(3500)
    assert sweep_seconds(cost, 1000, 2) == pytest.approx(3500 / 1.8)
    # 3500 / 90 = 38.9 s, but one Dask scheduler needs 50 s to hand out a thousand tasks
    assert sweep_seconds(cost, 1000, 100) == pytest.approx(50)
    at_once = replace(cost, hand_over=dict.fromkeys(cost.hand_over, 0.0))
    assert sweep_seconds(at_once, 1000, 100) == pytest.approx(350 / 9)


def test_exponents_of_growth():
    assert slope(10, 40, 3.0, 48.0) == pytest.approx(2)
    assert slope(2, 8, 1.0, 1.0) == 0


def test_the_least_arithmetic_of_a_network_counted_one_by_one():
    config = Config().change(hidden_size=2, sequence_length=3, n_sequences=4, n_epochs=5)
    operations = 0
    for _mode in ("perform", "observe"):
        for _epoch in range(5):
            for _episode in range(4):
                for _timestep in range(3):
                    for _product in ("states", "gradient of states", "gradient of weights"):
                        for _gate in range(3):
                            operations += 2 * 2 * 2  # 2 × 2 weights, each a product and a sum
    assert matrix_flop(config) == operations
    assert matrix_flop(configure(config, "self-observation")) == 1.5 * operations


def test_what_keeping_a_run_asks_of_the_disk(tmp_path, monkeypatch, of_any_network):
    run, row = of_any_network
    store, counts = RunStore(tmp_path), dict.fromkeys(("fsync", "rename"), 0)

    def counting(owner, name, what):
        original = getattr(owner, name)

        def counted(*args):
            counts[what] += 1
            return original(*args)

        monkeypatch.setattr(owner, name, counted)

    counting(os, "fsync", "fsync")
    counting(Path, "rename", "rename")
    counting(Path, "replace", "rename")
    store.save(run)
    RowStore(store).save(row)
    of_the_run = [path for path in tmp_path.rglob("*") if path.name not in ("measures", row.run[:2])]
    assert len(of_the_run) == INODES["with weights"]
    assert sum("measures" in path.parts for path in of_the_run) == INODES["without"]
    found = counts | {"mkdir": sum(p.is_dir() for p in of_the_run), "create": sum(p.is_file() for p in of_the_run)}
    assert found == METADATA_OPERATIONS


# -- reading --


def test_a_file_that_cannot_be_used_is_one_clear_error(saved, tmp_path):
    with pytest.raises(OptionError, match="measured = 'nowhere.json'.*no such file.*cost.json.*benchmarks.growth"):
        read_measured("nowhere.json")
    with pytest.raises(OptionError, match="cannot be read as JSON"):
        read_measured(saved('{"about": '))
    with pytest.raises(OptionError, match="lacks the section 'about'"):
        read_measured(saved([1, 2]))
    for name in PARTS:
        content = made_up()
        del content["parts"][name]
        with pytest.raises(OptionError, match=f"lacks the part '{name}'"):
            read_measured(saved(content))
    content = made_up()
    del content["parts"]["growth"]["rows"][3]["seconds"]
    with pytest.raises(OptionError, match="in a record of its part 'growth': 'seconds'"):
        read_measured(saved(content))
    content["parts"]["growth"]["rows"] = []
    with pytest.raises(OptionError, match="in its part 'growth': any record"):
        read_measured(saved(content))


def test_what_was_not_measured_is_one_clear_error(measured, saved):
    with pytest.raises(OptionError, match="unknown reading 'as written'.*as-written"):
        run_cost(measured, "as written")
    content = made_up()
    content["parts"]["workers"]["rows"] = [r for r in content["parts"]["workers"]["rows"] if r["workers"] == 2]
    with pytest.raises(OptionError, match="lacks sweeps with one worker"):
        run_cost(read_measured(saved(content)), "as-written")


def test_the_committed_measurement_is_whole_and_has_no_place_of_the_machine_that_made_it():
    path = find_data("measured", "cost.json", "*.json")
    assert path == ROOT / "book" / "data" / "cost.json" and path.stat().st_size < 200_000
    found = read_measured("cost.json")
    assert not found.about["tiny"] and found.about["settings"]["n_epochs"] == 20
    assert set(found.parts["training"].reading) == {"as-written", "self-observation", "dual-readout"}
    assert not re.search(r"/(work|tmp|home|root)\b", path.read_text())
    assert "wall" not in page.finding(found, run_cost(found, "as-written"), "as-written").data


def test_a_file_that_happens_to_lie_where_the_work_runs_is_not_taken_for_the_measured_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.json").write_text("{}")
    assert find_data("measured", "own.json", "*.json").absolute() == tmp_path / "own.json"
    (tmp_path / "cost.json").write_text("{}")
    with pytest.raises(OptionError, match=f"'cost.json' is not allowed: it may be .*{tmp_path}/cost.json"):
        find_data("measured", "cost.json", "*.json")
    assert find_data("measured", "./cost.json", "*.json")
    assert find_data("measured", str(tmp_path / "cost.json"), "*.json") == tmp_path / "cost.json"


# -- the page --


@pytest.mark.parametrize(
    ("plain_loop", "said"), [((3.0, 9.0), "about as fast as"), ((3.1, 9.0), "faster than"), ((2.0, 2.9), "slower than")]
)
def test_the_plain_sentence_compares_every_turn(plain_loop, said, saved, plain):
    made = made_up()
    for row in made["parts"]["training"]["rows"]:
        if row["way"] == "plain" and row["hidden_size"] == 96:
            row["seconds"] = plain_loop[row["turn"] % 2]
    found = read_measured(saved(made))
    first = plain(page.finding(found, run_cost(found, "as-written"), "as-written").data)
    assert (
        first
        == f"Training one network of the paper's size takes 3.0 s of one processor core, {said} a plain PyTorch loop."
    )


def test_the_finding(measured, cost):
    assert page.times([3.0, 3.5, 4.0]) == "3.5 times (3.0 to 4.0 in 3 turns)"
    words = text(page.finding(measured, cost, "as-written"))
    assert f"On {measured.about['machine']['processor']}, training one network takes 3.0 s on one core" in words
    assert "takes 3.3 times (3.0 to 3.7 in 3 turns) as long" in words
    # 10⁴ × 3.5 s = 9.7 h; a million on a hundred cores: 10⁶ × 0.05 s of the scheduler = 13.9 h
    assert "10,000 networks take 9.7 h on one core" in words and "a million would take 14 h on a hundred" in words


def test_the_page_says_whether_the_machine_was_idle(saved):
    assert "counts as idle" in text(page.disturbance(read_measured(saved(made_up()))))
    busy = made_up()
    busy["parts"]["training"]["others"] = 2.0  # 10 s of 100: 0.2 cores on average
    words = text(page.disturbance(read_measured(saved(busy))))
    assert "The machine was not idle" in words and "0.21 cores" in words
    found = read_measured(saved(busy))
    assert "these times are too long" in text(page.finding(found, run_cost(found, "as-written"), "as-written"))
    tiny = made_up()
    tiny["about"]["tiny"] = True
    assert "mean nothing" in text(page.disturbance(read_measured(saved(tiny))))


def test_tables_of_growth_and_scale(measured, cost):
    rows = page.slopes(measured).data.split("<tr>")
    units, timesteps, batch = (next(r for r in rows if name in r) for name in ("units H", "timesteps T", "batch size"))
    assert units.count("2.00") == 4 and timesteps.count("1.00") == 4 and batch.count("−0.50") == 4
    assert all("3.0 – 3.0" in one for one in (units, timesteps, batch))
    table = text(scale.time_table(cost, "as-written"))
    assert "1,000,000" in table and "972.2" in table  # 10⁶ × 3.5 s in core-hours
    assert "260 MB" in text(scale.storage_table(cost)) and "4,000,000" in text(scale.storage_table(cost))
    assert "2 cores did 1.80 times the work of one" in text(scale.how_computed(measured, cost, "as-written"))
    assert "none was measured" in text(page.machine(measured))
    limits = text(scale.limits_table(measured, cost))
    assert "70 workers" in limits and "5,000 workers" in limits
    assert "a minute at 300,000 runs" in limits  # 0.2 ms each
    assert "100 workers, if the disk took one at a time" in limits  # 3.5 s / 35 ms
    assert "1.4 %" in text(scale.overheads_table(measured, cost))  # of dask: 50 ms of 3.5 s
    assert "1.80 times" not in text(page.workers_words(measured)) and "1.8 times" in text(page.workers_words(measured))
    assert "from 1.0 (lstm) to 1.5 (transformer)" in text(page.cores_words(measured))


def test_a_gpu_that_was_measured_is_told(saved, cost):
    content = made_up()
    rows = records("networks turn seconds", (1, 0, 0.5), (64, 0, 1.6))
    content["parts"]["device"] = content["parts"]["networks"] | {"rows": rows}
    content["about"]["device"] = "cuda"
    words = text(scale.how_computed(read_measured(saved(content)), cost, "as-written"))
    assert "On cuda, 64 networks trained together take 0.50 s each" in words  # 1.6 s × 20 epochs / 64
    assert "No GPU" not in words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3e-5, "30 µs"), (0.0123, "12 ms"), (0.5, "0.50 s"), (119, "119 s"), (600, "10 min"), (3 * 86400, "3.0 days"),
     (35 * 86400, "35 days"), (1e9, "32 years")],
)  # fmt: skip
def test_times_in_words(seconds, words):
    assert page.duration(seconds) == words


def test_figures_are_drawn_and_legible(measured, legible):
    tables = page.growth_tables(measured)
    training = measured.parts["training"]
    drawn = [
        figures.ways(training[training.reading == "as-written"], page.ratio_words(measured)),
        figures.growth(tables, page.PAPERS),
        figures.cores(measured.parts["cores"]),
    ]
    for fig in drawn:
        legible(fig)
    # every turn is a dot: of three turns, three
    dots = [line for line in drawn[0].axes[0].get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose(dots[0].get_xdata(), [3.0, 3.0, 3.0])
    assert drawn[1].axes[0].get_xscale() == "log" and drawn[1].axes[4].get_xscale() == "linear"
    assert [t.get_text() for t in drawn[2].axes[0].get_yticklabels()] == ["gru", "lstm", "transformer"]


# -- the command --


def test_the_command_measures_what_the_page_needs(tmp_path, monkeypatch, capsys, in_this_process):
    out = tmp_path / "cost.json"
    monkeypatch.setattr(sweeps, "LocalPool", in_this_process)
    monkeypatch.setattr(sys, "argv", ["growth", "--out", str(out), "--tiny"])
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    with threadpool_limits(1):  # the command sets this before it loads its libraries, which is too late here
        growth.main()
    assert "written after" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["cost.json"]
    found = read_measured(str(out))
    assert found.about["tiny"] and found.watch.part.tolist() == list(PARTS)
    assert set(found.parts["cores"].core) == set(timings.CORES)
    for reading in ("as-written", "self-observation", "dual-readout"):
        cost = run_cost(found, reading)
        assert cost.total > 0 and text(page.finding(found, cost, reading))
    assert (found.parts["growth"].seconds > 0).all() and (found.parts["handing_out"].seconds > 0).all()
    scale.limits_table(found, cost)
    if before is not None:
        assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--turns", "0"], "--turns 0 is not allowed"), (["--scratch", "/no/such"], "no such folder"),
     (["--device", "tpu"], "invalid choice: 'tpu'")],
)  # fmt: skip
def test_bad_options_end_before_anything_is_measured(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["growth", "--out", str(tmp_path / "x.json"), *options])
    with pytest.raises(SystemExit) as ended:
        growth.main()
    assert ended.value.code == 2 and message in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["growth", "--out", str(tmp_path / "nowhere" / "x.json")])
    with pytest.raises(SystemExit):
        growth.main()
    assert "there is no folder" in capsys.readouterr().err


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.json"
    growth.write({"a": 1}, path)
    with pytest.raises(TypeError):
        growth.write({"a": object()}, path)
    assert json.loads(path.read_text()) == {"a": 1} and len(list(tmp_path.iterdir())) == 1


def test_our_own_work_is_not_that_of_others(monkeypatch):
    """In ten seconds the machine worked for 12, of which this process and its ended workers did 9."""
    times = psutil.cpu_times()
    clock, own = iter([100.0, 110.0]), iter([(3.0, 1.0, 0.0, 0.0, 0.0), (6.0, 1.0, 5.0, 1.0, 0.0)])
    everybody = iter([times, times._replace(user=times.user + 11, system=times.system + 1, idle=times.idle + 8)])
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(machine.os, "times", lambda: next(own))
    monkeypatch.setattr(machine.psutil, "cpu_times", lambda: next(everybody))
    watch = machine.Watch()
    report = watch.report()
    monkeypatch.undo()
    assert (report["seconds"], report["others"]) == (10.0, pytest.approx(0.3))
