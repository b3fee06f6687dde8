"""Kept analyses: computed once, never used for another run, other settings or other code, and never when damaged."""

import pytest

from mirror_core.config.settings import Config
from mirror_core.runs import kept
from mirror_core.runs.kept import analyse_runs
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
