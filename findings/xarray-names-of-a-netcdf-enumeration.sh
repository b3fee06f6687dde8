#!/bin/sh
# Conditions of trials as NetCDF-4 has categories, an enumeration: xarray opens bare codes, without an attribute that tells, and as
# floats where the variable has a fill value. The names are in `encoding["dtype"].metadata` alone. Two variables whose enumerations
# number the same names otherwise are equal where their names differ, and one that is computed with has no names left.
# Seen with xarray 2026.9.0, h5netcdf 1.8.2, netCDF4 1.7.4 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet xarray==2026.9.0 h5netcdf==1.8.2 netCDF4==1.7.4 h5py==3.16.0 numpy==2.4.6 2> \
    "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import h5netcdf
import xarray as xr

done = {"none": 0, "hook": 1, "palm": 2}
seen = {"none": 0, "palm": 1, "hook": 2}
with h5netcdf.File("trials.nc", "w") as file:
    file.dimensions = {"trial": 2}
    for name, kind, fill in (("perform", done, None), ("observe", seen, None), ("filled", seen, 0)):
        kind = file.create_enumtype("u1", f"{name}_grip", kind)
        file.create_variable(name, ("trial",), kind, fillvalue=fill)[:] = [1, 2]
found = {}
for engine in ("h5netcdf", "netcdf4"):
    trials = xr.open_dataset("trials.nc", engine=engine)
    alike = bool((trials.perform == trials.observe).all())
    names = (trials.observe.encoding["dtype"].metadata or {}).get("enum")
    computed = (trials.observe + 0).encoding
    found[engine] = alike, dict(trials.observe.attrs), trials.filled.dtype.kind, names == seen, computed
print(f"xarray {xr.__version__}: (codes equal, attributes, kind where filled, names in encoding, encoding of a sum) {found}")
for one in found.values():
    assert one == (True, {}, "f", True, {}), "the behaviour has changed"
PY
