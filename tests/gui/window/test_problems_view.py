"""The list of problems, and the window's own errors on it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.faults import report_fault
from eqxviz.gui.window.problems_view import ProblemsView
from eqxviz.records import Problem, Severity
from eqxviz.session.session import Session


def problem(title: str) -> Problem:
    return Problem("x", Severity.ERROR, title, "why", "fix", "/x/a.py", 2)


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> ProblemsView:
    made = ProblemsView(session, theme)
    qtbot.addWidget(made)
    made.show()
    return made


def test_without_problems_it_says_so(view: ProblemsView):
    assert view.stack.state == "empty"


def test_the_newest_is_on_top(view: ProblemsView, session: Session):
    session.report(problem("first"))
    session.report(problem("second"))
    assert [card.problem.title for card in view.cards] == ["second", "first"]
    assert view.stack.state == "filled"


def test_dismissing_takes_it_off_the_list(qtbot, view: ProblemsView, session: Session):
    session.report(problem("first"))
    session.report(problem("second"))
    dismiss = [b for b in view.cards[0].findChildren(QPushButton) if b.text() == "Dismiss"]
    with qtbot.waitSignal(view.counted) as counted:
        qtbot.mouseClick(dismiss[0], Qt.MouseButton.LeftButton)
    assert counted.args == [1]
    assert [p.title for p in session.problems] == ["first"]


def test_its_place_is_selected(view: ProblemsView, session: Session):
    session.report(problem("first"))
    view.cards[0].place_clicked.emit("/x/a.py", 2)
    assert (session.selection.kind, session.selection.line) == ("source", 2)


def test_an_error_of_the_window_is_a_problem_with_the_cause_that_raised_it(session: Session):
    def inner() -> None:
        raise ZeroDivisionError("by nothing")

    try:
        try:
            inner()
        except ZeroDivisionError as error:
            raise RuntimeError("while a signal was sent") from error
    except RuntimeError as wrapped:
        report_fault(session, wrapped)
    found = session.problems[0]
    assert found.why == "ZeroDivisionError: by nothing"
    assert found.frames[-1].function == "inner"
    assert "inner" in found.detail
