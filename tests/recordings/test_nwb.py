"""NWB files, written by hand after the schema: counts by a plain loop, and nothing valid called damaged."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from mirror_core.analysis import OptionError, RecordingError
from mirror_core.recordings.formats import contents, read_recording
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.trials import Trials
from mirror_core.studies.report.animals import animals_of

LAYOUT = Layout(
    event="onset", window=(-0.2, 0.3), bin=0.1, mode="mode", condition=("grip",), perform="execute", observe="observe"
)
ONSETS = np.array([1.0, 2.0, 3.0, np.nan, 5.0, 6.0])
MODE = ["execute", "observe", "execute", "execute", "observe", "rest"]
GRIP = ["hook", "hook", "palm", "palm", "palm", "hook"]
RNG = np.random.default_rng(5)
TRAINS = [np.array([]), np.sort(RNG.uniform(0, 7, 90)), np.sort(RNG.uniform(0, 7, 40)), np.array([])]


def column(group, name, values, **attributes):
    made = group.create_dataset(name, data=values)
    made.attrs.update({"neurodata_type": "VectorData", "namespace": "hdmf-common"} | attributes)
    return made


def write(path, *, units=True, trials="trials", text=None, of_all=()):
    """Write a file with four units, the first and the last silent, and six trials."""
    text = text or h5py.string_dtype()
    with h5py.File(path, "w") as file:
        file.attrs.update({"nwb_version": "2.7.0", "neurodata_type": "NWBFile", "namespace": "core"})
        table = file.create_group(f"intervals/{trials}")
        table.attrs["colnames"] = ["start_time", "stop_time", "onset", "mode", "grip"]
        column(table, "id", np.arange(10, 16))
        column(table, "start_time", np.arange(6) + 0.5)
        column(table, "stop_time", np.arange(6) + 1.4)
        column(table, "onset", ONSETS)
        column(table, "mode", np.array(MODE, dtype=object).astype("S") if text == "S" else np.array(MODE, object))
        column(table, "grip", np.array(GRIP, object), unit="")
        column(table, "correct", np.array([True, False, True, True, True, True]))
        column(table, "tags", np.array([b"a", b"b", b"c"]))
        column(table, "tags_index", np.array([1, 1, 2, 2, 3, 3], np.uint8))
        compound = np.zeros(6, [("idx_start", "i4"), ("count", "i4")])
        column(table, "timeseries", compound)
        if units:
            table = file.create_group("units")
            column(table, "id", np.array([7, 5, 3, 1]))
            column(table, "spike_times", np.concatenate(TRAINS))
            column(table, "spike_times_index", np.cumsum([len(train) for train in TRAINS]).astype(np.uint8))
            column(table, "area", np.array(["F5", "F5", "M1", ""], object))
            column(table, "snr", np.array([1.5, 2.5, 3.5, 4.5]))
        for name, value in dict(of_all).items():
            file[f"general/{name}"] = value
    return path


def expected(onsets):
    """Count by a plain loop, in spikes a second."""
    rates = np.zeros((len(onsets), 5, len(TRAINS)))
    for i, onset in enumerate(onsets):
        for unit, train in enumerate(TRAINS):
            for spike in train:
                place = np.floor((spike - onset + 0.2) / 0.1)
                if 0 <= place < 5:
                    rates[i, int(place), unit] += 10
    return rates


@pytest.mark.parametrize("text", [None, "S"])
def test_spikes_are_counted_around_the_event(tmp_path, text):
    found = read_recording(write(tmp_path / "a.nwb", text=text), LAYOUT)
    assert isinstance(found, Trials)
    np.testing.assert_allclose(found.perform, expected([1.0, 3.0]))
    np.testing.assert_allclose(found.observe, expected([2.0, 5.0]))
    assert found.perform_conditions.tolist() == ["hook", "palm"] and found.observe_conditions.tolist() == [
        "hook",
        "palm",
    ]
    assert found.units == ("7", "5", "3", "1") and {k: v.tolist() for k, v in found.groups.items()} == {
        "area": ["F5", "F5", "M1", ""]
    }
    np.testing.assert_allclose(found.times, [-0.15, -0.05, 0.05, 0.15, 0.25])
    assert any("without onset" in note for note in found.notes) and any("neither" in note for note in found.notes)


def test_the_proposed_options_read_the_file(tmp_path):
    path = write(tmp_path / "a.nwb")
    listed = contents(path)
    assert listed.proposal.given == LAYOUT.given | {"window": (-0.5, 1.0), "bin": 0.05}
    assert {one.name: one.values for one in listed.fields}["grip"] == {"hook": 3, "palm": 3}
    assert {one.name for one in listed.fields} >= {"onset", "correct", "units/spike_times", "area"}
    assert read_recording(path, listed.proposal).perform.shape == (2, 30, 4)


def test_a_unit_is_missing_where_it_was_not_recorded(tmp_path):
    path = write(tmp_path / "a.nwb")
    with h5py.File(path, "a") as file:
        column(file["units"], "obs_intervals", np.array([[0, 9], [0, 3.05], [0, 9], [0, 1.0], [4, 9]], float))
        column(file["units"], "obs_intervals_index", np.array([1, 2, 3, 5], np.uint8))
    found = read_recording(path, LAYOUT)
    whole = expected([1.0, 3.0])
    whole[1, 2:, 1] = np.nan  # unit 5 ends at 3.05 s, within the third bin of the trial at 3 s
    whole[0, 2:, 3] = whole[1, :, 3] = np.nan
    np.testing.assert_allclose(found.perform, whole)


def test_a_signal_is_averaged_in_bins(tmp_path):
    path = write(tmp_path / "a.nwb", units=False)
    times = np.arange(0, 7, 0.02) + 0.001
    raw = RNG.integers(-100, 100, (len(times), 2)).astype(np.int16)
    with h5py.File(path, "a") as file:
        for name in ("stamped", "regular"):
            series = file.create_group(f"processing/ecephys/{name}")
            series.create_dataset("data", data=raw).attrs.update({"conversion": 0.5, "offset": 1.0, "unit": "Hz"})
        file["processing/ecephys/stamped"]["timestamps"] = times
        series.create_dataset("starting_time", data=0.001).attrs["rate"] = 50.0
    values = raw * 0.5 + 1
    wanted = [
        [values[(times >= o + e) & (times < o + e + 0.1)].mean(axis=0) for e in np.arange(-2, 3) / 10] for o in (1, 3)
    ]
    for name in ("stamped", "regular"):
        found = read_recording(path, LAYOUT.change(data=f"processing/ecephys/{name}"))
        np.testing.assert_allclose(found.perform, wanted)
    assert contents(path).proposal.data == "processing/ecephys/regular"


def test_the_place_of_a_unit_is_that_of_its_electrode(tmp_path):
    path = write(tmp_path / "a.nwb")
    with h5py.File(path, "a") as file:
        table = file.create_group("general/extracellular_ephys/electrodes")
        column(table, "id", np.arange(3))
        column(table, "location", np.array(["F5", "M1", "PFG"], object))
        column(file["units"], "electrodes", np.array([2, 0, 1, 1]))
        column(file["units"], "electrodes_index", np.array([1, 3, 4, 4], np.uint8))
    assert read_recording(path, LAYOUT).groups["location"].tolist() == ["PFG", "F5", "M1", ""]


def test_rows_of_another_table_are_told_by_its_ids(tmp_path):
    path = write(tmp_path / "a.nwb")
    with h5py.File(path, "a") as file:
        objects = file.create_group("stimulus/templates/objects")
        column(objects, "id", np.array([30, 10, 20]))
        rows = column(file["intervals/trials"], "object", np.array([2, 2, 0, 0, 0, 2]))
        rows.attrs["table"] = objects.ref
    found = read_recording(path, LAYOUT.change(condition="object"))
    assert found.perform_conditions.tolist() == ["20", "30"]
    with h5py.File(path, "a") as file:
        file["intervals/trials/object"][0] = 3
    with pytest.raises(RecordingError, match="object names rows that its table, of 3, does not have"):
        read_recording(path, LAYOUT.change(condition="object"))


def test_only_some_trials_and_units(tmp_path):
    path = write(tmp_path / "a.nwb")
    found = read_recording(path, LAYOUT.change(only=("area=F5", "grip=palm")))
    assert found.units == ("7", "5") and found.perform_conditions.tolist() == ["palm"]
    np.testing.assert_allclose(found.perform, expected([3.0])[:, :, :2])


def no_index(file):
    del file["units/spike_times_index"]


def no_trials(file):
    del file["intervals"]


def wrong_index(file):
    file["units/spike_times_index"][0] = 200


def link(file):
    del file["units"]
    file["units"] = h5py.ExternalLink("other.nwb", "/units")


def link_above(file):
    del file["intervals"]
    file["intervals"] = h5py.ExternalLink("other.nwb", "/intervals")


def kept_elsewhere(file):
    del file["units/spike_times"]
    file["units"].create_dataset("spike_times", (130,), "f8", external="/etc/hostname")


def huge(file):
    del file["units/spike_times"]
    file["units"].create_dataset("spike_times", (2**40,), "f8", chunks=(2**10,))


def milliseconds(path):
    return lambda file: file[path].attrs.update({"unit": "milliseconds"})


def late(file):
    file["intervals/trials/onset"][0] = 1e200


NOTHING = dict.fromkeys(("event", "mode"))
BAD = {
    "no units": ({}, no_index, OptionError, "no units with spike times: data .* there: none"),
    "no trials": ({}, no_trials, OptionError, "no table of trials 'intervals/trials'"),
    "index": ({}, wrong_index, RecordingError, "spike_times_index of the units does not fit"),
    "link": ({}, link, RecordingError, "units is a link to another file"),
    "a link above": ({}, link_above, RecordingError, "intervals is a link to another file"),
    "kept elsewhere": ({}, kept_elsewhere, RecordingError, "spike_times is kept in another file"),
    "huge": ({}, huge, RecordingError, r"spike_times declares 8192\.0 GiB: at most 8 GiB"),
    "event": ({"event": "onsets"}, None, OptionError, r"event.* 'onsets'\. Did you mean 'onset'"),
    "no event": ({"event": None}, None, OptionError, "event"),
    "event of text": ({"event": "grip"}, None, OptionError, "event = 'grip' is not .* must hold times"),
    "event in ms": ({}, milliseconds("intervals/trials/onset"), RecordingError, "onset is in 'milliseconds': NWB has"),
    "spikes in ms": ({}, milliseconds("units/spike_times"), RecordingError, "spike_times is in 'milliseconds'"),
    "late": ({}, late, RecordingError, r"onset is 1e\+200 s in a trial, where bins of .* cannot be told apart"),
    "no window": ({"window": ()}, None, OptionError, "window is missing"),
    "bins": ({"bin": 0.07}, None, OptionError, r"window = -0\.2 to 0\.3 is not allowed with bin = 0\.07"),
    "fine bins": ({"bin": 1e-10}, None, RecordingError, "GiB"),
    "mode": ({"mode": "modes"}, None, OptionError, "'modes'. Did you mean 'mode'"),
    "no mode": ({"mode": None}, None, OptionError, "mode is missing"),
    "no condition": ({"condition": ()}, None, OptionError, "condition is missing"),
    "value": ({"perform": "exec"}, None, OptionError, "perform.*'exec'. Did you mean 'execute'.* rest"),
    "twice": ({"observe": "execute"}, None, OptionError, "both 'execute'"),
    "only": ({"only": ("area=F6",)}, None, OptionError, "value of 'area' in only 'F6'"),
    "only what": ({"only": ("place=F6",)}, None, OptionError, "column in only 'place'"),
    "groups": ({"groups": ("aria",)}, None, OptionError, "'aria'. Did you mean 'area'"),
    "unit": ({"unit": "name"}, None, OptionError, r"units \(--unit\) 'name'"),
    "data": ({"data": "x"}, None, OptionError, "TimeSeries"),
    "axes": ({"axes": ("time",)}, None, OptionError, "axes is not used in an NWB file"),
    "nothing shared": ({"perform": "rest"}, no_index, OptionError, "no units"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named(case, tmp_path):
    options, change, kind, message = BAD[case]
    path = write(tmp_path / "a.nwb")
    if change:
        with h5py.File(path, "a") as file:
            change(file)
    with pytest.raises(kind, match=message) as caught:
        read_recording(path, LAYOUT.change(**options))
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    assert "damaged" not in str(caught.value)


def test_files_of_several_subjects_group_their_units(tmp_path):
    for name, subject in (("s1", "M1"), ("s2", "M2"), ("s3", "M2")):
        write(tmp_path / f"{name}.nwb", of_all={"subject/subject_id": subject, "session_id": f"day {name}"})
    listed = contents(tmp_path)
    assert listed.proposal.groups == ("subject", "area") and listed.proposal.files == "sessions"
    assert any("2 subjects, M1 (1), M2 (2)" in note for note in listed.notes)
    layout = LAYOUT.change(files="sessions")
    animals = animals_of(read_recording(tmp_path, layout))
    assert animals.kind == "subject" and animals.of_unit.tolist() == ["M1"] * 4 + ["M2"] * 8
    other = animals_of(read_recording(tmp_path, layout.change(groups=("area",))))  # the user says otherwise
    assert other.kind == "session" and other.names == ["s1", "s2", "s3"]
    (tmp_path / "s1.nwb").unlink()  # one subject is no sample, its sessions are
    left = animals_of(read_recording(tmp_path, layout))
    assert left.kind == "session" and left.names == ["day s2", "day s3"]
