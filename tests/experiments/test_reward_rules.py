"""Rules of reward against what can be enumerated, worked out in NumPy, or integrated in closed form."""

import numpy as np
import pytest
import torch

from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.passes import passes
from mirror_core.config.settings import Config
from mirror_core.experiments import reward_rules
from mirror_core.experiments.reward_rules import NOISE, Eligibility, Perturbation, Reward
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.training.lessons import Lessons, make_lessons
from mirror_core.networks.training.life import Life, Step
from mirror_core.networks.training.rules import RULES, Rule
from mirror_core.seeding import stream

BASE = Config().change(hidden_size=5, input_size=4, sensory_dim=3, n_actions=3, seed=1)
TODO = tuple(p for p in passes(BASE) if p.name == "observe")


def some(n_rows, n_times, n_actions=3, seed=0):
    """Return episodes of anything."""
    rng = np.random.default_rng(seed)
    actions = torch.from_numpy(rng.integers(n_actions, size=(n_rows, n_times)))
    sensations = torch.from_numpy(rng.standard_normal((n_rows, n_times, 3)).astype(np.float32))
    return Lessons(actions, sensations, sensations, actions)


def gradient(rule, network, lessons, todo, weights=None):
    """Return what a rule leaves in a network, parameter by parameter, and the loss."""
    network.zero_grad(set_to_none=True)
    rule.backward(network, todo, lessons, weights or {}, None)
    return {name: one.grad.numpy().copy() for name, one in network.named_parameters() if one.grad is not None}


class Always(np.random.Generator):
    """A source of chance that gives one number."""

    def __init__(self, value):
        super().__init__(np.random.PCG64(0))
        self.value = value

    def random(self, shape, dtype):
        return np.full(shape, self.value, dtype)


@pytest.mark.parametrize("make", [Reward, Eligibility])
def test_over_all_guesses_reward_follows_the_slope_of_the_mean_pay(make):
    network, lessons, pay = MirrorNetwork(BASE), some(1, 1), torch.tensor([[1.7]])
    rule = make(network, BASE)
    torch.nn.init.constant_(rule.critic.bias, 0.4)  # what is expected takes no part in the mean, only in its spread
    logits = network.heads["infer"]["shared"](network.hidden("shared", network.drive(None, lessons.observed)))
    chance = logits.softmax(-1)[0, 0]
    network.zero_grad(set_to_none=True)
    (-pay[0, 0] * chance[lessons.labels[0, 0]]).backward()
    exact = {name: one.grad.numpy().copy() for name, one in network.named_parameters() if one.grad is not None}
    edges = np.concatenate([[0], chance.detach().numpy().cumsum()])
    mean = dict.fromkeys(exact, 0.0)
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        rule.rng = Always((low + high) / 2)
        for name, one in gradient(rule, network, lessons, TODO, {"infer": pay}).items():
            mean[name] = mean[name] + (high - low) * one
    for name, one in exact.items():
        np.testing.assert_allclose(mean[name], one, atol=2e-7, err_msg=name)


def test_guesses_come_as_often_as_the_softmax_says():
    logits = torch.tensor([0.0, 1.0, -2.0]).expand(20_000, 1, 3)
    found = reward_rules.drawn(logits, np.random.default_rng(0))
    often = np.bincount(found.numpy().ravel(), minlength=3) / found.numel()
    np.testing.assert_allclose(often, torch.tensor([0.0, 1.0, -2.0]).softmax(-1), atol=0.01)


def test_the_critic_follows_the_pay_and_touches_no_unit():
    network, lessons = MirrorNetwork(BASE), some(6, 4)
    rule = Reward(network, BASE)
    rule.rng = Always(0.0)  # the first action is guessed
    alone = gradient(rule, network, lessons, TODO)
    right = (lessons.labels == 0).float()
    np.testing.assert_allclose(rule.critic.bias.grad, [-right.mean()], rtol=1e-6)
    torch.nn.init.constant_(rule.critic.bias, 1.0)
    rule.critic.zero_grad()
    surprised = gradient(rule, network, lessons, TODO)
    np.testing.assert_allclose(rule.critic.bias.grad, [1 - right.mean()], rtol=1e-6)
    assert not np.allclose(alone["heads.infer.shared.bias"], surprised["heads.infer.shared.bias"])
    # where nothing was paid and nothing expected, nothing changes
    torch.nn.init.zeros_(rule.critic.bias)
    nothing = gradient(rule, network, lessons, TODO, {"infer": torch.zeros(6, 4)})
    assert all((one == 0).all() for one in nothing.values())


def test_predictions_are_learned_as_by_gradient():
    config = configure(BASE, "self-observation").change(infer_weight=0.0)
    lessons, todo = some(4, 5), passes(config)
    weights = {"predict": torch.rand(4, 5)}
    of = {
        name: gradient(RULES[name](network, config), network, lessons, todo, weights)
        for name in ("gradient", "reward", "eligibility", "perturbation")
        for network in [MirrorNetwork(config)]
    }
    for name in ("reward", "perturbation"):
        for parameter, one in of["gradient"].items():
            np.testing.assert_allclose(of[name][parameter], one, atol=1e-7, err_msg=f"{name} {parameter}")
    assert not np.allclose(of["eligibility"]["cores.shared.weight_hh_l0"], of["gradient"]["cores.shared.weight_hh_l0"])


def test_with_one_timestep_traces_are_the_gradient():
    config = configure(BASE, "self-observation")
    lessons, todo, network = some(7, 1), passes(config), MirrorNetwork(config)
    local, full = Eligibility(network, config), Reward(network, config)
    local.rng = full.rng = Always(0.3)
    one, other = (gradient(rule, network, lessons, todo) for rule in (local, full))
    assert set(one) == set(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-7, err_msg=name)


def test_traces_are_those_that_run_forwards_worked_out_in_numpy():
    network = MirrorNetwork(BASE)
    core, n = network.cores["shared"], 5
    rng = np.random.default_rng(3)
    drive, blame = rng.standard_normal((6, 4)), rng.standard_normal((6, n))
    w_in, w_by, b_in, b_by = (one.detach().numpy().astype(float) for one in core.parameters())
    h, trace_by, trace_in = np.zeros(n), np.zeros((3 * n, n)), np.zeros((3 * n, 4))
    sum_by, sum_in = np.zeros_like(trace_by), np.zeros_like(trace_in)
    for x, error in zip(drive, blame, strict=True):
        in_r, in_z, in_n = np.split(w_in @ x + b_in, 3)
        by_r, by_z, by_n = np.split(w_by @ h + b_by, 3)
        r, z = 1 / (1 + np.exp(-in_r - by_r)), 1 / (1 + np.exp(-in_z - by_z))
        candidate = np.tanh(in_n + r * by_n)
        slope = (1 - z) * (1 - candidate**2)
        of_r, of_z = slope * by_n * r * (1 - r), (h - candidate) * z * (1 - z)
        # what a weight did to its own unit: what is left of it, and what it does now
        trace_by = np.tile(z, 3)[:, None] * trace_by + np.outer(np.concatenate([of_r, of_z, slope * r]), h)
        trace_in = np.tile(z, 3)[:, None] * trace_in + np.outer(np.concatenate([of_r, of_z, slope]), x)
        h = candidate + z * (h - candidate)
        sum_by += np.tile(error, 3)[:, None] * trace_by
        sum_in += np.tile(error, 3)[:, None] * trace_in
    states = Eligibility(network, BASE).hidden(core, torch.from_numpy(drive[None].astype(np.float32)))
    (states * torch.from_numpy(blame[None].astype(np.float32))).sum().backward()
    np.testing.assert_allclose(states[0, -1].detach(), h, atol=1e-6)
    np.testing.assert_allclose(core.weight_hh_l0.grad, sum_by, atol=1e-5)
    np.testing.assert_allclose(core.weight_ih_l0.grad, sum_in, atol=1e-5)


def test_perturbation_follows_the_slope_of_the_mean_pay_of_two_actions():
    """Of two actions the better by more than the noise is named: P = Φ(Δ / s), s² = σ² (2 + |w₁ − w₀|²)."""
    config = BASE.change(n_actions=2)
    network, once = MirrorNetwork(config), some(1, 1, 2)
    head = network.heads["infer"]["shared"]
    with torch.no_grad():
        states = network.hidden("shared", network.drive(None, once.observed))
        head.bias[:] -= head(states)[0, 0]  # the two outputs are nearly equal, so that noise decides
        head.bias[0] += 0.05
    label = int(once.labels[0, 0])
    states = network.hidden("shared", network.drive(None, once.observed))
    across = (head.weight[label] - head.weight[1 - label]).detach()
    s = NOISE * torch.sqrt(2 + across @ across)
    logits = head(states.detach())[0, 0]
    by_outputs = torch.special.ndtr((logits[label] - logits[1 - label]) / s)  # the head learns from its own noise only
    by_units = torch.special.ndtr(
        ((logits[label] - logits[1 - label]).detach() + (states - states.detach()) @ across) / s
    )
    network.zero_grad(set_to_none=True)
    (-NOISE * 2.0 * (by_outputs + by_units.sum())).backward()
    exact = {name: one.grad.numpy().copy() for name, one in network.named_parameters() if one.grad is not None}
    many = once.rows(torch.zeros(60_000, dtype=torch.long))
    found = gradient(Perturbation(network, config), network, many, TODO, {"infer": torch.full((60_000, 1), 2.0)})
    for name, one in exact.items():
        scale = np.abs(one).max()
        np.testing.assert_allclose(found[name], one, atol=0.06 * scale, err_msg=name)


def test_pay_that_is_still_to_come_by_hand():
    pay = torch.tensor([[1.0, 0, 0, 0, 2, 0, -1], [0, 0, 3, 0, 0, 0, 0]])
    assert reward_rules.still_to_come(pay).tolist() == [[1, 0, 2, 2, 1, -1, -1], [3, 3, 3, 0, 0, 0, 0]]


def test_perturbation_credits_a_unit_for_later_pay_within_its_trace():
    network, once = MirrorNetwork(BASE), some(1, 6)
    core = network.cores["shared"]
    many = once.rows(torch.zeros(8_000, dtype=torch.long))
    drive = network.drive(None, many.observed).detach()
    head = network.heads["infer"]["shared"]
    with torch.no_grad():
        head.weight *= 3  # so that units matter more than outputs
        head.bias -= head(network.hidden("shared", drive[:1])).mean((0, 1))
    rng = np.random.default_rng(5)
    noise = torch.from_numpy(rng.standard_normal((8_000, 6, 5)).astype(np.float32)) * NOISE

    def paid(push, at):
        """Return the mean pay over the timesteps that count for a push of the units at one."""
        jolt = torch.zeros(6, 5)
        jolt[at] = push
        with torch.no_grad():
            named = head(reward_rules.jostled(core, drive, noise + jolt)).argmax(-1)
        return float((named == many.labels)[:, at : at + reward_rules.TRACE].float().sum(1).mean())

    size = 0.1
    slopes = np.array([[(paid(e, t) - paid(-e, t)) / (2 * size) for e in size * torch.eye(5)] for t in range(6)])
    # what the rule would do to the units themselves, if these were what learns
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        real = reward_rules._one_step

        def watched(*given):
            update, states = real(*given)
            states.retain_grad()
            seen.append(states)
            return update, states

        patch.setattr(reward_rules, "_one_step", watched)
        gradient(Perturbation(network, BASE), network, many, TODO)
    found = -seen[0].grad.sum(0).numpy() * 6 / NOISE
    assert np.corrcoef(found.ravel(), slopes.ravel())[0, 1] > 0.95
    assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(slopes), rel=0.15)


def test_a_life_learns_by_each_rule_the_same_way_again():
    config = configure(BASE, "self-observation").change(n_sequences=32)
    for name in ("reward", "eligibility", "perturbation"):
        ends = []
        for _ in range(2):
            life = Life(MirrorNetwork(config), config, make_lessons(config, "train", 32), name)
            for _ in range(3):
                life.learn(Step(np.arange(16), {"infer": np.ones((16, 12), np.float32)}))
            ends.append([one.detach().clone() for one in life.settle().parameters()])
        assert all(map(torch.equal, *ends))
        assert not torch.equal(ends[0][0], next(MirrorNetwork(config).parameters()))


def test_what_a_rule_cannot_do_is_refused():
    for name in ("eligibility", "perturbation"):
        with pytest.raises(OptionError, match=f"core = 'lstm' is not allowed with rule = '{name}': it must be 'gru'"):
            RULES[name](MirrorNetwork(BASE.change(core="lstm")), BASE.change(core="lstm"))
    network = MirrorNetwork(BASE)
    with pytest.raises(OptionError, match="starts of a step are not allowed with rule = 'reward': use 'gradient'"):
        Reward(network, BASE).backward(network, TODO, some(2, 3), {}, {"observe": torch.zeros(2, 5)})
    assert isinstance(Reward(MirrorNetwork(BASE.change(core="lstm")), BASE), Rule)
    assert stream(1, "reward/reward").random() != stream(1, "reward/perturbation").random()
