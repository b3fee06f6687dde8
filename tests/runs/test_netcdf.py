"""The fast reader of kept NetCDF files against xarray's own."""

import io

import numpy as np
import pytest
import xarray as xr

from mirror_core.runs import netcdf
from mirror_core.runs.netcdf import read_netcdf

PLAIN = {
    "numbers, with gaps": xr.Dataset({"x": (("a", "b"), [[1.0, np.nan], [np.inf, -0.0]]), "n": ("a", [3, -4])}),
    "of one precision": xr.Dataset({"x": ("a", np.arange(3, dtype="float32")), "n": ("a", np.arange(3, dtype="int8"))}),
    "named places": xr.Dataset({"x": (("mode", "unit"), np.eye(2))}, {"mode": ["perform", "observe"], "unit": [7, 9]}),
    "texts and truth values": xr.Dataset({"t": ("a", ["ä", "bb"]), "b": ("a", [True, False])}),
    "single values": xr.Dataset({"x": 2.5, "n": 3}),
    "nothing along a dimension": xr.Dataset({"e": ("z", np.empty(0))}),
}
OTHER = {
    "attributes": xr.Dataset({"x": ("a", [1.0], {"units": "m"})}),
    "of the file": xr.Dataset({"x": ("a", [1.0])}, attrs={"made": "today"}),
    "dates": xr.Dataset({"x": ("a", np.array(["2026-01-01"], dtype="datetime64[ns]"))}),
    "a place beside": xr.Dataset({"x": ("a", [1.0])}, {"beside": 3.0}),
    "another gap": xr.Dataset({"x": ("a", [1.0, np.nan], {"_FillValue": -1.0})}),
    "one text": xr.Dataset({"t": "alone"}),
}


def compare(dataset: xr.Dataset) -> None:
    content = bytes(dataset.to_netcdf(engine="h5netcdf"))
    own, reference = read_netcdf(content), xr.load_dataset(io.BytesIO(content), engine="h5netcdf")
    xr.testing.assert_identical(own, reference)
    for name, variable in reference.variables.items():
        assert own[name].dtype == variable.dtype, name
    assert (list(own), list(own.coords), dict(own.sizes)) == (
        list(reference), list(reference.coords), dict(reference.sizes)
    )  # fmt: skip


@pytest.mark.parametrize("dataset", PLAIN.values(), ids=PLAIN)
def test_plain_datasets_are_read_as_xarray_reads_them(dataset, monkeypatch):
    compare(dataset)
    content = bytes(dataset.to_netcdf(engine="h5netcdf"))
    monkeypatch.setattr(netcdf.xr, "load_dataset", lambda *_, **__: pytest.fail("left to xarray"))
    read_netcdf(content)


@pytest.mark.parametrize("dataset", OTHER.values(), ids=OTHER)
def test_others_are_left_to_xarray(dataset):
    compare(dataset)
