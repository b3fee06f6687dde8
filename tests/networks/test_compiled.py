"""The compiled GRU computes what PyTorch computes: hidden states, losses and every gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training import plain
from mirror_core.networks.training.lessons import Lessons, make_lessons
from mirror_core.networks.training.losses import learning_names

gru = pytest.importorskip("mirror_core.networks.training.compiled.gru")
compiled = pytest.importorskip("mirror_core.networks.training.compiled.learner")

SMALL = Config().change(hidden_size=7, input_size=5, sensory_dim=3, n_actions=4, sequence_length=5)
CONFIGS = st.builds(
    lambda reading, condition, **changes: configure(Config().change(**changes), reading, condition),
    reading=st.sampled_from(list(READINGS)),
    condition=st.sampled_from(list(CONDITIONS)),
    hidden_size=st.integers(1, 40),
    input_size=st.integers(1, 20),
    sensory_dim=st.integers(1, 20),
    n_actions=st.integers(2, 9),
    sequence_length=st.integers(2, 9),
    batch_size=st.integers(1, 40),
    predict_weight=st.sampled_from([0.3, 1.0]),
    seed=st.integers(0, 1000),
)


def in_double(network: MirrorNetwork, lessons: Lessons) -> tuple[MirrorNetwork, Lessons]:
    """Return a network and lessons to compute the right answer with."""
    exact = Lessons(lessons.actions, lessons.sensations.double(), lessons.observed.double(), lessons.labels)
    return network.double(), exact


def one_batch(config: Config) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the losses and the gradients of one batch, without learning from it."""
    lessons = make_lessons(config, "train", config.training.batch_size)
    network = MirrorNetwork(config)
    one = compiled._One(network, config, lessons, lessons)
    one.adam[4][:] = 0  # the learning rates
    found = one.go_through(one.lessons, np.arange(len(lessons)))
    gradients: dict[str, list[np.ndarray]] = {}
    for name, _, array in compiled.places(network, one.plan, one.gradients):
        gradients.setdefault(name, []).append(array)
    return found, {name: np.concatenate(parts) for name, parts in gradients.items()}


@pytest.mark.parametrize("n_units", [1, 5, 16, 17, 97])
@pytest.mark.parametrize("condition", ["shared", "frozen-core", "separate-cores"])
def test_a_gradient_of_any_size_is_that_of_automatic_differentiation(n_units, condition):
    config = Config().change(hidden_size=n_units, input_size=n_units + 1, sequence_length=4, batch_size=13)
    same_as_automatic(configure(config, "self-observation", condition))


@settings(max_examples=60)
@given(CONFIGS)
def test_losses_and_gradients_are_those_of_automatic_differentiation(config):
    same_as_automatic(config)


def same_as_automatic(config: Config) -> None:
    """Assert that losses, and gradients of what learns, are those of automatic differentiation in double precision."""
    losses, gradients = one_batch(config)
    network, lessons = in_double(MirrorNetwork(config), make_lessons(config, "train", config.training.batch_size))
    expected = plain.losses(network, config, lessons)
    total = plain.total(expected, config)
    total.backward()
    assert losses == pytest.approx({k: v.item() for k, v in expected.items()}, rel=2e-6)
    assert gradients.keys() == dict(network.named_parameters()).keys()
    for name in learning_names(network, config):
        parameter = network.get_parameter(name)
        right = np.zeros(parameter.shape) if parameter.grad is None else parameter.grad.numpy()
        np.testing.assert_allclose(gradients[name], right, rtol=1e-4, atol=2e-6 * max(1, abs(right).max()))


@pytest.mark.parametrize("n_units", [1, 5, 17, 97])
@pytest.mark.parametrize("reading", READINGS)
def test_hidden_states_are_those_of_pytorch(reading, n_units):
    config = configure(SMALL.change(hidden_size=n_units), reading)
    lessons, network = make_lessons(config, "train", 9), MirrorNetwork(config)
    one = compiled._One(network, config, lessons, lessons)
    memory = compiled.empty_memory(one.weights, one.plan, 5, 9)
    memory.seen[:, :9] = one.lessons.seen.transpose(1, 0, 2)
    index = np.r_[:9, 0, 0, 0]
    drive, losses = gru._driven(0, one.weights, one.plan), np.zeros((len(one.names), 2))
    network, lessons = in_double(network, lessons)
    for which, one_pass in enumerate(passes(config)):
        gru._forward(which, index[:9], index, drive, one.weights, one.lessons, one.plan, memory, losses)
        driven = network.drive(
            lessons.actions if one_pass.sees_actions else None, lessons.observed if one_pass.sees_sensations else None
        )
        states = network.hidden("shared", driven).detach().numpy()
        ours = memory.hidden[1 + np.arange(5)[:, None], memory.state][:, :9, :n_units]
        np.testing.assert_allclose(ours.transpose(1, 0, 2), states, atol=1e-6)


@pytest.mark.parametrize("condition", ["shared", "forward-only", "frozen-core"])
def test_states_that_episodes_share_give_the_gradients_of_all(condition):
    config = SMALL.change(n_actions=2, batch_size=41, sequence_length=7, initial_std=1.0, weight_decay=0.1)
    for reading in READINGS:
        same_as_automatic(configure(config, reading, condition))


@given(st.integers(0, 1000), st.integers(2, 5), st.integers(1, 70))
def test_a_row_stands_for_the_episodes_that_began_alike(seed, n_actions, n_episodes):
    config = SMALL.change(seed=seed, n_actions=n_actions)
    lessons, network = make_lessons(config, "train", n_episodes), MirrorNetwork(config)
    one = compiled._One(network, config, lessons, lessons)
    index = np.r_[:n_episodes, np.zeros(-n_episodes % 4, int)]
    memory = compiled.empty_memory(one.weights, one.plan, config.training.sequence_length, n_episodes)
    gru._share(0, index, one.lessons, one.plan, memory)
    actions = lessons.actions.numpy()[index]
    for t in range(actions.shape[1]):
        rows, count = memory.state[t], memory.count[t]
        assert rows.max() < count <= len(rows) and count % 4 == 0
        began = {tuple(episode) for episode in np.c_[rows, actions[:, : t + 1]].tolist()}
        assert len(began) == len(set(rows.tolist()))  # a row has one beginning
        assert count == len(rows) or count <= len({one[1:] for one in began}) + 3  # and a beginning one row
        if t > 0:
            np.testing.assert_array_equal(memory.parent[t, rows], memory.state[t - 1])
        assert (memory.parent[t, :count] <= np.arange(count)).all()
        np.testing.assert_array_equal(memory.action[t, rows], actions[:, t])
    assert n_episodes < 40 or memory.count[0] < len(index)


@given(st.integers(1, 5), st.integers(1, 9), st.integers(0, 30), st.integers(0, 1000))
def test_products_of_every_shape(rows, columns, depth, seed):
    rng = np.random.default_rng(seed)
    a, b, c = (
        rng.standard_normal(s).astype(np.float32)
        for s in ((4 * rows, depth), (depth, 8 * columns), (4 * rows, 8 * columns))
    )
    transposed, wide = c.copy(), np.zeros((4 * rows, 8 * columns + 3), np.float32)
    expected = c + a.astype(float) @ b
    gru.add_product(a, b, c)
    gru.add_product(np.ascontiguousarray(a.T).T, b, transposed)
    gru.add_product(a, b, wide[:, 2:-1])
    np.testing.assert_allclose(c, expected, atol=1e-5)
    np.testing.assert_array_equal(transposed, c)
    assert not wide[:, :2].any() and not wide[:, -1:].any()


def test_tanh_and_sigmoid_to_single_precision():
    x = np.r_[np.linspace(-12, 12, 20001), 1e-30, -1e30, 1e30].astype(np.float32)
    exact = x.astype(float)
    np.testing.assert_allclose([gru._tanh(v) for v in x], np.tanh(exact), rtol=5e-7, atol=1e-37)
    sigmoid = 1 / (1 + np.exp(-np.clip(exact, -700, 700)))
    np.testing.assert_allclose([gru._sigmoid(v) for v in x], sigmoid, atol=2.5e-7)


def test_weights_return_from_the_compiled_code_unchanged():
    config = configure(SMALL, "dual-readout", "separate-cores")
    network = MirrorNetwork(config)
    lessons = make_lessons(config, "train", 3)
    learner = compiled.CompiledLearner([network], [config], [lessons], [lessons])
    before = {name: p.clone() for name, p in network.named_parameters()}
    with torch.no_grad():
        for p in network.parameters():
            p.fill_(torch.nan)
        learner.write_back()
    assert all(torch.equal(p, before[name]) for name, p in network.named_parameters())
