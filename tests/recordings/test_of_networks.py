"""Recordings: labelled, held out, and equal to running the core by hand."""

import numpy as np
import pytest
import torch

from mirror_core.analysis import RecordingError
from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head
from mirror_core.networks.training.loop import make_lessons
from mirror_core.recordings.formats import read_recording
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.of_networks import heldout_episodes, record, recording
from mirror_core.worlds.episodes import Episodes

SMALL = Config().change(hidden_size=5, input_size=4, sensory_dim=3)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_by_hand(core, inputs):
    """Run the GRU equations of Cho et al. (2014), in PyTorch's form, one timestep at a time."""
    w_in, w_rec = core.weight_ih_l0.detach().double().numpy(), core.weight_hh_l0.detach().double().numpy()
    b_in, b_rec = core.bias_ih_l0.detach().double().numpy(), core.bias_hh_l0.detach().double().numpy()
    state, states = np.zeros((len(inputs), core.hidden_size)), []
    for t in range(inputs.shape[1]):
        i_r, i_z, i_n = np.split(inputs[:, t] @ w_in.T + b_in, 3, axis=1)
        h_r, h_z, h_n = np.split(state @ w_rec.T + b_rec, 3, axis=1)
        reset, update = sigmoid(i_r + h_r), sigmoid(i_z + h_z)
        state = (1 - update) * np.tanh(i_n + reset * h_n) + update * state
        states.append(state)
    return np.stack(states, axis=1)


@pytest.mark.parametrize("condition", ["shared", "separate-cores"])
def test_recording_is_the_core_run_in_each_mode(condition):
    config = configure(SMALL, "as-written", condition)
    network, episodes = MirrorNetwork(config), heldout_episodes(config, 4)
    recorded = record(network.requires_grad_(False), episodes)
    assert recorded.dims == ("mode", "sequence", "time", "unit")
    assert list(recorded.mode.values) == ["perform", "observe"]
    assert list(recorded.time.values) == list(range(1, 13))
    np.testing.assert_array_equal(recorded.action, episodes.actions)
    embedded = network.embedding.weight.double().numpy()[episodes.actions]
    weight, bias = network.projection.weight.double().numpy(), network.projection.bias.double().numpy()
    for mode, inputs in (("perform", embedded), ("observe", episodes.sensations @ weight.T + bias)):
        core = network.cores["shared" if condition == "shared" else mode]
        np.testing.assert_allclose(recorded.sel(mode=mode), gru_by_hand(core, inputs), atol=2e-6)


def test_episodes_are_held_out_and_the_same_for_every_condition():
    config = SMALL.change(n_sequences=50)
    test = heldout_episodes(config, 50)
    train = make_lessons(config, "train", 50)
    assert not np.array_equal(test.actions, train.actions.numpy())
    for condition in ("random-dynamics", "mispaired", "separate-cores"):
        other = heldout_episodes(configure(config, "self-observation", condition), 50)
        np.testing.assert_array_equal(other.sensations, test.sensations)
    assert not np.array_equal(heldout_episodes(config, 50, "fresh").actions, test.actions)


def test_initial_weights_have_the_default_distributions():
    network = MirrorNetwork(Config())
    reference = torch.nn.GRU(96, 96)
    for name, ours in network.cores["shared"].named_parameters():
        theirs = getattr(reference, name)
        assert ours.shape == theirs.shape
        assert abs(ours).max().item() == pytest.approx(abs(theirs).max().item(), rel=0.05)
        assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.15)
    assert network.embedding.weight.std().item() == pytest.approx(1, rel=0.15)


def test_too_few_test_episodes_are_refused():
    with pytest.raises(OptionError, match="n_sequences of the held-out episodes = 1"):
        heldout_episodes(SMALL, 1)


def test_modes_of_any_name_continuous_actions_and_a_context_are_recorded():
    rng = np.random.default_rng(0)
    episodes = Episodes(
        rng.normal(size=(4, 5, 2)),
        rng.normal(size=(4, 5, 3)),
        context={"regime": np.arange(4), "joint": rng.normal(size=(4, 5, 2))},
    )
    states = {name: rng.normal(size=(4, 5, 7)) for name in ("perform", "observe/mirrored", "observe")}
    found = recording(states, episodes)
    assert found.dims == ("mode", "sequence", "time", "unit") and list(found["mode"].values) == list(states)
    np.testing.assert_array_equal(found.sel(mode="observe").values, states["observe"])
    np.testing.assert_array_equal(found.action_1.values, episodes.actions[..., 1])
    assert found.joint_0.dims == ("sequence", "time") and found.regime.dims == ("sequence",)
    with pytest.raises(OptionError, match=r"'observe'.*\(4, 5, 7\)"):
        recording(states | {"observe": states["observe"][:2]}, episodes)


def test_any_two_modes_of_a_recording_are_read_from_its_file(tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "made.nc"
    episodes = Episodes(rng.integers(3, size=(4, 5)), rng.normal(size=(4, 5, 3)))
    states = {name: rng.normal(size=(4, 5, 7)) for name in ("perform", "observe/mirrored", "observe")}
    recording(states, episodes).to_netcdf(path, engine="h5netcdf")
    for layout, expected in ((Layout(), "observe"), (Layout(observe="observe/mirrored"), "observe/mirrored")):
        perform, observe, actions = read_recording(path, layout)
        np.testing.assert_array_equal(perform, states["perform"])
        np.testing.assert_array_equal(observe, states[expected])
        np.testing.assert_array_equal(actions, episodes.actions)
    with pytest.raises(RecordingError, match="modes perform, observe/mirrored, observe: it must have.*observe/seen"):
        read_recording(path, Layout(observe="observe/seen"))


def test_frames_and_a_mode_that_does_not_exist_are_refused():
    network = MirrorNetwork(SMALL)
    frames = Episodes(np.zeros((2, 6), int), np.zeros((2, 6, 16, 16), np.float32))
    with pytest.raises(
        OptionError, match=r"shape \(2, 6, 16, 16\) are not allowed: .*time, 3\); frames need an encoder"
    ):
        record(network, frames)
    with pytest.raises(OptionError, match="mode 'preform'. Did you mean 'perform'"):
        own_head(network, "preform")
