"""The playground's page without a browser: what it exports, and what it says."""

from __future__ import annotations

import base64
import json
from itertools import product

import numpy as np
import pandas as pd
import pytest

from mirror_core.analysis import unit_correlation
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.pages.playground import app, finding, glue_networks, known, packed
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run

READINGS, CONDITIONS = ["self-observation", "as-written"], ["shared", "separate-cores", "untrained"]


@pytest.fixture(scope="module")
def grid():
    """Return networks as drawn: of another seed each, but for those that really are untrained."""
    found = {}
    for i, (reading, condition) in enumerate(product(READINGS, CONDITIONS)):
        base = Config().change(hidden_size=8, seed=3 if condition == "untrained" else 10 + i)
        config = configure(base, reading, condition)
        found[reading, condition, 3] = Run(config, MirrorNetwork(config), pd.DataFrame(), {})
    return found


def unpacked(one):
    raw = np.frombuffer(base64.b64decode(one["data"]), np.uint8).reshape(-1, 3).astype(int)
    whole = raw @ [1, 256, 65536]
    return (np.where(whole < 2**23, whole, whole - 2**24) * one["scale"]).reshape(one["shape"])


@pytest.mark.parametrize("values", [np.zeros(3), np.array([[1e-9, -1e-9]]), np.linspace(-7, 3, 40).reshape(5, 8)])
def test_packing_rounds_by_half_a_step_at_most(values):
    assert np.abs(unpacked(packed(values)) - values).max() <= np.abs(values).max() * 0.5001 / (2**23 - 1)


def test_equal_networks_are_one_script(grid):
    scripts = {}
    files = glue_networks(lambda name, file, display: scripts.update({name: file.text}), grid)
    assert set(files) == {key[:2] for key in grid} and set(files.values()) == set(scripts)
    assert files["self-observation", "untrained"] == files["as-written", "untrained"]
    assert len(scripts) == len(grid) - 1
    name = files["as-written", "shared"]
    text = scripts[name].removeprefix(f'Playground.receive("{name}", ').removesuffix(");\n")
    weights = grid["as-written", "shared", 3].network.cores["shared"].weight_hh_l0.detach().numpy()
    np.testing.assert_allclose(unpacked(json.loads(text)["core_shared/recurrent"]), weights, atol=1e-6)


def test_what_is_known_of_a_network_is_what_its_recording_says(grid):
    run = grid["self-observation", "shared", 3]
    found = known(grid, 20)["self-observation", "shared"]
    recording = record(run.network, heldout_episodes(run.config, 20)).values
    np.testing.assert_allclose(found.r, unit_correlation(*recording))
    np.testing.assert_allclose(found.mean[1], recording[1].reshape(-1, 8).mean(0), atol=1e-6)
    assert found.error > 0 and found.cross_entropy > 0 and 0 <= found.named <= 1 and found.explained <= 1


def test_the_finding_names_what_differs_in_one_thing(grid, plain):
    said = finding(known(grid, 20), "self-observation", "shared").data
    assert plain(said).startswith("In the network below, ")
    assert "has 8 units" in said and "(two cores)" in said and "(untrained)" in said and "(as-written)" in said
    assert said.count("(") == 3


def test_the_page_holds_the_heldout_episodes(grid):
    files = glue_networks(lambda *args, **options: None, grid)
    html = app(grid, known(grid, 20), files, 20).data
    data = json.loads(html.partition('class="pg-data">')[2].partition("</script>")[0].replace("<\\/", "</"))
    config = grid["self-observation", "shared", 3].config
    episodes, world = heldout_episodes(config, 20), data["world"]
    actions = np.frombuffer(base64.b64decode(data["episodes"]["actions"]), np.uint8).reshape(20, 12)
    noise = np.frombuffer(base64.b64decode(data["episodes"]["noise"]), np.int8).reshape(20, 12, 16)
    push = np.array(world["effects"])[actions] + world["noise"] * noise * data["episodes"]["scale"]
    state = np.zeros((20, 16))
    for t in range(12):
        state = world["decay"] * state + push[:, t]
        np.testing.assert_allclose(state, episodes.sensations[:, t], atol=0.01)
    assert np.array_equal(actions, episodes.actions)
    assert [one["run"] for one in data["networks"]] == [run.fingerprint for run in grid.values()]
