"""Pictures and continuous movement: entries of one size, passes by hand, and rows that depend on the seed alone."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from mirror_core.checks import OptionError
from mirror_core.experiments import experiment_named
from mirror_core.experiments import vision as study
from mirror_core.experiments.judging import claims_of
from mirror_core.experiments.mirroring import mean_r
from mirror_core.worlds.arm import TORQUES, ArmWorld

SMALL = study.Size(hidden_size=12, n_episodes=96, n_steps=4, batch=8, n_test=24, n_draws=19)
CORNERS = [ArmWorld(motor, sensation) for motor in ("continuous", "discrete") for sensation in ("frames", "angles")]


def lessons_and_network(kind, seed=0, size=SMALL):
    lessons = study.lessons_of(kind, seed, size.n_episodes)
    return lessons, study.train(kind, seed, size, lessons)


def test_conditions_cross_everything_and_differ_from_the_main_one_by_one_thing():
    main = study.KINDS[study.MAIN]
    assert set(study.CONDITIONS) == set(study.KINDS)
    settings = {(one.world.motor, one.world.sensation, one.world.inertia) for one in study.KINDS.values()}
    assert len(settings) == 8
    for name, part in {
        "untrained": "trained", "mispaired": "paired", "as-written": "joint", "mirrored experience": "mirrored",
        "continuous frames in separate cores": "separate", "discrete frames": "world", "continuous angles": "world",
    }.items():  # fmt: skip
        other = study.KINDS[name]
        assert {field for field in vars(main) if getattr(main, field) != getattr(other, field)} == {part}


@pytest.mark.parametrize("world", CORNERS, ids=lambda world: f"{world.sensation}, {world.motor}")
def test_commands_and_sensations_drive_the_core_with_the_same_size(world):
    lessons, network = lessons_and_network(study.Kind(world, trained=False))
    assert len(lessons) < 100  # so that these are all that the size was measured on
    for drive in (
        network.move(torch.from_numpy(lessons.actions)),
        network.see(torch.from_numpy(lessons.sensations)),
    ):
        assert drive.shape == (96, 12, 12)
        assert drive.square().mean().item() == pytest.approx(1, rel=1e-4)


def test_each_way_of_learning_has_the_passes_that_it_says(monkeypatch):
    seen = []
    kept = study.ArmNetwork.states

    def states(network, mode, drive):
        seen.append((mode, len(drive)))
        return kept(network, mode, drive)

    monkeypatch.setattr(study.ArmNetwork, "states", states)
    one = study.Size(hidden_size=6, n_episodes=16, n_steps=1, batch=8)
    found = {}
    for condition in (study.MAIN, "as-written", "continuous frames in separate cores", "untrained"):
        seen.clear()
        lessons_and_network(study.KINDS[condition], size=one)
        found[condition] = list(seen)
    assert found == {
        study.MAIN: [("perform", 24)],  # own, other, joint: one core runs all at once
        "as-written": [("perform", 16)],
        "continuous frames in separate cores": [("perform", 16), ("observe", 16)],
        "untrained": [],
    }


def test_passes_at_once_are_passes_one_by_one():
    world = ArmWorld("discrete", "angles")
    rng = np.random.default_rng(0)
    one, other = (torch.from_numpy(rng.standard_normal((3, 5, 6)).astype(np.float32)) for _ in (0, 1))
    for separate in (False, True):
        network = study.ArmNetwork(world, 0, 6, separate=separate)
        with torch.no_grad():
            both = study._both(network, {"perform": [one, one + other], "observe": [other, one + other]})
            for mode, own in (("perform", one), ("observe", other)):
                by_hand = torch.cat([network.states(mode, own), network.states(mode, one + other)])
                torch.testing.assert_close(both[mode], by_hand)


def test_a_mirror_is_seen_by_half_of_the_others_and_never_by_oneself(monkeypatch):
    shown = []
    kept = ArmWorld.mirrored
    monkeypatch.setattr(ArmWorld, "mirrored", lambda world, seen: shown.append(seen) or kept(world, seen))
    size = study.Size(hidden_size=6, n_episodes=16, n_steps=2, batch=8)
    _, usual = lessons_and_network(study.KINDS[study.MAIN], size=size)
    assert not shown
    _, other = lessons_and_network(study.KINDS["mirrored experience"], size=size)
    assert [len(one) for one in shown] == [4, 4]
    assert not torch.equal(usual.infer.weight, other.infer.weight)


def test_losses_and_torques_of_both_kinds_of_command_by_hand():
    states = torch.zeros(2, 3, 4)
    six = study.ArmNetwork(ArmWorld("discrete", "angles"), 0, 4)
    nn.init.zeros_(six.infer.bias)
    with torch.no_grad():
        torch.testing.assert_close(six.torques(states), torch.zeros(2, 3, 2))  # all six at once cancel out
        actions = torch.tensor([[0, 1, 2], [3, 4, 5]])
        assert six.command_loss(states, actions).item() == pytest.approx(np.log(6))
        six.infer.bias[2] = 50.0
        np.testing.assert_allclose(six.torques(states)[0, 0], TORQUES[2], rtol=1e-5)
        two = study.ArmNetwork(ArmWorld(), 0, 4)
        two.infer.bias.copy_(torch.tensor([1.0, -1.0]))
        assert two.torques(states)[1, 2].tolist() == [1, -1]
        assert two.command_loss(states, torch.zeros(2, 3, 2)).item() == 1


def test_seed_and_name_decide_each_weight():
    plain, separate = (study.ArmNetwork(ArmWorld(), 3, 6, separate=separate) for separate in (False, True))
    assert torch.equal(plain.predict.weight, separate.predict.weight)
    cores = [one.weight_hh_l0 for one in separate.cores.values()]
    assert not torch.equal(*cores)
    assert not torch.equal(plain.predict.weight, study.ArmNetwork(ArmWorld(), 4, 6).predict.weight)
    assert all(one.abs().max() <= 6**-0.5 for one in plain.cores["shared"].parameters())


def test_it_learns_to_infer_torques_and_to_predict_what_it_does():
    size = study.Size(hidden_size=32, n_episodes=400, n_steps=150, batch=32, n_test=60, n_draws=19)
    kind = study.Kind(ArmWorld("continuous", "angles"))
    _, network = lessons_and_network(kind, 5, size)
    found = study.measure(network, study.lessons_of(kind, 5, 60, "test"), 5, "test", 19)
    assert found["command_r2"] > 0.3 and found["explained"] > 0.1
    assert set(found) == {"mean_r", *study.OWN}


def test_units_that_all_do_the_same_are_found_and_cost_nothing_more_than_matched_ones():
    kind = study.Kind(ArmWorld("discrete", "angles"), trained=False)
    test = study.lessons_of(kind, 0, 40, "test")
    network = study.ArmNetwork(kind.world, 0, 12)
    network.see = lambda sensations: network.move(torch.from_numpy(test.actions)[: len(sensations)])
    with torch.no_grad():
        states = network.states("perform", network.move(torch.from_numpy(test.actions)))
    own = study.Recorded(states.numpy(), states.numpy(), test.sensations, np.zeros((40, 12, 2)))
    assert mean_r(own.perform, own.observe) == pytest.approx(1)
    assert study._beyond_mismatch(own, 0, "any", 19) > 0.5
    network.infer.weight.data.zero_()  # whoever says nothing loses nothing
    assert study.lesion_cost(network, own, test, np.random.default_rng(0)) == 0


def test_rows_depend_on_the_seed_alone_and_not_on_their_company():
    together = study.rows(("untrained", "discrete angles", "mirrored experience"), 3, SMALL)
    alone = study.rows(("mirrored experience",), 3, SMALL)
    assert list(together.columns) == ["condition", *experiment_named("vision").measures, "seconds"]
    row = together[together.condition == "mirrored experience"].drop(columns="seconds").reset_index(drop=True)
    pd.testing.assert_frame_equal(row, alone.drop(columns="seconds"), check_exact=True)
    other = study.rows(("mirrored experience",), 4, SMALL)
    assert other.mean_r.item() != alone.mean_r.item()
    by_name = together.set_index("condition")
    assert by_name.mirror_units.notna().tolist() == [False, True, False]  # classes alone have it
    assert by_name[list(study.OWN)].notna().all(axis=None)


def test_rows_of_the_table_come_out_again(made_again):
    for name, now, kept in made_again("vision", 103, ("continuous angles", "untrained")):
        # on another processor sums round differently, and training carries that on
        np.testing.assert_allclose(now, kept, rtol=0.02, atol=0.05, err_msg=name)


def test_claims_are_of_what_is_measured():
    claims = claims_of(experiment_named("vision"))
    assert {part.than for claim in claims for part in claim.parts if part.than} <= set(study.KINDS)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: study.rows(("continous frames",), 0, SMALL), "vision 'continous frames'.*'continuous frames'"),
        (lambda: study.ArmNetwork(ArmWorld(), 0, 4, eye="linear"), r"\(16, 16\): it must be 'convolution'"),
        (
            lambda: study.ArmNetwork(ArmWorld(sensation="angles"), 0, 4, eye="convolution"),
            r"\(4,\): it must be 'linear'",
        ),
        (lambda: study.ArmNetwork(ArmWorld(), 0, 4, eye="convolutions"), "eye 'convolutions'.*'convolution'"),
        (lambda: study.ArmNetwork(ArmWorld(), 0, 4).core_of("preform"), "mode 'preform'.*'perform'"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(ask, said):
    with pytest.raises(OptionError, match=said):
        ask()
