"""Configuration: the paper's numbers, clear refusals, a fingerprint that follows every field."""

import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.settings import (
    DEFAULTS,
    Config,
    NetworkConfig,
    ObjectiveConfig,
    TrainingConfig,
    WorldConfig,
    flat,
)


def test_defaults_are_the_numbers_of_the_paper():
    config = Config()
    assert (config.world.decay, config.world.sensory_dim) == (0.9, 16)
    assert (config.network.hidden_size, config.network.input_size) == (96, 96)
    plan = config.training
    assert (plan.n_sequences, plan.sequence_length, plan.n_epochs, plan.batch_size) == (2000, 12, 20, 64)
    assert (plan.learning_rate, config.seed) == (1e-3, 42)


@pytest.mark.parametrize("section", [WorldConfig, NetworkConfig, ObjectiveConfig, TrainingConfig])
def test_every_setting_says_what_it_is(section):
    import ast
    import inspect

    body = ast.parse(inspect.getsource(section)).body[0].body
    documented = [
        before.target.id
        for before, after in zip(body, body[1:], strict=False)
        if isinstance(before, ast.AnnAssign) and isinstance(after, ast.Expr)
    ]
    assert documented == [f.name for f in fields(section)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hidden_size": 0}, ["hidden_size = 0", "at least 1"]),
        ({"hidden_size": 9.5}, ["hidden_size = 9.5", "whole number"]),
        ({"hidden_size": True}, ["hidden_size = True", "whole number"]),
        ({"noise_std": -0.1}, ["noise_std = -0.1", "at least 0"]),
        ({"noise_std": float("nan")}, ["noise_std = nan"]),
        ({"noise_std": "loud"}, ["noise_std = 'loud'"]),
        ({"n_actions": 1}, ["n_actions = 1", "at least 2"]),
        ({"sequence_length": 1}, ["sequence_length = 1", "at least 2"]),
        ({"decay": 1.0}, ["decay = 1.0", "less than 1"]),
        ({"learning_rate": 0}, ["learning_rate = 0", "greater than 0"]),
        ({"seed": -1}, ["seed = -1"]),
        ({"paired": "yes"}, ["paired = 'yes'", "True or False"]),
        ({"trained": "al"}, ["unknown trained 'al'", "Did you mean 'all'"]),
        ({"effect_distribution": "norml"}, ["'norml'", "'normal'"]),
        ({"predict_weight": 0, "infer_weight": 0}, ["predict_weight = 0", "one must be positive"]),
        ({"n_actions": 17, "effect_distribution": "orthogonal"}, ["n_actions = 17", "at most sensory_dim = 16"]),
        ({"habit": 1.5}, ["habit = 1.5", "at least 0 and at most 1"]),
        ({"watching": "yes"}, ["watching = 'yes'", "True or False"]),
        ({"watching": True, "predict_weight": 0}, ["predict_weight = 0", "positive"]),
        ({"curriculum": "vision"}, ["unknown curriculum 'vision'", "'vision-first'"]),
        ({"curriculum": "vision-first", "trained": "nothing"}, ["trained = 'nothing'", "must be 'all'"]),
        ({"curriculum": "vision-first", "watching": True}, ["watching = True", "must be False"]),
        ({"curriculum": "vision-first", "predict_weight": 0}, ["predict_weight = 0", "positive"]),
        ({"hiden_size": 96}, ["unknown setting 'hiden_size'", "'hidden_size'"]),
    ],
)
def test_impossible_settings_are_refused_by_name_value_and_range(changes, words):
    with pytest.raises(OptionError) as error:
        Config().change(**changes)
    for word in words:
        assert word in str(error.value)


def test_change_leaves_everything_else():
    changed = Config().change(n_actions=8, seed=7)
    assert (changed.world.n_actions, changed.seed) == (8, 7)
    assert changed.change(n_actions=6, seed=42) == Config()


def test_numbers_of_other_libraries_become_plain_ones():
    config = Config().change(seed=np.int64(3), noise_std=np.float32(0.5), n_actions=np.int8(4))
    assert (type(config.seed), type(config.world.noise_std), type(config.world.n_actions)) == (int, float, int)
    assert config == Config().change(seed=3, noise_std=0.5, n_actions=4)


def test_dict_round_trip():
    config = Config().change(effect_distribution="uniform", paired=False, seed=3)
    assert Config.from_dict(config.to_dict()) == config


def test_fingerprint_is_the_same_in_another_process():
    code = "from mirror_core.config.settings import Config; print(Config().fingerprint())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == Config().fingerprint()


def test_fingerprint_compares_numbers_by_value():
    assert Config().change(effect_scale=1).fingerprint() == Config().change(effect_scale=1.0).fingerprint()
    assert Config().change(seed=np.int64(7)).fingerprint() == Config().change(seed=7).fingerprint()


def other_value(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return {"normal": "uniform", "all": "nothing", "both": "own", "at-once": "vision-first"}.get(value)
    return value + 1 if isinstance(value, int) else value / 2 + 0.01


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_every_setting_moves_the_fingerprint(name):
    value = other_value(DEFAULTS[name])
    if value is None:
        pytest.skip("a setting with a single allowed value")
    assert Config().change(**{name: value}).fingerprint() != Config().fingerprint()


LATER = {"habit": 0.8, "watching": True, "curriculum": "vision-first"}


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (Config(), "d14fa66a42995a41880f99a67f05766f37653d8bc60d01b6d4ff56a4ca904935"),
        (
            configure(Config(), "self-observation", "untrained"),
            "89067daa1b25da2a2ef73921638ff89220ec7eb4285038be585dc6aad67faa46",
        ),
        (
            configure(Config(), "dual-readout", "separate-cores"),
            "ff49a52cac54260a912173fe59c02fff214b491d7dae9e444ed165bb84f8ed6b",
        ),
        (
            configure(Config(), condition="random-dynamics"),
            "4f5ddd7fd3c3956b0fd854e19e691eefd15618ab1b9e3dba6fbdaa6fb72975f6",
        ),
        (
            Config().change(core="lstm", n_actions=9, weight_decay=0.01, seed=7, noise_std=0.2),
            "0493cdce750fcc7238f6f5e7ff2fa2b34da6723273de2fac4e8d49f5f35f7a66",
        ),
    ],
)
def test_names_are_those_from_before_there_were_later_settings(config, name):
    assert config.fingerprint() == name


@pytest.mark.parametrize(("name", "value"), LATER.items())
def test_a_later_setting_is_written_only_where_it_says_something(name, value):
    assert name in DEFAULTS and name not in flat(Config())
    changed = Config().change(**{name: value})
    assert flat(changed)[name] == value and Config.from_dict(changed.to_dict()) == changed
    assert changed.change(**{name: DEFAULTS[name]}).fingerprint() == Config().fingerprint()


def test_the_later_settings_are_those():
    assert set(DEFAULTS) - set(flat(Config())) == set(LATER)


@given(a=st.integers(0, 2**32 - 1), b=st.integers(0, 2**32 - 1))
def test_fingerprints_agree_exactly_where_configurations_do(a, b):
    one, two = Config(seed=a), Config(seed=b)
    assert (one.fingerprint() == two.fingerprint()) == (a == b)
