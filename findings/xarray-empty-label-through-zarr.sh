#!/bin/sh
# Labels of trials, one of them the empty text, go through NetCDF and zarr by xarray and come back the same. But from zarr
# they are of NumPy's StringDType, of which xarray counts "" as missing: isnull is true, count is one less and dropna drops
# the trial. From NetCDF they are of fixed width, where "" is a value. A None among them becomes "" in zarr on writing.
# Seen with xarray 2026.9.0, zarr 3.1.6, h5netcdf 1.8.2 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet xarray==2026.9.0 zarr==3.1.6 h5netcdf==1.8.2 h5py==3.16.0 numpy==2.4.6 2> \
    "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import xarray as xr

labels = xr.Dataset({"label": ("trial", ["go", "", "stop"])}).astype(object)
labels.to_zarr("l.zarr", zarr_format=3)
labels.to_netcdf("l.nc", engine="h5netcdf")
found = {}
for kind, there in {"zarr": xr.open_zarr("l.zarr"), "NetCDF": xr.open_dataset("l.nc", engine="h5netcdf")}.items():
    label = there["label"].load()
    assert label.values.tolist() == ["go", "", "stop"]
    found[kind] = label.dtype.kind, int(label.count()), label.dropna("trial").size
none = xr.Dataset({"label": ("trial", ["go", None])}).astype(object)
none.to_zarr("n.zarr", zarr_format=3)
back = xr.open_zarr("n.zarr")["label"].values.tolist()
print(f"xarray {xr.__version__}: of 3 labels (kind, count, left by dropna) {found}; None comes back as {back[1]!r}")
assert found == {"zarr": ("T", 2, 2), "NetCDF": ("U", 3, 3)}, "the behaviour has changed"
assert back == ["go", ""], "the behaviour has changed"
PY
