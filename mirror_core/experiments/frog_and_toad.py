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

The game is `frog_and_toad_game`, the network and how it learns `frog_and_toad_learning`. This module has the conditions
and what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from mirror_core.checks import one_of, whole
from mirror_core.experiments import frog_and_toad_game as game
from mirror_core.experiments import frog_and_toad_learning as learning
from mirror_core.experiments.base import Experiment, Learner, measure_each, register, register_measures
from mirror_core.seeding import stream
from mirror_core.studies.measures.base import ANY, CORRELATION, SHARE

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

N_BOARDS, N_TEST, N_MATCHED = 100_000, 20_000, 4_000
"""Labelled boards to learn from and to test with; boards on which the index is measured."""
SILENCED = 0.2
"""Share of the hidden units that a lesion silences."""
N_LESIONS, N_DRAWS = 8, 999
"""Lesions of matched units; pairings of one unit's rise with another's."""


class Rises(NamedTuple):
    """How much each unit is more active on the same boards with a player in distress than with nobody."""

    own: Float[np.ndarray, " unit"]
    partner: Float[np.ndarray, " unit"]
    deviation: Float[np.ndarray, " unit"]
    """Standard deviation of each unit over the boards of all four cases."""

    def in_deviations(self) -> tuple[np.ndarray, np.ndarray]:
        """Return both rises of the hidden units that ever change, in their deviations."""
        of = np.flatnonzero(self.deviation[: 2 * learning.HIDDEN] > 1e-6)
        return self.own[of] / self.deviation[of], self.partner[of] / self.deviation[of]


def rises(network: learning.Perceptron, coding: str, board: game.Board) -> Rises:
    """Return the rises of all units, outputs last; `board` gives everything but who is in distress."""
    cases = [(False, False), (True, False), (False, True), (True, True)]
    n = len(board.me)
    units = [
        np.concatenate(
            network.layers(game.encode(board._replace(distress=np.full(n, a), partner_distress=np.full(n, b)), coding))[
                1:
            ],
            1,
        )
        for a, b in cases
    ]
    nobody, own, partner, _ = (one.mean(0, dtype=float) for one in units)
    return Rises(own - nobody, partner - nobody, np.concatenate(units).std(0, dtype=float))


def shared_rise(own: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """Return the smaller of two rises, none where not both are rises: what the source's index is the mean of."""
    return np.where((own > 0) & (partner > 0), np.minimum(own, partner), 0.0)


def lesion(found: Rises, cost: Callable[[list[np.ndarray]], float], rng: np.random.Generator) -> float:
    """Return what silencing the fifth of hidden units with the largest index costs, minus the same for matched units.

    A matched unit is one of the four others that vary most alike, none twice; NaN if fewer than two units have an
    index, or too few others are left.

    Parameters
    ----------
    cost
        From masks of the two hidden layers to what is lost with them.
    """
    deviation = found.deviation[: 2 * learning.HIDDEN]
    live = np.flatnonzero(deviation > 1e-6)
    index = np.zeros(2 * learning.HIDDEN)
    index[live] = shared_rise(*found.in_deviations())
    n = min(round(SILENCED * 2 * learning.HIDDEN), int((index > 0).sum()))
    top = np.argsort(-index, kind="stable")[:n]
    if n < 2 or len(live) < 2 * n:
        return np.nan

    def lost(units: np.ndarray) -> float:
        mask = np.ones((2, 1, learning.HIDDEN), np.float32)
        mask.reshape(-1)[units] = 0
        return cost(list(mask))

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
    def labelled(self) -> tuple[game.Board, np.ndarray]:
        """Boards to learn from."""
        return game.labelled_boards(self.n_boards, self.stream("labelled"))

    @cached_property
    def without_helping(self) -> tuple[game.Board, np.ndarray]:
        """Boards to learn from, labelled by the rule without help for a partner in distress."""
        return game.labelled_boards(self.n_boards, self.stream("without helping"), helping=False)

    @cached_property
    def test(self) -> tuple[game.Board, np.ndarray]:
        """Boards to test with."""
        return game.labelled_boards(self.n_test, self.stream("test"))

    @cached_property
    def matched(self) -> game.Board:
        """Boards on which the index is measured; both players stand on solid ground, only their symbols will change."""
        board = game.random_boards(self.n_matched, self.stream("matched"))
        rows = np.arange(self.n_matched)
        board.rough[rows, board.me] = board.rough[rows, board.partner] = False
        return board


def learned(
    condition: str, shared: Seed, n_batches: int | None = None, n_rounds: int = learning.N_ROUNDS
) -> learning.Perceptron:
    """Return the network of a condition, such as "one-hot / labels"."""
    one_of("condition", condition, CONDITIONS)
    coding, how = condition.split(" / ")
    network = learning.new_network(coding, shared.seed)
    rng = shared.stream(condition)
    if how == "play":
        learning.reinforce(network, coding, rng, n_rounds)
    elif how != "untrained":
        board, action = shared.without_helping if how.endswith("no helping") else shared.labelled
        action = rng.permutation(action) if how == "shuffled" else action
        n = learning.N_BATCHES * (learning.LONGER if how.startswith("long") else 1) if n_batches is None else n_batches
        learning.teach(network, game.encode(board, coding), action, rng, n)
    return network


def measured(network: learning.Perceptron, condition: str, shared: Seed, n_games: int = 256) -> dict[str, float]:
    """Return all measures of a network that learned under a condition."""
    coding, how = condition.split(" / ")
    greedy = how not in ("untrained", "play")
    board, action = shared.test
    in_need = (action == game.HELP) & (board.me < game.COLUMNS - 1)
    need = board.of(in_need)
    relieved = game.encode(need._replace(partner_distress=np.zeros_like(need.partner_distress)), coding)
    x, needy = game.encode(board, coding), game.encode(need, coding)

    def help_given(x: np.ndarray, masks: Sequence = ()) -> float:
        out = network.layers(x, masks)[-1]
        return float((out.argmax(1) == game.HELP).mean() if greedy else learning.chances(out)[:, game.HELP].mean())

    def score(masks: Sequence = (), name: str = "games", **options: object) -> float:
        return learning.play(
            network, coding, shared.stream(f"{condition}/{name}"), greedy=greedy, masks=masks, **options
        )

    found = rises(network, coding, shared.matched)
    own, partner = found.in_deviations()
    index = shared_rise(own, partner).sum()
    rng = shared.stream(f"{condition}/pairings")
    paired = [shared_rise(own, rng.permutation(partner)).sum() for _ in range(N_DRAWS)]
    help_, whole = help_given(needy), score(n=n_games)
    row = {
        "distress_index": 1000 * float(shared_rise(found.own, found.partner).mean()),
        "distress_index_scaled": index / (2 * learning.HIDDEN),
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
    shared = Seed(learner.seed)
    return measure_each(learner.conditions, lambda name: measured(learned(name, shared), name, shared))


CONDITIONS = {
    f"{coding} / {how}": f"learned {said}" if how != "untrained" else said
    for coding in game.SYMBOLS
    for how, said in LEARNED.items()
    if coding in ONLY.get(how, game.SYMBOLS)
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
        register_measures(MEASURES),
        learn,
        "integers / long labels",
        "integers / untrained",
        lesion="lesion_help",
        seconds=60,
    )
)
