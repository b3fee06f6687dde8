"""Units of several animals: exchanged within each, and the animal as the sampling unit."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from mirror_core.analysis.sign_flips import sign_flip_p
from mirror_core.analysis.significance import share_beyond
from mirror_core.arrays import DIMENSIONS
from mirror_core.recordings.cleaned import of_trials, prepare
from mirror_core.recordings.trials import Trials
from mirror_core.report import analyse_trials
from mirror_core.studies.report.analysing import ANALYSES
from mirror_core.studies.report.animals import animals_of
from mirror_core.studies.report.responses import exchanged_means, population
from mirror_core.studies.report.results import Settings


def correlations(rng, common, gains, n_units=20, n_actions=8):
    """Return correlations across modes of unrelated tunings, whose strength and common part are the animal's own."""
    animal = np.repeat(np.arange(len(gains)), n_units)
    gain, noise = np.array(gains)[animal], rng.standard_normal((2, n_actions, len(animal)))
    shared = common * rng.standard_normal((n_actions, len(gains)))[:, animal]
    x, y = gain * (rng.standard_normal((2, n_actions, len(animal))) + shared) + noise
    x, y = ((one - one.mean(axis=0)) / np.linalg.norm(one - one.mean(axis=0), axis=0) for one in (x, y))
    return x.T @ y, gain + 0.01 * rng.random(len(gain)), animal


@pytest.mark.parametrize("common, gains", [(0.0, (0.2, 1, 5)), (0.7, (1, 1, 1)), (0.7, (0.2, 1, 5))])
def test_exchanges_within_an_animal_hold_where_animals_differ_and_no_code_is_shared(common, gains):
    p = {"within": [], "across": []}
    for seed in range(300):
        rng = np.random.default_rng(seed)
        r, strength, animal = correlations(rng, common, gains)
        for name, of in (("within", animal), ("across", None)):
            null = exchanged_means(r, strength, 99, rng, of)
            p[name].append(share_beyond(np.array([np.diag(r).mean()]), null[:, None])[0])
    false = {name: np.mean(np.array(values) <= 0.05) for name, values in p.items()}
    assert false["within"] <= 0.05 + 1.96 * np.sqrt(0.05 * 0.95 / 300)
    if gains == (1, 1, 1):  # what the units of an animal have in common passes for a code
        assert false["across"] > 0.5


def test_no_exchange_leaves_its_animal():
    animal = np.array(["a", "b"] * 10)
    r = np.equal.outer(animal, animal) * 1.0
    np.testing.assert_array_equal(exchanged_means(r, np.arange(20.0), 50, np.random.default_rng(0), animal), 1.0)


def test_signs_flipped_by_hand():
    assert sign_flip_p([1.0, 2.0]) == 0.25
    assert sign_flip_p([3.0, -1.0, 1.0]) == pytest.approx(3 / 8)  # sums 3, 5, 3 of eight are at least 3
    assert sign_flip_p(np.ones(20)) == pytest.approx(2**-16, rel=2)
    rng = np.random.default_rng(0)
    p = [sign_flip_p(rng.standard_normal(6)) for _ in range(1000)]
    assert 0.03 <= np.mean(np.array(p) <= 0.05) <= 0.07


def recorded(seed, animals, *, similarity, name="animal", n_conditions=8, n_units=12, n=(48, 32)):
    """Return trials of units with tunings that are as similar in the two modes as is asked of each animal."""
    rng = np.random.default_rng(seed)
    share = np.repeat(similarity, n_units)
    tuning = rng.standard_normal((2, n_conditions, n_units * len(animals)))
    tuning[1] = share * tuning[0] + np.sqrt(1 - share**2) * tuning[1]
    labels = [np.arange(many) % n_conditions for many in n]
    modes = [
        of[label][:, None] + rng.standard_normal((len(label), 3, of.shape[1]))
        for of, label in zip(tuning, labels, strict=True)
    ]
    of_unit = np.repeat(animals, n_units)
    return Trials(*modes, *labels, [f"u{i}" for i in range(len(of_unit))], groups={name: of_unit})


def test_the_report_states_each_animal_and_what_so_few_can_tell(monkeypatch):
    trials = recorded(0, ["ann", "bob", "cy"], similarity=[0.9, 0.9, 0.0])
    monkeypatch.delitem(ANALYSES, "generalisation")
    found = analyse_trials(trials, n_permutations=200)
    table = found.tables["population"].set_index("quantity")
    each = table.loc[[f"correlation of tunings, {name}" for name in ("ann", "bob", "cy")]]
    assert each.units.tolist() == [12, 12, 12]
    assert (each.p[:2] <= 0.05).all() and each["same unit"].iloc[2] < 0.3
    over = found.sections["population"].found["animals"]
    np.testing.assert_allclose(over.gain, each["same unit"] - each.exchanged)
    assert over.smallest_p == 1 / 8
    assert "3 are too few to tell whether another animal would" in found.reading.verdict
    assert "these are 3" in " ".join(found.reading.does_not_say)


def test_units_alone_in_their_session_are_exchanged_with_none_or_it_is_said():
    trials = recorded(1, ["ann", "bob"], similarity=[0.9, 0.9], name="Subject_ID")
    assert animals_of(trials).kind == "subject"
    both = [
        xr.DataArray(mode[:12], dims=DIMENSIONS, coords={"mouse": ("unit", trials.groups["Subject_ID"])})
        for mode in (trials.perform, trials.observe)
    ]
    assert population(prepare(*both), Settings(n_permutations=50)).found["animals"].names == ("ann", "bob")
    groups = {"session": np.array(["s"] * 23 + ["t"])}
    found = population(of_trials(replace(trials, groups=groups)), Settings(n_permutations=50))
    assert "1 of 24 units left out: no other unit of their session" in " ".join(found.notes)
    assert found.found["animals"] is None and found.table.units.max() == 23
    groups = {"session": np.array([f"s{i}" for i in range(24)])}
    found = population(of_trials(replace(trials, groups=groups)), Settings(n_permutations=50))
    assert "Each session has one unit" in " ".join(found.notes)
    assert found.table.units.max() == 24
