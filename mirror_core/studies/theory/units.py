"""What the linear theory says of units: how alike their tunings to performed and to observed actions are.

See `mirror_core.studies.theory.theory` for the model. With effects of equal length and equal angles everything is a 2 ×
2 problem (`SymmetricWorld`), and the units' correlations have a known distribution (`share_above`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.integrate import quad
from scipy.special import expit, gammaln, hyp2f1

from mirror_core.analysis import unit_correlation
from mirror_core.checks import number, whole
from mirror_core.config.passes import Pass
from mirror_core.studies.theory.theory import (
    LinearModel,
    Optimum,
    lower_singular_values,
    proximal_descent,
    root_of_gram,
)


def alignment_of(model: LinearModel, optimum: Optimum) -> float:
    """Return the correlation of the tunings of the two modes, all units together, the same for every optimal network.

    For `as-written`, whose optima differ in the orientation of one mode against the other, their mean: zero.
    """
    acting, observing, gram = model.acting, model.observing, optimum.gram
    both = np.sum((acting @ gram) * observing)
    own = np.sum((acting @ gram) * acting) * np.sum((observing @ gram) * observing)
    return float(both / np.sqrt(own))


def draw_units(
    model: LinearModel, optimum: Optimum, n_units: int, rng: np.random.Generator
) -> Float[np.ndarray, " unit"]:
    """Draw units of an optimal network with very many, and return each one's correlation of its two tunings."""
    values, vectors = np.linalg.eigh(optimum.gram)
    weights = vectors @ (np.sqrt(np.maximum(values, 0))[:, None] * rng.standard_normal((len(values), n_units)))
    return unit_correlation((model.acting @ weights)[:, None, :], (model.observing @ weights)[:, None, :])


def density(r: float, alignment: float, n_actions: int) -> float:
    """Return the density of a unit's tuning correlation r in a symmetric world.

    Tunings over K actions, relative to their mean, are then K − 1 independent pairs of correlation `alignment`, so r is
    distributed like the sample correlation of K normal pairs (Fisher 1915; Hotelling 1953, eq. 25).
    """
    n = n_actions
    scale = np.log(n - 2) + gammaln(n - 1) - gammaln(n - 0.5) - 0.5 * np.log(2 * np.pi)
    shape = (1 - alignment**2) ** ((n - 1) / 2) * (1 - r**2) ** ((n - 4) / 2) * (1 - alignment * r) ** (1.5 - n)
    return float(np.exp(scale) * shape * hyp2f1(0.5, 0.5, n - 0.5, (1 + alignment * r) / 2))


def share_above(threshold: float, alignment: float, n_actions: int) -> float:
    """Return the expected share of units whose tuning correlation exceeds a threshold, in a symmetric world.

    Parameters
    ----------
    threshold, alignment
        Correlations, from −1 to 1.
    n_actions
        At least 4: with fewer, the density has no finite value at r = ±1.

    Raises
    ------
    OptionError
        For a value outside its range.
    """
    number("threshold", threshold, -1, 1)
    number("alignment", alignment, -1, 1)
    whole("n_actions", n_actions, 4)
    if abs(alignment) > 1 - 1e-9:
        return float(np.sign(alignment) > threshold)
    return float(quad(density, threshold, 1, args=(alignment, n_actions), limit=200)[0])


@dataclass(frozen=True)
class SymmetricWorld:
    """K effects of equal length and equal angles: relative to their mean, their scalar products are length² (δ − 1/K).

    Renaming the actions then changes nothing, so each block of the optimal M is one number times a known matrix:
    predictions are x (from the action) and y (from the sensation, per unit of its length) times the effect's direction,
    logits u and v likewise times the centred one-hot action. |M|* is K − 1 times that of m = [[x, y], [u, v]].
    """

    n_actions: int
    n_features: int
    length: float
    """√D for entries of variance 1."""

    def optimum(
        self, todo: Sequence[Pass], penalty: float, *, joint_gain: float = 1.0
    ) -> tuple[Float[np.ndarray, "2 2"], float]:
        """Return m and the alignment of the two modes at the optimum (see `LinearModel` for the parameters)."""
        number("penalty", penalty, 0, open_low=True)
        k, length = self.n_actions, self.length
        perform, observe = np.array([1.0, 0.0]), np.array([0.0, length])
        drives = {"perform": perform, "observe": observe, "joint": joint_gain * (perform + observe)}
        asked = [(drives[p.name], objective) for p in todo for objective in p.heads]
        importance = (k - 1) / (k * self.n_features)
        curvature = sum(d @ d * (2 * importance if o == "predict" else 0.25) for d, o in asked)

        def slope(m: np.ndarray) -> np.ndarray:
            found = np.zeros((2, 2))
            for drive, objective in asked:
                if objective == "predict":
                    found[0] += 2 * importance * (drive @ m[0] - length) * drive
                else:  # cross-entropy log(1 + (K − 1) exp(−margin))
                    found[1] -= expit(np.log(k - 1) - drive @ m[1]) * drive
            return found

        def shrunk(m: np.ndarray) -> np.ndarray:
            return lower_singular_values(m, penalty * (k - 1) / curvature)

        m = proximal_descent(slope, shrunk, np.zeros((2, 2)), curvature, 1e-12, 1_000_000)
        gram = root_of_gram(m)
        return m, float(gram[0, 1] / np.sqrt(gram[0, 0] * gram[1, 1]))
