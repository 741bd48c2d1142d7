"""The sharing map on screen."""

import time

import jax.numpy as jnp
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QPushButton

from eqxviz.analysis import model_tree
from eqxviz.gui.sharing import SharingView
from eqxviz.gui.sharing.model import SAVES
from eqxviz.gui.theme import Theme
from eqxviz.records import CheckTree, Problem, Severity, TreeCheck
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.conftest import QuietEngine
from tests.gui.shown import make_tree, node_at, put_on_screen, show_model


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> SharingView:
    return put_on_screen(qtbot, SharingView(session, theme), 800, 700)


def show(session: Session, value: object) -> None:
    show_model(session, model_tree(value, "model", 1))


def rows(view: SharingView, column: int = 0) -> list[str]:
    return [view.model.index(r, column).data() for r in range(view.model.rowCount())]


def test_without_a_model_the_view_says_what_it_is_for(view: SharingView):
    assert view.stack.state == "empty"


def test_a_model_without_sharing_says_that_nothing_is_shared(view: SharingView, session: Session):
    show(session, [jnp.ones(3), jnp.ones(3)])
    assert view.stack.state == "empty"
    assert "Nothing is shared" in [w.text() for w in view.findChildren(type(view.headline))]


def test_a_problem_of_opening_is_shown(view: SharingView, session: Session):
    session.model, session.model_state = None, "failed"
    session.model_problem = Problem("x", Severity.ERROR, "It failed", "For a reason.", "Mend it.")
    session.model_changed.emit()
    assert view.stack.state == "failed"


def test_groups_are_listed_by_what_they_save(view: SharingView, session: Session):
    small, large = jnp.ones(2), jnp.ones(100)
    show(session, {"a": small, "b": large, "c": [small, large, small]})
    assert rows(view) == ["model['b'], model['c'][1]", "model['a'] and 2 more"]
    assert rows(view, SAVES) == ["400 B", "16 B"]
    assert (
        view.headline.text() == "2 objects are held at several places. That saves 416 B of 824 B."
    )
    view.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert rows(view, 3) == ["3", "2"]
    assert view.model.headerData(3, Qt.Orientation.Horizontal) == "Places ↓"


def test_the_first_group_is_shown_without_being_selected(view: SharingView, session: Session):
    show_model(session, make_tree())
    assert session.selection.kind == "none"
    assert view.table.currentIndex().row() == 0
    assert "Linear" in view.page.cards[0].parentWidget().findChildren(type(view.headline))[0].text()


def test_a_row_and_the_windows_selection_follow_each_other(view: SharingView, session: Session):
    small, large = jnp.ones(2), jnp.ones(100)
    show(session, {"a": small, "b": large, "c": [small, large, small]})
    tree = session.model.tree
    view.table.selectRow(1)
    assert session.selection == Selection(kind="node", node=node_at(tree, "model['a']"))
    session.select(Selection(kind="node", node=node_at(tree, "model['c'][1]")))
    assert view.table.currentIndex().row() == 0
    session.select(Selection(kind="node", node=node_at(tree, "model['c'][2]")))
    assert view.table.currentIndex().row() == 1
    assert session.selection.node == node_at(tree, "model['c'][2]")


def test_the_check_is_run_when_the_view_is_seen(
    view: SharingView, session: Session, engine: QuietEngine
):
    session._model_worker = engine.worker  # type: ignore[assignment]  # the quiet one
    show_model(session, make_tree())
    revision = session.model.tree.revision
    assert engine.worker.asked == [CheckTree(revision)]
    assert view.page.check.text() == "Checking."
    engine.worker.answer(TreeCheck(revision, "equinox", "ValueError: met twice"))
    assert view.page.check.text() == "equinox.tree_check raises\nValueError: met twice"
    assert "import equinox as eqx" in view.page.cards[0].code.source


def test_the_code_is_copied(view: SharingView, session: Session, qapp: QApplication):
    show_model(session, make_tree())
    card = view.page.cards[0]
    card.findChild(QPushButton).click()
    assert qapp.clipboard().text() == card.code.source
    assert "where=lambda m: m.tied" in card.code.source


def test_the_model_keeps_qts_rules_while_it_is_sorted(
    view: SharingView, session: Session, qapp: QApplication
):
    tester = QAbstractItemModelTester(view.model)
    small, large = jnp.ones(2), jnp.ones(100)
    show(session, {"a": small, "b": large, "c": [small, large, small]})
    for column in range(view.model.columnCount()):
        view.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    show(session, [1])
    assert view.model.rowCount() == 0
    tester.deleteLater()


def test_a_hundred_thousand_groups_are_shown_quickly(view: SharingView, session: Session):
    pairs = [np.ones(2, np.float32) for _ in range(100_000)]
    tree = model_tree([pairs, list(pairs)], "model", 1)
    start = time.process_time()
    show_model(session, tree)
    view.grab()
    seconds = time.process_time() - start
    assert view.model.rowCount() == 100_000
    assert seconds < 1.0


def test_both_themes_draw_it(view: SharingView, session: Session, theme: Theme):
    show_model(session, make_tree())
    light = view.grab().toImage()
    theme.set_mode("dark")
    assert view.grab().toImage() != light


def test_a_hidden_view_is_read_when_it_is_shown(view: SharingView, session: Session):
    view.hide()
    show_model(session, make_tree())
    assert view.model.rowCount() == 0
    view.show()
    assert view.model.rowCount() == 1
    assert view.stack.state == "filled"
