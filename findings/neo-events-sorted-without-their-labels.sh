#!/bin/sh
# Events of two channels, joined, are not in order of time. In neo sort() of a SpikeTrain takes its array annotations
# along. Event and Epoch have the same method, from NumPy by way of quantities, and it moves the times only: labels,
# array annotations and durations stay where they were, and NumPy's sort() returns the same. Observed grasps at 1 and 3
# s and performed ones at 2 and 4 s come out labelled the other way round at two of the four times, without a warning;
# an epoch of 2 s is 1 s long. Indexing takes all along: events[np.argsort(events.times)]. neo's documentation does not
# mention it.
# Seen with neo 0.14.6 and quantities 0.16.4 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet neo==0.14.6 quantities==0.16.4 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import neo
import numpy as np
import quantities as pq

observed, performed = ([1.0, 3.0], "observe"), ([2.0, 4.0], "perform")
times = np.concatenate([observed[0], performed[0]]) * pq.s
modes = np.repeat([observed[1], performed[1]], 2)
meant = {1.0: "observe", 2.0: "perform", 3.0: "observe", 4.0: "perform"}


def labelled(sorted_events, labels):
    return dict(zip(sorted_events.times.magnitude.tolist(), map(str, labels)))


events = neo.Event(times, labels=modes, array_annotations={"mode": modes})
epochs = neo.Epoch(times, durations=[1, 1, 2, 2] * pq.s, labels=modes)
train = neo.SpikeTrain(times, t_stop=5 * pq.s, array_annotations={"mode": modes})
by_index = events[np.argsort(events.times.magnitude)]
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    by_numpy = np.sort(events)
    for container in (events, epochs, train):
        container.sort()
found = {
    "SpikeTrain": labelled(train, train.array_annotations["mode"]),
    "Event by index": labelled(by_index, by_index.labels),
    "Event": labelled(events, events.labels),
    "Event, annotations": labelled(events, events.array_annotations["mode"]),
    "np.sort of Event": labelled(by_numpy, by_numpy.labels),
    "Epoch": labelled(epochs, epochs.labels),
}
durations = dict(zip(epochs.times.magnitude.tolist(), epochs.durations.magnitude.tolist()))
print(f"neo {version('neo')}, quantities {version('quantities')}: labels once sorted; {len(said)} warnings")
for name, labels in found.items():
    print(f"{name}: {labels}; right: {labels == meant}")
print(f"durations of the epochs: {durations}")
assert found.pop("SpikeTrain") == found.pop("Event by index") == meant and not said
unmoved = {1.0: "observe", 2.0: "observe", 3.0: "perform", 4.0: "perform"}
assert all(labels == unmoved for labels in found.values()), "the behaviour has changed"
assert durations == {1.0: 1.0, 2.0: 1.0, 3.0: 2.0, 4.0: 2.0}, "the behaviour has changed"
PY
