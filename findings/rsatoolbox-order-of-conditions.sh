#!/bin/sh
# calc_rdm of rsatoolbox sorts the conditions; its sibling for unequal repeats, calc_rdm_unbalanced, keeps them as they
# first appear in the session, which is often a random order. Each says its order in pattern_descriptors, and compare() pays
# no heed to it: two matrices of the same data by the two functions have the same distances, and compare() finds them
# unrelated. RDMs.sort_by puts it right.
# Seen with rsatoolbox 0.3.2 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet rsatoolbox==0.3.2 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
from importlib.metadata import version

import numpy as np
from rsatoolbox.data import Dataset
from rsatoolbox.rdm import calc_rdm, compare
from rsatoolbox.rdm.calc_unbalanced import calc_rdm_unbalanced

order = list("cadb")
session = Dataset(np.random.default_rng(0).standard_normal((4, 6)), obs_descriptors={"condition": order})
balanced = calc_rdm(session, descriptor="condition", method="euclidean")
unbalanced = calc_rdm_unbalanced(session, descriptor="condition", method="euclidean")
orders = ["".join(rdm.pattern_descriptors["condition"]) for rdm in (balanced, unbalanced)]
as_they_are = compare(balanced, unbalanced, "corr").item()
unbalanced.sort_by(condition="alpha")
in_order = compare(balanced, unbalanced, "corr").item()
print(f"rsatoolbox {version('rsatoolbox')}: orders {orders}, r {as_they_are:.2f}; {in_order:.2f} once sorted")
assert orders == ["abcd", "cadb"], "the behaviour has changed"
assert as_they_are < 0.9 and np.isclose(in_order, 1), "the behaviour has changed"
PY
