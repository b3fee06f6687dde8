"""What containers say beside their numbers is honoured or refused, whatever brings it."""

from __future__ import annotations

import subprocess
import sys

import h5netcdf
import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import xarray as xr

from mirror_core.analysis import unit_correlation
from mirror_core.analysis.validation import RecordingError
from mirror_core.recordings.cleaned import prepare
from mirror_core.recordings.containers import plain, seconds
from mirror_core.recordings.formats import contents, read_recording
from mirror_core.recordings.formats.tables import read_table
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.trials import Trials, as_text

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 4, 3)), RNG.normal(size=(12, 4, 3))
A = np.arange(48).reshape(12, 4) % 3
DIMS = ("sequence", "time", "unit")
HIDDEN = np.ma.masked_array(
    np.where(np.arange(12)[:, None] < 2, 99, A), mask=np.arange(12)[:, None] < np.array([2] * 4)
)


def labelled(values, dims=DIMS, **coords):
    return xr.DataArray(values, dims=dims, coords=coords)


def test_masked_actions_are_missing():
    with pytest.raises(RecordingError, match="actions have values that are not finite in 2 sequence"):
        prepare(X, Y, HIDDEN)
    found = prepare(X, Y, HIDDEN, drop_nan="sequences")
    assert sorted(set(found.actions.ravel().tolist())) == [0, 1, 2] and len(found.perform) == 10


MISSING = {
    "masked floats": np.ma.masked_equal([[1.0, 99.0]], 99),
    "masked integers": np.ma.masked_equal([[1, 99]], 99),
    "a list of masked": [np.ma.masked_equal([1, 99], 99)],
    "a table with NA": pd.DataFrame({"a": pd.array([1], "Int64"), "b": pd.array([None], "Int64")}),
}


@pytest.mark.parametrize("kind", MISSING)
def test_what_is_masked_is_nan(kind):
    np.testing.assert_array_equal(plain("x", MISSING[kind], ("sequence", "time")), [[1, np.nan]])


def test_dimensions_and_labels_are_found_by_name():
    names = ["a", "b", "c"]
    perform = labelled(X, unit=names).transpose("unit", "sequence", "time")
    observe = labelled(Y[:, :, ::-1], unit=names[::-1])
    actions = labelled(A.T, ("time", "sequence"))
    found = prepare(perform, observe, actions)
    np.testing.assert_array_equal(found.perform, X)
    np.testing.assert_array_equal(found.observe, Y)
    np.testing.assert_array_equal(found.actions, A)
    assert found.units.tolist() == names


def with_units(values, unit):
    return labelled(values).assign_attrs(units=unit)


@pytest.mark.parametrize(
    ("perform", "observe", "actions", "message"),
    [
        (labelled(X, ("trial", "time", "unit")), Y, None, r"must be named sequence, time, unit"),
        (labelled(X, unit=["a", "b", "c"]), labelled(Y, unit=["a", "b", "d"]), None, "other labels of unit"),
        (labelled(X, time=[0, 1, 2, 3.0]), labelled(Y, time=[0, 1, 2, 4.0]), None, "other labels of time"),
        (labelled(X, unit=["a", "b", "a"]), Y, None, "unit 'a' twice"),
        (with_units(X, "Hz"), with_units(Y, "mV"), None, "'Hz' and observe is in 'mV'"),
        ([labelled(one, DIMS[1:]) for one in X], Y, None, "list of labelled arrays"),
        ([[1.0], [1.0, 2.0]], Y, None, "perform is no array of numbers"),
        (torch.tensor(X, requires_grad=True), Y, None, "perform is no array of numbers"),
        (X, Y, pd.DataFrame(A).sample(frac=1, random_state=1), "rows labelled 0 to 11 in another order"),
        (X, Y, pd.DataFrame(A)[[3, 2, 1, 0]], "columns labelled 0 to 3 in another order"),
        (X, Y, np.array(["left", "right"])[A % 2], "actions have dtype <U5: they must be integers"),
        (X, Y, pd.DataFrame(A).astype("category"), "they must be integers|is not allowed|dtype"),
    ],
)
def test_what_contradicts_is_refused(perform, observe, actions, message):
    if actions is not None and isinstance(actions, pd.DataFrame) and "category" in map(str, actions.dtypes):
        actions = actions.apply(lambda column: column.cat.rename_categories(["x", "y", "z"]))
    with pytest.raises(RecordingError, match=message) as caught:
        prepare(perform, observe, actions)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scale", [1e200, 1e-200, 1e300])
def test_r_is_the_same_of_very_large_and_very_small_values(scale):
    found = prepare(X * scale, Y / scale)
    np.testing.assert_allclose(
        unit_correlation(found.perform, found.observe), unit_correlation(X, Y), rtol=1e-12, atol=1e-15
    )
    assert len(found.notes) == 2 and "perform was multiplied by 2^" in found.notes[0]
    with pytest.raises(RecordingError, match="factor of 1e\\+100 apart"):
        prepare(X * [1, 1, scale], Y)


def trials(**changed):
    given = dict(
        perform=X,
        observe=Y,
        perform_conditions=["a", "b"] * 6,
        observe_conditions=["a", "b"] * 6,
        units=("u", "v", "w"),
    )
    return Trials(**(given | changed))


def test_trials_keep_what_containers_say():
    dims = ("trial", "time", "unit")
    found = trials(
        perform=labelled(X, dims, unit=["u", "v", "w"]).transpose("unit", "time", "trial"),
        observe=np.ma.masked_array(Y, mask=np.indices(Y.shape)[0] + np.indices(Y.shape)[2] == 0),
        times=xr.DataArray([0, 50, 100, 150], dims="time", attrs={"units": "ms"}),
        groups={"area": xr.DataArray(["F", "G", "H"], dims="unit", coords={"unit": ["u", "v", "w"]})},
    )
    np.testing.assert_array_equal(found.perform, X)
    assert np.isnan(found.observe).any() and found.times.tolist() == [0, 0.05, 0.1, 0.15]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (dict(perform_conditions=np.ma.masked_equal(["a", "b"] * 6, "a")), "6 of them empty"),
        (dict(perform_conditions=pd.Series(["a", "b"] * 6)[::-1]), "rows labelled 0 to 11 in another order"),
        (dict(observe_conditions=pd.array(["a", None] * 6, "string")), "6 of them empty"),
        (dict(perform=labelled(X, ("trial", "time", "unit"), unit=["u", "v", "z"])), "units u, v, z"),
        (dict(perform=labelled(X)), "must be named trial, time, unit"),
        (dict(times=xr.DataArray([1, 2, 3, 4], dims="time", attrs={"units": "furlong"})), "'furlong'"),
        (dict(times=pd.to_datetime(["2020"] * 4)), "dates"),
    ],
)
def test_trials_refuse_what_contradicts(changed, message):
    with pytest.raises(RecordingError, match=message):
        trials(**changed)


def test_long_numbers_of_trials_stay_apart():
    assert as_text([1234567890123.0, 1234567890124.0, np.nan, 0.1 + 0.2]).tolist() == [
        "1234567890123",
        "1234567890124",
        "",
        "0.3",
    ]


def test_durations_are_seconds():
    assert seconds("t", np.array([250, 500], "m8[ms]")).tolist() == [0.25, 0.5]
    with pytest.raises(RecordingError, match="t are complex numbers"):
        seconds("t", np.array([1j]))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"t": np.arange(3).astype("M8[ms]")}, "t are dates"),
        ({"t": [0.0, 1.0, np.nan]}, "t has 1 values that are missing"),
        ({"t": [0.0, 1.0, 1e200]}, "below 1e.09"),
        ({"grip": np.array([*"abcd"] * 2).reshape(4, 2)}, r"grip has shape \(4, 2\): it must have one value for each"),
        ({"area": np.array([[1, 2], [3, 4]])}, r"area has shape \(2, 2\): it must have one value for each"),
    ],
)
def test_named_arrays_say_what_they_are(changed, message, tmp_path):
    arrays = {"x": np.arange(96.0).reshape(8, 3, 4), "mode": ["do", "see"] * 4, "grip": [*"aabb"] * 2}
    arrays |= {"t": np.arange(3) * 250, "area": [*"aabb"]}
    layout = LAYOUT.change(data="x", times="t", groups=("area",))
    np.savez(tmp_path / "x.npz", **arrays | {"t": np.array([0, 250, 500], "m8[ms]")})
    assert read_recording(tmp_path / "x.npz", layout).times.tolist() == [0, 0.25, 0.5]
    np.savez(tmp_path / "x.npz", **arrays | changed)
    with pytest.raises(RecordingError, match=message):
        read_recording(tmp_path / "x.npz", layout)


LAYOUT = Layout(mode="mode", condition="grip", perform="do", observe="see")


def long_table(**changed):
    rows = [
        dict(unit=u, trial=t, time=s * 0.1, mode=("do", "see")[t % 2], grip="ab"[t // 2 % 2], value=u + t + s)
        for u in range(2)
        for t in range(8)
        for s in range(3)
    ]
    return pd.DataFrame(rows).assign(**changed)


def test_parquet_keeps_its_index_its_categories_and_its_durations(tmp_path):
    table, path = long_table(), tmp_path / "x.parquet"
    table.to_parquet(path)
    plain_ = read_recording(path, LAYOUT)
    table.assign(grip=table.grip.astype("category"), time=pd.to_timedelta(table.time, "s")).set_index(
        ["trial", "unit"]
    ).to_parquet(path)
    other = read_recording(path, LAYOUT)
    np.testing.assert_array_equal(other.perform, plain_.perform)
    np.testing.assert_allclose(other.times, plain_.times)
    assert other.perform_conditions.tolist() == plain_.perform_conditions.tolist()
    in_ms = pa.Table.from_pandas(table.assign(time=table.time * 1000))
    at = in_ms.schema.get_field_index("time")
    for unit in ("ms", "furlong"):
        told = in_ms.set_column(at, in_ms.schema.field(at).with_metadata({"units": unit}), in_ms.column(at))
        pq.write_table(told, path)
        if unit == "ms":
            np.testing.assert_allclose(read_recording(path, LAYOUT).times, plain_.times)
    with pytest.raises(RecordingError, match="time are in 'furlong'"):
        read_recording(path, LAYOUT)
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), path)
    with pytest.raises(RecordingError, match="twice"):
        read_table(path)


def test_a_time_in_milliseconds_by_its_name_is_made_seconds(tmp_path):
    table, path = long_table(), tmp_path / "x.csv"
    table.assign(**{"time (ms)": table.time * 1000}).to_csv(path, index=False, encoding="utf-16")
    found = read_recording(path, LAYOUT.change(time="time (ms)"))
    np.testing.assert_allclose(found.times, [0, 0.1, 0.2])
    assert any("made seconds" in note for note in found.notes)


def test_what_netcdf_leaves_out_is_missing(tmp_path):
    path = tmp_path / "x.nc"
    for attrs, hidden in (({"valid_max": 5.0}, 7.0), ({"valid_range": [-9.0, 9.0]}, -77.0), ({}, 9.969209968386869e36)):
        with h5netcdf.File(path, "w") as file:
            file.dimensions = dict(zip(DIMS, X.shape, strict=True))
            for name, values in (("perform", X), ("observe", Y)):
                one = file.create_variable(name, DIMS, float, data=values)
                one.attrs.update(attrs)
            file["perform"][0, 0, 0] = hidden
        perform, observe, _ = read_recording(path)
        with pytest.raises(RecordingError, match="perform 1, observe 0, in 1 sequence"):
            prepare(perform, observe)


def test_netcdf_keeps_names_of_units_and_meanings_of_codes(tmp_path):
    path = tmp_path / "x.nc"
    made = xr.Dataset({"perform": (DIMS, X), "observe": (DIMS, Y)}, coords={"unit": ["k", "l", "m"]})
    made.to_netcdf(path, engine="h5netcdf")
    assert prepare(*read_recording(path)).units.tolist() == ["k", "l", "m"]
    animals = ("unit", [0, 1, 1], {"flag_values": [0, 1], "flag_meanings": "ann bob"})
    made.assign(animal=animals, perform=made.perform.where(made.unit != "l", 1.0)).to_netcdf(path, engine="h5netcdf")
    shared = prepare(*read_recording(path))
    assert shared.units.tolist() == ["k", "m"] and shared.groups["animal"].tolist() == ["ann", "bob"]
    other = made.observe.assign_coords(animal=("unit", list("ann")))
    with pytest.raises(RecordingError, match="other animal of units"):
        prepare(made.perform.assign_coords(animal=("unit", list("bob"))), other)
    codes = ("trial", np.arange(12) % 2, {"flag_values": [0, 1], "flag_meanings": "hook palm"})
    dims = ("trial", "time", "unit")
    made = xr.Dataset(
        {"perform": (dims, X), "observe": (dims, Y)} | {f"{m}_conditions": codes for m in ("perform", "observe")}
    )
    made.to_netcdf(path, engine="h5netcdf")
    made.assign_coords(animal=("unit", list("pqq"))).to_netcdf(path, engine="h5netcdf")
    assert set(read_recording(path).perform_conditions) == {"hook", "palm"}
    assert read_recording(path).groups["animal"].tolist() == ["p", "q", "q"]
    with h5netcdf.File(path, "a") as file:  # the codes of each mode are another enumeration's
        for mode, codes in (("perform", [0, 1, 2]), ("observe", [0, 2, 1])):
            kind = file.create_enumtype(
                np.uint8, f"{mode}_kind", dict(zip(["none", "hook", "palm"], codes, strict=True))
            )
            file.create_variable(f"{mode}_grip", ("trial",), kind, fillvalue=0)[:] = 1 + np.arange(12) % 2
    coded = read_recording(path, Layout(perform_conditions="perform_grip", observe_conditions="observe_grip"))
    assert coded.perform_conditions[:2].tolist() == coded.observe_conditions[1::-1].tolist() == ["hook", "palm"]


def nwb(path, **columns):
    with h5py.File(path, "w") as file:
        file.attrs["nwb_version"] = "2.7.0"
        trials = {"id": np.arange(8), "start_time": np.arange(8) * 1.0, "mode": ["do", "see"] * 4} | columns
        for name, values in trials.items():
            file[f"intervals/trials/{name}"] = values
        grips = file["intervals/trials"].create_dataset("grip", data=np.array([0, 0, 1, 1] * 2, np.uint8))
        file["intervals/trials/grip_elements"] = ["hook", "palm"]
        grips.attrs["elements"] = file["intervals/trials/grip_elements"].ref
        file["electrodes/id"] = [10, 11, 12]
        series = file.create_group("acquisition/lfp")
        series["data"], series["channel_conversion"] = np.ones((100, 2)), [1.0, 5.0]
        series["timestamps"] = np.arange(100) * 0.1
        series["electrodes"] = [2, 0]
        series["electrodes"].attrs["table"] = file["electrodes"].ref
    return path


def test_nwb_keeps_names_of_codes_channels_and_their_conversion(tmp_path):
    layout = LAYOUT.change(data="acquisition/lfp", event="start_time", window=(0, 0.5), bin=0.5)
    found = read_recording(nwb(tmp_path / "x.nwb"), layout)
    assert set(found.perform_conditions) == {"hook", "palm"}
    assert found.units == ("12", "10") and found.perform[0, 0].tolist() == [1, 5]


def test_hdf5_enumerations_are_their_names(tmp_path):
    kind = h5py.enum_dtype({"hook": 0, "palm": 1}, np.uint8)
    path = nwb(tmp_path / "x.nwb")
    with h5py.File(path, "a") as file:
        file["intervals/trials"].create_dataset("coded", data=np.array([0, 0, 1, 1] * 2, np.uint8), dtype=kind)
    fields = {one.name: one for one in contents(path).fields}
    assert fields["coded"].values == fields["grip"].values == {"hook": 4, "palm": 4}


def test_what_only_matlab_understands_is_not_read_as_numbers(tmp_path):
    path = tmp_path / "x.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["grip"] = np.array([[3707764736, 2, 1, 1, 1, 1]], np.uint32)
        file["grip"].attrs["MATLAB_class"] = np.bytes_("categorical")
        file["rates"] = np.ones((3, 4))
        file["rates"].attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("rb+") as file:
        file.write(b"MATLAB 7.3 MAT-file")
    assert [one.name for one in contents(path).fields] == ["rates"]


def test_a_locked_file_is_said_to_be_locked(tmp_path):
    path = nwb(tmp_path / "x.nwb")
    code = f"import h5py, sys; f = h5py.File({str(path)!r}, 'a'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(
            RecordingError, match="x.nwb is locked by another program, which may be writing it"
        ) as caught:
            read_recording(path, LAYOUT)
        with pytest.raises(RecordingError, match="x.nwb is locked by another program"):  # one of a folder's files
            contents(tmp_path)
        other.stdin.close()
    assert "damaged" not in str(caught.value)
