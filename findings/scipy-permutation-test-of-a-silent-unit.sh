#!/bin/sh
# The r of a unit that is silent in one recording is not defined, and scipy's pearsonr says so: statistic NaN and, by the
# default method, p NaN. With a permutation method the statistic is NaN still, but p is the smallest that the number of
# resamplings can give, in both one-sided directions too: by p alone a silent unit is the most significant of all.
# Seen with SciPy 1.17.1 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
"$folder/env/bin/python" -W ignore - <<'PY'
import numpy as np
import scipy
from scipy.stats import PermutationMethod, pearsonr

silent, active = np.zeros(60), np.random.default_rng(0).standard_normal(60)
plain = pearsonr(silent, active)
p = {}
for side in ("two-sided", "greater", "less"):
    found = pearsonr(silent, active, alternative=side, method=PermutationMethod(n_resamples=999, rng=0))
    assert np.isnan(found.statistic)
    p[side] = float(found.pvalue)
print(f"SciPy {scipy.__version__}: r {plain.statistic}, p {plain.pvalue} by default; permuted {p}")
assert np.isnan(plain.pvalue), "the behaviour has changed"
assert p == {"two-sided": 0.002, "greater": 0.001, "less": 0.001}, "the behaviour has changed"
PY
