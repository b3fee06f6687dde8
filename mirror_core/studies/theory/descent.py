"""The one-step model of `mirror_core.studies.theory.theory` trained by gradient descent, to hold the theory against."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import log_softmax
from threadpoolctl import threadpool_limits

from mirror_core.analysis import unit_correlation
from mirror_core.checks import number, one_of, whole
from mirror_core.studies.theory.theory import LinearModel

ACTIVATIONS = {
    "linear": (lambda x: x, lambda h: np.ones_like(h)),
    "tanh": (np.tanh, lambda h: 1 - h**2),
}
"""Name → state of a drive, and its slope as a function of the state."""


@dataclass(frozen=True)
class OneStep:
    """A trained one-step network."""

    heads: Float[np.ndarray, "output unit"]
    """G: rows are predicted features and logits."""
    inputs: Float[np.ndarray, "unit drive"]
    """Z."""
    bias: Float[np.ndarray, " action"]
    value: float
    """Losses and penalty at the end."""
    steepness: float
    """The largest entry of the gradient at the end."""
    perform: Float[np.ndarray, "action unit"]
    """States when performing each action."""
    observe: Float[np.ndarray, "action unit"]
    """States when observing each action's sensation."""

    @property
    def tuning_r(self) -> Float[np.ndarray, " unit"]:
        """Each unit's correlation of its two tunings."""
        return unit_correlation(self.perform[:, None, :], self.observe[:, None, :])


def value_and_slopes(
    model: LinearModel,
    heads: Float[np.ndarray, "output unit"],
    inputs: Float[np.ndarray, "unit drive"],
    bias: Float[np.ndarray, " action"],
    penalty: float,
    activation: str = "linear",
) -> tuple[float, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return losses + (penalty / 2) × the sum of squared weights, and the gradients of heads, inputs and bias."""
    one_of("activation", activation, ACTIVATIONS)
    state_of, slope_of = ACTIVATIONS[activation]
    n_features = model.n_features
    total = penalty / 2 * (np.sum(heads**2) + np.sum(inputs**2))
    by_heads, by_inputs, by_bias = penalty * heads, penalty * inputs, np.zeros_like(bias)
    for drive, objective in model.asked:
        rows = slice(None, n_features) if objective == "predict" else slice(n_features, None)
        states = state_of(drive @ inputs.T)
        output = states @ heads[rows].T
        if objective == "predict":
            error = output - model.sensations
            total += np.mean(error**2)
            error *= 2 / error.size
        else:
            logs = log_softmax(output + bias, axis=1)
            index = np.arange(len(logs)), model.labels
            total -= np.mean(logs[index])
            error = np.exp(logs) / len(logs)
            error[index] -= 1 / len(logs)
            by_bias += error.sum(axis=0)
        by_heads[rows] += error.T @ states
        by_inputs += ((error @ heads[rows]) * slope_of(states)).T @ drive
    return float(total), (by_heads, by_inputs, by_bias)


def train_one_step(
    model: LinearModel,
    n_units: int,
    rng: np.random.Generator,
    *,
    n_steps: int = 4000,
    rate: float = 0.02,
    momentum: float = 0.99,
    start: float = 0.1,
    penalty: float | None = None,
    activation: str = "linear",
) -> OneStep:
    """Train by full-batch gradient descent with momentum, all in double precision.

    Parameters
    ----------
    start
        Standard deviation of a unit's first weights times √n_units: normal, alike in all directions.
    penalty
        The model's, if not given; 0 trains on the losses alone.

    Raises
    ------
    OptionError
        For a number outside its range or an unknown activation.
    """
    whole("n_units", n_units, 1)
    whole("n_steps", n_steps, 1)
    number("rate", rate, 0, open_low=True)
    number("momentum", momentum, 0, 1, open_high=True)
    number("start", start, 0, open_low=True)
    penalty = model.penalty if penalty is None else penalty
    n_outputs, n_drives = model.n_features + model.n_actions, model.n_actions + model.n_features
    scale = start / np.sqrt(n_units)
    weights = [
        scale * rng.standard_normal((n_outputs, n_units)),
        scale * rng.standard_normal((n_units, n_drives)),
        np.zeros(model.n_actions),
    ]
    one_of("activation", activation, ACTIVATIONS)
    steps = penalty, rate, momentum, n_steps, activation
    if importlib.util.find_spec("numba"):
        _descend_compiled(model, weights, *steps)
    else:
        _descend(model, weights, *steps)
    value, slopes = value_and_slopes(model, *weights, penalty, activation)
    state_of = ACTIVATIONS[activation][0]
    return OneStep(
        *weights,
        value,
        float(max(np.abs(slope).max() for slope in slopes)),
        perform=state_of(model.acting @ weights[1].T),
        observe=state_of(model.observing @ weights[1].T),
    )


Weights = list[np.ndarray]


def _descend(
    model: LinearModel, weights: Weights, penalty: float, rate: float, momentum: float, n_steps: int, activation: str
) -> None:
    """Take steps of gradient descent with momentum, in place."""
    speed = [np.zeros_like(w) for w in weights]
    for _ in range(n_steps):
        _, slopes = value_and_slopes(model, *weights, penalty, activation)
        for w, v, slope in zip(weights, speed, slopes, strict=True):
            v *= momentum
            v -= rate * slope
            w += v


def _descend_compiled(
    model: LinearModel, weights: Weights, penalty: float, rate: float, momentum: float, n_steps: int, activation: str
) -> None:
    """Do the same in machine code."""
    from mirror_core.studies.theory.compiled import descend  # here, since Numba may be missing

    drives = np.stack([drive for drive, _ in model.asked])
    predicts = np.array([objective == "predict" for _, objective in model.asked])
    with threadpool_limits(1, user_api="blas"):
        descend(
            drives, predicts, model.sensations, model.labels, *weights, float(penalty), float(rate), float(momentum),
            n_steps, activation == "tanh",
        )  # fmt: skip
