"""Losses of a GRU network without some of its units, in machine code.

What a silenced unit is held at is a constant, so that its part in the gates of the others and in the heads is added
once: only the units that go on take part in products and gates. Blocks are those of
`mirror_core.networks.training.compiled.gru`; arrays are (unit, row), a row being an episode.
"""

from functools import partial

import numpy as np

from mirror_core.networks.training.compiled.gru import _compiled, _sigmoid, _tanh


@_compiled
def _advance(driven, going, blocks, constant, candidate_bias, state):
    """Take the units that go on one timestep forward; blocks r, z, m hold U h and `constant` what it lacks."""
    n_units, n_rows = state.shape
    n_all = len(driven) // 3
    for j in range(n_units):
        in_r, in_z, in_n = driven[going[j]], driven[n_all + going[j]], driven[2 * n_all + going[j]]
        r_, z_, m_, now = blocks[j], blocks[n_units + j], blocks[2 * n_units + j], state[j]
        c_r, c_z, c_m = constant[j], constant[n_units + j], constant[2 * n_units + j] + candidate_bias[going[j]]
        for i in range(n_rows):
            r = _sigmoid(in_r[i] + r_[i] + c_r)
            z = _sigmoid(in_z[i] + z_[i] + c_z)
            n = _tanh(in_n[i] + r * (m_[i] + c_m))
            now[i] = n + z * (now[i] - n)


@_compiled
def _squared_error(output, bias, target):
    """Return the sum of squared errors."""
    total = 0.0
    for d in range(len(output)):
        row, wanted, b, part = output[d], target[d], bias[d], np.float32(0)
        for i in range(len(row)):
            error = row[i] + b - wanted[i]
            part += error * error
        total += part
    return total


@_compiled
def _cross_entropy(output, bias, labels):
    """Return the sum of cross-entropies, and how many labels have the largest logit."""
    total, right = 0.0, 0
    for i in range(len(labels)):
        best, whole = 0, np.float32(0)
        for a in range(len(output)):
            output[a, i] += bias[a]
            if output[a, i] > output[best, i]:
                best = a
        for a in range(len(output)):
            whole += np.exp(output[a, i] - output[best, i])
        total += np.log(whole) - (output[labels[i], i] - output[best, i])
        right += best == labels[i]
    return total, right


@partial(_compiled, forceinline=False)
def summed_losses(driven, going, readers, constant, candidate_bias, target, labels, predicts):
    """Run the units that go on through all timesteps and add up the losses of what a head says.

    Parameters
    ----------
    driven
        (time, 3 unit, row): W x with its bias and, for r and z, that of U h; blocks r, z, n.
    going
        Indices of the units that go on, k of them.
    readers
        (3 k + output, k): U's blocks r, z, m and the head, for these units.
    constant
        (3 k + output,): what readers get from the silenced units, for outputs with the head's bias.
    candidate_bias
        (unit,): that of block m.
    target, labels
        (time, output, row) and (time, row): what the head is to say, by `predicts` the one or the other.

    Returns
    -------
    float, int
        The sum of squared errors, or of cross-entropies and the number of right labels.
    """
    n_times, n_units, n_rows = len(driven), len(going), driven.shape[2]
    state = np.zeros((n_units, n_rows), np.float32)
    blocks = np.zeros((len(readers), n_rows), np.float32)
    total, right = 0.0, 0
    for t in range(n_times + 1):
        if t > 0:
            if n_units > 0:
                np.dot(readers, state, blocks)
            else:
                blocks[:] = 0
            output = blocks[3 * n_units :]
            if predicts:
                total += _squared_error(output, constant[3 * n_units :], target[t - 1])
            else:
                more, hits = _cross_entropy(output, constant[3 * n_units :], labels[t - 1])
                total += more
                right += hits
        if t < n_times:
            _advance(driven[t], going, blocks, constant if t > 0 else np.zeros_like(constant), candidate_bias, state)
    return total, right
