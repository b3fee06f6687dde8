"""Every core: what it computes, that it sees no future, and that it trains in every reading."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from mirror_core.checks import OptionError
from mirror_core.config.conditions import READINGS, configure
from mirror_core.config.settings import Config
from mirror_core.networks import cores
from mirror_core.networks.cores import CORES
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training import plain
from mirror_core.networks.training.loop import train, train_many
from mirror_core.recordings.of_networks import heldout_episodes, record

SMALL = Config().change(
    hidden_size=12, input_size=9, n_sequences=70, n_heldout=20, batch_size=16, n_epochs=2, sequence_length=5
)


def drawn(core: str) -> tuple[torch.nn.Module, torch.Tensor]:
    """Return a core with drawn weights, and something that drives it."""
    module = MirrorNetwork(SMALL.change(core=core)).requires_grad_(False).cores["shared"]
    return module, torch.from_numpy(np.random.default_rng(0).standard_normal((4, 5, 9)).astype(np.float32))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_every_core_of_the_module_can_be_chosen():
    public = {
        c for n, c in inspect.getmembers(cores, inspect.isclass) if c.__module__ == cores.__name__ and n[0] != "_"
    }
    assert public == set(CORES.values())


def test_an_unknown_core_is_refused_with_the_nearest_name():
    with pytest.raises(OptionError, match="unknown core 'lstn'. Did you mean 'lstm'"):
        Config().change(core="lstn")


@pytest.mark.parametrize("core", ["gru", "lstm", "rnn-tanh", "rnn-relu"])
def test_plain_operations_compute_what_pytorchs_module_does(core):
    module, drive = drawn(core)
    expected = module(drive)[0]
    module.unrolled = True
    torch.testing.assert_close(module(drive)[0], expected)


def test_the_minimal_gated_unit_by_hand():
    module, drive = drawn("minimal-gated")
    w = {name: p.numpy() for name, p in module.named_parameters()}
    h = np.zeros((4, 12))
    for t in range(5):
        f, c = np.split(drive[:, t].numpy() @ w["weight_ih"].T + w["bias"], 2, axis=1)
        f = sigmoid(f + h @ w["weight_gate"].T)
        h = (1 - f) * h + f * np.tanh(c + (f * h) @ w["weight_candidate"].T)
        np.testing.assert_allclose(module(drive)[0][:, t], h, atol=1e-6)


def test_the_state_space_by_its_impulse_responses():
    module, drive = drawn("state-space")
    w = {name: p.numpy() for name, p in module.named_parameters()}
    keep = sigmoid(w["retention"])
    pushed = np.sqrt(1 - keep**2) * (drive.numpy() @ w["weight"].T + w["bias"])
    last = sum(keep ** (4 - t) * pushed[:, t] for t in range(5))
    np.testing.assert_allclose(module(drive)[0][:, 4], last, atol=1e-6)
    assert keep.min() > 0.1 and keep.max() < 0.96 and np.ptp(keep) > 0.5


def test_the_transformer_attends_as_pytorch_does():
    module, drive = drawn("transformer")
    reference = torch.nn.TransformerEncoderLayer(
        12, module.n_heads, 24, dropout=0, activation="gelu", batch_first=True, norm_first=True
    ).eval()
    pairs = {
        reference.self_attn.in_proj_weight: module.attend.weight,
        reference.self_attn.in_proj_bias: module.attend.bias,
    }
    for theirs, ours in (
        (reference.self_attn.out_proj, module.merge),
        (reference.linear1, module.widen),
        (reference.linear2, module.narrow),
    ):
        pairs |= {theirs.weight: ours.weight, theirs.bias: ours.bias}
    with torch.no_grad():
        for theirs, ours in pairs.items():
            theirs.copy_(ours)
        position, unit = np.arange(5)[:, None], np.arange(12)
        angle = position / 10000 ** (unit // 2 * 2 / 12)
        entered = module.enter(drive) + torch.from_numpy(np.where(unit % 2, np.cos(angle), np.sin(angle))).float()
        expected = reference(entered, torch.nn.Transformer.generate_square_subsequent_mask(5), is_causal=True)
        expected = torch.nn.functional.layer_norm(expected, (12,))
    torch.testing.assert_close(module(drive)[0], expected, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("core", CORES)
def test_no_core_sees_the_future_and_each_remembers_the_past(core):
    module, drive = drawn(core)
    states = module(drive)[0]
    assert states.shape == (4, 5, 12)
    other = drive.clone()
    other[:, 3] += 1
    moved = (module(other)[0] - states).abs().amax(dim=(0, 2))
    assert not moved[:3].any() and (moved[3:] > 1e-4).all()


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("reading", READINGS)
def test_every_core_trains_alone_and_together_as_in_the_plain_loop(core, reading):
    config = configure(SMALL.change(core=core), reading)
    _, rows = plain.train(config)
    last = [row["loss"] for row in rows if row["epoch"] == 2]
    together = train_many([config.change(seed=1, learning_rate=1e-4), config])[1]
    for trained in (train(config), together):
        np.testing.assert_allclose(trained.history.query("epoch == 2").loss, last, rtol=1e-5)
    recording = record(together.network, heldout_episodes(config, 6))
    assert recording.shape == (2, 6, 5, 12) and np.isfinite(recording).all()


@pytest.mark.parametrize("core", CORES)
def test_every_core_learns_both_objectives(core):
    config = SMALL.change(core=core, hidden_size=24, n_sequences=200, n_epochs=12, learning_rate=0.01)
    heldout = train(config).history.query("split == 'held-out'").set_index(["epoch", "objective"]).loss
    assert heldout[12, "predict"] < 0.4 * heldout[0, "predict"]
    assert heldout[12, "infer"] < 0.4 * heldout[0, "infer"]


@pytest.mark.parametrize("core", CORES)
def test_a_frozen_core_stays_whatever_it_is(core):
    config = configure(SMALL.change(core=core), "as-written", "frozen-core")
    start, end = MirrorNetwork(config).state_dict(), train(config).network.state_dict()
    moved = {name for name in start if not torch.equal(start[name], end[name])}
    assert moved == {name for name in start if not name.startswith("cores")}
