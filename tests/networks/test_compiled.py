"""The compiled GRU computes what PyTorch computes: hidden states, losses and every gradient."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training import plain
from mirror_core.networks.training.compiled.layout import places
from mirror_core.networks.training.lessons import Lessons, make_lessons
from mirror_core.runs.workers import one_thread

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


@pytest.fixture(autouse=True, scope="module")
def one_thread_of_pytorch():
    """Several threads only wait for each other on networks this small, for long on a busy machine."""
    with one_thread():
        yield


def in_double(network: MirrorNetwork, lessons: Lessons) -> tuple[MirrorNetwork, Lessons]:
    """Return a network and lessons to compute the right answer with."""
    exact = Lessons(lessons.actions, lessons.sensations.double(), lessons.observed.double(), lessons.labels)
    return network.double(), exact


def one_batch(config: Config) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the losses and the gradients of one batch, without learning from it."""
    lessons = make_lessons(config, "train", config.training.batch_size)
    network = MirrorNetwork(config)
    one = compiled._One(network, config, lessons, lessons)
    one.adam.rate[:] = 0
    found = one.learn(np.arange(len(lessons)))
    gradients: dict[str, list[np.ndarray]] = {}
    for name, _, array in places(network, one.gradients):
        gradients.setdefault(name, []).append(array)
    return found, {name: np.concatenate(parts) for name, parts in gradients.items()}


@settings(max_examples=60)
@given(CONFIGS)
def test_losses_and_gradients_are_those_of_automatic_differentiation(config):
    losses, gradients = one_batch(config)
    network, lessons = in_double(MirrorNetwork(config), make_lessons(config, "train", config.training.batch_size))
    expected = plain.losses(network, config, lessons)
    total = plain.total(expected, config)
    total.backward()
    assert losses == pytest.approx({k: v.item() for k, v in expected.items()}, rel=2e-6)
    assert gradients.keys() == dict(network.named_parameters()).keys()
    for name, parameter in network.named_parameters():
        right = np.zeros(parameter.shape) if parameter.grad is None else parameter.grad.numpy()
        np.testing.assert_allclose(gradients[name], right, rtol=1e-4, atol=2e-6 * max(1, abs(right).max()))


@pytest.mark.parametrize("reading", READINGS)
def test_hidden_states_are_those_of_pytorch(reading):
    config = configure(SMALL, reading)
    lessons, network = make_lessons(config, "train", 9), MirrorNetwork(config)
    one = compiled._One(network, config, lessons, lessons)
    n_slots, n_shown = one.plan.slots.shape[1], len(one.weights.inputs)
    buffers = gru._make_buffers(5, n_shown, 7, len(one.weights.heads), n_slots * 9)
    readers = np.concatenate([one.weights.recurrent[0], one.weights.heads])
    losses = np.zeros((n_slots, 2))
    gru._forward(0, readers, one.weights, one.lessons, np.arange(9), one.plan, buffers, losses)
    network, lessons = in_double(network, lessons)
    drives = [network.drive(lessons.actions, None), network.drive(None, lessons.observed)]
    drives += [network.drive(lessons.actions, lessons.observed)] * (reading == "self-observation")
    states = network.hidden("shared", torch.cat(drives)).detach().numpy()
    np.testing.assert_allclose(buffers.hidden[1:].transpose(2, 0, 1), states, atol=1e-6)


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
    one = compiled._One(network, config, lessons, lessons)
    before = {name: p.clone() for name, p in network.named_parameters()}
    with torch.no_grad():
        for p in network.parameters():
            p.fill_(torch.nan)
        one.write_back()
    assert all(torch.equal(p, before[name]) for name, p in network.named_parameters())


def test_code_that_is_kept_gives_the_numbers_of_code_just_compiled(tmp_path):
    code = (
        "from mirror_core.config.settings import Config; from mirror_core.networks.training.loop import train;"
        "c = Config().change(hidden_size=8, input_size=8, n_sequences=200, n_epochs=2, n_heldout=20);"
        "print(train(c).history.loss.tolist())"
    )
    kept = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    told = [
        subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True, check=True).stdout
        for _ in ("compiles", "loads")
    ]
    assert told[0] == told[1]
