"""Several files as one recording; arrays of each mode's own trials; layouts from files; what is no recording at all."""

from __future__ import annotations

import pickle
import zipfile

import h5py
import numpy as np
import pytest
import xarray as xr
from scipy.io import savemat

from mirror_core.analysis import OptionError, RecordingError
from mirror_core.recordings.formats import contents, read_file, read_recording
from mirror_core.recordings.layout import Layout, read_layout
from mirror_core.recordings.trials import Trials

RNG = np.random.default_rng(4)
RASTER = Layout(data="raster", condition=("label",), axes=("trial", "time"), halves=True)
MODES = Layout(data="raster", condition=("label",), mode="mode", perform="do", observe="see", axes=("trial", "time"))
LABELS = ["a", "b", "a", "b", "b"]


def raster(path, labels, seed, modes=None):
    values = np.random.default_rng(seed).normal(size=(len(labels), 3))
    content = {"raster": values, "label": np.array(labels, object)}
    savemat(path, content if modes is None else content | {"mode": np.array(modes, object)})
    return values


def test_units_of_the_same_trials_in_a_folder_or_a_zip_file(tmp_path):
    folder = tmp_path / "units"
    folder.mkdir()
    data = [raster(folder / f"c{i}.mat", LABELS, i) for i in (1, 2, 10)]
    (folder / "README.txt").write_text("sorted by hand")
    found = read_recording(folder, RASTER)
    assert found.units == ("c1", "c2", "c10")  # as people count
    both = np.concatenate([found.perform, found.observe])
    want = np.stack(data, axis=2)
    np.testing.assert_array_equal(both[np.lexsort(both[:, :, 0].T)], want[np.lexsort(want[:, :, 0].T)])
    assert any("3 files taken as units of the same trials" in note for note in found.notes)
    assert any("no recordings: README.txt" in note for note in found.notes)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for i in (1, 2, 10):
            archive.write(folder / f"c{i}.mat", f"../../inside/c{i}.mat")  # a name that leads elsewhere
    again = read_recording(tmp_path / "all.zip", RASTER)
    np.testing.assert_array_equal(again.perform, found.perform)
    assert {path.name for path in tmp_path.iterdir()} == {"units", "all.zip"}
    assert "3 files, c1.mat to c10.mat" in contents(tmp_path / "all.zip").notes[1]


def test_sessions_have_only_conditions_in_common(tmp_path):
    first = raster(tmp_path / "s1.mat", ["a", "b", "a", "c", "b"], 1, ["do", "do", "see", "do", "see"])
    second = raster(tmp_path / "s2.mat", ["b", "a", "a", "b", "a"], 2, ["do", "see", "do", "see", "do"])
    found = read_recording(tmp_path, MODES)
    assert found.perform_conditions.tolist() == ["a", "a", "b"] and found.observe_conditions.tolist() == ["a", "b"]
    np.testing.assert_array_equal(found.perform[:, :, 0], [first[0], [np.nan] * 3, first[1]])
    np.testing.assert_array_equal(found.perform[:, :, 1], [second[2], second[4], second[0]])
    np.testing.assert_array_equal(found.observe[:, :, 1], [second[1], second[3]])
    assert found.groups["session"].tolist() == ["s1", "s2"]
    assert any("not recorded at the same time" in n and "1 trials left out" in n for n in found.notes)
    with pytest.raises(RecordingError, match="s2 has other trials than s1"):
        read_recording(tmp_path, MODES.change(files="units"))


def test_the_same_labels_may_still_be_sessions(tmp_path):
    for i in (1, 2):
        raster(tmp_path / f"s{i}.mat", LABELS, i)
    found = read_recording(tmp_path, RASTER.change(files="sessions"))
    assert found.groups["session"].tolist() == ["s1", "s2"] and found.perform.shape[2] == 2


def test_files_that_do_not_fit_each_other_are_named(tmp_path):
    raster(tmp_path / "s1.mat", LABELS, 1)
    savemat(tmp_path / "s2.mat", {"raster": np.zeros((5, 4)), "label": np.array(LABELS, object)})
    with pytest.raises(RecordingError, match="s2 has 4 time bins and s1 3"):
        read_recording(tmp_path, RASTER)
    raster(tmp_path / "s2.mat", ["x", "x", "y", "y"], 2)
    with pytest.raises(RecordingError, match="no condition is in all of 2 files"):
        read_recording(tmp_path, RASTER)


PERFORM, OBSERVE = RNG.normal(size=(4, 3, 2)), RNG.normal(size=(3, 3, 2))
OWN = {
    "perform": PERFORM, "observe": OBSERVE,
    "perform_conditions": np.array(["a", "b", "a", "b"]), "observe_conditions": np.array(["b", "a", "b"]),
}  # fmt: skip


def dataset():
    variables = {
        "perform": (("unit", "trial", "time"), PERFORM.transpose(2, 0, 1)),
        "observe": (("watched", "time", "unit"), OBSERVE),
        "perform_conditions": ("trial", OWN["perform_conditions"]),
        "observe_conditions": ("watched", OWN["observe_conditions"]),
        "area": ("unit", ["F5", "M1"]),
    }
    time = xr.DataArray([-100.0, 0, 100], dims="time", attrs={"units": "ms"})
    return xr.Dataset(variables, {"time": time, "unit": ["x", "y"]})


@pytest.mark.parametrize("form", ["npz", "nc"])
def test_arrays_of_unequal_numbers_of_trials(form, tmp_path):
    path = tmp_path / f"a.{form}"
    np.savez(path, **OWN) if form == "npz" else dataset().to_netcdf(path, engine="h5netcdf")
    found = read_recording(path)
    assert isinstance(found, Trials)
    np.testing.assert_array_equal(found.perform, PERFORM)
    np.testing.assert_array_equal(found.observe, OBSERVE)
    assert found.perform_conditions.tolist() == ["a", "b", "a", "b"]
    assert found.observe_conditions.tolist() == ["b", "a", "b"]
    if form == "nc":
        np.testing.assert_allclose(found.times, [-0.1, 0, 0.1])
        assert found.units == ("x", "y") and found.groups["area"].tolist() == ["F5", "M1"]
    with pytest.raises(RecordingError, match="trials of its own in each mode"):
        read_file(path)


FULL = Layout(
    perform="exec", observe="obs", mode="mode", condition=("grip", "obj ect"), only=("area=F5",), window=(-0.5, 1),
    bin=0.05, axes=("trial", "time"), event='the "onset"',
)  # fmt: skip


def test_a_layout_is_the_same_from_its_file_and_from_its_command(tmp_path):
    path = tmp_path / "layout.toml"
    path.write_text(FULL.as_toml())
    assert read_layout(path) == FULL
    assert FULL.as_command("my file.nwb").startswith("mirror analyse 'my file.nwb' --perform exec")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("evnt = 'x'", "unknown key 'evnt'. Did you mean 'event'"),
        ("event = 3", "event = 3 is not allowed: it must be text"),
        ("bin = '50 ms'", "bin = '50 ms' is not allowed: it must be a number"),
        ("bin = true", "bin = True is not allowed"),
        ("bin = -1", "bin = -1 is not allowed"),
        ("window = [1, 0]", r"window = \[1, 0\] is not allowed"),
        ("window = 3", "window"),
        ("axes = ['trial', 'trial']", "each axis may be named once"),
        ("files = 'unit'", "unknown files 'unit'. Did you mean 'units'"),
        ("only = ['grip']", "only = 'grip' is not allowed: it must be NAME=VALUE"),
        ("only = ['area=F5', 'area=M1']", "each column may be named once"),
        ("halves = 'yes'", "halves = 'yes' is not allowed: it must be true or false"),
        ("halves = true\nmode = 'm'", "halves is not allowed with mode"),
        ("event", "layout.toml is not valid TOML"),
        (None, "layout.toml cannot be read: No such file"),
    ],
)
def test_a_wrong_layout_is_named(text, message, tmp_path):
    path = tmp_path / "layout.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(OptionError, match=message) as caught:
        read_layout(path)
    assert str(caught.value).startswith(str(path))


def hdf5(write):
    def make(path):
        with h5py.File(path, "w") as file:
            write(file)

    return make


def npz(**change):
    content = {name: one for name, one in (OWN | change).items() if one is not None}
    return lambda path: np.savez(path.open("wb"), **content)


def archive(path, *names):
    with zipfile.ZipFile(path, "w") as file:
        for name in names or ["notes.txt"]:
            file.writestr(name, "nothing")


def broken(path):
    archive(path)
    path.write_bytes(path.read_bytes().replace(b"nothing", b"nonsens"))


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("perform.npy", bytes(10**7))


def untrue(path):
    """Write an archive whose array declares more than there is."""
    header = (
        b"\x93NUMPY\x01\x00v\x00" + b"{'descr':'<f8','fortran_order':False,'shape':(2000000000000,)}".ljust(117) + b"\n"
    )
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("perform.npy", header)
        file.writestr("observe.npy", header)


NOTHING = {
    "missing": (lambda path: None, "does not exist"),
    "a folder of nothing": (lambda path: path.mkdir(), "holds no file that can be read"),
    "a zip file of one name twice": (lambda path: archive(path, "a/c1.mat", "b/c1.mat"), "two files of the same name"),
    "a broken zip file": (broken, "cannot be unpacked"),
    "a zip file of a poor table": (lambda path: archive(path, "c1.csv"), r"given/c1\.csv"),
    "a zip file of text": (archive, "holds no file that can be read"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "text": (lambda path: path.write_text("hello"), "is of another kind"),
    "a pickle": (lambda path: path.write_bytes(pickle.dumps(OWN)), "is of another kind"),
    "a picture": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n"), "is of another kind"),
    "a script": (lambda path: path.write_text("import os; os.abort()"), "is of another kind"),
    "one array": (lambda path: np.save(path.open("wb"), PERFORM), r"one array \(\.npy\)"),
    "plain HDF5": (hdf5(lambda file: file.create_dataset("x", data=[1.0])), "no array 'perform'"),
    "empty HDF5": (hdf5(lambda file: None), "no array 'perform'"),
    "NWB of nothing": (hdf5(lambda file: file.attrs.update({"nwb_version": "2.7"})), "no table of trials"),
    "MATLAB of nothing": (lambda path: savemat(path.open("wb"), {}), "no array 'perform'"),
    "a MATLAB header": (lambda path: path.write_bytes(b"MATLAB 5.0 MAT-file"), "damaged"),
    "a MATLAB 7.3 header": (lambda path: path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(600)), "damaged"),
    "a MATLAB object": (
        lambda path: savemat(path.open("wb"), {"perform": np.array([[{}]], object)}), "perform",
    ),
    "too large": (bomb, r"perform\.npy declares"),
    "untrue": (untrue, "damaged"),
    "no labels": (npz(observe_conditions=None), "no array 'observe_conditions'.*perform_conditions"),
    "few labels": (npz(perform_conditions=["a"]), "4 along trial .* there are 1 trials"),
    "other units": (npz(observe=OBSERVE[:, :, :1]), "2 units and observe 1"),
    "nothing shared": (npz(observe_conditions=[*"cde"]), "no condition is in both modes"),
    "an empty label": (npz(observe_conditions=["", "", " "]), "no trial of observe .* has a condition"),
    "infinite": (npz(perform=np.where(PERFORM > 0, np.inf, 1)), "infinite values"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTHING)
def test_what_is_no_recording_is_said_in_a_sentence(case, tmp_path, monkeypatch):
    monkeypatch.setattr("mirror_core.recordings.sessions.LIMIT", 10**6)
    make, message = NOTHING[case]
    path = tmp_path / "given"
    make(path)
    with pytest.raises((RecordingError, OptionError), match=message) as caught:
        read_recording(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
