"""The four states of a view."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import StateStack, state_stack
from eqxviz.records import Problem, Severity

PROBLEM = Problem("bad", Severity.ERROR, "It broke", "For a reason", "Mend it", "/x/a.py", 3)


@pytest.fixture
def stack(qtbot, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> StateStack:
    monkeypatch.setattr(state_stack, "BAR_AFTER_MS", 30)
    monkeypatch.setattr(state_stack, "WORDS_AFTER_MS", 60)
    made = StateStack(
        theme, QLabel("content"), icon="mdi6.graph-outline", title="Nothing", text="Do something."
    )
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    return made


def button(stack: StateStack, words: str) -> QPushButton:
    found = [b for b in stack.findChildren(QPushButton) if b.text() == words and b.isVisible()]
    assert len(found) == 1, words
    return found[0]


def test_it_begins_empty_and_says_what_it_is_for(stack: StateStack):
    assert stack.state == "empty"
    assert not stack.content.isVisible()
    assert [x.text() for x in stack.findChildren(QLabel) if x.isVisible() and x.text()] == [
        "Nothing",
        "Do something.",
    ]


def test_the_empty_state_has_the_one_button_that_fills_it(qtbot, stack: StateStack):
    action = QAction("Open a file", stack)
    stack.set_action(action)
    with qtbot.waitSignal(action.triggered):
        qtbot.mouseClick(button(stack, "Open a file"), Qt.MouseButton.LeftButton)


def test_short_work_is_not_mentioned(stack: StateStack):
    stack.show_working("Tracing")
    stack.show_filled()
    assert stack.content.isVisible()
    assert not stack._bar.isVisible()


def test_work_shows_a_bar_and_then_says_what_it_does_over_what_was_there(qtbot, stack: StateStack):
    stack.show_filled()
    stack.show_working("Tracing make_step")
    assert stack.state == "working"
    qtbot.waitUntil(stack._bar.isVisible)
    qtbot.waitUntil(stack._words.isVisible)
    assert stack.content.isVisible()
    assert stack._words.accessibleName() == "Tracing make_step"
    stack.show_filled()
    assert not stack._bar.isVisible()
    assert not stack._words.isVisible()


def test_work_on_something_else_leaves_nothing_of_what_was_there(stack: StateStack):
    stack.show_filled()
    stack.show_working("Tracing another", is_other=True)
    assert stack.state == "working"
    assert not stack.content.isVisible()


def test_while_it_works_nothing_invites_to_fill_it(qtbot, stack: StateStack):
    stack.set_action(QAction("Open a file", stack))
    stack.show_working("Opening")
    qtbot.waitUntil(stack._bar.isVisible)
    assert not any(b.isVisible() for b in stack._empty.findChildren(QPushButton))
    stack.show_empty()
    assert button(stack, "Open a file")


def test_long_work_can_be_cancelled(qtbot, stack: StateStack):
    stack.show_working("Tracing")
    qtbot.waitUntil(stack._words.isVisible)
    with qtbot.waitSignal(stack.cancelled):
        qtbot.mouseClick(button(stack, "Cancel"), Qt.MouseButton.LeftButton)
    stack.show_empty()


def test_a_failure_shows_its_card_in_place_with_retry(qtbot, stack: StateStack):
    stack.show_failed(PROBLEM)
    assert stack.problem_card is not None
    assert stack.problem_card.problem is PROBLEM
    with qtbot.waitSignal(stack.retried):
        qtbot.mouseClick(button(stack, "Retry"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(stack.place_clicked) as clicked:
        qtbot.mouseClick(button(stack, "a.py:3"), Qt.MouseButton.LeftButton)
    assert clicked.args == ["/x/a.py", 3]


def test_after_a_failure_it_can_be_filled(stack: StateStack):
    stack.show_failed(PROBLEM)
    stack.show_filled()
    assert stack.problem_card is None
    assert stack.content.isVisible()
