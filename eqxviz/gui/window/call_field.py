"""Asking for what the run is to go on to: a call, or what a stop waits for."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from eqxviz.engine.stop_words import StopWordsError
from eqxviz.gui.debug import StopField
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.overlay import Overlay
from eqxviz.session import formatting
from eqxviz.session.call_number import CallNumberError, call_hint, call_number, is_onward
from eqxviz.session.debugging.wording import stop_title
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.session.run_view import RunView

_WIDTH = 420
_LONGEST_NAME = 40


class CallField(Overlay):
    """A line for the number of a call, or for the words of a stop that is met once.

    What is wrong with it is said below while it is written.
    """

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        super().__init__(window, _WIDTH, closes_outside=True)
        self._session = session
        self.setAccessibleName("Run to a call, a condition or a line")
        title = QLabel("Run to", self)
        title.setFont(theme.font("title"))
        self.made = QLabel(self)
        self.made.setProperty("tone", "faint")
        self.made.setTextFormat(Qt.TextFormat.PlainText)
        self.made.setWordWrap(True)
        self.line = StopField(session, self)
        self.line.setPlaceholderText("1500, +100, loss > 10, nan, train.py:41")
        self.line.setAccessibleName("Number of a call, a condition, a line or a function")
        self.go = QPushButton("Run", self)
        self.go.setProperty("kind", "primary")
        self.hint = QLabel(self)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.line, 1)
        row.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(8)
        column.addWidget(title)
        column.addWidget(self.made)
        column.addLayout(row)
        column.addWidget(self.hint)
        self.setFocusProxy(self.line)
        self.line.textChanged.connect(self._check)
        self.line.returnPressed.connect(self._run)
        self.go.clicked.connect(self._run)
        session.run_changed.connect(self._on_run_changed, check_nargs=False)
        self.destroyed.connect(lambda: _disconnect(session, self))

    def ask(self) -> None:
        """Ask for the call; the run is told when it was given."""
        self.line.selectAll()
        self._check()
        self.appear()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()  # the line took it; a window that gets it would press its button
        else:
            super().keyPressEvent(event)

    def _on_run_changed(self) -> None:
        run = self._session.run
        if not self.isHidden():
            if run is None or not run.is_live:
                self.disappear()
            else:
                self._check()

    def _check(self) -> None:
        """Say what the number means, or why there is no such call to come."""
        run = self._session.run
        if run is None:
            return
        step, seen = run.status.step, run.functions.get(run.status.step_function)
        name = seen.name if seen is not None else "the step function"
        times = "1 call" if step == 1 else f"{step:,} calls"
        name = formatting.elide_middle(name, _LONGEST_NAME)
        self.made.setText(f"{times} of {name} so far. It pauses once, before the call.")
        text, is_wrong = "", False
        if self.line.text().strip():
            try:
                text = self._meaning(run, step)
            except (CallNumberError, StopWordsError) as error:
                text, is_wrong = str(error), True
        self.hint.setProperty("tone", "problem" if is_wrong else "faint")
        self.hint.style().polish(self.hint)
        self.hint.setText(text or " ")
        self.line.setAccessibleDescription(text)
        self.go.setEnabled(bool(text) and not is_wrong)
        if not self.isHidden():
            self.place()

    def _meaning(self, run: "RunView", step: int) -> str:
        """Return what is written in other words.

        Raises:
            CallNumberError: If it is the number of no call to come.
            StopWordsError: If it is nothing that the run could meet.
        """
        words = self.line.text()
        if _is_number(words):
            return call_hint(run, call_number(words, step))
        return f"Goes on until: {stop_title(self._session.debugging.of_script.read_words(words))}"

    def _run(self) -> None:
        run = self._session.run
        if run is None or not run.is_live:
            return
        words = self.line.text()
        try:
            if not _is_number(words):
                self._session.debugging.goal.run_to(words)
                self.disappear()
                return
            call = call_number(words, run.status.step)
        except (CallNumberError, StopWordsError):
            self._check()
            return
        self.disappear()
        if is_onward(self.line.text()):
            # The run goes on meanwhile: a number of this moment might have passed when it arrives.
            self._session.run_on(call - run.status.step - 1)
        else:
            self._session.run_to(call)


def _is_number(words: str) -> bool:
    """Whether a call is meant: what else can be run to begins with neither digit nor sign."""
    return words.strip()[:1].isdigit() or words.strip().startswith("+")


def _disconnect(session: Session, field: CallField) -> None:
    session.run_changed.disconnect(field._on_run_changed, missing_ok=True)
