"""What each choice does to a number, averaged over all others: least squares on the levels of every choice at once.

With independent draws the mean of a level is unbiased by itself; taking the other choices into account removes their
noise from it. Residuals need be neither normal nor equally wide: intervals come from resampling networks, tests from
a covariance that allows for unequal variances (HC3; MacKinnon & White 1985).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from mirror_core.checks import ConfigError
from mirror_core.specification.choices import Choice


class Effect(NamedTuple):
    """Whether the levels of a choice differ."""

    choice: str
    statistic: float
    """F, on `df` and `df_residual` degrees of freedom."""
    df: int
    df_residual: int
    p: float
    holm: float
    """p corrected for the number of tests made together (Holm 1979)."""


def level_means(
    table: pd.DataFrame,
    choices: Sequence[Choice],
    outcome: str,
    rng: np.random.Generator,
    *,
    n_draws: int = 1000,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the mean of an outcome at each level of each choice, all other choices as they are in the table.

    Parameters
    ----------
    table
        One row a network; those without the outcome are left out.
    choices
        All that was drawn.
    outcome
        A column of the table.
    rng
        Source of the resampled networks.
    n_draws, confidence
        Number of resamples and confidence of the percentile intervals.

    Returns
    -------
    pandas.DataFrame
        `choice`, `level`, `n` (networks), `mean`, `low`, `high`.
    """
    design = _Design(table, choices, outcome)
    means = design.means(np.ones(len(design.y)))
    counts = rng.multinomial(len(design.y), np.full(len(design.y), 1 / len(design.y)), size=n_draws)
    drawn = np.stack([design.means(weights) for weights in counts])
    low, high = np.nanquantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    rows = []
    for choice, columns in zip(choices, design.columns, strict=True):
        for i, level in zip(columns, choice.levels, strict=True):
            n = int(design.indicator[:, i].sum())
            rows.append((choice.name, level, n, means[i], low[i], high[i]) if n else (choice.name, level, 0, *[np.nan] * 3))
    return pd.DataFrame(rows, columns=["choice", "level", "n", "mean", "low", "high"])


def test_choices(tables: Sequence[pd.DataFrame], choices: Sequence[Choice], outcome: str) -> list[list[Effect]]:
    """Test, for each choice in each table, whether its levels differ; p is corrected for all of these tests together.

    Returns
    -------
    list of list of Effect
        One list a table, one entry a choice.
    """
    tests = [_Design(table, choices, outcome).tests() for table in tables]
    corrected = iter(_holm(np.array([test[-1] for one in tests for test in one])))
    return [
        [Effect(choice.name, *test, float(next(corrected))) for choice, test in zip(choices, one, strict=True)]
        for one in tests
    ]


test_choices.__test__ = False  # a function of the library, whose name pytest would take for a test


def explained(table: pd.DataFrame, choices: Sequence[Choice], outcome: str) -> float:
    """Return the share of the variance between networks that the levels of the choices explain together (adjusted R²)."""
    design = _Design(table, choices, outcome)
    residual, rank = design.residuals()
    n, total = len(design.y), design.y - design.y.mean()
    if rank >= n or not total.any():
        return np.nan
    return float(1 - (residual @ residual / (n - rank)) / (total @ total / (n - 1)))


class _Design:
    """Indicators of every level of every choice; the first level that occurs is what the others are compared with."""

    def __init__(self, table: pd.DataFrame, choices: Sequence[Choice], outcome: str) -> None:
        table = table[np.isfinite(table[outcome])]
        if len(table) < 2:
            raise ConfigError(f"{len(table)} networks have a {outcome}: at least two are needed to compare choices.")
        self.y = table[outcome].to_numpy(float)
        self.columns, blocks, start = [], [], 0
        for choice in choices:
            level = choice.level_of(table[choice.name])
            if (level < 0).any():
                odd = table[choice.name].to_numpy()[level < 0][0]
                raise ConfigError(f"{choice.name} = {odd!r} is not among the declared values.")
            blocks.append(np.eye(len(choice.levels))[level])
            self.columns.append(range(start, start + len(choice.levels)))
            start += len(choice.levels)
        self.indicator = np.concatenate(blocks, axis=1) if blocks else np.empty((len(table), 0))
        occurring = [[i for i in columns if self.indicator[:, i].any()] for columns in self.columns]
        self.free = [columns[1:] for columns in occurring]
        kept = [i for columns in self.free for i in columns]
        self.kept = kept
        self.x = np.column_stack([np.ones(len(table)), self.indicator[:, kept]])

    def means(self, weights: np.ndarray) -> np.ndarray:
        """Return the mean of the outcome at each level, for networks that count `weights` times."""
        weighted = self.x * weights[:, None]
        coefficients = np.linalg.lstsq(weighted.T @ self.x, weighted.T @ self.y, rcond=1e-10)[0]
        levels = np.zeros(self.indicator.shape[1])
        levels[self.kept] = coefficients[1:]
        found = np.empty_like(levels)
        for columns in self.columns:
            share = self.indicator[:, columns].mean(axis=0)
            found[list(columns)] = levels[list(columns)] - share @ levels[list(columns)]
            seen = weights @ self.indicator[:, columns]
            found[[i for i, n in zip(columns, seen, strict=True) if not n]] = np.nan
        # the mean outcome of networks that have all levels as often as the table has them
        middle = np.concatenate([[1.0], self.indicator[:, self.kept].mean(axis=0)]) @ coefficients
        return middle + found

    def residuals(self) -> tuple[np.ndarray, int]:
        coefficients, _, rank, _ = np.linalg.lstsq(self.x, self.y, rcond=None)
        return self.y - self.x @ coefficients, int(rank)

    def tests(self) -> list[tuple[float, int, int, float]]:
        """Return F, its degrees of freedom and p for each choice: are the coefficients of its levels all zero?"""
        inverse = np.linalg.pinv(self.x.T @ self.x)
        coefficients = inverse @ self.x.T @ self.y
        residual, rank = self.residuals()
        leverage = np.einsum("ij,jk,ik->i", self.x, inverse, self.x)
        scaled = self.x * (residual / np.maximum(1 - leverage, 1e-6))[:, None]
        covariance = inverse @ (scaled.T @ scaled) @ inverse
        found, left = [], len(self.y) - rank
        for columns in self.free:
            places = [1 + self.kept.index(i) for i in columns]
            if not places or left < 1:
                found.append((np.nan, len(places), left, np.nan))
                continue
            b, v = coefficients[places], covariance[np.ix_(places, places)]
            statistic = float(b @ np.linalg.pinv(v) @ b / len(places))
            found.append((statistic, len(places), left, float(stats.f.sf(statistic, len(places), left))))
        return found


def _holm(p: np.ndarray) -> np.ndarray:
    """Return Holm's correction of p; NaN stays and does not count."""
    corrected, tested = np.full(p.shape, np.nan), np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested])]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return corrected
