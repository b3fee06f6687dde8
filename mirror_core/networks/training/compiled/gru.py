"""A training step of the whole network with a GRU core, written out by hand and compiled by Numba.

It computes what `mirror_core.networks.training.losses`, automatic differentiation and `torch.optim.Adam` compute.
An input to the core is E u, with u = [sensation; 1 if one is seen; one-hot action]; W E is multiplied out once a step,
and its rows for actions are looked up. The forward pass leaves, in place of each gate, the factor by which its gradient
follows from dh_t. Episodes that begin with the same actions are in one state until they part, in a pass that is shown
actions alone: that is computed once.

Arrays are (row, unit), a row being a state at a timestep; `mirror_core.networks.training.compiled.learner` makes
and describes them. The four blocks of a timestep are what the candidate receives from the input (`n`), the reset gate
(`r`), the update gate (`z`) and what the candidate receives from the last hidden state (`m`); W fills n, r, z and U
fills r, z, m. With b the biases, PyTorch's GRU is

    r = σ(W_r x + U_r h + b_r),   z = σ(W_z x + U_z h + b_z),   m = U_n h + b_m,
    n = tanh(W_n x + b_n + r m),  h' = n + z (h − n).

Products are done in vector registers, at these sizes a third faster than by a BLAS, which packs matrices first. All
compiled code is in this file, since Numba keeps machine code as long as the file of a function stays the same.
"""

from collections.abc import Callable
from functools import partial

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

ROWS, LANES = 4, 8
"""Results of products have a multiple of these numbers of rows and of columns."""
_WORD, _VECTOR = ir.IntType(32), ir.VectorType(ir.FloatType(), LANES)
_SAME = ir.Constant(ir.VectorType(_WORD, LANES), [0] * LANES)
_FUSED = ("contract",)  # multiply and add in one instruction where there is one
_HALF, _ONE, _FLAT = map(np.float32, (0.5, 1, 9))
# tanh x = x P(x²) / Q(x²), fitted for the least relative error on |x| ≤ 9 (2e-8; beyond, tanh x is ±1 in float32)
_P = tuple(map(np.float32, (0.99999998, 0.13381026, 0.0034955889, 2.0609096e-5, 1.335468e-8)))
_Q = tuple(map(np.float32, (1.0, 0.46714342, 0.025876985, 3.2856361e-4, 7.776566e-7)))
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, np.float32(1e-8)  # PyTorch's defaults for Adam


def _compiled(function: Callable, signature: str | None = None, *, forceinline: bool = True) -> Callable:
    """Compile a function when it is first called (or now, for one signature); keep the code for the next process.

    Each is inlined where it is called. Otherwise the process that compiles would call one version of it, and those
    that load the kept code another, optimised together with its caller: weights would differ in their last bits.
    """
    # No "nnan" and "ninf" among the fast-math flags: a loss that is no longer finite must stay visible. Without
    # error_model="numpy" a check for division by zero keeps loops from being vectorised.
    options = dict(error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz", "afn"}, forceinline=forceinline)
    try:
        return numba.njit(signature, cache=True, **options)(function)
    except RuntimeError:  # no folder in which to keep it can be written
        return numba.njit(signature, **options)(function)


def _tile(n_vectors: int) -> Callable:
    """Return a function that adds A B to a tile of C, `n_vectors` × 8 columns wide, from row i and column j on."""

    @intrinsic
    def tile(typing, a, b, c, i, j):
        def generate(context, build, signature, given):
            arrays = [context.make_array(kind)(context, build, x) for kind, x in zip((a, b, c), given, strict=False)]
            rows = [build.add(given[3], given[3].type(r)) for r in range(ROWS)]

            def at(which, row, column):
                return cgutils.get_item_pointer(context, build, signature.args[which], arrays[which], (row, column))

            def vectors(which, row):
                first = build.bitcast(at(which, row, given[4]), _VECTOR.as_pointer())
                return [build.gep(first, [_WORD(v)]) for v in range(n_vectors)]

            targets = [vectors(2, row) for row in rows]
            sums = [[cgutils.alloca_once_value(build, build.load(x, align=4)) for x in row] for row in targets]
            with cgutils.for_range(build, cgutils.unpack_tuple(build, arrays[1].shape, 2)[0]) as loop:
                factors = [build.load(x, align=4) for x in vectors(1, loop.index)]
                for row, totals in zip(rows, sums, strict=True):
                    number = build.insert_element(_VECTOR(ir.Undefined), build.load(at(0, row, loop.index)), _WORD(0))
                    number = build.shuffle_vector(number, number, _SAME)
                    for factor, total in zip(factors, totals, strict=True):
                        product = build.fmul(number, factor, flags=_FUSED)
                        build.store(build.fadd(build.load(total), product, flags=_FUSED), total)
            for total, target in zip(sum(sums, []), sum(targets, []), strict=True):
                build.store(build.load(total), target, align=4)
            return context.get_dummy_value()

        return types.void(a, b, c, i, j), generate

    return tile


_tile1, _tile2, _tile3 = _tile(1), _tile(2), _tile(3)


@partial(_compiled, signature="void(f4[:, :], f4[:, :], f4[:, :])", forceinline=False)  # one for all: strides are read
def add_product(a, b, c):
    """Add A B to C, whose shape decides how many rows of A and columns of B count; A may be a transpose."""
    n_rows, n_columns = c.shape
    whole = n_columns - n_columns % (3 * LANES)
    for i in range(0, n_rows, ROWS):
        if n_columns - whole == 2 * LANES:
            _tile2(a, b, c, i, whole)
        elif n_columns - whole == LANES:
            _tile1(a, b, c, i, whole)
    for j in range(0, whole, 3 * LANES):
        for i in range(0, n_rows, ROWS):
            _tile3(a, b, c, i, j)


@_compiled
def _tanh(x):
    x = min(max(x, -_FLAT), _FLAT)
    s = x * x
    p = (((_P[4] * s + _P[3]) * s + _P[2]) * s + _P[1]) * s + _P[0]
    q = (((_Q[4] * s + _Q[3]) * s + _Q[2]) * s + _Q[1]) * s + _Q[0]
    return x * p / q


@_compiled
def _sigmoid(x):
    return _HALF + _HALF * _tanh(_HALF * x)


@_compiled
def _advance(gates, before, update, after):
    """Go one timestep forward in a row; leave, in place of what the gates receive, factors of the gradients."""
    n_units = len(after)
    n_, r_, z_, m_ = gates[:n_units], gates[n_units:], gates[2 * n_units :], gates[3 * n_units :]
    for j in range(n_units):
        r, z, m = _sigmoid(r_[j]), _sigmoid(z_[j]), m_[j]
        n = _tanh(n_[j] + r * m)
        change = before[j] - n
        after[j] = n + z * change
        update[j] = z
        n_[j] = by_n = (_ONE - z) * (_ONE - n * n)
        m_[j] = by_m = by_n * r
        r_[j] = by_m * (_ONE - r) * m
        z_[j] = z * (_ONE - z) * change


@_compiled
def _retreat(gates, update, slope):
    """Go one timestep back in a row: factors become gradients, `slope` what goes on through the update gate."""
    n_units = len(slope)
    for block in range(4):
        for j in range(n_units):
            gates[block * n_units + j] *= slope[j]
    for j in range(n_units):
        slope[j] *= update[j]


@_compiled
def _copy(target, source):
    """Copy a vector to another's beginning (array expressions would do, but take seconds to compile)."""
    for j in range(len(source)):
        target[j] = source[j]


@_compiled
def _add(target, source):
    for j in range(len(source)):
        target[j] += source[j]


@_compiled
def _transposed(matrix):
    found = np.empty((matrix.shape[1], matrix.shape[0]), np.float32)
    for j in range(len(found)):
        _copy(found[j], matrix[:, j])
    return found


@_compiled
def _read_out(which, t, chosen, weights, data, plan, memory, losses):
    """Leave the gradients of the heads' outputs at timestep t; add up the losses of the chosen episodes."""
    n_counted, n_rows = len(chosen) * len(memory.count), memory.count[t]
    for objective in range(2):
        first, size, weight = plan.reads[which, objective], plan.sizes[objective], plan.importance[objective]
        if first < 0:
            continue
        columns = slice(first, first + plan.widths[objective])
        outputs, errors = memory.outputs[:n_rows, columns], memory.errors[t, :n_rows, columns]
        odds = np.empty(size, np.float32)
        errors[:] = 0
        for row in range(n_rows):
            _copy(outputs[row], weights.reader_bias[columns])
        add_product(memory.hidden[t + 1], weights.readers[:, columns], outputs)
        for i, episode in enumerate(chosen):
            output, error, total = outputs[memory.state[t, i]], errors[memory.state[t, i]], np.float32(0)
            if objective == 0:  # squared error
                scale = np.float32(2 * weight / (n_counted * size))
                for d in range(size):
                    difference = output[d] - data.sensations[episode, t, d]
                    total += difference * difference
                    error[d] += difference * scale
                losses[which, 0] += total / size
            else:  # cross-entropy
                label, top = data.labels[episode, t], output[0]
                for a in range(1, size):
                    top = max(top, output[a])
                for a in range(size):
                    odds[a] = np.exp(output[a] - top)
                    total += odds[a]
                scale = np.float32(weight / n_counted)
                for a in range(size):
                    error[a] += odds[a] * (scale / total)
                error[label] -= scale
                losses[which, 1] += np.log(total) - (output[label] - top)


@_compiled
def _driven(core, weights, plan):
    """Return what blocks n, r, z, m receive from u; biases are in all rows for actions, of which one is none."""
    n_driven, first = weights.drive.shape[2], plan.n_seen
    drive = np.zeros((weights.inputs.shape[1], n_driven // 3 * 4), np.float32)
    add_product(weights.inputs.T, weights.drive[core], drive[:, :n_driven])
    for action in drive[first : first + plan.sizes[1] + 1]:
        _add(action, weights.drive_bias[core])
        _add(action[n_driven // 3 :], weights.recurrent_bias[core])
    return drive


@_compiled
def _share(which, index, data, plan, memory):
    """Give every state of a pass a row; equal ones the same, while that saves a quarter of the rows."""
    state, parent, action, count = memory.state, memory.parent, memory.action, memory.count
    together = plan.sees_actions[which] and not plan.sees_sensations[which]
    children = np.empty((len(index), plan.sizes[1]), np.int64)
    for t in range(len(state)):
        if together:
            n = 0
            children[:] = -1
            for i, episode in enumerate(index):
                before, a = state[t - 1, i] if t > 0 else 0, data.actions[episode, t]
                if children[before, a] < 0:
                    children[before, a], parent[t, n], action[t, n] = n, before, a
                    n += 1
                state[t, i] = children[before, a]
            count[t] = -(-n // ROWS) * ROWS
            parent[t, n : count[t]], action[t, n : count[t]] = 0, action[t, 0]  # copies of the first
            together = 4 * n <= 3 * len(index)
        if not together:
            count[t] = len(index)
            for i, episode in enumerate(index):
                parent[t, i] = state[t - 1, i] if t > 0 else 0
                action[t, i] = data.actions[episode, t] if plan.sees_actions[which] else plan.sizes[1]
                state[t, i] = i


@_compiled
def _forward(which, chosen, index, drive, weights, data, plan, memory, losses):
    """Run a pass over the chosen episodes; leave hidden states, factors, and the gradients of the heads' outputs."""
    parent, hidden, gates = memory.parent, memory.hidden, memory.gates
    n_units, recurrent = hidden.shape[2], weights.recurrent[plan.core[which]]
    _share(which, index, data, plan, memory)
    for t, n_rows in enumerate(memory.count):
        for row in range(n_rows):
            _copy(gates[t, row], drive[plan.n_seen + memory.action[t, row]])
        if plan.sees_sensations[which]:
            add_product(memory.seen[t], drive[: plan.n_seen, : 3 * n_units], gates[t, :n_rows, : 3 * n_units])
        if t > 0 and parent[t, n_rows - 1] == n_rows - 1:  # then each row follows from the same row
            add_product(hidden[t], recurrent, gates[t, :n_rows, n_units:])
        elif t > 0:
            received = np.zeros((memory.count[t - 1], 3 * n_units), np.float32)
            add_product(hidden[t], recurrent, received)
            for row in range(n_rows):
                _add(gates[t, row, n_units:], received[parent[t, row]])
        for row in range(n_rows):
            _advance(gates[t, row], hidden[t, parent[t, row]], memory.update[t, row], hidden[t + 1, row])
        _read_out(which, t, chosen, weights, data, plan, memory, losses)


@_compiled
def _backward(which, recurrent_back, readers_back, d_drive, gradients, plan, memory):
    """Go back through time after `_forward` and add to the gradients; `d_drive` receives those of `drive`."""
    parent, hidden, gates, slope = memory.parent, memory.hidden, memory.gates, memory.slope
    n_units, n_seen, core = hidden.shape[2], plan.n_seen, plan.core[which]
    slope[:] = 0
    for t in range(len(gates) - 1, -1, -1):
        n_rows = memory.count[t]
        for objective in range(2):
            first = plan.reads[which, objective]
            if first >= 0:
                columns = slice(first, first + plan.widths[objective])
                errors = memory.errors[t, :n_rows, columns]
                add_product(hidden[t + 1].T, errors, gradients.readers[:, columns])
                add_product(errors, readers_back[columns], slope[:n_rows])
                for error in errors:
                    _add(gradients.reader_bias[columns], error)
        for row in range(n_rows):
            _retreat(gates[t, row], memory.update[t, row], slope[row])
            _add(d_drive[n_seen + memory.action[t, row]], gates[t, row])
        if plan.sees_sensations[which]:
            add_product(memory.seen[t, :n_rows].T, gates[t, :n_rows, : 3 * n_units], d_drive[:n_seen, : 3 * n_units])
        if t > 0:  # the state before the first timestep is zero and nothing reads it
            for row in range(n_rows):  # a state's gradients are the sums of those that follow from it
                if parent[t, row] < row:
                    _add(gates[t, parent[t, row], n_units:], gates[t, row, n_units:])
                    _add(slope[parent[t, row]], slope[row])
                    gates[t, row] = slope[row] = 0
            passed = gates[t, : memory.count[t - 1], n_units:]
            if plan.core_learns:
                add_product(hidden[t].T, passed, gradients.recurrent[core])
            add_product(passed, recurrent_back, slope[: len(passed)])


@_compiled
def _run_core(core, chosen, index, learn, readers_back, weights, gradients, data, plan, memory, losses):
    """Run all passes of a core over the chosen episodes, and add to the gradients."""
    drive, recurrent_back = _driven(core, weights, plan), _transposed(weights.recurrent[core])
    d_drive, n_driven, first = np.zeros(drive.shape, np.float32), weights.drive.shape[2], plan.n_seen
    for which in range(len(plan.core)):
        if plan.core[which] == core:
            _forward(which, chosen, index, drive, weights, data, plan, memory, losses)
            if learn:
                _backward(which, recurrent_back, readers_back, d_drive, gradients, plan, memory)
    if learn and plan.core_learns:
        for action in d_drive[first : first + plan.sizes[1] + 1]:
            _add(gradients.drive_bias[core], action[:n_driven])
            _add(gradients.recurrent_bias[core], action[n_driven // 3 :])
        add_product(weights.inputs, d_drive[:, :n_driven], gradients.drive[core])
    if learn:
        add_product(weights.drive[core], _transposed(d_drive[:, :n_driven]), gradients.inputs)


@_compiled
def _adam_step(adam, step, decay):
    """Take one step of Adam (Kingma & Ba 2015) with an L2 penalty, as `torch.optim.Adam` does."""
    keep1, keep2 = np.float32(_BETA1), np.float32(_BETA2)
    new1, new2 = np.float32(1 - _BETA1), np.float32(1 - _BETA2)
    scale1, scale2 = np.float32(1 / (1 - _BETA1**step)), np.float32(1 / np.sqrt(1 - _BETA2**step))
    w, g, m, v, rate = adam
    for i in range(len(w)):
        slope = g[i] + decay * w[i]
        m[i] = keep1 * m[i] + new1 * slope
        v[i] = keep2 * v[i] + new2 * slope * slope
        w[i] -= rate[i] * scale1 * m[i] / (np.sqrt(v[i]) * scale2 + _EPSILON)


@partial(_compiled, forceinline=False)
def go_through(order, batch_size, n_steps, decay, weights, gradients, adam, data, plan, memory, learn):
    """Go through episodes in an order, batch by batch; after each batch take a step if `learn`.

    `n_steps` were taken before, `decay` is the L2 penalty. `adam` are flat arrays: weights, gradients, running means of
    these and of their squares, learning rates (0: does not learn); `weights`, `gradients` are views of the first two.

    Returns
    -------
    array (pass, objective)
        Sums of the losses over episodes and timesteps, of the objectives predict and infer, before each step.
    """
    losses = np.zeros((len(plan.core), 2))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        index = np.full(-(-len(chosen) // ROWS) * ROWS, chosen[0])  # filled up with copies of the first
        _copy(index, chosen)
        for i, episode in enumerate(index):
            for t in range(len(memory.seen)):
                _copy(memory.seen[t, i], data.seen[episode, t])
        adam[1][:] = 0
        readers_back = _transposed(weights.readers)
        for core in range(len(weights.drive)):
            _run_core(core, chosen, index, learn, readers_back, weights, gradients, data, plan, memory, losses)
        if learn:
            n_steps += 1
            _adam_step(adam, n_steps, decay)
    return losses
