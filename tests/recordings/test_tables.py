"""Tables with one value a row, and pynapple's files with a table of trials beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mirror_core.analysis import OptionError, RecordingError
from mirror_core.recordings.formats import contents, read_recording
from mirror_core.recordings.layout import Layout

RNG = np.random.default_rng(2)
DATA = RNG.normal(size=(6, 4, 3)).round(3)
MODE = ["perform", "observe"] * 3
GRIP = ["01", "NA", "NA", "01", "01", "NA"]
AREA = ["F5", "None", "F5"]
LAYOUT = Layout(mode="mode", condition=("grip",), perform="perform", observe="observe", groups=("area",))


def rows():
    """Return a row for each value; the numbers of the trials begin anew in each mode."""
    made = [
        (f"u{unit}", trial // 2, round(bin * 0.1 - 0.1, 3), DATA[trial, bin, unit])
        + (MODE[trial], GRIP[trial], AREA[unit])
        for trial in range(6) for bin in range(4) for unit in range(3)
    ]  # fmt: skip
    return pd.DataFrame(made, columns=["unit", "trial", "time", "value", "mode", "grip", "area"])


def check(found):
    perform = np.array(MODE) == "perform"
    np.testing.assert_array_equal(found.perform, DATA[perform])
    np.testing.assert_array_equal(found.observe, DATA[~perform])
    assert found.perform_conditions.tolist() == ["01", "NA", "01"]
    assert found.observe_conditions.tolist() == ["NA", "01", "NA"]
    assert found.units == ("u0", "u1", "u2") and found.groups["area"].tolist() == AREA
    np.testing.assert_allclose(found.times, [-0.1, 0, 0.1, 0.2])


def german(table, path):
    table.to_csv(path, sep=";", decimal=",", index=False, encoding="utf-8-sig")


FORMS = {
    "comma": ("a.csv", lambda table, path: table.to_csv(path, index=False)),
    "tab": ("a.tsv", lambda table, path: table.to_csv(path, sep="\t", index=False)),
    "semicolon": ("a.csv", german),
    "parquet": ("a.anything", lambda table, path: table.to_parquet(path)),
    "parquet, pandas' own types": ("a.parquet", lambda table, path: table.convert_dtypes().to_parquet(path)),
    "parquet, categories": (
        "a.parquet", lambda table, path: table.astype({"mode": "category", "unit": "category"}).to_parquet(path)
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_table_gives_the_same_trials(form, tmp_path):
    name, write = FORMS[form]
    write(rows(), tmp_path / name)
    check(read_recording(tmp_path / name, LAYOUT))


def test_the_order_of_rows_is_of_no_matter_and_gaps_are_missing(tmp_path):
    path = tmp_path / "a.csv"
    table = rows().drop(index=7)  # trial 0, third bin, unit 1
    table.loc[0, "value"] = np.nan
    table.to_csv(path, index=False)
    found = read_recording(path, LAYOUT)
    want = DATA[::2].copy()
    want[0, 2, 1] = want[0, 0, 0] = np.nan
    np.testing.assert_array_equal(found.perform, want)
    table.sort_values(["unit", "trial", "mode"], ascending=[True, True, False], kind="stable").to_csv(path, index=False)
    np.testing.assert_array_equal(read_recording(path, LAYOUT).perform, want)


def test_a_missing_label_is_no_label(tmp_path):
    path = tmp_path / "a.parquet"
    table = rows().convert_dtypes()
    table.loc[table.trial == 0, "grip"] = pd.NA
    table.loc[5, "value"] = pd.NA
    table.to_parquet(path)
    found = read_recording(path, LAYOUT)
    np.testing.assert_array_equal(found.perform, DATA[[2, 4]])
    assert any("without a condition" in note for note in found.notes)


def test_spaces_and_commas_in_labels_are_no_matter(tmp_path):
    path = tmp_path / "a.csv"
    table = rows()
    table.loc[::5, "unit"] += " "
    table["grip"] += ", x"
    german(table, path)
    found = read_recording(path, LAYOUT)
    np.testing.assert_array_equal(found.perform, DATA[::2])
    assert found.perform_conditions.tolist() == ["01, x", "NA, x", "01, x"]


def test_other_names_only_some_rows_and_wider_bins(tmp_path):
    path = tmp_path / "a.csv"
    names = {"unit": "neuron", "trial": "Trial", "time": "t", "value": "rate"}
    rows().rename(columns=names).to_csv(path, index=False)
    proposal = contents(path).proposal
    assert {what: getattr(proposal, what) for what in names} == names
    assert (proposal.mode, proposal.perform, proposal.observe) == ("mode", "perform", "observe")
    layout = LAYOUT.change(**names, only=("area=F5",), window=(-0.1, 0.3), bin=0.2)
    found = read_recording(path, layout)
    assert found.units == ("u0", "u2")
    np.testing.assert_allclose(found.perform, DATA[::2][:, :, [0, 2]].reshape(3, 2, 2, 2).mean(axis=2))
    np.testing.assert_allclose(found.times, [0, 0.2])


BAD = {
    "a column": ({"value": "rate"}, None, OptionError, "column of the table 'rate'.*Allowed: unit, trial"),
    "no mode": ({"mode": None}, None, OptionError, "mode is missing"),
    "no condition": ({"condition": ()}, None, OptionError, "condition is missing"),
    "text": ({}, lambda t: t.assign(value=t.value.astype(str).replace(str(DATA[0, 0, 1]), "high")), RecordingError,
             "value has 'high' in row 3: it must hold numbers"),
    "no time": ({}, lambda t: t.assign(time=t.time.where(t.index != 4)), RecordingError, "time has no time in row 6"),
    "twice": ({}, lambda t: pd.concat([t, t.iloc[:1]]), RecordingError, "row 74 is the second of unit u0, trial 0"),
    "areas": ({}, lambda t: t.assign(area=[str(i) for i in t.index]), RecordingError, "area differs within a unit"),
    "empty": ({}, lambda t: t.iloc[:0], RecordingError, "there is no row below the names of the columns"),
    "event": ({"event": "time"}, None, OptionError, "event is not used in a CSV table"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_with_a_table_is_named(case, tmp_path):
    options, change, kind, message = BAD[case]
    path = tmp_path / "a.csv"
    (change(rows()) if change else rows()).to_csv(path, index=False)
    with pytest.raises(kind, match=message) as caught:
        read_recording(path, LAYOUT.change(**options))
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95binary", b"PAR1cut", b"unit;trial\n1;2;3\n", b"\n\n"])
def test_what_is_no_table_is_refused_in_a_sentence(content, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises((RecordingError, OptionError), match=r"a\.csv") as caught:
        read_recording(path, LAYOUT)
    assert "\n" not in str(caught.value)


def test_a_table_in_another_encoding_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("unit;trial;time;value\né;1;0;2\n", encoding="latin-1")
    with pytest.raises(RecordingError, match="it must be in UTF-8, which spreadsheets call CSV UTF-8"):
        read_recording(tmp_path / "a.csv", LAYOUT)


def test_a_table_of_too_many_places_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    n = 3000
    numbers = np.arange(n)
    pd.DataFrame(
        {"unit": numbers, "trial": numbers, "time": numbers, "value": 1, "mode": "perform", "grip": "a", "area": "x"}
    ).to_csv(path, index=False)
    with pytest.raises(RecordingError, match="3000 trials, 3000 times and 3000 units declares 201.2 GiB"):
        read_recording(path, LAYOUT)


TRAINS = [np.sort(RNG.uniform(0.5, 6, 60)) for _ in range(3)]
KEYS = [3, 9, 5]
AROUND = Layout(
    trials="trials.csv", event="start", window=(0.0, 0.4), bin=0.1,
    mode="mode", condition=("grip",), perform="exec", observe="obs",
)  # fmt: skip


TRIALS = {
    "start": [1, 2, 3.3, 5.8], "end": [1.5, 2.5, 3.8, 6.3],
    "mode": ["exec", "obs"] * 2, "grip": ["01", "01", "02", "02"],
}  # fmt: skip


def write_group(path, **change):
    """Write spikes as pynapple does, and a table of trials; some keys hold Python objects."""
    index = np.repeat(KEYS, [len(train) for train in TRAINS])
    times = np.concatenate(TRAINS)
    order = np.argsort(times)
    arrays = {
        "type": np.array(["TsGroup"]), "t": times[order], "index": index[order], "keys": np.array(KEYS),
        "start": np.array([0.5]), "end": np.array([6.0]), "_metadata": np.array({"area": ["F5"]}, object),
    }  # fmt: skip
    np.savez(path, **arrays | change)
    pd.DataFrame(TRIALS).to_csv(path.parent / "trials.csv", index=False)
    return path


def rates(onsets):
    return np.array([[[10.0 * np.sum((train >= o + e) & (train < o + e + 0.1)) for train in TRAINS]
                      for e in np.arange(4) / 10] for o in onsets])  # fmt: skip


def test_pynapple_spikes_are_counted_and_objects_never_loaded(tmp_path):
    path = write_group(tmp_path / "spikes.npz")
    found = read_recording(path, AROUND)
    np.testing.assert_allclose(found.perform, rates([1, 3.3]))
    assert found.perform_conditions.tolist() == ["01", "02"]
    late = rates([2, 5.8])
    late[1, 2:] = np.nan  # the recording ends at 6 s
    np.testing.assert_allclose(found.observe, late)
    assert found.units == ("3", "9", "5") and any("not read" in note for note in found.notes)
    proposal = contents(path).proposal
    assert (proposal.trials, proposal.event, proposal.condition) == ("trials.csv", "start", ("grip",))
    np.savez(tmp_path / "trials.npz", **{name: np.array(column) for name, column in TRIALS.items()})
    np.testing.assert_allclose(read_recording(path, AROUND.change(trials="trials.npz")).perform, found.perform)


def test_a_pynapple_signal_is_averaged(tmp_path):
    times = np.arange(0, 7, 0.02) + 0.001
    values = RNG.normal(size=(len(times), 2))
    path = write_group(tmp_path / "signal.npz", type=np.array(["TsdFrame"]), t=times, d=values)
    want = [
        [values[(times >= o + e) & (times < o + e + 0.1)].mean(axis=0) for e in np.arange(4) / 10] for o in (1, 3.3)
    ]
    np.testing.assert_allclose(read_recording(path, AROUND).perform, want)


@pytest.mark.parametrize(
    ("options", "change", "message"),
    [
        ({"trials": None}, {}, "trials .* must name a table"),
        ({"trials": "other.csv"}, {}, r"other\.csv' does not exist"),
        ({"event": "begin"}, {}, r"event \(--event\) 'begin'"),
        ({"event": "mode"}, {}, "must hold times"),
        ({}, {"type": np.array(["IntervalSet"])}, "the file holds a IntervalSet: it must hold a TsGroup"),
        ({}, {"t": np.array([{}], object)}, "t holds Python objects, which are not loaded"),
        ({}, {"type": np.array([{}], object)}, "type holds Python objects"),
    ],
)
def test_what_is_wrong_with_a_pynapple_file_is_named(options, change, message, tmp_path):
    path = write_group(tmp_path / "spikes.npz", **change)
    with pytest.raises((OptionError, RecordingError), match=message) as caught:
        read_recording(path, AROUND.change(**options))
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
