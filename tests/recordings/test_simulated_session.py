"""The made-up session: what it says it is; written by the library that laboratories use, it is read as it was made."""

from datetime import UTC, datetime

import numpy as np
import pytest
from pynwb import NWBHDF5IO, NWBFile

from mirror_core.checks import OptionError
from mirror_core.recordings.formats import read_recording
from mirror_core.recordings.layout import Layout
from mirror_core.recordings.simulated_session import GRIPS, HEIGHT, KINDS, Session, simulate_session

EDGES = np.linspace(-0.5, 1.0, 31)


@pytest.fixture(scope="module")
def session():
    return simulate_session(np.random.default_rng(0), n_execute=120, n_observe=90)


def near_height(session: Session, mode: str, grip: str) -> np.ndarray:
    """Return each unit's mean rate around the height of responses, in spikes a second."""
    trials = session.trials[(session.trials["mode"] == mode) & (session.trials.grip == grip)]
    found = [
        [np.sum(np.abs(spikes - onset - HEIGHT) < 0.15) for spikes in session.spike_times]
        for onset in trials.movement_onset
    ]
    return np.mean(found, axis=0) / 0.3


def test_units_are_what_their_kind_says(session):
    rates = np.array([[near_height(session, mode, grip) for grip in GRIPS] for mode in ("execute", "observe")])
    kinds = np.array(session.kinds)
    r = np.array([np.corrcoef(*rates[:, :, unit])[0, 1] for unit in range(len(kinds))])
    assert np.median(r[kinds == "mirror"]) > 0.8
    assert abs(np.median(r[kinds == "other grips"])) < 0.6
    spread = np.log(rates).std(axis=1)
    assert spread[:, kinds == "burst alone"].max() < 0.3 < spread[:, kinds == "mirror"].mean()
    assert spread[1, kinds == "performing alone"].max() < 0.35 < spread[0, kinds == "performing alone"].mean()


def test_trials_do_not_overlap_and_every_grip_has_some(session):
    trials = session.trials
    assert (trials.stop_time[:-1].to_numpy() < trials.start_time[1:].to_numpy()).all()
    assert trials.movement_onset.between(trials.start_time, trials.stop_time).all()
    assert trials.groupby(["mode", "grip"]).size().tolist() == [20] * 6 + [15] * 6
    assert all((np.diff(spikes) >= 0).all() for spikes in session.spike_times)


def test_what_pynwb_writes_is_read_as_it_was_made(session, tmp_path):
    file = NWBFile("made up", "session", datetime(2026, 1, 1, tzinfo=UTC))
    for name in ("movement_onset", "mode", "grip"):
        file.add_trial_column(name, "of the trial")
    for trial in session.trials.to_dict("records"):
        file.add_trial(**trial)
    file.add_unit_column("kind", "of the unit")
    for spikes, kind in zip(session.spike_times, session.kinds, strict=True):
        file.add_unit(spike_times=spikes, kind=kind)
    with NWBHDF5IO(tmp_path / "session.nwb", "w") as out:
        out.write(file)
    found = read_recording(
        tmp_path / "session.nwb",
        Layout(
            mode="mode", perform="execute", observe="observe", condition=("grip",), event="movement_onset",
            window=(-0.5, 1.0), bin=0.05, groups=("kind",),
        ),
    )  # fmt: skip
    for mode, activity, conditions in (
        ("execute", found.perform, found.perform_conditions),
        ("observe", found.observe, found.observe_conditions),
    ):
        trials = session.trials[session.trials["mode"] == mode]
        counts = np.array(
            [[np.histogram(s - onset, EDGES)[0] for s in session.spike_times] for onset in trials.movement_onset]
        ).transpose(0, 2, 1)
        # counts or rates; a spike on an edge may fall on either side of it
        scale = activity.sum() / counts.sum()
        assert np.mean(np.isclose(activity, counts * scale)) > 0.999
        assert conditions.tolist() == trials.grip.tolist()
    assert found.groups["kind"].tolist() == list(session.kinds)
    np.testing.assert_allclose(found.times, (EDGES[:-1] + EDGES[1:]) / 2)


def test_a_session_without_units_of_a_kind(session):
    made = simulate_session(np.random.default_rng(1), n_mirror=0, n_other=2, n_burst=0, n_alone=0)
    assert made.kinds == ("other grips",) * 2
    assert set(session.kinds) == set(KINDS)


@pytest.mark.parametrize(("bad", "message"), [({"n_mirror": -1}, "n_mirror = -1"), ({"n_observe": 5}, "n_observe = 5")])
def test_impossible_sessions_are_refused(bad, message):
    with pytest.raises(OptionError, match=message):
        simulate_session(np.random.default_rng(0), **bad)


def test_mirror_units_are_tuned_to_one_direction_in_both_modes_and_others_to_two():
    made = simulate_session(
        np.random.default_rng(3), n_execute=150, n_observe=120, n_mirror=5, n_other=5, n_burst=0, n_alone=0,
        directions=True,
    )  # fmt: skip
    weights = []
    for mode in ("execute", "observe"):
        trials = made.trials[made.trials["mode"] == mode]
        counts = [[np.sum(np.abs(s - at - HEIGHT) < 0.2) for s in made.spike_times] for at in trials.movement_onset]
        turns = np.deg2rad(trials.direction.to_numpy())[:, None] * [1, 2]
        waves = np.hstack([np.ones((len(trials), 1)), np.cos(turns), np.sin(turns)])
        weights.append(np.linalg.lstsq(waves, np.sqrt(np.array(counts)), rcond=None)[0][1:])
    r = np.array([np.corrcoef(*pair)[0, 1] for pair in np.transpose(weights, (2, 0, 1))])
    kinds = np.array(made.kinds)
    assert np.median(r[kinds == "mirror"]) > 0.8
    assert abs(np.median(r[kinds == "other directions"])) < 0.6
    assert made.trials.direction.between(0, 360).all() and made.trials.direction.nunique() == 270
