#!/bin/sh
# Asked to decode spans of time (decode_timedelta=True), xarray makes a coordinate with units "seconds" or "milliseconds" a
# timedelta64, and leaves "s" or "ms" or "second", which UDUNITS and the CF conventions allow as well, the plain numbers
# that they are: no warning, and 500 (ms) and 0.5 (s) look alike. The units stay in attrs, where the reader must look for
# them in either case. The project's reader takes the numbers as stored, and converts them by their units itself.
# Seen with xarray 2026.9.0, h5netcdf 1.8.2 and h5py 3.16.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet xarray==2026.9.0 h5netcdf==1.8.2 h5py==3.16.0 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings

import xarray as xr

found = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for units in ("seconds", "second", "s", "milliseconds", "ms"):
        time = xr.DataArray([0.0, 500.0], dims="time", attrs={"units": units})
        time.to_dataset(name="onset").to_netcdf("t.nc", engine="h5netcdf")
        with xr.open_dataset("t.nc", engine="h5netcdf", decode_timedelta=True) as there:
            found[units] = there["onset"].dtype.kind
print(f"xarray {xr.__version__}: {found} (m: a span of time, f: plain numbers)")
assert found == {"seconds": "m", "second": "f", "s": "f", "milliseconds": "m", "ms": "f"}, "the behaviour has changed"
PY
