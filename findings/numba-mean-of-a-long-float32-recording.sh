#!/bin/sh
# NumPy's mean of a long float32 signal adds pair by pair and is right. The same line under numba's njit adds one by one
# in float32 and comes to a stop: the mean of 24 million ones, twenty minutes at 20 kHz, is 0.70. So adds NumPy itself
# over the first axis of (time, unit), the usual order: 0.70, too, and a standard deviation of 0.30 of what never
# changes. A column's mean and that column of mean(axis=0) differ. numba lists mean as supported and says no more;
# NumPy's page on mean warns of float32, and only that on sum says that the axis decides. dtype=float64 mends it, in
# numba astype. The project correlates and decodes with means taken in double precision.
# Seen with numba 0.68.1 and NumPy 2.4.6. Takes half a gigabyte of memory.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet numba==0.68.1 numpy==2.4.6 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import numpy as np
from numba import njit


def mean(signal):
    return signal.mean()


recording = np.ones((24_000_000, 2), np.float32)  # (time, unit)
unit = recording[:, 0].copy()
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    by_numpy, by_numba = float(mean(unit)), float(njit(mean)(unit))
    over_first_axis = float(recording.mean(axis=0)[0]), float(recording.std(axis=0)[0])
mended = float(recording.mean(axis=0, dtype=np.float64)[0]), float(njit(mean)(unit.astype(np.float64)))
print(f"numba {version('numba')}: the mean of ones is {by_numba:.2f}, NumPy's {by_numpy:.2f}; {len(said)} warnings")
print(f"NumPy {np.__version__} over the first axis: mean, standard deviation {np.round(over_first_axis, 2)}; as float64 {mended}")
assert by_numpy == 1 and mended == (1, 1) and not said
assert 0.69 < by_numba < 0.71, "the behaviour has changed"
assert 0.69 < over_first_axis[0] < 0.71 and 0.29 < over_first_axis[1] < 0.31, "the behaviour has changed"
PY
