#!/bin/sh
# A worker of joblib that keeps 300 MB more than it had after its first task, such as a recording that it loaded once, is
# replaced without any limit having been set, and all that it kept is gone: the next task loads it again, in each new
# worker. That happens only where psutil is installed, which neither joblib nor the task asks for. The warning speaks of a
# time-out or a leak, as of a crash. The project's workers load the large modules before their first task.
# Seen with joblib 1.6.0 and psutil 7.2.2.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet joblib==1.6.0 psutil==7.2.2 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import os
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor


def load(megabytes, task):
    """Keep a recording in the process from its second task on, and say which process it was and whether it had it."""
    had = hasattr(sys, "recording")
    if task > 1 and not had:
        sys.recording = np.ones(megabytes * 125_000)
    time.sleep(0.4)
    return os.getpid(), had


found = {}
for megabytes in (100, 500):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        done = Parallel(n_jobs=2, batch_size=1, pre_dispatch=2)(delayed(load)(megabytes, task) for task in range(20))
    get_reusable_executor().shutdown()
    found[megabytes] = len({pid for pid, _ in done}), any("A worker stopped" in str(one.message) for one in said)
print(f"joblib {version('joblib')}: by MB kept (processes used of 2 workers, warned) {found}")
assert found[100] == (2, False), "the behaviour has changed"
assert found[500][0] > 2 and found[500][1], "the behaviour has changed"
PY
