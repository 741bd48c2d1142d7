"""The fast layout in ranks."""

import time

import numpy as np
import pytest

from eqxviz.layout.layered import lay_out_layered
from eqxviz.layout.level_plan import NODE_GAP, Plan
from eqxviz.layout.ranks import rank


def plan(n_nodes: int, edges: list[tuple[int, int]], sides: list[int] | None = None) -> Plan:
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    sides_column = np.array(sides or [0] * n_nodes, np.int64)
    sizes = np.where(sides_column[:, None] == 0, [[80.0, 30.0]], 0.0)
    return Plan(sizes, sides_column, pairs, np.zeros(len(pairs)), np.zeros(len(pairs)))


def never() -> bool:
    return False


def test_ranks_follow_the_longest_way():
    ranks, turned = rank(np.zeros(4, np.int64), np.array([[0, 1], [1, 2], [0, 2], [3, 2]]))
    assert ranks.tolist() == [0, 1, 2, 1]
    assert not turned.any()


def test_one_edge_of_a_cycle_is_turned_round():
    _, turned = rank(np.zeros(3, np.int64), np.array([[0, 1], [1, 2], [2, 0]]))
    assert turned.tolist() == [False, False, True]


def test_entries_are_on_top_and_exits_at_the_bottom():
    ranks, _ = rank(np.array([0, 0, 1, 2]), np.array([[2, 0], [0, 1], [0, 3]]))
    assert ranks.tolist() == [1, 2, 0, 3]


def test_a_chain_is_one_straight_column():
    layout = lay_out_layered(plan(4, [(0, 1), (1, 2), (2, 3)]), never)
    assert np.ptp(layout.centres[:, 0]) == pytest.approx(0)


def test_a_long_edge_runs_beside_the_boxes_it_passes():
    layout = lay_out_layered(plan(3, [(0, 1), (1, 2), (0, 2)]), never)
    passing = layout.curves[2]
    beside = passing[np.abs(passing[:, 1] - layout.centres[1, 1]) <= 15]
    assert np.all(np.abs(beside[:, 0] - layout.centres[1, 0]) >= 40)


def test_crossings_that_can_be_avoided_are():
    layout = lay_out_layered(plan(6, [(0, 5), (1, 4), (2, 3)]), never)
    x = layout.centres[:, 0]
    assert np.argsort(x[:3]).tolist() == np.argsort(x[[5, 4, 3]]).tolist()


def test_neighbours_keep_their_gap():
    layout = lay_out_layered(plan(9, [(0, n) for n in range(1, 9)]), never)
    x = np.sort(layout.centres[1:, 0])
    assert np.all(np.diff(x) >= 80 + NODE_GAP - 0.01)


def test_five_thousand_nodes_take_seconds_at_most():
    random = np.random.default_rng(0)
    heads = np.arange(1, 5000)
    edges = np.stack([np.maximum(0, heads - random.integers(1, 40, len(heads))), heads], axis=1)
    start = time.perf_counter()
    lay_out_layered(plan(5000, edges.tolist()), never)
    assert time.perf_counter() - start < 20
