"""The console: keys, history, completion, what never ends."""

import pytest
from PySide6.QtCore import Qt

from eqxviz.gui.debug import ConsoleView
from eqxviz.gui.theme import Theme
from eqxviz.records import Evaluate, OpenModel, RunState
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen
from tests.session.debugging.stand_in import PausedScript, pause, tell

RETURN, SHIFT = Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot, session: Session, theme: Theme, worker: PausedScript) -> ConsoleView:
    made = put_on_screen(qtbot, ConsoleView(session, theme), 900, 200)
    pause(session)
    return made


def enter(qtbot, view: ConsoleView, code: str) -> None:
    view.line.setPlainText(code)
    view.line.moveCursor(view.line.textCursor().MoveOperation.End)
    qtbot.keyClick(view.line, RETURN)


def test_nothing_can_be_typed_until_something_is_paused(qtbot, session, theme, worker):
    view = put_on_screen(qtbot, ConsoleView(session, theme), 900, 200)
    assert view.stack.state == "empty"
    pause(session)
    assert view.stack.state == "filled"
    assert view.where.text() == "in forward, train.py:12"
    assert not view.line.isReadOnly()
    enter(qtbot, view, "rate")
    tell(session, RunState.RUNNING)
    assert view.line.isReadOnly()
    assert view.stack.state == "filled"  # what was run before is still to be read


def test_an_expression_is_run_and_its_value_stands_below(qtbot, view):
    enter(qtbot, view, "'a'")
    assert view.text.toPlainText() == ">>> 'a'\nprinted\n'a'"
    assert view.line.toPlainText() == ""


def test_a_block_goes_on_until_an_empty_line(qtbot, view, worker):
    enter(qtbot, view, "for i in x:")
    assert view.line.toPlainText() == "for i in x:\n    "
    qtbot.keyClicks(view.line, "print(i)")
    qtbot.keyClick(view.line, RETURN)
    assert worker.of(Evaluate) == []
    qtbot.keyClick(view.line, RETURN)
    assert [request.code.split("\n")[0] for request in worker.of(Evaluate)] == ["for i in x:"]
    assert ">>> for i in x:\n...     print(i)\n" in view.text.toPlainText()


def test_shift_return_begins_a_line_and_what_does_not_parse_is_run(qtbot, view, worker):
    qtbot.keyClicks(view.line, "a = 1")
    qtbot.keyClick(view.line, RETURN, SHIFT)
    assert view.line.blockCount() == 2
    enter(qtbot, view, "1 +* 2")
    assert worker.of(Evaluate) == [Evaluate(1, "1 +* 2")]


def test_what_was_typed_comes_back(qtbot, view):
    for code in ("'a'", "'b'"):
        enter(qtbot, view, code)
    qtbot.keyClick(view.line, Qt.Key.Key_Up)
    qtbot.keyClick(view.line, Qt.Key.Key_Up)
    assert view.line.toPlainText() == "'a'"
    qtbot.keyClick(view.line, Qt.Key.Key_Down)
    assert view.line.toPlainText() == "'b'"


def test_tab_completes_a_name_of_the_frame(qtbot, view):
    view.line.setFocus()
    qtbot.keyClicks(view.line, "print(ra")
    qtbot.keyClick(view.line, Qt.Key.Key_Tab)
    assert view.line.toPlainText() == "print(rate"
    view.line.clear()
    qtbot.keyClicks(view.line, "model.w")
    qtbot.keyClick(view.line, Qt.Key.Key_Tab)
    names = view.line.completer.completionModel()
    assert [names.index(i, 0).data() for i in range(names.rowCount())] == ["weight", "width"]
    view.line.completer.popup().hide()


def test_what_never_ends_is_interrupted_by_a_button_or_a_key(qtbot, view, session, worker):
    enter(qtbot, view, "while True: pass")
    qtbot.keyClick(view.line, RETURN)
    qtbot.keyClick(view.line, RETURN)
    assert session.debugging.console.is_working
    qtbot.waitUntil(view.interrupt.isVisible)
    qtbot.keyClick(view.line, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert len(worker.cancelled) == 1
    assert view.text.toPlainText().endswith("\nInterrupted")
    assert not view.interrupt.isVisible()


def test_a_value_that_is_a_tree_is_one_click_away(qtbot, view, worker):
    assert not view.open.isVisible()
    enter(qtbot, view, "model")
    assert view.open.isVisible()
    with qtbot.waitSignal(view.opened):
        view.open.click()
    assert OpenModel("", "_", frame=1) in worker.asked


def test_the_text_keeps_its_roles_in_another_theme(qtbot, view, theme):
    enter(qtbot, view, "1 / 0")
    before = view.text.toPlainText()
    theme.set_mode("dark")
    assert view.text.toPlainText() == before
    assert "ZeroDivisionError: division by zero" in before
