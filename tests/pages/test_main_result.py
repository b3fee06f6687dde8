"""Recordings to take along: what comes back from the file is what the page measured, to three digits."""

import numpy as np
import pytest

from mirror_core.analysis import unit_correlation
from mirror_core.config.conditions import configure
from mirror_core.config.settings import Config
from mirror_core.networks.network import MirrorNetwork
from mirror_core.pages.main_result import STEP, headline_recordings
from mirror_core.recordings.formats import read_recording
from mirror_core.recordings.of_networks import heldout_episodes, record
from mirror_core.runs.store import Run


@pytest.fixture
def grid():
    """Return networks as they are drawn: what is kept of a recording does not depend on training."""
    found = {}
    for reading, condition, seed in (("as-written", "shared", 42), ("as-written", "separate-cores", 42),
                                     ("dual-readout", "shared", 42), ("dual-readout", "shared", 43)):  # fmt: skip
        config = configure(Config().change(seed=seed, hidden_size=24), reading, condition)
        found[reading, condition, seed] = Run(config, MirrorNetwork(config), None, {})
    return found


def test_a_file_holds_the_recording_of_each_reading_and_is_read_by_the_library(grid, tmp_path):
    files = headline_recordings(grid, 42, 40)
    assert list(files) == ["recording-as-written", "recording-dual-readout"]
    path = tmp_path / "r.nc"
    path.write_bytes(files["recording-dual-readout"].content)
    perform, observe, actions = (np.asarray(one) for one in read_recording(path))
    run = grid["dual-readout", "shared", 42]
    episodes = heldout_episodes(run.config, 40)
    kept = record(run.network, episodes).values
    np.testing.assert_allclose([perform, observe], kept, atol=0.51 * STEP)
    np.testing.assert_array_equal(actions, episodes.actions)
    np.testing.assert_allclose(unit_correlation(perform, observe), unit_correlation(*kept), atol=2e-3)


def test_three_recordings_of_the_papers_size_have_three_megabytes():
    config = Config()
    grid = {("as-written", "shared", 42): Run(config, MirrorNetwork(config), None, {})}
    assert len(headline_recordings(grid, 42, 300)["recording-as-written"].content) < 1e6
