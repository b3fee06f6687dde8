"""Imitation: the world by hand, spikes and learning against plain NumPy, what conditions take away, and rows."""

import numpy as np
import pytest

from mirror_core.checks import OptionError
from mirror_core.experiments import experiment_named
from mirror_core.experiments import imitation as im
from mirror_core.experiments import imitation_agent as spiking
from mirror_core.experiments import imitation_world as world
from mirror_core.experiments.study import read_study
from mirror_core.seeding import stream
from mirror_core.studies.grid import names


@pytest.mark.parametrize(
    "place, move, after",
    [(0, 0, 0), (0, 1, 1), (0, 2, 1), (0, 3, 8), (24, 0, 17), (24, 5, 30), (24, 7, 16), (6, 2, 6), (48, 7, 40)],
)  # fmt: skip
def test_moves_worked_by_hand(place, move, after):
    assert world.step(place, move) == (place, move, after)


@pytest.mark.parametrize(
    "place, move, said", [(0, 8, "move = 8"), (0, -1, "move = -1"), (49, 0, "place = 49"), (0, 0.5, "move")]
)
def test_a_move_or_place_that_does_not_exist_is_refused(place, move, said):
    with pytest.raises(OptionError, match=said):
        world.step(place, move)


def test_a_distance_is_the_fewest_moves():
    # breadth first from every place
    for start in range(world.N_PLACES):
        reached, n = {start}, 0
        while len(reached) < world.N_PLACES:
            assert {int(p) for p in np.flatnonzero(world.DISTANCE[start] <= n)} == reached
            reached |= {world.step(place, move).after for place in reached for move in range(world.N_MOVES)}
            n += 1


@pytest.mark.parametrize("pause", [0, 0.5])
def test_an_expert_walks_a_shortest_path_and_stops_at_its_goal(pause):
    paths = world.expert_paths(10, 50, np.random.default_rng(0), pause=pause)
    pauses = [one for path in paths for one in path if one.move is None]
    assert bool(pauses) == bool(pause) and all(one.place == one.after for one in pauses)
    for path in paths:
        walked = [one for one in path if one.move is not None]
        assert path[-1].after == 10 and len(walked) == world.DISTANCE[path[0].place, 10]
        assert all(one == world.step(one.place, one.move) for one in walked)
        assert all(one.after == other.place for one, other in zip(path, path[1:], strict=False))


def test_shuffling_exchanges_the_moves_and_leaves_the_places():
    paths = world.expert_paths(0, 30, np.random.default_rng(0))
    shuffled = world.with_shuffled_moves(paths, np.random.default_rng(1))
    before, after = ([one for path in some for one in path] for some in (paths, shuffled))
    assert [one[::2] for one in before] == [one[::2] for one in after]
    assert sorted(one.move for one in before) == sorted(one.move for one in after) and before != after


@pytest.mark.parametrize("path_length, is_good", [(3, True), (5, True), (6, False)])
def test_a_path_is_good_if_it_is_at_most_two_moves_too_long(path_length, is_good):
    path = [world.Step(0, 0, 0)] * (path_length - 1) + [world.Step(0, 0, 24)]  # place 24 is three moves from place 0
    assert im.good(path, 24) == is_good and not im.good(path, 23)


def plain(rng, cells, place, shown, drive, kappa, hebb, tagging):
    """The same half decision without loops over cells, drawing in the same order."""
    potential, spikes, link, seen, policy, places, eligibility = (np.array(one) for one in cells)
    counts = np.zeros(len(drive))
    for _ in range(spiking.HALF):
        places, seen, spikes = places * spiking.TRACE, seen * spiking.TRACE, spikes * spiking.TRACE
        potential = potential * spiking.LEAK + spiking.NOISE * rng.standard_normal(len(drive)) + drive
        if place >= 0:
            here = np.arange(place * spiking.PER_PLACE, (place + 1) * spiking.PER_PLACE)
            fire = here[rng.random(spiking.PER_PLACE) < spiking.FIRING]
            places[fire] += 1
            potential = potential + policy[fire].sum(0)
            eligibility[fire] -= tagging * spiking.DEPRESSION * spikes
        shows = np.flatnonzero(shown)
        fire = shows[rng.random(len(shows)) < spiking.FIRING * shown[shows]]
        seen[fire] += 1
        potential = potential + link[fire].sum(0)
        out = potential > 1
        potential[out] = 0
        spikes[out] += 1
        counts += out
        link[:, out] += hebb * spiking.HEBB * (kappa * seen[:, None] - link[:, out])
        eligibility += tagging * np.outer(np.where(places > 0.01, places, 0), out)
        potential = potential - spiking.INHIBITION * out.sum()
    return counts, (potential, spikes, link, seen, policy, places, eligibility)


@pytest.mark.parametrize("hebb, tagging", [(False, False), (True, False), (False, True), (True, True)])
def test_spikes_and_both_learning_rules_are_those_of_plain_numpy(hebb, tagging):
    agent = spiking.Agent(3)
    drive = spiking.DRIVE * agent.made[2]
    reference, one, other = agent.motor, np.random.default_rng(1), np.random.default_rng(1)
    fired = 0
    for place in (4, 4, -1, 11):
        args = (place, agent.shown[5], drive, spiking.KAPPA_MOTOR, hebb, tagging)
        counts, reference = plain(one, reference, *args)
        np.testing.assert_array_equal(spiking.present(other, agent.motor, *args), counts)
        for mine, expected in zip(agent.motor, reference, strict=True):
            np.testing.assert_allclose(mine, expected, atol=1e-12)
        fired += counts.sum()
    assert fired > 50
    assert agent.motor.eligibility.any() == tagging


def test_the_critic_and_the_policy_by_hand():
    agent = spiking.Agent(0, rate=0.5)
    agent.motor.policy[:], agent.motor.eligibility[:] = 0.1, 0.2
    agent.value[7], agent.value[8] = 0.5, 1.0
    agent.learn(7, 8, 0.0, False)  # error 0 + .95 × 1 − .5 = .45
    assert agent.value[7] == pytest.approx(0.5 + 0.2 * 0.45)
    np.testing.assert_allclose(agent.motor.policy, 0.1 + 0.5 * 0.45 * 0.2)
    np.testing.assert_allclose(agent.motor.eligibility, 0.2 * 0.95 * 0.8)
    agent.motor.eligibility[:] = 100
    agent.learn(8, 9, 3.0, True)  # an end has no value after it: error 2
    assert agent.value[8] == pytest.approx(1 + 0.2 * 2) and (agent.motor.policy == spiking.W_MAX).all()


def likeness(agent):
    """Correlate the motor cells that a move seen reaches with those of the same move made, minus those of others."""
    reached = agent.shown @ agent.motor.link
    r = np.corrcoef(reached, agent.made)[: world.N_MOVES, world.N_MOVES :]
    return np.diag(r).mean() - r[~np.eye(world.N_MOVES, dtype=bool)].mean()


def test_babbling_links_a_move_seen_to_the_same_move_and_shuffled_babbling_does_not():
    agents = [spiking.Agent(0) for _ in range(3)]
    agents[1].babble(200)
    agents[2].babble(200, shuffled=True)
    untouched, own, shuffled = map(likeness, agents)
    assert own > 0.5 and abs(untouched) < 0.2 and abs(shuffled) < 0.3


def test_goal_cells_come_to_fire_where_the_other_stands_still_and_nowhere_else():
    agent = spiking.Agent(0)
    assert agent.inferred_goal() == -1
    for _ in range(20):
        agent.expect(30, still=True)
        agent.expect(31)
    assert agent.inferred_goal() == 30
    agent.goal.rest()
    assert agent.expect(31) == 0


def test_without_goal_cells_watching_changes_no_policy_and_without_moves_the_link_is_not_used():
    before = spiking.Agent(5)
    agent, _, paths = im.prepare("only the moves", 5)
    np.testing.assert_array_equal(agent.motor.policy, before.motor.policy)
    assert len(paths) == im.N_WATCHED
    blind, cut = im.prepare("only the goal", 5)[0], im.prepare("link cut", 5)[0]
    assert blind.motor.link.any() and not cut.motor.link.any()


def test_conditions_of_a_seed_share_goal_and_expert_and_the_sweep_has_its_own():
    (_, goal, paths), (_, same, same_paths) = im.prepare("imitation", 4), im.prepare("link cut", 4)
    assert goal == same and paths == same_paths
    _, other_goal, other_paths = im.prepare("another goal", 4)
    assert other_goal == goal and world.DISTANCE[goal, other_paths[0][-1].after] >= 3
    agent, swept_goal, _ = im.prepare(im.swept(im.N_WATCHED, spiking.STEP), 4)
    further, further_goal, _ = im.prepare("imitation", 4 + im.SWEPT_APART)
    assert swept_goal == further_goal
    np.testing.assert_array_equal(agent.motor.policy, further.motor.policy)


def test_cells_most_alike_are_found_and_matched_by_how_much_they_fire_when_moves_are_seen():
    rng = np.random.default_rng(0)
    made = rng.normal(size=(30, 8, 40))
    seen = rng.normal(size=made.shape) + np.arange(40) % 20  # cells n and n + 20 fire alike
    seen[..., : im.LESIONED] = made[..., : im.LESIONED] + np.arange(im.LESIONED)
    alike, matched = im.most_alike(made, seen)
    assert sorted(alike) == list(range(im.LESIONED))
    assert [cell % 20 for cell in matched] == alike


def test_a_link_is_cut_to_the_cells_named_alone():
    whole_link, cut_link = (im.prepare("imitation", 4, 50, cut)[0].motor.link for cut in ((), (3, 7)))
    assert not cut_link[:, [3, 7]].any()
    np.testing.assert_array_equal(np.delete(cut_link, [3, 7], 1), np.delete(whole_link, [3, 7], 1))


def test_rows_are_the_same_alone_and_with_others():
    experiment = experiment_named("imitation")
    alone = experiment.learn(experiment.learner(6, ("imitation",))).drop(columns="seconds")
    both = experiment.learn(experiment.learner(6, ("another goal", "imitation"))).drop(columns="seconds")
    assert list(both.condition) == ["another goal", "imitation"]
    assert alone.equals(both[1:].reset_index(drop=True))


def test_an_unknown_condition_is_refused():
    with pytest.raises(OptionError, match="'no babling'. Did you mean 'no babbling'"):
        im.prepare("no babling", 0)


def test_measures_lie_in_their_limits_and_another_seed_gives_another_row():
    rows = [im.measure("imitation", seed, n_babbled=100, most=12, n_draws=49) for seed in (1, 2)]
    assert rows[0] != rows[1]
    for row in rows:
        assert set(row) == set(im.MEASURED) and row["episodes_log2"] <= np.log2(12)
        assert all(0 <= row[name] <= 1 for name in ("imitated", "goal_inferred", "mirror_share"))


def test_recordings_show_the_same_moves_in_both_modes():
    agent = spiking.Agent(0)
    agent.choices = stream(0, "test")
    made, seen, moves = agent.recordings(5, 3)
    assert made.shape == seen.shape == (*moves.shape, spiking.N_MOTOR) == (5, 3, spiking.N_MOTOR)
    codes = (agent.made > 0)[moves]
    assert made[codes].mean() > 2 and made[~codes].mean() < 0.2 and seen.mean() < 0.1  # nothing is linked yet


def test_rows_of_the_kept_table_are_made_again():
    table = read_study(experiment_named("imitation"))
    assert set(table.groupby("condition").seed.nunique()) == {100}
    for _, row in table.sample(3, random_state=1).iterrows():
        again = im.measure(row.condition, int(row.seed))
        assert {name: row[name] for name in im.MEASURED} == pytest.approx(
            {name: again[name] for name in im.MEASURED}, nan_ok=True
        )


def test_every_condition_can_be_named_in_a_list_with_commas():
    assert names("condition", ",".join(im.RECIPES), im.RECIPES) == list(im.RECIPES)
