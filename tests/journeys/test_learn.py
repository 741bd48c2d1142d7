"""Lessons, followed with the keyboard alone in the real window, with real processes."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from eqxviz.gui.learn import LessonView, ScriptView
from eqxviz.session.lessons import lesson_folders
from tests.journeys.conftest import Desk

Key = Qt.Key
NONE, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
MOST_TABS = 60

TEXT = """\
# Doubling

You can double a number.

## A number

[number.py](number.py "output")

It prints a number.

## Exercise: Double it

[double.py](double.py "output")

Let `double(x)` return `2 * x`.

> Multiply.
"""
CHECK = """\
def check(answer):
    found = answer.double(3)
    assert found == 6, f"`double(3)` is {found}, and not 6."
"""


class Learner:
    """Whoever follows a lesson without a mouse."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.learning = desk.session.learning
        lesson, script = (desk.window.place(name).build() for name in ("lesson", "script"))
        assert isinstance(lesson, LessonView)
        assert isinstance(script, ScriptView)
        self.lesson, self.editor = lesson, script.editor

    def press(self, key: Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.desk.window, key, modifier)

    def ready(self, name: str) -> None:
        """Wait until the key of an action does something."""
        action = self.desk.window.actions_table.q[f"learn.{name}"]
        self.desk.until(action.isEnabled, f"{name} to be enabled", action.changed)

    def begin(self, name: str) -> None:
        """Open a lesson as the command line does."""
        learning = self.learning
        self.desk.window.school.begin(name, "")
        self.desk.until(lambda: learning.current is not None, "the lesson", learning.asked)

    def turn(self) -> None:
        shown: list[bool] = []
        self.learning.page_shown.connect(lambda: shown.append(True))
        self.ready("next")
        self.press(Key.Key_PageDown, ALT)
        self.desk.until(lambda: bool(shown), "the next page", self.learning.page_shown)

    def run(self) -> None:
        trial = self.learning.trial
        self.ready("run")
        self.press(Key.Key_Return, CTRL)
        self.desk.until(lambda: trial.has_run and not trial.is_running, "the run", trial.changed)

    def check(self) -> str:
        """Check the answer, and return the kind of the verdict."""
        judging = self.learning.judging
        self.ready("check")
        self.press(Key.Key_F8)
        self.desk.until(lambda: judging.is_checking, "the check to begin", judging.changed)
        self.desk.until(lambda: not judging.is_checking, "the verdict", judging.changed)
        assert judging.verdict is not None
        return judging.verdict.kind

    def tab_to(self, words: str) -> None:
        """Go by Tab from the text of the page to the button of these words."""
        QApplication.processEvents()  # a new card is shown when it has its place
        self.press(Key.Key_1, ALT)
        for _ in range(MOST_TABS):
            focused = QApplication.focusWidget()
            if isinstance(focused, QPushButton) and focused.text() == words:
                return
            self.press(Key.Key_Tab)
        raise AssertionError(f"Tab leads to no button {words!r}")

    def take_solution(self) -> None:
        """Have the solution shown, and put it into the script."""
        help_ = self.learning.help
        self.ready("solution")
        self.press(Key.Key_F4, SHIFT)
        self.tab_to("Show it")
        self.press(Key.Key_Space)
        self.desk.until(lambda: help_.solution != "", "the solution", help_.changed)
        self.tab_to("Put it into the script")
        self.press(Key.Key_Space)


@pytest.fixture
def learner(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Learner:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    desk.window.activateWindow()
    return Learner(desk)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A teacher's folder with one short lesson, whose scripts need no JAX."""
    folder = tmp_path / "course" / "1_doubling"
    folder.mkdir(parents=True)
    (folder / "lesson.md").write_text(TEXT)
    (folder / "number.py").write_text("print(21)\n")
    (folder / "double.py").write_text("def double(x):\n    return x\n")
    (folder / "double_solution.py").write_text("def double(x):\n    return 2 * x\n")
    (folder / "double_check.py").write_text(CHECK)
    return folder.parent


def test_a_short_lesson_is_followed_to_its_end_by_keys_alone(learner: Learner, course: Path):
    learning, editor = learner.learning, learner.editor
    learner.desk.window.school.begin("doubling", str(course))
    learner.desk.until(lambda: learning.current is not None, "the lesson", learning.asked)
    assert learner.lesson.isAncestorOf(QApplication.focusWidget())
    learner.press(Key.Key_2, ALT)
    assert QApplication.focusWidget() is editor
    learner.run()
    session = learner.desk.session
    run = session.run
    assert run is not None
    learner.desk.until(lambda: run.output.strip() == "21", "the output", session.output_arrived)
    learner.press(Key.Key_Escape)
    assert QApplication.focusWidget() is learner.lesson.page.reading
    learner.turn()
    assert learner.check() == "rejected"
    assert learning.judging.verdict is not None
    assert learning.judging.verdict.message == "`double(3)` is 3, and not 6."
    learner.press(Key.Key_F4)
    assert learning.help.hints == ("Multiply.",)
    learner.press(Key.Key_2, ALT)
    learner.press(Key.Key_End, CTRL)
    learner.press(Key.Key_Up)
    learner.press(Key.Key_End)
    QTest.keyClicks(editor, " +")
    assert learner.check() == "failed"
    assert editor.failed_line == 2
    QTest.keyClicks(editor, " x")
    assert learner.check() == "solved"
    assert learning.current is not None
    assert learning.n_done(learning.current) == 2


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("folder", lesson_folders(), ids=lambda folder: folder.name)
def test_a_bundled_lesson_is_followed_to_its_end_by_keys_alone(learner: Learner, folder: Path):
    session, learning = learner.desk.session, learner.learning
    learning.judging.limit_seconds = 120  # on a machine that is busy
    learner.begin(folder.name)
    lesson = learning.current
    assert lesson is not None
    for index, page in enumerate(lesson.lesson.pages):
        if index:
            learner.turn()
        assert learning.page is page
        if page.exercise is not None:
            learner.take_solution()
            assert learner.check() == "solved", learning.judging.verdict
        learner.run()
        run = session.run
        assert run is not None
        assert run.status.state.value == "finished", run.output
        shown = {
            "tree": lambda: session.model is not None,
            "graph": lambda: any(tab.graph is not None for tab in session.graphs),
            "curves": lambda run=run: bool(run.series),
            "compile": lambda run=run: bool(run.compiles),
            "output": lambda run=run: bool(run.output.strip()),
        }
        learner.desk.until(shown[page.view], f"the {page.view} of {page.heading!r}")
    assert learning.n_done(lesson) == len(lesson.lesson.pages)
