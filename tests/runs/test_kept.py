"""Kept analyses: computed once, never used for another run, other settings or other code, and never when damaged."""

import hashlib

import pytest

from mirror_core.config.settings import Config
from mirror_core.runs import kept
from mirror_core.runs.kept import analyse_runs, load_result
from mirror_core.runs.making import make
from mirror_core.runs.store import RunStore
from mirror_core.studies.measures.basic import measure_run

TINY = Config().change(hidden_size=4, input_size=4, n_sequences=20, n_heldout=5, n_epochs=1, sequence_length=3)


@pytest.fixture(scope="module")
def runs():
    return [make(TINY.change(seed=seed), None) for seed in (1, 2)]


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


def analyse(runs, store, n_test=8, **more):
    return analyse_runs(measure_run, runs, store=store, progress=False, n_test=n_test, **more)


def files(store):
    return sorted(path for path in store.root.glob("analyses/*/*") if path.is_file())


def test_results_are_those_of_the_function_in_the_order_of_the_runs(runs, store):
    found = analyse([runs[1], runs[0], runs[1]], store)
    for one, run in zip(found, [runs[1], runs[0], runs[1]], strict=True):
        assert one.identical(measure_run(run, 8))
    assert len(files(store)) == 2


def test_nothing_is_computed_twice(runs, store, monkeypatch):
    first = analyse(runs, store)
    monkeypatch.setattr(
        kept, "in_workers", lambda _, tasks, *rest: iter([pytest.fail("computed again")] if tasks else [])
    )
    assert all(a.identical(b) for a, b in zip(first, analyse(runs, store), strict=True))


def test_other_settings_or_other_code_are_another_result(runs, store, monkeypatch):
    few, many = analyse(runs[:1], store), analyse(runs[:1], store, n_test=9)
    assert not few[0].identical(many[0])
    monkeypatch.setattr(kept, "code_of", lambda *_: "changed")
    analyse(runs[:1], store)
    assert len(files(store)) == 3


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-20], lambda content: content[:70] + b"?" + content[71:], lambda _: b""]
)
def test_a_damaged_result_is_named_and_made_again(runs, store, damage):
    first = analyse(runs, store)
    broken = files(store)[0]
    broken.write_bytes(damage(broken.read_bytes()))
    with pytest.warns(UserWarning, match=rf"{broken.name} is damaged; it will be made again"):
        again = analyse(runs, store)
    assert all(a.identical(b) for a, b in zip(first, again, strict=True))
    assert all(a.identical(b) for a, b in zip(first, analyse(runs, store), strict=True))


def test_a_folder_that_cannot_be_written_is_named(runs, tmp_path):
    (tmp_path / "analyses").write_text("in the way")
    with pytest.raises(Exception, match="cannot keep .*analyses"):
        analyse(runs[:1], RunStore(tmp_path))


def test_a_result_under_another_name_is_not_used(runs, store):
    one, two = analyse(runs, store)
    first, second = files(store)
    second.write_bytes(first.read_bytes())
    with pytest.warns(UserWarning, match=rf"{second.name} is damaged"):
        again = analyse(runs, store)
    assert one.identical(again[0]) and two.identical(again[1])


def test_a_result_without_a_name_is_of_an_earlier_version_and_is_used(runs, store):
    analyse(runs[:1], store)
    path = files(store)[0]
    head, _, content = path.read_bytes().partition(b"\n")
    path.write_bytes(b" ".join(head.split()[:2]) + b"\n" + content)
    assert load_result(path) is not None


@pytest.mark.parametrize("form", ["netcdf", "parquet", "json", "pickle"])
def test_what_cannot_be_read_though_its_checksum_is_right_is_made_again(tmp_path, form):
    for content in (b"not what it says", b"[" * 100_000 + b"]" * 100_000):
        (tmp_path / "x").write_bytes(f"{hashlib.sha256(content).hexdigest()} {form} x\n".encode() + content)
        with pytest.warns(UserWarning, match="x is damaged; it will be made again"):
            assert load_result(tmp_path / "x") is None
