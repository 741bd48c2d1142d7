"""Asking for the call that the run is to go on to."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.overlay import Overlay
from eqxviz.session import formatting
from eqxviz.session.call_number import CallNumberError, call_hint, call_number, is_onward
from eqxviz.session.session import Session

_WIDTH = 420
_LONGEST_NAME = 40


class CallField(Overlay):
    """A line for the number of a call. What is wrong with it is said below while it is written."""

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        super().__init__(window, _WIDTH, closes_outside=True)
        self._session = session
        self.setAccessibleName("Run to a call")
        title = QLabel("Run to call", self)
        title.setFont(theme.font("title"))
        self.made = QLabel(self)
        self.made.setProperty("tone", "faint")
        self.made.setTextFormat(Qt.TextFormat.PlainText)
        self.made.setWordWrap(True)
        self.line = QLineEdit(self)
        self.line.setPlaceholderText("1500, or +100")
        self.line.setAccessibleName("Number of the call")
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
        self.made.setText(f"{times} of {name} so far. It pauses before the call.")
        text, is_wrong = "", False
        if self.line.text().strip():
            try:
                text = call_hint(run, call_number(self.line.text(), step))
            except CallNumberError as error:
                text, is_wrong = str(error), True
        self.hint.setProperty("tone", "problem" if is_wrong else "faint")
        self.hint.style().polish(self.hint)
        self.hint.setText(text or " ")
        self.line.setAccessibleDescription(text)
        self.go.setEnabled(bool(text) and not is_wrong)
        if not self.isHidden():
            self.place()

    def _run(self) -> None:
        run = self._session.run
        if run is None or not run.is_live:
            return
        try:
            call = call_number(self.line.text(), run.status.step)
        except CallNumberError:
            self._check()
            return
        self.disappear()
        if is_onward(self.line.text()):
            # The run goes on meanwhile: a number of this moment might have passed when it arrives.
            self._session.run_on(call - run.status.step - 1)
        else:
            self._session.run_to(call)


def _disconnect(session: Session, field: CallField) -> None:
    session.run_changed.disconnect(field._on_run_changed, missing_ok=True)
