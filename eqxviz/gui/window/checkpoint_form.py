"""The form that says what a run saves by itself, and what it has saved."""

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QIntValidator, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.overlay import Overlay
from eqxviz.records import SavePlan
from eqxviz.session.checkpoints.saving import state_text
from eqxviz.session.session import Session

_WIDTH = 620
_SMALL_WIDTH = 92
_MOST = 10**9
_WORDS = (
    "A step's model is copied from its device before the next step is made, and written while the "
    "run goes on: one more model in the host's memory meanwhile."
)


class CheckpointForm(Overlay):
    """Asks how often, of what and where to; the run obeys from its next step on.

    Signals:
        folder_browsed: The user wants to look for the folder.
    """

    folder_browsed = Signal()

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        super().__init__(window, _WIDTH, closes_outside=False)
        self._session = session
        self.setAccessibleName("Checkpoints of the run")
        title = QLabel("Checkpoints of the run", self)
        title.setFont(theme.font("title"))
        about = _words(_WORDS, self)
        self.every = self._field("Steps from one checkpoint to the next", "never", is_number=True)
        self.at_end = QCheckBox("and as the script ends or is stopped", self)
        self.folder = self._field("Folder", "./checkpoints, in a folder of the run")
        self.browse = QPushButton("Browse…", self)
        self.browse.setAccessibleName("Look for the folder")
        self.browse.clicked.connect(self.folder_browsed)
        self.argument = self._field(
            "What is saved of the step's arguments", "the model; or model.layers[0], state"
        )
        self.pattern = self._field("Names of the files", SavePlan().pattern)
        self.last = self._field("How many stay", "all", is_number=True)
        fields = QGridLayout()
        fields.setHorizontalSpacing(12)
        fields.setVerticalSpacing(8)
        rows = (
            ("Every", self._row(self.every, QLabel("steps,", self), self.at_end), self.every),
            ("Folder", self._row(self.folder, self.browse), self.folder),
            ("What", self.argument, self.argument),
            ("Names", self.pattern, self.pattern),
            ("Keep the last", self._row(self.last, QLabel("of them", self)), self.last),
        )
        for row, (words, field, named) in enumerate(rows):
            label = QLabel(words, self)
            label.setBuddy(named)
            fields.addWidget(label, row, 0)
            if isinstance(field, QWidget):
                fields.addWidget(field, row, 1)
            else:
                fields.addLayout(field, row, 1)
        self.state = _words("", self)
        self.state.setAccessibleName("What was saved")
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.go = QPushButton("Save by this plan", self)
        self.go.setProperty("kind", "primary")
        self.go.clicked.connect(self._on_go)
        self.end = QPushButton("Save no more", self)
        self.end.clicked.connect(self._on_end)
        cancel = QPushButton("Close", self)
        cancel.clicked.connect(self.disappear)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (cancel, self.end, self.go):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        for widget in (title, about):
            column.addWidget(widget)
        column.addLayout(fields)
        column.addWidget(self.state)
        column.addLayout(buttons)
        self.setFocusProxy(self.every)
        for field in (self.every, self.folder, self.argument, self.pattern, self.last):
            field.textChanged.connect(self._refresh)
        self.at_end.toggled.connect(self._refresh)
        # The run tells of several things at once; the card is laid out once.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._refresh)
        session.checkpoints_changed.connect(self._on_changed)
        session.run_changed.connect(self._on_changed)

    def ask(self) -> None:
        """Show the plan that the run follows."""
        state = self._session.saving.state
        plan = state.plan if state is not None else SavePlan()
        self.every.setText(str(plan.every or ""))
        self.at_end.setChecked(plan.at_end)
        self.folder.setText(plan.folder if plan.is_on else "")
        self.argument.setText(plan.argument)
        self.pattern.setText("" if plan.pattern == SavePlan().pattern else plan.pattern)
        self.last.setText(str(plan.last or ""))
        self._refresh()
        self.appear()

    @property
    def plan(self) -> SavePlan:
        """What is filled in."""
        return SavePlan(
            every=int(self.every.text() or 0),
            at_end=self.at_end.isChecked(),
            folder=self.folder.text().strip(),
            pattern=self.pattern.text().strip() or SavePlan().pattern,
            argument=self.argument.text().strip(),
            last=int(self.last.text() or 0),
        )

    def close_session(self) -> None:
        """Hear no more of the session."""
        self._session.checkpoints_changed.disconnect(self._on_changed, missing_ok=True)
        self._session.run_changed.disconnect(self._on_changed, missing_ok=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.go.isEnabled():
            self._on_go()
        else:
            super().keyPressEvent(event)

    def _on_go(self) -> None:
        self._session.saving.follow(self.plan)

    def _on_end(self) -> None:
        self._session.saving.follow(replace(self.plan, every=0, at_end=False))

    def _on_changed(self) -> None:
        if not self.isHidden():
            self._soon.start()

    def _refresh(self) -> None:
        run, state = self._session.run, self._session.saving.state
        is_live = run is not None and run.is_live
        self.state.setText(state_text(state))
        self.go.setEnabled(is_live and self.plan.is_on)
        self.end.setEnabled(is_live and state is not None and state.plan.is_on)
        if not self.isHidden():
            self.place()

    def _field(self, name: str, hint: str, *, is_number: bool = False) -> QLineEdit:
        field = QLineEdit(self)
        field.setAccessibleName(name)
        field.setPlaceholderText(hint)
        if is_number:
            field.setValidator(QIntValidator(1, _MOST, field))
            field.setFixedWidth(_SMALL_WIDTH)
        return field

    def _row(self, *widgets: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in widgets:
            row.addWidget(widget, 1 if widget is self.folder else 0)
        if self.folder not in widgets:
            row.addStretch(1)
        return row


def _words(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setProperty("tone", "faint")
    return label
