"""Means and tests of levels: against group means, SciPy and explicit formulas; calibrated where nothing differs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mirror_core.checks import OptionError
from mirror_core.studies.specification.choices import choices_of
from mirror_core.studies.specification.effects_of_settings import compare_levels, explained, holm, level_means

CHOICES = choices_of({"core": ["gru", "lstm", "rnn-tanh"], "n_epochs": [5, 20]})


def table_of(rng, n, effect=0.0, spread=0.1):
    """Return random choices and an outcome that the number of epochs moves by `effect`."""
    core, epochs = rng.choice(["gru", "lstm", "rnn-tanh"], n), rng.choice([5, 20], n)
    return pd.DataFrame(
        {"core": core, "n_epochs": epochs, "y": effect * (epochs == 20) + spread * rng.standard_normal(n)}
    )


def test_in_a_balanced_design_means_are_those_of_the_groups():
    rng = np.random.default_rng(0)
    table = pd.concat([table_of(rng, 0)] + [
        pd.DataFrame({"core": core, "n_epochs": epochs, "y": rng.random(7)})
        for core in ("gru", "lstm", "rnn-tanh") for epochs in (5, 20)
    ])  # fmt: skip
    found = level_means(table, CHOICES, "y", rng, n_draws=20).set_index(["choice", "level"])
    for name in ("core", "n_epochs"):
        for value, one in table.groupby(name):
            assert found.loc[(name, str(value)), "mean"] == pytest.approx(one.y.mean())
            assert found.loc[(name, str(value)), "n"] == len(one)
    assert (found.low <= found["mean"]).all() and (found["mean"] <= found.high).all()


def test_other_choices_are_taken_into_account():
    """All long-trained networks but one are LSTMs: only a comparison within cores shows that epochs do nothing."""
    table = pd.DataFrame(
        [("gru", 5, 0.0)] * 20 + [("gru", 20, 0.0)] + [("lstm", 20, 1.0)] * 20 + [("lstm", 5, 1.0)],
        columns=["core", "n_epochs", "y"],
    )
    found = level_means(table, CHOICES, "y", np.random.default_rng(0), n_draws=5).set_index(["choice", "level"])["mean"]
    assert found["n_epochs", "20"] == pytest.approx(found["n_epochs", "5"])
    assert found["core", "lstm"] - found["core", "gru"] == pytest.approx(1)
    assert np.isnan(found["core", "rnn-tanh"]), "no network has it"


def test_intervals_hold_the_true_mean_as_often_as_they_say():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(100):
        table = table_of(rng, 80, effect=0.2)
        found = level_means(table, CHOICES, "y", rng, n_draws=150)
        row = found[(found.choice == "n_epochs") & (found.level == "20")].iloc[0]
        # the other level has its share of the networks, so that this mean is the level's own
        inside += row.low <= 0.2 <= row.high
    assert 88 <= inside <= 99


def test_one_choice_of_two_levels_is_the_test_of_unequal_variances():
    """With two levels, F under HC3 is close to the square of Welch's t."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"n_epochs": [5] * 60 + [20] * 30, "y": np.r_[rng.normal(0, 1, 60), rng.normal(0.4, 3, 30)]})
    found = compare_levels(table, CHOICES[1:], "y").iloc[0]
    welch = stats.ttest_ind(table.y[:60], table.y[60:], equal_var=False)
    assert found.statistic == pytest.approx(welch.statistic**2, rel=0.05)
    assert found.p == pytest.approx(welch.pvalue, rel=0.1) and (found.df, found.df_residual) == (1, 88)


def test_covariance_is_hc3_by_its_formula():
    table = table_of(np.random.default_rng(3), 40, effect=0.1)
    x = np.column_stack([np.ones(40), table.core == "lstm", table.core == "rnn-tanh", table.n_epochs == 20]).astype(
        float
    )
    b = np.linalg.solve(x.T @ x, x.T @ table.y)
    hat = x @ np.linalg.inv(x.T @ x) @ x.T
    meat = x.T @ np.diag(((table.y - x @ b) / (1 - np.diag(hat))) ** 2) @ x
    v = np.linalg.inv(x.T @ x) @ meat @ np.linalg.inv(x.T @ x)
    expected = [b[1:3] @ np.linalg.inv(v[1:3, 1:3]) @ b[1:3] / 2, b[3] ** 2 / v[3, 3]]
    found = compare_levels(table, CHOICES, "y")
    np.testing.assert_allclose(found.statistic, expected)
    np.testing.assert_allclose(found.p, stats.f.sf(expected, [2, 1], 36))


def test_choices_that_do_nothing_are_called_at_the_nominal_rate():
    rng = np.random.default_rng(4)
    p = []
    for _ in range(200):
        table = table_of(rng, 60)
        table["y"] *= np.where(table.core == "gru", 4, 1)  # unequal variances, and a skewed outcome
        table["y"] = np.exp(table.y)
        p.append(compare_levels(table, CHOICES, "y").p)
    called = (np.array(p) <= 0.05).mean(axis=0)
    assert (called > 0.005).all() and (called < 0.1).all()


def test_what_cannot_be_compared_has_no_p():
    table = table_of(np.random.default_rng(5), 30)
    assert compare_levels(table.assign(y=0.0), CHOICES, "y").p.isna().all()
    assert np.isnan(compare_levels(table.assign(core="gru"), CHOICES, "y").p[0])
    assert np.isnan(explained(table.assign(y=1.0), CHOICES, "y"))


def test_explained_variance():
    rng = np.random.default_rng(6)
    assert explained(table_of(rng, 4000, effect=0.2), CHOICES, "y") == pytest.approx(0.5, abs=0.03)
    assert abs(explained(table_of(rng, 4000), CHOICES, "y")) < 0.01
    assert explained(table_of(rng, 40, effect=1, spread=0), CHOICES, "y") == pytest.approx(1)


def test_a_value_that_was_not_declared_is_named():
    table = table_of(np.random.default_rng(7), 10).assign(n_epochs=7)
    with pytest.raises(OptionError, match="n_epochs = 7 is not among the declared values"):
        compare_levels(table, CHOICES, "y")
    with pytest.raises(OptionError, match="0 networks have a y"):
        compare_levels(table.assign(y=np.nan), CHOICES, "y")


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_never_smaller_than_p_nor_larger_than_bonferroni(p):
    p = np.array(p)
    corrected = holm(p)
    assert (corrected >= p).all() and (corrected <= np.minimum(1, p * len(p)) + 1e-12).all()
    assert (np.diff(corrected[np.argsort(p, kind="stable")]) >= 0).all()


def test_holm_by_hand():
    np.testing.assert_allclose(holm([0.01, np.nan, 0.04, 0.03]), [0.03, np.nan, 0.06, 0.06])
