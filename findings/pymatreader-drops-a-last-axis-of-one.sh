#!/bin/sh
# From a MATLAB v7.3 file (HDF5) of trials × times × units pymatreader returns MATLAB's order of axes, as mat73 does. With a
# single unit or a single trial it drops that axis, and mat73 keeps it: code that is tried on many units breaks, or takes
# times for units, on a session with one.
# Seen with pymatreader 1.3.2, mat73 0.65 and h5py 3.16.0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet pymatreader==1.3.2 mat73==0.65 h5py==3.16.0 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
from importlib.metadata import version

import h5py
import mat73
import numpy as np
from pymatreader import read_mat


def write(name, values):
    """Write a double array as MATLAB's v7.3 does: 512 bytes of MATLAB's header, axes reversed, its class beside it."""
    with h5py.File(name, "w", userblock_size=512) as file:
        file["X"] = values.T
        file["X"].attrs["MATLAB_class"] = np.bytes_("double")
    with open(name, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


shapes = {}
for shape in ((5, 12, 3), (5, 12, 1), (1, 12, 3)):
    write("x.mat", np.arange(np.prod(shape), dtype=float).reshape(shape))
    shapes[shape] = np.shape(read_mat("x.mat")["X"]), np.shape(mat73.loadmat("x.mat")["X"])
print(f"pymatreader {version('pymatreader')}, mat73 {version('mat73')}: {shapes}")
assert shapes == {
    (5, 12, 3): ((5, 12, 3), (5, 12, 3)),
    (5, 12, 1): ((5, 12), (5, 12, 1)),
    (1, 12, 3): ((12, 3), (1, 12, 3)),
}, "the behaviour has changed"
PY
