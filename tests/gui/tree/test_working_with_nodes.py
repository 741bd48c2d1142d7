"""What is done with a node: path, copies, menu, card, places, source, depth, reload, growth."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from PySide6.QtCore import QAbstractItemModel, QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QMenu

import eqxcore as eqx
from eqxviz.analysis import named_trees
from eqxviz.analysis.tree import model_tree
from eqxviz.gui.tree import TreeView
from eqxviz.records import ModelTree, NodeFlag, Problem, Severity
from eqxviz.session.columns import NAMES
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, node_at, show_model

DEEP = "model.body.layers[1].weight"


def clipboard() -> str:
    return QApplication.clipboard().text()


def rows(view: TreeView) -> list[str]:
    tree = view.model.outline.tree
    return [tree.path(view.model.node(row)) for row in range(view.model.rowCount())]


def menu_of(view: TreeView) -> dict[str, QAction]:
    """Open the menu of the current row by its key, and return its actions by their titles."""
    keyboard = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(view.table, QContextMenuEvent(keyboard, QPoint(5, 5), QPoint(5, 5)))
    menu = next(m for m in view.table.findChildren(QMenu) if m.isVisible())
    found: dict[str, QAction] = {}
    for action in menu.actions():
        inner = action.menu()
        for each in (action, *(inner.actions() if isinstance(inner, QMenu) else ())):
            found[each.text().split("\t")[0]] = each
    menu.hide()
    return found


def test_the_path_of_the_selection_is_a_row_of_buttons(qtbot, view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    session.select(Selection(kind="node", node=node_at(tree, DEEP)))
    assert view.crumbs.texts() == ["model", ".body", ".layers", "[1]", ".weight"]
    layers = view.crumbs.findChildren(QAction) or view.crumbs._buttons  # all fit: no menu
    assert len(layers) == 5
    qtbot.mouseClick(view.crumbs._buttons[2], Qt.MouseButton.LeftButton)
    assert session.selection.node == node_at(tree, "model.body.layers")


def test_a_narrow_path_keeps_its_ends_and_the_rest_is_a_menu(view: TreeView, session: Session):
    tree = make_tree()
    view.resize(230, 500)
    show_model(session, tree)
    session.select(Selection(kind="node", node=node_at(tree, DEEP)))
    texts = view.crumbs.texts()
    assert texts[0] == "model"
    assert texts[-1] == ".weight"
    assert "…" in texts
    more = next(b for b in view.crumbs._buttons if b.text() == "…")
    hidden = [action.text() for action in more.menu().actions()]
    assert "".join(texts).replace("…", "".join(hidden)) == DEEP
    more.menu().actions()[0].trigger()
    assert session.selection.node == node_at(tree, "model" + hidden[0])


def test_every_button_of_the_path_is_reached_by_tab(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    session.select(Selection(kind="node", node=node_at(tree, DEEP)))
    for button in (*view.crumbs._buttons, view.crumbs.copy):
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert button.accessibleName()


def test_ctrl_c_copies_the_paths_of_the_selected_rows(qtbot, view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    view.table.show_node(node_at(tree, "model.head.weight"))
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "model.head.weight"
    qtbot.keyClick(view.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard() == "model.head.weight\nmodel.head.bias"
    view.crumbs.copy.click()
    assert clipboard().endswith("model.head.bias")


def test_the_menu_copies_each_form_of_the_path(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    view.table.show_node(node_at(tree, "model.settings['rate']"))
    menu = menu_of(view)
    menu["Copy as a tree_at lambda"].trigger()
    assert clipboard() == "lambda model: model.settings['rate']"
    menu["Copy as a key path"].trigger()
    assert clipboard() == "(GetAttrKey(name='settings'), DictKey(key='rate'))"
    view.nodes.copy_lambda()
    assert clipboard() == "lambda model: model.settings['rate']"


def test_a_form_that_would_be_no_code_is_refused_with_the_reason(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    view.table.show_node(node_at(tree, "model.name"))
    action = menu_of(view)["Copy as a tree_at lambda: not as code"]
    assert not action.isEnabled()
    assert "static field" in action.toolTip()


def test_the_menu_leads_to_the_source_of_the_class(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    view.table.show_node(0)
    menu_of(view)["Show the class's source"].trigger()
    assert session.selection.kind == "source"
    assert session.selection.file.endswith("shown.py")
    asked: list[tuple[str, int]] = []
    view.nodes.edit_asked.connect(lambda file, line: asked.append((file, line)))
    view.nodes.edit_class()
    assert asked == [(session.selection.file, session.selection.line)]


def test_a_class_of_no_known_file_has_no_source_to_show(view: TreeView, session: Session):
    show_model(session, model_tree([jnp.ones(2)], "model", 1))
    view.table.show_node(0)
    assert not menu_of(view)["Show the class's source"].isEnabled()


@pytest.mark.parametrize(("path", "is_called"), [("model.head", True), ("model.settings", False)])
def test_only_what_has_a_call_can_be_drawn_from_the_menu(
    view: TreeView, session: Session, path: str, is_called: bool
):
    show_model(session, make_tree())
    view.nodes.go(node_at(make_tree(), path))
    assert menu_of(view)["Draw as a graph"].isEnabled() == is_called


def test_the_badge_leads_to_the_next_place_and_around(qtbot, view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    head, tied = node_at(tree, "model.head"), node_at(tree, "model.tied")
    view.table.show_node(head)
    cell = view.table.visualRect(view.model.index(view.model.row_of(head), 0))
    badge = view.table._painter.badge_rect(cell, head)
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=badge.center())
    assert session.selection.node == tied
    view.nodes.go_to_next_place()
    assert session.selection.node == head
    assert "model.tied" in menu_of(view)


def test_the_state_of_an_optimiser_and_its_parameter_lead_to_one_another(
    view: TreeView, session: Session
):
    model = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    state = optax.adam(1e-3).init(eqx.filter(model, eqx.is_array))
    tree = model_tree(named_trees({"model": model, "state": state}), "", 1)
    show_model(session, tree)
    weight = node_at(tree, "model.weight")
    view.table.show_node(weight)
    entry = next(a for text, a in menu_of(view).items() if text.startswith("Go to its mu"))
    entry.trigger()
    assert tree.path(session.selection.node).endswith(".mu.weight")
    back = next(a for text, a in menu_of(view).items() if text.startswith("Go to its parameter"))
    back.trigger()
    assert session.selection.node == weight


@pytest.mark.parametrize("by_key", [True, False])
def test_the_tree_unfolds_to_a_depth(qtbot, view: TreeView, session: Session, by_key: bool):
    tree = make_tree()
    show_model(session, tree)
    view.table.show_node(0)
    if by_key:
        qtbot.keyClick(view.table, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    else:
        menu_of(view)["1 level"].trigger()
    assert len(rows(view)) == 1 + int(tree.n_children[0])
    if by_key:
        qtbot.keyClick(view.table, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    else:
        menu_of(view)["All levels"].trigger()
    assert len(rows(view)) == len(tree)


def test_keys_unfold_all_below_and_walk_to_the_ends(qtbot, view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    view.nodes.unfold_to_depth(1)
    body = node_at(tree, "model.body")
    view.table.show_node(body)
    qtbot.keyClick(view.table, Qt.Key.Key_Asterisk)
    assert "model.body.layers[2].bias" in rows(view)
    qtbot.keyClick(view.table, Qt.Key.Key_Minus)
    assert "model.body.layers" not in rows(view)
    qtbot.keyClick(view.table, Qt.Key.Key_Plus)
    assert "model.body.layers" in rows(view)
    qtbot.keyClick(view.table, Qt.Key.Key_End)
    assert tree.path(view.table.current_node()) == rows(view)[-1]
    qtbot.keyClick(view.table, Qt.Key.Key_Home)
    assert view.table.current_node() == 0


def test_unfolding_keeps_what_is_on_screen_in_its_place(view: TreeView, session: Session):
    tree = make_tree()
    view.resize(500, 260)
    show_model(session, tree)
    view.nodes.unfold_to_depth(-1)
    node = node_at(tree, "model.head.weight")
    view.table.show_node(node)
    bar = view.table.verticalScrollBar()
    bar.setValue((view.model.row_of(node) - 3) * 24)
    place = view.table.rowViewportPosition(view.model.row_of(node))
    view.table.unfold(node_at(tree, "model.body.layers[0]"), False)
    assert view.table.rowViewportPosition(view.model.row_of(node)) == place
    assert view.table.current_node() == node


def test_a_card_says_why_where_the_mouse_rests(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    row = view.model.row_of(node_at(tree, "model.counts"))
    view.table.rested.emit(node_at(tree, "model.counts"), view.table._row_on_screen(row))
    assert view.card.isVisible()
    assert view.card.facts._title.text == "model.counts"
    view.table._hover(0)
    assert view.card.isHidden()


def test_a_problem_of_a_node_stands_beside_it(view: TreeView, session: Session):
    tree = make_tree()
    node = node_at(tree, "model.counts")
    flags = tree.flags.copy()
    flags[node] |= NodeFlag.PROBLEM
    text = tree.strings
    broken = replace(
        tree,
        flags=flags,
        problem_node=np.array([node], np.int32),
        problem_text=np.array([int(tree.key[node])], np.int32),
    )
    assert text[int(tree.key[node])] == ".counts"
    show_model(session, broken)
    said = view.model.index(view.model.row_of(node), 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.endswith(".counts")


def test_a_reload_keeps_selection_expansion_sorting_and_place(view: TreeView, session: Session):
    tree = make_tree()
    view.resize(500, 300)
    show_model(session, tree)
    view.sort_by("bytes", True)
    view.table.unfold(node_at(tree, "model.body.layers"), True)
    session.select(Selection(kind="node", node=node_at(tree, DEEP)))
    view.table.verticalScrollBar().setValue(48)
    before = rows(view)
    opened = session.model
    session.model = replace(opened, tree=make_tree(width=16, revision=2))
    session._on_model_replaced(opened)
    session.model_changed.emit()
    assert rows(view) == before
    assert session.model.tree.path(session.selection.node) == DEEP
    assert session.model.tree.path(view.table.current_node()) == DEEP
    assert view.table.verticalScrollBar().value() == 48


def test_a_reload_that_fails_keeps_the_tree_and_says_why(view: TreeView, session: Session):
    show_model(session, make_tree())
    session.model_problem = Problem("raised-on-import", Severity.ERROR, "Line 3", "why", "fix")
    session.model_changed.emit()
    assert view.stack.state == "filled"
    assert "Line 3" in view.notice.text
    session.model_problem = None
    session.model_changed.emit()
    assert view.notice.text == ""


def part_of(tree: ModelTree, n: int) -> ModelTree:
    """Return the first `n` nodes of `tree`, as they come first."""
    columns = ("parent", "first_child", "n_children", "key", "type", "kind", "flags", "leaf")
    columns += ("n_leaves", "n_params", "n_bytes")
    cut = {column: getattr(tree, column)[:n] for column in columns}
    nowhere = np.full(n, -1, np.int32)
    return replace(
        tree,
        **cut,
        share=nowhere,
        share_kind=tree.share_kind[:0],
        share_offsets=np.zeros(1, np.uint32),
        share_members=tree.share_members[:0],
        is_complete=n == len(tree),
    )


def test_a_tree_grows_under_the_selection(view: TreeView, session: Session):
    model: QAbstractItemModel = view.model
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, view)
    tree = make_tree()
    show_model(session, part_of(tree, 9))
    node = node_at(tree, "model.head")
    session.select(Selection(kind="node", node=node))
    view.nodes.unfold_to_depth(-1)
    view.search_bar.set_text("weight")
    view.search("weight")
    for n in (14, 25, len(tree)):
        grown = tree if n == len(tree) else part_of(tree, n)
        session.model = replace(session.model, tree=grown)
        session.tree_grew.emit()
        assert view.model.rowCount() == n
        assert view.table.tree_model.outline.tree is grown
    assert view.notice.text == ""
    assert len(view.finding.search) == 5
    assert view.model.index(0, NAMES.index("parameters")).data() == "150"


def test_the_model_is_sound_sorted_searched_folded_and_replaced(view: TreeView, session: Session):
    model: QAbstractItemModel = view.model
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, view)
    tree = make_tree()
    show_model(session, tree)
    view.sort_by("bytes", True)
    view.search("dtype:f size>4")
    view.search_next(1)
    view.table.toggle(node_at(tree, "model.body"), below=True)
    view.table.toggle(node_at(tree, "model.body"))
    view.nodes.unfold_to_depth(2)
    view.sort_by("", False)
    view.nodes.unfold_to_depth(-1)
    show_model(session, make_tree(width=4, revision=2))
    session.model, session.model_state = None, "empty"
    session.model_changed.emit()
    assert view.stack.state == "empty"
