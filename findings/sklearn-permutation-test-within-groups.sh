#!/bin/sh
# The time bins of a trial belong in one fold: cross_val_score and permutation_test_score take groups= for that. In the
# latter, groups has a second meaning: labels are shuffled within a group only. All bins of a trial have one condition,
# so that each "shuffle" leaves the labels as they are, and a decoder that is never wrong has p = 1, without a warning;
# so has any decoder of what is constant within a group. Half a sentence of the docstring says it. Without groups p is
# 0.005, but then the bins of a trial are shuffled apart, which makes p too small. The project moves whole trials.
# Seen with scikit-learn 1.9.1 (NumPy 2.4.6).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet scikit-learn==1.9.1 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings

import numpy as np
import sklearn
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GroupKFold, permutation_test_score

trial = np.repeat(np.arange(20), 10)
condition = trial % 2
activity = np.random.default_rng(0).standard_normal((trial.size, 3)) + 8 * condition[:, None]
found = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for name, groups, folds in (("by trial", trial, GroupKFold(5)), ("without groups", None, 5)):
        score, shuffled, p = permutation_test_score(
            LinearDiscriminantAnalysis(), activity, condition, groups=groups, cv=folds, n_permutations=199, random_state=0
        )
        found[name] = float(score), float(shuffled.min()), float(p)
print(f"scikit-learn {sklearn.__version__}: accuracy, least accuracy once shuffled, p: {found}; {len(said)} warnings")
assert found["by trial"] == (1, 1, 1) and not said, "the behaviour has changed"
assert found["without groups"][::2] == (1, 0.005), "the behaviour has changed"
PY
