#!/bin/sh
# A cell array of spike trains, one a trial, one of them without a spike, in a MATLAB v7.3 file (HDF5): MATLAB stores an
# empty array as its size. h5py, a usual way to read such files, so finds two spikes at 0 s, the time of the event;
# mat73 makes it None, of which np.size is 1; pymatreader an array of none. One silent trial has 2, 1 or 0
# spikes. Only the attribute MATLAB_empty tells, which means nothing to HDF5. The project's reader heeds it.
# Seen with h5py 3.16.0, mat73 0.65, pymatreader 1.3.2; hdf5storage 0.2.2 writes the file in MATLAB's manner.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet h5py==3.16.0 mat73==0.65 pymatreader==1.3.2 hdf5storage==0.2.2 numpy==2.4.6 \
    2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import h5py
import hdf5storage
import mat73
import numpy as np
from pymatreader import read_mat

trials = np.empty((1, 3), object)
trials[0] = [np.array([[-0.2, 0.1, 0.3]]), np.zeros((0, 0)), np.array([[0.25, 0.5]])]
hdf5storage.write({"spikes": trials}, filename="s.mat", matlab_compatible=True, store_python_metadata=False)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    with h5py.File("s.mat") as file:
        cells = [file[reference] for reference in file["spikes"][:, 0]]
        read = {"h5py": [cell[()].ravel() for cell in cells]}
        marked = [bool(cell.attrs.get("MATLAB_empty", 0)) for cell in cells]
    read["mat73"] = mat73.loadmat("s.mat")["spikes"]
    read["pymatreader"] = read_mat("s.mat")["spikes"]
counts = {name: [int(np.size(trial)) for trial in trials] for name, trials in read.items()}
print(f"h5py {version('h5py')}, mat73 {version('mat73')}, pymatreader {version('pymatreader')}: spikes a trial {counts}")
print(f"the silent trial is {read['h5py'][1]} s, {read['mat73'][1]}, {read['pymatreader'][1]}; {len(said)} warnings")
assert marked == [False, True, False] and not said
assert counts == {"h5py": [3, 2, 2], "mat73": [3, 1, 2], "pymatreader": [3, 0, 2]}, "the behaviour has changed"
assert read["h5py"][1].tolist() == [0, 0] and read["mat73"][1] is None, "the behaviour has changed"
PY
