"""The filter playground, from a file to code that runs: with real workers and the real window."""

from pathlib import Path

import equinox
import jax
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from eqxviz.gui.filters import FilterView
from eqxviz.gui.filters.painting import box_rect
from eqxviz.session.filters.half_cells import NAME
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

MODEL = """
import equinox as eqx
import jax

model = eqx.nn.MLP(2, 1, 4, 2, key=jax.random.PRNGKey(0))
"""


@pytest.fixture
def view(desk: Desk, tmp_path: Path) -> FilterView:
    """The filter of an Equinox model that a worker has opened."""
    file = tmp_path / "net.py"
    file.write_text(MODEL)
    desk.open(file)
    return desk.view("filter")


def node(desk: Desk, path: str) -> int:
    tree = desk.session.model.tree
    return next(n for n in range(len(tree)) if tree.path(n) == path)


def same_model() -> equinox.nn.MLP:
    return equinox.nn.MLP(2, 1, 4, 2, key=jax.random.PRNGKey(0))


def copied(view: FilterView) -> str:
    view.code.copy.click()
    return QApplication.clipboard().text()


def enter_code(desk: Desk, view: FilterView, code: str) -> None:
    """Write own code, apply it with Ctrl+Return, and wait for the worker."""
    row = view.builder.kind.findData("code")
    view.builder.kind.setCurrentIndex(row)
    view.builder.kind.activated.emit(row)
    view.builder.editor.pane.setPlainText(code)
    QTest.keyClick(view.builder.editor.pane, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    playground = view.playground
    desk.until(lambda: not playground.is_working, "the code", playground.changed)


def test_clicks_split_the_model_and_the_copied_code_does_the_same(desk: Desk, view: FilterView):
    playground, halves = view.playground, view.halves
    assert halves.heads[True].text.startswith("6 leaves, 37 parameters")
    table, layer = halves.tables[True], node(desk, "model.layers[0]")
    halves.show_node(layer)
    cell = table.visualRect(halves.models[True].index(halves.outline.row_of(layer), NAME))
    at = box_rect(cell, halves.outline.depth_of(layer)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert halves.heads[True].text.startswith("4 leaves, 25 parameters")
    assert halves.heads[False].text.startswith("4 leaves, 12 parameters")
    names = {"model": same_model()}
    exec(copied(view), names)
    assert names["params"].layers[0].weight is None
    np.testing.assert_array_equal(names["static"].layers[0].weight, names["model"].layers[0].weight)
    assert names["params"].layers[1].weight is not None
    playground.undo()
    assert halves.heads[True].text.startswith("6 leaves")
    playground.redo()
    assert halves.heads[True].text.startswith("4 leaves")
    assert playground.frozen_mask[node(desk, "model.layers[0].weight")]


def test_code_runs_beside_the_model_and_says_what_is_wrong(desk: Desk, view: FilterView):
    row = view.builder.kind.findData("lambda")
    view.builder.kind.setCurrentIndex(row)
    view.builder.kind.activated.emit(row)
    view.builder.field.line.setText("lambda leaf: eqx.is_array(leaf) and leaf.size > 5")
    QTest.keyClick(view.builder.field.line, Qt.Key.Key_Return)
    playground = view.playground
    desk.until(lambda: not playground.is_working, "the lambda", playground.changed)
    assert view.halves.heads[True].text.startswith("2 leaves, 24 parameters")
    assert "import equinox as eqx" in copied(view)

    enter_code(desk, view, "wanted = eqx.is_array\nfilter_spec = unwanted\n")
    assert "Line 2 of the spec raised NameError" in view.doubts.texts[0]
    assert view.builder.editor.pane.marked_line == 2
    assert view.halves.heads[True].text.startswith("2 leaves")

    enter_code(desk, view, "jtu.tree_map(eqx.is_array, model.layers)")
    assert "no prefix of model" in view.doubts.texts[0]
    assert "a MLP is due" in view.doubts.texts[0] or "an MLP is due" in view.doubts.texts[0]

    enter_code(
        desk, view, "eqx.tree_at(lambda m: m.layers, jtu.tree_map(lambda _: False, model), True)"
    )
    assert playground.problem is None
    assert view.halves.heads[True].text.startswith("6 leaves")


@pytest.mark.full
def test_code_without_an_end_is_given_up_and_the_model_opened_again(desk: Desk, view: FilterView):
    before = view.playground.spec
    row = view.builder.kind.findData("code")
    view.builder.kind.setCurrentIndex(row)
    view.builder.kind.activated.emit(row)
    view.builder.editor.pane.setPlainText("while True:\n    pass\n")
    view.builder.apply()
    assert view.playground.is_working
    view.stack.cancelled.emit()
    assert view.playground.spec == before
    assert not view.playground.is_working
    desk.session.select(Selection(kind="node", node=node(desk, "model.layers[0].weight")))
    desk.until(lambda: desk.session.value is not None, "the value")
    assert desk.session.value.size == 8
    assert view.stack.state == "filled"


@pytest.mark.full
def test_freeze_this_layer_gives_a_training_step_that_runs(desk: Desk, view: FilterView):
    desk.view("tree")
    desk.session.select(Selection(kind="node", node=node(desk, "model.layers[1]")))
    desk.act("filter.freeze")
    assert desk.window.centre.view_name == "filter"
    x = jax.random.normal(jax.random.key(1), (8, 2))
    losses = []
    for name in (1, 2):
        view.code.tabs.setCurrentIndex(name)
        names = {"model": same_model()}
        exec(copied(view), names)
        model, state = names["model"], names["opt_state"]
        for _ in range(3):
            model, state, loss = names["make_step"](model, state, x, x[:, :1])
        frozen = names["model"].layers[1].weight
        assert np.asarray(frozen).tobytes() == np.asarray(model.layers[1].weight).tobytes()
        assert not np.array_equal(names["model"].layers[0].weight, model.layers[0].weight)
        losses.append(float(loss))
    assert losses[0] == losses[1]
