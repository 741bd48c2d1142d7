"""The question which function makes the model that a file of leaves belongs to."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.window.overlay import Overlay

_WIDTH = 560


class ConstructorQuestion(Overlay):
    """Asks for "FILE.py:NAME", with what was opened lately to choose from.

    Signals:
        answered: The file of leaves, and "FILE.py" or "FILE.py:NAME".
        browse_wanted: The user wants to look for the file; `set_target` takes what is found.
    """

    answered = Signal(str, str)
    browse_wanted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, _WIDTH, closes_outside=False)
        self._weights = ""
        self.title = QLabel(self)
        font = self.title.font()
        font.setWeight(font.Weight.DemiBold)
        self.title.setFont(font)
        self.title.setWordWrap(True)
        text = QLabel(
            "Such a file holds the arrays of a model one after the other. Name what makes the "
            "model: a function, a class or a variable. The file is run.",
            self,
        )
        text.setWordWrap(True)
        self.target = QComboBox(self)
        self.target.setEditable(True)
        self.target.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.target.setAccessibleName("What makes the model")
        field = self.target.lineEdit()
        assert field is not None  # it is editable
        field.setPlaceholderText("model.py:make_model")
        self._field = field
        browse = QPushButton("Browse…", self)
        browse.clicked.connect(self.browse_wanted)
        self.go = QPushButton("Open", self)
        self.go.setProperty("kind", "primary")
        self.go.clicked.connect(self._on_go)
        cancel = QPushButton("Cancel", self)
        cancel.clicked.connect(self.disappear)
        first, last = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.target, 1)
        first.addWidget(browse)
        last.addStretch(1)
        last.addWidget(cancel)
        last.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(self.title)
        column.addWidget(text)
        column.addLayout(first)
        column.addSpacing(4)
        column.addLayout(last)
        self.setFocusProxy(self.target)
        field.textChanged.connect(lambda words: self.go.setEnabled(bool(words.strip())))

    def ask(self, weights: str, targets: Sequence[str]) -> None:
        """Put the question for a file of leaves; the first of `targets` is the likeliest."""
        self._weights = weights
        self.title.setText(f"What makes the model of {Path(weights).name}?")
        self.setAccessibleName(self.title.text())
        self.target.clear()
        self.target.addItems(list(dict.fromkeys(targets)))
        self.go.setEnabled(bool(self._field.text().strip()))
        self.appear()
        self._field.selectAll()

    def set_target(self, target: str) -> None:
        """Take what was found; the name in it may be added by hand."""
        self.target.setEditText(target)
        self.target.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_go()
        else:
            super().keyPressEvent(event)

    def _on_go(self) -> None:
        target = self._field.text().strip()
        if target:
            self.disappear()
            self.answered.emit(self._weights, target)
