#!/bin/sh
# NWB keeps a signal as the recorder's integers, and beside them unit, conversion and offset: value = data * conversion
# + offset, with a channel_conversion for each electrode. One would expect load_file of pynapple to return values in the
# unit. It returns the integers as stored, without a warning, and keeps none of the four: a grip force of 1, 2, 3, 2 N
# is 0, 100, 200, 100, and electrodes of unlike gain are compared as if alike. pynwb's get_data_in_units converts.
# pynapple's code does not look for a conversion. The project's reader applies all of them.
# Seen with pynapple 0.11.4 and pynwb 4.2.0 (hdmf 6.2.0, NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet pynapple==0.11.4 pynwb==4.2.0 hdmf==6.2.0 h5py==3.16.0 numpy==2.4.6 pandas==3.1.1 \
    2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from datetime import datetime, timezone
from importlib.metadata import version

import numpy as np
import pynapple as nap
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.ecephys import ElectricalSeries

file = NWBFile("d", "i", datetime(2026, 1, 1, tzinfo=timezone.utc))
group = file.create_electrode_group("g", description="g", location="F5", device=file.create_device("probe"))
for _ in range(2):
    file.add_electrode(group=group, location="F5")
grip = TimeSeries("grip", np.array([0, 100, 200, 100], "int16"), "N", conversion=0.01, offset=1.0, rate=10.0)
voltage = ElectricalSeries(
    "voltage",
    np.array([[1, 1], [2, 2]], "int16"),
    file.create_electrode_table_region([0, 1], "both"),
    conversion=1e-6,
    channel_conversion=[1.0, 3.0],
    rate=10.0,
)
file.add_acquisition(grip)
file.add_acquisition(voltage)
with NWBHDF5IO("s.nwb", "w") as out:
    out.write(file)
with NWBHDF5IO("s.nwb", "r") as there:
    meant = {name: signal.get_data_in_units() for name, signal in there.read().acquisition.items()}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    session = nap.load_file("s.nwb")
    found = {name: np.asarray(session[name]) for name in meant}
print(f"pynwb {version('pynwb')}: grip {meant['grip'].tolist()} N, voltage {meant['voltage'].tolist()} V")
print(f"pynapple {version('pynapple')}: {found['grip'].tolist()} and {found['voltage'].tolist()}; {len(said)} warnings")
assert np.allclose(meant["grip"], [1, 2, 3, 2]) and np.allclose(meant["voltage"], [[1e-6, 3e-6], [2e-6, 6e-6]])
assert found["grip"].tolist() == [0, 100, 200, 100] and not said, "the behaviour has changed"
assert found["voltage"].tolist() == [[1, 1], [2, 2]], "the behaviour has changed"
PY
