"""A life: compiled code and differentiation agree, a curriculum sees the network, a rule decides how it learns."""

import numpy as np
import pytest
import torch

from mirror_core.checks import OptionError
from mirror_core.config.conditions import CONDITIONS, READINGS, configure
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import make_lessons
from mirror_core.networks.training.life import Life, Step, lessons_of, live
from mirror_core.networks.training.losses import errors, losses
from mirror_core.networks.training.rules import RULES, Rule, register
from mirror_core.worlds.base import make

SMALL = Config().change(hidden_size=10, input_size=9, batch_size=16, sequence_length=5)
ROWS = np.arange(16)
ONES = np.ones((16, 5), np.float32)


def lessons(config=SMALL, n=64):
    return make_lessons(config, "train", n)


def life(config=SMALL, **options):
    return Life(MirrorNetwork(config), config, lessons(config), **options)


def in_arm(kind, **changes):
    """Begin the life of a network without an encoder in the world of an arm."""
    config, episodes = SMALL.change(**changes), make(f"arm-{kind}", 0).episodes(2, 5, np.random.default_rng(0))
    return Life(MirrorNetwork(config), config, lessons_of(episodes))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("condition", [name for name in CONDITIONS if name != "vision"])
def test_losses_are_the_means_of_errors(reading, condition):
    config = configure(SMALL, reading, condition)
    network, todo, asked = MirrorNetwork(config), passes(config), lessons(config)
    each, means = errors(network, todo, asked), losses(network, todo, asked)
    assert list(each) == list(means)
    for key, values in each.items():
        assert values.shape == (64, 5)
        torch.testing.assert_close(values.mean(), means[key])


def test_from_stored_states_an_episode_goes_on_as_if_it_had_not_been_cut():
    config = configure(SMALL, "self-observation")
    network, todo, whole = MirrorNetwork(config), passes(config), lessons(config)
    cut = type(whole)(*(getattr(whole, name)[:, 2:] for name in ("actions", "sensations", "observed", "labels")))
    starts = {
        p.name: network.hidden(
            p.core,
            network.drive(
                whole.actions[:, :2] if p.sees_actions else None, whole.observed[:, :2] if p.sees_sensations else None
            ),
        )[:, -1]
        for p in todo
    }
    later = errors(network, todo, cut, starts)
    for key, values in errors(network, todo, whole).items():
        torch.testing.assert_close(later[key], values[:, 2:])


def test_only_a_core_that_carries_its_state_alone_starts_from_one():
    config = SMALL.change(core="lstm")
    network, todo = MirrorNetwork(config), passes(config)
    with pytest.raises(OptionError, match="gru"):
        errors(network, todo, lessons(config), {"observe": torch.zeros(64, 10)})


@pytest.mark.parametrize("condition", ["shared", "separate-cores", "frozen-core"])
def test_compiled_code_and_differentiation_live_the_same_life(condition):
    config = configure(SMALL.change(weight_decay=0.01, infer_weight=0.7), "self-observation", condition)

    def curriculum(one):
        for rows in np.random.default_rng(0).integers(64, size=(6, 16)):
            yield Step(rows)
            error = one.errors(rows)["observe", "infer"].max(axis=1)
            yield Step(rows[np.argsort(-error)[:5]])

    fast, plain = (live(life(config, learner=name), curriculum) for name in ("compiled", "autograd"))
    for name, values in fast.named_parameters():
        torch.testing.assert_close(values, plain.get_parameter(name).detach(), rtol=1e-4, atol=1e-5)


def test_what_weighs_nothing_is_not_learnt():
    one, none = life(learner="autograd"), np.zeros((16, 5), np.float32)
    before = {name: values.clone() for name, values in one.network.named_parameters()}
    one.learn(Step(ROWS, weights={"predict": none}))
    moved = {name for name, values in one.network.named_parameters() if not torch.equal(values, before[name])}
    assert not any(name.startswith("heads.predict") for name in moved) and any("infer" in name for name in moved)
    # weighing all alike is weighing nothing
    alike, usual = life(learner="autograd"), life(learner="autograd")
    alike.learn(Step(ROWS, weights=dict.fromkeys(("predict", "infer"), none + 1)))
    usual.learn(Step(ROWS))
    for name, values in alike.network.named_parameters():
        torch.testing.assert_close(values, usual.network.get_parameter(name))


def test_a_step_may_have_passes_and_episodes_of_its_own():
    config = configure(SMALL, "self-observation")
    one, other = life(config, learner="autograd"), make_lessons(config, "held-out", 8)
    joint = tuple(p for p in one.passes if p.name == "joint")
    assert set(one.errors(ROWS, joint)) == {("joint", "predict"), ("joint", "infer")}
    before = one.errors(np.arange(8), joint, other)["joint", "infer"].mean()
    for _ in range(20):
        one.learn(Step(np.arange(8), lessons=other, passes=joint))
    assert one.errors(np.arange(8), joint, other)["joint", "infer"].mean() < before


def test_a_rule_has_parameters_of_its_own_which_learn(monkeypatch):
    class Judged(Rule):
        def __init__(self, network, config):
            super().__init__(network, config)
            self.own = torch.ones(3, requires_grad=True)

        def parameters(self):
            return [self.own]

        def surrogate(self, *step):
            return super().surrogate(*step) + (self.own**2).sum()

    monkeypatch.setattr("mirror_core.networks.training.rules.RULES", RULES | {"judged": Judged})
    one = life(rule="judged")
    for _ in range(3):
        one.learn(Step(ROWS))
    assert (one.rule.own < 1).all()


@pytest.mark.parametrize(
    "make, said",
    [
        (lambda: life(rule="gradeint"), "rule 'gradeint'.*gradient"),
        (lambda: life(learner="compield"), "learner 'compield'.*compiled"),
        (lambda: life(SMALL.change(core="lstm"), learner="compiled"), "lstm.*autograd"),
        (lambda: life(learner="compiled").learn(Step(ROWS, weights={})), "weights.*compiled.*autograd"),
        (lambda: life(learner="compiled").learn(Step(np.arange(17))), "17 rows.*at most batch_size = 16"),
        (lambda: life().learn(Step(np.arange(0))), "at least one"),
        (lambda: life(learner="autograd").learn(Step(ROWS, weights={"infr": ONES})), "weights 'infr'.*'infer'"),
        (lambda: life(learner="autograd").learn(Step(ROWS, starts={"preform": ONES})), "starts 'preform'.*'perform'"),
        (lambda: in_arm("continuous-frames"), r"sensations of shape \(2, 5, 16, 16\).*\(sequence, time, 16\).*encoder"),
        (
            lambda: in_arm("continuous-angles", sensory_dim=4),
            r"actions of shape \(2, 5, 2\) and torch.float32.*integers",
        ),
        (lambda: register("gradient", Rule), "registered already"),
    ],
)
def test_what_cannot_be_is_one_sentence(make, said):
    with pytest.raises(OptionError, match=said) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_loss_that_is_not_finite_is_named():
    one = life(learner="autograd")
    one.network.heads["infer"]["shared"].bias.data.fill_(np.nan)
    with pytest.raises(FloatingPointError, match="learning_rate"):
        one.learn(Step(ROWS))
