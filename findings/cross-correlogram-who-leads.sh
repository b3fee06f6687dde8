#!/bin/sh
# Unit b fires 10 ms after each spike of unit a. Asked for the correlogram of a and b, in this order, one expects its
# peak to have the same sign everywhere. Elephant and pynapple put it at +10 ms, "b follows a"; SpikeInterface, in [a,
# b] of its array, SciPy's correlate with correlation_lags, and Matplotlib's xcorr put it at -10 ms: who leads depends
# on the library. SciPy gives the formula, pynapple calls a the reference; SpikeInterface's docstring says that [a, b]
# is [b, a] turned round, not which is which. A pair whose order is known tells.
# Seen with elephant 1.2.1, pynapple 0.11.4, SpikeInterface 0.105.3, SciPy 1.17.1, Matplotlib 3.11.2 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet elephant==1.2.1 neo==0.14.6 quantities==0.16.4 pynapple==0.11.4 \
    spikeinterface==0.105.3 numba==0.68.1 scipy==1.17.1 matplotlib==3.11.2 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - 2> "$folder/run.log" <<'PY' || { cat "$folder/run.log" >&2; exit 1; }
from importlib.metadata import version

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import neo
import numpy as np
import pynapple as nap
import quantities as pq
from elephant.conversion import BinnedSpikeTrain
from elephant.spike_train_correlation import cross_correlation_histogram
from scipy.signal import correlate, correlation_lags
from spikeinterface.core import NumpySorting
from spikeinterface.postprocessing import compute_correlograms

a = np.cumsum(np.random.default_rng(0).uniform(0.2, 0.6, 100)).round(3) + 0.0005  # s, in the middle of a bin of 1 ms
b = a + 0.010
last, rate = 60.0, 30_000.0
trains = [neo.SpikeTrain(times, units="s", t_stop=last) for times in (a, b)]
binned = [BinnedSpikeTrain(train, bin_size=1 * pq.ms) for train in trains]
counts = [train.to_array()[0].astype(float) for train in binned]
found = {}
histogram, lags = cross_correlation_histogram(*binned, window=[-50, 50])
found["elephant"] = lags[histogram.magnitude.ravel().argmax()]
pairs = nap.compute_crosscorrelogram(nap.TsGroup({0: nap.Ts(a), 1: nap.Ts(b)}), 0.001, 0.05)
found["pynapple"] = 1000 * pairs[0, 1].idxmax()
sorting = NumpySorting.from_unit_dict([{"a": (a * rate).astype(int), "b": (b * rate).astype(int)}], rate)
matrix, edges = compute_correlograms(sorting, window_ms=100, bin_ms=1)
found["SpikeInterface"] = edges[matrix[0, 1].argmax()] + 0.5
found["SciPy"] = correlation_lags(len(counts[0]), len(counts[1]))[correlate(*counts).argmax()]
lags, values, *_ = plt.xcorr(*counts, maxlags=50)
found["Matplotlib"] = lags[values.argmax()]
found = {name: round(float(lag)) for name, lag in found.items()}
named = ", ".join(f"{name} {version(name.lower())}" for name in found)
print(f"{named}: b fires 10 ms after a; the peak of (a, b), in ms: {found}")
assert list(sorting.unit_ids) == ["a", "b"] and {abs(lag) for lag in found.values()} <= {9, 10, 11}
assert {name for name, lag in found.items() if lag > 0} == {"elephant", "pynapple"}, "the behaviour has changed"
PY
