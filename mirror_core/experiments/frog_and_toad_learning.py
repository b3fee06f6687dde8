"""The perceptron of Frog and Toad, and how it learns: from labels, or by play."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from mirror_core.analysis.compiled import keep_compiled
from mirror_core.checks import OptionError, one_of
from mirror_core.experiments.frog_and_toad_game import ACTIONS, HELP, N_INPUTS, SYMBOLS, Game, encode
from mirror_core.seeding import stream

HIDDEN = 17
"""Units of each of the two hidden layers."""
N_BATCHES, LONGER, BATCH, RATE, DROPOUT, PENALTY = 3000, 10, 256, 1e-3, 0.12, 1e-4
"""Learning from labels: Adam on squared errors, dropout in hidden layers, penalty on their squared weights. `LONGER`
times as many batches in the ways of learning that are called long."""
N_GAMES, N_STEPS, N_ROUNDS, SAME_GAME = 128, 32, 80, 3
"""Learning by play: games at a time, steps between updates, updates, and updates after which games begin anew."""
PLAY_RATE, DISCOUNT, TRACE, CLIP, ENTROPY, N_EPOCHS, N_PARTS = 3e-3, 0.97, 0.9, 0.2, 0.01, 3, 4
"""Of proximal policy optimisation: the rate falls linearly to none."""
TINY = np.float32(1e-30)
"""Parameters, and their mean slopes, below it are 0."""


@keep_compiled
def _rectify(z, bias, mask):
    """Add a bias to activations, cut them at zero and multiply by a mask of one row, or of a row each."""
    for i in range(len(z)):
        row = mask[i if len(mask) > 1 else 0]
        for j in range(len(bias)):
            z[i, j] = max(z[i, j] + bias[j], np.float32(0)) * row[j]


@keep_compiled
def _through_rectified(slope, layer, mask, of_bias):
    """Take a slope back through `_rectify`, and add up that of the bias."""
    of_bias[:] = 0
    for i in range(len(slope)):
        row = mask[i if len(mask) > 1 else 0]
        for j in range(len(of_bias)):
            slope[i, j] = slope[i, j] * np.float32(layer[i, j] > 0) * row[j]
            of_bias[j] += slope[i, j]


@keep_compiled
def _adam(theta, mean, square, gradient, size, grown):
    for i in range(len(theta)):
        mean[i] += np.float32(0.1) * (gradient[i] - mean[i])
        square[i] += np.float32(0.001) * (gradient[i] * gradient[i] - square[i])
        theta[i] -= size * mean[i] / (np.sqrt(square[i] / grown) + np.float32(1e-8))
        # weights of units that never fire shrink until they are subnormal numbers, with which processors are slow
        if abs(theta[i]) < TINY:
            theta[i] = 0
        if abs(mean[i]) < TINY:
            mean[i] = 0


class Perceptron:
    """Dense layers, the last linear; all parameters are views of one vector, `theta`.

    Products of matrices are NumPy's; what is done to each number is compiled, in the same order and precision.
    """

    def __init__(self, widths: Sequence[int], rng: np.random.Generator, *, tanh: bool = False) -> None:
        self.widths, self.tanh = tuple(widths), tanh
        sizes = list(zip(widths, widths[1:], strict=False))
        self.theta = np.zeros(sum((a + 1) * b for a, b in sizes), np.float32)
        self.weights, self.biases = self._views(self.theta)
        self.slopes = np.zeros_like(self.theta)
        self.of_weights, self.of_biases = self._views(self.slopes)
        self.all = [np.ones((1, b), np.float32) for _, b in sizes]
        for w, (a, b) in zip(self.weights, sizes, strict=True):
            w[:] = rng.uniform(-1, 1, (a, b)) * np.sqrt(6 / (a + b))  # Glorot's, as in the source's library

    def _views(self, vector: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        weights, biases, at = [], [], 0
        for a, b in zip(self.widths, self.widths[1:], strict=False):
            weights.append(vector[at : at + a * b].reshape(a, b))
            biases.append(vector[at + a * b : at + (a + 1) * b])
            at += (a + 1) * b
        return weights, biases

    def layers(self, x: Float[np.ndarray, "n input"], masks: Sequence = ()) -> list[np.ndarray]:
        """Return the activations of all layers, the input first; hidden ones times their masks, if any.

        Raises
        ------
        OptionError
            If the input does not fit the network.
        """
        if x.ndim != 2 or x.shape[1] != self.widths[0]:
            raise OptionError(
                f"an input of shape {x.shape} does not fit this network: it must be (n, {self.widths[0]})."
            )
        found = [x]
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = found[-1] @ w
            if i < len(self.weights) - 1 and not self.tanh:
                _rectify(z, b, (masks or self.all)[i])
            else:
                z += b
                if i < len(self.weights) - 1:
                    np.tanh(z, out=z)
            found.append(z)
        return found

    def gradient(self, layers: list[np.ndarray], slope: np.ndarray, masks: Sequence = ()) -> np.ndarray:
        """Return the gradient of `theta`, from the activations and the slope of the loss at each output.

        It is `slopes`, the same vector each time.
        """
        slope.sum(0, out=self.of_biases[-1])
        for i in reversed(range(len(self.weights))):
            np.matmul(layers[i].T, slope, out=self.of_weights[i])
            if i:
                slope = slope @ self.weights[i].T
                if self.tanh:
                    slope *= 1 - layers[i] ** 2
                    slope.sum(0, out=self.of_biases[i - 1])
                else:
                    _through_rectified(slope, layers[i], (masks or self.all)[i - 1], self.of_biases[i - 1])
        return self.slopes


class Adam:
    """Adam with its usual constants (Kingma & Ba 2015), on one vector."""

    def __init__(self, theta: np.ndarray) -> None:
        self.theta, self.mean, self.square, self.t = theta, np.zeros_like(theta), np.zeros_like(theta), 0

    def step(self, gradient: np.ndarray, rate: float) -> None:
        """Change the vector in place."""
        self.t += 1
        size, grown = np.float32(rate / (1 - 0.9**self.t)), np.float32(1 - 0.999**self.t)
        _adam(self.theta, self.mean, self.square, gradient, size, grown)


def new_network(coding: str, seed: int) -> Perceptron:
    """Return an untrained network for a coding."""
    one_of("coding", coding, SYMBOLS)
    return Perceptron((N_INPUTS[coding], HIDDEN, HIDDEN, len(ACTIONS)), stream(seed, f"frog_and_toad/{coding}/weights"))


def labels_slope(
    network: Perceptron, x: np.ndarray, target: Float[np.ndarray, "n action"], masks: Sequence = ()
) -> np.ndarray:
    """Return the gradient of the mean squared error, with the penalty on hidden layers' weights."""
    layers = network.layers(x, masks)
    gradient = network.gradient(layers, 2 * (layers[-1] - target) / target.size, masks)
    for of_weights, weights in zip(network.of_weights[:-1], network.weights[:-1], strict=True):
        of_weights += 2 * PENALTY * weights
    return gradient


def teach(
    network: Perceptron, x: np.ndarray, action: np.ndarray, rng: np.random.Generator, n_batches: int = N_BATCHES
) -> None:
    """Let a network learn from labels."""
    adam, target, keep = Adam(network.theta), np.eye(len(ACTIONS), dtype=np.float32)[action], np.float32(1 - DROPOUT)
    for _ in range(n_batches):
        rows = rng.integers(0, len(x), BATCH)
        masks = (rng.random((2, BATCH, HIDDEN), dtype=np.float32) < keep) / keep
        # take is faster here than indexing
        adam.step(labels_slope(network, x.take(rows, axis=0), target.take(rows, axis=0), list(masks)), RATE)


def chances(logits: np.ndarray) -> np.ndarray:
    """Return the chance of each action."""
    p = np.exp(logits - logits.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def drawn(p: np.ndarray, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
    """Draw an action for each row of chances."""
    return (rng.random((len(p), 1)) > p.cumsum(1)[:, :-1]).sum(1)


def policy_slope(
    logits: np.ndarray, action: np.ndarray, old: np.ndarray, advantage: np.ndarray
) -> Float[np.ndarray, "n action"]:
    """Return the slope of the clipped loss with its bonus for entropy (Schulman et al. 2017) at the logits.

    Parameters
    ----------
    old
        Chances of the actions when they were taken.
    """
    p, rows = chances(logits), np.arange(len(action))
    log_p = np.log(np.maximum(p, 1e-30))
    ratio = p[rows, action] / old
    cut = np.where(advantage > 0, ratio > 1 + CLIP, ratio < 1 - CLIP)
    push = np.where(cut, 0, -advantage * ratio)[:, None] * (np.eye(len(ACTIONS))[action] - p)
    entropy = -(p * log_p).sum(1, keepdims=True)
    return ((push + ENTROPY * p * (log_p + entropy)) / len(action)).astype(np.float32)


def reinforce(network: Perceptron, coding: str, rng: np.random.Generator, n_rounds: int = N_ROUNDS) -> None:
    """Let a network learn by playing both players, each from its own side, rewarded by what the board scrolls."""
    critic = Perceptron((N_INPUTS[coding], 32, 1), rng, tanh=True)
    steppers = [(one, Adam(one.theta)) for one in (network, critic)]
    for i in range(n_rounds):
        if i % SAME_GAME == 0:
            game = Game(N_GAMES, rng)
        seen, taken, old, reward, value = [], [], [], [], []
        for t in range(N_STEPS + 1):
            x = np.concatenate([encode(game.seen_by(k), coding) for k in range(2)])
            value.append(critic.layers(x)[-1][:, 0])
            if t < N_STEPS:
                p = chances(network.layers(x)[-1])
                action = drawn(p, rng)
                scrolled = game.step(action.reshape(2, -1).T)
                seen.append(x), taken.append(action), old.append(p[np.arange(len(p)), action])
                reward.append(np.tile(scrolled, 2).astype(np.float32))
        advantage, last = [], 0.0
        for t in reversed(range(N_STEPS)):
            last = reward[t] + DISCOUNT * value[t + 1] - value[t] + DISCOUNT * TRACE * last
            advantage.append(last)
        x, action, old, gain = map(np.concatenate, (seen, taken, old, advantage[::-1]))
        goal = gain + np.concatenate(value[:-1])
        for _ in range(N_EPOCHS):
            for rows in np.array_split(rng.permutation(len(x)), N_PARTS):
                of_policy, of_value = (one.layers(x[rows]) for one, _ in steppers)
                push = (gain[rows] - gain[rows].mean()) / (gain[rows].std() + 1e-8)
                slopes = (
                    policy_slope(of_policy[-1], action[rows], old[rows], push),
                    (of_value[-1] - goal[rows, None]) / len(rows),
                )
                for (one, adam), layers, slope in zip(steppers, (of_policy, of_value), slopes, strict=True):
                    adam.step(one.gradient(layers, slope), PLAY_RATE * (1 - i / n_rounds))


def play(
    network: Perceptron, coding: str, rng: np.random.Generator, *, greedy: bool = False, helping: bool = True,
    masks: Sequence = (), n: int = 256, n_steps: int = 100,
) -> float:  # fmt: skip
    """Return by how many columns games scroll on average, the network playing both players.

    Parameters
    ----------
    greedy
        Take the action with the largest output; else draw by the softmax of the outputs.
    helping
        Whether help may be given.

    Raises
    ------
    OptionError
        If the network does not read this coding, or has not an output for each action.
    """
    if (network.widths[0], network.widths[-1]) != (N_INPUTS.get(coding), len(ACTIONS)):
        one_of("coding", coding, SYMBOLS)
        raise OptionError(
            f"a network with {network.widths[0]} inputs and {network.widths[-1]} outputs cannot play in {coding}: it "
            f"must have {N_INPUTS[coding]} inputs and {len(ACTIONS)} outputs."
        )
    game, total = Game(n, rng), 0.0
    for _ in range(n_steps):
        actions = []
        for k in range(2):
            out = network.layers(encode(game.seen_by(k), coding), masks)[-1]
            out[:, HELP] -= 0 if helping else 1e9
            actions.append(out.argmax(1) if greedy else drawn(chances(out), rng))
        total += game.step(np.stack(actions, 1)).mean()
    return float(total)
