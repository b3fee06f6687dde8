"""A training step of the whole network with a GRU core, written out by hand and compiled by Numba.

It computes what `mirror_core.networks.training.losses.losses`, automatic differentiation and `torch.optim.Adam`
compute, in about
a third of the time, for three reasons.

1. *Fewer products.* An input to the core is E u, with u = [one-hot action; 1 if a sensation is seen; sensation], a
   column of at most K + 1 + D numbers. W_ih E is multiplied out once a step, not W_ih (E u) at every timestep.
   Heads read h_t by the product that also gives the recurrent part of the next timestep's gates: both matrices,
   stacked, are `readers` below.
2. *Fewer passes over memory.* The forward pass leaves, in place of each gate, the factor by which its gradient
   follows from dh_t; going back only multiplies. Buffers are used again by every batch.
3. *No time between operations*, since a whole epoch is one compiled function.

Arrays are (unit, row), a row being one episode of one pass, so that the gates are contiguous blocks of rows and
every element-wise loop runs over episodes. The four blocks of a timestep are, in this order, what the candidate
receives from the input (`n`), the reset gate (`r`), the update gate (`z`) and what the candidate receives from the
last hidden state (`m`). With b the biases, PyTorch's GRU is

    r = σ(W_r x + U_r h + b_r),   z = σ(W_z x + U_z h + b_z),   m = U_n h + b_m,
    n = tanh(W_n x + b_n + r m),  h' = n + z (h − n).

so that W fills blocks n, r, z and U fills blocks r, z, m.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numba
import numpy as np


def _compiled(function: Callable, *, forceinline: bool = True) -> Callable:
    """Compile a function when it is first called, and keep the machine code for the next process.

    Each is inlined where it is called. Otherwise the process that compiles would call one version of it, and those
    that load the kept code another, optimised together with its caller: weights would differ in their last bits.
    """
    # No "nnan" and "ninf" among the fast-math flags: a loss that is no longer finite must stay visible. Without
    # error_model="numpy" a check for division by zero keeps loops from being vectorised.
    options = dict(error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz", "afn"}, forceinline=forceinline)
    try:
        return numba.njit(function, cache=True, **options)
    except RuntimeError:  # no folder in which to keep it can be written
        return numba.njit(function, **options)


_HALF, _ONE = np.float32(0.5), np.float32(1)
# tanh x = x P(x²) / Q(x²), fitted for the least relative error on |x| ≤ 9 (2e-8; beyond, tanh x is ±1 in float32)
_FLAT = np.float32(9)
_P0, _P1, _P2, _P3, _P4 = map(
    np.float32,
    (0.999999979449262, 0.1338102629501403, 0.0034955889204230026, 2.060909554217737e-5, 1.3354679586816084e-8),
)
_Q0, _Q1, _Q2, _Q3, _Q4 = map(
    np.float32,
    (1.0, 0.46714341886381794, 0.025876985184514173, 3.285636127250858e-4, 7.776565781833494e-7),
)
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, np.float32(1e-8)  # PyTorch's defaults for Adam


class Buffers(NamedTuple):
    """Working memory of one core and batch; rows = slots × episodes of the batch."""

    shown: np.ndarray
    """(time, K + 1 + D, row): u above."""
    hidden: np.ndarray
    """(time + 1, unit, row): hidden states, from the zero start."""
    blocks: np.ndarray
    """(time + 1, 4 unit + output, row): blocks n, r, z, m at t, the heads' outputs at t − 1; then their gradients."""
    update: np.ndarray
    """(time, unit, row): z."""
    driven: np.ndarray
    """(3 unit, row): W x."""
    carried: np.ndarray
    """(unit, row): the part of dh that comes through the update gate."""
    returned: np.ndarray
    """(unit, row): the part of dh that comes through the readers."""


@_compiled
def _tanh(x):
    x = min(max(x, -_FLAT), _FLAT)
    s = x * x
    p = (((_P4 * s + _P3) * s + _P2) * s + _P1) * s + _P0
    q = (((_Q4 * s + _Q3) * s + _Q2) * s + _Q1) * s + _Q0
    return x * p / q


@_compiled
def _sigmoid(x):
    return _HALF + _HALF * _tanh(_HALF * x)


@_compiled
def _advance(driven, blocks, drive_bias, recurrent_bias, before, update, after):
    """Go one timestep forward; `blocks` r, z, m hold U h and are left, with n, as factors of the gradients."""
    n_units, n_rows = before.shape
    for j in range(n_units):
        b_n, b_m = drive_bias[j], recurrent_bias[2 * n_units + j]
        b_r = drive_bias[n_units + j] + recurrent_bias[j]
        b_z = drive_bias[2 * n_units + j] + recurrent_bias[n_units + j]
        in_n, in_r, in_z = driven[j], driven[n_units + j], driven[2 * n_units + j]
        n_, r_, z_, m_ = blocks[j], blocks[n_units + j], blocks[2 * n_units + j], blocks[3 * n_units + j]
        was, now, kept = before[j], after[j], update[j]
        for i in range(n_rows):
            r = _sigmoid(in_r[i] + r_[i] + b_r)
            z = _sigmoid(in_z[i] + z_[i] + b_z)
            m = m_[i] + b_m
            n = _tanh(in_n[i] + b_n + r * m)
            change = was[i] - n
            now[i] = n + z * change
            kept[i] = z
            by_n = (_ONE - z) * (_ONE - n * n)
            by_m = by_n * r
            n_[i] = by_n
            r_[i] = by_m * (_ONE - r) * m
            z_[i] = z * (_ONE - z) * change
            m_[i] = by_m


@_compiled
def _retreat(blocks, update, carried, returned):
    """Go one timestep back: factors become gradients, `carried` what goes on through the update gate."""
    n_units, n_rows = carried.shape
    for j in range(n_units):
        n_, r_, z_, m_ = blocks[j], blocks[n_units + j], blocks[2 * n_units + j], blocks[3 * n_units + j]
        through, back, kept = carried[j], returned[j], update[j]
        for i in range(n_rows):
            dh = through[i] + back[i]
            n_[i] *= dh
            r_[i] *= dh
            z_[i] *= dh
            m_[i] *= dh
            through[i] = dh * kept[i]


@_compiled
def _add(total, part):
    """Add one matrix to another (array expressions would do, but take seconds to compile)."""
    for j in range(total.shape[0]):
        row, more = total[j], part[j]
        for i in range(total.shape[1]):
            row[i] += more[i]


@_compiled
def _add_sums(rows, sums):
    """Add to `sums` the sum of each row."""
    for j in range(len(rows)):
        row, total = rows[j], np.float32(0)
        for i in range(len(row)):
            total += row[i]
        sums[j] += total


@_compiled
def _sensory_error(outputs, bias, target, index, scale):
    """Put the gradients of a squared error in place of the outputs; return its sum."""
    total = 0.0
    for d in range(len(outputs)):
        row, wanted, b, part = outputs[d], target[d], bias[d], np.float32(0)
        for i in range(len(index)):
            error = row[i] + b - wanted[index[i]]
            part += error * error
            row[i] = error * scale
        total += part
    return total


@_compiled
def _action_error(outputs, bias, label, index, scale):
    """Put the gradients of a cross-entropy in place of the outputs (logits); return its sum."""
    n_actions = len(outputs)
    total = 0.0
    for i in range(len(index)):
        top = outputs[0, i] + bias[0]
        for a in range(n_actions):
            outputs[a, i] += bias[a]
            top = max(top, outputs[a, i])
        right = label[index[i]]
        logit = outputs[right, i] - top
        whole = np.float32(0)
        for a in range(n_actions):
            outputs[a, i] = np.exp(outputs[a, i] - top)
            whole += outputs[a, i]
        total += np.log(whole) - logit
        for a in range(n_actions):
            outputs[a, i] *= scale / whole
        outputs[right, i] -= scale
    return total


@_compiled
def _read_out(outputs, t, weights, data, index, plan, core, losses):
    """Put the gradients of the losses at timestep t in place of the heads' outputs; add up the losses."""
    n_rows, (n_times, n_features, _) = len(index), data.sensations.shape
    for slot in range(plan.slots.shape[1]):
        which = plan.slots[core, slot]
        for head in range(len(plan.predicts)):
            first, last = plan.head_rows[head], plan.head_rows[head + 1]
            block = outputs[first:last, slot * n_rows : (slot + 1) * n_rows]
            bias = weights.head_bias[first:last]
            share = 1 / (n_rows * n_times)
            if which < 0 or not plan.reads[which, head]:
                block[:] = 0
            elif plan.predicts[head]:
                share /= n_features
                scale = np.float32(2 * share * plan.weight[head])
                losses[which, 0] += share * _sensory_error(block, bias, data.sensations[t], index, scale)
            else:
                scale = np.float32(share * plan.weight[head])
                losses[which, 1] += share * _action_error(block, bias, data.labels[t], index, scale)


@_compiled
def _show(shown, data, index, plan, core):
    """Fill `shown` with what drives each row of the batch."""
    n_rows, (n_times, n_features, _) = len(index), data.observed.shape
    n_actions = shown.shape[1] - 1 - n_features
    shown[:] = 0
    for slot in range(plan.slots.shape[1]):
        which, start = plan.slots[core, slot], slot * n_rows
        if which < 0:
            continue
        for t in range(n_times):
            if plan.sees_actions[which]:
                for i in range(n_rows):
                    shown[t, data.actions[t, index[i]], start + i] = _ONE
            if plan.sees_sensations[which]:
                shown[t, n_actions, start : start + n_rows] = _ONE
                for d in range(n_features):
                    row, source = shown[t, n_actions + 1 + d], data.observed[t, d]
                    for i in range(n_rows):
                        row[start + i] = source[index[i]]


@_compiled
def _forward(core, readers, weights, data, index, plan, buffers, losses):
    """Run one core over a batch; leave hidden states, factors and the gradients of the heads' outputs."""
    n_times, (n_units, _) = len(buffers.shown), buffers.carried.shape
    _show(buffers.shown, data, index, plan, core)
    drive = np.dot(weights.drive[core], weights.inputs.T)
    buffers.hidden[0] = 0
    buffers.blocks[0] = 0
    for t in range(n_times):
        np.dot(drive, buffers.shown[t], buffers.driven)
        _advance(
            buffers.driven, buffers.blocks[t], weights.drive_bias[core], weights.recurrent_bias[core],
            buffers.hidden[t], buffers.update[t], buffers.hidden[t + 1],
        )  # fmt: skip
        if t + 1 < n_times:
            np.dot(readers, buffers.hidden[t + 1], buffers.blocks[t + 1, n_units:])
        else:
            np.dot(weights.heads, buffers.hidden[t + 1], buffers.blocks[t + 1, 4 * n_units :])
        _read_out(buffers.blocks[t + 1, 4 * n_units :], t, weights, data, index, plan, core, losses)


@_compiled
def _backward(core, readers, weights, gradients, buffers):
    """Go back through time after `_forward` and add to the gradients."""
    n_times, (n_units, _) = len(buffers.shown), buffers.carried.shape
    blocks, hidden = buffers.blocks, buffers.hidden
    d_drive = np.zeros((3 * n_units, buffers.shown.shape[1]), np.float32)
    d_drive_t, d_readers_t = np.empty_like(d_drive), np.empty_like(readers)
    d_readers = np.zeros_like(readers)
    sums = np.zeros(blocks.shape[1], np.float32)
    np.dot(blocks[n_times, 4 * n_units :], hidden[n_times].T, d_readers[3 * n_units :])
    _add_sums(blocks[n_times, 4 * n_units :], sums[4 * n_units :])
    np.dot(weights.heads.T, blocks[n_times, 4 * n_units :], buffers.returned)
    buffers.carried[:] = 0
    for t in range(n_times - 1, -1, -1):
        _retreat(blocks[t], buffers.update[t], buffers.carried, buffers.returned)
        _add_sums(blocks[t], sums)
        np.dot(blocks[t, : 3 * n_units], buffers.shown[t].T, d_drive_t)
        _add(d_drive, d_drive_t)
        if t > 0:  # the state before the first timestep is zero and nothing reads it
            np.dot(blocks[t, n_units:], hidden[t].T, d_readers_t)
            _add(d_readers, d_readers_t)
            np.dot(readers.T, blocks[t, n_units:], buffers.returned)
    _add(gradients.drive[core], np.dot(d_drive, weights.inputs))
    _add(gradients.inputs, np.dot(d_drive.T, weights.drive[core]))
    _add(gradients.recurrent[core], d_readers)
    _add(gradients.heads, d_readers[3 * n_units :])
    for j in range(3 * n_units):
        gradients.drive_bias[core, j] += sums[j]
        gradients.recurrent_bias[core, j] += sums[n_units + j]
    for j in range(len(gradients.head_bias)):
        gradients.head_bias[j] += sums[4 * n_units + j]


@_compiled
def _make_buffers(n_times, n_shown, n_units, n_outputs, n_rows):
    return Buffers(
        np.empty((n_times, n_shown, n_rows), np.float32),
        np.empty((n_times + 1, n_units, n_rows), np.float32),
        np.empty((n_times + 1, 4 * n_units + n_outputs, n_rows), np.float32),
        np.empty((n_times, n_units, n_rows), np.float32),
        np.empty((3 * n_units, n_rows), np.float32),
        np.empty((n_units, n_rows), np.float32),
        np.empty((n_units, n_rows), np.float32),
    )


@_compiled
def _adam_step(adam):
    """Take one step of Adam (Kingma & Ba 2015) with an L2 penalty, as `torch.optim.Adam` does."""
    adam.steps[0] += 1
    keep1, keep2 = np.float32(_BETA1), np.float32(_BETA2)
    new1, new2 = np.float32(1 - _BETA1), np.float32(1 - _BETA2)
    scale1 = np.float32(1 / (1 - _BETA1 ** adam.steps[0]))
    scale2 = np.float32(1 / np.sqrt(1 - _BETA2 ** adam.steps[0]))
    decay = adam.decay[0]
    w, g, m, v, rate = adam.weights, adam.gradients, adam.first, adam.second, adam.rate
    for i in range(len(w)):
        slope = g[i] + decay * w[i]
        m[i] = keep1 * m[i] + new1 * slope
        v[i] = keep2 * v[i] + new2 * slope * slope
        w[i] -= rate[i] * scale1 * m[i] / (np.sqrt(v[i]) * scale2 + _EPSILON)


@partial(_compiled, forceinline=False)
def go_through(order, batch_size, weights, gradients, adam, data, plan, learn):
    """Go through episodes batch by batch, once; take a step of Adam after each batch if `learn`.

    Parameters
    ----------
    order
        Indices of the episodes.

    Returns
    -------
    array (pass, objective)
        Mean losses over the episodes, of the objectives predict and infer, before each step.
    """
    n_times, (n_cores, n_recurrent, n_units) = len(data.actions), weights.recurrent.shape
    n_slots, n_outputs = plan.slots.shape[1], len(weights.heads)
    sizes = (n_times, len(weights.inputs), n_units, n_outputs)
    means = np.zeros((len(plan.reads), 2))
    losses = np.zeros((len(plan.reads), 2))
    readers = np.zeros((n_recurrent + n_outputs, n_units), np.float32)
    buffers = _make_buffers(*sizes, n_slots * min(batch_size, len(order)))
    for start in range(0, len(order), batch_size):
        index = order[start : start + batch_size]
        if n_slots * len(index) != buffers.carried.shape[1]:
            buffers = _make_buffers(*sizes, n_slots * len(index))
        losses[:] = 0
        adam.gradients[:] = 0
        for core in range(n_cores):
            if plan.slots[core, 0] < 0:  # nothing runs through this core
                continue
            for j in range(n_recurrent + n_outputs):
                source = weights.recurrent[core, j] if j < n_recurrent else weights.heads[j - n_recurrent]
                for i in range(n_units):
                    readers[j, i] = source[i]
            _forward(core, readers, weights, data, index, plan, buffers, losses)
            if learn:
                _backward(core, readers, weights, gradients, buffers)
        if learn:
            _adam_step(adam)
        for i in range(len(means)):
            for objective in range(2):
                means[i, objective] += losses[i, objective] * len(index) / len(order)
    return means
