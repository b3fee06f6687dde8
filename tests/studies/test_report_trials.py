"""Recordings whose modes have trials of their own, and what noise lets one say."""

import numpy as np
import pytest

from mirror_core.analysis import RecordingError
from mirror_core.analysis.significance import share_beyond
from mirror_core.recordings.cleaned import of_trials
from mirror_core.recordings.trials import Trials
from mirror_core.report import analyse, analyse_trials
from mirror_core.studies.report.chosen import lags
from mirror_core.studies.report.populations import generalisation
from mirror_core.studies.report.responses import exchanged_means
from mirror_core.studies.report.results import Settings

CONDITIONS = [f"grip {i}" for i in range(8)]


pytestmark = pytest.mark.usefixtures("quick")


def session(seed, *, mirror=8, other=16, burst=4, noise=1.0, n=(70, 45), n_timesteps=10, conditions=CONDITIONS):
    """Return trials of units with one tuning in both modes, with unrelated tunings, and with a burst and no tuning."""
    rng = np.random.default_rng(seed)
    k, n_units = len(conditions), mirror + other + burst
    tuning = rng.standard_normal((2, k, n_units))
    tuning[1, :, :mirror] = 0.8 * tuning[0, :, :mirror]
    tuning[:, :, mirror + other :] = 0
    course = (
        np.exp(-(((np.arange(n_timesteps) - 4) / 2) ** 2))[:, None]
        * np.r_[np.zeros(mirror + other), np.full(burst, 5.0)]
    )
    modes, labels = [], []
    for i, n_trials in enumerate(n):
        label = rng.permutation(np.arange(n_trials) % k)
        modes.append(tuning[i][label][:, None] + course + noise * rng.standard_normal((n_trials, n_timesteps, n_units)))
        labels.append(np.array(conditions)[label])
    return modes, labels


def made(modes, labels, **options):
    return Trials(*modes, *labels, tuple(f"u{i}" for i in range(modes[0].shape[2])), **options)


def test_mirror_units_are_found_in_trials_that_the_modes_do_not_share():
    found = analyse_trials(made(*session(0)), n_permutations=400)
    kind = found.units["found to be"].to_numpy()
    assert (kind[:8] == "mirror").sum() >= 6
    assert (kind[8:] == "neither").sum() >= 19
    assert (kind[24:] == "neither").all()  # a burst that all conditions share is no code
    assert "of 28 units are mirror units" in found.reading.verdict
    assert found.reading.verdict.endswith("A code of the condition carries over between the modes, both ways.")
    assert found.facts()["units"] == 28
    assert "generalisation" not in found.tables
    shown = found.tables["examples"].iloc[:-1]  # chosen on half of each condition's trials, shown on the other
    assert set(shown.unit[:6]) <= {f"u{i}" for i in [*range(8), *range(24, 28)]}


def test_where_no_code_is_shared_none_is_found():
    any_false = []
    for seed in range(8):
        found = analyse_trials(made(*session(seed, mirror=0, other=24)), n_permutations=200)
        any_false.append("mirror" in found.units["found to be"].to_numpy())
        assert "both ways." not in found.reading.verdict
    assert sum(any_false) <= 2  # the 98 % point of a binomial with .05


def test_too_noisy_is_not_the_same_as_none():
    noisy = [analyse_trials(made(*session(seed, noise=60.0)), n_permutations=200).reading.verdict for seed in range(4)]
    assert all(said.startswith("Too noisy or too few to tell") for said in noisy)
    assert sum("can be read from either mode" in said for said in noisy) >= 2  # each is wrong in one of ten
    clear = analyse_trials(made(*session(1, mirror=0, other=60, noise=0.3)), n_permutations=200)
    assert clear.reading.verdict.startswith("No mirror unit is found among 64 units, where a share of")


def test_unequal_trials_and_gaps_are_used_not_cut():
    """Trials that end early: their bins count where they are; the report is close to that of full trials."""
    modes, labels = session(2, noise=0.5)
    full = analyse_trials(made(modes, labels), n_permutations=200)
    for mode in modes:
        mode[::3, 7:] = np.nan
    gaps = analyse_trials(made(modes, labels), n_permutations=200)
    np.testing.assert_allclose(
        gaps.units["correlation of tunings"][:24], full.units["correlation of tunings"][:24], atol=0.1
    )
    assert len(gaps.recordings.trials.perform) == 70
    assert len(gaps.recordings.trials.observe) == 45


def test_one_response_a_condition_gets_what_it_allows():
    modes, labels = session(3, noise=0.1)
    means = [
        np.stack([mode[label == c].mean(axis=0) for c in CONDITIONS]) for mode, label in zip(modes, labels, strict=True)
    ]
    found = analyse_trials(made(means, [np.array(CONDITIONS)] * 2), n_permutations=200)
    assert "what of it is noise cannot be told" in found.sections["reliability"].skipped
    assert "decoding" not in found.tables
    assert found.reading.verdict.startswith("Whether single units are mirror units cannot be told here: 8 of 28 pass")
    assert "tuning mismatch, was not possible: there is one response" in " ".join(found.reading.does_not_say)
    assert "found to be" not in found.units
    assert "examples" not in found.tables  # nothing else to show them on
    assert len(found.tables["lags"]) == 11 and "mean r, units" in found.tables["lags"]
    assert set(found.tables["nulls"].null) == {"unit-mismatch", "action-relabelling"}


def test_lags_of_trials_that_the_modes_do_not_share_are_found_and_in_seconds():
    """Observing follows performing by two bins of 50 ms; trials differ in number, and some end early."""
    rng = np.random.default_rng(9)
    codes = rng.standard_normal((len(CONDITIONS), 14, 20))
    labels = [np.arange(n) % len(CONDITIONS) for n in (70, 37)]
    modes = [
        codes[label, first : first + 12] + rng.standard_normal((len(label), 12, 20))
        for label, first in zip(labels, (2, 0), strict=True)
    ]
    modes[0][::7, 11:] = np.nan
    names = [np.array(CONDITIONS)[label] for label in labels]
    found = lags(of_trials(made(modes, names, times=0.05 * np.arange(12) - 0.3)), Settings(n_permutations=200))
    table = found.table.set_index("lag")
    assert table["mean r, top units"].idxmax() == 2 and table["top units with peak here"][2] == 10
    assert table.seconds[2] == pytest.approx(0.1) and table["share of all units"][2] > 0.9
    assert found.notes == ("10 of 10 top units have a peak beyond renamed conditions (p ≤ 0.05).",)


def test_distinctions_generalise_in_trials_that_the_modes_do_not_share():
    def of(n_mirror, n_draws):
        modes, labels = session(0, mirror=n_mirror, other=20 - n_mirror, n=(21, 12), conditions=CONDITIONS[:3])
        return generalisation(of_trials(made(modes, labels)), Settings(n_permutations=n_draws)).table

    shared, unrelated = of(20, 9), of(0, 1)
    assert shared.accuracy[0] > 0.9 and shared.p[0] == 0.1
    assert abs(unrelated.accuracy[0] - 0.5) < 0.25


def test_two_conditions_that_generalise_are_said_to_be_no_proof():
    section = generalisation(of_trials(made(*session(4, conditions=CONDITIONS[:2]))), Settings(n_permutations=1))
    assert "agree in 1 of 2 namings" in " ".join(section.notes)


def test_units_that_pass_raw_alone_are_not_said_to_be_like_units_paired_at_random():
    """A course that all conditions share, each unit's own: every unit passes raw, none once it is taken away."""
    rng = np.random.default_rng(10)
    course = rng.standard_normal((1, 40, 30))
    means = [course + 0.3 * rng.standard_normal((8, 40, 30)) for _ in range(2)]
    found = analyse_trials(made(means, [np.array(CONDITIONS)] * 2), n_permutations=200)
    table = found.tables["nulls"].query("null == 'unit-mismatch'").set_index("r")["r > 0, FDR"]
    assert table["raw"] == 30 and table["timestep-centred"] == 0
    said = " ".join([found.reading.verdict, *found.reading.says])
    assert "told from units paired at random" not in said
    assert "0 units with r > 0 and 0 with r < 0 pass unit mismatch, one-sided, raw and centred" in said
    assert "Units with r > .75 are more than unit mismatch gives" in said


def test_of_two_conditions_no_code_can_be_tested():
    found = analyse_trials(made(*session(4, conditions=CONDITIONS[:2])), n_permutations=100)
    assert any("2 conditions" in note and "tuning-mismatch" in note for note in found.sections["nulls"].notes)
    assert "cannot be tested with so few conditions" in found.reading.verdict


def test_one_condition_is_refused():
    modes, labels = session(5, conditions=CONDITIONS[:1])
    with pytest.raises(RecordingError, match="there is one condition, 'grip 0': at least two"):
        analyse_trials(made(modes, labels))


def test_silent_units_stay_in_the_denominator():
    modes, labels = session(6, noise=0.3)
    modes[1][..., -2:] = 0
    found = analyse_trials(made(modes, labels), n_permutations=200)
    assert "of 28 units" in found.reading.verdict
    assert len(found.units) == 26
    assert found.recordings.notes == ("2 of 28 units (u26, u27) left out: constant in observe.",)


def test_exchanges_stay_among_like_units_and_are_exact():
    rng = np.random.default_rng(0)
    strength = np.repeat([1.0, 2.0, 3.0], 10)
    r = np.equal.outer(strength, strength) * 1.0  # partners of other strengths would bring the mean down
    np.testing.assert_array_equal(exchanged_means(r, strength, 50, rng), 1.0)
    p = []
    for _ in range(200):
        r = rng.standard_normal((20, 20))
        null = exchanged_means(r, rng.random(20), 99, rng)
        p.append(share_beyond(np.array([np.diag(r).mean()]), null[:, None])[0])
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.09


def test_no_p_is_written_as_zero():
    modes, labels = session(7, noise=0.3)
    found = analyse_trials(made(modes, labels), n_permutations=2000)
    text = str(found)
    assert "= .000" not in text and "= 0.000" not in text
    assert "p < .001" in text


def test_a_laboratory_is_not_told_to_train_networks():
    modes, labels = session(8)
    said = " ".join(analyse_trials(made(modes, labels), n_permutations=100).reading.does_not_say)
    assert "Train" not in said and "animal" in said


def test_crossing_better_than_staying_is_said_to_be_chance():
    """Few noisy trials of one strong code: training on all of the other mode can beat training on part of one's own."""
    for seed in range(40):
        modes, labels = session(seed, other=0, burst=0, noise=4.0, n=(120, 24))
        found = analyse_trials(made(modes, labels), n_permutations=50)
        table = found.tables["decoding"].query("trained != tested")
        if (table.accuracy > table.ceiling).any():
            assert "which is chance" in " ".join(found.reading.says)
            return
    pytest.fail("no such case in 40 sessions")


def test_crossing_better_than_staying_beyond_chance_is_not_said_to_be_chance():
    """Many clean trials to learn from in one mode, few for each condition in the other, which is as clean."""
    rng = np.random.default_rng(0)
    means = rng.normal(size=(6, 30))
    labels = (np.tile(np.arange(6), 200), np.tile(np.arange(6), 40))
    activity = [(means[one] + rng.normal(size=(len(one), 30)) * 3.5)[:, None] for one in labels]
    found = analyse_trials(made(activity, labels), n_permutations=50)
    table = found.tables["decoding"].query("trained == 'perform' and tested == 'observe'")
    assert (table.accuracy > table.ceiling + 0.05).all()
    assert "more than chance" in " ".join(found.reading.says)


def test_a_slightly_smaller_centred_r_is_no_common_time_course():
    """r of .77 that falls to .73 crosses a line, which says nothing about where it comes from."""
    rng = np.random.default_rng(0)
    actions = rng.integers(6, size=(60, 8))
    tuning = rng.standard_normal((6, 20))
    x = tuning[actions] + 0.52 * rng.standard_normal((60, 8, 20)) + 0.1 * np.arange(8)[:, None]
    y = tuning[actions] + 0.52 * rng.standard_normal((60, 8, 20)) + 0.1 * np.arange(8)[:, None]
    found = analyse(x, y, actions, n_permutations=100)
    assert not any("time course" in sentence for sentence in found.reading.says)
