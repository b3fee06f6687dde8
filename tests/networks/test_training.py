"""Training: the fast ways give the plain loop's numbers, and each condition does what it says."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from mirror_core.arrays import MODES
from mirror_core.checks import OptionError
from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training import loop, plain
from mirror_core.networks.training.autograd import AutogradLearner
from mirror_core.networks.training.lessons import make_lessons
from mirror_core.networks.training.loop import Trained, train, train_many
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.seeding import stream
from mirror_core.worlds.linear import make_world

SMALL = Config().change(
    hidden_size=10, input_size=9, n_sequences=70, n_heldout=20, batch_size=16, n_epochs=2, sequence_length=5
)
CURVE = ["epoch", "split", "mode", "objective"]
EVERY = [(reading, condition) for reading in READINGS for condition in CONDITIONS]


def without_numba(patch: pytest.MonkeyPatch) -> None:
    """Let the library think that Numba is not installed."""
    found = importlib.util.find_spec
    patch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "numba" else found(name, *rest))


def loss(trained: Trained, **where: object) -> np.ndarray:
    """Return the loss curve of some rows."""
    history = trained.history
    for column, value in where.items():
        history = history[history[column] == value]
    return history.loss.to_numpy()


def changed(trained: Trained, config: Config) -> set[str]:
    """Return the names of the parameters that training moved."""
    start = dict(MirrorNetwork(config).named_parameters())
    return {name for name, p in trained.network.named_parameters() if not torch.equal(p, start[name])}


def same_training(trained: Trained, network: MirrorNetwork, rows: list[dict], rtol: float) -> None:
    """Assert that loss curves and weights agree."""
    ours = trained.history.set_index(CURVE).loss.sort_index()
    plain = pd.DataFrame(rows).set_index(CURVE).loss.sort_index()
    pd.testing.assert_series_equal(ours, plain, rtol=rtol)
    for name, p in trained.network.named_parameters():
        torch.testing.assert_close(p, network.get_parameter(name).detach(), rtol=10 * rtol, atol=rtol)


@pytest.mark.parametrize(("reading", "condition"), EVERY)
def test_every_condition_trains_as_the_plain_loop_does(reading, condition, monkeypatch):
    config = configure(SMALL.change(weight_decay=0.01, infer_weight=0.7), reading, condition)
    network, rows = plain.train(config)
    same_training(train(config), network, rows, rtol=1e-5)
    without_numba(monkeypatch)
    same_training(train(config), network, rows, rtol=1e-5)


@pytest.mark.parametrize("condition", ["shared", "untrained"])
def test_held_out_losses_that_nobody_asked_for_are_left_out_and_nothing_else(condition):
    config = configure(SMALL, "self-observation", condition)
    asked, not_asked = train(config), train(config, curves=False)
    assert all(map(torch.equal, asked.network.parameters(), not_asked.network.parameters()))
    kept = asked.history[(asked.history.split == "train") | (asked.history.epoch == asked.history.epoch.max())]
    pd.testing.assert_frame_equal(kept.reset_index(drop=True), not_asked.history, check_exact=True)


def test_a_whole_training_agrees_with_the_plain_loop():
    config = Config().change(hidden_size=24, n_sequences=300, batch_size=32, n_epochs=15)
    same_training(train(config), *plain.train(config), rtol=1e-4)


@pytest.mark.parametrize("reading", READINGS)
def test_networks_trained_together_are_those_trained_alone(reading, monkeypatch):
    base = configure(SMALL, reading)
    configs = [
        base,
        base.change(seed=7, learning_rate=0.01, weight_decay=0.1, predict_weight=0.2),
        base.change(noise_std=0.5, paired=False, shuffled_labels=True),
    ]
    alone = [train(config) for config in configs]
    for one, other in zip(alone, train_many(configs), strict=True):
        pd.testing.assert_frame_equal(one.history, other.history, check_exact=True)
        assert all(map(torch.equal, one.network.parameters(), other.network.parameters()))
    without_numba(monkeypatch)
    for one, other in zip(alone, train_many(configs), strict=True):
        same_training(one, other.network, other.history.to_dict("records"), rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"hidden_size": 11}, "network"),
        ({"n_actions": 5}, "n_actions"),
        ({"infer_weight": 0.0}, "passes"),
        ({"batch_size": 15}, "batch_size"),
    ],
)
def test_networks_that_cannot_be_trained_together_are_refused(change, named):
    with pytest.raises(OptionError, match=f"must agree in {named}"):
        train_many([SMALL, SMALL.change(seed=1), SMALL.change(**change, seed=2)])


def test_no_networks_are_trained_at_once():
    assert train_many([]) == []


def test_a_frozen_core_stays_and_the_rest_learns():
    config = configure(SMALL.change(weight_decay=0.01), "self-observation", "frozen-core")
    every = {name for name, _ in MirrorNetwork(config).named_parameters()}
    assert changed(train(config), config) == {name for name in every if not name.startswith("cores")}


@pytest.mark.parametrize("numba", [True, False])
def test_what_vision_has_learnt_stays_when_acting_is_learnt(numba, monkeypatch):
    if not numba:
        without_numba(monkeypatch)
    config = configure(SMALL.change(habit=0.8, weight_decay=0.01), "as-written", "vision")
    watched = train(SMALL.change(habit=0.8, weight_decay=0.01, watching=True))
    trained = train(config)
    whole, seen = (dict(one.network.named_parameters()) for one in (trained, watched))
    start = dict(MirrorNetwork(config).named_parameters())
    for name in whole:
        stays = name.startswith(("cores", "projection"))
        assert torch.equal(whole[name], seen[name]) == stays, name
        assert not torch.equal(whole[name], start[name])
    first = trained.history[trained.history["mode"] == "watch"].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, watched.history, check_exact=True)
    assert set(trained.history[trained.history["mode"] == "perform"].epoch) == {2, 3, 4}
    assert trained.history.epoch.max() == 4


def test_watching_is_asked_for_the_sensation_that_follows():
    config = SMALL.change(watching=True, paired=False)
    lessons, ordinary = make_lessons(config, "train", 5), make_lessons(SMALL.change(paired=False), "train", 5)
    assert torch.equal(lessons.observed, ordinary.observed[:, :-1])
    assert torch.equal(lessons.sensations, ordinary.observed[:, 1:])
    assert len({part.shape[:2] for part in vars(lessons).values()}) == 1


def test_habits_can_be_foreseen_and_independent_actions_cannot():
    config = Config().change(hidden_size=24, n_sequences=600, n_epochs=15, learning_rate=3e-3, seed=3, watching=True)
    last = {"split": "held-out", "mode": "watch", "epoch": 15}
    of_effects = make_world(config.world, 3).effects.var(axis=0).mean()  # what is not known of the next action
    assert loss(train(config), **last) > 0.9 * of_effects
    assert loss(train(config.change(habit=1.0)), **last) < 0.5 * of_effects


def test_another_agent_can_learn_in_the_same_world():
    other = train(SMALL, start=MirrorNetwork(SMALL.change(seed=9)))
    ours, theirs = train(SMALL), train(SMALL.change(seed=9))
    for one in (ours, theirs):
        assert not torch.equal(other.network.projection.weight, one.network.projection.weight)
    again = train(SMALL, start=MirrorNetwork(SMALL))
    assert all(map(torch.equal, again.network.parameters(), ours.network.parameters()))


def test_without_a_curriculum_training_is_the_epochs_of_one_learner():
    config = configure(SMALL.change(weight_decay=0.01), "self-observation")
    network, order = MirrorNetwork(config), stream(config.seed, "order")
    lessons, heldout = (make_lessons(config, *of) for of in (("train", 70), ("held-out", 20)))
    learner = loop._learner([network], [config], [lessons], [heldout], "cpu")
    for _ in range(2):
        learner.epoch([order.permutation(70)])
    learner.write_back()
    assert all(map(torch.equal, network.parameters(), train(config).network.parameters()))


def test_an_untrained_network_is_as_drawn_and_has_no_curve():
    config = configure(SMALL, "as-written", "untrained")
    trained = train(config)
    assert not changed(trained, config)
    assert set(trained.history.epoch) == {0} and set(trained.history.split) == {"held-out"}


def test_what_no_loss_depends_on_is_left_alone_also_by_weight_decay():
    config = configure(SMALL.change(weight_decay=0.1), "as-written", "forward-only")
    untouched = {"projection.weight", "projection.bias", "heads.infer.shared.weight", "heads.infer.shared.bias"}
    every = {name for name, _ in MirrorNetwork(config).named_parameters()}
    assert every - changed(train(config), config) == untouched


def test_which_episodes_the_other_core_observes_cannot_matter_as_written():
    """With separate cores the two losses never meet, so pairing changes the observe mode's lessons and no more."""
    config = configure(SMALL, "as-written", "separate-cores")
    paired, mispaired = train(config), train(config.change(paired=False))
    np.testing.assert_array_equal(loss(paired, mode="perform"), loss(mispaired, mode="perform"))
    assert not np.allclose(loss(paired, mode="observe"), loss(mispaired, mode="observe"))
    shared = configure(SMALL, "as-written", "shared")
    coupled = train(shared), train(shared.change(paired=False))
    assert not np.allclose(*(loss(trained, mode="perform") for trained in coupled))


def test_what_the_other_objective_is_asked_about_matters_under_self_observation():
    """The joint pass brings the other objective's sensations into the perform core, so there pairing does matter."""
    config = configure(SMALL, "self-observation", "separate-cores")
    paired, mispaired = train(config), train(config.change(paired=False))
    assert not np.allclose(loss(paired, mode="perform"), loss(mispaired, mode="perform"))


def test_shuffled_labels_cannot_be_inferred():
    config = Config().change(hidden_size=24, n_sequences=600, n_epochs=15, learning_rate=3e-3, seed=3)
    last = {"split": "held-out", "mode": "observe", "epoch": 15}
    assert loss(train(config), **last) < 0.5
    assert loss(train(config.change(shuffled_labels=True)), **last) > np.log(6) - 0.05  # chance, in nats


def test_on_epoch_counts_and_weights_no_longer_need_gradients():
    seen = []
    trained = train(SMALL, seen.append)
    assert seen == [1, 2]
    assert not trained.network.training and not any(p.requires_grad for p in trained.network.parameters())
    assert list(trained.history.columns) == [*CURVE, "loss"]


@pytest.mark.parametrize("numba", [True, False])
def test_a_loss_that_is_not_finite_stops_training(numba, monkeypatch):
    if not numba:
        without_numba(monkeypatch)
    said = r"loss of the \w+ pass is \w+ after epoch 1 \(seed 42\): lower learning_rate = 1e\+30"
    with pytest.raises(FloatingPointError, match=said):
        train(SMALL.change(learning_rate=1e30))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_numbers_of_the_processor():
    configs = [SMALL, SMALL.change(seed=1)]
    for one, other in zip(train_many(configs), train_many(configs, device="cuda"), strict=True):
        same_training(one, other.network, other.history.to_dict("records"), rtol=1e-4)


def test_automatic_differentiation_is_used_where_the_compiled_code_cannot_be(monkeypatch):
    without_numba(monkeypatch)
    used = []
    monkeypatch.setattr(AutogradLearner, "write_back", lambda self: used.append(self.device))
    train(SMALL)
    assert used == ["cpu"]


def test_the_plain_file_records_and_says_what_the_library_does():
    config = configure(SMALL, "self-observation")
    network, _ = plain.train(config)
    ours = record(network, heldout_episodes(config, 30))
    for mode, one in zip(MODES, plain.record(network, config, 30), strict=True):
        np.testing.assert_array_equal(ours.sel(mode=mode).values, one)


def test_the_plain_file_runs_as_a_program():
    command = [
        sys.executable,
        "-m",
        "mirror_core.networks.training.plain",
        "--epochs",
        "1",
        "--reading",
        "dual-readout",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    strong, moderate = map(float, re.findall(r"(\d\.\d+) of units.*: (\d\.\d+);", done.stdout)[0])
    assert 0 <= strong <= 1 and 0 <= moderate <= 1
