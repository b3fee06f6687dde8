#!/bin/sh
# quantities, the units of neo and elephant, is there so that nobody mixes seconds with milliseconds: 1 s + 500 ms is
# 1.5 s, and comparisons convert. But a list of a time in s and one in ms that is given to Quantity, or to neo's
# SpikeTrain, Event or Epoch, with units "s" is read as bare numbers: 500 ms becomes 500 s. Ratios are not reduced: 1 s
# // 10 ms is 0, and so is int(1 s / 10 ms), the number of bins; float() of it is 0.1. NumPy's searchsorted compares
# bare numbers, too. Nothing warns.
# Seen with quantities 0.16.4 and neo 0.14.6 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet quantities==0.16.4 neo==0.14.6 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import neo
import numpy as np
import quantities as pq

times, labels = [1 * pq.s, 500 * pq.ms], np.array(["go", "cue"])
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    together = {
        "Quantity": pq.Quantity(times, "s"),
        "SpikeTrain": neo.SpikeTrain(times, units="s", t_stop=1000),
        "Event": neo.Event(times, labels=labels, units="s"),
        "Epoch": neo.Epoch(times, durations=[0.1, 0.1] * pq.s, labels=labels, units="s"),
    }
    in_seconds = {name: values.rescale("s").magnitude.tolist() for name, values in together.items()}
    ratio = 1 * pq.s / (10 * pq.ms)
    bins = float((1 * pq.s // (10 * pq.ms)).magnitude), int(ratio), float(ratio), float(ratio.simplified)
    edge = int(np.searchsorted([0.2, 0.4, 0.6] * pq.s, 500 * pq.ms).magnitude)
print(f"quantities {version('quantities')}, neo {version('neo')}: 1 s and 500 ms are {in_seconds} s")
print(f"1 s in steps of 10 ms: by //, int, float, simplified {bins}; 500 ms is at {edge} in 0.2, 0.4, 0.6 s; {len(said)} warnings")
assert bool(times[0] > times[1]) and float((times[0] + times[1]).rescale("s")) == 1.5
assert list(in_seconds.values()) == [[1, 500]] * 4 and not said, "the behaviour has changed"
assert bins == (0, 0, 0.1, 100) and edge == 3, "the behaviour has changed"
PY
