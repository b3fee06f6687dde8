"""Lesions: against a GRU computed by hand, against networks whose answer is known, and never tested where chosen."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
import torch

from mirror_core.analysis import split_half, unit_correlation
from mirror_core.arrays import MODES
from mirror_core.checks import OptionError
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.networks.cores import CORES
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.silencing import silenced_states
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.kept import analyse_runs
from mirror_core.runs.making import make
from mirror_core.runs.store import Run, RunStore
from mirror_core.seeding import stream
from mirror_core.studies.measures import lesions
from mirror_core.studies.measures.lesions import (
    ABLATIONS,
    GROUPS,
    against_draws,
    lesion_effects,
    matched_units,
    variance_cells,
)

SMALL = Config().change(
    hidden_size=12, input_size=6, sensory_dim=5, n_sequences=64, n_heldout=10, n_epochs=2, sequence_length=6
)
N_TEST = 30
DOSES = [2, 5, 12]


@pytest.fixture(scope="module", params=["shared", "separate-cores"])
def run(request):
    return make(configure(SMALL, "self-observation", request.param), None)


@pytest.fixture(scope="module")
def effects(run):
    return lesion_effects(run, N_TEST, 20, DOSES)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lesioned_by_hand(run, mode, units, level):
    """Return the outputs of a mode's own head on all held-out episodes, one episode and timestep at a time."""
    network, episodes = run.network, heldout_episodes(run.config, N_TEST)
    weights = {name: p.detach().double().numpy() for name, p in network.named_parameters()}
    core = f"cores.{network.core_of(mode)}"
    outputs = []
    for actions, sensations in zip(episodes.actions, episodes.sensations, strict=True):
        state, answers = np.zeros(run.config.network.hidden_size), []
        for action, sensation in zip(actions, sensations, strict=True):
            if mode == "perform":
                drive = weights["embedding.weight"][action]
            else:
                drive = weights["projection.weight"] @ sensation + weights["projection.bias"]
            in_r, in_z, in_n = np.split(weights[f"{core}.weight_ih_l0"] @ drive + weights[f"{core}.bias_ih_l0"], 3)
            by_r, by_z, by_n = np.split(weights[f"{core}.weight_hh_l0"] @ state + weights[f"{core}.bias_hh_l0"], 3)
            candidate = np.tanh(in_n + sigmoid(in_r + by_r) * by_n)
            update = sigmoid(in_z + by_z)
            state = (1 - update) * candidate + update * state
            state[units] = level
            objective = "predict" if mode == "perform" else "infer"
            key = "shared" if f"heads.{objective}.shared.weight" in weights else mode
            head = f"heads.{objective}.{key}"
            answers.append(weights[f"{head}.weight"] @ state + weights[f"{head}.bias"])
        outputs.append(answers)
    return np.array(outputs)


def by_hand(run, mode, units, ablation):
    """Return loss and score of a lesion."""
    episodes = heldout_episodes(run.config, N_TEST)
    choosing, testing = split_half(N_TEST, stream(run.config.seed, "halves"))
    recorded = record(run.network, episodes).sel(mode=mode).values[choosing]
    level = recorded.mean((0, 1))[units] if ablation == "mean" else 0.0
    output = lesioned_by_hand(run, mode, units, level)[testing]
    if mode == "perform":
        target = episodes.sensations[testing].astype(float)
        loss = np.mean((output - target) ** 2)
        return loss, 1 - loss / np.mean((target - target.mean((0, 1))) ** 2)
    labels = episodes.actions[testing]
    odds = np.exp(output) / np.exp(output).sum(-1, keepdims=True)
    right = np.take_along_axis(odds, labels[..., None], -1)
    return -np.log(right).mean(), np.mean(output.argmax(-1) == labels)


def chosen_units(run, sign):
    """Return units in the order of their r on the choosing half."""
    return np.argsort(-sign * unit_r(run), kind="stable")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ablation", ABLATIONS)
@pytest.mark.parametrize(("group", "sign"), [("top", 1), ("anti", -1)])
def test_losses_are_those_of_a_gru_silenced_by_hand(run, effects, mode, ablation, group, sign):
    found = effects[(effects.group == group) & (effects.ablation == ablation) & (effects["mode"] == mode)]
    row = found[found.n_units == 2].iloc[0]
    loss, score = by_hand(run, mode, chosen_units(run, sign)[:2], ablation)
    assert row.loss == pytest.approx(loss, rel=1e-4)
    assert row[{"perform": "explained", "observe": "accuracy"}[mode]] == pytest.approx(score, abs=1e-4)


def test_a_lesion_of_no_unit_changes_nothing(run, effects):
    intact = effects[effects.group == "none"]
    assert list(intact["mode"]) == list(MODES) and (intact.loss_change == 0).all() and (intact.n_units == 0).all()
    for row in intact.itertuples():
        loss, _ = by_hand(run, row.mode, [], "zero")
        assert row.loss == pytest.approx(loss, rel=1e-4)


def test_silencing_every_unit_to_zero_leaves_the_heads_their_bias(run, effects):
    episodes = heldout_episodes(run.config, N_TEST)
    _, testing = split_half(N_TEST, stream(run.config.seed, "halves"))
    head = run.network.heads["predict"]
    bias = head["shared" if "shared" in head else "perform"].bias.detach().numpy()
    found = effects[(effects.n_units == 12) & (effects.ablation == "zero") & (effects["mode"] == "perform")]
    assert set(found.group) == {"top", "random", "variance-matched"}  # some units' r is not negative
    np.testing.assert_allclose(found.loss, np.mean((bias - episodes.sensations[testing]) ** 2), rtol=1e-5)


@pytest.mark.parametrize("name", CORES)
def test_every_core_is_silenced_after_every_timestep(name):
    network = MirrorNetwork(SMALL.change(core=name)).requires_grad_(False)
    core, drive = network.cores["shared"], torch.randn(4, 6, 6, generator=torch.Generator().manual_seed(0))
    keep, level = torch.ones(3, 12), torch.zeros(3, 12)
    keep[1, [2, 7]] = 0
    keep[2, 5], level[2, 5] = 0, 0.3
    states = silenced_states(core, drive, keep, level)
    assert states.shape == (3, 4, 6, 12)
    torch.testing.assert_close(states[0], core(drive)[0], atol=2e-6, rtol=1e-5)
    assert (states[1][..., [2, 7]] == 0).all() and (states[2][..., 5] == 0.3).all()
    others = [u for u in range(12) if u not in (2, 7)]
    first_alike = torch.allclose(states[1][:, 0, others], states[0][:, 0, others], atol=1e-6)
    later_alike = torch.allclose(states[1][:, 1:, others], states[0][:, 1:, others], atol=1e-6)
    assert first_alike and later_alike == (name in ("state-space", "transformer"))
    assert core(drive)[0].shape == (4, 6, 12) and not getattr(core, "unrolled", False)


def test_a_unit_that_nothing_reads_costs_nothing():
    config = configure(SMALL, "as-written", "untrained")
    network = MirrorNetwork(config).requires_grad_(False)
    unread = [1, 4]
    network.cores["shared"].weight_hh_l0[:, unread] = 0
    for objective in network.heads.values():
        objective["shared"].weight[:, unread] = 0
    episodes = heldout_episodes(config, 10)
    of_units = [np.array(units, dtype=int) for units in ([], unread, [0, 2])]
    sets = [lesions.Lesion("top", ablation, 0, units) for units in of_units for ablation in ABLATIONS]
    for mode in MODES:
        table = lesions._losses(network, mode, episodes, sets, np.full(12, 0.5))
        np.testing.assert_allclose(table.loss[:4], table.loss[0], rtol=1e-6)
        assert (np.abs(table.loss[4:] - table.loss[0]) > 1e-4).all()


def test_the_table_is_complete_and_its_changes_are_from_the_intact_network(run, effects):
    negative = np.sum(unit_r(run) < 0)
    counts = effects[effects["mode"] == "perform"].groupby(["group", "ablation", "n_units"]).size()
    for group in GROUPS:
        for ablation in ABLATIONS:
            for dose in DOSES:
                expected = 20 if group in lesions.NULL_GROUPS else int(group == "top" or dose <= negative)
                assert counts.get((group, ablation, dose), 0) == expected, (group, dose)
    for mode, one in effects.groupby("mode"):
        intact = one[one.group == "none"].loss.item()
        np.testing.assert_allclose(one.loss_change, one.loss - intact)
        assert one.explained.isna().all() == (mode == "observe") and one.accuracy.isna().all() == (mode == "perform")
    pd.testing.assert_frame_equal(effects, lesion_effects(run, N_TEST, 20, DOSES))


def unit_r(run):
    choosing, _ = split_half(N_TEST, stream(run.config.seed, "halves"))
    perform, observe = record(run.network, heldout_episodes(run.config, N_TEST)).values
    return unit_correlation(perform[choosing], observe[choosing])


def test_smaller_networks_in_machine_code_lose_what_silenced_ones_do(run, effects, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    plain = lesion_effects(run, N_TEST, 20, DOSES)
    pd.testing.assert_frame_equal(effects.drop(columns="loss_change"), plain.drop(columns="loss_change"), rtol=2e-6)
    np.testing.assert_allclose(effects.loss_change, plain.loss_change, atol=2e-6)


def test_doses_beyond_the_core_are_left_out(run):
    assert set(lesion_effects(run, 8, 1, [3, 12, 13, 64]).n_units) == {0, 3, 12}


def test_matched_sets_have_the_variance_of_the_chosen_ones():
    rng = np.random.default_rng(0)
    variance = rng.lognormal(size=(2, 96))
    cells = variance_cells(variance)
    assert (np.bincount(cells) >= 10).all() and len(np.bincount(cells)) == 9
    for i in range(3):
        assert variance[0][cells // 3 == i].max() <= variance[0][cells // 3 > i].min(initial=np.inf)
        assert variance[1][cells == 3 * i].max() <= variance[1][cells == 3 * i + 1].min()
    chosen = np.argsort(variance[0] * variance[1])[-16:]
    sets = [matched_units(cells, chosen, rng) for _ in range(50)]
    assert all(len(np.unique(s)) == 16 and (np.sort(cells[s]) == np.sort(cells[chosen])).all() for s in sets)
    random = [rng.choice(96, 16, replace=False) for _ in range(50)]
    of_matched, of_random = (np.mean([variance[:, s].mean() for s in kind]) for kind in (sets, random))
    aim = variance[:, chosen].mean()
    assert abs(of_matched - aim) < abs(of_random - aim) / 2


def test_p_ranks_the_chosen_units_among_the_draws():
    rows = [("top", 0, 3.0)]
    rows += [("random", i, float(i)) for i in range(9)] + [("variance-matched", i, 3.0) for i in range(9)]
    table = pd.DataFrame(rows, columns=["group", "draw", "loss_change"])
    ranked = against_draws(table.assign(ablation="zero", n_units=4, mode="perform")).set_index("null")
    assert ranked.loc["random", "p"] == pytest.approx((1 + 6) / 10) and ranked.loc["variance-matched", "p"] == 1
    assert ranked.loc["random", "excess"] == pytest.approx(3 - 4) and ranked.loc["variance-matched", "excess"] == 0
    assert ranked.loc["random", "null_sd"] == pytest.approx(np.std(range(9)))


def test_where_r_says_nothing_about_a_unit_p_is_uniform():
    """Units of an untrained network matter by chance: p of the top units averages one half over networks."""
    tables = []
    for seed in range(12):
        config = configure(SMALL.change(seed=seed), "as-written", "untrained")
        tables.append(lesion_effects(Run(config, MirrorNetwork(config).requires_grad_(False), None, {}), 12, 19, [3]))
    p = pd.concat([against_draws(table) for table in tables]).query("group == 'top' and null == 'random'").p
    assert 0.3 < p.mean() < 0.75


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"n_test": 3}, "n_test = 3"),
        ({"n_draws": 0}, "n_draws = 0"),
        ({"doses": [0]}, "dose = 0"),
        ({"doses": [-2]}, "dose = -2"),
    ],
)
def test_impossible_settings_are_named(run, settings, said):
    with pytest.raises(OptionError, match=said):
        lesion_effects(run, **settings)


def test_effects_are_kept(run, tmp_path):
    kept = analyse_runs(lesion_effects, [run], store=RunStore(tmp_path), progress=False, n_test=8, n_draws=2, doses=[2])
    pd.testing.assert_frame_equal(kept[0], lesion_effects(run, 8, 2, [2]))
