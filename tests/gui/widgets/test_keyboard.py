"""Where the keyboard goes."""

import pytest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from eqxviz.gui.widgets import hand_focus_on, tab_in_turn
from tests.gui.shown import names_by_tab, put_on_screen


def made(names: str, parent: QWidget) -> list[QLineEdit]:
    """Return a line for each letter."""
    lines = []
    for name in names:
        line = QLineEdit(parent)
        line.setAccessibleName(name)
        lines.append(line)
    return lines


@pytest.fixture
def view(qtbot) -> QWidget:
    view = QWidget()
    QVBoxLayout(view)
    with qtbot.waitActive(view):
        put_on_screen(qtbot, view, 300, 200)
        view.activateWindow()
    return view


def test_a_widget_given_the_keyboard_hands_it_on(view: QWidget):
    first, second = made("ab", view)
    for line in (first, second):
        line.show()
    hand_focus_on(view, lambda: second)
    view.setFocus()
    assert view.focusWidget() is second
    assert not first.hasFocus()


def test_tab_leaves_a_widget_that_hands_the_keyboard_on_though_it_is_behind_what_it_holds(
    view: QWidget,
):
    line, other = made("ab", view)
    holder = QWidget(view)  # later in the order of Tab than the line it will hold
    line.setParent(holder)
    hand_focus_on(holder, lambda: line)
    for widget in (holder, other):
        view.layout().addWidget(widget)
        widget.show()
    line.show()
    assert {"a", "b"} <= set(names_by_tab(view))


def test_tab_goes_in_turn_through_what_is_in_a_widget(view: QWidget):
    last, first = made("da", view)
    holder = QWidget(view)
    made("bc", holder)
    for widget in (last, first, holder):
        widget.show()
    tab_in_turn(first, holder, last)
    hand_focus_on(view, lambda: first)
    assert names_by_tab(view) == ["a", "b", "c", "d"]
