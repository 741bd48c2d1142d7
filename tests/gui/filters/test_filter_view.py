"""The filter playground on screen: boxes, rules, edits, both halves, warnings, code."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QToolButton

from eqxviz.gui.filters import FilterView
from eqxviz.gui.filters.painting import box_rect, chevron_rect
from eqxviz.gui.theme import Theme
from eqxviz.records import Problem, Severity
from eqxviz.session.filters.filter_spec import EXCLUDE, USUAL, Edit, FilterSpec
from eqxviz.session.filters.half_cells import NAME, PARAMETERS, VALUE
from eqxviz.session.filters.predicates import Predicate
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.conftest import QuietEngine
from tests.gui.shown import make_tree, names_by_tab, node_at, put_on_screen, show_model


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> FilterView:
    return put_on_screen(qtbot, FilterView(session, theme), 800, 900)


@pytest.fixture
def filled(view: FilterView, session: Session, engine: QuietEngine) -> FilterView:
    session._model_worker = engine.worker  # type: ignore[assignment]  # the quiet one
    show_model(session, make_tree())
    return view


def node(view: FilterView, path: str) -> int:
    return node_at(view.playground.order.tree, path)


def cell(view: FilterView, half: bool, path: str, column: int, role=Qt.ItemDataRole.DisplayRole):
    model = view.halves.models[half]
    return model.index(view.halves.outline.row_of(node(view, path)), column).data(role)


def place(view: FilterView, path: str, rect: Callable, half: bool = True):
    outline, table = view.halves.outline, view.halves.tables[half]
    at = node(view, path)
    index = view.halves.models[half].index(outline.row_of(at), NAME)
    return rect(table.visualRect(index), outline.depth_of(at)).center()


def click(qtbot, view: FilterView, path: str, rect: Callable, half: bool = True) -> None:
    viewport = view.halves.tables[half].viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(view, path, rect, half))


def choose(view: FilterView, kind: str) -> None:
    """Choose a kind of rule, as with the mouse."""
    combo = view.builder.kind
    row = combo.findData(kind)
    combo.setCurrentIndex(row)
    combo.activated.emit(row)


def test_without_a_model_the_view_says_what_it_is_for(view: FilterView):
    assert view.stack.state == "empty"


def test_a_model_that_failed_is_a_card_in_place(view: FilterView, session: Session):
    session.model_problem = Problem("bad", Severity.ERROR, "It failed", "Why", "Fix")
    session.model_state = "failed"
    session.model_changed.emit()
    assert view.stack.state == "failed"


@pytest.mark.parametrize("half", [True, False])
def test_the_models_behave_as_qt_expects_of_a_table(view: FilterView, session: Session, half: bool):
    model = view.halves.models[half]
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, view
    )
    show_model(session, make_tree())
    view.halves.fold(0, False, True)
    view.playground.toggle(0)
    view.halves.fold(0, True, True)
    show_model(session, make_tree(revision=2))
    assert tester.model() is model


def test_both_halves_show_every_leaf_in_one_of_them(filled: FilterView):
    filled.halves.fold(0, True, True)
    assert cell(filled, True, "model.head.weight", VALUE) == "f32[3,3]"
    assert cell(filled, False, "model.head.weight", VALUE) == "None"
    assert cell(filled, True, "model.settings['rate']", VALUE) == "None"
    assert cell(filled, False, "model.settings['rate']", VALUE) == "0.5"
    assert cell(filled, True, "model.name", VALUE) == cell(filled, False, "model.name", VALUE)
    assert cell(filled, False, "model.settings['nothing']", VALUE) == "None"
    checked, role = Qt.CheckState, Qt.ItemDataRole.CheckStateRole
    assert cell(filled, True, "model.head", NAME, role) == checked.Checked
    assert cell(filled, True, "model", NAME, role) == checked.PartiallyChecked
    assert cell(filled, False, "model.head", NAME, role) == checked.Unchecked
    assert cell(filled, True, "model.name", NAME, role) is None
    assert "not selected" in cell(
        filled, True, "model.counts", NAME, Qt.ItemDataRole.AccessibleTextRole
    )


def test_the_heads_count_leaves_parameters_and_bytes(filled: FilterView):
    filled.playground.set_spec(
        FilterSpec(Predicate("nothing"), (Edit(node(filled, "model.head"), USUAL),))
    )
    assert filled.halves.heads[True].text == "2 leaves, 12 parameters, 48 B"
    assert cell(filled, True, "model", PARAMETERS) == "12"


def test_a_click_on_a_box_moves_to_the_other_half(qtbot, filled: FilterView):
    click(qtbot, filled, "model.head", box_rect)
    assert filled.playground.spec.edits == (Edit(node(filled, "model.head"), EXCLUDE),)
    assert cell(filled, False, "model.head", PARAMETERS) == "12"
    click(qtbot, filled, "model.head", box_rect, half=False)
    assert filled.playground.spec.edits == ()


def test_chevrons_fold_both_halves_together(qtbot, filled: FilterView):
    before = filled.halves.models[False].rowCount()
    click(qtbot, filled, "model.head", chevron_rect)
    assert filled.halves.models[True].rowCount() == filled.halves.models[False].rowCount()
    assert filled.halves.models[False].rowCount() != before


def test_keys_walk_fold_and_move(qtbot, filled: FilterView, session: Session):
    table = filled.halves.tables[True]
    filled.halves.show_node(node(filled, "model.head"))
    filled.halves.fold(node(filled, "model.head"), False, False)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert session.selection.node == node(filled, "model.head.weight")
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert filled.playground.spec.edits == (Edit(node(filled, "model.head.weight"), EXCLUDE),)
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert session.selection.node == node(filled, "model.head")
    qtbot.keyClick(table, Qt.Key.Key_Left)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert session.selection.node == node(filled, "model.tied")


def test_the_halves_scroll_and_select_together(filled: FilterView, session: Session):
    filled.resize(800, 420)
    filled.halves.fold(0, True, True)
    session.select(Selection(kind="node", node=node(filled, "model.tied.bias")))
    left, right = filled.halves.tables[True], filled.halves.tables[False]
    assert left.current_node() == right.current_node() == node(filled, "model.tied.bias")
    left.verticalScrollBar().setValue(24)
    assert right.verticalScrollBar().value() == 24
    row = filled.halves.outline.row_of(node(filled, "model.body"))
    flags = QItemSelectionModel.SelectionFlag
    right.selectionModel().setCurrentIndex(
        filled.halves.models[False].index(row, 0), flags.ClearAndSelect | flags.Rows
    )
    assert session.selection.node == left.current_node() == node(filled, "model.body")


def test_a_rule_that_takes_nothing_decides_at_once(filled: FilterView):
    choose(filled, "is_array")
    assert filled.playground.spec == FilterSpec(Predicate("is_array"))
    assert any("model.counts" in text for text in filled.doubts.texts)
    choose(filled, "type")
    assert filled.builder.field.choice.count() >= 3
    assert filled.playground.spec.base.kind == "type"
    choose(filled, "rank")
    assert filled.playground.spec.base == Predicate("rank", "2")
    filled.builder.field.number.setValue(1)
    assert filled.playground.spec.base == Predicate("rank", "1")


def test_a_rule_may_be_for_the_selection_only(filled: FilterView, session: Session):
    session.select(Selection(kind="node", node=node(filled, "model.head")))
    filled.builder.target.setCurrentIndex(1)
    choose(filled, "rank")
    (edit,) = filled.playground.spec.edits
    assert edit == Edit(node(filled, "model.head"), Predicate("rank", "2"))
    assert filled.builder.target.currentIndex() == 0
    assert filled.builder.kind.currentData() == "is_inexact_array"


def test_a_rule_without_its_text_is_refused(filled: FilterView):
    choose(filled, "path")
    filled.builder.apply()
    assert "needs a text" in filled.doubts.texts[0]
    assert filled.playground.spec == FilterSpec()


def test_a_text_is_asked_of_the_worker(filled: FilterView, engine: QuietEngine):
    worker = engine.worker
    choose(filled, "path")
    filled.builder.field.line.setText(".bias")
    filled.builder.apply()
    assert '".bias" in jax.tree_util.keystr(path)' in worker.asked[-1].code
    worker.answer(Problem("spec-raised", Severity.ERROR, "It raised", "Some reason", "Mend it"))
    assert filled.doubts.texts[0] == (
        "It raised. Some reason. Mend it. Shown is the filter before."
    )


def test_own_code_begins_with_the_present_filter_and_marks_the_line_that_failed(
    filled: FilterView, engine: QuietEngine
):
    filled.playground.edit(node(filled, "model.head"), EXCLUDE)
    choose(filled, "code")
    assert "lambda m: m.head" in filled.builder.editor.text
    assert filled.builder.editor.isVisible()
    filled.builder.editor.pane.setPlainText("filter_spec = [\nmissing]")
    filled.builder.editor.entered.emit()
    assert filled.playground.is_working
    engine.worker.answer(
        Problem("spec-raised", Severity.ERROR, "Line 2", "NameError", "Mend it", line=2)
    )
    assert filled.builder.editor.pane.marked_line == 2


def test_edits_are_listed_led_to_and_removed(qtbot, filled: FilterView, session: Session):
    filled.playground.edit(node(filled, "model.head"), EXCLUDE)
    filled.playground.edit(node(filled, "model.counts"), Predicate("is_array"))
    rows = filled.builder.edits
    buttons = [b for b in rows.widget().findChildren(QToolButton) if b.text() == "×"]
    assert [b.accessibleName() for b in buttons] == [
        "Remove the edit of model.counts",
        "Remove the edit of model.head",
    ]
    rows.node_wanted.emit(node(filled, "model.counts"))
    assert session.selection.node == node(filled, "model.counts")
    buttons[1].click()
    assert [e.node for e in filled.playground.spec.edits] == [node(filled, "model.counts")]


def test_undo_and_redo_by_key_and_button(qtbot, filled: FilterView):
    filled.activateWindow()
    filled.halves.tables[True].setFocus()
    choose(filled, "nothing")
    choose(filled, "everything")
    filled.builder.undo.click()
    assert filled.playground.spec.base.kind == "nothing"
    assert filled.builder.kind.currentData() == "nothing"
    filled.builder.redo.click()
    filled.builder.reset.click()
    assert filled.playground.spec == FilterSpec()
    with qtbot.waitSignal(filled.actions()[0].triggered):
        qtbot.keyClick(
            filled.halves.tables[True], Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier
        )
    assert filled.playground.spec.base.kind == "everything"


def test_the_code_follows_the_filter_and_is_copied(filled: FilterView):
    filled.playground.edit(node(filled, "model.head"), EXCLUDE)
    assert "lambda m: m.head" in filled.code.text
    filled.code.copy.click()
    assert QApplication.clipboard().text() == filled.code.text
    filled.code.tabs.setCurrentIndex(2)
    assert "jax.lax.stop_gradient" in filled.code.text
    assert filled.code.pane.toPlainText() == filled.code.text.rstrip()


def test_freezing_shows_the_training_step(filled: FilterView):
    filled.playground.freeze(node(filled, "model.head"))
    assert filled.code.tabs.currentIndex() == 1
    assert "# Frozen: model.head." in filled.code.text


def test_a_reload_keeps_the_filter_and_what_was_unfolded(filled: FilterView, session: Session):
    filled.playground.edit(node(filled, "model.head"), EXCLUDE)
    filled.halves.fold(0, True, True)
    n_rows = filled.halves.models[True].rowCount()
    show_model(session, make_tree(width=16, revision=2))
    assert filled.halves.models[True].rowCount() == n_rows
    assert [e.node for e in filled.playground.spec.edits] == [node(filled, "model.head")]


def test_a_hidden_view_works_nothing_out_until_it_is_shown(filled: FilterView, session: Session):
    filled.hide()
    show_model(session, make_tree(width=16, revision=2))
    assert filled.playground.order is None
    filled.show()
    assert filled.playground.order.tree is session.model.tree
    assert filled.halves.outline.tree is session.model.tree
    assert filled.stack.state == "filled"


def test_tab_goes_through_the_view_as_the_eye_does(filled: FilterView, session: Session):
    session.select(Selection(kind="node", node=node(filled, "model.head")))
    choose(filled, "type")
    assert names_by_tab(filled) == [
        *("Selected, a half of the model", "The rest, a half of the model"),
        *("Which code", "Python of the filter", "Copy the code"),
        *("Where the rule decides", "Rule", "Presets", "Undo (Ctrl+Z)", "Begin again"),
        *("Class", "any leaf", "Apply the rule"),
    ]
