#!/bin/sh
# A Boolean array that scipy.io.savemat writes is a logical in the file, as whosmat says, and comes back from loadmat as uint8.
# Used as a mask it then picks rows 1 and 0 over and over instead of those that it marks, with no error.
# Seen with SciPy 1.17.1 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python - <<'PY'
import numpy as np
import scipy
from scipy.io import loadmat, savemat, whosmat

good, rates = np.array([False, True, True]), np.array([10.0, 20.0, 30.0])
savemat("units.mat", {"good": good})
kind, mask = whosmat("units.mat")[0][2], loadmat("units.mat")["good"].ravel()
print(f"SciPy {scipy.__version__}: {kind} in the file, {mask.dtype} back; rates[mask] = {rates[mask]}, not {rates[good]}")
assert (kind, mask.dtype) == ("logical", np.uint8), "the behaviour has changed"
assert rates[mask].tolist() == [10.0, 20.0, 20.0], "the behaviour has changed"
PY
