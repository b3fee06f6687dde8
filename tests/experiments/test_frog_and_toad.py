"""Frog and Toad: the game by hand-worked cases, learning against automatic differentiation, and what is measured."""

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from mirror_core.checks import OptionError
from mirror_core.experiments import experiment_named, frog_and_toad
from mirror_core.experiments import frog_and_toad_game as game
from mirror_core.experiments import frog_and_toad_learning as learning
from mirror_core.experiments.study import read_study
from mirror_core.seeding import stream

SMALL = dict(n_boards=400, n_test=400, n_matched=60)


def board(me=3, partner=8, *, rough=(), energy=4, flies=(), **distress):
    ground, above = np.zeros((1, game.COLUMNS), bool), np.zeros((1, game.COLUMNS), bool)
    ground[0, list(rough)], above[0, list(flies)] = True, True
    one = game.Board(ground, np.array([me]), np.array([partner]), np.array([energy]), above, ground[:, me],
                     ground[:, partner])  # fmt: skip
    return one._replace(**{name: np.array([value]) for name, value in distress.items()})


@pytest.mark.parametrize(
    "seen, action",
    [
        (board(), game.HOP),
        (board(energy=0), game.JUMP),
        (board(rough=[4]), game.LEAP),
        (board(me=25, rough=[26]), game.LEAP),  # 26 + 4 is before the last column
        (board(me=26, rough=[27]), game.HOP),  # no room to leap
        (board(me=31), game.HELP),
        (board(me=31, energy=0), game.JUMP),
        (board(me=26, partner=5, rough=[5]), game.HELP),
        (board(me=25, partner=5, rough=[5]), game.HOP),
        (board(me=26, partner=5, rough=[5, 26]), game.HOP),  # in distress oneself
    ],
)
def test_the_rule_on_boards_worked_by_hand(seen, action):
    assert game.rule(seen) == action


def test_the_rule_without_help_differs_only_where_the_partner_is_in_distress():
    seen = game.random_boards(5000, np.random.default_rng(0))
    differs = game.rule(seen) != game.rule(seen, helping=False)
    assert differs.any() and seen.partner_distress[differs].all() and not seen.distress[differs].any()
    assert (seen.me[differs] >= game.NEAR_END).all() and (seen.me[differs] < game.COLUMNS - 1).all()


def test_labelled_boards_have_the_proportions_and_their_own_labels():
    seen, action = game.labelled_boards(1000, np.random.default_rng(0))
    assert (np.bincount(action) == [400, 400, 100, 100]).all()
    assert (game.rule(seen) == action).all()


def test_each_coding_writes_the_players_as_its_name_says():
    seen = board(me=2, partner=5, rough=[5], flies=[7], energy=10)
    x = game.encode(seen, "integers")[0]
    assert (x[2], x[5], x[34], x[37], x[71], x[97]) == (1, 2, 4, 9, 3, 10) and x[32:64].sum() == 13
    assert game.encode(seen, "opposed integers")[0][37] == 5
    hot = game.encode(seen, "one-hot")[0][64:-1].reshape(game.COLUMNS, 4)
    assert hot[2].tolist() == [1, 0, 0, 0] and hot[5].tolist() == [0, 0, 1, 0] and hot.sum() == 2
    own = game.encode(seen, "own symbols")[0][64:-1].reshape(game.COLUMNS, 4)
    assert own[5].tolist() == [0, 0, 0, 1]


def table(columns=(0, 3), energy=(8, 8), rough=(), flies=()):
    """Return one game whose board is known."""
    one = game.Game(1, np.random.default_rng(0))
    one.column, one.energy = np.array([columns]), np.array([energy])
    one.rough, one.flies = np.zeros_like(one.rough), np.zeros_like(one.flies)
    one.rough[0, list(rough)], one.flies[0, list(flies)] = True, True
    return one


@pytest.mark.parametrize(
    "start, actions, scrolled, columns, energy",
    [
        (table(), (game.HOP, game.HOP), 1, (0, 3), (8, 8)),
        (table(), (game.LEAP, game.HOP), 4, (1, 0), (7, 8)),
        (table(), (game.HOP, game.JUMP), 1, (0, 2), (8, 8)),
        (table(rough=[1]), (game.HOP, game.HOP), 1, (0, 3), (7, 8)),
        (table(flies=[0]), (game.JUMP, game.JUMP), 0, (0, 3), (12, 8)),
        (table(flies=[0], energy=(18, 8)), (game.JUMP, game.JUMP), 0, (0, 3), (20, 8)),
        (table(energy=(0, 8)), (game.LEAP, game.HOP), 0, (0, 4), (0, 8)),
        (table(energy=(0, 8)), (game.HELP, game.HOP), 0, (0, 4), (0, 8)),
        (table(columns=(31, 31)), (game.HOP, game.HOP), 31, (0, 0), (8, 8)),
    ],
)
def test_steps_worked_by_hand(start, actions, scrolled, columns, energy):
    assert start.step(np.array([actions])) == scrolled
    assert tuple(start.column[0]) == columns and tuple(start.energy[0]) == energy


def test_help_costs_one_gives_two_and_throws_forward_one_time_in_four():
    many = game.Game(4000, np.random.default_rng(0))
    many.column[:], many.rough[:] = [10, 0], False
    many.step(np.tile([game.HELP, game.JUMP], (4000, 1)))
    assert (many.energy[:, 0] == 7).all() and set(many.energy[:, 1]) == {10, 14}  # 14: a jump under flies
    thrown = many.column[:, 0] == 5  # the board has scrolled by five
    assert 0.22 < thrown.mean() < 0.28 and set(many.column[:, 0]) == {5, 10}


def test_the_board_scrolls_and_keeps_its_ground():
    one = game.Game(50, np.random.default_rng(1))
    before = one.rough.copy()
    scrolled = one.step(np.full((50, 2), game.LEAP))
    for i, by in enumerate(scrolled):
        assert by == 5 and (one.rough[i, : game.COLUMNS - by] == before[i, by:]).all()


@pytest.mark.parametrize("actions", [[[0, 0, 0]], [[0, 4]], [[-1, 0]], [[0.5, 1]]])
def test_impossible_actions_are_refused(actions):
    with pytest.raises(OptionError, match="whole numbers from 0 to 3"):
        game.Game(1, np.random.default_rng(0)).step(np.array(actions))


def torch_layers(network, x, masks):
    """Return a network's output by PyTorch, and its parameters there."""
    weights = [torch.tensor(w, requires_grad=True) for w in network.weights]
    biases = [torch.tensor(b, requires_grad=True) for b in network.biases]
    h = torch.tensor(x)
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        h = h @ w + b
        if i < len(weights) - 1:
            h = (torch.tanh(h) if network.tanh else torch.relu(h)) * (torch.tensor(masks[i]) if masks else 1)
    return h, weights, biases


def flat(weights, biases):
    return np.concatenate([part.grad.numpy().ravel() for pair in zip(weights, biases, strict=True) for part in pair])


def test_the_gradient_of_labels_is_that_of_automatic_differentiation():
    rng = np.random.default_rng(0)
    network = learning.new_network("integers", 0)
    x = rng.normal(size=(32, 100)).astype(np.float32)
    target = np.eye(4, dtype=np.float32)[rng.integers(0, 4, 32)]
    masks = list((rng.random((2, 32, learning.HIDDEN)) < 0.9).astype(np.float32))
    out, weights, biases = torch_layers(network, x, masks)
    loss = ((out - torch.tensor(target)) ** 2).mean() + learning.PENALTY * sum((w**2).sum() for w in weights[:-1])
    loss.backward()
    np.testing.assert_allclose(learning.labels_slope(network, x, target, masks), flat(weights, biases), atol=2e-6)


def test_adam_is_that_of_pytorch():
    rng = np.random.default_rng(0)
    start = rng.normal(size=20).astype(np.float32)
    mine, theirs = start.copy(), torch.tensor(start.copy(), requires_grad=True)
    adam, other = learning.Adam(mine), torch.optim.Adam([theirs], lr=0.01)
    for _ in range(30):
        gradient = rng.normal(size=20).astype(np.float32)
        theirs.grad = torch.tensor(gradient)
        adam.step(gradient, 0.01), other.step()
    np.testing.assert_allclose(mine, theirs.detach().numpy(), atol=1e-5)


def test_the_slope_of_play_is_that_of_automatic_differentiation():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(64, 4)).astype(np.float32)
    action, gain = rng.integers(0, 4, 64), rng.normal(size=64).astype(np.float32)
    old = rng.uniform(0.05, 0.6, 64).astype(np.float32)
    z = torch.tensor(logits, requires_grad=True)
    chosen = torch.distributions.Categorical(logits=z)
    ratio = (chosen.log_prob(torch.tensor(action)) - torch.tensor(old).log()).exp()
    w = torch.tensor(gain)
    bounded = torch.min(ratio * w, ratio.clamp(1 - learning.CLIP, 1 + learning.CLIP) * w)
    (-bounded.mean() - learning.ENTROPY * chosen.entropy().mean()).backward()
    np.testing.assert_allclose(learning.policy_slope(logits, action, old, gain), z.grad.numpy(), atol=1e-6)


def test_the_critic_has_the_gradient_of_automatic_differentiation():
    rng = np.random.default_rng(0)
    critic = learning.Perceptron((5, 7, 1), rng, tanh=True)
    x, goal = rng.normal(size=(16, 5)).astype(np.float32), rng.normal(size=(16, 1)).astype(np.float32)
    out, weights, biases = torch_layers(critic, x, ())
    (0.5 * ((out - torch.tensor(goal)) ** 2).mean()).backward()
    layers = critic.layers(x)
    np.testing.assert_allclose(critic.gradient(layers, (layers[-1] - goal) / 16), flat(weights, biases), atol=1e-6)


def test_actions_are_drawn_with_their_chances():
    p = np.tile([0.1, 0.2, 0.3, 0.4], (20_000, 1))
    share = np.bincount(learning.drawn(p, np.random.default_rng(0)), minlength=4) / 20_000
    np.testing.assert_allclose(share, p[0], atol=0.015)
    np.testing.assert_allclose(learning.chances(np.array([[0.0, np.log(3)]])), [[0.25, 0.75]])


def test_the_index_counts_the_smaller_of_two_rises():
    assert frog_and_toad.shared_rise(np.array([1, 3, -1, 2]), np.array([2, 1, 5, -2])).tolist() == [1, 1, 0, 0]


def reader(sign, coding="integers"):
    """Return a network of which one hidden unit reads the line of players, and nothing else does anything."""
    network = learning.new_network(coding, 0)
    network.theta[:] = 0
    network.weights[0][32:64, 0], network.biases[0][0] = sign, 20
    return network


def test_a_unit_that_reads_integers_has_an_index_by_their_size_alone():
    seen = frog_and_toad.Seed(0, **SMALL).matched
    found = frog_and_toad.rises(reader(1), "integers", seen)
    np.testing.assert_allclose([found.own[0], found.partner[0]], [5, 4], rtol=1e-5)
    assert frog_and_toad.shared_rise(found.own, found.partner).sum() == pytest.approx(4, rel=1e-5)
    for network, coding in ((reader(-1), "integers"), (reader(1), "opposed integers")):
        found = frog_and_toad.rises(network, coding, seen)
        assert frog_and_toad.shared_rise(found.own, found.partner).sum() == 0


def test_a_lesion_silences_units_with_an_index_and_as_many_matched_ones():
    network = learning.new_network("integers", 0)
    found, asked = frog_and_toad.rises(network, "integers", frog_and_toad.Seed(0, **SMALL).matched), []
    frog_and_toad.lesion(found, lambda masks: asked.append(np.concatenate(masks)) or 0.0, np.random.default_rng(0))
    silenced = [np.flatnonzero(mask == 0) for mask in asked]
    top, matched = silenced[-1], silenced[:-1]
    assert len(matched) == frog_and_toad.N_LESIONS and {len(one) for one in silenced} == {7}
    assert not set(top) & set(np.concatenate(matched))
    scaled = frog_and_toad.shared_rise(found.own, found.partner) / np.maximum(found.deviation, 1e-6)
    assert set(top) == set(np.argsort(-scaled[: 2 * learning.HIDDEN])[:7])
    lone = frog_and_toad.rises(reader(1), "integers", frog_and_toad.Seed(0, **SMALL).matched)
    assert np.isnan(frog_and_toad.lesion(lone, lambda masks: 0.0, np.random.default_rng(0)))


@pytest.mark.parametrize("condition", frog_and_toad.CONDITIONS)
def test_every_condition_is_measured_and_the_same_alone(condition):
    def one(shared):
        network = frog_and_toad.learned(condition, shared, n_batches=2, n_rounds=1)
        return frog_and_toad.measured(network, condition, shared, n_games=8)

    alone = one(frog_and_toad.Seed(3, **SMALL))
    assert set(alone) == set(experiment_named("frog_and_toad").measures)
    used = frog_and_toad.Seed(3, **SMALL)
    used.test, used.without_helping, used.matched  # noqa: B018
    frog_and_toad.learned("integers / labels", used, n_batches=2)
    assert alone == pytest.approx(one(used), nan_ok=True, abs=0)


def test_seeds_differ():
    first, second = (
        frog_and_toad.learned("one-hot / labels", frog_and_toad.Seed(seed, **SMALL), n_batches=2) for seed in (0, 1)
    )
    assert not np.allclose(first.theta, second.theta)


def test_labels_are_learned():
    shared = frog_and_toad.Seed(0, 4000, 1000, 60)
    before, after = (
        frog_and_toad.learned(f"one-hot / {how}", shared, n_batches=1000) for how in ("untrained", "labels")
    )
    x, action = game.encode(shared.test[0], "one-hot"), shared.test[1]
    right = [(network.layers(x)[-1].argmax(1) == action).mean() for network in (before, after)]
    assert right[1] > 0.75 > right[0]


def test_bad_names_and_networks_are_refused():
    with pytest.raises(OptionError, match="unknown coding 'integer'.*integers"):
        game.encode(board(), "integer")
    with pytest.raises(OptionError, match="unknown condition 'integers / label'"):
        frog_and_toad.learned("integers / label", frog_and_toad.Seed(0, **SMALL))
    with pytest.raises(OptionError, match="must have 193 inputs and 4 outputs"):
        learning.play(learning.new_network("integers", 0), "one-hot", np.random.default_rng(0))
    with pytest.raises(OptionError, match=r"must be \(n, 100\)"):
        learning.new_network("integers", 0).layers(np.zeros((2, 3), np.float32))


def test_a_few_rows_of_the_table_come_out_again():
    experiment = experiment_named("frog_and_toad")
    table, rng = read_study(experiment), stream(0, "frog and toad made again")
    assert sorted(set(table.seed)) == list(range(100, 110)) and len(table) == 10 * len(frog_and_toad.CONDITIONS)
    for how in ("untrained", "labels"):
        kept = table[table.condition.str.endswith(f"/ {how}")]
        row = kept.iloc[int(rng.integers(len(kept)))]
        with threadpool_limits(1):
            again = experiment.learn(experiment.learner(int(row.seed), (row.condition,))).iloc[0]
        # another processor rounds otherwise, and learning carries that on
        for name in ("label_accuracy", "help_recall", "distress_r", "distress_index_scaled"):
            assert again[name] == pytest.approx(row[name], abs=0.02), f"{row.condition}, seed {row.seed}: {name}"
