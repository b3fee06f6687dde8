"""What each choice does to a number, averaged over all others: least squares on the levels of every choice at once.

With independent draws the mean of a level is unbiased by itself; taking the other choices into account removes their
noise from it. Residuals need be neither normal nor equally wide: intervals come from resampling networks, tests from
a covariance that allows for unequal variances (HC3; MacKinnon & White 1985).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from mirror_core.checks import OptionError
from mirror_core.studies.specification.choices import Choice


def level_means(
    table: pd.DataFrame, choices: Sequence[Choice], outcome: str, rng: np.random.Generator, *, n_draws: int = 1000
) -> pd.DataFrame:
    """Return the mean of an outcome at each level of each choice, all other choices as they are in the table.

    Parameters
    ----------
    table
        One row a network; those without the outcome are left out.

    Returns
    -------
    pandas.DataFrame
        `choice`, `level`, `n` (networks), `mean`, `low`, `high`.
    """
    design = _Design(table, choices, outcome)
    n = len(design.y)
    (means,) = design.means(np.ones((1, n)))
    drawn = design.means(rng.multinomial(n, np.full(n, 1 / n), size=n_draws).astype(float))
    present = np.isfinite(means)
    low, high = np.full((2, len(means)), np.nan)
    # a resample in which no network has a level says nothing about it
    low[present], high[present] = np.nanquantile(drawn[:, present], [0.025, 0.975], axis=0)
    rows = []
    for choice, columns in zip(choices, design.columns, strict=True):
        for i, level in zip(columns, choice.levels, strict=True):
            rows.append((choice.name, level, int(design.indicator[:, i].sum()), means[i], low[i], high[i]))
    return pd.DataFrame(rows, columns=["choice", "level", "n", "mean", "low", "high"])


def compare_levels(table: pd.DataFrame, choices: Sequence[Choice], outcome: str) -> pd.DataFrame:
    """Test, for each choice, whether the mean of an outcome differs between its levels.

    Returns
    -------
    pandas.DataFrame
        `choice`, `statistic` (F), `df`, `df_residual`, `p`, not corrected. NaN where there is nothing to compare:
        one level alone, or an outcome that is the same in all networks.
    """
    tests = _Design(table, choices, outcome).tests()
    found = pd.DataFrame(tests, columns=["statistic", "df", "df_residual", "p"])
    found.insert(0, "choice", [choice.name for choice in choices])
    return found


def explained(table: pd.DataFrame, choices: Sequence[Choice], outcome: str) -> float:
    """Return the share of the variance between networks that the levels of the choices explain (adjusted R²)."""
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
            raise OptionError(f"{len(table)} networks have a {outcome}: at least two are needed to compare choices.")
        self.y = table[outcome].to_numpy(float)
        self.columns, blocks, start = [], [], 0
        for choice in choices:
            level = choice.level_of(table[choice.name])
            if (level < 0).any():
                odd = table[choice.name].tolist()[int(np.argmax(level < 0))]
                raise OptionError(f"{choice.name} = {odd!r} is not among the declared values.")
            blocks.append(np.eye(len(choice.levels))[level])
            self.columns.append(range(start, start + len(choice.levels)))
            start += len(choice.levels)
        self.indicator = np.concatenate(blocks, axis=1) if blocks else np.empty((len(table), 0))
        occurring = [[i for i in columns if self.indicator[:, i].any()] for columns in self.columns]
        self.free = [columns[1:] for columns in occurring]
        self.kept = [i for columns in self.free for i in columns]
        self.x = np.column_stack([np.ones(len(table)), self.indicator[:, self.kept]])

    def means(self, weights: np.ndarray) -> np.ndarray:
        """Return the mean of the outcome at each level (draw, level), each network counted `weights` (draw, network)
        times."""
        n_free = self.x.shape[1]
        products = np.einsum("ni,nj->nij", self.x, self.x).reshape(len(self.x), -1)
        gram = (weights @ products).reshape(-1, n_free, n_free)
        moments = weights @ (self.x * self.y[:, None])
        # the small addition settles what a level without networks is worth: nothing
        gram += 1e-8 * len(self.y) * np.eye(n_free)
        coefficients = np.linalg.solve(gram, moments[..., None])[..., 0]
        levels = np.zeros((len(weights), self.indicator.shape[1]))
        levels[:, self.kept] = coefficients[:, 1:]
        share = self.indicator.mean(axis=0)
        # the mean outcome of networks that have all levels as often as the table has them, less what each choice adds
        middle = coefficients[:, 0] + levels @ share
        found = np.empty_like(levels)
        for columns in map(list, self.columns):
            added = levels[:, columns] @ share[columns]
            found[:, columns] = (middle - added)[:, None] + levels[:, columns]
        found[weights @ self.indicator == 0] = np.nan
        return found

    def residuals(self) -> tuple[np.ndarray, int]:
        coefficients, _, rank, _ = np.linalg.lstsq(self.x, self.y, rcond=None)
        return self.y - self.x @ coefficients, int(rank)

    def tests(self) -> list[tuple[float, int, int, float]]:
        """Return F, its degrees of freedom and p for each choice: are the coefficients of its levels all zero?"""
        inverse = np.linalg.pinv(self.x.T @ self.x)
        coefficients = inverse @ self.x.T @ self.y
        residual, rank = self.residuals()
        varies = np.ptp(self.y) > 0
        leverage = np.sum(self.x @ inverse * self.x, axis=1)
        scaled = self.x * (residual / np.maximum(1 - leverage, 1e-6))[:, None]
        covariance = inverse @ (scaled.T @ scaled) @ inverse
        found, left = [], len(self.y) - rank
        for columns in self.free:
            places = [1 + self.kept.index(i) for i in columns]
            if not places or left < 1 or not varies:
                found.append((np.nan, len(places), left, np.nan))
                continue
            b, v = coefficients[places], covariance[np.ix_(places, places)]
            statistic = float(b @ np.linalg.pinv(v) @ b / len(places))
            found.append((statistic, len(places), left, float(special.fdtrc(len(places), left, statistic))))
        return found


def holm(p: Sequence[float]) -> np.ndarray:
    """Return p corrected for the number of tests made together (Holm 1979); NaN stays, and is not counted."""
    p = np.asarray(p, dtype=float)
    corrected, tested = np.full(p.shape, np.nan), np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested])]
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return corrected
