#!/bin/sh
# GroupKFold keeps the time bins of a trial in one fold; which trials share a fold should have nothing to do with what
# they are. But trials of equal length are dealt out like cards, in the order of their numbers: with as many folds as
# conditions that come in turn, each fold is one condition, which training never saw. Units that tell three conditions
# apart perfectly are decoded with accuracy 1 in four folds and exactly 0 in three. With other numbers the folds are
# uneven still: of two conditions in turn, noise is decoded with 0.18 in ten folds and 0.01 in four, chance being 0.5.
# KFold cuts stretches and has no such trouble here; StratifiedGroupKFold gives 1 and about 0.5. The documentation says
# that folds get about the same size and that groups come in an arbitrary order; shuffle is off by default.
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
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, cross_val_score

rng, trial = np.random.default_rng(0), np.repeat(np.arange(60), 5)
noise = rng.standard_normal((trial.size, 3))
tuned = noise + 20 * np.eye(3)[trial % 3]


def accuracies(activity, condition, *folds):
    scores = (cross_val_score(LinearDiscriminantAnalysis(), activity, condition, groups=trial, cv=cv) for cv in folds)
    return [round(float(score.mean()), 2) for score in scores]


with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    by_three = accuracies(tuned, trial % 3, GroupKFold(4), GroupKFold(3), StratifiedGroupKFold(3))
    of_noise = accuracies(noise, trial % 2, GroupKFold(10), GroupKFold(4), StratifiedGroupKFold(10), StratifiedGroupKFold(4))
in_stretches = accuracies(tuned, trial % 3, KFold(3))
print(f"scikit-learn {sklearn.__version__}, three conditions, perfectly tuned: 4 folds {by_three[0]}, 3 folds {by_three[1]},")
print(f"stratified {by_three[2]}, KFold {in_stretches[0]}; two conditions, noise: 10 folds {of_noise[0]}, 4 folds {of_noise[1]},")
print(f"stratified {of_noise[2:]}; {len(said)} warnings")
assert by_three[::2] == [1, 1] and in_stretches == [1] and min(of_noise[2:]) > 0.4 and not said
assert by_three[1] == 0 and of_noise[0] < 0.3 and of_noise[1] < 0.1, "the behaviour has changed"
PY
