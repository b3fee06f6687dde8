"""Recordings of anybody's agent: what is averaged, what is refused, and that nothing is cut silently."""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest

from mirror_core.checks import OptionError
from mirror_core.experiments.agents import record_agents
from mirror_core.recordings.formats import read_file
from mirror_core.report import analyse_file


@dataclass
class Line:
    """Two agents on a line, as a world of PettingZoo: each sees both places; an episode may end early."""

    ends: dict = field(default_factory=dict)  # seed → timesteps
    possible_agents = ["ant", "bee"]

    def reset(self, seed=None, options=None):
        self.agents, self.at, self.t, self.end = (
            list(self.possible_agents),
            {"ant": 0, "bee": 0},
            0,
            self.ends.get(seed),
        )
        return self.seen(), {}

    def seen(self):
        return {"ant": np.array([self.at["ant"], self.at["bee"]]), "bee": np.array([self.at["bee"], self.at["ant"]])}

    def step(self, actions):
        assert set(actions) == set(self.agents)
        for name, action in actions.items():
            self.at[name] += action
        self.t += 1
        if self.t == self.end:
            self.agents = []
        return self.seen(), {}, {}, {}, {}

    @staticmethod
    def seen_with(own, other):
        return np.stack([own[..., 0], other[..., 0]], axis=-1)


class Walker:
    """Moves at random; one unit is its own place, one the other's, one how long it has been there."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def begin(self, n):
        self.t = 0

    def act(self, observations):
        self.t += 1
        units = np.column_stack([observations, np.full(len(observations), self.t)])
        return self.rng.integers(3, size=len(observations)), units


def record(world=None, path=None, agents=None, **options):
    agents = {"ant": Walker(0), "bee": Walker(1)} if agents is None else agents
    options = {"n_sequences": 12, "n_steps": 6, "n_fillings": 4, "seed": 7} | options
    return record_agents(Line() if world is None else world, agents, path, **options)


@pytest.mark.parametrize("name", ["agent.npz", "agent.nc"])
def test_the_same_moves_are_done_and_shown(tmp_path, name):
    found = record(path=tmp_path / name)
    place = np.cumsum(found.actions, axis=1)
    assert (found.perform[..., 0] == place).all() and (found.observe[..., 1] == place).all()
    assert (found.perform[..., 2] == np.arange(2, 7)).all()  # it forgets between episodes
    others = np.mean([np.roll(place, 2 * i, axis=0) for i in range(1, 5)], axis=0)
    np.testing.assert_allclose(found.perform[..., 1], others)
    np.testing.assert_allclose(found.observe[..., 0], others)
    for array, mode in zip(read_file(tmp_path / name)[:3], ("perform", "observe", "actions"), strict=True):
        np.testing.assert_allclose(array, found[mode])


def test_either_agent_can_be_recorded():
    assert record(recorded="bee").attrs["agent"] == "bee"
    with pytest.raises(OptionError, match="recorded agent 'wasp'"):
        record(recorded="wasp")


def test_an_early_end_is_refused_or_padded_and_said(tmp_path):
    world = Line(ends={9: 3, 10: 5})
    with pytest.raises(
        OptionError, match=r"2 of 12 episodes of ant ended early, .*\(seed 9\) after 3 of 6 .*at most 3"
    ):
        record(world, tmp_path / "agent.npz")
    assert not list(tmp_path.iterdir())
    with pytest.warns(UserWarning, match="2 of 12 .* padded with NaN"):
        found = record(world, tmp_path / "agent.npz", early="pad")
    missing = np.isnan(found.perform).all(axis=2).to_numpy()
    assert missing.sum(axis=1).tolist() == [0, 0, 3, 1] + [0] * 8 and missing[2].tolist() == [False] * 2 + [True] * 3
    assert found.attrs["padded_sequences"] == 2 and (np.isnan(found.observe).all(axis=2) == missing).all()
    report = analyse_file(tmp_path / "agent.npz", n_permutations=9, drop_nan="sequences")
    assert any("sequence" in note and "2" in note for note in report.recordings.notes)


class Wrong(Walker):
    def __init__(self, actions=None, units=None):
        super().__init__(0)
        self.answer = actions, units

    def act(self, observations):
        good = super().act(observations)
        return tuple(one if one is not None else other for one, other in zip(self.answer, good, strict=True))


@pytest.mark.parametrize(
    "agent, said",
    [
        (Wrong(actions=np.zeros(12)), "actions of shape .* whole number for each of 12"),
        (Wrong(actions=np.zeros((12, 1), int)), r"actions of shape \(12, 1\)"),
        (Wrong(units=np.zeros(12)), r"activations of shape \(12,\): .* \(12, units\)"),
        (Wrong(units=np.full((12, 2), np.nan)), "activations .* finite"),
    ],
)
def test_an_agent_of_the_wrong_shape_is_refused(agent, said):
    with pytest.raises(OptionError, match=f"agent ant returns {said}"):
        record(agents={"ant": agent, "bee": Walker(1)})


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(OptionError, match="world of type object has no reset"):
        record(object())
    with pytest.raises(OptionError, match="agents ant are not allowed: the world has ant, bee"):
        record(agents={"ant": Walker(0)})
    with pytest.raises(OptionError, match="ending of path '.csv'"):
        record(path=tmp_path / "agent.csv")
    with pytest.raises(OptionError, match="early 'cut'"):
        record(early="cut")
    with pytest.raises(OptionError, match="n_fillings = 12"):
        record(n_fillings=12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record()
