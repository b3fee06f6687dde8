"""What a linear core predicts: one timestep, linear states, the network's own losses, and a small weight penalty.

The model. An action a (one of K, one-hot) causes the sensation s = effect(a); both are taken relative to their means
over actions, which the heads' biases absorb. The core's state is h = U a when performing, h = V s when observing and
h = c (U a + V s) in a joint pass; a linear core has gain c = 1. Heads read W h (predicted sensation) and R h (logits of
the action). The losses are those of the network: mean squared error over D features and cross-entropy in nats, averaged
over actions and summed over passes. Weights cost (penalty / 2) × the sum of their squares; the logits' bias is free.

1. From four matrices to one. Stack the heads G = [W; R] and the inputs Z = [U, V]. The losses depend on the product
   M = G Z alone, whose blocks are WU, WV (predictions from a, from s) and RU, RV (logits from a, from s). With at
   least as many units as M has rows or columns, the least (|G|² + |Z|²) / 2 over all G Z = M is |M|*, the sum of M's
   singular values (Srebro et al. 2004), taken at G = P √S Oᵀ, Z = O √S Qᵀ for M = P S Qᵀ and any O with orthonormal
   columns. So

       least over all weights = min over M of  losses(M) + penalty · |M|*,

   a convex problem in M for every reading.
2. What the units do. Zᵀ Z = Q S Qᵀ = (Mᵀ M)^½ does not depend on O: it says how performing and observing lie to each
   other in the population. O says which unit is which. Gradient descent from weights drawn alike in all directions
   leaves it uniform (Adam, which scales each weight's step by itself, need not); with many units, the rows of Z are
   then independent normal vectors of covariance ∝ (Mᵀ M)^½.
3. `as-written` asks for WU and RV only. |M|* is least for WV = RU = 0, where it is |WU|* + |RV|*, but turning the
   observed states against the performed ones (V → O V, R → R Oᵀ) changes neither losses nor weights' squares: the
   relative orientation is free, and training leaves it where chance put it, at no correlation in the mean.
4. `dual-readout` asks both states for both targets: W U a and W V s for the same sensation, R U a and R V s for the
   same action. The states must agree in what the heads read.
5. `self-observation` asks the joint state, a sum, for what each part gives alone. For the prediction that is a
   conflict: W U a = s and W c (U a + V s) = s leave W V s = (1/c − 1) s, which is nothing for c = 1. Logits have no
   such conflict, since a sum that overshoots is still right: both drives may add to them.
6. Mispaired episodes make a and s independent. A head that reads what says nothing about its target must not be moved
   by it: under `self-observation` and `dual-readout`, WV = RU = 0 and Uᵀ V = 0, so that the modes are at right angles.
7. With effects of equal length and equal angles, every block of M is a number times one matrix, and what is left is a
   2 × 2 problem (`mirror_core.studies.theory.units.SymmetricWorld`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mirror_core.checks import OptionError, number
from mirror_core.config.passes import Pass


@dataclass(frozen=True)
class Optimum:
    """The penalised optimum of the linear model."""

    product: Float[np.ndarray, "output drive"]
    """M: rows are D predicted features and K logits, columns K actions and D features."""
    bias: Float[np.ndarray, " action"]
    """Bias of the logits."""
    value: float
    """Losses + penalty · |M|*."""

    @property
    def gram(self) -> Float[np.ndarray, "drive drive"]:
        """(Mᵀ M)^½: scalar products of the states that unit drives cause, the same for every optimal network."""
        return root_of_gram(self.product)


class LinearModel:
    """The one-step linear model of a world and a training step.

    Parameters
    ----------
    effects
        What each action adds to the sensation, in sensory units.
    todo
        The passes of a training step (`mirror_core.config.passes.passes`), all of one core and one pair of heads.
    paired
        Whether the sensation is that of the action; else of another, drawn independently: the forward objective is
        then about the one, the inverse objective about the other.

    Raises
    ------
    OptionError
        For a penalty or gain that is not positive, or passes of several cores.
    """

    def __init__(
        self,
        effects: Float[np.ndarray, "action feature"],
        todo: Sequence[Pass],
        penalty: float,
        *,
        joint_gain: float = 1.0,
        paired: bool = True,
    ) -> None:
        number("penalty", penalty, 0, open_low=True)
        number("joint_gain", joint_gain, 0, open_low=True)
        if len({p.core for p in todo}) != 1 or len({key for p in todo for key in p.heads.values()}) != 1:
            raise OptionError("the linear model has one core and one pair of heads: the passes name several.")
        self.penalty = penalty
        self.n_actions, self.n_features = effects.shape
        acts, sensations = np.eye(self.n_actions) - 1 / self.n_actions, effects - effects.mean(axis=0)
        self.acting = np.hstack([acts, np.zeros_like(effects)])
        """(action, drive): what drives the core when each action is performed."""
        self.observing = np.hstack([np.zeros_like(acts), sensations])
        """(action, drive): what drives the core when each action's sensation is observed."""
        performed, observed = np.arange(self.n_actions), np.arange(self.n_actions)
        if not paired:
            performed, observed = (index.ravel() for index in np.meshgrid(performed, observed))
        self.sensations, self.labels = sensations[performed], observed
        perform, observe = self.acting[performed], self.observing[observed]
        drives = {"perform": perform, "observe": observe, "joint": joint_gain * (perform + observe)}
        self.asked = [(drives[p.name], objective) for p in todo for objective in p.heads]
        # what is asked of one head is asked at once, in the rows of one matrix
        nothing = np.empty((0, self.n_actions + self.n_features))
        self._predicting, self._inferring = (
            np.vstack([nothing, *(drive for drive, objective in self.asked if objective == head)])
            for head in ("predict", "infer")
        )

    def losses(
        self, product: Float[np.ndarray, "output drive"], bias: Float[np.ndarray, " action"]
    ) -> tuple[float, Float[np.ndarray, "output drive"], Float[np.ndarray, " action"]]:
        """Return the sum of the losses and its gradients with respect to M and the bias."""
        n_rows, slope = len(self.labels), np.empty_like(product)
        drive = self._predicting
        error = drive @ product[: self.n_features].T - np.tile(self.sensations, (len(drive) // n_rows, 1))
        total = np.sum(error**2) / self.sensations.size
        slope[: self.n_features] = 2 / self.sensations.size * error.T @ drive
        drive = self._inferring
        logits = drive @ product[self.n_features :].T + bias
        logits -= logits.max(axis=1, keepdims=True)
        error = np.exp(logits)
        sums = error.sum(axis=1, keepdims=True)
        index = np.arange(len(drive)), np.tile(self.labels, len(drive) // n_rows)
        total += (np.sum(np.log(sums)) - np.sum(logits[index])) / n_rows
        error /= sums
        error[index] -= 1
        error /= n_rows
        slope[self.n_features :] = error.T @ drive
        return float(total), slope, error.sum(axis=0)

    def optimum(self, tolerance: float = 1e-10, max_steps: int = 200_000) -> Optimum:
        """Return the optimum, see `proximal_descent`.

        Started from zero, so that what no loss asks for stays zero: of the optima of `as-written`, the one between all
        orientations.
        """
        # an upper bound of the losses' second derivative: 2 / D for squares, at most 1/2 for cross-entropy, which also
        # has a bias, as if each drive were longer by one
        curvature = sum(
            np.linalg.norm(d, 2) ** 2 / len(d) * 2 / self.n_features
            if objective == "predict"
            else (np.linalg.norm(d, 2) ** 2 / len(d) + 1) / 2
            for d, objective in self.asked
        )
        start = np.zeros((self.n_features + self.n_actions, self.n_actions + self.n_features + 1))

        def slope(point: np.ndarray) -> np.ndarray:
            found = np.zeros_like(point)
            _, found[:, :-1], found[self.n_features :, -1] = self.losses(point[:, :-1], point[self.n_features :, -1])
            return found

        def shrunk(point: np.ndarray) -> np.ndarray:
            return np.column_stack([lower_singular_values(point[:, :-1], self.penalty / curvature), point[:, -1]])

        found = proximal_descent(slope, shrunk, start, curvature, tolerance, max_steps)
        product, bias = found[:, :-1], found[self.n_features :, -1]
        value = self.losses(product, bias)[0] + self.penalty * np.linalg.norm(product, "nuc")
        return Optimum(product, bias, float(value))


def proximal_descent(
    slope: Callable[[np.ndarray], np.ndarray],
    shrunk: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    curvature: float,
    tolerance: float,
    max_steps: int,
) -> np.ndarray:
    """Minimise a smooth convex function plus a penalty by accelerated proximal gradient with restarts.

    Beck & Teboulle (2009); restarts as O'Donoghue & Candès (2015).

    Parameters
    ----------
    shrunk
        Proximal step of the penalty, for steps of 1 / `curvature`.
    curvature
        Upper bound of the second derivative.
    tolerance
        Stop when no entry changes by more.

    Raises
    ------
    OptionError
        If that does not happen within `max_steps`.
    """
    now = ahead = start
    momentum = 1.0
    for _ in range(max_steps):
        new = shrunk(ahead - slope(ahead) / curvature)
        if np.abs(new - ahead).max() < tolerance:
            return new
        if np.sum((ahead - new) * (new - now)) > 0:
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / following * (new - now)
        now, momentum = new, following
    raise OptionError(f"no optimum within max_steps = {max_steps}: allow more, or raise the tolerance or the penalty.")


def root_of_gram(matrix: np.ndarray) -> np.ndarray:
    """Return (Mᵀ M)^½."""
    _, values, right = np.linalg.svd(matrix, full_matrices=False)
    return (right.T * values) @ right


def lower_singular_values(matrix: np.ndarray, by: float) -> np.ndarray:
    """Lower every singular value, none below zero: the proximal step of their sum."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    return (left * np.maximum(values - by, 0)) @ right
