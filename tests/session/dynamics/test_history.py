"""The norms of a model's leaves over a run, in little memory."""

import jax.numpy as jnp
import numpy as np
import pytest

from eqxviz.analysis import model_tree
from eqxviz.records import (
    DynamicsBatch,
    DynamicsHistogram,
    DynamicsLeaves,
    DynamicsState,
    NodeKind,
    Quantity,
    ReplayedGradients,
)
from eqxviz.session.norms.history import History
from eqxviz.session.norms.measured import Measured
from eqxviz.session.norms.strips import Strips

ALL = np.arange(2)


def leaves(*, id: int = 0, n: int = 2) -> DynamicsLeaves:
    tree = model_tree({"layers": [jnp.ones(2) * i for i in range(n)], "x": 1}, "model", 0)
    nodes = np.flatnonzero(tree.kind == NodeKind.ARRAY).astype(np.int32)
    return DynamicsLeaves(id, 0, tree, nodes, np.zeros(n, np.bool_))


def batch(steps: list[int], parameter: float = 5.0, update: float = 1.0) -> DynamicsBatch:
    n = len(steps)
    return DynamicsBatch(
        0,
        np.array(steps, np.int64),
        np.array(steps, np.float64),
        np.full((n, 2), parameter, np.float32),
        np.full((n, 2), update, np.float32),
        np.zeros((n, 0), np.float32),
    )


def test_norms_of_several_leaves_are_taken_together_and_divided():
    history = History(leaves())
    history.add(batch([10, 20]))
    assert history.steps.tolist() == [10, 20]
    np.testing.assert_allclose(history.norms("parameter", ALL), 5 * np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(history.norms("ratio", ALL), 0.2, rtol=1e-6)
    assert (history.norms("gradient", ALL) == -1).all()


def test_samples_that_are_sent_again_change_nothing():
    history = History(leaves())
    history.add(batch([10, 20]))
    history.add(batch([10, 20, 30]))
    assert history.steps.tolist() == [10, 20, 30]


def test_memory_stays_flat_and_what_stood_out_stays():
    history = History(leaves())
    for first in range(0, 100_000, 1000):
        history.add(batch(list(range(first + 1, first + 1001))))
        if first == 5000:
            history.add(batch([6001], update=77.0))
    assert len(history.steps) <= 2048
    assert history.steps[-1] == 100_000
    assert (np.diff(history.steps) > 0).all()
    assert history.norms("update", ALL[:1]).max() == 77


def test_a_nan_is_not_lost_where_columns_become_one():
    history = History(leaves())
    history.add(batch([1], update=np.nan))
    for first in range(1, 6000, 1000):
        history.add(batch(list(range(first + 1, first + 1001))))
    assert np.isnan(history.norms("update", ALL)[0])
    assert history.mark(ALL) == "NaN"


@pytest.mark.parametrize(
    ("parameter", "update", "mark"),
    [(1.0, 0.0, "never updated"), (1.0, 2.0, "update > weight"), (1.0, 0.1, "")],
)
def test_what_is_wrong_is_said_in_a_word(parameter: float, update: float, mark: str):
    history = History(leaves())
    history.add(batch([1, 2], parameter, update))
    assert history.mark(ALL) == mark


def test_gradients_of_a_replay_are_put_at_their_step():
    history = History(leaves())
    history.add(batch([10, 20, 30]))
    history.add_replayed(ReplayedGradients(0, 20, "loss", np.array([3, 4], np.float32), 0.1))
    assert history.norms("gradient", ALL).tolist() == [-1, 5, -1]


def test_gradients_of_a_step_that_was_not_measured_get_a_column_of_their_own():
    history = History(leaves())
    history.add(batch([10, 20]))
    history.add_replayed(ReplayedGradients(0, 23, "loss", np.array([3, 4], np.float32), 0.1))
    assert history.steps.tolist() == [10, 20, 23]
    assert history.norms("gradient", ALL).tolist() == [-1, -1, 5]
    assert history.norms("update", ALL)[-1] == history.norms("ratio", ALL)[-1] == -1
    assert history.every_norm("ratio")[-1].tolist() == [-1, -1]
    measured = leaves()
    strips = Strips(history, "ratio", measured.nodes, measured.argument)
    assert strips.text(0) == "step 20: 0.2"


def test_a_sample_that_comes_after_its_gradients_were_replayed_keeps_them():
    history = History(leaves())
    replayed = ReplayedGradients(0, 10, "loss", np.array([3, 4], np.float32), 0.1)
    history.add_replayed(replayed)
    before = history.version
    history.add(batch([10]))
    assert history.steps.tolist() == [10]
    assert history.norms("gradient", ALL).tolist() == [5]
    np.testing.assert_allclose(history.norms("ratio", ALL), 0.2, rtol=1e-6)
    assert history.version != before


def test_an_update_greater_than_the_weight_is_marked_though_only_gradients_came_since():
    history = History(leaves())
    history.add(batch([10], parameter=1.0, update=2.0))
    history.add_replayed(ReplayedGradients(0, 13, "loss", np.array([3, 4], np.float32), 0.1))
    assert history.mark(ALL) == "update > weight"


def test_what_overflowed_is_marked():
    history = History(leaves())
    history.add(batch([10], parameter=np.inf, update=np.inf))
    history.add(batch([20]))
    assert history.mark(ALL) == "Inf"


def test_gradients_that_are_all_zero_are_marked():
    history = History(leaves())
    history.add(batch([10]))
    history.add_replayed(ReplayedGradients(0, 10, "loss", np.zeros(2, np.float32), 0.1))
    assert history.mark(ALL) == "gradient is 0"


def test_histograms_are_shares_and_thinned():
    history = History(leaves())
    counts = np.zeros((2, 64), np.uint16)
    counts[:, 41] = 3
    counts[0, 0] = 6
    for step in range(1, 1000):
        history.add_histogram(DynamicsHistogram(0, step, Quantity.PARAMETER, counts))
    known = history.histograms(Quantity.PARAMETER, ALL)
    assert len(known.steps) <= 256
    assert known.shares[0, 0] == pytest.approx(0.5)
    assert not len(history.histograms(Quantity.GRADIENT, ALL).steps)


def test_another_model_begins_anew_and_batches_of_the_old_one_are_dropped():
    measured = Measured()
    measured.add(DynamicsState(True, leaves=0))
    measured.add(leaves())
    measured.add(batch([10]))
    measured.add(leaves(id=1))
    measured.add(batch([20]))
    assert measured.state.is_on
    assert measured.history is not None
    assert measured.history.leaves.id == 1
    assert not len(measured.history.steps)


def test_a_strip_of_an_inner_node_is_that_of_all_leaves_below_it():
    history = History(leaves())
    history.add(batch([10, 20]))
    tree = history.leaves.argument
    strips = Strips(history, "parameter", history.leaves.nodes, tree)
    assert strips.leaves(0).tolist() == [0, 1]
    assert strips.leaves(int(history.leaves.nodes[1])).tolist() == [1]
    assert strips.node_of(np.array([0, 1])) == int(tree.parent[history.leaves.nodes[0]])
    assert strips.text(0) == "step 20: 7.07"
    statics = np.flatnonzero(tree.kind == NodeKind.STATIC_LEAF)
    assert not len(strips.values(int(statics[0])))
    assert strips.keys().max() == pytest.approx(50**0.5)
