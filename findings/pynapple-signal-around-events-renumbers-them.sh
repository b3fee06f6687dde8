#!/bin/sh
# compute_perievent of pynapple, of a continuous signal, leaves out an event outside the signal's time support without a
# word and numbers the columns from 0 again: a mask of trials then picks the trial before the one it means. Of spikes, each
# part holds its event's time; of a signal, nothing tells which were left out. A first event 20 ms before the recording
# starts is enough.
# Seen with pynapple 0.11.4 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet pynapple==0.11.4 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import numpy as np
import pynapple as nap

times = np.arange(100) / 10
signal, events = nap.Tsd(times, times), nap.Ts([-0.02, 3.0, 5.0])  # the value of the signal is its time
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    around = nap.compute_perievent(signal, events, (0.2, 0.2))
columns, at_event = list(around.columns), around.values[np.argmin(np.abs(around.t))]
print(f"pynapple {version('pynapple')}: {len(events)} events, columns {columns} are those at {at_event} s; {len(said)} warnings")
assert columns == [0, 1] and np.allclose(at_event, [3, 5]) and not said, "the behaviour has changed"
PY
