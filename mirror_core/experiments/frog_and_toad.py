"""Frog and Toad: does an index of shared distress say what a network learned, or how its input is written?

In the game of Wyrick (2025, https://doi.org/10.48550/arXiv.2511.01885) two players walk a board that scrolls only as
far as the one behind has come. On rough ground a player is in distress; help costs energy, gives the other twice as
much, and sometimes throws it forward. A small perceptron sees the board and learns which of four actions a rule takes.
The source asks of every unit how much more active it is when the player is in distress, and when the partner is, than
when nobody is; the mean over units of the smaller rise is its *Checkpoint Mirror Neuron Index*.

The game writes players as numbers on one line of the input: frog 4, toad 5, and 9 for whoever is in distress. A unit
with any positive weight there rises in both cases, learned or not. So the same networks learn here from four ways of
writing, and beside the labels of the rule from nothing, from labels without helping, from shuffled labels, and by play;
with labels also ten times as long, since networks that read integers learn to help only then.

No action is done here and shown there: the network sees a board, never what the partner does, and being in distress is
no action. The board, which both cases share, would make any unit that reads it look like a mirror unit. So the shared
tests of paired recordings are not asked; what the source's claim needs is the correlation, over units, of the rise in
own with the rise in the partner's distress, on boards that differ in nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from mirror_core.checks import OptionError, one_of, whole
from mirror_core.experiments.base import Experiment, Learner, register
from mirror_core.seeding import stream
from mirror_core.studies.measures import Measure
from mirror_core.studies.measures import register as register_measure
from mirror_core.studies.measures.base import ANY, CORRELATION, SHARE

COLUMNS = 32
"""Columns of the board that are seen."""
ROUGH = 0.3
"""Share of rough ground."""
ENERGIES = (1, 2, 4, 6, 8, 10, 12, 14, 16, 18)
"""Energies of random boards, each as often; as many boards again have none."""
MOST_ENERGY = 20
ACTIONS = ("hop", "jump", "leap", "help")
HOP, JUMP, LEAP, HELP = range(4)
LEAPS = 5
"""Columns of a leap."""
NEAR_END = 26
"""Column from which a player waits for the other, and helps."""

SYMBOLS = {
    "integers": (4, 9, 5, 9),
    "opposed integers": (4, 8, 9, 5),
    "one-hot": (4, 9, 5, 9),
    "own symbols": (4, 9, 5, 10),
}
"""Coding → how the line of players writes oneself, oneself in distress, the partner, the partner in distress. The last
two give each symbol an input of its own at each column; `one-hot` keeps one symbol for distress, whoever is in it."""
HOT = (4, 5, 9, 10)
"""Symbols that have inputs of their own in the codings that are not integers."""
N_INPUTS = {coding: 100 if "integers" in coding else COLUMNS * (2 + len(HOT)) + 1 for coding in SYMBOLS}
LEARNED = {
    "untrained": "as it was drawn",
    "labels": "the action that the rule takes",
    "no helping": "the rule without its help for a partner in distress",
    "shuffled": "labels of other boards",
    "play": "by reward for scrolling, in games with itself",
    "long labels": "the action that the rule takes, ten times as long",
    "long no helping": "the rule without its help for a partner in distress, ten times as long",
}
"""What a network learned from. The source's own networks are taught longer still, by smaller steps."""
ONLY = {
    "play": ("integers", "one-hot"),
    "long labels": ("integers", "opposed integers", "one-hot"),
    "long no helping": ("integers", "opposed integers", "one-hot"),
}
"""Ways of learning that are not tried in every coding."""

HIDDEN = 17
"""Units of each of the two hidden layers."""
N_BOARDS, N_TEST, N_MATCHED = 100_000, 20_000, 4_000
"""Labelled boards to learn from and to test with; boards on which the index is measured."""
SHARES = (0.4, 0.4, 0.1, 0.1)
"""Share of labelled boards that ask for each action."""
N_BATCHES, LONGER, BATCH, RATE, DROPOUT, PENALTY = 3000, 10, 256, 1e-3, 0.12, 1e-4
"""Learning from labels: Adam on squared errors, dropout in hidden layers, penalty on their squared weights. `LONGER`
times as many batches in the ways of learning that are called long."""
N_GAMES, N_STEPS, N_ROUNDS, SAME_GAME = 128, 32, 80, 3
"""Learning by play: games at a time, steps between updates, updates, and updates after which games begin anew."""
PLAY_RATE, DISCOUNT, TRACE, CLIP, ENTROPY, N_EPOCHS, N_PARTS = 3e-3, 0.97, 0.9, 0.2, 0.01, 3, 4
"""Of proximal policy optimisation: the rate falls linearly to none."""
SILENCED = 0.2
"""Share of the hidden units that a lesion silences."""
N_LESIONS, N_DRAWS = 8, 999
"""Lesions of matched units; pairings of one unit's rise with another's."""


class Board(NamedTuple):
    """What a player sees, on n boards."""

    rough: Bool[np.ndarray, "n column"]
    me: Int[np.ndarray, " n"]
    partner: Int[np.ndarray, " n"]
    energy: Int[np.ndarray, " n"]
    flies: Bool[np.ndarray, "n column"]
    distress: Bool[np.ndarray, " n"]
    partner_distress: Bool[np.ndarray, " n"]

    def of(self, rows: np.ndarray) -> Board:
        """Return some of the boards."""
        return Board(*(part[rows] for part in self))


# -- the world ---------------------------------------------------------------------------------------------------------


def random_boards(n: int, rng: np.random.Generator) -> Board:
    """Draw boards: players at different columns, each in distress if its ground is rough."""
    rough = rng.random((n, COLUMNS), dtype=np.float32) < ROUGH
    me = rng.integers(0, COLUMNS, n)
    partner = (me + rng.integers(1, COLUMNS, n)) % COLUMNS
    energy = np.where(rng.random(n) < 0.5, 0, rng.choice(ENERGIES, n))
    flies = rng.random((n, COLUMNS), dtype=np.float32) < 0.1
    rows = np.arange(n)
    return Board(rough, me, partner, energy, flies, rough[rows, me], rough[rows, partner])


def rule(board: Board, *, helping: bool = True) -> Int[np.ndarray, " n"]:
    """Return the action that the source's rule takes on each board, with or without help for a partner in distress."""
    ahead = np.minimum(board.me + 1, COLUMNS - 1)
    solid = ~board.rough[np.arange(len(board.me)), ahead]
    action = np.where(~solid & (ahead + LEAPS - 1 < COLUMNS - 1), LEAP, HOP)
    if helping:
        action[(board.me >= NEAR_END) & ~board.distress & board.partner_distress] = HELP
    action[board.me == COLUMNS - 1] = HELP
    action[board.energy <= 0] = JUMP
    return action


def labelled_boards(n: int, rng: np.random.Generator, *, helping: bool = True) -> tuple[Board, Int[np.ndarray, " n"]]:
    """Draw boards, actions in the proportions of `SHARES`, with the rule's action for each."""
    board = random_boards(8 * n, rng)
    action = rule(board, helping=helping)
    rows = [rng.choice(np.flatnonzero(action == kind), round(n * share)) for kind, share in enumerate(SHARES)]
    rows = rng.permutation(np.concatenate(rows))
    return board.of(rows), action[rows]


def encode(board: Board, coding: str) -> Float[np.ndarray, "n input"]:
    """Write boards as inputs.

    Raises
    ------
    OptionError
        For an unknown coding.
    """
    one_of("coding", coding, SYMBOLS)
    n = len(board.me)
    own, own_distress, other, other_distress = SYMBOLS[coding]
    line = np.zeros((n, COLUMNS), np.int8)
    line[np.arange(n), board.me] = np.where(board.distress, own_distress, own)
    line[np.arange(n), board.partner] = np.where(board.partner_distress, other_distress, other)
    x = np.zeros((n, N_INPUTS[coding]), np.float32)
    if "integers" in coding:
        x[:, :32], x[:, 32:64], x[:, 64:96], x[:, 97] = 1 + board.rough, line, 3 * board.flies, board.energy
        return x
    x[:, :COLUMNS], x[:, COLUMNS : 2 * COLUMNS] = board.rough, board.flies
    x[:, 2 * COLUMNS : -1] = (line[:, :, None] == np.array(HOT)).reshape(n, -1)
    x[:, -1] = board.energy / MOST_ENERGY
    return x


class Game:
    """Games of two players, of whom the first moves first in each step."""

    def __init__(self, n: int, rng: np.random.Generator) -> None:
        self.rng, self.n = rng, n
        self.rough = rng.random((n, COLUMNS)) < ROUGH
        self.column = rng.permuted(np.tile([0, 3], (n, 1)), axis=1)
        self.energy = np.full((n, 2), 8)
        self.flies = rng.random((n, COLUMNS)) < 0.3

    def seen_by(self, k: int) -> Board:
        """Return the boards as player k sees them."""
        me, partner, rows = self.column[:, k], self.column[:, 1 - k], np.arange(self.n)
        distress = self.rough[rows, me], self.rough[rows, partner]
        return Board(self.rough, me.copy(), partner.copy(), self.energy[:, k].copy(), self.flies, *distress)

    def step(self, actions: np.ndarray) -> Int[np.ndarray, " n"]:
        """Let both players act, (game, player), and return by how many columns each game scrolls.

        To act, but for jumping, takes an energy of at least one; a leap and help cost one, a step onto rough ground
        too. Jumping under flies gives four; help gives the other two, and one time in four throws it forward.

        Raises
        ------
        OptionError
            For actions of another shape or out of range.
        """
        actions = np.asarray(actions)
        if actions.shape != (self.n, 2) or not np.isin(actions, range(len(ACTIONS))).all():
            raise OptionError(
                f"actions of shape {actions.shape} with values {np.unique(actions)[:6].tolist()} are not allowed: they "
                f"must be of shape {(self.n, 2)}, whole numbers from 0 to {len(ACTIONS) - 1} ({', '.join(ACTIONS)})."
            )
        rows = np.arange(self.n)
        for k in range(2):
            action, able = actions[:, k], self.energy[:, k] >= 1
            help_ = able & (action == HELP)
            self.energy[:, k] -= able & ((action == LEAP) | (action == HELP))
            self.energy[:, k] += 4 * ((action == JUMP) & self.flies[rows, self.column[:, k]])
            self.energy[:, 1 - k] += 2 * help_
            thrown = help_ & (self.rng.random(self.n) < 0.25)
            self._move(k, np.where(able & (action == HOP), 1, np.where(able & (action == LEAP), LEAPS, 0)))
            self._move(1 - k, np.where(thrown, LEAPS, 0))
        np.clip(self.energy, 0, MOST_ENERGY, out=self.energy)
        scrolled = self.column.min(1)
        self.column -= scrolled[:, None]
        source = np.arange(COLUMNS) + scrolled[:, None]
        fresh = self.rng.random((self.n, COLUMNS)) < ROUGH
        old = np.take_along_axis(self.rough, np.minimum(source, COLUMNS - 1), 1)
        self.rough = np.where(source < COLUMNS, old, fresh)
        self.flies = self.rng.random((self.n, COLUMNS)) < 0.3
        return scrolled

    def _move(self, k: int, by: Int[np.ndarray, " n"]) -> None:
        new = np.minimum(self.column[:, k] + by, COLUMNS - 1)
        self.energy[:, k] -= (new > self.column[:, k]) & self.rough[np.arange(self.n), new]
        self.column[:, k] = new


# -- the network and how it learns -------------------------------------------------------------------------------------


class Perceptron:
    """Dense layers, the last linear; all parameters are views of one vector, `theta`."""

    def __init__(self, widths: Sequence[int], rng: np.random.Generator, *, tanh: bool = False) -> None:
        self.widths, self.tanh = tuple(widths), tanh
        sizes = list(zip(widths, widths[1:], strict=False))
        self.theta = np.zeros(sum((a + 1) * b for a, b in sizes), np.float32)
        self.weights, self.biases = self.views(self.theta)
        for w, (a, b) in zip(self.weights, sizes, strict=True):
            w[:] = rng.uniform(-1, 1, (a, b)) * np.sqrt(6 / (a + b))  # Glorot's, as in the source's library

    def views(self, vector: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the weights and the biases of all layers, as views of a vector like `theta`."""
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
            z += b
            if i < len(self.weights) - 1:
                z = np.tanh(z, out=z) if self.tanh else np.maximum(z, 0, out=z)
                if masks:
                    z *= masks[i]
            found.append(z)
        return found

    def gradient(self, layers: list[np.ndarray], slope: np.ndarray, masks: Sequence = ()) -> np.ndarray:
        """Return the gradient of `theta`, from the activations and the slope of the loss at each output."""
        vector = np.empty_like(self.theta)
        weights, biases = self.views(vector)
        for i in reversed(range(len(self.weights))):
            np.matmul(layers[i].T, slope, out=weights[i])
            slope.sum(0, out=biases[i])
            if i:
                slope = slope @ self.weights[i].T
                slope *= 1 - layers[i] ** 2 if self.tanh else layers[i] > 0
                if masks:
                    slope *= masks[i - 1]
        return vector


class Adam:
    """Adam with its usual constants (Kingma & Ba 2015), on one vector."""

    def __init__(self, theta: np.ndarray) -> None:
        self.theta, self.mean, self.square, self.t = theta, np.zeros_like(theta), np.zeros_like(theta), 0

    def step(self, gradient: np.ndarray, rate: float) -> None:
        """Change the vector in place."""
        self.t += 1
        self.mean += 0.1 * (gradient - self.mean)
        self.square += 0.001 * (gradient**2 - self.square)
        size = rate / (1 - 0.9**self.t)
        self.theta -= size * self.mean / (np.sqrt(self.square / (1 - 0.999**self.t)) + 1e-8)


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
    for of_weights, weights in zip(network.views(gradient)[0][:-1], network.weights[:-1], strict=True):
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


# -- what is measured --------------------------------------------------------------------------------------------------


class Rises(NamedTuple):
    """How much each unit is more active on the same boards with a player in distress than with nobody."""

    own: Float[np.ndarray, " unit"]
    partner: Float[np.ndarray, " unit"]
    deviation: Float[np.ndarray, " unit"]
    """Standard deviation of each unit over the boards of all four cases."""

    def in_deviations(self) -> tuple[np.ndarray, np.ndarray]:
        """Return both rises of the hidden units that ever change, in their deviations."""
        of = np.flatnonzero(self.deviation[: 2 * HIDDEN] > 1e-6)
        return self.own[of] / self.deviation[of], self.partner[of] / self.deviation[of]


def rises(network: Perceptron, coding: str, board: Board) -> Rises:
    """Return the rises of all units, outputs last; `board` gives everything but who is in distress."""
    cases = [(False, False), (True, False), (False, True), (True, True)]
    n = len(board.me)
    units = [
        np.concatenate(
            network.layers(encode(board._replace(distress=np.full(n, a), partner_distress=np.full(n, b)), coding))[1:],
            1,
        )
        for a, b in cases
    ]
    nobody, own, partner, _ = (one.mean(0, dtype=float) for one in units)
    return Rises(own - nobody, partner - nobody, np.concatenate(units).std(0, dtype=float))


def shared_rise(own: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """Return the smaller of two rises, none where not both are rises: what the source's index is the mean of."""
    return np.where((own > 0) & (partner > 0), np.minimum(own, partner), 0.0)


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


def lesion(found: Rises, cost: Callable[[list[np.ndarray]], float], rng: np.random.Generator) -> float:
    """Return what silencing the fifth of hidden units with the largest index costs, minus the same for matched units.

    A matched unit is one of the four others that vary most alike, none twice; NaN if fewer than two units have an
    index, or too few others are left.

    Parameters
    ----------
    cost
        From masks of the two hidden layers to what is lost with them.
    """
    deviation = found.deviation[: 2 * HIDDEN]
    live = np.flatnonzero(deviation > 1e-6)
    index = np.zeros(2 * HIDDEN)
    index[live] = shared_rise(*found.in_deviations())
    n = min(round(SILENCED * 2 * HIDDEN), int((index > 0).sum()))
    top = np.argsort(-index, kind="stable")[:n]
    if n < 2 or len(live) < 2 * n:
        return np.nan

    def lost(units: np.ndarray) -> float:
        mask = np.ones(2 * HIDDEN, np.float32)
        mask[units] = 0
        return cost([mask[:HIDDEN], mask[HIDDEN:]])

    matched = []
    for _ in range(N_LESIONS):
        rest = np.setdiff1d(live, top).tolist()
        for unit in rng.permutation(top):
            near = sorted(rest, key=lambda one: abs(deviation[one] - deviation[unit]))[:4]
            rest.remove(rng.choice(near))
        matched.append(lost(np.setdiff1d(live, [*top, *rest])))
    return lost(top) - float(np.mean(matched))


class Seed:
    """What all conditions of a seed share: the boards to learn from, to test with and to measure the index on."""

    def __init__(self, seed: int, n_boards: int = N_BOARDS, n_test: int = N_TEST, n_matched: int = N_MATCHED) -> None:
        whole("n_boards", n_boards, 10)  # a tenth of them are of the rarest label
        self.seed, self.n_boards, self.n_test, self.n_matched = seed, n_boards, n_test, n_matched

    def stream(self, name: str) -> np.random.Generator:
        """Return a stream of the experiment."""
        return stream(self.seed, f"frog_and_toad/{name}")

    @cached_property
    def labelled(self) -> tuple[Board, np.ndarray]:
        """Boards to learn from."""
        return labelled_boards(self.n_boards, self.stream("labelled"))

    @cached_property
    def without_helping(self) -> tuple[Board, np.ndarray]:
        """Boards to learn from, labelled by the rule without help for a partner in distress."""
        return labelled_boards(self.n_boards, self.stream("without helping"), helping=False)

    @cached_property
    def test(self) -> tuple[Board, np.ndarray]:
        """Boards to test with."""
        return labelled_boards(self.n_test, self.stream("test"))

    @cached_property
    def matched(self) -> Board:
        """Boards on which the index is measured; both players stand on solid ground, only their symbols will change."""
        board = random_boards(self.n_matched, self.stream("matched"))
        rows = np.arange(self.n_matched)
        board.rough[rows, board.me] = board.rough[rows, board.partner] = False
        return board


def learned(condition: str, shared: Seed, n_batches: int | None = None, n_rounds: int = N_ROUNDS) -> Perceptron:
    """Return the network of a condition, such as "one-hot / labels"."""
    one_of("condition", condition, CONDITIONS)
    coding, how = condition.split(" / ")
    network = new_network(coding, shared.seed)
    rng = shared.stream(condition)
    if how == "play":
        reinforce(network, coding, rng, n_rounds)
    elif how != "untrained":
        board, action = shared.without_helping if how.endswith("no helping") else shared.labelled
        action = rng.permutation(action) if how == "shuffled" else action
        n = N_BATCHES * (LONGER if how.startswith("long") else 1) if n_batches is None else n_batches
        teach(network, encode(board, coding), action, rng, n)
    return network


def measured(network: Perceptron, condition: str, shared: Seed, n_games: int = 256) -> dict[str, float]:
    """Return all measures of a network that learned under a condition."""
    coding, how = condition.split(" / ")
    greedy = how not in ("untrained", "play")
    board, action = shared.test
    in_need = (action == HELP) & (board.me < COLUMNS - 1)
    need = board.of(in_need)
    relieved = encode(need._replace(partner_distress=np.zeros_like(need.partner_distress)), coding)
    x, needy = encode(board, coding), encode(need, coding)

    def help_given(x: np.ndarray, masks: Sequence = ()) -> float:
        out = network.layers(x, masks)[-1]
        return float((out.argmax(1) == HELP).mean() if greedy else chances(out)[:, HELP].mean())

    def score(masks: Sequence = (), name: str = "games", **options: object) -> float:
        return play(network, coding, shared.stream(f"{condition}/{name}"), greedy=greedy, masks=masks, **options)

    found = rises(network, coding, shared.matched)
    own, partner = found.in_deviations()
    index = shared_rise(own, partner).sum()
    rng = shared.stream(f"{condition}/pairings")
    paired = [shared_rise(own, rng.permutation(partner)).sum() for _ in range(N_DRAWS)]
    help_, whole = help_given(needy), score(n=n_games)
    row = {
        "distress_index": 1000 * float(shared_rise(found.own, found.partner).mean()),
        "distress_index_scaled": index / (2 * HIDDEN),
        "distress_p": (1 + sum(one >= index for one in paired)) / (1 + N_DRAWS),
        "distress_r": float(np.corrcoef(own, partner)[0, 1]) if len(own) > 2 else np.nan,
        "label_accuracy": float((network.layers(x)[-1].argmax(1) == action).mean()),
        "help_recall": help_,
        "help_owed": help_ - help_given(relieved),
        "game_score": whole,
        "help_worth": whole - score(n=n_games, helping=False),
        "lesion_help": np.nan,
        "lesion_score": np.nan,
    }
    rng = shared.stream(f"{condition}/lesions")
    if how.endswith("labels"):
        row["lesion_help"] = lesion(found, lambda masks: -help_given(needy, masks), rng)
    if how == "play":
        row["lesion_score"] = lesion(found, lambda masks: -score(masks, "lesioned games", n=n_games // 4), rng)
    return row


def learn(learner: Learner) -> pd.DataFrame:
    """Return one row for each condition of a seed."""
    shared, rows = Seed(learner.seed), []
    for condition in learner.conditions:
        start = time.process_time()
        row = measured(learned(condition, shared), condition, shared)
        rows.append({"condition": condition, **row, "seconds": time.process_time() - start})
    return pd.DataFrame(rows)


CONDITIONS = {
    f"{coding} / {how}": f"learned {said}" if how != "untrained" else said
    for coding in SYMBOLS
    for how, said in LEARNED.items()
    if coding in ONLY.get(how, SYMBOLS)
}
"""Coding / what was learned from → what is done."""

_POSITIVE, _PAIRS, _MATCHED = (0.0, np.inf), "rises of different units", "matched units"
MEASURES = {
    "distress_index": ("index of shared distress (CMNI), in thousandths", _POSITIVE, "nobody in distress", 2),
    "distress_index_scaled": ("index of shared distress, in deviations of units", _POSITIVE, "nobody in distress", 3),
    "distress_p": ("p of the index among pairings of different units", SHARE, _PAIRS, 2),
    "distress_r": ("r of own and partner's rise, over units", CORRELATION, _PAIRS, 2),
    "label_accuracy": ("share of boards with the rule's action", SHARE, "untrained networks", 2),
    "help_recall": ("help where the partner's distress asks for it", SHARE, "untrained networks", 2),
    "help_owed": ("help in distress, minus on the same boards without it", CORRELATION, "no distress", 2),
    "game_score": ("columns scrolled in a game of 100 steps", _POSITIVE, "untrained networks", 1),
    "help_worth": ("columns scrolled, minus without help", ANY, "games without help", 1),
    "lesion_help": ("help lost by silencing units with an index, minus matched", CORRELATION, _MATCHED, 2),
    "lesion_score": ("columns lost by silencing units with an index, minus matched", ANY, _MATCHED, 1),
}
"""Measure → label, limits, null, decimals."""
for _name, (_label, _limits, _null, _digits) in MEASURES.items():
    register_measure(Measure(_name, _label, _limits, _null, _digits))

FROG_AND_TOAD = register(
    Experiment(
        "frog_and_toad",
        "Frog and Toad",
        "wyrick2025",
        "10.48550/arXiv.2511.01885",
        "Perceptrons that learn a cooperative game form units that respond to own and to the partner's distress alike, "
        "and help through them.",
        "networks",
        CONDITIONS,
        tuple(MEASURES),
        learn,
        "integers / long labels",
        "integers / untrained",
        lesion="lesion_help",
        seconds=75,
    )
)
