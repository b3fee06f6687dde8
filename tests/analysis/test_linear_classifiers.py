"""Decoders against scikit-learn: coefficients, answers, and the standardisation before them."""

import numpy as np
import pytest
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils.fixes import parse_version

from mirror_core.analysis import DECODERS, RecordingError
from mirror_core.analysis.linear_classifiers import standardisation

REFERENCES = {"logistic": LogisticRegression(max_iter=1000), "ridge": RidgeClassifier()}


def rows_and_labels(n_rows, n_units, n_classes, dtype, noise=2.0):
    rng = np.random.default_rng(n_rows + n_units)
    labels = rng.integers(n_classes, size=n_rows) * 2 + 3
    rows = rng.standard_normal((10, n_units))[labels] + noise * rng.standard_normal((n_rows, n_units))
    return rows.astype(dtype), labels


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize(("n_rows", "n_units"), [(300, 12), (40, 60)])
@pytest.mark.parametrize("decoder", DECODERS)
def test_coefficients_and_answers_are_scikit_learns(decoder, n_rows, n_units, n_classes, dtype):
    rows, labels = rows_and_labels(n_rows, n_units, n_classes, dtype)
    # both compute in double precision here, whatever that of the rows
    reference, found = REFERENCES[decoder].fit(rows.astype(float), labels), DECODERS[decoder](rows, labels)
    np.testing.assert_allclose(found.weights, np.atleast_2d(reference.coef_), rtol=0, atol=1e-11)
    np.testing.assert_allclose(found.bias, np.atleast_1d(reference.intercept_), rtol=0, atol=1e-11)
    reference = REFERENCES[decoder].fit(rows, labels)
    others, _ = rows_and_labels(n_rows + 1, n_units, n_classes, dtype)
    np.testing.assert_array_equal(found.predict(others), reference.predict(others))


def test_separable_rows_are_learnt_without_overflow():
    rows, labels = rows_and_labels(60, 8, 2, float, noise=0.01)
    found = DECODERS["logistic"](1e4 * rows, labels)
    assert np.isfinite(found.weights).all() and (found.predict(1e4 * rows) == labels).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_are_standardised_as_by_scikit_learn_to_the_last_digit(dtype):
    rng = np.random.default_rng(0)
    rows, others = (5 + rng.standard_normal((2, 50, 6))).astype(dtype)
    rows[:, 2], others[:, 2] = 0.1, 0.3  # constant up to its rounding
    reference, found = StandardScaler().fit(rows), standardisation(rows)
    mean, scale = reference.mean_.astype(dtype), reference.scale_.astype(dtype)
    for some in (rows, others):
        np.testing.assert_array_equal(found(some), (some - mean) / scale)
        # scikit-learn works in the rows' precision from 1.8 on, and in double precision before
        if dtype is np.float64 or parse_version(sklearn.__version__) >= parse_version("1.8"):
            np.testing.assert_array_equal(found(some), reference.transform(some))


def test_one_label_cannot_be_learnt():
    with pytest.raises(RecordingError, match="label 3"):
        DECODERS["logistic"](np.ones((4, 2)), np.full(4, 3))


def test_a_descent_that_does_not_end_is_said(monkeypatch):
    monkeypatch.setattr("mirror_core.analysis.linear_classifiers._OPTIONS", {"maxiter": 1})
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        DECODERS["logistic"](*rows_and_labels(30, 4, 3, float))
