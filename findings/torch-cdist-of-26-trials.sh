#!/bin/sh
# How close have the hidden states of trials come? One would expect the distance of two trials not to depend on how many
# others are asked for. torch.cdist of up to 25 rows subtracts; from 26 on it multiplies matrices, |a|² + |b|² - 2ab,
# and in float32 loses what is small beside the states. Of a GRU that settles, 25 trials are 4e-5 apart after 26 steps;
# the same 25 beside one more are five times that, half of the pairs at exactly 0 and a trial up to 6e-4 away from
# itself. Distances that shrink seem to stop there, as those of a trial and its slightly lesioned copy. compute_mode
# documents the switch at 25, not what it costs; "donot_use_mm_for_euclid_dist" is right.
# Seen with PyTorch 2.13.0 on a CPU. It is downloaded: PIP_EXTRA_INDEX_URL set to its CPU builds may spare gigabytes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 2> "$folder/pip.log" \
    || { cat "$folder/pip.log" >&2; exit 1; }
cd "$folder"
env/bin/python -W ignore - <<'PY'
import warnings

import torch

torch.manual_seed(0)
network, start = torch.nn.GRU(1, 96), torch.tanh(torch.randn(1, 26, 96))
with torch.no_grad():
    states = network(torch.zeros(26, 26, 1), start)[0][25]
pairs = torch.triu_indices(25, 25, 1).unbind()
exact = torch.cdist(states, states, compute_mode="donot_use_mm_for_euclid_dist")[pairs].mean().item()
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    few, more = (torch.cdist(states[:trials], states[:trials]) for trials in (25, 26))
mean, zero, own = {}, {}, {}
for trials, distances in ((25, few), (26, more)):
    mean[trials], zero[trials] = distances[pairs].mean().item(), (distances[pairs] == 0).float().mean().item()
    own[trials] = distances.diag()[:25].max().item()
print(f"PyTorch {torch.__version__}: the first 25 trials are {exact:.1e} apart; {len(said)} warnings")
for trials in (25, 26):
    print(f"among {trials}: {mean[trials]:.1e}; of the pairs {zero[trials]:.0%} at 0; a trial from itself up to {own[trials]:.1e}")
assert abs(mean[25] / exact - 1) < 1e-3 and zero[25] == own[25] == 0 and not said
assert mean[26] > 2 * exact and zero[26] > 0.1 and own[26] > exact, "the behaviour has changed"
PY
