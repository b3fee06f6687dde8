#!/bin/sh
# Given trials of one class only, as when an animal's training half holds one condition, LogisticRegression and LinearSVC
# refuse, and RidgeClassifier and LinearDiscriminantAnalysis fit without a word and predict that class for all. Tested on
# the other half's condition that is an accuracy of exactly 0, from units that tell the conditions apart perfectly: below
# chance, not missing.
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
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.svm import LinearSVC

condition = np.repeat([0, 1], 20)
activity = np.random.default_rng(0).standard_normal((40, 3)) + 20 * condition[:, None]
found = {}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    for decoder in (RidgeClassifier(), LinearDiscriminantAnalysis(), LogisticRegression(), LinearSVC()):
        try:
            score = decoder.fit(activity[:20], condition[:20]).score(activity[20:], condition[20:])
        except ValueError:
            score = "refused"
        found[type(decoder).__name__] = score
print(f"scikit-learn {sklearn.__version__}: {found}, {len(said)} warnings")
assert list(found.values()) == [0.0, 0.0, "refused", "refused"] and not said, "the behaviour has changed"
PY
