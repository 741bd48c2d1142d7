"""What is looked at of an array: axes, indices, one tile at a time."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from eqxviz.analysis.tree import nodes_of
from eqxviz.records import Problem, Severity
from eqxviz.session.session import Session
from eqxviz.session.values.leaf_view import LeafView, can_be_drawn, default_axes
from tests.gui.shown import node_at
from tests.session.answering import ModelWorker


@pytest.fixture
def value() -> dict[str, Any]:
    return {
        "w": jnp.arange(12.0).reshape(3, 4) - 5,
        "k": np.random.default_rng(0).normal(size=(6, 5, 3, 2)),
        "b": jnp.array([1.0, jnp.nan, 3.0]),
        "s": jnp.asarray(2.5),
        "key": jax.random.key(0),
        "shape": jax.ShapeDtypeStruct((3,), jnp.float32),
        "empty": jnp.zeros((0, 3)),
    }


def looking_at(value: Any, path: str) -> tuple[LeafView, ModelWorker]:
    worker = ModelWorker(value)
    session = Session(lambda job: job(), None)
    worker.hold_for(session)
    view = session.leaf_view
    view.show(node_at(worker.tree, path))
    return view, worker


def test_rows_and_columns_are_the_last_two_axes():
    assert default_axes((64, 32, 3, 3)) == (2, 3)
    assert default_axes((3, 3, 64, 32)) == (2, 3)
    assert default_axes((1, 1, 768)) == (1, 2)
    assert default_axes((7,)) == (-1, 0)
    assert default_axes(()) == (-1, -1)


def test_only_arrays_with_elements_are_drawn(value: dict[str, Any]):
    tree = nodes_of(value, "model").tree(1)
    drawn = {path for path in value if can_be_drawn(tree, node_at(tree, f"model['{path}']"))}
    assert drawn == {"w", "k", "b", "s"}
    assert not can_be_drawn(tree, 0)


def test_all_of_the_matrix_is_read_first(value: dict[str, Any]):
    view, worker = looking_at(value, "model['k']")
    assert (view.n_rows, view.n_columns, view.index) == (3, 2, [0, 0, 0, 0])
    assert (worker.asked[0].rows, worker.asked[0].columns) == ((0, 3), (0, 2))
    worker.answer()
    assert view.overview is view.tile is not None
    np.testing.assert_allclose(view.tile.mean, value["k"][0, 0], rtol=1e-6)


def test_other_axes_and_indices_are_read_anew(value: dict[str, Any]):
    view, worker = looking_at(value, "model['k']")
    worker.answer()
    view.set_index(1, 1)
    assert view.tile is None
    worker.answer()
    np.testing.assert_allclose(view.tile.mean, value["k"][0, 1], rtol=1e-6)
    view.set_axes(2, 0)
    worker.answer()
    np.testing.assert_allclose(view.tile.mean, value["k"][:, 1, :, 0].T, rtol=1e-6)
    view.set_axes(0, 0)  # what both want is exchanged
    assert (view.row_axis, view.column_axis) == (0, 2)


def test_one_tile_is_read_at_a_time_and_then_the_latest_that_is_wanted(value: dict[str, Any]):
    view, worker = looking_at(value, "model['w']")
    for last in (1, 2, 3):
        view.look((0, last), (0, 2), with_texts=True)
    assert len(worker.asked) == 1
    worker.answer()
    assert len(worker.asked) == 2
    assert worker.asked[1].rows == (0, 3)
    worker.answer()
    assert not view.is_reading
    assert view.words_at(1, 1) == "model['w'][1, 1] = 0"


def test_going_on_to_another_array_cancels_what_is_being_read(value: dict[str, Any]):
    view, worker = looking_at(value, "model['w']")
    tree = worker.tree
    for path in ("k", "b", "w", "s"):
        view.show(node_at(tree, f"model['{path}']"))
    assert worker.cancelled == [1, 2, 3, 4]
    assert len(worker.waiting) == 1
    view.show(-1)
    assert not worker.waiting


def test_an_element_and_a_block_are_told_in_words(value: dict[str, Any]):
    view, worker = looking_at(value, "model['b']")
    worker.answer()
    assert view.words_at(0, 1) == "model['b'][1] = NaN"
    scalar, worker = looking_at(value, "model['s']")
    worker.answer()
    assert scalar.words_at(0, 0) == "model['s'] = 2.5"
    large = np.arange(2048.0).reshape(2, 1024)
    large[0, 5] = np.inf
    view, worker = looking_at({"x": large}, "model['x']")
    worker.answer()
    assert view.words_at(0, 7) == "model['x'][0:1, 6:8]: mean 6.5, 6 to 7"
    assert view.words_at(0, 4) == "model['x'][0:1, 4:6]: mean 4, 4 to 4, and infinities"


def test_a_problem_is_kept_and_nothing_more_is_asked(value: dict[str, Any]):
    view, worker = looking_at(value, "model['w']")
    view.look((0, 2), (0, 2))
    problem = Problem("stale", Severity.ERROR, "gone", "it went", "again")
    worker.waiting.pop(1)[1](problem)
    assert view.problem is problem
    assert len(worker.asked) == 1
