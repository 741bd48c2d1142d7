"""A page of a lesson beside its script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from eqxviz.gui.actions import Actions
from eqxviz.gui.learn import LessonView, ScriptView
from eqxviz.gui.theme import Theme
from eqxviz.records import Outcome, Problem, Severity
from eqxviz.session.learning.learning import Learning
from eqxviz.session.session import Session
from tests.gui.learn.conftest import SCRIPT, SOLUTION, SchoolEngine
from tests.gui.test_actions import handlers


class Room:
    """The two views of a lesson, side by side, with the actions of the window."""

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        table = Actions(session, theme, window, handlers([]))
        self.actions = table.q
        learning = session.learning
        for part in (learning, learning.desk, learning.judging):
            part.changed.connect(table.refresh)
        self.lesson = LessonView(session, theme, window)
        self.script = ScriptView(session, theme, window)
        self.lesson.setGeometry(0, 0, 364, 700)
        self.script.setGeometry(364, 0, 500, 700)
        for view in (self.lesson, self.script):
            view.use_actions(self.actions)
            view.show()

    def said(self) -> str:
        """What the cards of the page say."""
        QApplication.processEvents()  # the layout shows a card that is new to it
        cards = self.lesson.page.findChildren(QLabel)
        return "\n".join(label.text() for label in cards if label.isVisible())

    def press(self, words: str) -> None:
        QApplication.processEvents()
        found = self.lesson.page.findChildren(QPushButton)
        next(b for b in found if b.text() == words and b.isVisible()).click()


@pytest.fixture
def room(qtbot, session: Session, theme: Theme, learning: Learning) -> Iterator[Room]:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(870, 700)
    made = Room(session, theme, window)
    window.show()
    yield made
    window.hide()


def turn_to_exercise(room: Room) -> None:
    room.actions["learn.next"].trigger()


def test_a_page_shows_its_heading_text_and_script(room: Room):
    page = room.lesson.page
    assert page.heading.text() == "Leaves"
    assert page.text.toPlainText() == "A leaf is an array."
    assert page.eyebrow.text() == "Page 1 of 2"
    assert room.script.editor.toPlainText() == "model = [1.0]\n"
    assert room.script.name.accessibleName() == "model.py"


def test_only_an_exercise_has_buttons_for_its_answer(room: Room):
    buttons = room.lesson.page.buttons
    assert not buttons["check"].isVisible()
    turn_to_exercise(room)
    assert buttons["check"].isVisible()
    assert buttons["check"].property("kind") == "primary"
    assert buttons["hint"].text() == "Hint 0/2"


def test_after_the_last_page_comes_the_next_lesson(room: Room, learning: Learning):
    turn_to_exercise(room)
    assert room.lesson.page.buttons["next"].text() == "Next lesson"
    room.actions["learn.next"].trigger()
    assert room.lesson.page.title.text().endswith("More trees")
    assert room.lesson.page.buttons["next"].text() == "Next"


def test_what_is_typed_is_the_learners_text_and_is_kept(
    qtbot, room: Room, learning: Learning, tmp_path: Path
):
    turn_to_exercise(room)
    qtbot.keyClicks(room.script.editor, "y = 1")
    assert learning.desk.text.startswith("y = 1")
    assert room.script.changed.isVisible()
    assert learning.desk.path is not None
    room.actions["learn.previous"].trigger()
    room.actions["learn.next"].trigger()
    assert room.script.editor.toPlainText().startswith("y = 1")
    assert (tmp_path / "lessons" / "1_trees" / "add.py").read_text() == SCRIPT


def test_starting_over_can_be_undone(qtbot, room: Room):
    turn_to_exercise(room)
    qtbot.keyClicks(room.script.editor, "y = 1")
    room.script.start_over.click()
    assert room.script.editor.toPlainText() == SCRIPT
    assert not room.script.changed.isVisible()
    room.script.editor.undo()
    assert room.script.editor.toPlainText().startswith("y = 1")
    assert room.script.changed.isVisible()


def test_hints_are_shown_one_by_one(room: Room):
    turn_to_exercise(room)
    room.actions["learn.hint"].trigger()
    assert "Hint 1 of 2" in room.said()
    assert "Hint 2 of 2" not in room.said()
    room.lesson.page.buttons["hint"].click()
    assert "Hint 2 of 2" in room.said()


def test_the_solution_is_asked_for_once_and_can_be_put_into_the_script(room: Room):
    turn_to_exercise(room)
    room.actions["learn.solution"].trigger()
    assert "Show the solution?" in room.said()
    room.press("Keep trying")
    assert "Show the solution?" not in room.said()
    room.actions["learn.solution"].trigger()
    room.press("Show it")
    assert room.script.editor.toPlainText() == SCRIPT
    room.press("Put it into the script")
    assert room.script.editor.toPlainText() == SOLUTION
    room.script.editor.undo()
    assert room.script.editor.toPlainText() == SCRIPT


def test_an_answer_that_is_rejected_says_why(room: Room, engine: SchoolEngine):
    turn_to_exercise(room)
    check = room.lesson.page.buttons["check"]
    check.click()
    assert check.text() == "Stop"
    engine.judging.answer(Outcome.REJECTED, "`add([])` is [], and not [3].", output="some words")
    assert check.text() == "Check"
    assert "Not yet" in room.said()
    assert "add([])" in room.said()
    assert "some words" in room.said()


def test_an_answer_that_is_accepted_is_solved_and_leads_on(room: Room, engine: SchoolEngine):
    turn_to_exercise(room)
    room.actions["learn.check"].trigger()
    engine.judging.answer(Outcome.ACCEPTED)
    assert "Solved" in room.said()
    assert room.lesson.page.eyebrow.text() == "Page 2 of 2 · Exercise, solved"
    assert room.lesson.page.buttons["next"].property("kind") == "primary"


def test_a_mistake_in_the_script_is_marked_and_a_click_leads_there(
    qtbot, room: Room, learning: Learning, engine: SchoolEngine
):
    turn_to_exercise(room)
    room.actions["learn.check"].trigger()
    problem = Problem(
        "answer-raised", Severity.ERROR, "It raised", "why", "fix", str(learning.desk.path), 5
    )
    engine.judging.answer(Outcome.RAISED, problem=problem)
    assert room.script.editor.failed_line == 5
    with qtbot.waitSignal(room.lesson.line_wanted) as wanted:
        room.press("add.py:5")
    assert wanted.args == [5]
    room.script.go_to(5)
    assert room.script.editor.textCursor().blockNumber() == 4


def test_the_contents_lead_to_any_page_by_keys(qtbot, room: Room, learning: Learning):
    room.lesson.switch_contents()
    assert room.lesson.shows_contents
    tree = room.lesson.contents.tree
    assert tree.currentItem().text(0) == "Leaves"
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    qtbot.keyClick(tree, Qt.Key.Key_Return)
    assert not room.lesson.shows_contents
    assert room.lesson.page.heading.text() == "Add a layer"


def test_the_contents_tell_how_far_one_is(room: Room, engine: SchoolEngine):
    turn_to_exercise(room)
    room.actions["learn.check"].trigger()
    engine.judging.answer(Outcome.ACCEPTED)
    room.lesson.switch_contents()
    tree = room.lesson.contents.tree
    rows = {tree.topLevelItem(i).text(0): tree.topLevelItem(i).text(1) for i in range(10)}
    assert rows["Trees"] == "done"
    assert rows["More trees"] == "0/2"


def test_escape_leads_back_from_the_contents(qtbot, room: Room):
    room.lesson.switch_contents()
    qtbot.keyClick(room.lesson.contents.tree, Qt.Key.Key_Escape)
    assert not room.lesson.shows_contents
