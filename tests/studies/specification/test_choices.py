"""Choices are read from a declaration, and every value finds its level."""

import numpy as np
import pandas as pd
import pytest

from mirror_core.checks import OptionError
from mirror_core.config.settings import Config, flat
from mirror_core.studies.specification.choices import choices_of, random_sweep, value_text
from mirror_core.studies.sweeps.ranges import Range

DRAWN = {
    "reading": ["as-written"],
    "n_actions": {"low": 3, "high": 12, "log": False},
    "noise_std": {"low": 0.01, "high": 0.64, "log": True},
    "core": ["lstm", "gru"],
    "n_epochs": [20, 5, 20],
    "shared_heads": [True, False],
    "seed": {"low": 0, "high": 9},
}
CHOICES = {choice.name: choice for choice in choices_of(DRAWN)}


def test_what_names_a_network_is_no_choice():
    assert list(CHOICES) == ["n_actions", "noise_std", "core", "n_epochs", "shared_heads"]


def test_levels_are_values_once_or_thirds_of_a_range():
    assert CHOICES["core"].levels == ("lstm", "gru")
    assert CHOICES["n_epochs"].levels == ("5", "20")
    assert CHOICES["shared_heads"].levels == ("separate", "shared")
    assert CHOICES["n_actions"].levels == ("3–6", "7–9", "10–12")
    assert CHOICES["noise_std"].levels == (".01–.04", ".04–.16", ".16–.64")


@pytest.mark.parametrize(
    "name, values, levels",
    [
        ("n_actions", [3, 6, 7, 9, 10, 12, 2, 13], [0, 0, 1, 1, 2, 2, -1, -1]),
        ("noise_std", [0.01, 0.039, 0.041, 0.159, 0.161, 0.64, 0.001], [0, 0, 1, 1, 2, 2, -1]),
        ("core", ["gru", "lstm", "other"], [1, 0, -1]),
        ("shared_heads", [True, False], [1, 0]),
        ("n_epochs", [5, 20, 7], [0, 1, -1]),
    ],
)
def test_every_value_has_its_level(name, values, levels):
    assert CHOICES[name].level_of(pd.Series(values)).tolist() == levels


def test_the_papers_value_is_found():
    assert [CHOICES[name].level_of(pd.Series([flat(Config())[name]])).item() for name in CHOICES] == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["n_actions", "noise_std"])
def test_parts_of_a_range_are_about_equally_likely(name):
    axis = Range(**DRAWN[name])
    drawn = [axis.at(u, whole_number=name == "n_actions") for u in np.linspace(0, 1, 3000, endpoint=False)]
    shares = np.bincount(CHOICES[name].level_of(pd.Series(drawn))) / 3000
    assert np.abs(shares - 1 / 3).max() < (0.07 if name == "n_actions" else 0.001)


@pytest.mark.parametrize(
    "value, text", [(0.0, "0"), (0.05, ".05"), (1.0, "1"), (2.154, "2.15"), (1e-4, "1e−4"), (0.001, ".001"), (6, "6")]
)
def test_values_are_written_shortly(value, text):
    assert value_text("noise_std", value) == text


def test_a_sweep_that_draws_nothing_is_one_clear_error(made):
    with pytest.raises(OptionError, match="no random sweep 'specification-paper'; it has: specification-gru"):
        random_sweep(made, "specification-paper")
    with pytest.raises(OptionError, match="it has: none"):
        random_sweep(pd.DataFrame(), "specification-gru")
