"""MATLAB's and Octave's files: the same content in each of their forms gives the same trials."""

from __future__ import annotations

import itertools

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_array

from mirror_core.analysis import OptionError, RecordingError
from mirror_core.recordings.formats import contents, read_recording
from mirror_core.recordings.formats.matlab import fields_v5
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.trials import Trials

RNG = np.random.default_rng(8)
N, T, U = 7, 6, 4
DATA = RNG.normal(size=(N, T, U))
MODE = ["do", "see", "do", "see", "do", "see", "do"]
GRIP = ["hook", "hook", "palm", "palm", "hook", "palm", "palm"]
TIMES = np.arange(T) * 0.05 - 0.1
AREA = ["F5", "M1", "F5", "F5"]
LAYOUT = Layout(
    data="rates", mode="mode", condition=("grip",), perform="do", observe="see", times="t", groups=("area",),
    axes=("unit", "time", "trial"),
)  # fmt: skip


def cell(parts):
    made = np.empty((1, len(parts)), object)
    made[0, :] = parts
    return made


CONTENT = {
    "rates": DATA.transpose(2, 1, 0), "mode": cell(MODE), "grip": cell(GRIP), "t": TIMES[None], "area": cell(AREA)
}  # fmt: skip


def write_v73(path, content):
    """Write HDF5 as MATLAB does: axes reversed, text as numbers, cells and structs as references."""

    def put(group, name, value):
        if isinstance(value, str):
            made = group.create_dataset(name, data=np.frombuffer(value.encode("utf-16-le"), np.uint16)[:, None])
            made.attrs["MATLAB_class"] = np.bytes_("char")
        elif isinstance(value, list):  # a struct array
            made = group.create_group(name)
            made.attrs["MATLAB_class"] = np.bytes_("struct")
            for key in value[0]:
                made.create_dataset(key, data=references([element[key] for element in value]))
        elif value.dtype == object:
            made = group.create_dataset(name, data=references(value.ravel()))
            made.attrs["MATLAB_class"] = np.bytes_("cell")
        else:
            made = group.create_dataset(name, data=value.T)
            made.attrs["MATLAB_class"] = np.bytes_("double")

    def references(parts):
        made = np.empty((len(parts), 1), h5py.ref_dtype)
        for i, part in enumerate(parts):
            number = f"{next(numbers)}"
            put(file["#refs#"], number, part)
            made[i, 0] = file["#refs#"][number].ref
        return made

    numbers = itertools.count()
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_group("#refs#")
        for name, value in content.items():
            put(file, name, value)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM")


def write_octave(path, content):
    """Write HDF5 as `save -hdf5` does: a type and a value, axes reversed."""

    def put(group, name, value):
        made = group.create_group(name)
        made.attrs["OCTAVE_NEW_FORMAT"] = np.uint8(1)
        if isinstance(value, str):
            made["type"] = np.bytes_("string")
            made["value"] = np.array([[ord(letter)] for letter in value], np.int8)
        elif value.dtype == object:
            made["type"] = np.bytes_("cell")
            inner = made.create_group("value")
            inner["dims"] = np.array(value.shape)
            for i, part in enumerate(value.ravel(order="F")):
                put(inner, f"_{i}", part)
        else:
            made["type"] = np.bytes_("matrix")
            made["value"] = value.T

    with h5py.File(path, "w") as file:
        for name, value in content.items():
            put(file, name, value)


WRITERS = {"v5": savemat, "v7.3": write_v73, "Octave": write_octave}


def check(found, layout=LAYOUT):
    assert isinstance(found, Trials)
    do = np.array(MODE) == "do"
    np.testing.assert_array_equal(found.perform, DATA[do])
    np.testing.assert_array_equal(found.observe, DATA[~do])
    assert found.perform_conditions.tolist() == list(np.array(GRIP)[do])
    assert found.observe_conditions.tolist() == list(np.array(GRIP)[~do])
    if layout.times:
        np.testing.assert_allclose(found.times, TIMES)
    if layout.groups:
        assert found.groups[layout.groups[0]].tolist() == AREA


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("axes", [LAYOUT.axes, ()])
def test_every_form_gives_the_same_trials(form, axes, tmp_path):
    path = tmp_path / "a.mat"
    WRITERS[form](path, CONTENT)
    check(read_recording(path, LAYOUT.change(axes=axes)))  # 7, 6 and 4: the numbers tell
    check(read_recording(path, contents(path).proposal.change(axes=())))


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("lengths", [[6, 5, 6, 3, 6, 6, 4], [6] * N])
def test_a_cell_with_an_array_a_trial(lengths, form, tmp_path):
    path = tmp_path / "a.mat"
    WRITERS[form](path, CONTENT | {"rates": cell([trial[:n] for trial, n in zip(DATA, lengths, strict=True)])})
    found = read_recording(path, LAYOUT.change(axes=("time", "unit")))
    for i, (row, mode) in enumerate(zip([0, 0, 1, 1, 2, 2, 3], MODE, strict=True)):
        trial = (found.perform if mode == "do" else found.observe)[row]
        np.testing.assert_array_equal(trial[: lengths[i]], DATA[i, : lengths[i]])
        assert np.isnan(trial[lengths[i] :]).all()
    assert any("Trials have 3 to 6 time bins" in note for note in found.notes) == (min(lengths) < T)


@pytest.mark.parametrize("form", ["v5", "v7.3"])
def test_a_struct_with_one_element_a_trial(form, tmp_path):
    path = tmp_path / "a.mat"
    elements = [
        {"frs": trial, "who": mode, "obj": np.array([[float(grip == "palm")]]), "t": TIMES[None], "area": cell(AREA)}
        for trial, mode, grip in zip(DATA, MODE, GRIP, strict=True)
    ]
    records = np.empty((1, N), [(name, object) for name in elements[0]])
    for i, element in enumerate(elements):
        records[0, i] = tuple(element.values())
    WRITERS[form](path, {"Data": records if form == "v5" else elements})
    layout = LAYOUT.change(
        data="Data.frs", mode="Data.who", condition=("Data.obj",), times="Data.t", groups=("Data.area",), axes=()
    )
    found = read_recording(path, layout)
    do = np.array(MODE) == "do"
    np.testing.assert_array_equal(found.perform, DATA[do])
    assert found.perform_conditions.tolist() == list(np.where(np.array(GRIP)[do] == "palm", "1", "0"))
    assert found.groups["Data.area"].tolist() == AREA
    proposed = contents(path).proposal
    assert (proposed.data, proposed.mode, proposed.condition) == ("Data.frs", "Data.who", ("Data.obj",))


def test_letters_beyond_the_first_65536_are_themselves(tmp_path):
    write_v73(tmp_path / "a.mat", {"rates": DATA.transpose(2, 1, 0), "grip": cell(["h👋k"] * 3 + GRIP[3:])})
    assert {one.name: one for one in contents(tmp_path / "a.mat").fields}["grip"].values["h👋k"] == 3


@pytest.mark.parametrize("form", WRITERS)
def test_one_unit_has_its_axis_back(form, tmp_path):
    path = tmp_path / "a.mat"
    one = DATA[:, :, :1].transpose(1, 0, 2).reshape(T, N)
    WRITERS[form](path, CONTENT | {"rates": one})
    found = read_recording(path, LAYOUT.change(axes=("time", "trial", "unit"), groups=()))
    np.testing.assert_array_equal(found.perform, DATA[np.array(MODE) == "do"][:, :, :1])
    np.testing.assert_array_equal(read_recording(path, LAYOUT.change(axes=(), groups=())).perform, found.perform)


@pytest.mark.parametrize("form", WRITERS)
def test_an_array_for_each_mode(form, tmp_path):
    path, do = tmp_path / "a.mat", np.array(MODE) == "do"
    content = {
        "exe": DATA[do].transpose(1, 2, 0), "obs": DATA[~do].transpose(1, 2, 0),
        "exe_grip": cell(list(np.array(GRIP)[do].tolist())), "obs_grip": cell(np.array(GRIP)[~do].tolist()),
    }  # fmt: skip
    WRITERS[form](path, content)
    layout = Layout(
        perform="exe", observe="obs", perform_conditions="exe_grip", observe_conditions="obs_grip",
        axes=("time", "unit", "trial"),
    )  # fmt: skip
    check(read_recording(path, layout), layout)


@pytest.mark.parametrize("form", WRITERS)
def test_the_same_trials_in_both_modes_stay_arrays(form, tmp_path):
    path = tmp_path / "a.mat"
    actions = RNG.integers(0, 3, (N, T)).astype(float)
    WRITERS[form](path, {"perform": DATA.T, "observe": -DATA.T, "actions": actions.T})
    perform, observe, found = read_recording(path, Layout(axes=("unit", "time", "trial")))
    np.testing.assert_array_equal(perform, DATA)
    np.testing.assert_array_equal(observe, -DATA)
    np.testing.assert_array_equal(found, actions)


def test_a_raster_in_milliseconds_is_binned_and_halved(tmp_path):
    path = tmp_path / "a.mat"
    raster = (RNG.random((9, 400)) < 0.2).astype(np.uint8)
    labels = ["a", "b", "a", "b", "a", "b", "a", "b", "a"]
    savemat(path, {"raster_data": raster, "raster_labels": {"stimulus_ID": cell(labels)}}, do_compression=True)
    proposed = contents(path).proposal
    assert proposed.given == {
        "data": "raster_data", "axes": ("trial", "time"), "condition": ("raster_labels.stimulus_ID",), "halves": True
    }  # fmt: skip
    found = read_recording(path, proposed.change(step=0.001, first=-0.2, window=(-0.1, 0.2), bin=0.05), seed=1)
    np.testing.assert_allclose(found.times, np.arange(6) * 0.05 - 0.075)
    binned = raster[:, 100:].reshape(9, 6, 50).mean(axis=2)
    both = np.concatenate([found.perform, found.observe])[:, :, 0]
    np.testing.assert_allclose(both[np.lexsort(both.T)], binned[np.lexsort(binned.T)])
    assert sorted(found.perform_conditions) == ["a", "a", "a", "b", "b"]
    assert sorted(found.observe_conditions) == ["a", "a", "b", "b"]
    again, other = (read_recording(path, proposed, seed=seed).perform for seed in (1, 2))
    np.testing.assert_array_equal(again, read_recording(path, proposed, seed=1).perform)
    assert not np.array_equal(again, other)


def square(content):
    return content | {"rates": RNG.normal(size=(N, N, U))}


def cube(content):
    return content | {"rates": RNG.normal(size=(3, 9, 8))}


BAD = {
    "ambiguous": ({"axes": (), "times": None}, square, OptionError, r"rates has shape \(7, 7, 4\).*several orders"),
    "no order": ({"axes": ()}, cube, OptionError, r"\(3, 9, 8\), and 4 units, 6 times, 7 trials known: no order fits"),
    "wrong axes": ({"axes": ("trial", "time", "unit")}, None, OptionError, "4 along trial .* there are 7 trials"),
    "few axes": ({"axes": ("trial", "time")}, None, OptionError, "must name each of its axes"),
    "an axis": ({"axes": ("trials", "time")}, None, OptionError, "axis 'trials'. Did you mean 'trial'"),
    "data": ({"data": "rate"}, None, RecordingError, "no array 'rate'. Did you name it 'rates'"),
    "labels": ({"data": "mode"}, None, RecordingError, "mode has dtype <U"),
    "condition": ({"condition": ("t",)}, None, RecordingError, "there must be one a trial"),
    "no condition": ({"condition": ()}, None, OptionError, "condition is missing"),
    "no data": ({"data": None}, None, OptionError, "data is missing"),
    "complex": ({}, lambda c: c | {"rates": 1j * c["rates"]}, RecordingError, "complex128: it must hold real numbers"),
    "groups": ({"groups": ("mode",)}, None, OptionError, "along unit"),
    "step": ({"step": 0.0}, None, OptionError, r"step = 0\.0 is not allowed"),
    "window": ({"window": (0.0, 0.1)}, None, OptionError, "bin is missing"),
    "untimed": ({"times": None, "window": (0.0, 0.1), "bin": 0.05}, None, OptionError, "window and bin need the time"),
    "a short cell": ({}, lambda c: c | {"rates": cell(list(DATA[:3]))}, RecordingError, "3 arrays .* 7 trials"),
    "ragged units": (
        {"axes": ("time", "unit"), "groups": ()},
        lambda c: c | {"rates": cell([trial[:, : 3 + i % 2] for i, trial in enumerate(DATA)])},
        RecordingError, "trials have 3 to 4 units",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", ["v5", "v7.3"])
@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named(case, form, tmp_path):
    options, change, kind, message = BAD[case]
    if form == "v7.3" and case == "complex":
        pytest.skip("MATLAB 7.3 keeps them as a compound type, which the writer here does not")
    path = tmp_path / "a.mat"
    WRITERS[form](path, change(CONTENT) if change else CONTENT)
    with pytest.raises(kind, match=message) as caught:
        read_recording(path, LAYOUT.change(**options))
    assert "\n" not in str(caught.value)


def test_what_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "a.mat"
    savemat(path, {"rates": np.zeros((7, 60, 4000))}, do_compression=True)
    assert path.stat().st_size < 20_000
    monkeypatch.setattr("mirror_core.recordings.sessions.LIMIT", 10**6)
    with pytest.raises(RecordingError, match="the file declares .* GiB: at most"):
        read_recording(path, LAYOUT)


@pytest.mark.parametrize("kind", [0, 10, 200])
def test_an_element_of_unknown_kind_is_damage(kind, tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"rates": DATA})
    content = bytearray(path.read_bytes())
    content[content.index(b"\x09\x00\x00\x00", 150)] = kind  # SciPy's reader ends the process here
    path.write_bytes(content)
    with pytest.raises(RecordingError, match="damaged"):
        read_recording(path, LAYOUT)


def test_logical_sparse_and_complex_arrays_are_what_they_are(tmp_path):
    path = tmp_path / "a.mat"
    sparse = csc_array(np.where(RNG.random((N, T)) < 0.3, 2.5, 0))
    content = {"mask": np.array([[True, False]]), "sparse": sparse, "z": np.array([[1 + 2j]]), "none": np.empty((0, 0))}
    savemat(path, content)
    fields = fields_v5(path)
    assert fields["mask"].dtype == bool and fields["mask"].tolist() == [[True, False]]
    np.testing.assert_array_equal(fields["sparse"], sparse.toarray())
    assert fields["z"].tolist() == [[1 + 2j]] and fields["none"].shape == (0, 0)


def test_cells_that_refer_to_each_other_end(tmp_path):
    path = tmp_path / "a.mat"
    write_v73(path, CONTENT)
    with h5py.File(path, "a") as file:
        for level in range(40):  # 10 ** 40 cells, by 400 references
            made = file["#refs#"].create_dataset(f"level{level}", shape=(10, 1), dtype=h5py.ref_dtype)
            made.attrs["MATLAB_class"] = np.bytes_("cell")
            made[:] = file[f"#refs#/level{level - 1}" if level else "rates"].ref
        file["cells"] = made
    check(read_recording(path, LAYOUT))


@pytest.mark.parametrize("n", [100, 130, 300, 2000])
def test_a_file_that_is_cut_is_damaged(n, tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"rates": RNG.normal(size=(7, 60, 40))}, do_compression=True)
    path.write_bytes(path.read_bytes()[:n])
    with pytest.raises(RecordingError, match="a.mat is damaged or no file of recordings|no array 'rates'"):
        read_recording(path, LAYOUT)


def test_a_text_file_of_octave_is_told(tmp_path):
    path = tmp_path / "a.mat"
    path.write_text("# Created by Octave 7.3.0\n# name: x\n")
    with pytest.raises(RecordingError, match="a text file of Octave .*save -v7"):
        read_recording(path)
