"""What a page made use of: noted where a build asks for it, put together, and nothing anywhere else."""

import hashlib
from types import SimpleNamespace

from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.runs.kept import analyse_runs
from mirror_core.runs.making import obtain
from mirror_core.runs.store import RunStore, run_fingerprint
from mirror_core.runs.used import NOTES_VARIABLE, note_analysis, read_notes
from mirror_core.studies.data import find_data
from mirror_core.studies.measures.basic import measure_run

SMALL = Config().change(n_epochs=1, hidden_size=4)


def test_networks_are_grouped_by_what_but_the_seed_makes_them_and_analyses_by_name(tmp_path, monkeypatch):
    notes, has_all = tmp_path / "notes", SimpleNamespace(load=lambda config: config)
    configs = [configure(SMALL.change(seed=seed), "self-observation") for seed in (42, 43)]
    assert obtain([*configs, SMALL], has_all) == [*configs, SMALL]
    assert read_notes(notes) == {"runs": [], "analyses": {}, "tables": {}}, "nobody has asked"
    monkeypatch.setenv(NOTES_VARIABLE, str(notes))
    obtain(configs, has_all)
    obtain([configs[0], SMALL], has_all)
    analyse_runs(measure_run, [], store=RunStore(tmp_path))
    for of in (2, 1):
        note_analysis(measure_run, of)
    monkeypatch.setenv(NOTES_VARIABLE, str(tmp_path / "gone" / "notes"))
    note_analysis(measure_run, 5)
    found, small = read_notes(notes), {"n_epochs": 1, "hidden_size": 4}
    assert found["runs"] == [
        {"changes": small | {"joint_pass": True}, "seeds": {str(c.seed): run_fingerprint(c) for c in configs}},
        {"changes": small, "seeds": {"42": run_fingerprint(SMALL)}},
    ]
    assert list(found["analyses"]) == ["mirror_core.studies.measures.basic.measure_run"]
    one = found["analyses"]["mirror_core.studies.measures.basic.measure_run"]
    assert one["of"] == 2 and one["says"].endswith(".")


def test_a_table_of_the_checkout_is_noted_when_it_is_found_with_what_is_in_it(tmp_path, monkeypatch):
    monkeypatch.setenv(NOTES_VARIABLE, str(tmp_path / "notes"))
    path = find_data("table", "cost.json", "*.json")
    (tmp_path / "own.json").write_text("{}")
    find_data("table", str(tmp_path / "own.json"), "*.json")
    assert read_notes(tmp_path / "notes")["tables"] == {"cost.json": hashlib.sha256(path.read_bytes()).hexdigest()}
