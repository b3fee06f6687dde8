"""A condition that is a number, from trials to the verdict: a code that is shared is found, unrelated ones are not."""

import json

import numpy as np
import pytest

from mirror_core.analysis import RecordingError
from mirror_core.recordings import sessions
from mirror_core.recordings.cleaned import of_trials
from mirror_core.recordings.continuous import cut
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.sessions import Session, to_trials
from mirror_core.recordings.trials import Continuous
from mirror_core.report import analyse_trials
from mirror_core.studies.measures.significance import TRUSTED, passing
from mirror_core.studies.report.analysing import ANALYSES
from mirror_core.studies.report.continuous import answered, axes_of, of_units, readouts
from mirror_core.studies.report.results import Settings
from mirror_core.studies.report.units import tunings

LAYOUT = Layout(mode="mode", perform="do", observe="see", condition="angle", continuous=True)


pytestmark = pytest.mark.usefixtures("quick")


def made(seed, *, mirror=0, other=20, noise=0.5, n=(120, 75), line=False, period=360.0):
    """Return trials of units tuned to an angle by three waves, or to a number along a line.

    The first units have one tuning in both modes, the others unrelated ones.
    """
    rng = np.random.default_rng(seed)
    n_units = mirror + other
    angles = [rng.uniform(-180, 180, k) for k in n]
    weights = rng.standard_normal((2, 1 if line else 6, n_units))
    weights[1, :, :mirror] = 0.8 * weights[0, :, :mirror]
    activities = []
    for angle, own in zip(angles, weights, strict=True):
        turns = np.deg2rad(angle)[:, None] * [1, 2, 3]
        of = angle[:, None] / 100 if line else np.hstack([np.cos(turns), np.sin(turns)]) / np.sqrt(3)
        activities.append((of @ own + noise * rng.standard_normal((len(angle), n_units)))[:, None])
    columns = {"mode": np.repeat(["do", "see"], n), "angle": np.concatenate(angles).astype(str)}
    layout = LAYOUT.change(circular=None if line else period)
    return to_trials(cut([Session(np.concatenate(activities), columns)], layout)[0], layout, 0)


def test_regressions_that_would_take_too_much_are_skipped_with_what_they_would_take(monkeypatch):
    monkeypatch.setattr(sessions, "LIMIT", 8 * 13 * 20**2 - 1)
    with pytest.raises(RecordingError, match="^regressions of 120 trials on 20 units would take"):
        readouts(of_trials(made(0)), Settings(n_permutations=19))


@pytest.fixture(scope="module")
def shared():
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(ANALYSES, "generalisation")
        return analyse_trials(made(0, mirror=20, other=0), n_permutations=199)


def test_a_code_that_is_shared_is_found_both_ways_and_in_units(shared, tmp_path):
    assert shared.reading.verdict.endswith("A code of angle carries over between the modes, both ways.")
    assert shared.reading.mirror >= 10
    table = shared.tables["continuous"].set_index(["trained", "tested"])
    assert (table.correlation > 0.8).all() and (table["p, units"].dropna() <= 0.05).all()
    shared.save(tmp_path / "r.json")
    kept = json.loads((tmp_path / "r.json").read_text())
    assert kept["code_carries_over"] == "yes" and len(kept["tables"]["continuous"]["rows"]) == 4
    assert any("cut into 6 equally full bins" in note for note in kept["left_out"])
    apart = np.abs(shared.units["preferred angle, perform"] - shared.units["preferred angle, observe"])
    deep = shared.units["depth, perform"] > 0.3
    assert np.median(np.minimum(apart, 360 - apart)[deep]) < 20
    assert "Can angle be read across the modes?" in str(shared)


@pytest.mark.parametrize("name", ["read across", "tuning curves"])
def test_figures_are_labelled_and_legible(name, shared, legible):
    fig = shared.figure(name)
    legible(fig)
    assert "angle" in fig.get_supxlabel()


def test_planted_units_are_found_among_unrelated_ones_and_no_code_need_carry_over():
    found = analyse_trials(made(1, mirror=5, other=15, n=(200, 120), noise=0.3), n_permutations=199)
    kind = found.units["found to be"].to_numpy()
    assert (kind[:5] == "mirror").sum() >= 3 and (kind[5:] == "mirror").sum() <= 1


def test_unrelated_codes_pass_no_more_often_than_they_may():
    """Of units and of readouts, with bins of numbers that the two modes do not share, and unequal numbers of trials."""
    any_false, unit_p, readout_p = [], [], []
    for seed in range(40):
        recordings, settings = of_trials(made(seed)), Settings(seed, 39)
        test = tunings(recordings, settings)[2].test(TRUSTED, "greater")
        any_false.append(passing(test, 0.05).any())
        unit_p += test.p[np.isfinite(test.p)].tolist()
        readout_p.append(readouts(recordings, settings).found["regression"].p_units[0, 1])
    assert sum(any_false) <= 5  # the 98 % point of 40 binomials with .05
    assert 0.4 < np.mean(np.array(unit_p) <= 0.5) < 0.6 and np.mean(np.array(unit_p) <= 0.05) < 0.08
    assert np.mean(np.array(readout_p) <= 0.05) <= 0.125 and 0.3 < np.mean(np.array(readout_p) <= 0.5) < 0.7


def test_along_a_line_the_regression_tells_what_single_units_cannot():
    found = analyse_trials(made(2, mirror=20, other=0, line=True), n_permutations=199)
    assert "carries over between the modes, both ways" in found.reading.verdict
    assert found.reading.mirror == 0 and "Too noisy or too few to tell" in found.reading.verdict
    assert any("half of such tunings agree by chance" in said for said in found.reading.does_not_say)
    slopes = found.units[["slope, perform", "slope, observe"]].to_numpy()
    np.testing.assert_allclose(slopes[:, 1], 0.8 * slopes[:, 0], atol=0.004)
    unrelated = readouts(of_trials(made(3, line=True)), Settings(0, 199)).found["regression"]
    assert min(np.diag(unrelated.p)) <= 0.05 < max(unrelated.p_units[0, 1], unrelated.p_units[1, 0])


def test_where_nothing_is_known_of_the_number_there_is_no_code():
    trials = made(4, noise=200.0)
    found = analyse_trials(trials, n_permutations=199)
    section = found.sections["continuous"]
    assert found.reading.carried == ("none" if min(np.diag(section.found["regression"].p)) > 0.05 else "no")


@pytest.mark.parametrize("size", [1e-20, 1e20])
def test_slopes_are_those_of_least_squares_in_any_unit(size):
    numbers = np.array([0.0, 1.0, 3.0, 4.0])
    of = Continuous("x", (numbers * size, numbers * size))
    found = of_units([numbers[:, None] * 2 + 5] * 2, of)
    np.testing.assert_allclose([found["slope, perform"][0] * size, found["r with x, perform"][0]], [2, 1])


def test_what_is_read_is_in_the_units_of_the_condition(shared):
    trials, found = shared.recordings.trials, shared.sections["continuous"].found
    read = answered(found["regression"], trials.continuous)
    assert read.read.between(0, 360).all()
    for i, numbers in enumerate(trials.continuous.numbers):
        one = read[(read.trained == "perform") & (read.tested == ("perform", "observe")[i])]
        np.testing.assert_array_equal(one.true, numbers)
        apart = np.abs(one.read - one.true)
        assert np.median(np.minimum(apart, 360 - apart)) < 25
    np.testing.assert_allclose(axes_of(np.array([0.0, 3.0]), 12.0), [[1, 0], [0, 1]], atol=1e-12)
