#!/bin/sh
# One silent unit has p NaN. Of the false discovery rate by Benjamini and Hochberg over all units, statsmodels'
# multipletests and fdrcorrection and mne's fdr_correction then return every corrected p as NaN, and yet mark one as
# rejected: corrected <= 0.05 and the mask beside it disagree. Pingouin leaves the unit out and rejects three, and SciPy
# refuses: three answers to one list. The project corrects over the units that could be tested.
# Seen with statsmodels 0.15.0, mne 1.13.2, pingouin 0.7.0, SciPy 1.17.1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet statsmodels==0.15.0 scipy==1.17.1 mne==1.13.2 pingouin==0.7.0 numpy==2.4.6 \
    pandas==3.1.1 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
from importlib.metadata import version

import numpy as np
from mne.stats import fdr_correction
from pingouin import multicomp
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import fdrcorrection, multipletests

p = np.array([0.01, np.nan, 0.04, 0.03])
found = {
    "multipletests": multipletests(p, method="fdr_bh")[:2],
    "fdrcorrection": fdrcorrection(p),
    "mne": fdr_correction(p),
    "pingouin": multicomp(p, method="fdr_bh"),
}
for name, (rejected, corrected) in found.items():
    print(f"{name}: rejected {rejected.tolist()}, corrected {corrected.round(3).tolist()}")
try:
    false_discovery_control(p)
    raise SystemExit("the behaviour has changed")
except ValueError as error:
    print(f"SciPy {version('scipy')}: {error}")
print(f"statsmodels {version('statsmodels')}, mne {version('mne')}, pingouin {version('pingouin')}")
assert [int(rejected.sum()) for rejected, _ in found.values()] == [1, 1, 1, 3], "the behaviour has changed"
assert [int(np.isnan(corrected).sum()) for _, corrected in found.values()] == [4, 4, 4, 1], "the behaviour has changed"
PY
