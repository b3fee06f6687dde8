#!/bin/sh
# With few animals mne tries all flips of sign, "exact". One-sided, its list lacks the one with every sign flipped and has
# the data as they are a second time: the smallest p is 2/2^n, not 1/2^n. With 5 animals, all above 0, permutation_t_test
# gives 0.0625 and permutation_cluster_1samp_test the same, where all 32 flips by hand give 0.03125: one side gains nothing,
# 5 animals never reach 0.05.
# Seen with mne 1.13.2 (NumPy 2.4.6, SciPy 1.17.1).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet mne==1.13.2 numpy==2.4.6 scipy==1.17.1 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
from itertools import product

import mne
import numpy as np
from mne.stats import permutation_cluster_1samp_test, permutation_t_test

mne.set_log_level("ERROR")
animals = np.array([1.0, 1.5, 2.0, 2.25, 1.25])
p = {}
for tail in (1, 0):
    p["t", tail] = float(permutation_t_test(animals[:, None], tail=tail)[1][0])
    p["cluster", tail] = float(permutation_cluster_1samp_test(animals[:, None], threshold=0.5, tail=tail)[2][0])
means = np.array([np.mean(animals * flips) for flips in product((1, -1), repeat=5)])
by_hand = float(np.mean(means >= animals.mean()))
print(f"mne {mne.__version__}: p {p} (1: one-sided, 0: two-sided); one-sided by hand {by_hand}")
assert by_hand == 1 / 32
assert set(p.values()) == {2 / 32}, "the behaviour has changed"
PY
