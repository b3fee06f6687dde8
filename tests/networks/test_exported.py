"""A folded network, run in plain NumPy, says what PyTorch says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit

from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.networks.exported import folded
from mirror_core.networks.network import MirrorNetwork
from mirror_core.recordings.of_networks import heldout_episodes


def said(arrays: dict[str, np.ndarray], mode: str, drive: np.ndarray) -> np.ndarray:
    """Advance a mode as the docstring says, and read its own head."""
    core = "core_shared" if "core_shared/recurrent" in arrays else f"core_{mode}"
    recurrent, bias = arrays[f"{core}/recurrent"], arrays[f"{core}/candidate_bias"]
    state, states = np.zeros((len(drive), len(bias))), []
    for now in drive.swapaxes(0, 1):
        (in_r, in_z, in_n), (g_r, g_z, g_n) = np.split(now, 3, axis=1), np.split(state @ recurrent.T, 3, axis=1)
        candidate = np.tanh(in_n + expit(in_r + g_r) * (g_n + bias))
        state = candidate + expit(in_z + g_z) * (state - candidate)
        states.append(state)
    return np.stack(states, axis=1) @ arrays[f"{mode}/head"].T + arrays[f"{mode}/head_bias"]


@pytest.mark.parametrize("condition", ["shared", "separate-cores", "separate-cores-shared-heads"])
def test_a_folded_network_says_the_same(condition):
    config = configure(Config().change(hidden_size=10, input_size=7), "as-written", condition)
    network, episodes = MirrorNetwork(config), heldout_episodes(config, 5)
    arrays = folded(network)
    drives = {
        "perform": arrays["perform/drive"][episodes.actions],
        "observe": episodes.sensations @ arrays["observe/drive"].T + arrays["observe/drive_bias"],
    }
    actions, sensations = torch.from_numpy(episodes.actions), torch.from_numpy(episodes.sensations)
    for mode, objective, seen in (("perform", "predict", (actions, None)), ("observe", "infer", (None, sensations))):
        heads = network.heads[objective]
        head = heads["shared" if "shared" in heads else mode]
        with torch.no_grad():
            expected = head(network.hidden(network.core_of(mode), network.drive(*seen)))
        np.testing.assert_allclose(said(arrays, mode, drives[mode]), expected, atol=1e-5)


def test_a_separate_core_is_exported_once_a_mode_and_a_shared_one_once():
    shared, separate = (
        folded(MirrorNetwork(configure(Config().change(hidden_size=4), "as-written", condition)))
        for condition in ("shared", "separate-cores")
    )
    assert {name.split("/")[0] for name in shared} == {"core_shared", "perform", "observe"}
    assert {name.split("/")[0] for name in separate} == {"core_perform", "core_observe", "perform", "observe"}
    assert not np.array_equal(separate["core_perform/recurrent"], separate["core_observe/recurrent"])


def test_another_core_is_refused():
    with pytest.raises(OptionError, match="LSTM"):
        folded(MirrorNetwork(Config().change(core="lstm", hidden_size=4)))
