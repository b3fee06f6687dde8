"""Conditions that are numbers: how they become bins, in every form of file, and what cannot be one."""

from __future__ import annotations

import json
import shlex

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from mirror_core.analysis import RecordingError
from mirror_core.checks import OptionError
from mirror_core.cli import main
from mirror_core.recordings.formats import read_recording
from mirror_core.recordings.layout import Layout, read_layout

RNG = np.random.default_rng(8)
MODE = np.array(["do", "see", "do"] * 8)
ANGLE = RNG.permutation(24) * 10.0 - 100.5
DATA = RNG.normal(size=(24, 2, 3))
LAYOUT = Layout(
    data="rates", mode="mode", perform="do", observe="see", condition="angle", continuous=True, bins=3,
    axes=("trial", "time", "unit"),
)  # fmt: skip


def write(path, angle=ANGLE, **more):
    np.savez(path, **({"rates": DATA, "mode": MODE, "angle": angle} | more))
    return path


def test_bins_are_equally_full_and_the_numbers_stay(tmp_path):
    found = read_recording(write(tmp_path / "a.npz"), LAYOUT)
    np.testing.assert_array_equal(found.perform, DATA[MODE == "do"])
    for mode, numbers, labels in zip(
        ("do", "see"), found.continuous.numbers, (found.perform_conditions, found.observe_conditions), strict=True
    ):
        own = ANGLE[mode == MODE]
        np.testing.assert_array_equal(numbers, own)
        ranks = np.argsort(np.argsort(ANGLE))[mode == MODE]  # 24 different numbers: eight a bin
        assert [label[:5] for label in labels] == [f"bin {1 + rank // 8}" for rank in ranks]
    assert found.perform_conditions[found.continuous.numbers[0].argmin()] == "bin 1 (-100.5 to -23.83)"
    assert any("angle was cut into 3 equally full bins at -23.83, 52.83" in note for note in found.notes)


def test_an_angle_begins_again_and_a_missing_number_is_a_missing_trial(tmp_path):
    angle = ANGLE.copy()
    angle[0] = np.nan
    found = read_recording(write(tmp_path / "a.npz", angle), LAYOUT.change(circular=360.0, bins=2))
    np.testing.assert_allclose(found.continuous.numbers[0], angle[MODE == "do"][1:] % 360)
    assert len(found.perform) == 15 and any(note.startswith("1 of 24 trials left out") for note in found.notes)
    assert {label[:5] for label in found.observe_conditions} == {"bin 1", "bin 2"}
    halves = read_recording(tmp_path / "a.npz", LAYOUT.change(mode=None, perform=None, observe=None, halves=True))
    assert np.unique(halves.perform_conditions).tolist() == np.unique(halves.observe_conditions).tolist()
    assert sorted(np.concatenate(halves.continuous.numbers)) == sorted(angle[1:])


def test_a_bin_that_a_mode_hardly_has_is_left_out(tmp_path):
    """Watching, no number is as low as most of the first bin."""
    angle = np.where(MODE == "see", np.abs(ANGLE), ANGLE)
    found = read_recording(write(tmp_path / "a.npz", angle), LAYOUT)
    assert {label[:5] for label in found.perform_conditions} == {"bin 2", "bin 3"}
    assert any(
        "bin 1 (-100.5 to " in note and "left out: a mode has fewer than 2 trials" in note for note in found.notes
    )


def test_arrays_of_each_mode_and_tables_say_the_same(tmp_path):
    own = {f"{name}_conditions": ANGLE[mode == MODE] for name, mode in (("perform", "do"), ("observe", "see"))}
    np.savez(tmp_path / "b.npz", perform=DATA[MODE == "do"], observe=DATA[MODE == "see"], **own)
    arrays = read_recording(tmp_path / "b.npz", Layout(continuous=True, bins=3, axes=("trial", "time", "unit")))
    rows = pd.DataFrame(
        [
            (f"u{unit}", trial, 0.1 * bin, DATA[trial, bin, unit], MODE[trial], ANGLE[trial])
            for trial in range(24) for bin in range(2) for unit in range(3)
        ],
        columns=["unit", "trial", "time", "value", "mode", "angle"],
    )  # fmt: skip
    rows.to_csv(tmp_path / "c.csv", index=False)
    layout = LAYOUT.change(data=None, axes=())
    table = read_recording(tmp_path / "c.csv", layout)
    for found in (arrays, table):
        # old versions of pandas round text to numbers a bit otherwise
        np.testing.assert_allclose(found.observe, DATA[MODE == "see"], rtol=1e-14, atol=1e-15)
        np.testing.assert_array_equal(found.continuous.numbers[1], ANGLE[MODE == "see"])
    rows.loc[0, "angle"] += 1
    rows.to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(OptionError, match="it differs within trial 0, and must have one number a trial"):
        read_recording(tmp_path / "c.csv", layout)


def test_sessions_share_bins_and_units_of_the_same_trials_numbers(tmp_path):
    folder = tmp_path / "both"
    folder.mkdir()
    write(folder / "a.npz"), write(folder / "b.npz")
    same = read_recording(folder, LAYOUT)
    np.testing.assert_array_equal(same.continuous.numbers[0], ANGLE[MODE == "do"])
    other = np.where(MODE == "do", ANGLE + 1, ANGLE)
    write(folder / "b.npz", other)  # in the same bins, and yet other trials
    apart = read_recording(folder, LAYOUT)
    assert len(apart.units) == 6 and any("2 sessions put together" in note for note in apart.notes)
    one = apart.perform_conditions == apart.perform_conditions[0]
    every = np.concatenate([ANGLE, other])
    edges = np.quantile(every, [1 / 3, 2 / 3])
    number = apart.continuous.numbers[0][one][0]
    of_bin = every[np.searchsorted(edges, every, side="right") == np.searchsorted(edges, number, side="right")]
    assert np.allclose(apart.continuous.numbers[0][one], of_bin.mean())


def run(path, *options):
    words = "--data rates --axes trial,time,unit --mode mode --perform do --observe see --condition angle"
    return CliRunner().invoke(main, ["analyse", str(path), "--out", f"{path}.html", *words.split(), *options])


BAD = {
    "names": (ANGLE, [], "'angle' has 24 different numbers in 24 trials, which hardly recur as names of conditions"),
    "text": (np.where(ANGLE > 100, "left", "3"), ["--continuous"], "has 'left', and must hold finite numbers"),
    "infinite": (np.where(ANGLE > 100, np.inf, ANGLE), ["--continuous"], "it has 'inf', and must hold finite numbers"),
    "nothing": (np.full(24, np.nan), ["--continuous"], "none of 24 trial(s) has a number"),
    "constant": (np.where(MODE == "see", 3, ANGLE), ["--continuous"], "is 3 in all 8 trials observing, and must vary"),
    "few": (np.round(ANGLE / 100), ["--continuous", "--bins", "4"], "has 3 different numbers observing, and bins must"),
    "too many bins": (ANGLE, ["--continuous", "--bins", "5"], "bins = 5 is not allowed: angle has a number in 8"),
    "by default": (ANGLE, ["--continuous"], "bins = 6 (the default) is not allowed: angle has a number in 8"),
    "ties": (np.where(ANGLE < 60, 0, ANGLE), ["--continuous", "--bins", "3"], "recur too often for equally full bins"),
    "one bin": (ANGLE, ["--continuous", "--bins", "1"], "bins = 1 is not allowed: it must be a whole number"),
    "half a bin": (ANGLE, ["--continuous", "--bins", "2.5"], "'2.5' is not a valid int"),
    "bins alone": (ANGLE, ["--bins", "3"], "bins = 3 is not allowed without continuous"),
    "circular alone": (ANGLE, ["--circular", "360"], "circular = 360 is not allowed without continuous"),
    "radians": (ANGLE, ["--continuous", "--circular", "6.28"], "from -100.5 to 129.5, and must span"),
    "no turn": (ANGLE, ["--continuous", "--circular", "-360"], "circular = -360.0 is not allowed: it must be a number"),
    "two": (ANGLE, ["--continuous", "--condition", "mode"], "continuous is not allowed with 2 conditions (angle, mo"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_a_continuous_condition_is_one_sentence(case, tmp_path):
    angle, options, says = BAD[case]
    ended = run(write(tmp_path / "a.npz", angle), *options)
    (line,) = [one for one in ended.output.splitlines() if one.startswith("Error")]
    assert ended.exit_code == 2 and says in line and "Traceback" not in ended.output
    assert not (tmp_path / "a.npz.html").exists()


def test_more_than_one_number_a_trial_and_sequences_in_common_are_refused(tmp_path):
    with pytest.raises(RecordingError, match=r"angle has shape \(24, 2\): it must have one value for each trial"):
        read_recording(write(tmp_path / "a.npz", DATA[:, :, 0]), LAYOUT)
    np.savez(tmp_path / "b.npz", perform=DATA, observe=DATA)
    with pytest.raises(OptionError, match="continuous is for files in which each trial has a condition"):
        read_recording(tmp_path / "b.npz", Layout(continuous=True))


def test_a_file_of_options_says_the_same_as_the_command(tmp_path):
    (tmp_path / "layout.toml").write_text(LAYOUT.change(circular=360).as_toml())
    assert read_layout(tmp_path / "layout.toml") == LAYOUT.change(circular=360)
    (tmp_path / "layout.toml").write_text("continuous = true\nbins = 3.0")
    with pytest.raises(OptionError, match="layout.toml: bins = 3.0 is not allowed: it must be a whole number"):
        read_layout(tmp_path / "layout.toml")


@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_numbers_beyond_what_floats_can_square_are_refused(scale, tmp_path):
    with pytest.raises(OptionError, match="must be at most 1e.100 in size and span 1e-100: write it in another unit"):
        read_recording(write(tmp_path / "a.npz", ANGLE * scale), LAYOUT)


def test_few_numbers_that_recur_may_be_names(tmp_path):
    found = read_recording(write(tmp_path / "a.npz", np.round(ANGLE / 40)), LAYOUT.change(continuous=False, bins=None))
    assert found.continuous is None and "-2" in found.perform_conditions


def test_inspect_proposes_it_and_the_proposal_reads_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mode = np.where(MODE == "do", "perform", "observe")
    write("a.npz", mode=mode, onset=np.arange(24) * 2.0)
    told = json.loads(CliRunner().invoke(main, ["inspect", "a.npz", "--json"]).stdout)
    assert told["layout"]["condition"] == ["angle"] and told["layout"]["continuous"] is True
    (field,) = [one for one in told["fields"] if one["name"] == "angle"]
    assert field["span"] == [ANGLE.min(), ANGLE.max()]
    words = shlex.split(told["command"])
    assert "--continuous" in words and "onset" not in words  # numbers that rise are times
    write("a.npz", mode=mode, grip=np.array(["hook", "palm"] * 12))
    listed = CliRunner().invoke(main, ["inspect", "a.npz"]).stdout
    assert "--condition grip" in listed and "(--condition angle --continuous): angle" in listed
