"""The Compare view shows what differs; its models follow Qt's rules."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from eqxviz.analysis import model_tree
from eqxviz.gui.compare import CompareView
from eqxviz.gui.compare.model import leaf_model
from eqxviz.records import (
    CompareValues,
    DifferenceMap,
    Problem,
    ReadDifference,
    Severity,
    Strings,
    ValueDifferences,
)
from eqxviz.session.compare.alignment import align
from eqxviz.session.compare.difference_table import MAX_ABS, PATH, DifferenceTable, summary
from eqxviz.session.compare.sides import Side
from eqxviz.session.row_sorting import RowSorting
from tests.gui.shown import names_by_tab, put_on_screen, show_model

BEFORE = {"a": np.ones(3), "b": np.ones(3), "c": np.ones(2), "rate": 0.5}
AFTER = {"a": np.ones(3), "b": np.ones(3), "c": np.ones(4), "rate": 0.25, "new": [1, 2]}


def differences(**columns) -> ValueDifferences:
    n = len(columns["state"])
    whole = {
        **dict.fromkeys(("n_different", "n_nan_both", "n_nan_one"), [0] * n),
        **dict.fromkeys(("max_abs", "max_relative", "norm"), [0.0] * n),
        "reason": [-1] * n,
        **columns,
    }
    dtypes = {"state": np.uint8, "reason": np.int32}
    for name in ("max_abs", "max_relative", "norm"):
        dtypes[name] = np.float64
    arrays = {name: np.array(v, dtypes.get(name, np.int64)) for name, v in whole.items()}
    return ValueDifferences(**arrays, strings=Strings.of(["it was deleted."]))


def table() -> DifferenceTable:
    return DifferenceTable(align(model_tree(BEFORE, "m", 1), model_tree(AFTER, "m", 2)))


@pytest.fixture
def view(qtbot, session, theme):
    show_model(session, model_tree(BEFORE, "m", 1))
    return put_on_screen(qtbot, CompareView(session, theme), 700, 600)


def finish(qtbot, session, engine, view) -> None:
    """Compare the open model with another one, and let the worker answer."""
    comparison = session.comparison
    side = Side("snapshot", "later", model_tree(AFTER, "m", 2), session.model_holder)
    comparison.sides.snapshots.append(side)
    comparison.compare(comparison.sides.open_side, side)
    qtbot.waitUntil(lambda: comparison.state == "filled")


def test_the_model_of_the_table_follows_the_rules(qtmodeltester, theme, qapp):
    model = leaf_model(theme, qapp)
    made = table()
    model.show_rows(made, made.rows("all"))
    qtmodeltester.check(model)
    assert model.rowCount() == 5


def test_rows_are_sorted_by_what_differs_most_and_by_any_column():
    made = table()
    rows = made.to_compare()
    assert [made.path(row) for row in rows] == ["m['a']", "m['b']"]
    made.add_values(rows, differences(state=[2, 2], max_abs=[0.1, 7.0], n_different=[3, 1]))
    found = [made.cell(row, PATH) for row in made.rows()]
    assert found == ["['new']", "['c']", "['rate']", "['b']", "['a']"]
    by_size = made.rows(sorting=RowSorting(MAX_ABS, descending=True))
    assert [made.cell(row, PATH) for row in by_size][:2] == ["['b']", "['a']"]
    smallest = made.rows(sorting=RowSorting(MAX_ABS))
    assert [made.cell(row, PATH) for row in smallest][:2] == ["['a']", "['b']"]
    made.matches = made.found("RATE")
    assert [made.cell(row, PATH) for row in made.rows()] == ["['rate']"]
    made.matches = made.found("new 1")
    assert len(made.rows()) == 0
    made.matches = made.found("")
    assert [made.cell(row, PATH) for row in made.rows("value")] == ["['b']", "['a']"]
    words = "1 differs in shape, 1 in static value, 2 in values, 1 only in B"
    assert summary(made) == words


def test_what_could_not_be_compared_says_why():
    made = table()
    rows = made.to_compare()
    made.add_values(rows, differences(state=[3, 1], reason=[0, -1]))
    assert made.words(rows[0]) == "not compared"
    assert "It was deleted." in made.explanation(rows[0])
    assert "Equal by value, not bit by bit." in made.explanation(rows[1])


def test_the_view_fills_follows_the_selection_and_filters(qtbot, session, engine, view):
    session._model_worker = engine.worker
    finish(qtbot, session, engine, view)
    request = engine.worker.asked[-1]
    assert isinstance(request, CompareValues)
    assert view.summary.text() == "Comparing values: 0 of 2 leaves"
    assert view.cancel.isVisible()
    engine.worker.answer(differences(state=[0, 2], max_abs=[0.0, 2.0], n_different=[0, 3]))
    assert not view.cancel.isVisible()
    assert view.summary.text().endswith("; 1 is equal")
    shown = [view.model.index(r, 0).data() for r in range(view.model.rowCount())]
    assert shown == ["['new']", "['c']", "['rate']", "['b']"]
    view.table.selectRow(3)
    tree = session.model.tree
    assert tree.path(session.selection.node) == "m['b']"
    assert any(isinstance(request, ReadDifference) for request in engine.worker.asked)
    session.comparison.difference_map = DifferenceMap(np.array([[0, 1, 2]], np.float32), 1, 3)
    session.comparison.mapped.emit()
    assert view.pair.picture.isVisible()
    assert "3 of 3 elements differ." in view.pair.words.text()
    view.filter.setCurrentIndex(view.filter.findData("shape"))
    view.filter.activated.emit(0)
    assert [view.model.index(r, 0).data() for r in range(view.model.rowCount())] == ["['c']"]


def test_a_click_on_a_header_sorts_turns_and_lets_go(qtbot, session, engine, view):
    session._model_worker = engine.worker
    finish(qtbot, session, engine, view)
    header = view.table.horizontalHeader()
    orders = []
    for _ in range(3):
        header.sectionClicked.emit(PATH)
        orders.append((header.sortIndicatorSection(), header.sortIndicatorOrder()))
    assert orders[:2] == [
        (PATH, Qt.SortOrder.AscendingOrder),
        (PATH, Qt.SortOrder.DescendingOrder),
    ]
    assert orders[2][0] == -1


def test_cancelling_keeps_what_was_found(qtbot, session, engine, view):
    session._model_worker = engine.worker
    finish(qtbot, session, engine, view)
    view.cancel.click()
    assert "cancelled" in view.note.text()
    assert view.model.rowCount() == 3


def test_a_problem_is_shown_in_place(session, view):
    comparison = session.comparison
    comparison.problem = Problem("x", Severity.ERROR, "It cannot be opened", "Why.", "Fix it.")
    comparison.state = "failed"
    comparison.changed.emit()
    assert view.stack.state == "failed"
    assert view.sides.before.isVisible()


def test_tab_leaves_the_table_and_reaches_everything(qtbot, session, engine, view):
    session._model_worker = engine.worker
    finish(qtbot, session, engine, view)
    assert names_by_tab(view)[:7] == [
        *("Differences", "Model A", "Let A and B change places", "Model B"),
        *("Release a snapshot", "Cancel", "Which rows to show"),
    ]
