"""The palette and the list of keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from eqxviz.gui.window.main_window import MainWindow
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, node_at, show_model, show_run


def listed(window: MainWindow) -> list[str]:
    model = window.finder.palette.model
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def type_in(qtbot, window: MainWindow, text: str) -> None:
    window.finder.palette.line.setText(text)


def test_it_lists_what_can_be_done_now(window: MainWindow):
    window.actions_table.q["help.palette"].trigger()
    assert window.finder.palette.isVisible()
    assert "Open a file" in listed(window)
    assert "Pause the run" not in listed(window)


def test_a_few_letters_find_an_action_and_return_does_it(qtbot, window: MainWindow):
    window.actions_table.q["help.palette"].trigger()
    type_in(qtbot, window, "no such action")
    assert listed(window) == []
    type_in(qtbot, window, "light and")
    assert listed(window)[0] == "Switch between light and dark"
    qtbot.keyClick(window.finder.palette.line, Qt.Key.Key_Return)
    assert window.theme.is_dark
    assert not window.finder.palette.isVisible()


def test_up_and_down_walk_around_the_end(qtbot, window: MainWindow):
    window.actions_table.q["help.palette"].trigger()
    last = len(listed(window)) - 1
    qtbot.keyClick(window.finder.palette.line, Qt.Key.Key_Up)
    assert window.finder.palette.list.currentIndex().row() == last
    qtbot.keyClick(window.finder.palette.line, Qt.Key.Key_Down)
    assert window.finder.palette.list.currentIndex().row() == 0


def test_escape_and_a_click_elsewhere_close_it(qtbot, window: MainWindow):
    window.actions_table.q["help.palette"].trigger()
    qtbot.keyClick(window.finder.palette.line, Qt.Key.Key_Escape)
    assert not window.finder.palette.isVisible()
    window.actions_table.q["help.palette"].trigger()
    qtbot.mouseClick(window.status_line, Qt.MouseButton.LeftButton)
    assert not window.finder.palette.isVisible()


def test_going_to_a_path_selects_it(qtbot, window: MainWindow, session: Session):
    tree = make_tree()
    show_model(session, tree)
    window.actions_table.q["go.to"].trigger()
    type_in(qtbot, window, "head.weight")
    assert listed(window)[0] == "model.head.weight"
    qtbot.keyClick(window.finder.palette.line, Qt.Key.Key_Return)
    assert session.selection.node == node_at(tree, "model.head.weight")


@pytest.mark.parametrize(("text", "kind"), [("make_step", "function"), ("loss", "series")])
def test_functions_and_curves_can_be_gone_to(
    qtbot, window: MainWindow, session: Session, text: str, kind: str
):
    show_run(session)
    window.actions_table.q["go.to"].trigger()
    type_in(qtbot, window, text)
    qtbot.keyClick(window.finder.palette.line, Qt.Key.Key_Return)
    assert session.selection.kind == kind


def test_keys_that_are_digits_are_listed_as_they_lie_on_the_keyboard(window: MainWindow):
    groups = window.finder.keys._groups(window.actions_table)
    keys = [key for key, _title in groups["View"]]
    digits = [key for key in keys if key.isdecimal()]
    assert digits == list("1234567890")
    assert keys[: len(digits)] == digits


def test_the_key_list_has_every_key(qtbot, window: MainWindow):
    window.actions_table.q["help.keys"].trigger()
    words = {label.text() for label in window.finder.keys.findChildren(QLabel)}
    for name, action in window.actions_table.table.items():
        if action.key:
            assert action.title in words, name
    qtbot.keyClick(window.finder.keys, Qt.Key.Key_Escape)
    assert not window.finder.keys.isVisible()
