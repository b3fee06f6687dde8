"""Recordings from arrays and files: every form gives the same numbers, every fault one clear line."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mirror_core.analysis import OptionError, RecordingError, unit_correlation
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.recordings.cleaned import from_labelled, prepare
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.recordings.simulated import simulate_population
from mirror_core.report import read_file

N, T, U, K = 12, 4, 5, 3


@pytest.fixture(scope="module")
def population():
    return simulate_population(K, np.random.default_rng(0), n_units=U, n_sequences=N, n_timesteps=T)


def dataset(population):
    three, two = ("sequence", "time", "unit"), ("sequence", "time")
    return xr.Dataset(
        {
            "perform": (three, population.perform),
            "observe": (three, population.observe),
            "actions": (two, population.actions),
        }
    )


def labelled(population):
    """Return the form of the project's own recordings."""
    return xr.DataArray(
        np.stack([population.observe, population.perform]),
        dims=("mode", "sequence", "time", "unit"),
        coords={"mode": ["observe", "perform"], "action": (("sequence", "time"), population.actions)},
        name="activation",
    )


def arrays_of(population):
    return {"perform": population.perform, "observe": population.observe, "actions": population.actions}


SECONDS = xr.DataArray(np.arange(T) * 0.1, dims="time", attrs={"units": "seconds"})
FORMS = {
    "npz": lambda made, path: np.savez(path, **arrays_of(made)),
    "npz, compressed": lambda made, path: np.savez_compressed(path, **arrays_of(made)),
    "netcdf 3": lambda made, path: dataset(made).to_netcdf(path, engine="scipy"),
    "netcdf 4": lambda made, path: dataset(made).to_netcdf(path, engine="h5netcdf"),
    "transposed": lambda made, path: (
        dataset(made).transpose("unit", "time", "sequence").to_netcdf(path, engine="h5netcdf")
    ),
    "time in seconds": lambda made, path: dataset(made).assign_coords(time=SECONDS).to_netcdf(path, engine="scipy"),
    "modes": lambda made, path: (
        labelled(made).transpose("time", "mode", "unit", "sequence").to_netcdf(path, engine="h5netcdf")
    ),
    "modes, netcdf 3": lambda made, path: labelled(made).to_netcdf(path, engine="scipy"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_file_gives_the_same_arrays(form, population, tmp_path):
    path = tmp_path / ("x.npz" if "npz" in form else "x.nc")
    FORMS[form](population, path)
    perform, observe, actions = read_file(path)
    np.testing.assert_array_equal(perform, population.perform)
    np.testing.assert_array_equal(observe, population.observe)
    np.testing.assert_array_equal(actions, population.actions)


def test_the_projects_own_recordings_are_understood():
    config = Config().change(hidden_size=6, input_size=4, sequence_length=3)
    own = record(MirrorNetwork(config), heldout_episodes(config, 8))
    perform, observe, actions = from_labelled(own)
    np.testing.assert_array_equal(perform, own.sel(mode="perform").values)
    np.testing.assert_array_equal(observe, own.sel(mode="observe").values)
    np.testing.assert_array_equal(actions, own.action.values)


def write(content):
    return lambda path: path.write_bytes(content)


def npz(**content):
    return lambda path: np.savez(path.open("wb"), **content)


def nc(data):
    return lambda path: data.to_netcdf(path, engine="h5netcdf")


def cut(path):
    np.savez(path.open("wb"), perform=np.zeros((9, 9, 9)), observe=np.zeros((9, 9, 9)))
    path.write_bytes(path.read_bytes()[:3000])


def cut_netcdf(path):
    xr.Dataset({"perform": (("sequence", "time", "unit"), np.ones((9, 9, 9)))}).to_netcdf(path, engine="h5netcdf")
    path.write_bytes(path.read_bytes()[:700])


GOOD = np.arange(24.0).reshape(4, 3, 2)
AXES = ("sequence", "time", "unit")
BAD_FILES = {
    "missing": (lambda path: None, r"does not exist: it must be a \.npz file .* NetCDF"),
    "an empty folder": (lambda path: path.mkdir(), r"holds no file that can be read: it must be a \.npz"),
    "empty": (write(b""), r"is empty: it must be"),
    "text": (write(b"perform,observe\n1,2\n"), r"is of another kind: it must be a \.npz"),
    "one array": (lambda path: np.save(path.open("wb"), GOOD), r"is one array \(\.npy\)"),
    "a pickle": (write(pickle.dumps({"perform": GOOD})), "is of another kind"),
    "cut npz": (cut, "is damaged or no file of recordings"),
    "cut netcdf": (cut_netcdf, "is damaged or no file of recordings"),
    "netcdf 5": (write(b"CDF\x05" + bytes(60)), "is of another kind"),
    "names": (
        npz(performed=GOOD, observe=GOOD),
        r"no array 'perform'\. Did you name it 'performed'\? There: performed, observe",
    ),
    "no observe": (npz(perform=GOOD, x=GOOD), "no array 'observe'.* There: perform, x"),
    "objects": (
        npz(perform=np.array([[{}]], dtype=object), observe=GOOD),
        "perform holds Python objects, which are not loaded",
    ),
    "netcdf names": (nc(xr.Dataset({"Perform": (AXES, GOOD)})), "no array 'perform'. Did you name it 'Perform'"),
    "netcdf dims": (
        nc(xr.Dataset({"perform": (("trial", "time", "unit"), GOOD), "observe": (AXES, GOOD)})),
        r"perform has dimensions \(trial, time, unit\): they must be named sequence, time, unit",
    ),
    "modes": (
        nc(xr.DataArray(np.stack([GOOD, GOOD]), dims=("mode", *AXES), coords={"mode": ["perform", "watch"]}, name="a")),
        "a has modes perform, watch: it must have perform and observe",
    ),
    "two with modes": (
        nc(xr.Dataset({n: (("mode", *AXES), np.stack([GOOD, GOOD])) for n in "ab"}, {"mode": ["perform", "observe"]})),
        "the arrays a, b all have a dimension mode",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_named_with_what_is_allowed(case, tmp_path):
    make, message = BAD_FILES[case]
    path = tmp_path / "given.npz"
    make(path)
    with pytest.raises(RecordingError, match=message) as caught:
        read_file(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def with_value(value, at=(1, 2, 0)):
    bad = RNG.normal(size=(12, 4, 5))
    bad[at] = value
    return bad


RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(2, 12, 4, 5))
A = RNG.integers(3, size=(12, 4))
RARE = np.where(np.arange(48).reshape(12, 4) == 7, 9, A)
BAD_ARRAYS = {
    "dimensions": (X[0], Y, None, r"perform has shape \(4, 5\): it must have dimensions \(sequence, time, unit\)"),
    "shapes": (X, Y[:, :3], None, r"perform has shape \(12, 4, 5\) and observe \(12, 3, 5\)"),
    "episodes": (X, Y[:11], A, r"both must have the same sequences"),
    "one sequence": (X[:1], Y[:1], None, r"1 sequence\(s\): at least 2"),
    "text": (X.astype(str), Y, None, "perform has dtype <U.*: it must hold real numbers"),
    "large actions": (X, Y, A * 1e200, "actions have .* values that are not whole numbers, .* of at most 2.53"),
    "complex": (X, Y.astype(complex), None, "observe has dtype complex128"),
    "nan": (
        with_value(np.nan), Y, None,
        r"perform 1, observe 0, in 1 sequence\(s\), the first 1, and 1 unit\(s\), the first 0: .*drop",
    ),
    "inf": (
        X, with_value(-np.inf, (slice(3, 5), 0, 4)), None,
        r"perform 0, observe 2, in 2 sequence\(s\), the first 3, and 1 .* first 4",
    ),
    "constant": (np.ones_like(X), Y, None, "all 5 units are constant in perform or observe"),
    "actions' shape": (X, Y, A[:11], r"actions have shape \(11, 4\).* shape \(12, 4\)"),
    "an action a sequence": (X, Y, A[:, 0], r"actions have shape \(12,\)"),
    "halves": (X, Y, A + 0.5, r"48 values that are not whole numbers, the first \([\d.]+\) at sequence 0, time 0"),
    "names": (X, Y, A.astype(str), "actions have dtype .*: they must be integers"),
    "one action": (X, Y, np.full((12, 4), 2), "actions are all 2: at least two"),
    "rare action": (X, Y, RARE, r"action 9 occurs in 1 sequence\(s\), at least 4 are needed"),
    "no action": (X, Y, np.where(A == 0, np.nan, A), r"actions have values that are not finite in \d+ sequence"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays_are_refused(case):
    perform, observe, actions, message = BAD_ARRAYS[case]
    with pytest.raises(RecordingError, match=message) as caught:
        prepare(perform, observe, actions)
    assert "\n" not in str(caught.value)


def test_an_unknown_way_to_drop_is_refused():
    with pytest.raises(OptionError, match="unknown drop_nan 'unit'. Did you mean 'units'"):
        prepare(X, Y, drop_nan="unit")


def test_dropping_sequences_drops_them_everywhere_and_says_so():
    perform, observe = X.copy(), Y.copy()
    perform[2, 0, 1], observe[7, 3, 4] = np.nan, np.inf
    actions = A.astype(float)
    actions[9, 1] = np.nan
    found = prepare(perform, observe, actions, drop_nan="sequences")
    kept = [i for i in range(12) if i not in (2, 7, 9)]
    np.testing.assert_array_equal(found.perform, X[kept])
    np.testing.assert_array_equal(found.observe, Y[kept])
    np.testing.assert_array_equal(found.actions, A[kept])
    assert found.notes == ("3 of 12 sequences (2, 7, 9) left out, for values that are not finite.",)


def test_dropping_units_keeps_the_numbers_of_the_others():
    perform = X.copy()
    perform[:, 0, 3] = np.nan
    found = prepare(perform, Y, A, drop_nan="units")
    assert found.units.tolist() == [0, 1, 2, 4] and "1 of 5 units (3)" in found.notes[0]
    np.testing.assert_array_equal(found.observe, Y[:, :, [0, 1, 2, 4]])


def test_too_few_left_is_an_error():
    with pytest.raises(RecordingError, match="1 of 12 sequences are without values that are not finite: too few"):
        prepare(np.where(np.arange(12)[:, None, None] > 0, np.nan, X), Y, drop_nan="sequences")


def test_constant_units_are_left_out_by_mode_and_named():
    perform, observe = X.copy(), Y.copy()
    perform[:, :, 1], observe[:, :, [1, 4]] = 0.1, -3
    found = prepare(perform, observe)
    assert found.units.tolist() == [0, 2, 3]
    assert found.notes == (
        "1 of 5 units (1) left out: constant in perform.",
        "2 of 5 units (1, 4) left out: constant in observe.",
    )


def test_masked_values_are_missing_not_numbers():
    with pytest.raises(RecordingError, match="perform 1, observe 0"):
        prepare(np.ma.masked_array(X, mask=np.arange(X.size).reshape(X.shape) == 3), Y)


@settings(deadline=None, max_examples=25)
@given(
    data=st.data(),
    shape=st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 4)),
    dtype=st.sampled_from([np.float32, np.float64, np.int16, np.uint8]),
)
def test_any_shape_is_refused_in_words_or_leaves_only_units_with_an_r(data, shape, dtype):
    draw = arrays.arrays(dtype, shape, elements=st.integers(0, 3))
    try:
        found = prepare(data.draw(draw), data.draw(draw))
    except RecordingError as error:
        assert "\n" not in str(error)
    else:
        assert found.perform.shape == found.observe.shape == (*shape[:2], len(found.units))
        assert np.isfinite(unit_correlation(found.perform, found.observe)).all()
