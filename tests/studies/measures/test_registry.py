"""The registry of measures: what is refused, and that a measure added in one file is there for all that ask."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from mirror_core.analysis import DECODERS, shares
from mirror_core.arrays import MODES
from mirror_core.checks import OptionError
from mirror_core.config.paper import STRONG
from mirror_core.studies.claims.evidence import claimable, network_evidence
from mirror_core.studies.measures import MEASURES, Measure, measure_named, register
from mirror_core.studies.measures.shares import HEADLINE, measured_on_r
from mirror_core.studies.sweeps.kept_rows import COLUMNS

MEDIAN = '''
"""The median, a family of one."""

import numpy as np

from mirror_core.studies.measures.base import CORRELATION, Measure, register

def median(r):
    return float(np.nanmedian(r))

register(Measure("median", "median r", CORRELATION, "units paired with other units", of_r=median))
'''
GOOD = Measure("range", "largest minus smallest r", (0.0, 2.0), "units paired with other units")


@pytest.fixture(autouse=True)
def as_before():
    """Let a test add measures that others do not see."""
    before = dict(MEASURES)
    yield
    MEASURES.clear()
    MEASURES.update(before)


@pytest.fixture
def median(tmp_path):
    path = tmp_path / "median.py"
    path.write_text(MEDIAN)
    spec = importlib.util.spec_from_file_location("median", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.mark.parametrize("measure", MEASURES.values(), ids=list(MEASURES))
def test_every_measure_says_all_that_the_contract_asks(measure):
    del MEASURES[measure.name]
    assert register(measure) is measure_named(measure.name)


@pytest.mark.parametrize("measure", [m for m in MEASURES.values() if m.of_r], ids=lambda m: m.name)
def test_a_function_of_r_stays_in_its_limits(measure):
    r = np.append(np.random.default_rng(0).uniform(-1, 1, 50), np.nan)
    assert measure.limits[0] <= measure.of_r(r) <= measure.limits[1]
    assert np.isnan(measure.of_r(np.full(3, np.nan))) or measure.name == "n_excluded"


def test_the_headline_numbers_are_the_papers():
    r = np.array([0.9, 0.8, 0.7, -0.65, 0.1, np.nan])
    found = shares(r)
    assert measured_on_r(r) == {name: getattr(found, name) for name in ("strong", "moderate", "largest", "smallest")}
    assert {m for m in MEASURES.values() if m.reported} == set(HEADLINE)
    assert measure_named("strong").reported is STRONG


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "strong"}, "'strong' is registered already"),
        ({"name": ""}, "has no name"),
        ({"label": ""}, "'range' has no label"),
        ({"null": ""}, "'range' has no null"),
        ({"limits": (1.0, 0.0)}, "'range' has no limits"),
        ({"sign": 0}, "'range' has no sign"),
        ({"digits": -1}, "digits of measure 'range'"),
        ({"needs": ("action",)}, "Did you mean 'actions'"),
    ],
)
def test_a_measure_without_a_part_is_refused(change, said):
    before = list(MEASURES)
    with pytest.raises(OptionError, match=said):
        register(replace(GOOD, **change))
    assert list(MEASURES) == before


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(OptionError, match="Did you mean 'moderate'"):
        measure_named("moderat")


def test_a_measure_in_a_file_of_its_own_is_measured_and_can_be_claimed(median):
    assert measure_named("median").label == "median r" and "median" in claimable()
    measured = xr.Dataset(
        {
            "r": (("centring", "unit"), [[0.1, 0.2, 0.9]]),
            "accuracy": (("decoder", "train_mode", "test_mode"), np.full((len(DECODERS), 2, 2), 0.5)),
            "chance": 0.25,
        },
        {"centring": ["raw"], "decoder": list(DECODERS), "train_mode": list(MODES), "test_mode": list(MODES)},
    )
    assert network_evidence(measured, None)[0]["median"] == 0.2


def test_everything_that_is_asked_by_name_is_registered():
    columns = {name.removesuffix("_raw").removesuffix("_centred") for name in COLUMNS}
    assert columns | set(claimable()) <= set(MEASURES)
