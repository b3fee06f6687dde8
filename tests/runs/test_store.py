"""The run store: found by what made it, whole or not at all."""

import errno
import multiprocessing
import os
import signal
import time

import pytest
import torch

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config
from mirror_core.runs import store as runs
from mirror_core.runs.making import make, obtain
from mirror_core.runs.store import RunStore, StoreError, default_store, run_fingerprint
from mirror_core.runs.workers import WorkerDied, n_workers

TINY = Config().change(hidden_size=4, input_size=4, n_sequences=20, n_heldout=5, n_epochs=1, sequence_length=3)


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "store")


def same_weights(one, two):
    first, second = (run.network.state_dict() for run in (one, two))
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_comes_back_as_it_was(store):
    made = make(TINY, store)
    loaded = store.load(TINY)
    assert same_weights(loaded, made)
    assert loaded.config == TINY
    assert loaded.history.equals(made.history)
    assert loaded.provenance == made.provenance
    assert {"torch", "processor", "started", "seconds", "code"} <= loaded.provenance.keys()


def test_nothing_is_trained_twice(store, monkeypatch):
    first = obtain([TINY, TINY], store, progress=False)
    assert first[0] is first[1]
    before = (store.folder(TINY) / "run.json").stat().st_mtime_ns
    monkeypatch.setattr("mirror_core.runs.making.make", lambda *_: pytest.fail("trained again"))
    again = obtain([TINY], store, progress=False)
    assert same_weights(again[0], first[0])
    assert (store.folder(TINY) / "run.json").stat().st_mtime_ns == before


def test_the_name_follows_configuration_and_code(monkeypatch):
    name = run_fingerprint(TINY)
    assert run_fingerprint(TINY.change(seed=1)) != name
    monkeypatch.setattr(runs, "code_fingerprint", lambda: "other code")
    assert run_fingerprint(TINY) != name


@pytest.mark.parametrize("file", ["run.json", "weights.safetensors"])
@pytest.mark.parametrize("damage", ["truncated", "altered", "missing", "empty"])
def test_a_damaged_entry_is_said_and_made_again(store, file, damage):
    good = make(TINY, store)
    path = store.folder(TINY) / file
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        middle = len(content) // 2
        altered = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"truncated": content[:middle], "altered": altered, "empty": b""}[damage])
    with pytest.warns(UserWarning, match=f"stored run .*{store.folder(TINY).name} is damaged"):
        assert store.load(TINY) is None
    with pytest.warns(UserWarning):
        (again,) = obtain([TINY], store, progress=False)
    assert same_weights(again, good)
    assert [p.name for p in store.root.iterdir()] == [run_fingerprint(TINY)]


def test_an_entry_of_another_configuration_is_not_used(store):
    make(TINY, store)
    other = TINY.change(seed=1)
    store.folder(TINY).rename(store.folder(other))
    with pytest.warns(UserWarning, match="another configuration"):
        assert store.load(other) is None


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(store, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    kept = make(TINY, store)
    monkeypatch.setattr(runs, "save_file", full)
    with pytest.raises(StoreError, match="No space left.*MIRROR_CORE_STORE"):
        make(TINY.change(seed=1), store)
    assert [p.name for p in store.root.iterdir()] == [kept.fingerprint]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_without_permission_is_named(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(StoreError, match="locked"):
        make(TINY, RunStore(folder / "store"))


def test_a_store_that_is_a_file_is_named(store):
    store.root.write_text("not a folder")
    with pytest.raises(StoreError, match=str(store.root)):
        make(TINY, store)


def _make_many(root, n):
    for _ in range(n):
        make(TINY, RunStore(root))


def test_two_builds_at_once_do_not_harm_each_other(store):
    processes = [multiprocessing.get_context("spawn").Process(target=_make_many, args=(store.root, 5)) for _ in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [p.exitcode for p in processes] == [0, 0]
    assert store.load(TINY) is not None
    assert [p.name for p in store.root.iterdir()] == [run_fingerprint(TINY)]


def test_a_process_killed_while_saving_leaves_no_half_entry(store):
    process = multiprocessing.get_context("spawn").Process(target=_make_many, args=(store.root, 10_000))
    process.start()
    while not store.root.is_dir() or not any(store.root.iterdir()):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    run = store.load(TINY)  # whole, or missing without a word
    assert run is None or run.config == TINY
    assert obtain([TINY], store, progress=False)[0].config == TINY


def _die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_one_clear_error(store, monkeypatch):
    monkeypatch.setattr("mirror_core.runs.making._make_and_drop", _die)
    monkeypatch.delattr("mirror_core.runs.pools.KeptPool._begin")  # what is about to die need not load much
    monkeypatch.setenv("MIRROR_CORE_WORKERS", "2")
    with pytest.raises(WorkerDied, match="worker process died while training.*0 of 2 done.*run again"):
        obtain([TINY, TINY.change(seed=1)], store, progress=False)


def test_where_the_store_is(monkeypatch, tmp_path):
    monkeypatch.delenv("MIRROR_CORE_STORE", raising=False)
    assert default_store().name == ".runs"
    monkeypatch.setenv("MIRROR_CORE_STORE", str(tmp_path / "elsewhere"))
    assert default_store() == tmp_path / "elsewhere"


@pytest.mark.parametrize("value", ["0", "two", "-1", "1.5"])
def test_an_impossible_number_of_workers_is_refused(monkeypatch, value):
    monkeypatch.setenv("MIRROR_CORE_WORKERS", value)
    with pytest.raises(OptionError, match="MIRROR_CORE_WORKERS"):
        n_workers()
