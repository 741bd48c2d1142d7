"""The list of problems, and the window's own errors on it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel
from eqxviz.gui.window.faults import report_fault
from eqxviz.gui.window.problems_view import ProblemsView
from eqxviz.records import Examined, Problem, Severity
from eqxviz.session.checking.report import Report
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


RULE = Problem("EQX110", Severity.WARNING, "It compiles `f` anew", "why", "fix", "/x/a.py", 2)


def shown(view: ProblemsView, text: str) -> QPushButton:
    (found,) = [b for b in view.findChildren(QPushButton) if b.text() == text]
    return found


def test_what_a_rule_found_can_be_explained_and_hidden_again(
    qtbot, view: ProblemsView, session: Session
):
    session.report(RULE)
    (card,) = view.cards
    qtbot.mouseClick(shown(view, "Explain EQX110"), Qt.MouseButton.LeftButton)
    assert card.explanation.isVisible()
    words = " ".join(label.text() for label in card.explanation.findChildren(QLabel))
    assert "is compiled" in words
    qtbot.mouseClick(shown(view, "Hide the explanation"), Qt.MouseButton.LeftButton)
    assert not card.explanation.isVisible()


def test_the_line_is_shown_with_those_around_it(view: ProblemsView, session: Session):
    session.checking.excerpts = {id(RULE): ("    1 | x = 1", "  > 2 | f(x, n)")}
    session.report(RULE)
    lines = [label.text for label in view.cards[0].findChildren(ElidedLabel)]
    assert lines == ["    1 | x = 1", "  > 2 | f(x, n)"]


def test_only_errors_can_be_shown(view: ProblemsView, session: Session):
    session.report(RULE)
    session.report(problem("an error"))
    view.strip.severities.setCurrentText("Errors")
    assert [card.problem.title for card in view.cards if card.isVisible()] == ["an error"]
    view.strip.severities.setCurrentText("All problems")
    assert all(card.isVisible() for card in view.cards)


def test_a_check_says_what_it_does_and_can_be_stopped(
    qtbot, view: ProblemsView, session: Session, monkeypatch: pytest.MonkeyPatch
):
    assert not view.strip.isVisible()
    check = session.checking
    stopped: list[bool] = []
    monkeypatch.setattr(check, "stop", lambda: stopped.append(True))
    check.title, check.state = "train.py", "checking"
    check.changed.emit()
    assert view.strip.words.text == "Checking train.py"
    qtbot.mouseClick(view.strip.stop, Qt.MouseButton.LeftButton)
    assert stopped == [True]
    check.report, check.state = (
        Report("train.py", (), 0, Examined((), 13, 1, 4, 4, 1, True)),
        "done",
    )
    check.changed.emit()
    assert not view.strip.stop.isVisible()
    assert "No problems found in 4 steps: 13 rules" in view.strip.words.text
    assert any(label.text() == "No problems found" for label in view.stack.findChildren(QLabel))
