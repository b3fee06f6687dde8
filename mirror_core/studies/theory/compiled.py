"""The descent of `mirror_core.studies.theory.descent` in machine code.

Its arrays are small, so that most of the time of a step in NumPy goes by between operations.
"""

from functools import partial

import numpy as np

from mirror_core.networks.training.compiled.gru import _compiled


@_compiled
def _squared_error(output, target):
    """Put the gradient of a mean squared error in place of the output."""
    scale = 2 / output.size
    for i in range(output.shape[0]):
        for j in range(output.shape[1]):
            output[i, j] = scale * (output[i, j] - target[i, j])


@_compiled
def _cross_entropy(output, bias, labels, by_bias):
    """Put the gradient of a mean cross-entropy in place of the output (logits), and add that of the bias."""
    n_rows = len(output)
    for i in range(n_rows):
        row, top, whole = output[i], -np.inf, 0.0
        for a in range(len(row)):
            row[a] += bias[a]
            top = max(top, row[a])
        for a in range(len(row)):
            row[a] = np.exp(row[a] - top)
            whole += row[a]
        for a in range(len(row)):
            row[a] /= whole * n_rows
        row[labels[i]] -= 1 / n_rows
        for a in range(len(row)):
            by_bias[a] += row[a]


@_compiled
def _add(total, part):
    for i in range(total.shape[0]):
        for j in range(total.shape[1]):
            total[i, j] += part[i, j]


@_compiled
def _scale(result, by, matrix):
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            result[i, j] = by * matrix[i, j]


@_compiled
def _bend(states):
    for i in range(states.shape[0]):
        for j in range(states.shape[1]):
            states[i, j] = np.tanh(states[i, j])


@_compiled
def _through_bend(gradient, states):
    for i in range(states.shape[0]):
        for j in range(states.shape[1]):
            gradient[i, j] *= 1 - states[i, j] * states[i, j]


@_compiled
def _step(weights, speed, slope, rate, momentum):
    for i in range(weights.shape[0]):
        for j in range(weights.shape[1]):
            speed[i, j] = momentum * speed[i, j] - rate * slope[i, j]
            weights[i, j] += speed[i, j]


@partial(_compiled, forceinline=False)
def descend(drives, predicts, sensations, labels, heads, inputs, bias, penalty, rate, momentum, n_steps, bends):
    """Take steps of gradient descent with momentum on heads, inputs and bias, in place.

    Parameters
    ----------
    drives, predicts
        (loss, row, drive) and (loss,): what drives the core where a loss counts, and whether that loss is the squared
        error of the sensations; else it is the cross-entropy of the labels.
    bends
        Whether states are the tanh of what drives them.
    """
    n_features = sensations.shape[1]
    states, back = np.empty((drives.shape[1], len(inputs))), np.empty((drives.shape[1], len(inputs)))
    by_heads, by_inputs, by_bias = np.empty_like(heads), np.empty_like(inputs), np.empty_like(bias)
    heads_speed, inputs_speed, bias_speed = np.zeros_like(heads), np.zeros_like(inputs), np.zeros_like(bias)
    for _ in range(n_steps):
        _scale(by_heads, penalty, heads)
        _scale(by_inputs, penalty, inputs)
        by_bias[:] = 0
        for loss in range(len(predicts)):
            drive = drives[loss]
            np.dot(drive, inputs.T, states)
            if bends:
                _bend(states)
            if predicts[loss]:
                head, by_head = heads[:n_features], by_heads[:n_features]
                error = np.dot(states, head.T)
                _squared_error(error, sensations)
            else:
                head, by_head = heads[n_features:], by_heads[n_features:]
                error = np.dot(states, head.T)
                _cross_entropy(error, bias, labels, by_bias)
            _add(by_head, np.dot(error.T, states))
            np.dot(error, head, back)
            if bends:
                _through_bend(back, states)
            _add(by_inputs, np.dot(back.T, drive))
        _step(heads, heads_speed, by_heads, rate, momentum)
        _step(inputs, inputs_speed, by_inputs, rate, momentum)
        for a in range(len(bias)):
            bias_speed[a] = momentum * bias_speed[a] - rate * by_bias[a]
            bias[a] += bias_speed[a]
