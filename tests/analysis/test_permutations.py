"""Re-pairings: what is drawn, and sums over them against explicit loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirror_core.analysis.decoding import cross_decoding
from mirror_core.analysis.permutations import (
    all_or_random_permutations,
    exchanges_of_alike,
    random_derangements,
    random_permutations,
    repaired_products,
    repaired_sums,
    rows_at_once,
    units_alike,
)
from mirror_core.analysis.regression import regression


@given(st.integers(2, 8), st.integers(0, 100))
def test_draws_are_permutations_and_derangements_leave_nothing_in_place(n, seed):
    rng = np.random.default_rng(seed)
    for draw in (random_permutations, random_derangements):
        np.testing.assert_array_equal(np.sort(draw(n, 20, rng), axis=1), np.tile(np.arange(n), (20, 1)))
    assert (random_derangements(n, 20, rng) != np.arange(n)).all()


@pytest.mark.parametrize("draw", [random_permutations, random_derangements])
def test_every_item_is_drawn_as_often_as_any_other(draw):
    to = draw(5, 20_000, np.random.default_rng(0))
    pairs = np.stack([np.bincount(column, minlength=5) for column in to.T]) / 20_000
    allowed = np.ones((5, 5)) - (np.eye(5) if draw is random_derangements else 0)
    np.testing.assert_allclose(pairs, allowed / allowed.sum(axis=1, keepdims=True), atol=0.015)


def test_few_items_are_enumerated_once_each_without_the_identity():
    rng = np.random.default_rng(0)
    every = all_or_random_permutations(4, 23, rng)
    assert len({tuple(p) for p in every}) == 23 and (0, 1, 2, 3) not in {tuple(p) for p in every}
    assert all_or_random_permutations(4, 22, rng).shape == (22, 4)
    assert all_or_random_permutations(300, 5, rng).shape == (5, 300)


def test_sums_over_tables_are_those_of_loops():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((2, 7, 3, 19))  # 19 units: more than are held in memory together, and no multiple
    pis = random_permutations(7, 11, rng)
    expected = [np.einsum("itu,itu->u", x, y[pi]) for pi in pis]
    np.testing.assert_allclose(repaired_products(x, y, pis), expected)
    table = np.einsum("itu,jtu->iju", x, y)
    np.testing.assert_allclose(repaired_sums(table, pis), [sum(table[i, pi[i]] for i in range(7)) for pi in pis])


@pytest.mark.parametrize("limit", [1, 8 * 9 * 8 * 2, 2**28])
def test_tables_of_many_sequences_are_made_some_rows_at_a_time(limit, monkeypatch):
    monkeypatch.setattr("mirror_core.analysis.permutations.TABLE_BYTES", limit)
    parts = rows_at_once(9, 8)
    assert [i for part in parts for i in range(part.start, part.stop)] == list(range(9))
    assert len(parts) == {1: 9, 8 * 9 * 8 * 2: 5, 2**28: 1}[limit]
    rng = np.random.default_rng(2)
    x, y = rng.integers(-3, 3, (2, 9, 4, 11)).astype(float)
    pis = random_permutations(9, 6, rng)
    np.testing.assert_array_equal(repaired_products(x, y, pis), [np.einsum("itu,itu->u", x, y[pi]) for pi in pis])
    actions = rng.integers(0, 3, (30, 4))
    activity = rng.normal(size=(30, 4, 5)) + actions[..., None]
    modes = [rng.normal(size=(n, 2, 2)) for n in (13, 9)]
    regressed = regression(modes, [one[..., :1] for one in modes], np.random.default_rng(4), 50)
    transfer = cross_decoding(activity, activity[:, :, ::-1], actions, np.random.default_rng(3), n_permutations=50)
    monkeypatch.undo()
    whole = cross_decoding(activity, activity[:, :, ::-1], actions, np.random.default_rng(3), n_permutations=50)
    np.testing.assert_array_equal(transfer.null, whole.null)
    whole = regression(modes, [one[..., :1] for one in modes], np.random.default_rng(4), 50)
    np.testing.assert_array_equal(regressed.p, whole.p)


def test_units_are_exchanged_with_those_that_are_alike():
    strength = np.random.default_rng(0).uniform(size=20)
    drawn = exchanges_of_alike(strength, 5, 200, np.random.default_rng(1))
    for part in np.argsort(strength).reshape(4, 5):
        assert (np.sort(drawn[:, part], axis=1) == np.sort(part)).all()
        assert all(set(drawn[:, unit]) == set(part) for unit in part)
    animals = np.tile(["a", "b"], 10)
    assert [set(animals[part]) for part in units_alike(strength, 5, animals)] == [{"a"}, {"a"}, {"b"}, {"b"}]
