#!/bin/sh
# A list of integers seeds independent streams of random numbers: default_rng([seed, unit]) for what each unit draws,
# beside default_rng(seed) for the data. But a short list is filled up with zeros: unit 0 has the stream of the seed
# alone, and [seed, condition, 0] is [seed, condition]. Here the noise of unit 0 is the signal again, r = 1, and the
# shuffle of its null is the one that split the trials. Up to four small integers, zeros at the end change nothing.
# NumPy's guide to parallel streams calls [seed, worker] less flexible than [worker, seed], and says that it works.
# SeedSequence(seed, spawn_key=(0,)), as spawn() makes it, has a stream of its own; the project seeds by spawn_key.
# Seen with NumPy 2.4.6.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet numpy==2.4.6 2> "$folder/pip.log" || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings

import numpy as np
from numpy.random import SeedSequence, default_rng

SEED, TRIALS = 42, 200
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    signal = default_rng(SEED).standard_normal(TRIALS)
    noise = {unit: default_rng([SEED, unit]).standard_normal(TRIALS) for unit in range(3)}
    r = {unit: round(float(np.corrcoef(signal, drawn)[0, 1]), 2) for unit, drawn in noise.items()}
    halves = default_rng(SEED).permutation(TRIALS)
    same_shuffle = {unit: bool(np.array_equal(halves, default_rng([SEED, unit]).permutation(TRIALS))) for unit in range(3)}
    lists = [SEED], [SEED, 0], [SEED, 0, 0], [SEED, 0, 0, 0], [SEED, 0, 0, 0, 0], [0, SEED]
    as_seed = [default_rng(numbers).random() == default_rng(SEED).random() for numbers in lists]
    nested = default_rng([SEED, 7]).random() == default_rng([SEED, 7, 0]).random()
    own = default_rng(SeedSequence(SEED, spawn_key=(0,))).random(), default_rng(SeedSequence(SEED).spawn(1)[0]).random()
print(f"NumPy {np.__version__}: r of the seed's signal and the noise of [seed, unit], by unit: {r}; {len(said)} warnings")
print(f"the same shuffle: {same_shuffle}; as the seed alone: {dict(zip(map(str, lists), map(bool, as_seed)))}")
assert not said and own[0] == own[1] != default_rng(SEED).random()
assert r[0] == 1 and max(abs(r[1]), abs(r[2])) < 0.3, "the behaviour has changed"
assert same_shuffle == {0: True, 1: False, 2: False} and nested, "the behaviour has changed"
assert as_seed == [True, True, True, True, False, False], "the behaviour has changed"
PY
