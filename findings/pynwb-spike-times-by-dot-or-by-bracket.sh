#!/bin/sh
# NWB keeps the spike times of all units in one ragged column. In pynwb `units["spike_times"][0]` is the whole train of the
# first row, and `units.spike_times[0]` is a single number: the attribute is the flat array below the column. Both run
# without a word. The number in the brackets is a row, not the unit's id, although to_dataframe() is indexed by id.
# Seen with pynwb 4.2.0 and hdmf 6.2.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet pynwb==4.2.0 hdmf==6.2.0 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
from datetime import datetime, timezone
from importlib.metadata import version

import numpy as np
from pynwb import NWBHDF5IO, NWBFile

file = NWBFile("d", "i", datetime(2026, 1, 1, tzinfo=timezone.utc))
for unit, spikes in ((10, [0.1, 0.2, 0.3]), (3, [0.4]), (0, [0.5, 0.6])):
    file.add_unit(id=unit, spike_times=spikes)
with NWBHDF5IO("s.nwb", "w") as out:
    out.write(file)
with NWBHDF5IO("s.nwb", "r") as there:
    units = there.read().units
    bracket, dot, by_id = units["spike_times"][0], units.spike_times[0], units.to_dataframe().spike_times.loc[0]
    print(f"pynwb {version('pynwb')}: ['spike_times'][0] {bracket}, .spike_times[0] {dot!r}, id 0 in the table {by_id}")
    assert np.array_equal(bracket, [0.1, 0.2, 0.3]), "the behaviour has changed"
    assert np.ndim(dot) == 0 and dot == 0.1, "the behaviour has changed"
    assert np.array_equal(by_id, [0.5, 0.6]), "the behaviour has changed"
PY
