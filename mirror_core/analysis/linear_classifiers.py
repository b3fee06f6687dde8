"""Linear classifiers: logistic and ridge regression.

They minimise what scikit-learn's `LogisticRegression(max_iter=1000)` and `RidgeClassifier()` minimise, from the same
start by the same optimiser with the same tolerances, without its checks, which take most of the time of a small fit.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Shaped
from scipy import linalg
from scipy.optimize import OptimizeResult, minimize

from mirror_core.analysis.validation import RecordingError
from mirror_core.arrays import MODES

Rows = Float[np.ndarray, "row unit"]
Labels = Shaped[np.ndarray, " row"]

_MAX_STEPS = 1000
_OPTIONS = {"maxiter": _MAX_STEPS, "maxls": 50, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps}
"""Those of scikit-learn for L-BFGS."""


@dataclass(frozen=True)
class LinearDecoder:
    """A trained classifier."""

    classes: Shaped[np.ndarray, " class"]
    """The labels that it knows."""
    weights: Float[np.ndarray, "output unit"]
    """One output for each class; of two classes, one for the second."""
    bias: Float[np.ndarray, " output"]

    def predict(self, rows: Rows) -> Labels:
        """Name the class of each row."""
        outputs = rows @ self.weights.T + self.bias
        return self.classes[(outputs[:, 0] > 0).astype(int) if len(self.bias) == 1 else outputs.argmax(axis=1)]


def logistic(rows: Rows, labels: Labels) -> LinearDecoder:
    """Fit a logistic regression: mean cross-entropy + |weights|² / (2 rows), the bias being free.

    Raises
    ------
    RecordingError
        If all labels are the same.
    """
    classes, index = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise RecordingError(f"all rows that a decoder is to learn from have the label {classes[0]}: it needs two.")
    rows = np.asarray(rows, float)
    loss = _binary_loss if len(classes) == 2 else _multinomial_loss
    shape = (1 if len(classes) == 2 else len(classes), rows.shape[1] + 1)

    def penalised(parameters: Float[np.ndarray, " parameter"]) -> tuple[float, Float[np.ndarray, " parameter"]]:
        weights, bias = parameters.reshape(shape)[:, :-1], parameters.reshape(shape)[:, -1]
        value, slope = loss(weights @ rows.T + bias[:, None], index)
        slope /= len(rows)
        found = np.empty(shape)
        found[:, :-1] = slope @ rows + weights / len(rows)
        found[:, -1] = slope.sum(axis=1)
        return (value + np.sum(weights**2) / 2) / len(rows), found.ravel()

    best = minimize(penalised, np.zeros(np.prod(shape)), method="L-BFGS-B", jac=True, options=_OPTIONS)
    _warn_unless_converged(best)
    found = best.x.reshape(shape)
    return LinearDecoder(classes, found[:, :-1], found[:, -1])


Outputs = Float[np.ndarray, "output row"]


def _binary_loss(outputs: Outputs, index: Int[np.ndarray, " row"]) -> tuple[float, Outputs]:
    """Return the sum of cross-entropies of two classes, and its gradient."""
    sign = np.where(index == 1, 1.0, -1.0)
    margin = sign * outputs[0]
    small = np.exp(-np.abs(margin))
    value = np.sum(np.maximum(-margin, 0) + np.log1p(small))
    return float(value), (-sign * np.where(margin >= 0, small, 1) / (1 + small))[None]


def _multinomial_loss(outputs: Outputs, index: Int[np.ndarray, " row"]) -> tuple[float, Outputs]:
    """Return the same of more classes; `outputs` are overwritten."""
    at = index, np.arange(len(index))
    outputs -= outputs.max(axis=0)
    right = outputs[at].sum()
    np.exp(outputs, out=outputs)
    whole = outputs.sum(axis=0)
    outputs /= whole
    outputs[at] -= 1
    return float(np.log(whole).sum() - right), outputs


def _warn_unless_converged(best: OptimizeResult) -> None:
    if not best.success:
        from sklearn.exceptions import ConvergenceWarning  # here: the package takes its time to import

        warnings.warn(
            f"a logistic decoder did not converge within {_MAX_STEPS} steps ({best.message}).",
            ConvergenceWarning,
            stacklevel=4,
        )


def ridge(rows: Rows, labels: Labels) -> LinearDecoder:
    """Fit outputs of ±1 by least squares + |weights|², the bias being free: each class against the others."""
    classes, index = np.unique(labels, return_inverse=True)
    wanted = np.where(index[:, None] == (np.arange(len(classes)) if len(classes) > 2 else [1]), 1.0, -1.0)
    rows = np.asarray(rows, float)
    mean, level = rows.mean(axis=0), wanted.mean(axis=0)
    rows, wanted = rows - mean, wanted - level
    if rows.shape[1] > len(rows):
        weights = rows.T @ linalg.solve(rows @ rows.T + np.eye(len(rows)), wanted, assume_a="pos")
    else:
        weights = linalg.solve(rows.T @ rows + np.eye(rows.shape[1]), rows.T @ wanted, assume_a="pos")
    return LinearDecoder(classes, weights.T, level - mean @ weights)


def standardisation(rows: Rows) -> Callable[[Rows], Rows]:
    """Return what takes away each unit's mean over rows and divides by its standard deviation, in the rows' precision.

    A unit whose variance is no larger than its rounding is constant, and not divided.
    """
    mean, variance = rows.mean(axis=0, dtype=float), rows.var(axis=0, dtype=float)
    rounding = len(rows) * np.finfo(float).eps
    scale = np.where(variance <= rounding * variance + (rounding * mean) ** 2, 1.0, np.sqrt(variance))
    mean, scale = mean.astype(rows.dtype), scale.astype(rows.dtype)
    return lambda others: (others - mean) / scale


DECODERS: dict[str, Callable[[Rows, Labels], LinearDecoder]] = {"logistic": logistic, "ridge": ridge}
"""Linear classifiers that find different planes where many separate the actions equally well: logistic regression
follows the directions in which actions lie far apart, ridge regression weighs every direction by its noise. Within a
mode both may be perfect and across modes disagree, so a transfer should be judged under both."""


def by_modes(columns: Mapping[str, Float[np.ndarray, "#train_mode #test_mode"] | float]) -> pd.DataFrame:
    """Return one row for each mode trained in and each tested in, with what was found there by name."""
    pairs = pd.MultiIndex.from_product([MODES, MODES], names=["trained", "tested"])
    values = {name: np.broadcast_to(found, (2, 2)).ravel() for name, found in columns.items()}
    return pd.DataFrame(values, index=pairs).reset_index()
