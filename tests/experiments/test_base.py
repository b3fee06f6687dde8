"""The family of experiments: what is refused, what each must have, and that a study is written and read whole."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mirror_core.checks import OptionError
from mirror_core.experiments import EXPERIMENTS, Experiment, Learner, experiment_named, register
from mirror_core.experiments.judging import claims_of
from mirror_core.experiments.mirroring import MIRRORING, mirroring
from mirror_core.experiments.study import read_study
from mirror_core.recordings.simulated import simulate_population
from mirror_core.studies.data import write_data

GOOD = Experiment(
    "coin", "A coin", "nobody2000", "10.0/0", "Coins mirror.", "coins", {"thrown": "once", "kept": "never"},
    ("mirror_units",), lambda learner: pd.DataFrame(), "thrown", "kept",
)  # fmt: skip


@pytest.fixture(autouse=True)
def as_before():
    before = dict(EXPERIMENTS)
    yield
    EXPERIMENTS.clear()
    EXPERIMENTS.update(before)


def test_a_good_one_is_found_by_its_name():
    assert register(GOOD) is experiment_named("coin")
    with pytest.raises(OptionError, match="registered already"):
        register(GOOD)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"claims": ""}, "has no claims"),
        ({"conditions": {}}, "has no conditions"),
        ({"main": "tossed"}, "tossed"),
        ({"measures": ("weight",)}, "weight"),
    ],
)
def test_a_bad_one_is_refused(change, said):
    with pytest.raises(OptionError, match=said):
        register(replace(GOOD, **change))


def test_an_unknown_condition_or_seed_is_refused():
    with pytest.raises(OptionError, match="condition of coin 'keptt'.*kept"):
        GOOD.learner(0, ("keptt",))
    with pytest.raises(OptionError, match="seed"):
        GOOD.learner(-1)


def test_what_is_learned_is_named_by_experiment_seed_and_conditions():
    names = {
        Learner(name, seed, conditions).fingerprint
        for name in ("a", "b")
        for seed in (0, 1)
        for conditions in (("x",), ("x", "y"))
    }
    assert len(names) == 8


def test_planted_mirror_units_are_found_and_unrelated_ones_are_not():
    rng = np.random.default_rng(0)
    planted = simulate_population(6, rng, planted_share=1, n_units=24, n_sequences=40)
    found = mirroring(planted.perform, planted.observe, planted.actions, 0, "test", n_draws=199)
    assert set(found) == set(MIRRORING)
    assert found["mirror_share"] > 0.5 and found["code_gain"] > 0.5 and found["code_p"] < 0.05
    other = simulate_population(6, rng, planted_share=0, n_units=24, n_sequences=40)
    none = mirroring(other.perform, other.observe, other.actions, 0, "test", n_draws=199)
    assert none["mirror_units"] == 0 and none["code_gain"] < 0.2


def test_where_no_unit_could_pass_none_is_counted():
    made = simulate_population(6, np.random.default_rng(0), planted_share=1, n_units=4, n_sequences=40)
    found = mirroring(made.perform, made.observe, made.actions, 0, "test", n_draws=99)
    assert np.isnan(found["mirror_units"]) and np.isnan(found["mirror_share"]) and found["code_gain"] > 0.5


def test_a_table_comes_back_with_its_provenance_and_a_foreign_one_is_refused(tmp_path):
    register(GOOD)
    table = pd.DataFrame({"condition": ["thrown"], "seed": [100], "mirror_units": [1.0], "seconds": [0.1]})
    table.attrs = {"experiment": "coin", "command": "mirror experiment coin"}
    path = tmp_path / "coin.parquet"
    write_data(table, path)
    back = read_study(GOOD, str(path))
    pd.testing.assert_frame_equal(back, table)
    assert back.attrs == table.attrs
    for change, said in (
        (lambda one: one.attrs.update(experiment="die"), "not a table of coin"),
        (lambda one: one.pop("mirror_units"), "lacks the column"),
        (lambda one: one.__setitem__("condition", ["lost"]), "unknown condition"),
    ):
        other = table.copy()
        change(other)
        write_data(other, path)
        with pytest.raises(OptionError, match=said):
            read_study(GOOD, str(path))
    path.write_bytes(b"PAR1")
    with pytest.raises(OptionError, match="cannot be read"):
        read_study(GOOD, str(path))
    with pytest.raises(OptionError, match="mirror experiment coin"):
        read_study(GOOD, "nowhere.parquet")


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=list(EXPERIMENTS))
def test_its_claims_name_its_measures_and_conditions(experiment):
    claims = claims_of(experiment)
    assert claims and all(claim.page == experiment.name for claim in claims)
