"""The table of statistics: filled part by part, ordered by what stands out."""

import queue
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from eqxviz.analysis.leaf_rows import LeafRows
from eqxviz.analysis.tree import nodes_of
from eqxviz.analysis.values import never
from eqxviz.records import LeafStatistics, OpenedModel, Problem, ReadStatistics, Severity
from eqxviz.session.session import Session
from eqxviz.session.values.statistics import StatisticsTable, arrays_below
from tests.gui.shown import node_at, show_model
from tests.session.answering import ModelWorker


class Answering(ModelWorker):
    """Answers with a few leaves at a time."""

    def __init__(self, value: Any, at_a_time: int) -> None:
        super().__init__(value)
        self.rows = LeafRows()
        self.at_a_time = at_a_time

    def answer(self) -> None:
        request, answered = self.waiting.pop(min(self.waiting))
        assert isinstance(request, ReadStatistics)
        nodes = request.nodes[: self.at_a_time].tolist()
        leaves = [(node, self.index.object_at(node)) for node in nodes]
        answered(self.rows.read(leaves, request.revision, 10.0, never))


VALUE = {
    "layers": [
        {"weight": jnp.full((4, 3), 0.5 + i / 10), "bias": jnp.linspace(0, 1, 5)} for i in range(6)
    ],
    "step": jnp.asarray(3),
    "name": "not an array",
}


def prepared(value: Any, at_a_time: int = 100) -> tuple[Session, Answering, StatisticsTable]:
    worker = Answering(value, at_a_time)
    session = Session(lambda job: job(), None)
    worker.hold_for(session)
    return session, worker, session.statistics


def paths(session: Session, table: StatisticsTable) -> list[str]:
    model = session.model
    assert isinstance(model, OpenedModel)
    return [model.tree.path(int(table.columns["nodes"][row])) for row in table.order]


def test_arrays_below_a_node_are_found_at_any_depth():
    tree = nodes_of(VALUE, "model").tree(1)
    everything = [tree.path(int(n)) for n in arrays_below(tree, 0)]
    assert len(everything) == 13
    assert "model['name']" not in everything
    some = arrays_below(tree, node_at(tree, "model['layers'][2]"))
    assert [tree.path(int(n)) for n in some] == [
        "model['layers'][2]['bias']", "model['layers'][2]['weight']"
    ]  # fmt: skip
    leaf = node_at(tree, "model['step']")
    assert arrays_below(tree, leaf).tolist() == [leaf]
    assert arrays_below(tree, node_at(tree, "model['name']")).tolist() == []


def test_the_table_is_filled_in_parts_and_tells_how_far_it_is():
    _, worker, table = prepared(VALUE, at_a_time=5)
    seen: list[tuple[str, int]] = []
    table.changed.connect(lambda: seen.append((table.state, len(table))))
    table.start(0)
    assert (table.state, table.n_leaves, table.progress) == ("working", 13, 0.0)
    worker.answer()
    assert 0 < table.progress < 1
    assert len(table) == 5
    worker.answer_all()
    assert (table.state, len(table), table.progress) == ("filled", 13, 1.0)
    assert len(worker.asked) == 3
    assert seen[0] == ("working", 0)


def test_what_is_cancelled_keeps_the_rows_that_were_read():
    _, worker, table = prepared(VALUE, at_a_time=4)
    table.start(0)
    worker.answer()
    table.cancel()
    assert (table.state, len(table)) == ("filled", 4)
    assert not worker.waiting


def test_a_problem_of_the_worker_is_kept_for_the_view():
    _, worker, table = prepared(VALUE)
    table.start(0)
    problem = Problem("stale", Severity.ERROR, "gone", "it went", "again")
    worker.waiting.pop(1)[1](problem)
    assert (table.state, table.problem) == ("failed", problem)


def test_another_model_empties_the_table():
    session, worker, table = prepared(VALUE)
    table.start(0)
    worker.answer()
    show_model(session, nodes_of([jnp.ones(2)], "other").tree(2))
    assert (table.state, len(table), table.node) == ("empty", 0, -1)


def test_rows_are_sorted_by_any_column_and_without_numbers_come_last():
    deleted = jnp.ones(3)
    deleted.delete()
    session, worker, table = prepared({"a": jnp.full(2, 5.0), "b": deleted, "c": jnp.full(2, -1.0)})
    table.start(0)
    worker.answer()
    table.sort("mean", is_descending=True)
    assert paths(session, table) == ["model['a']", "model['c']", "model['b']"]
    table.sort("mean", is_descending=False)
    assert paths(session, table) == ["model['c']", "model['a']", "model['b']"]
    table.sort("leaf", is_descending=False)
    assert paths(session, table) == ["model['a']", "model['b']", "model['c']"]


def test_what_stands_out_comes_first_and_says_why():
    layers = [{"weight": jnp.full((4, 3), 0.5 + i / 10)} for i in range(8)]
    layers[1]["weight"] = jnp.full((4, 3), 1e5)
    layers[2]["weight"] = jnp.zeros((4, 3))
    layers[3]["weight"] = jnp.ones((4, 3)).at[1, 2].set(jnp.nan).at[0, 0].set(jnp.inf)
    layers[4]["weight"] = jnp.ones((4, 3)).at[1, 2].set(-jnp.inf)
    layers[5]["weight"] = jnp.full((4, 3), 1e-6) * jnp.arange(1.0, 4.0)
    session, worker, table = prepared(layers)
    table.start(0)
    worker.answer()
    assert paths(session, table)[:5] == [f"model[{i}]['weight']" for i in (3, 4, 1, 2, 5)]
    texts = [table.text(row) for row in range(6)]
    assert texts[0] == "1 NaN, 1 infinite"
    assert texts[1] == "1 infinite"
    assert texts[2].startswith("exploding: ×")
    assert texts[3] == "dead"
    assert texts[4].startswith("tiny: 1 /")
    assert texts[4].endswith(" of its like")
    assert texts[5] == "constant"
    assert table.outliers is not None
    assert table.outliers.n_problems == 4
    assert table.outliers.n_standing == 8  # the head counts what the column tells of


def test_the_zeros_with_which_an_optimiser_begins_are_no_dead_weights():
    params = {"weight": jnp.ones((4, 3)) * jnp.arange(1.0, 4.0)}
    _session, worker, table = prepared((params, optax.adam(1e-3).init(params)))
    table.start(0)
    worker.answer()
    assert table.outliers is not None
    assert table.outliers.n_problems == 0
    assert sorted(table.text(row) for row in range(len(table))) == ["", "", "all zero", "all zero"]


def test_many_rows_are_put_in_order_outside_the_sessions_thread():
    n = 20_000
    session, _, table = prepared([np.float32(0)])
    posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    session._post = posted.put  # type: ignore[method-assign]  # kept until it is run
    table.start(0)
    zeros, reals = np.zeros(n, np.int64), np.random.default_rng(0).normal(size=n)
    part = LeafStatistics(1, 0, np.ones(n, np.int32), zeros + 1, *[zeros] * 3, *[reals] * 5)
    table._on_part(part)
    assert table.state == "filled"
    assert len(table) == 0
    table.sort("mean", is_descending=False)
    for _ in range(3):  # while it was read, at its end, and sorted: the last one counts
        posted.get(timeout=30)()
    assert len(table) == n
    assert np.all(np.diff(table.columns["mean"][table.order]) >= 0)


@pytest.mark.parametrize("at_a_time", [1, 3])
def test_the_columns_are_what_numpy_says(at_a_time: int):
    _, worker, table = prepared(VALUE, at_a_time)
    table.start(0)
    worker.answer_all()
    for row, node in enumerate(table.columns["nodes"].tolist()):
        array = np.asarray(worker.index.object_at(node), np.float64)
        assert table.columns["mean"][row] == pytest.approx(array.mean())
        assert table.columns["norm"][row] == pytest.approx(np.linalg.norm(array))
        assert table.columns["n_zero"][row] == (array == 0).sum()
