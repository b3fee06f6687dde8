"""What lesions cost, by hand: sets that match, units that nothing reads, and the sign of every cost."""

import numpy as np
import pytest
import torch

from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.experiments import lesions
from mirror_core.networks.network import MirrorNetwork
from mirror_core.networks.own_heads import own_head
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.studies.measures.lesions import variance_cells

SMALL = Config().change(hidden_size=30, input_size=8, seed=5)


def test_sets_are_none_those_of_largest_r_and_sets_of_the_same_variances():
    rng = np.random.default_rng(0)
    common, noise = rng.standard_normal((2, 40, 12, 60))
    alike = np.arange(60) % 3 == 0
    scale = rng.uniform(0.1, 3, 60)
    perform = common * scale
    observe = np.where(alike, common, noise) * scale
    none, top, *matched = lesions.lesion_sets(perform, observe, np.random.default_rng(1))
    assert len(none) == 0 and set(top) == set(np.flatnonzero(alike)) and len(matched) == lesions.N_SETS
    cells = variance_cells(np.stack([perform.var(axis=(0, 1)), observe.var(axis=(0, 1))]))
    for one in matched:
        assert len(set(one)) == 20
        np.testing.assert_array_equal(np.sort(cells[one]), np.sort(cells[top]))
    assert len({tuple(sorted(one)) for one in matched}) > 1


def test_costs_by_hand():
    found = lesions.cost(np.array([0.2, 0.5, 0.3, 0.4]))
    assert found == pytest.approx({"top": 0.3, "matched": 0.15, "excess": 0.15})
    assert lesions.cost(-np.array([0.9, 0.4, 0.9])) == pytest.approx({"top": 0.5, "matched": 0, "excess": 0.5})


@pytest.mark.parametrize("cores", ["shared", "separate-cores"])
def test_each_mode_loses_what_its_head_read_of_silenced_units(cores, monkeypatch):
    config = configure(SMALL, condition=cores)
    network, episodes = MirrorNetwork(config), heldout_episodes(config, 40)
    with torch.no_grad():
        for core in network.cores.values():
            core.weight_hh_l0[:] = 0  # no unit acts on another
        for mode in ("perform", "observe"):
            own_head(network, mode).weight[:, :10] *= 30  # so that what is said is not the same for all episodes
            own_head(network, mode).weight[:, 10:] = 0  # only the first ten units are read
    perform, observe = record(network, episodes).values
    halves = np.arange(20), np.arange(20, 40)
    monkeypatch.setattr(lesions, "split_half", lambda n, rng: halves)
    sets = [np.zeros(0, int), np.arange(10), np.arange(10, 20), np.arange(20, 30)]
    monkeypatch.setattr(lesions, "lesion_sets", lambda *_: sets)
    found = lesions.task_costs(network, perform, observe, episodes, 3, "test")

    def said(mode, states):
        with torch.no_grad():
            return own_head(network, mode)(torch.from_numpy(states)).numpy()

    chosen, judged = halves
    felt, actions = episodes.sensations[judged], episodes.actions[judged]
    errors = [
        np.mean((said("perform", states.astype(np.float32)) - felt) ** 2)
        for states in (perform[judged], perform[chosen].mean(axis=(0, 1)))
    ]
    right = [
        np.mean(said("observe", states.astype(np.float32)).argmax(-1) == actions)
        for states in (observe[judged], observe[chosen].mean(axis=(0, 1)))
    ]
    assert found["error"]["top"] == pytest.approx(errors[1] - errors[0], rel=1e-4) and errors[0] != errors[1]
    assert found["named"]["top"] == pytest.approx(right[0] - right[1]) and right[0] != right[1]
    for costs in found.values():  # what nobody reads costs nothing
        assert costs["matched"] == pytest.approx(0, abs=1e-6)


def test_costs_depend_on_the_seed_and_the_name_alone():
    network, episodes = MirrorNetwork(SMALL), heldout_episodes(SMALL, 40)
    perform, observe = record(network, episodes).values
    first, again, other = (lesions.task_costs(network, perform, observe, episodes, 3, name) for name in ("a", "a", "b"))
    assert first == again != other
